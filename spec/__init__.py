"""The specifications: package data, read as text."""
