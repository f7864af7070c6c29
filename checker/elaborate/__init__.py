"""Syntax to stepwise code and typed expressions: names, types, constants, inlining."""
