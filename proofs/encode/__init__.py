"""From the typed system to formulas."""
