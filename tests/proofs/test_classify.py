"""Candidate lemmas: they exclude the state and hold in every reachable one."""

from __future__ import annotations

from pathlib import Path

from checker.model.explore import explore
from checker.model.interpret import Holds, judge_state
from proofs.classify import candidate
from proofs.prove import Refuted, prove
from tests.proofs.specs import loaded, loader

TEXT = """
spec handover
sort Node
var free: bool = true
var sent: set of Node = {}
var holds: [Node] bool = false
action grant(n: Node) requires free {
  free := false
  sent := sent union {n}
}
action receive(n: Node) requires n in sent {
  sent := sent minus {n}
  holds[n] := true
}
action release(n: Node) requires holds[n] {
  holds[n] := false
  free := true
}
invariant exclusion: (count n: Node. holds[n]) <= 1
"""


def test_a_candidate_excludes_the_state_and_holds_in_all_reachable_ones(tmp_path: Path) -> None:
    path = tmp_path / "handover.k42"
    path.write_text(TEXT, encoding="utf-8")
    load_at = loader(path)
    (refuted,) = prove(loaded(path), load_at).of(Refuted)
    assert isinstance(refuted.fate, Refuted)
    example = refuted.fate.counterexample
    spaces = []
    for size in (2, 3):
        system = load_at({"Node": size})
        assert system is not None
        spaces.append((system, tuple(explore(system).states)))

    text = candidate(spaces[0][0], example, spaces)

    assert text is not None
    path.write_text(f"{TEXT}\nlemma candidate: {text}\n", encoding="utf-8")
    for size, (_, states) in zip((2, 3), spaces, strict=True):
        system = load_at({"Node": size})
        assert system is not None
        lemma = next(p for p in system.properties if p.name == "candidate").conjuncts[0]
        assert all(isinstance(judge_state(system, lemma.expression, s), Holds) for s in states)
        if size == 2:
            assert example.before is not None
            assert not isinstance(judge_state(system, lemma.expression, example.before), Holds)


def test_there_is_no_candidate_for_a_state_that_can_be_reached(tmp_path: Path) -> None:
    path = tmp_path / "handover.k42"
    path.write_text(TEXT, encoding="utf-8")
    load_at = loader(path)
    (refuted,) = prove(loaded(path), load_at).of(Refuted)
    assert isinstance(refuted.fate, Refuted)
    example = refuted.fate.counterexample
    assert example.before is not None
    system = load_at({"Node": 2})
    assert system is not None
    assert candidate(system, example, [(system, (example.before,))]) is None
