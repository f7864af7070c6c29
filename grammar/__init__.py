"""Text to syntax: the K42 specification language."""
