"""Tests of the model of a specification."""
