"""Tests of kernel_impl.locks."""
