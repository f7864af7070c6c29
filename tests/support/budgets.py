"""Budgets for generated code, from generous to none at all."""

from __future__ import annotations

from checker.explicit.python.budget import Budget

USUAL = Budget()
TIGHT = Budget(
    action_weight=30,
    system_weight=60,
    binder_values=2,
    binder_weight=10,
    choice_values=2,
    choice_weight=10,
    trivial_weight=3,
    merged_height=2,
    cut=3,
    nesting=3,
    loops=2,
    function_lines=20,
    chunk=7,
    remake_factor=0,
)
NONE = Budget(
    action_weight=0,
    system_weight=0,
    binder_values=0,
    binder_weight=0,
    choice_values=0,
    choice_weight=0,
    trivial_weight=0,
    merged_height=0,
    cut=2,
    nesting=1,
    loops=1,
    function_lines=0,
    chunk=2,
    remake_factor=0,
)
BUDGETS = {"usual": USUAL, "tight": TIGHT, "none": NONE}
