"""Tests of `checker.explicit.native`."""
