"""What was meant by a misspelt name."""

from __future__ import annotations

from collections.abc import Iterable


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that `name` most likely was meant to be, if any is near enough."""
    # At least one letter has to be right.
    limit = min(1 + len(name) // 4, len(name) - 1)
    ranked = sorted(
        (distance, candidate)
        for candidate in set(candidates)
        if candidate != name and (distance := edit_distance(name, candidate)) <= limit
    )
    return ranked[0][1] if ranked else None


def did_you_mean(name: str, candidates: Iterable[str]) -> str | None:
    """Return the remedy for a misspelt name, if there is a likely one."""
    best = closest(name, candidates)
    return None if best is None else f"did you mean `{best}`?"


def edit_distance(left: str, right: str) -> int:
    """Count insertions, deletions, substitutions and swaps of neighbours, letter case being free.

    Source: Damerau, "A technique for computer detection and correction of spelling errors", CACM
    1964 (in the restricted form that edits no letter twice).
    """
    a, b = left.lower(), right.lower()
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        row = [i]
        for j, y in enumerate(b, start=1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
