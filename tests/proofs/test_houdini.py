"""Lemmas that nobody wrote: found for locks without any, and never wrong."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from checker.explicit.graph import state_graph
from checker.model.interpret import Holds, judge_state
from checker.model.system import State, System
from proofs.houdini import Guesses, guesses, infer
from proofs.prove import EverySize, OneSystem, prove
from proofs.solver.settings import Settings
from tests.proofs.specs import SPECS, bare, loaded, loader


def _spaces(path: Path) -> list[tuple[System, tuple[State, ...]]]:
    system = loaded(path)
    load_at = loader(path)
    found = []
    for size in (2, 3) if system.sorts else (2,):
        small = load_at({sort.name: size for sort in system.sorts})
        assert small is not None
        found.append((small, state_graph(small).states))
    return found


@pytest.mark.parametrize("name", ["lock_server", "two_phase"])
def test_protocols_are_proved_for_every_size_without_lemmas(tmp_path: Path, name: str) -> None:
    _check_inferred(bare(tmp_path, name))


@pytest.mark.slow
def test_the_ticket_lock_is_proved_for_every_size_without_lemmas(tmp_path: Path) -> None:
    _check_inferred(bare(tmp_path, "ticket"))


def _check_inferred(path: Path) -> None:
    system, load_at = loaded(path), loader(path)
    assert not prove(system, load_at).is_proved

    found = infer(system, _spaces(path), Settings())

    assert found is not None
    report = prove(found.in_system(system), lambda sizes: _larger(found, load_at(sizes)))
    assert report.domain == EverySize()
    assert report.is_proved


def _larger(found: Guesses, system: System | None) -> System | None:
    return None if system is None else found.in_system(system)


def test_what_is_found_may_be_written_down(tmp_path: Path) -> None:
    path = bare(tmp_path, "lock_server")
    found = infer(loaded(path), _spaces(path), Settings())
    assert found is not None
    lines = [f"lemma l{n}: {text}" for n, text in enumerate(found.texts(loaded(path)))]
    path.write_text(path.read_text(encoding="utf-8") + "\n".join(["", *lines]), encoding="utf-8")
    assert prove(loaded(path), loader(path)).is_proved


def test_a_system_without_sorts(tmp_path: Path) -> None:
    path = SPECS / "protocols" / "locks" / "peterson.k42"
    system = loaded(path)
    found = infer(system, _spaces(path), Settings())
    assert found is not None
    report = prove(found.in_system(system), lambda _: None)
    assert report.domain == OneSystem()
    assert report.is_proved


def test_a_broken_lock_has_no_proof(tmp_path: Path) -> None:
    path = SPECS / "proofs" / "lock_server_broken.k42"
    assert infer(loaded(path), _spaces(path), Settings()) is None


def test_guesses_hold_in_every_reachable_state(tmp_path: Path) -> None:
    path = bare(tmp_path, "lock_server")
    spaces = _spaces(path)
    made = guesses(loaded(path), spaces)
    assert made is not None
    for system, states in spaces:
        for prop in made.in_system(system).properties:
            for conjunct in prop.conjuncts if prop.is_lemma else ():
                judged = (judge_state(system, conjunct.expression, s) for s in states)
                assert all(isinstance(each, Holds) for each in judged), conjunct.name


def test_guesses_are_minimal_and_not_said_twice(tmp_path: Path) -> None:
    path = bare(tmp_path, "lock_server")
    made = guesses(loaded(path), _spaces(path))
    assert made is not None
    cubes = [set(cube) for cube in made.cubes]
    assert not any(a < b for a, b in permutations(cubes, 2))
    assert len({frozenset(cube) for cube in cubes}) == len(cubes)
