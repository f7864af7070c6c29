"""Explicit-state search: one protocol, the engines that answer it, and what all of them share."""
