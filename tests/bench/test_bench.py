"""`make bench`: measures and reports; nothing here fails because it is slow.

What is asserted is that everybody searched the same system. `make bench ARGS="-k 'not
benchmarkN5'"` leaves out the largest one; the pages under `docs/bench` are written only when
everything was measured.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import process_time
from typing import Final

import pytest

from checker.cli.session import library
from checker.conform.automata import Automata
from checker.conform.explore import explore
from checker.conform.findings import Explored, Options
from checker.conform.frames import Naming
from checker.conform.native import NativeExploration
from checker.explicit.automatic import EngineOptions, engine_maker
from checker.explicit.layout import Layout
from checker.explicit.native.compiler import Code
from checker.explicit.native.module import write_module
from checker.explicit.python.engine import PythonEngine
from checker.explicit.search import SearchOptions, check
from checker.load import load
from checker.model.coverage_points import coverage_points
from checker.model.verdict import Verdict
from checker.oracle.process import run
from tests.bench.contenders import K42, LIMITS, Measure, contenders
from tests.bench.results import data_of, draw, table, text_of
from tests.bench.subjects import ROOT, SUBJECTS, Subject
from tests.conformance.judged import subject_of
from tests.support.fair import THIRTY
from tests.support.many_steps import many_steps

pytestmark = pytest.mark.bench

DOCS: Final = ROOT / "docs" / "bench"
PICTURE: Final = "speed.svg"
REPETITIONS: Final = 5


@pytest.fixture(scope="module")
def results() -> Iterator[dict[Subject, list[Measure]]]:
    """What was measured so far; written down at the end if it is everything."""
    found: dict[Subject, list[Measure]] = {}
    yield found
    if set(found) == set(SUBJECTS) and OWN:
        DOCS.mkdir(parents=True, exist_ok=True)
        is_drawn = draw(found, DOCS / PICTURE)
        text = text_of(found, sorted(OWN.items()), PICTURE if is_drawn else None)
        (DOCS / "README.md").write_text(text, encoding="utf-8")
        (DOCS / "results.json").write_text(data_of(found, sorted(OWN.items())), encoding="utf-8")
        sys.stdout.write(f"\nwritten to {DOCS.relative_to(ROOT)}\n")


OWN: Final[dict[str, str]] = {}
"""What was measured of ourselves alone."""


def told(what: str, how_much: str) -> None:
    OWN[what] = how_much
    sys.stdout.write(f"\n{what}: {how_much}\n")


def test_generated_python() -> None:
    system, _ = load(ROOT / "spec/protocols/locks/mcs_benchmark.k42", {"N": "4"}, library())
    assert system is not None
    start = process_time()
    counts = check(system, make_engine=PythonEngine).statistics
    seconds = process_time() - start
    assert counts.distinct == 503_089
    rate = counts.transitions / seconds
    told(
        "transitions per second of generated Python on the MCS benchmark lock, N=4 (0.5 million "
        "are wanted)",
        f"{rate:,.0f}",
    )


# The local variable that the flat benchmark of this lock keeps when the function has returned.
FLAT: Final = Naming(kept={"McsLock.acquire.predecessor": 0})
KERNEL_CODE: Final = "transitions per second of the MCS lock's own code, N=4"


def told_rate(how: str, found: Explored, seconds: float) -> None:
    assert (found.states, found.transitions) == (503_089, 1_840_864)
    assert found.is_exhaustive
    told(f"{KERNEL_CODE}, {how}", f"{found.transitions / seconds:,.0f}")


def test_kernel_code_in_python() -> None:
    subject = subject_of("mcs", {"threads": 4})
    start = process_time()
    found = explore(subject.configuration, Options(naming=FLAT, monitor=subject.monitor))
    told_rate(
        "in Python, with its specification (1 million are wanted)", found, start_to_now(start)
    )


@pytest.mark.parametrize("has_spec", [False, True], ids=["alone", "held-to-its-specification"])
def test_kernel_code_in_native_tables(has_spec: bool) -> None:
    subject = subject_of("mcs", {"threads": 4})
    options = Options(naming=FLAT, monitor=subject.monitor if has_spec else None, audits=False)
    learned = Automata(subject.configuration, FLAT)
    held = ", with its specification" if has_spec else ""
    NativeExploration(subject.configuration, options, Automata(subject.configuration, FLAT)).run()
    start = process_time()
    found = NativeExploration(subject.configuration, options, learned).run()
    told_rate(f"in native tables{held}, learning included", found, start_to_now(start))
    start = process_time()
    found = NativeExploration(subject.configuration, options, learned).run()
    told_rate(f"in native tables{held} (10 million are wanted)", found, start_to_now(start))


def start_to_now(start: float) -> float:
    return process_time() - start


@pytest.fixture(autouse=True)
def _as_in_a_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets Python keep what it compiled, as it does unless somebody forbids it."""
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)


