"""How much code is generated, and in what form: numbers that change speed but no answer.

The tests run with extreme budgets, so that every form of code is compared with the interpreter.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits on unrolling and nesting; weights count operations.

    Attributes:
        action_weight: for one action; its parameters are unrolled up to this.
        system_weight: for all actions together.
        binder_values: values of a quantifier or comprehension that is unrolled.
        binder_weight: for one quantifier or comprehension that is unrolled.
        choice_values: values of a `choose` that is unrolled.
        choice_weight: for one `choose` that is unrolled.
        trivial_weight: what is at most this heavy is repeated after each branch, not shared.
        merged_height: branches nested at most this deep meet again in the same variables.
        cut: every expression whose height is a multiple of this becomes a function, since Python
            nests parentheses 200 deep at most.
        nesting: blocks nest this deep before the rest becomes a function; Python allows 100.
        loops: likewise loops; Python allows 20.
        function_lines: longer code for the expansion is spread over several functions.
        chunk: states expanded at a time.
        remake_factor: code is made again without the points that are covered when it has run this
            many times as long as that takes.
    """

    action_weight: int = 4_000
    system_weight: int = 40_000
    binder_values: int = 64
    binder_weight: int = 2_000
    choice_values: int = 16
    choice_weight: int = 800
    trivial_weight: int = 12
    merged_height: int = 20
    cut: int = 24
    nesting: int = 40
    loops: int = 12
    function_lines: int = 4_000
    chunk: int = 4_096
    remake_factor: float = 5.0
