"""What a proof is worth beyond its verdict: how steady it is, and what mistakes it would notice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker.analysis.noticed import Noticed
from checker.report.cells import wrap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.analysis.noticed import ProofMutant
    from checker.report.ink import Ink
    from checker.report.values_json import Json
    from proofs.brittleness import Brittleness

_SAYS = {
    Noticed.SAFETY: "break the proof",
    Noticed.PROGRESS: "lose progress only",
    Noticed.EQUIVALENT: "cannot be told from it",
    Noticed.UNKNOWN: "are not decided",
    Noticed.SURVIVED: "are noticed by no claim",
}


@dataclass(frozen=True, slots=True)
class Quality:
    """What was found out."""

    brittleness: Brittleness
    mutants: tuple[ProofMutant, ...]

    @property
    def is_steady(self) -> bool:
        """Whether no verdict depends on a seed or an order."""
        return not self.brittleness.flips


def quality_lines(quality: Quality | None, ink: Ink) -> list[str]:
    """Return the section of the report, empty if nothing was asked."""
    if quality is None:
        return []
    lines = [line for each in _steadiness(quality, ink) for line in wrap(each, ink.width)]
    counts = [
        f"{count} {says}"
        for noticed, says in _SAYS.items()
        if (count := sum(each.noticed is noticed for each in quality.mutants))
    ]
    lines += wrap(f"{len(quality.mutants)} mutants: {', '.join(counts) or 'none'}", ink.width)
    for each in quality.mutants:
        if each.noticed in {Noticed.SURVIVED, Noticed.UNKNOWN}:
            site = each.mutant.span.written
            text = f"  {each.noticed.value}: {each.name} ({site.source.name}:{site.line}):"
            lines += [
                ink.paint("doubt", line) for line in wrap(f"{text} {each.mutant.what}", ink.width)
            ]
    return lines


def _steadiness(quality: Quality, ink: Ink) -> Iterator[str]:
    found = quality.brittleness
    if quality.is_steady:
        yield (
            f"with {found.seeds} seeds, each in an order of its own, no verdict changes; the work "
            f"of the solver varies by {found.spread:.1f} times"
        )
    for name, words in found.flips:
        yield ink.paint("bad", f"brittle: {name} is {' or '.join(words)}, depending on the seed")
    for name in found.fragile:
        yield ink.paint("doubt", f"fragile: {name} comes near the limit of the solver")


def quality_json(quality: Quality | None) -> Json:
    """Return the same for programs."""
    if quality is None:
        return None
    found = quality.brittleness
    return {
        "seeds": found.seeds,
        "flips": [{"name": name, "results": list(words)} for name, words in found.flips],
        "fragile": list(found.fragile),
        "spread": round(found.spread, 2),
        "mutants": [
            {
                "name": each.name,
                "what": each.mutant.what,
                "line": each.mutant.span.line,
                "noticed": each.noticed.value,
                "by": each.by,
            }
            for each in quality.mutants
        ],
    }