@pytest.mark.parametrize("is_cold", [False, True], ids=["warm", "cold"])
def test_start(is_cold: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = ROOT / "spec/protocols/locks/mcs_benchmark.k42"
    seconds = []
    if not is_cold:
        run([str(K42), "check", str(spec), "-c", "N=2"], tmp_path, "before.txt", LIMITS)
    for number in range(REPETITIONS):
        if is_cold:
            # Every module is compiled anew, as in the first run after an installation.
            monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path / f"cache{number}"))
        command = [str(K42), "check", str(spec), "-c", "N=2"]
        finished = run(command, tmp_path, f"{number}.txt", LIMITS)
        assert finished.code == 0
        seconds.append(finished.seconds)
    how = "cold (nothing compiled)" if is_cold else "warm"
    told(
        f"`k42 check` of a specification with 157 states, {how}, best of {REPETITIONS} (0.7 s are "
        "wanted)",
        f"{min(seconds):.2f} s",
    )


def test_proofs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("K42_CACHE_DIR", str(tmp_path / "cache"))
    folder = ROOT / "spec" / "proofs"
    specs = [str(p) for p in sorted(folder.glob("*.k42")) if not p.stem.endswith("_broken")]
    prove = [str(K42), "prove", "--quiet"]
    hints = f"--hints={folder / 'certificates'}/"
    replay = f"--replay={folder / 'certificates'}/"
    for how, flags in (
        ("everything searched, nothing kept", ["--no-cache"]),
        ("starting from certificates", ["--no-cache", hints]),
        ("certificates replayed without a solver for equality and differences", [replay]),
        ("first run (30 s are wanted)", []),
        ("known from the run before (2 s are wanted)", []),
    ):
        finished = run([*prove, *flags, *specs], tmp_path, "out.txt", LIMITS)
        assert finished.code == 0
        told(
            f"proofs of {len(specs)} specifications with start-up, {how}",
            f"{finished.cpu_seconds:.1f} s of processor time, {finished.seconds:.1f} s",
        )


@pytest.mark.parametrize("threads", [1, 5])
def test_many_steps(threads: int, tmp_path: Path) -> None:
    path = tmp_path / "many_steps.k42"
    path.write_text(many_steps(400, threads), encoding="utf-8")
    system, diagnostics = load(path, {}, library())
    assert system is not None, diagnostics
    layout = Layout(system)
    start = process_time()
    module = write_module(system, layout, coverage_points(system))
    Code(module.text, module.weight)
    told(
        f"native code for 400 guarded steps, {threads} threads (1 s is wanted)",
        f"{process_time() - start:.2f} s",
    )


@pytest.mark.parametrize(
    ("name", "sizes", "states"),
    [
        ("n_peterson", {"N": "5"}, 628_868),
        ("n_peterson", {"N": "4"}, 22_281),
        ("ticket", {"Cpu": "6", "TICKETS": "16"}, 125_200),
    ],
    ids=["n_peterson5", "n_peterson4", "ticket6"],
)
def test_leads_to(name: str, sizes: dict[str, str], states: int) -> None:
    system, _ = load(ROOT / f"spec/protocols/locks/{name}.k42", sizes, library())
    assert system is not None
    plain = replace(system, temporal=(), bypasses=(), refinements=())
    claiming = {
        "": plain,
        "temporal": replace(plain, temporal=system.temporal),
        "bypasses": replace(plain, bypasses=system.bypasses),
    }
    seconds = {}
    for what, asked in claiming.items():
        times = []
        for _ in range(REPETITIONS):
            start = process_time()
            result = check(asked, make_engine=engine_maker(EngineOptions()))
            times.append(process_time() - start)
            assert (result.verdict, result.statistics.distinct) == (Verdict.HOLDS, states)
        seconds[what] = min(times)
    sizes_ = ", ".join(f"{name}={value}" for name, value in sizes.items())
    for what, word in (("temporal", "a leads-to under weak fairness"), ("bypasses", "a bypass")):
        told(
            f"processor time with {word}, as a multiple of the plain search: {name} {sizes_} "
            f"({states:,} states; at most 4 are wanted for one leads-to)",
            f"{seconds[what] / seconds['']:.1f} ({seconds[what]:.2f} s after {seconds['']:.2f} s)",
        )


