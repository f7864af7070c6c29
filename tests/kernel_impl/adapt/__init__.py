"""Tests of kernel_impl.adapt."""
