"""Tests of clustered objects, swaps and their obligations."""
