"""Who is measured, and how: each search is a process of its own, measured from outside.

What another tool needs before it can search (writing C, compiling it) is measured apart and left
out of the comparison; what `k42 check` needs, compiling included, is part of its time. Nothing is
reduced unless a contender's name says so.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from checker.cli.session import library
from checker.export.exported import Exported
from checker.export.murphi import to_murphi
from checker.export.promela import to_promela
from checker.load import load
from checker.model.system import System
from checker.oracle.process import Finished, Limits, missing, run
from tests.bench.subjects import MODELS, ROOT, Subject

LIMITS: Final = Limits(seconds=1_800, memory_bytes=None)
K42: Final = Path(sys.executable).with_name("k42")

FULL: Final = ("-DNOREDUCE",)
"""No partial order reduction."""

AS_WRITTEN: Final = ("-o1", "-o2", "-o3")
"""SPIN leaves variables and statements as they are written."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One search.

    Attributes:
        seconds: wall time of the whole process that searches.
        made_in: seconds that it took to write and compile the searcher.
        failure: why there is no result; the other fields mean nothing then.
    """

    contender: str
    states: int = 0
    transitions: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_bytes: int = 0
    made_in: float = 0.0
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Contender:
    """A program with its settings.

    Attributes:
        is_fastest: of those with the same program, without reductions.
    """

    name: str
    programs: tuple[str, ...]
    search: Callable[[Subject, Path], Measure]
    is_fastest: bool = False

    def measure(self, subject: Subject, folder: Path) -> Measure:
        """Search a subject in a new folder."""
        gone = missing(self.programs)
        if gone:
            return Measure(self.name, failure=f"not installed: {', '.join(gone)}")
        folder.mkdir(parents=True)
        return self.search(subject, folder)


def contenders(subject: Subject) -> tuple[Contender, ...]:
    """Return who is asked; the first is the measure of the others."""
    return tuple(each for each in _everybody() if each.is_fastest or not subject.is_long)


def _everybody() -> tuple[Contender, ...]:
    return (
        replace(_ours(1), is_fastest=True),
        replace(_ours(2), is_fastest=True),
        replace(_spin("spin, by hand", _by_hand_promela, FULL, AS_WRITTEN), is_fastest=True),
        _spin("spin with its reductions, by hand", _by_hand_promela, (), ()),
        _spin("spin, exported", _exported_promela, FULL, AS_WRITTEN),
        _rumur("rumur, 1 thread, by hand", _by_hand_murphi, 1),
        replace(_rumur("rumur, 2 threads, by hand", _by_hand_murphi, 2), is_fastest=True),
        _rumur("rumur, 1 thread, exported", _exported_murphi, 1),
    )


# --- k42 ------------------------------------------------------------------------------------------


def _ours(workers: int) -> Contender:
    name = f"k42, {workers} worker{'s' * (workers > 1)}"

    def search(subject: Subject, folder: Path) -> Measure:
        constant, value = subject.size
        command = [
            *(str(K42), "check", str(ROOT / subject.spec), "-c", f"{constant}={value}"),
            # What the models of the others ask, and no claim about whole runs.
            f"--props={subject.invariant}",
            *(f"--workers={workers}", "--format=json", "--output=result.json"),
        ]
        finished = run(command, folder, "k42.txt", LIMITS)
        if finished.code != 0:
            return Measure(name, failure=finished.why("k42 fails"))
        document = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        counts = document["runs"][0]["statistics"]
        return _measured(name, finished, (counts["distinct"], counts["transitions"]))

    return Contender(name, (str(K42),), search)


def _measured(
    name: str, finished: Finished, counts: tuple[int, int], made_in: float = 0.0
) -> Measure:
    return Measure(
        contender=name,
        states=counts[0],
        transitions=counts[1],
        seconds=finished.seconds,
        cpu_seconds=finished.cpu_seconds,
        peak_bytes=finished.peak_bytes,
        made_in=made_in,
    )


# --- models ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Text:
    """A model for another tool, and the states that it has beyond those of the system."""

    text: str
    extra: int


def _by_hand_promela(subject: Subject) -> Text:
    constant, value = subject.size
    text = (MODELS / f"{subject.model}.pml").read_text(encoding="utf-8")
    return Text(f"#define {constant} {value}\n{text}", subject.extra)


def _by_hand_murphi(subject: Subject) -> Text:
    constant, value = subject.size
    text = (MODELS / f"{subject.model}.m").read_text(encoding="utf-8")
    changed, count = re.subn(rf"const {constant}: \d+;", f"const {constant}: {value};", text)
    assert count == 1, f"{subject.model}.m has no constant {constant}"
    return Text(changed, 0)


def _exported_promela(subject: Subject) -> Text:
    return _exported(to_promela, subject)


def _exported_murphi(subject: Subject) -> Text:
    return _exported(to_murphi, subject)


def _exported(export: Callable[[System], Exported], subject: Subject) -> Text:
    constant, value = subject.size
    system, diagnostics = load(ROOT / subject.spec, {constant: str(value)}, library())
    assert system is not None, diagnostics
    exported = export(system)
    return Text(exported.text, exported.extra_states)


# --- SPIN -----------------------------------------------------------------------------------------

# Numbers of SPIN have eight digits: from a hundred million on they are rounded.
_STORED: Final = re.compile(r"(?m)^\s*(\S+) states, stored")
_MOVES: Final = re.compile(r"(?m)^\s*(\S+) transitions")
_CUT: Final = re.compile(r"max search depth too small|out of memory|not completed|errors: [1-9]")


def _spin(
    name: str,
    model: Callable[[Subject], Text],
    switches: tuple[str, ...],
    options: tuple[str, ...],
) -> Contender:
    def search(subject: Subject, folder: Path) -> Measure:
        text = model(subject)
        (folder / "model.pml").write_text(text.text, encoding="utf-8")
        compile_ = ["gcc", "-O3", "-w", "-DSAFETY", "-DVECTORSZ=4096", *switches]
        made = _made(
            [["spin", *options, "-a", "model.pml"], [*compile_, "-o", "pan", "pan.c"]], folder
        )
        if isinstance(made, str):
            return Measure(name, failure=made)
        # A hash table with a slot for every state, and room for the deepest path.
        table = max(20, subject.states.bit_length())
        command = ["./pan", f"-w{table}", f"-m{max(100_000, subject.states)}"]
        finished = run(command, folder, "spin.txt", LIMITS)
        told = finished.output.read_text(encoding="utf-8", errors="replace")
        stored, moves = _STORED.search(told), _MOVES.search(told)
        if stored is None or moves is None or _CUT.search(told):
            return Measure(name, failure=finished.why("pan fails"))
        counts = (int(float(stored[1])) - text.extra, int(float(moves[1])))
        return _measured(name, finished, counts, made)

    return Contender(name, ("spin", "gcc"), search)


def _made(commands: list[list[str]], folder: Path) -> float | str:
    """Run the commands; return the seconds that they took, or why one failed."""
    seconds = 0.0
    for number, command in enumerate(commands):
        finished = run(command, folder, f"made.{number}.txt", LIMITS)
        if finished.code != 0:
            return finished.why(f"{command[0]} fails")
        seconds += finished.seconds
    return seconds


# --- rumur ----------------------------------------------------------------------------------------

_SUMMARY: Final = re.compile(r'<summary states="(\d+)" rules_fired="(\d+)" errors="0"')


def _rumur(name: str, model: Callable[[Subject], Text], threads: int) -> Contender:
    def search(subject: Subject, folder: Path) -> Measure:
        (folder / "model.m").write_text(model(subject).text, encoding="utf-8")
        generate = [
            *("rumur", "--symmetry-reduction=off", "--deadlock-detection=stuck"),
            *(f"--threads={threads}", "--output-format=machine-readable"),
            *("--counterexample-trace=off", "--output=model.c", "model.m"),
        ]
        compile_ = ["gcc", "-std=c11", "-O3", "-w", "-march=native", "-mcx16", "-o", "model"]
        made = _made([generate, [*compile_, "model.c", "-lpthread"]], folder)
        if isinstance(made, str):
            return Measure(name, failure=made)
        finished = run(["./model"], folder, "rumur.txt", LIMITS)
        told = finished.output.read_text(encoding="utf-8", errors="replace")
        summary = _SUMMARY.search(told)
        if summary is None:
            return Measure(name, failure=finished.why("rumur fails"))
        return _measured(name, finished, (int(summary[1]), int(summary[2])), made)

    return Contender(name, ("rumur", "gcc"), search)
