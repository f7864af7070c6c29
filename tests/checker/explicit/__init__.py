"""Tests of the explicit-state engine."""
