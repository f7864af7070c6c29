"""Seeds and orders of assertion flip no verdict; where they do, it is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from checker.model.system import System
from proofs import brittleness as tested
from proofs.brittleness import brittleness
from proofs.prove import LoadAt, Options, Report, prove
from tests.proofs.specs import SPECS, loaded, loader


def _subject(name: str) -> tuple[System, LoadAt]:
    path = SPECS / "proofs" / f"{name}.k42"
    return loaded(path), loader(path)


def test_seeds_and_orders_flip_nothing() -> None:
    found = brittleness(*_subject("lock_server"), Options(), seeds=3)
    assert found.flips == ()
    assert found.fragile == ()
    assert found.spread < 4


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ticket", "two_phase", "generations", "big_reader", "mcs"])
def test_ten_seeds_and_orders_flip_nothing(name: str) -> None:
    found = brittleness(*_subject(name), Options(), seeds=10)
    assert found.flips == ()
    assert found.fragile == ()


def _with_bad_seed(limit: int) -> Callable[[System, LoadAt, Options], Report]:
    def run(system: System, load_at: LoadAt, options: Options) -> Report:
        assert options.settings.is_shuffled
        if options.settings.seed == 2:
            options = replace(options, settings=replace(options.settings, limit=limit))
        return prove(system, load_at, options)

    return run


def test_what_depends_on_the_seed_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "counter.k42"
    path.write_text(
        "spec counter sort Node var x: [Node] 0..9 = 0 "
        "action bump(n: Node) requires x[n] < 5 { x[n] := x[n] + 1 } "
        "invariant odd: forall n: Node. x[n] <= 5",
        encoding="utf-8",
    )
    monkeypatch.setattr(tested, "prove", _with_bad_seed(1))
    found = brittleness(loaded(path), loader(path), Options(), seeds=2)
    assert ("bump/odd", ("proved", "unknown")) in found.flips
