"""Inter-process communication: protected calls, handles with rights, and messages."""
