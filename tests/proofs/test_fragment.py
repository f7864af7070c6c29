"""The decidable fragment: which functions lead round in a circle, and which do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from proofs.fragment import Fragment, Link, fragment_of
from tests.proofs.specs import SPECS, loaded

HEAD = """spec some
sort A
sort B
var next: [A] A = any
var to_b: [A] B = any
var to_a: [B] A = any
var maybe: [A] A? = none
var mine: [A] 0..99 = 0
var small: [A] 0..3 = 0
var who: A = any
var pairs: [A] set of A = [a: A => {}]
"""


def _fragment(tmp_path: Path, text: str) -> Fragment:
    path = tmp_path / "some.k42"
    path.write_text(HEAD + text, encoding="utf-8")
    found = fragment_of(loaded(path))
    assert found is not None
    return found


@pytest.mark.parametrize(
    "text",
    [
        "invariant i: forall a: A. small[a] = 0",
        "invariant i: forall a, b: A. mine[a] = mine[b] -> a = b",
        "invariant i: forall a: A. to_b[a] = to_b[who] -> a = who",
        "invariant i: exists a: A. forall b: A. a in pairs[b]",
        "invariant i: forall a, b: A. a in pairs[b] -> b in pairs[a]",
        # A function of one known element leads nowhere else.
        "invariant i: next[who] = who",
        "invariant i: forall t: 0..9. exists a: A. small[a] = t",
    ],
)
def test_no_circle(tmp_path: Path, text: str) -> None:
    found = _fragment(tmp_path, text)
    assert found.is_decidable
    assert found.circle == ()


@pytest.mark.parametrize(
    ("text", "circle"),
    [
        ("invariant i: forall a: A. next[a] != a", [("A", "A", "next")]),
        ("invariant i: forall a: A. maybe[a] = none or maybe[a] = who", [("A", "A", "maybe")]),
        (
            "invariant i: forall a: A. to_b[a] = to_b[who] invariant j: forall b: B. to_a[b] = who",
            [("A", "B", "to_b"), ("B", "A", "to_a")],
        ),
        ("invariant i: forall a: A. exists b: A. b in pairs[a]", [("A", "A", "i")]),
        (
            "invariant i: forall t: 0..99. exists a: A. mine[a] = t",
            [("A", "Int", "mine"), ("Int", "A", "i")],
        ),
    ],
)
def test_a_circle_is_named(tmp_path: Path, text: str, circle: list[tuple[str, str, str]]) -> None:
    found = _fragment(tmp_path, text)
    assert not found.is_decidable
    named = [(edge.source, edge.target, edge.name) for edge in found.circle]
    assert sorted(named) == sorted(circle)


def test_a_circle_in_an_obligation_only_is_placed(tmp_path: Path) -> None:
    # The claim itself is fine; its negation after the step speaks of an element for each one.
    text = """action a(x: A) requires forall y: A. exists z: A. z in pairs[y] { who := x }
    invariant i: who = who
    invariant j: forall y: A. y in pairs[y] -> small[y] = 0
    """
    found = _fragment(tmp_path, text)
    assert found.obligation == "a/j"
    assert [edge.link for edge in found.circle] == [Link.EXISTS]


def test_numbers_of_a_large_type_have_no_end(tmp_path: Path) -> None:
    found = _fragment(tmp_path, "invariant i: forall t: 0..9. mine[who] != t or t < 5")
    assert found.is_decidable
    found = _fragment(tmp_path, "invariant i: forall t: 0..99. mine[who] != t or t < 50")
    assert found.integers == ("i",)
    assert not found.is_decidable


def test_what_is_one_system_has_no_fragment() -> None:
    assert fragment_of(loaded(SPECS / "protocols" / "locks" / "peterson.k42")) is None
