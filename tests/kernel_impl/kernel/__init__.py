"""Tests of kernel_impl.kernel."""
