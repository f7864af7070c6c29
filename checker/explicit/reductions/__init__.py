"""Searching fewer states to the same verdict."""
