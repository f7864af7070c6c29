"""The explicit-state engine: generated successor functions and searches."""
