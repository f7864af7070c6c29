"""Many-sorted first-order logic with integers: terms, normal forms, ground instances."""
