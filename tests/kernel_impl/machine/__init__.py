"""Tests of kernel_impl.machine."""
