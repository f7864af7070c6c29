"""Replaying a certificate: the system is written in the logic again, and what it needs is checked.

For each query the negated claim gets constants, and the instances that the certificate names are
made of the hypotheses: a few ground formulas, which must have no model. Nothing that the
certificate says is believed. An instance of a hypothesis is a consequence of it, whichever is
named, so a wrong certificate makes a formula that has a model and is refused; and an obligation
that it does not speak of is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from proofs.certificate.document import EVERY_SIZE, Certificate
from proofs.certificate.parsing import ParseError, TermParser
from proofs.certificate.search import Finding, OutsideError, refute
from proofs.induction import GOAL, Method, Proof
from proofs.logic.instantiate import instance_of
from proofs.logic.normal import Skolemizer
from proofs.logic.terms import OpenSort
from proofs.prove import EachSize, Proved, Undecided, Why
from proofs.solver.answers import Unsatisfiable

if TYPE_CHECKING:
    from proofs.archive import Use
    from proofs.induction import Inductor
    from proofs.logic.normal import Universal
    from proofs.logic.terms import Term
    from proofs.obligation import Obligation, Query
    from proofs.prove import Fate, Prover, Report


class Checker(Enum):
    """Who looks for a model of the ground formulas."""

    BUILTIN = "builtin"
    Z3 = "z3"
    CVC5 = "cvc5"


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of a certificate.

    Attributes:
        report: what is proved; what is not is undecided, with the reason.
        checked: how many obligations each checker has confirmed; the others hold by rewriting.
        instances: how many were used.
    """

    report: Report
    checked: Mapping[Checker, int]
    instances: int


class RefusedError(Exception):
    """An obligation is not proved by what a certificate says."""


# --- making one -----------------------------------------------------------------------------------


def certificate_of(prover: Prover) -> Certificate:
    """Return what the proofs rest on that the archive of a prover has.

    Raises:
        RefusedError: something is not proved, or by quantifiers, so that there are no instances.
    """
    parts: dict[str, dict[str, tuple[tuple[Use, ...], ...]]] = {}
    for size, inductor, stated in parts_of(prover):
        part: dict[str, tuple[tuple[Use, ...], ...]] = {}
        for each in stated:
            uses = tuple(_uses(inductor, each, query) for query in each.queries)
            if any(uses):
                part[each.name] = uses
        parts[size] = part
    system = prover.system
    settings = {each.name: each.value for each in system.settings if not each.is_size}
    return Certificate(system.name, settings, parts)


def _uses(inductor: Inductor, obligation: Obligation, query: Query) -> tuple[Use, ...]:
    known = inductor.known(query, is_step=obligation.is_step)
    if known is None:
        raise RefusedError(f"{obligation.name} is not proved")
    if known.method is Method.NATIVE:
        raise RefusedError(f"{obligation.name} is proved with quantifiers only")
    return known.uses


def parts_of(prover: Prover) -> Iterator[tuple[str, Inductor, Sequence[Obligation]]]:
    """Yield the models in which something is proved, each with its obligations."""
    match prover.domain:
        case EachSize(most):
            for size in range(1, most + 1):
                scope = prover.scope(size)
                if scope is not None:
                    yield str(size), scope.inductor, tuple(scope.obligations.values())
        case _:
            yield EVERY_SIZE, prover.stated, prover.obligations


def take_hints(prover: Prover, certificate: Certificate) -> int:
    """Put into the archive of a prover what a certificate proves; return for how many queries.

    Nothing is believed: what the built-in checker does not confirm is left out.
    """
    count = 0
    for size, inductor, stated in parts_of(prover):
        part = certificate.parts.get(size, {})
        for each in stated:
            for query, uses in zip(each.queries, part.get(each.name, ()), strict=False):
                if inductor.known(query, is_step=each.is_step) is not None:
                    continue
                try:
                    formulas = ground(inductor, query, uses, is_step=each.is_step)
                    if refute(formulas) is not Finding.REFUTED:
                        continue
                except (RefusedError, OutsideError):
                    continue
                names = tuple(map(_name, uses))
                inductor.keep(query, Proof(Method.REPLAY, names, 0, uses), is_step=each.is_step)
                count += 1
    return count


# --- checking one ---------------------------------------------------------------------------------


