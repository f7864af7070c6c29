"""A specification with as many guarded steps as one likes, for the time it takes to compile."""

from __future__ import annotations

STATEMENTS = (
    "await turn != {0}",
    "atomic flag[self] := turn = {0}",
    "atomic {{ await not flag[self] level[self] := {1} }}",
    "atomic if turn < {2} {{ turn := {0} }}",
)


def many_steps(steps: int, threads: int) -> str:
    """Return the text of a specification whose threads go round in so many steps."""
    body = (
        STATEMENTS[number % len(STATEMENTS)].format(number % 8, number % 10, number % 7)
        for number in range(steps)
    )
    return "\n".join(
        [
            "spec many_steps",
            f"processors Cpu[{threads}]",
            "var turn: 0..7 = 0",
            "var flag: [Cpu] bool = false",
            "var level: [Cpu] 0..9 = 0",
            "process worker on Cpu {",
            "  loop {",
            *(f"    {statement}" for statement in body),
            "  }",
            "}",
            "invariant level_is_a_digit: forall c: Cpu. level[c] <= 9",
            "",
        ]
    )
