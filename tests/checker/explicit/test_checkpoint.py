from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from checker.explicit.automatic import EngineOptions, engine_maker
from checker.explicit.checkpoint import ACCOUNT, STATES, CannotResume, Keeper
from checker.explicit.identity import identity
from checker.explicit.native import engine as native
from checker.explicit.search import SearchOptions, check
from checker.model.system import System
from checker.model.verdict import Result, Verdict
from tests.support.mcs_benchmark import COUNTS, mcs_benchmark
from tests.support.system_strategies import seeded_system
from tests.support.systems import composite, deadlocker, spin_lock
from tests.support.widened import widened

ROOT = Path(__file__).resolve().parents[3]
SYSTEMS = [spin_lock(3, broken=True), deadlocker(3), composite(2), mcs_benchmark(3)]
SYSTEMS += [widened(mcs_benchmark(2)), *map(seeded_system, range(6))]
ENGINES = [EngineOptions("python"), EngineOptions("native", workers=2), EngineOptions(threshold=20)]


def told(result: Result) -> object:
    """Return all of a result that a checkpoint must not change."""
    numbers = replace(result.statistics, seconds=0.0, memory_bytes=None)
    return (
        result.verdict,
        result.findings,
        result.witnesses,
        result.limits,
        numbers,
        result.coverage,
    )


