"""What holds only because nothing happens is said to be vacuous, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from checker.explicit.search import SearchOptions, check
from checker.model import terms
from checker.model.fairness import Scheduling
from checker.model.ir import Literal
from checker.model.temporal import Eventually, Fairness, Now, TemporalProperty
from checker.model.verdict import EXIT_HOLDS, EXIT_VACUOUS, Verdict, exit_code
from checker.report.ink import Ink
from checker.report.text import Request, render_result
from grammar.source import NOWHERE
from tests.support.system_strategies import seeded_system
from tests.support.texts import system_of

COUNTER = """
type Kind = 0..1
var x: 0..2 = 0
fair action up() {
  await x < 2
  x := x + 1
}
action other(k: Kind) {
  await x = 2
  x := 2
}
"""


def idle(claim: str) -> tuple[str, ...]:
    """Return what is said of a claim that holds."""
    result = check(system_of(f"{COUNTER}\nproperty claim: {claim}"))
    assert result.verdict is Verdict.HOLDS
    return result.vacuities


@pytest.mark.parametrize(
    ("claim", "sentence"),
    [
        (
            "x = 1 and x = 2 ~> x = 0",
            "in `claim`, the left side `x = 1 and x = 2` never holds",
        ),
        (
            "forall k: Kind. x = 1 and x > k + 1 ~> x = 0",
            "in `claim`, the left side `x = 1 and x > k + 1` never holds",
        ),
        (
            "x < 2 ~> x < 2 or x = 1",
            "in `claim`, the right side holds at once whenever `x < 2` does: nobody ever waits",
        ),
        (
            "always (x = 1 and x = 2 -> eventually x = 0)",
            "in `claim`, the left side `x = 1 and x = 2` never holds",
        ),
        (
            "(always eventually step up) -> (x = 0 ~> x = 1)",
            "in `claim`, no fair run satisfies the left side `(always eventually step up)`",
        ),
        (
            "(eventually always x = 0) -> (always x = 0)",
            "in `claim`, no fair run satisfies the left side `(eventually always x = 0)`",
        ),
    ],
)
def test_it_is_told(claim: str, sentence: str) -> None:
    assert idle(claim) == (sentence,)


@pytest.mark.parametrize(
    "claim",
    [
        "x = 0 ~> x = 2",
        "forall k: Kind. x = k ~> x = k + 1",
        "always (x = 1 -> eventually x = 2)",
        "(always eventually step other) -> (x = 0 ~> x = 2)",
        "eventually x = 2",
    ],
)
def test_nothing_is_said_without_a_reason(claim: str) -> None:
    assert idle(claim) == ()


def test_the_word_stands_on_the_verdict_and_beside_the_claim() -> None:
    text = f"{COUNTER}\nproperty never: x = 1 and x = 2 ~> x = 0\nproperty real: x = 0 ~> x = 2"
    result = check(system_of(text))
    request = Request("example.k42", "k42 check example.k42", Ink())
    lines = render_result(result, request).splitlines()
    assert lines[0].startswith("holds")
    assert lines[0].endswith("; vacuous in part")
    rows = [line.split() for line in lines if "property" in line]
    assert rows == [["holds", "property", "never", "vacuous"], ["holds", "property", "real"]]
    quiet = render_result(result, replace(request, is_quiet=True))
    assert quiet.rstrip().endswith("; vacuous in part")
    assert exit_code(result, strict=True) == EXIT_VACUOUS
    assert exit_code(result, strict=False) == EXIT_HOLDS


def test_the_word_stands_beside_the_claim_when_another_one_is_violated() -> None:
    text = f"{COUNTER}\nproperty never: x = 1 and x = 2 ~> x = 0\nproperty wrong: x = 2 ~> x = 0"
    result = check(system_of(text))
    assert result.verdict is Verdict.VIOLATED
    report = render_result(result, Request("example.k42", "", Ink()))
    rows = [line.split() for line in report.splitlines() if line.startswith("  holds")]
    assert ["holds", "property", "never", "vacuous"] in rows


@pytest.mark.parametrize("scheduling", list(Scheduling))
def test_fairness_never_excludes_every_run(scheduling: Scheduling) -> None:
    # Whoever has come anywhere can go on fairly: conditions on steps are machine closed.
    random = Random(5)
    for seed in range(6):
        system = seeded_system(seed)
        kinds = [None, Fairness.WEAK, Fairness.STRONG, Fairness.UNFAIR]
        actions = tuple(replace(e, fairness=random.choice(kinds)) for e in system.actions)
        no = Now(terms.truth_value(system.terms, False), NOWHERE)
        assert isinstance(no.expression, Literal)
        claim = TemporalProperty("never", Eventually(no), "", NOWHERE)
        made = replace(system, properties=(), actions=actions, temporal=(claim,))
        result = check(made, SearchOptions(deadlock=False, scheduling=scheduling))
        assert result.verdict in {Verdict.VIOLATED, Verdict.ERROR}
