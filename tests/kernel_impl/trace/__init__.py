"""Tests of kernel_impl.trace."""