@pytest.mark.parametrize("options", ENGINES, ids=lambda options: options.name)
@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_a_search_that_is_resumed_ends_the_same(
    system: System, options: EngineOptions, tmp_path: Path
) -> None:
    make_engine = engine_maker(options)
    expected = check(system, make_engine=make_engine)

    def keeper() -> Keeper:
        return Keeper(tmp_path, resumes=(tmp_path / ACCOUNT).exists())

    for depth in range(1, expected.statistics.depth, max(1, expected.statistics.depth // 4)):
        bounded = check(system, SearchOptions(depth), make_engine=make_engine, keeper=keeper())
        assert bounded.statistics.depth == depth
    for _ in range(2):
        assert told(check(system, make_engine=make_engine, keeper=keeper())) == told(expected)


def test_another_engine_may_go_on(tmp_path: Path) -> None:
    system = mcs_benchmark(3)
    expected = check(system)
    for depth, options in zip((10, 20, 30), ENGINES, strict=True):
        keeper = Keeper(tmp_path, resumes=depth > 10)
        check(system, SearchOptions(depth), make_engine=engine_maker(options), keeper=keeper)
    assert told(check(system, keeper=Keeper(tmp_path, resumes=True))) == told(expected)


def test_an_interrupt_leaves_the_levels_that_were_finished(tmp_path: Path) -> None:
    system = mcs_benchmark(3)
    expected = check(system)
    for make_engine in map(engine_maker, ENGINES):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        calls = 0

        def interrupt(_: object) -> None:
            nonlocal calls
            calls += 1
            if calls == 25:
                raise KeyboardInterrupt

        cut = check(
            system,
            SearchOptions(interval=0.0),
            interrupt,
            make_engine,
            Keeper(folder, resumes=False),
        )
        assert cut.verdict is Verdict.INCOMPLETE
        kept = json.loads((folder / ACCOUNT).read_text(encoding="utf-8"))["account"]
        assert 20 <= len(kept["sizes"]) < expected.statistics.depth
        result = check(system, make_engine=make_engine, keeper=Keeper(folder, resumes=True))
        assert told(result) == told(expected)


@pytest.mark.parametrize("is_wide", [False, True])
def test_a_checkpoint_is_resumed_on_disk(
    is_wide: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = widened(mcs_benchmark(4)) if is_wide else mcs_benchmark(4)
    options = EngineOptions("native", workers=2, memory_bytes=1 << 20, folder=tmp_path)
    monkeypatch.setattr(native, "HISTORY", 1 << 10)
    keeper = Keeper(tmp_path, resumes=False)
    check(system, SearchOptions(40), make_engine=engine_maker(options), keeper=keeper)
    keeper = Keeper(tmp_path, resumes=True)
    result = check(system, make_engine=engine_maker(options), keeper=keeper)
    assert told(result) == told(check(system, make_engine=engine_maker(EngineOptions())))


# --- what may be wrong ----------------------------------------------------------------------------


def test_a_checkpoint_is_not_overwritten_nor_missing(tmp_path: Path) -> None:
    with pytest.raises(CannotResume, match="there is no checkpoint"):
        Keeper(tmp_path, resumes=True)
    check(composite(2), keeper=Keeper(tmp_path, resumes=False))
    with pytest.raises(CannotResume, match="already"):
        Keeper(tmp_path, resumes=False)


def test_a_checkpoint_belongs_to_one_system(tmp_path: Path) -> None:
    check(mcs_benchmark(2), keeper=Keeper(tmp_path, resumes=False))
    with pytest.raises(CannotResume, match="another specification"):
        check(mcs_benchmark(3), keeper=Keeper(tmp_path, resumes=True))


@pytest.mark.parametrize("text", ["", "{}", '{"format": 0}', '{"format": 1, "account": {}}'])
def test_a_damaged_account_is_told_of(text: str, tmp_path: Path) -> None:
    (tmp_path / ACCOUNT).write_text(text, encoding="utf-8")
    with pytest.raises(CannotResume):
        Keeper(tmp_path, resumes=True)


def test_a_folder_that_cannot_be_made_ends_the_search(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = check(composite(2), keeper=Keeper(tmp_path / "file" / "inside", resumes=False))
    assert result.verdict is Verdict.INCOMPLETE
    assert "cannot be written" in result.limits[0].what


def test_identity_is_that_of_what_a_system_does() -> None:
    systems = [mcs_benchmark(2), mcs_benchmark(3), widened(mcs_benchmark(2)), composite(2)]
    assert len(set(map(identity, systems))) == len(systems)
    assert identity(mcs_benchmark(2)) == identity(mcs_benchmark(2))
    assert identity(replace(mcs_benchmark(2), doc="other")) == identity(mcs_benchmark(2))
    assert identity(replace(mcs_benchmark(2), properties=())) != identity(mcs_benchmark(2))


def test_identity_is_the_same_in_every_process() -> None:
    code = (
        "from tests.support.mcs_benchmark import COUNTS, mcs_benchmark\n"
        "from checker.explicit.identity import identity\n"
        "print(identity(mcs_benchmark(3)))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert found == {f"{identity(mcs_benchmark(3))}\n"}


# --- killed at any moment -------------------------------------------------------------------------

RUN = """
import os, signal, sys
from pathlib import Path
from checker.explicit import checkpoint
from checker.explicit.automatic import EngineOptions, engine_maker
from checker.explicit.search import SearchOptions, check
from tests.support.mcs_benchmark import COUNTS, mcs_benchmark

checkpoint.INTERVAL, checkpoint.SHARE = 0.0, float("inf")
folder, depth = Path(sys.argv[1]), int(sys.argv[2])
keeper = checkpoint.Keeper(folder, resumes=(folder / checkpoint.ACCOUNT).exists())

def tell(progress):
    if progress.depth >= depth:
        os.kill(os.getpid(), signal.SIGKILL)

engine = engine_maker(EngineOptions("native", workers=2))
result = check(mcs_benchmark(4), SearchOptions(interval=0.0), tell, engine, keeper)
print(result.verdict.value, result.statistics.distinct, result.statistics.transitions)
"""


def test_a_search_may_be_killed_at_any_moment(tmp_path: Path) -> None:
    def run(depth: int) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", RUN, str(tmp_path), str(depth)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    for depth in (20, 45, 60):
        assert run(depth).returncode == -signal.SIGKILL
        kept = json.loads((tmp_path / ACCOUNT).read_text(encoding="utf-8"))["account"]
        assert len(kept["sizes"]) == depth
    done = run(1_000)
    distinct, transitions = COUNTS[4]
    assert done.stdout == f"holds {distinct} {transitions}\n", done.stderr


def test_what_was_written_after_the_account_does_not_count(tmp_path: Path) -> None:
    system = mcs_benchmark(3)
    check(system, SearchOptions(20), keeper=Keeper(tmp_path, resumes=False))
    with (tmp_path / STATES).open("ab") as file:
        file.write(b"torn off in the mid")
    result = check(system, keeper=Keeper(tmp_path, resumes=True))
    assert told(result) == told(check(system))
    assert (tmp_path / STATES).stat().st_size == 8 * result.statistics.distinct


@pytest.mark.slow
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_the_command_ends_the_same_after_being_killed(part: float, tmp_path: Path) -> None:
    spec = ROOT / "spec" / "protocols" / "locks" / "mcs_benchmark.k42"
    command = [sys.executable, "-m", "checker.cli.main", "check", str(spec), "-c", "N=5"]
    command += ["--quiet", "--checkpoint", str(tmp_path / "kept")]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    states, goal = tmp_path / "kept" / STATES, part * 8 * COUNTS[5][0]
    while not (states.exists() and states.stat().st_size > goal):
        with suppress(subprocess.TimeoutExpired):
            assert process.wait(timeout=0.05) is None, "it ended before it was killed"
    process.kill()
    process.wait()
    assert (tmp_path / "kept" / ACCOUNT).exists()
    done = subprocess.run(
        [*command, "--resume"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    distinct, transitions = COUNTS[5]
    assert f" {distinct:,} states, {transitions:,} transitions, depth 91," in done.stdout
