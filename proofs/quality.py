"""What a proof is worth: is it about anything, and does it need all that it assumes.

A proof is *vacuous* where what it speaks of cannot happen: there is no initial state, an action is
not possible in any state that satisfies the claims, or the left side of an implication holds in
none. A lemma is *redundant* if everything else is proved without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

from checker.model.ir import Fold, Implies, Quantifier
from checker.model.render import Words, render
from checker.model.system import PropertyKind
from proofs.encode.expressions import Names
from proofs.encode.universe import Unsupported
from proofs.encode.values import Members
from proofs.prove import Judged, Options, Proved, Prover, Report
from proofs.solver.worker import Done, load_solver, run_all

if TYPE_CHECKING:
    from checker.model.ir import Expr, Local
    from checker.model.system import Property, System
    from grammar.source import Span
    from proofs.archive import Archive
    from proofs.encode.values import Symbolic
    from proofs.induction import Inductor
    from proofs.logic.terms import Term
    from proofs.prove import LoadAt


class Emptiness(Enum):
    """What cannot happen; the texts complete "... under the claims"."""

    START = "no initial state is possible"
    ACTION = "this action is never possible"
    ANTECEDENT = "the left side never holds"


@dataclass(frozen=True, slots=True)
class Vacuity:
    """Something that a proof says of nothing."""

    kind: Emptiness
    name: str
    site: Span


def vacuities(prover: Prover, content: str = "") -> tuple[Vacuity, ...]:
    """Return what is proved of nothing, as far as that can be told.

    Args:
        content: `Report.content` of the proof, by which the archive knows what was found out
            before; empty if nothing is to be looked up.
    """
    system, archive = prover.system, prover.archive
    waits = " ".join(render(each.waiting, Words(system.processes)) for each in system.rankings)
    key = f"vacuities {content} {waits}".rstrip()
    if content and key in archive.verdicts:
        names = archive.verdicts[key]
        return tuple(each for each in _candidates(system) if _written(each) in names)
    checker = _Vacuities(prover)
    load_solver()
    (outcome,) = run_all(1, lambda _: tuple(checker.found()), patience=600.0)
    if not isinstance(outcome, Done):
        return ()
    if content:
        archive.keep(key, [_written(each) for each in outcome.result])
    return outcome.result


def _written(vacuity: Vacuity) -> str:
    return f"{vacuity.kind.name} {vacuity.name}"


def _candidates(system: System) -> Iterator[Vacuity]:
    """Yield everything that could be vacuous, in the order of the text."""
    yield Vacuity(Emptiness.START, system.name, system.variables[0].site)
    for action in system.actions:
        yield Vacuity(Emptiness.ACTION, action.name, action.site)
    for prop in system.properties:
        if prop.kind is PropertyKind.INVARIANT:
            for conjunct in prop.conjuncts:
                if _implication(conjunct.expression) is not None:
                    yield Vacuity(Emptiness.ANTECEDENT, conjunct.name, conjunct.site)
    for ranking in system.rankings:
        yield Vacuity(Emptiness.ANTECEDENT, ranking.name, ranking.site)


class _Vacuities:
    def __init__(self, prover: Prover) -> None:
        self._prover = prover

    def found(self) -> Iterator[Vacuity]:
        """Yield them in the order of the text."""
        system = self._prover.system
        if not self._may(_View.starts, is_step=False):
            yield Vacuity(Emptiness.START, system.name, system.variables[0].site)
            return
        for action in system.actions:
            if not self._may(partial(_View.ways, action=action.name), is_step=True):
                yield Vacuity(Emptiness.ACTION, action.name, action.site)
        for prop in system.properties:
            if prop.kind is PropertyKind.INVARIANT:
                yield from self._antecedents(prop)
        for ranking in system.rankings:
            if not self._may(partial(_View.waiting, name=ranking.name), is_step=True):
                yield Vacuity(Emptiness.ANTECEDENT, ranking.name, ranking.site)

    def _antecedents(self, prop: Property) -> Iterator[Vacuity]:
        for number, conjunct in enumerate(prop.conjuncts):
            if _implication(conjunct.expression) is None:
                continue
            left = partial(_View.left_side, name=prop.name, number=number)
            if not self._may(left, is_step=True):
                yield Vacuity(Emptiness.ANTECEDENT, conjunct.name, conjunct.site)

    def _may(self, ways: Callable[[_View], list[tuple[Term, ...]]], *, is_step: bool) -> bool:
        """Tell whether something is possible at some size, or may be for all that is known."""
        for inductor in self._prover.inductors():
            try:
                found = ways(_View(inductor))
            except Unsupported:
                return True
            for conditions in found:
                if inductor.is_possible(conditions, is_step=is_step) is not False:
                    return True
        return False


@dataclass(frozen=True, slots=True)
class _View:
    """One model, by the names that models of all sizes share."""

    inductor: Inductor

    def starts(self) -> list[tuple[Term, ...]]:
        start = self.inductor.model.start
        return [] if start is None else [path.conditions for path in start.paths]

    def ways(self, action: str) -> list[tuple[Term, ...]]:
        moves = (m for m in self.inductor.model.moves if m.action.name == action)
        return [path.conditions for move in moves for path in move.paths]

    def left_side(self, name: str, number: int) -> list[tuple[Term, ...]]:
        model = self.inductor.model
        prop = next(each for each in model.system.properties if each.name == name)
        left = _implication(prop.conjuncts[number].expression)
        assert left is not None
        return [(self._somewhere(left[0], left[1], Names(model.state, {})),)]

    def waiting(self, name: str) -> list[tuple[Term, ...]]:
        """Return that somebody waits for what a ranking is about."""
        model = self.inductor.model
        ranking = next(each for each in model.system.rankings if each.name == name)

        def over(locals_: tuple[Local, ...], names: Names) -> Term:
            if not locals_:
                return model.expressions.truth(ranking.waiting, names)
            first, *rest = locals_
            return model.universe.some(
                first.type, lambda value: over(tuple(rest), names.bind(first, value))
            )

        return [(over(ranking.locals, Names(model.state, {})),)]

    def _somewhere(self, folds: tuple[Fold, ...], left: Expr, names: Names) -> Term:
        """Return that the left side holds for some values of the quantified variables."""
        model = self.inductor.model
        if not folds:
            return model.expressions.truth(left, names)
        fold, rest = folds[0], folds[1:]
        logic = model.logic

        def body(value: Symbolic) -> Term:
            inside = logic.true
            inner = names.bind(fold.local, value)
            if fold.domain is not None:
                domain = model.expressions.value(fold.domain, names, [])
                assert isinstance(domain, Members)
                inside = domain.has(value)
            return logic.both(inside, self._somewhere(rest, left, inner))

        return model.universe.some(fold.local.type, body)


def _implication(expr: Expr) -> tuple[tuple[Fold, ...], Expr] | None:
    """Return the quantifiers in front of an implication and its left side, if it is one."""
    folds: list[Fold] = []
    while isinstance(expr, Fold) and expr.quantifier is Quantifier.FORALL:
        folds.append(expr)
        expr = expr.body
    return (tuple(folds), expr.left) if isinstance(expr, Implies) else None


# --- lemmas that nothing needs --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Need:
    """What becomes of a proof without one of its lemmas; redundant if nothing breaks."""

    lemma: str
    broken: tuple[Judged, ...]

    @property
    def is_redundant(self) -> bool:
        """Whether the proof goes through without it."""
        return not self.broken


def needs(
    report: Report,
    load_at: LoadAt,
    options: Options | None = None,
    archive: Archive | None = None,
) -> tuple[Need, ...]:
    """Drop each lemma of a complete proof in turn, and try again what rested on it.

    What did not rest on a lemma is proved without it already.
    """
    assert report.is_proved
    lemmas = [p for p in report.system.properties if p.is_lemma]
    prover = partial(Prover, options=options or Options(), archive=archive)
    return tuple(_need(report, lemma, load_at, prover) for lemma in lemmas)


def _need(
    report: Report, lemma: Property, load_at: LoadAt, prover_of: Callable[..., Prover]
) -> Need:
    names = {conjunct.name for conjunct in lemma.conjuncts}
    rested = {
        each.name
        for each in report.judged
        if each.subject not in names
        and isinstance(each.fate, Proved)
        and each.fate.hypotheses & names
    }

    def smaller(sizes: Mapping[str, int]) -> System | None:
        system = load_at(sizes)
        return None if system is None else without(system, lemma.name)

    prover = prover_of(without(report.system, lemma.name), smaller)
    work = [each for each in prover.obligations if each.name in rested]
    judged = prover.judged(work)
    return Need(lemma.name, tuple(each for each in judged if not isinstance(each.fate, Proved)))


def without(system: System, name: str) -> System:
    """Return the system without one of its properties."""
    kept = tuple(each for each in system.properties if each.name != name)
    return replace(system, properties=kept)
