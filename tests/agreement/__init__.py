"""Fast versions against their slow twins, on random systems."""
