"""TLC as a witness (Yu, Manolios, Lamport, "Model checking TLA+ specifications", CHARME 1999).

It stops at the first thing that is wrong, or tells only the first in each state. A system in which
something is wrong is therefore searched for its states without anything to check, and again and
again for what is wrong, each time without what is known already.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from checker.export.exported import Exported, Wrong
from checker.model.verdict import FindingKind
from checker.oracle.answers import DEADLOCK, Answer, Cut
from checker.oracle.process import run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from checker.model.system import System
    from checker.oracle.process import Finished, Limits

NAME: Final = "tlc"
MODULE: Final = "model"
INPUT: Final = f"{MODULE}.tla"
JAR: Final = "tla2tools.jar"
VARIABLE: Final = "TLA2TOOLS"

_SUMMARY: Final = re.compile(r"\d+ states generated, (\d+) distinct states found, 0 states left")
_INVARIANT: Final = re.compile(
    r"Error: (?:Invariant|The invariant of) (\w+) is (?:violated|equal to FALSE)"
)
_PROPERTY: Final = re.compile(r"Error: Action property (?:(\w+) is|line (\d+),)")
_DEADLOCK: Final = "Error: Deadlock reached."
_MODULE_NAME: Final = re.compile(r"(?<=-- MODULE )\w+")

LEAST_HEAP: Final = 64 * 2**20
"""Java is given half of the memory, since it takes much beside its heap; but not less than this."""


def jar() -> Path | None:
    """Return where TLC is: named in the environment, on the class path, or where Linux keeps it."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named) if Path(named).is_file() else None
    places = os.environ.get("CLASSPATH", "").split(os.pathsep)
    found = [Path(each) for each in (*places, f"/usr/share/java/{JAR}") if Path(each).name == JAR]
    return next((each.resolve() for each in found if each.is_file()), None)


def lacking() -> tuple[str, ...]:
    """Return that the archive with TLC is not there, if it is not."""
    return () if jar() is not None else (f"{JAR} (name it in {VARIABLE})",)


def ask(
    system: System, exported: Exported, folder: Path, limits: Limits, states: int
) -> Answer | Cut:
    """Search the model with TLC."""
    del system, states  # what TLC is asked is all in the text
    text = _MODULE_NAME.sub(MODULE, exported.text, count=1)
    (folder / INPUT).write_text(text, encoding="utf-8")
    configuration = exported.companions[".cfg"].splitlines()
    wrongs: set[Wrong] = set()
    looks_for_deadlock = True
    while True:
        finished = _searched(configuration, folder, limits, is_stuck_wrong=looks_for_deadlock)
        found = _read(finished, exported, text)
        if isinstance(found, Cut):
            return found
        if isinstance(found, int):
            break
        name, wrong = found
        wrongs.add(wrong)
        looks_for_deadlock &= wrong.kind is not FindingKind.DEADLOCK
        configuration = [line for line in configuration if line.split()[1:] != [name]]
    return Answer(
        states=found,
        wrongs=frozenset(wrongs),
        looks_on=True,
        seconds=finished.seconds,
        peak_bytes=finished.peak_bytes,
    )


def _searched(
    configuration: Iterable[str], folder: Path, limits: Limits, *, is_stuck_wrong: bool
) -> Finished:
    (folder / f"{MODULE}.cfg").write_text("\n".join(configuration) + "\n", encoding="utf-8")
    heap = []
    if limits.memory_bytes is not None:
        size = max(limits.memory_bytes // 2, LEAST_HEAP)
        heap = [f"-Xmx{size}", "-XX:CompressedClassSpaceSize=64m"]
    command = ["java", "-XX:+UseSerialGC", *heap, "-cp", str(jar()), "tlc2.TLC"]
    command += ["-workers", "1", "-cleanup", *([] if is_stuck_wrong else ["-deadlock"]), MODULE]
    return run(command, folder, f"{NAME}.txt", limits)


def _read(finished: Finished, exported: Exported, text: str) -> tuple[str, Wrong] | int | Cut:
    """Return the first thing that is wrong, with its name in the module; or the distinct states."""
    output = finished.output.read_text(encoding="utf-8", errors="replace")
    if finished.timed_out:
        return Cut(finished.why("TLC fails"))
    for line in output.splitlines():
        if line.startswith(_DEADLOCK):
            return DEADLOCK, Wrong(FindingKind.DEADLOCK, DEADLOCK)
        broken = _INVARIANT.match(line)
        name = broken[1] if broken else _property(line, text)
        if name in exported.wrongs:
            return name, exported.wrongs[name]
        if line.startswith("Error:"):
            return Cut(f"the model fails: {line.removeprefix('Error:').strip()}")
    summary = _SUMMARY.search(output)
    if summary is None or "No error has been found" not in output:
        return Cut(finished.why("TLC fails"))
    return int(summary[1])


def _property(line: str, text: str) -> str:
    """Return the step property that a line of output says is broken, by its place or name."""
    match = _PROPERTY.match(line)
    if match is None:
        return ""
    return match[1] or text.splitlines()[int(match[2]) - 1].split(" ", 1)[0]
