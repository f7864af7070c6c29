"""Partial order: of steps that do not disturb one another, not every order is tried."""
