"""The same transition system in the languages of other model checkers."""
