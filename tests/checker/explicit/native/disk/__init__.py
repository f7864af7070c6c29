"""Tests of `checker.explicit.native.disk`."""
