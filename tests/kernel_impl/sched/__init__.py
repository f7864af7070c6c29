"""Tests of kernel_impl.sched."""
