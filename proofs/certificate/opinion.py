"""A second opinion: another solver looks at every formula that the proofs of record refuted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofs.certificate.replay import ground, parts_of
from proofs.induction import Method
from proofs.solver.answers import Unsatisfiable
from proofs.solver.second import check

if TYPE_CHECKING:
    from proofs.induction import Inductor
    from proofs.logic.terms import Term
    from proofs.obligation import Query
    from proofs.prove import Prover


@dataclass(frozen=True, slots=True)
class Opinion:
    """What cvc5 says of a proof.

    Attributes:
        confirmed: queries that it refutes as well.
        doubted: names of obligations that it does not confirm, each with what it says.
    """

    confirmed: int
    doubted: tuple[tuple[str, str], ...]


def second_opinion(prover: Prover) -> Opinion:
    """Ask cvc5 about everything that is proved and rests on more than rewriting.

    Raises:
        ImportError: cvc5 is not installed.
    """
    confirmed = 0
    doubted: list[tuple[str, str]] = []
    for _, inductor, stated in parts_of(prover):
        for each in stated:
            for query in each.queries:
                formulas = _formulas(inductor, query, is_step=each.is_step)
                if formulas is None:
                    continue
                answer = check(formulas)
                if isinstance(answer, Unsatisfiable):
                    confirmed += 1
                else:
                    doubted.append((each.name, answer.reason))
    return Opinion(confirmed, tuple(doubted))


def _formulas(inductor: Inductor, query: Query, *, is_step: bool) -> tuple[Term, ...] | None:
    """Return what the proof of record has refuted; None if there was nothing to refute."""
    known = inductor.known(query, is_step=is_step)
    if known is None or known.method is Method.REWRITING:
        return None
    if known.method is not Method.NATIVE:
        return ground(inductor, query, known.uses, is_step=is_step)
    model = inductor.model
    hypotheses = [*(term for _, term in model.typing), *(each.formula for each in model.claims)]
    return (*(hypotheses if is_step else ()), inductor.negated(query))
