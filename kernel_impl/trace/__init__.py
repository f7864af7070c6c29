"""Tracing: lockless buffers on every processor, their consumer, text and pictures."""
