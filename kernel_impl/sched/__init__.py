"""Scheduling: dispatchers run threads, processors run dispatchers."""
