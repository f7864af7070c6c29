"""Lock discipline, read off the code: which locks are taken while which are held, and where."""
