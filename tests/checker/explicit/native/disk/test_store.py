"""The engine on disk against the reference exploration: it may go there at any time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from checker.explicit.layout import Layout
from checker.explicit.native import engine as native
from checker.explicit.native.disk import store as disk
from checker.explicit.native.engine import NativeEngine, NativeOptions
from checker.explicit.native.stores import MemoryStore
from checker.explicit.native.table import Run
from checker.explicit.native.worker import Worker
from checker.explicit.python.exact import Exact
from checker.explicit.search import SearchOptions, check
from checker.model.system import System
from checker.model.verdict import Verdict
from tests.support.engine_laws import assert_engine_agrees
from tests.support.mcs_benchmark import COUNTS, mcs_benchmark
from tests.support.system_strategies import seeded_system
from tests.support.systems import Crash, composite, crasher, deadlocker, spin_lock
from tests.support.widened import widened

SYSTEMS = [deadlocker(3), spin_lock(3, broken=True), composite(2), *map(crasher, Crash)]
SYSTEMS += [widened(composite(2)), mcs_benchmark(2), widened(mcs_benchmark(2))]


@pytest.fixture(params=[1, 3, 7])
def short_of_memory(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let memory suffice for so many rounds of work only."""

    class Short(MemoryStore):
        rounds = 0

        def prepare(self, workers: Sequence[Worker], run: Run) -> bool:
            self.rounds += 1
            return self.rounds <= request.param and super().prepare(workers, run)

    monkeypatch.setattr(native, "MemoryStore", Short)
    monkeypatch.setattr(disk, "LEAST", 1 << 16)
    monkeypatch.setattr(disk, "MAX_RUNS", 2)


def on_disk(folder: Path, workers: int = 1) -> Callable[[System, Layout, Exact], NativeEngine]:
    """Return the maker of an engine that has hardly any memory."""
    options = NativeOptions(workers, memory_bytes=1 << 20, folder=folder)
    return lambda system, layout, exact: NativeEngine(system, layout, exact, options)


@pytest.mark.usefixtures("short_of_memory")
@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_the_engine_agrees_when_it_goes_to_disk(system: System, tmp_path: Path) -> None:
    assert_engine_agrees(system, on_disk(tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("short_of_memory")
@pytest.mark.parametrize("seed", range(8))
def test_the_engine_agrees_on_random_systems_on_disk(seed: int, tmp_path: Path) -> None:
    assert_engine_agrees(seeded_system(seed), on_disk(tmp_path, workers=2))


@pytest.mark.parametrize("is_wide", [False, True])
def test_a_table_that_is_emptied_many_times_loses_nothing(
    is_wide: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushes = 0
    forget = disk.DiskStore.prepare

    def prepare(self: disk.DiskStore, workers: Sequence[Worker], run: Run) -> bool:
        nonlocal flushes
        before = self.sieve.seen.count
        done = forget(self, workers, run)
        flushes += self.sieve.seen.count < before
        return done

    monkeypatch.setattr(disk, "LEAST", 1 << 16)
    monkeypatch.setattr(disk.DiskStore, "prepare", prepare)
    system = mcs_benchmark(4)
    result = check(widened(system) if is_wide else system, make_engine=on_disk(tmp_path, workers=2))
    assert result.verdict is Verdict.HOLDS
    assert (result.statistics.distinct, result.statistics.transitions) == COUNTS[4]
    assert flushes > 2


def test_a_full_disk_ends_the_search_with_what_it_has(tmp_path: Path) -> None:
    result = check(mcs_benchmark(4), SearchOptions(), make_engine=on_disk(tmp_path / "missing"))
    assert result.verdict is Verdict.INCOMPLETE
    assert "no room in" in result.limits[0].what
    assert result.statistics.distinct > 10_000
