"""What has to be proved for a system, piece by piece, and what can become of each piece.

An invariant holds in every reachable state if it holds at first and every step preserves it. The
claim is divided: one obligation for each conjunct at the start, one for each action and conjunct,
one for each action and step property, and one for each action in which something could fail. All
conjuncts may be assumed before a step. If every obligation is met, so is every claim; that is
induction over the number of steps, and each conjunct rests on all.

An obligation holds if each of its *queries* does: one for each way through the action.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from checker.model.system import PropertyKind
from proofs.encode.effects import DemandKind
from proofs.encode.universe import Unsupported

if TYPE_CHECKING:
    from checker.model.interpret import Moved
    from checker.model.system import Conjunct, State
    from checker.model.types import Value
    from grammar.source import Span
    from proofs.encode.effects import Demand, Path, Pick
    from proofs.encode.model import Model, Move
    from proofs.logic.terms import Term


class Goal(Enum):
    """What an obligation asks for."""

    START = "start"
    PRESERVED = "preserved"
    STEP = "step"
    ASSERTION = "assertion"
    EVALUATION = "evaluation"
    RESPONSE = "response"
    REFINEMENT = "refinement"


@dataclass(frozen=True, slots=True)
class Query:
    """`hypotheses and conditions -> claim`; the hypotheses are the model's claims, if `is_step`.

    Attributes:
        path: the way through the action; None where it is not at its end.
    """

    conditions: tuple[Term, ...]
    claim: Term
    path: Path | None


@dataclass(frozen=True, slots=True)
class Beyond:
    """What an obligation about runs or about another system speaks of besides one state or step.

    Attributes:
        picks: unknown values that the claim names.
        breaks: whether the claim is broken, as the interpreter sees it, with these values of the
            picks, in a state (None at the start) and by a step from it (None if there is none).
    """

    picks: tuple[Pick, ...]
    breaks: Callable[[tuple[Value, ...], State | None, Moved | None], bool]


@dataclass(frozen=True, slots=True)
class Obligation:
    """One thing to be proved.

    Attributes:
        name: unique and stable: `action/conjunct`.
        subject: the conjunct, or what must not fail.
        action: the name of the action; `init` for the start; empty where no step is taken.
        is_lemma: whether what is preserved is a lemma.
    """

    name: str
    goal: Goal
    action: str
    subject: str
    site: Span
    is_lemma: bool
    is_step: bool
    queries: tuple[Query, ...]
    beyond: Beyond | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """An obligation that the logic cannot state."""

    name: str
    reason: str
    site: Span


def obligations(model: Model) -> tuple[tuple[Obligation, ...], tuple[Refused, ...]]:
    """Return what must be proved, in the order of the text, and what cannot be stated."""
    found: list[Obligation] = []
    refused = [Refused(each.name, each.reason, each.site) for each in model.refusals]
    for move in (*(() if model.start is None else (model.start,)), *model.moves):
        is_start = move is model.start
        if not is_start:
            found += _step_properties(model, move, refused)
        for claim in model.claims:
            name = f"{move.action.name}/{claim.name}"
            try:
                queries = tuple(
                    Query(path.conditions, model.claim_after(claim, path), path)
                    for path in move.paths
                )
            except Unsupported as reason:
                refused.append(Refused(name, str(reason), claim.conjunct.site))
                continue
            found.append(
                Obligation(
                    name=name,
                    goal=Goal.START if is_start else Goal.PRESERVED,
                    action=move.action.name,
                    subject=claim.name,
                    site=claim.conjunct.site,
                    is_lemma=claim.is_lemma,
                    is_step=not is_start,
                    queries=queries,
                )
            )
        found += _demands(move, is_start=is_start)
    return tuple(found), tuple(refused)


def _step_properties(model: Model, move: Move, refused: list[Refused]) -> Iterator[Obligation]:
    for each in model.system.properties:
        if each.kind is not PropertyKind.STEP:
            continue
        for conjunct in each.conjuncts:
            name = f"{move.action.name}/{conjunct.name}"
            try:
                yield _step_property(model, move, conjunct, name)
            except Unsupported as reason:
                refused.append(Refused(name, str(reason), conjunct.site))


def _step_property(model: Model, move: Move, conjunct: Conjunct, name: str) -> Obligation:
    queries = tuple(
        Query(path.conditions, model.step_claim(conjunct.expression, path), path)
        for path in move.paths
    )
    return Obligation(
        name=name,
        goal=Goal.STEP,
        action=move.action.name,
        subject=conjunct.name,
        site=conjunct.site,
        is_lemma=False,
        is_step=True,
        queries=queries,
    )


def _demands(move: Move, *, is_start: bool) -> Iterator[Obligation]:
    """Return one obligation for each place in an action that could fail."""
    places: dict[tuple[DemandKind, Span], list[Demand]] = {}
    for demand in move.demands:
        places.setdefault((demand.kind, demand.site), []).append(demand)
    counts: dict[str, int] = {}
    for (kind, site), demands in places.items():
        word = "assert" if kind is DemandKind.ASSERTION else "defined"
        counts[word] = counts.get(word, 0) + 1
        subject = f"{word}.{counts[word]}"
        yield Obligation(
            name=f"{move.action.name}/{subject}",
            goal=Goal.ASSERTION if kind is DemandKind.ASSERTION else Goal.EVALUATION,
            action=move.action.name,
            subject=subject,
            site=site,
            is_lemma=False,
            is_step=not is_start,
            queries=tuple(Query(each.conditions, each.claim, None) for each in demands),
        )
