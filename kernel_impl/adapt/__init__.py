"""Adaptation: the implementation of an object changes while it is used."""
