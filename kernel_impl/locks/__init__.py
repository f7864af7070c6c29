"""Locks: spinning, queueing, blocking, readers and writers, and counts of requests."""
