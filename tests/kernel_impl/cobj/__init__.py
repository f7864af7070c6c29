"""Tests of kernel_impl.cobj."""
