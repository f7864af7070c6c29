"""Other model checkers as witnesses: the same system, searched by a program that is not ours."""
