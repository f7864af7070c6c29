"""Stepwise code to actions: where control rests, and what each step does."""
