"""View abstraction: proofs for every size without lemmas, and what must not be proved by it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from checker.explicit.automatic import EngineOptions, engine_maker
from checker.explicit.search import SearchOptions, check
from checker.model.verdict import Verdict
from proofs.parametric import Fitting, Unfit, fitting
from proofs.views import Answer, Found, Proved, Vain, abstract
from tests.proofs.specs import SPECS, bare, loaded, loader


def _abstract(path: Path) -> Answer:
    return abstract(loaded(path), loader(path))


def _text(tmp_path: Path, text: str) -> Answer:
    path = tmp_path / "some.k42"
    path.write_text(text, encoding="utf-8")
    return _abstract(path)


@pytest.mark.parametrize(
    ("name", "size"), [("lock_server", 2), ("two_phase", 1), ("generations", 1), ("ticket", 2)]
)
def test_protocols_are_proved_for_every_size_without_lemmas(
    tmp_path: Path, name: str, size: int
) -> None:
    found = _abstract(bare(tmp_path, name))
    assert isinstance(found, Proved)
    assert found.size == size


@pytest.mark.parametrize("name", ["lock_server", "two_phase", "generations", "ticket"])
def test_broken_twins_are_not_proved(name: str) -> None:
    assert isinstance(_abstract(SPECS / "proofs" / f"{name}_broken.k42"), Found)


# --- what the number of elements decides ----------------------------------------------------------

CROWD = """spec crowd
sort Node
var inside: set of Node = {}
var count_: 0..3 = 0
action enter(n: Node) requires n not in inside and count_ < 3 {
  inside := inside union {n}
  count_ := count_ + 1
}
"""


def test_what_fails_at_a_larger_size_only_is_not_proved(tmp_path: Path) -> None:
    # True of up to three, false of four: the step names one, so three are searched at first.
    text = """spec late
    sort Node
    var marked: set of Node = {}
    action mark(n: Node) { marked := marked union {n} }
    invariant few: (count n: Node. n in marked) <= 3
    """
    assert _text(tmp_path, text) == Found(4)


def test_views_that_admit_too_much_prove_nothing(tmp_path: Path) -> None:
    # Never more than three are inside, but no view of three elements says so of four.
    text = f"{CROWD} invariant few: (count n: Node. n in inside) <= 3"
    assert isinstance(_text(tmp_path, text), Vain)


def test_a_guard_that_needs_a_witness(tmp_path: Path) -> None:
    # Who follows must see somebody inside; the witness is one of the elements of the step.
    text = """spec follow
    sort Node
    var inside: set of Node = {}
    var is_open: bool = true
    action first(n: Node) requires is_open { inside := inside union {n}  is_open := false }
    action follow(n: Node) requires exists m: Node. m in inside { inside := inside union {n} }
    invariant opened: inside != {} -> not is_open
    """
    path = tmp_path / "some.k42"
    path.write_text(text, encoding="utf-8")
    fit = fitting(loaded(path))
    assert isinstance(fit, Fitting)
    assert fit.step == 2
    assert isinstance(_abstract(path), Proved)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("sort Node var x: Node? = none", "holds elements"),
        ("sort Node var s: [Node] set of Node = [n: Node => {}]", "holds elements"),
        ("var x: bool = false", "no sort"),
        ("sort A sort B var x: [A] bool = false", "more than one sort"),
        (
            "sort Node var x: [Node] bool = false var y: bool = false action a() "
            "requires forall n: Node. exists m: Node. x[n] != x[m] { y := true }",
            "for each element something is asked of another one",
        ),
        (
            "sort Node var x: [Node] bool = false var y: 0..9 = 0 "
            "action a() requires (count n: Node. x[n]) < y { y := 0 }",
            "number of elements",
        ),
        (
            "sort Node var x: [Node] 0..3 = 0 var y: 0..3 = 0 "
            "action a() { y := max n: Node. x[n] }",
            "over all elements",
        ),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "some.k42"
    path.write_text(f"spec some {text} invariant i: true", encoding="utf-8")
    found = fitting(loaded(path))
    assert isinstance(found, Unfit)
    assert reason in found.reason


# --- agreement with the search --------------------------------------------------------------------


def _random_spec(rng: random.Random) -> str:
    """Return a small system over one sort, in which everybody sees flags and a shared word."""
    conditions = [
        "at_[n] = {i}",
        "flag[n]",
        "not flag[n]",
        "word = {i}",
        "n in set_",
        "n not in set_",
        "forall m: Node. m = n or not flag[m]",
        "forall m: Node. at_[m] != {i}",
        "exists m: Node. m != n and at_[m] = {i}",
        "set_ = {{}}",
        "set_ != {{}}",
        "(count m: Node. flag[m]) <= 1",
    ]
    effects = [
        "at_[n] := {i}",
        "flag[n] := true",
        "flag[n] := false",
        "word := {i}",
        "set_ := set_ union {{n}}",
        "set_ := set_ minus {{n}}",
        "set_ := {{}}",
        "flag := [m: Node => m in set_]",
    ]
    claims = [
        "forall a, b: Node. a != b -> not (at_[a] = {i} and at_[b] = {i})",
        "forall a: Node. at_[a] = {i} -> flag[a]",
        "word = {i} -> set_ != {{}}",
        "(count a: Node. at_[a] = {i}) <= 1",
        "forall a: Node. a in set_ -> at_[a] != {i}",
    ]

    def pick(options: list[str]) -> str:
        return rng.choice(options).format(i=rng.randrange(3))

    actions = []
    for number in range(rng.randrange(2, 5)):
        guards = " and ".join(pick(conditions) for _ in range(rng.randrange(1, 3)))
        body = "  ".join(pick(effects) for _ in range(rng.randrange(1, 3)))
        actions.append(f"action a{number}(n: Node) requires {guards} {{ {body} }}")
    return "\n".join(
        [
            "spec some",
            "sort Node",
            "var at_: [Node] 0..2 = 0",
            "var flag: [Node] bool = false",
            "var set_: set of Node = {}",
            "var word: 0..2 = 0",
            *actions,
            f"invariant i: {pick(claims)}",
        ]
    )


def _holds(path: Path, size: int) -> bool:
    result = check(
        loaded(path, Node=size),
        SearchOptions(deadlock=False),
        make_engine=engine_maker(EngineOptions(workers=1)),
    )
    return result.verdict is Verdict.HOLDS


def _agrees(tmp_path: Path, seed: int) -> Answer:
    path = tmp_path / "some.k42"
    path.write_text(_random_spec(random.Random(seed)), encoding="utf-8")
    found = _abstract(path)
    match found:
        case Proved():
            assert all(_holds(path, size) for size in range(1, 6))
        case Found(size):
            assert not _holds(path, size)
            assert all(_holds(path, smaller) for smaller in range(1, size))
        case _:
            pass
    return found


def test_what_is_proved_of_random_systems_holds_at_larger_sizes(tmp_path: Path) -> None:
    answers = [_agrees(tmp_path, seed) for seed in range(20)]
    assert sum(isinstance(each, Proved) for each in answers) >= 5
    assert sum(isinstance(each, Found) for each in answers) >= 5


@pytest.mark.slow
def test_what_is_proved_of_many_random_systems_holds_at_larger_sizes(tmp_path: Path) -> None:
    for seed in range(100, 500):
        _agrees(tmp_path, seed)
