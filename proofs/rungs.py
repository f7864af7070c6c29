"""What each method gave that was tried, one rung of the ladder after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from proofs.prove import Proved

if TYPE_CHECKING:
    from proofs.prove import Domain, Report

INDUCTION: Final = "induction"
LEMMAS: Final = "found lemmas"
PREFIX: Final = "auto_"
"""With this begin the names of lemmas that were found."""

BOUNDED: Final = "bounded model checking"


class Outcome(Enum):
    """What a rung gave."""

    PROVED = "proved"
    VIOLATED = "violated"
    BOUNDED = "bounded"
    NOTHING = "no answer"


@dataclass(frozen=True, slots=True)
class Rung:
    """One method, and what it gave.

    Attributes:
        domain: for what it is proved; None otherwise.
        text: the argument, or why there is none.
    """

    method: str
    outcome: Outcome
    domain: Domain | None
    text: str


def proving(rungs: Sequence[Rung]) -> Rung | None:
    """Return the rung that proved everything, if one did."""
    return next((each for each in rungs if each.outcome is Outcome.PROVED), None)


def rung_of_induction(report: Report) -> Rung:
    """Return what induction gave, with the lemmas that were there."""
    count, done = len(report.judged), len(report.of(Proved))
    name = INDUCTION
    if report.is_proved:
        return Rung(name, Outcome.PROVED, report.domain, f"all of {count:,} obligations")
    return nothing(name, f"{done:,} of {count:,} obligations")


def rung_of_lemmas(report: Report | None, found: Sequence[str]) -> Rung:
    """Return what the search for lemmas gave; the report is of induction with them."""
    name = LEMMAS
    if report is None:
        return nothing(
            name,
            "none of up to three facts about two elements of each sort, true in all reachable "
            "states at small sizes, are inductive together and enough",
        )
    text = f"{len(found)} lemmas, listed below"
    if not report.is_proved:
        count, done = len(report.judged), len(report.of(Proved))
        return nothing(name, f"{text}; with them, {done:,} of {count:,} obligations")
    return Rung(name, Outcome.PROVED, report.domain, text)


def nothing(method: str, text: str) -> Rung:
    """Return a rung that gave nothing, and why."""
    return Rung(method, Outcome.NOTHING, None, text)
