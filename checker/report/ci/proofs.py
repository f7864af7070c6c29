"""A proof as cases: one for each obligation, and one for each thing that it says of nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from checker.report.ci.outcome import ORDINARY, Case, Outcome, site_of
from checker.report.proof_text import headline
from proofs.classify import Harmless, NotKnown, Real, Unreachable
from proofs.induction import Method
from proofs.prove import EachSize, Proved, Refuted, Undecided

if TYPE_CHECKING:
    from checker.report.proof_text import Findings
    from proofs.classify import Standing
    from proofs.prove import Judged


_ORDINARY: Final = frozenset({Method.REWRITING, Method.REPLAY, Method.INSTANCES})
"""Which of these it was depends on what is known from before, and not on the specification."""


def cases_of_proof(findings: Findings) -> tuple[Case, ...]:
    """Return the cases of a proof."""
    cases = [_case(each, findings.standings.get(each.name)) for each in findings.report.judged]
    cases += [
        Case(
            name=f"vacuity {each.kind.name.lower()} {each.name}",
            rule="vacuity",
            outcome=Outcome.FAILED,
            message=f"{each.name}: {each.kind.value}",
            site=site_of(each.site),
        )
        for each in findings.vacuities
    ]
    domain = findings.report.domain
    if isinstance(domain, EachSize):
        message = f"proved for sizes from 1 to {domain.most} only: {'; '.join(domain.reasons)}"
        cases.append(Case("every size", "domain", Outcome.ERROR, message=message))
    return tuple(cases)


def counts_of_proof(findings: Findings) -> dict[str, int]:
    """Return how many obligations there are, and how many are proved."""
    report = findings.report
    return {"obligations": len(report.judged), "proved": len(report.of(Proved))}


def remarks_of_proof(findings: Findings) -> tuple[str, ...]:
    """Return what was found about the lemmas."""
    return tuple(f"lemma {need.lemma} is redundant" for need in findings.needs if need.is_redundant)


def _case(judged: Judged, standing: Standing | None) -> Case:
    site = site_of(judged.site)
    rule = f"obligation.{judged.goal.value}"
    match judged.fate:
        case Proved(method):
            detail = ORDINARY if method in _ORDINARY else method.value
            return Case(judged.name, rule, Outcome.PASSED, detail, site=site)
        case Refuted():
            message = f"{headline(judged)}{_standing(standing)}"
            return Case(judged.name, rule, Outcome.FAILED, "refuted", message, site)
        case Undecided(why, reason):
            return Case(judged.name, rule, Outcome.ERROR, why.value, f"unknown: {reason}", site)
        case _:
            assert_never(judged.fate)


def _standing(standing: Standing | None) -> str:
    match standing:
        case None:
            return ""
        case Real():
            return "; a search finds a real violation"
        case Unreachable():
            return "; the state before cannot be reached: the claims say too little"
        case Harmless():
            return "; the state before can be reached, and all is well: the rank does not fit"
        case NotKnown():
            return "; whether the state before can be reached is not known"
        case _:
            assert_never(standing)
