"""Clustered objects: references that each processor translates for itself."""