def test_strong_fairness(tmp_path: Path) -> None:
    spec = tmp_path / "many.k42"
    spec.write_text(THIRTY, encoding="utf-8")
    finished = run([str(K42), "check", str(spec)], tmp_path, "out.txt", LIMITS)
    assert finished.code == 0
    told(
        "memory with thirty strong-fairness conditions on 491,520 transitions (less than 1,024 MiB "
        "are wanted)",
        f"{finished.peak_bytes / 2**20:,.0f} MiB",
    )


@pytest.mark.parametrize(("pages", "cpus"), [(12, 2), (12, 3), (12, 4), (12, 5), (14, 4)])
def test_wide_states(pages: int, cpus: int) -> None:
    sizes = {"PAGES": str(pages), "CPUS": str(cpus)}
    system, _ = load(ROOT / "tests/bench/models/shootdown.k42", sizes, library())
    assert system is not None
    bits = Layout(system).bits
    make_engine = engine_maker(EngineOptions("native", workers=1))
    check(system, SearchOptions(max_depth=20), make_engine=make_engine)  # loads the loops
    start = process_time()
    counts = check(system, make_engine=make_engine).statistics
    seconds = process_time() - start
    told(
        f"states per second of processor time, {bits} bits wide, one worker (3 million are wanted "
        f"at more than 256 bits): shoot-down of {pages} pages on {cpus} processors",
        f"{counts.distinct / seconds:,.0f} ({counts.distinct:,} states, "
        f"{1e9 * seconds / counts.distinct:.0f} ns each, {1e9 * seconds / counts.transitions:.0f} "
        "ns a transition)",
    )


@pytest.mark.parametrize(
    ("spec", "small", "large"),
    [
        ("spec/protocols/locks/mcs_benchmark.k42", ["N=2"], ["N=5"]),
        ("tests/bench/models/shootdown.k42", ["PAGES=4", "CPUS=2"], ["PAGES=14", "CPUS=4"]),
    ],
    ids=["narrow", "wide"],
)
def test_a_tenth_of_the_memory(
    spec: str, small: list[str], large: list[str], tmp_path: Path
) -> None:
    command = [str(K42), "check", str(ROOT / spec), "--engine=native"]
    command += ["--props=mutual_exclusion"] if "mcs" in spec else []
    few, many = ([*command, *(f"-c{each}" for each in sizes)] for sizes in (small, large))
    bare = run(few, tmp_path, "bare.txt", LIMITS)
    free = run(many, tmp_path, "free.txt", LIMITS)
    # What the process takes without states is no need of the search.
    most = bare.peak_bytes + (free.peak_bytes - bare.peak_bytes) // 10
    held = run([*many, f"--memory={most // 2**20}M"], tmp_path, "held.txt", LIMITS)
    assert (bare.code, free.code, held.code) == (0, 0, 0)
    told(
        f"time with a tenth of the memory that the states of {Path(spec).stem} at "
        f"{', '.join(large)} take, on disk (at most 5 times the time in memory is wanted)",
        f"{held.seconds / free.seconds:.1f} times ({held.seconds:.0f} s with "
        f"{held.peak_bytes / 2**20:,.0f} MiB, {free.seconds:.0f} s with "
        f"{free.peak_bytes / 2**20:,.0f} MiB; {bare.peak_bytes / 2**20:,.0f} MiB are the process)",
    )


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: re.sub(r"\W", "", subject.name))
def test_subject(subject: Subject, results: dict[Subject, list[Measure]], tmp_path: Path) -> None:
    measures = []
    for number, contender in enumerate(contenders(subject)):
        measure = contender.measure(subject, tmp_path / str(number))
        sys.stdout.write(f"\n{subject.name}, {contender.name}: {measure.seconds:.2f} s")
        sys.stdout.flush()
        measures.append(measure)
    results[subject] = measures
    sys.stdout.write("\n\n" + "\n".join(table(subject, measures)))
    for measure in measures:
        if not measure.failure and "reductions" not in measure.contender:
            assert measure.states == subject.states, measure
