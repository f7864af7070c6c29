"""Tests of checker.explicit.liveness."""
