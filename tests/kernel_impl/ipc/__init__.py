"""Tests of kernel_impl.ipc."""