def replay(
    prover: Prover, certificate: Certificate, checkers: Sequence[Checker] = (Checker.BUILTIN,)
) -> Replayed:
    """Check a certificate.

    Args:
        checkers: asked in this order; a later one is asked only for what an earlier one cannot
            decide. Models are never believed.
    """
    instances = 0
    checked: dict[Checker, int] = {}
    fates: dict[str, Fate] = {}
    for size, inductor, stated in parts_of(prover):
        part = certificate.parts.get(size, {})
        for each in stated:
            uses = part.get(each.name)
            try:
                used = _replayed(inductor, each, uses, checkers)
            except RefusedError as refused:
                at = "" if size == EVERY_SIZE else f"at size {size}: "
                fates[each.name] = Undecided(Why.UNCERTIFIED, f"{at}{refused}")
                continue
            names = [_name(use) for used_by in uses or () for use in used_by]
            instances += len(names)
            if used is not None:
                checked[used] = checked.get(used, 0) + 1
            method = Method.REWRITING if used is None else Method.REPLAY
            fates.setdefault(each.name, Proved(method, tuple(dict.fromkeys(names)), 0))
    return Replayed(prover.report(fates), checked, instances)


def _name(use: Use) -> str:
    return f"{use.label}({', '.join(use.terms)})"


def _replayed(
    inductor: Inductor,
    obligation: Obligation,
    uses: tuple[tuple[Use, ...], ...] | None,
    checkers: Sequence[Checker],
) -> Checker | None:
    """Check an obligation; return the last one of those who were needed for that, if any."""
    if uses is None:
        uses = ((),) * len(obligation.queries)
    if len(uses) != len(obligation.queries):
        raise RefusedError("the action has another number of ways through it")
    last = -1
    for query, used in zip(obligation.queries, uses, strict=True):
        if inductor.by_rewriting(query, is_step=obligation.is_step) is None:
            formulas = ground(inductor, query, used, is_step=obligation.is_step)
            last = max(last, _confirmed(inductor, formulas, checkers))
    return checkers[last] if last >= 0 else None


def ground(
    inductor: Inductor, query: Query, uses: Sequence[Use], *, is_step: bool
) -> tuple[Term, ...]:
    """Return the ground formulas that must have no model.

    Raises:
        RefusedError: an instance is none of a hypothesis.
    """
    logic = inductor.model.logic
    goal = Skolemizer(logic, "some").universals(inductor.negated(query))
    named: dict[str, list[Universal]] = {GOAL: [each for each in goal if each.variables]}
    for label, universal in inductor.hypotheses(is_step=is_step):
        named.setdefault(label, []).append(universal)
    for universals in named.values():
        for variable in (v for each in universals for v in each.variables):
            if isinstance(variable.sort, OpenSort):
                logic.symbol(f"{variable.sort.name}.some", (), variable.sort)
    parser = TermParser(logic, logic.symbols, logic.sorts)
    found = [each.body for each in goal if not each.variables]
    for use in uses:
        universals = named.get(use.label, [])
        if not 1 <= use.number <= len(universals):
            raise RefusedError(f"there is no hypothesis `{use.label}`, part {use.number}")
        universal = universals[use.number - 1]
        try:
            terms = [parser.term(each) for each in use.terms]
        except ParseError as error:
            raise RefusedError(str(error)) from None
        if [term.sort for term in terms] != [v.sort for v in universal.variables]:
            raise RefusedError(f"`{use.label}` speaks of something else than {use.terms}")
        found.append(instance_of(logic, universal, terms))
    return tuple(found)


def _confirmed(inductor: Inductor, formulas: Sequence[Term], checkers: Sequence[Checker]) -> int:
    """Return the number of the checker that finds no model.

    Raises:
        RefusedError: none does.
    """
    reasons: list[str] = []
    for number, checker in enumerate(checkers):
        reason = _doubt(inductor, formulas, checker)
        if reason is None:
            return number
        reasons.append(f"{checker.value}: {reason}")
    raise RefusedError("; ".join(reasons))


def _doubt(inductor: Inductor, formulas: Sequence[Term], checker: Checker) -> str | None:
    """Return why a checker does not confirm that formulas have no model, None if it does."""
    match checker:
        case Checker.BUILTIN:
            try:
                found = refute(formulas)
            except OutsideError as outside:
                return f"outside of equality and differences: {outside}"
            if found is Finding.REFUTED:
                return None
            return (
                "the instances do not contradict the negated claim"
                if (found is Finding.OPEN)
                else "too much to search"
            )
        case Checker.Z3:
            from proofs.solver.session import Session

            session = Session(inductor.settings)
            session.assume(formulas)
            answer = session.check()
        case Checker.CVC5:
            from proofs.solver.second import check

            answer = check(formulas)
    if isinstance(answer, Unsatisfiable):
        return None
    return "the instances do not contradict the negated claim, as far as can be told"
