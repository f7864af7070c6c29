"""Whether a proof depends on what it should not: the seed of the solver, the order of assertions.

A proof that is found with one seed and not with another will break when the solver is updated
(Zhou et al., "Mariposa: measuring SMT instability in automated program verification", FMCAD 2023).
So everything is proved again, without what is known from before, with other seeds and in other
orders; each verdict must be the same each time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from proofs.prove import Options, Proved, Refuted, prove

if TYPE_CHECKING:
    from collections.abc import Callable

    from checker.model.system import System
    from proofs.prove import Fate, LoadAt

SEEDS: Final = 10
MOST_SHARE: Final = 0.25
"""An obligation that needs more of the limit than this is fragile."""


@dataclass(frozen=True, slots=True)
class Brittleness:
    """What changed with seeds and orders.

    Attributes:
        seeds: how many were tried.
        flips: obligations with different verdicts, each with all of them.
        fragile: obligations that once needed a large share of the limit.
        spread: by what factor the elementary steps of all together differ at most.
    """

    seeds: int
    flips: tuple[tuple[str, tuple[str, ...]], ...]
    fragile: tuple[str, ...]
    spread: float


def brittleness(
    system: System,
    load_at: LoadAt,
    options: Options,
    seeds: int = SEEDS,
    told: Callable[[int], None] = lambda _: None,
) -> Brittleness:
    """Prove everything with several seeds, and in an order that the seed shuffles.

    Args:
        told: called with the number of seeds that are done.
    """
    verdicts: dict[str, dict[str, None]] = {}
    fragile: dict[str, None] = {}
    totals: list[int] = []
    for seed in range(1, seeds + 1):
        settings = replace(options.settings, seed=seed, is_shuffled=True)
        report = prove(system, load_at, replace(options, settings=settings))
        total = 0
        for each in report.judged:
            verdicts.setdefault(each.name, {})[_word(each.fate)] = None
            if isinstance(each.fate, Proved):
                total += each.fate.spent
                if each.fate.spent > MOST_SHARE * settings.limit:
                    fragile[each.name] = None
        totals.append(total)
        told(seed)
    flips = tuple((name, tuple(words)) for name, words in verdicts.items() if len(words) > 1)
    spread = max(totals) / max(1, min(totals))
    return Brittleness(seeds, flips, tuple(fragile), spread)


def _word(fate: Fate) -> str:
    match fate:
        case Proved():
            return "proved"
        case Refuted():
            return "refuted"
        case _:
            return "unknown"
