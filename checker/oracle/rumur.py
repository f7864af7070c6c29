"""rumur as a witness.

It does not go on from a state that breaks an invariant. A system in which something is wrong is
therefore searched a second time without its properties, for the number of its states.
"""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING, Final

from checker.export.exported import Exported, Wrong
from checker.export.murphi import to_murphi
from checker.model.verdict import FindingKind
from checker.oracle.answers import DEADLOCK, Answer, Cut
from checker.oracle.process import optimisation, run

if TYPE_CHECKING:
    from pathlib import Path

    from checker.model.system import System
    from checker.oracle.process import Finished, Limits

NAME: Final = "rumur"
INPUT: Final = "model.m"

_SUMMARY: Final = re.compile(r'<summary states="(\d+)"')
_MESSAGE: Final = re.compile(r"<message>(.*)</message>")
_INVARIANT: Final = re.compile(r'invariant "(.*)" failed')

MAX_ERRORS: Final = 1_000_000_000
"""So that it never stops because of them."""


def ask(
    system: System, exported: Exported, folder: Path, limits: Limits, states: int
) -> Answer | Cut:
    """Search the model with rumur."""
    (folder / INPUT).write_text(exported.text, encoding="utf-8")
    judged = _searched("model", exported, folder, limits, optimisation(states))
    if isinstance(judged, Cut) or not judged.wrongs:
        return judged
    bare = to_murphi(replace(system, properties=()))
    (folder / "bare.m").write_text(bare.text, encoding="utf-8")
    space = _searched("bare", bare, folder, limits, optimisation(states))
    return space if isinstance(space, Cut) else replace(judged, states=space.states)


def _searched(
    name: str, exported: Exported, folder: Path, limits: Limits, level: str
) -> Answer | Cut:
    generate = [
        "rumur",
        "--symmetry-reduction=off",
        "--deadlock-detection=stuck",
        "--counterexample-trace=off",
        "--output-format=machine-readable",
        "--threads=1",
        f"--max-errors={MAX_ERRORS}",
        f"--output={name}.c",
        f"{name}.m",
    ]
    compile_ = ["gcc", "-std=c11", level, "-w", "-mcx16", "-o", name, f"{name}.c", "-lpthread"]
    for step, command in (("generate", generate), ("compile", compile_)):
        made = run(command, folder, f"{NAME}.{name}.{step}.txt", limits)
        if made.code != 0:
            return Cut(made.why(f"{command[0]} fails"))
    return _read(run([f"./{name}"], folder, f"{NAME}.{name}.txt", limits), exported)


def _read(finished: Finished, exported: Exported) -> Answer | Cut:
    states: int | None = None
    wrongs: set[Wrong] = set()
    with finished.output.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if summary := _SUMMARY.search(line):
                states = int(summary[1])
            elif message := _MESSAGE.search(line):
                wrong = _wrong(unescape(message[1]), exported)
                if isinstance(wrong, Cut):
                    return wrong
                wrongs.add(wrong)
    if states is None or finished.timed_out:
        return Cut(finished.why("the search fails"))
    return Answer(
        states=states,
        wrongs=frozenset(wrongs),
        looks_on=False,
        seconds=finished.seconds,
        peak_bytes=finished.peak_bytes,
    )


def _wrong(message: str, exported: Exported) -> Wrong | Cut:
    if message == "deadlock":
        return Wrong(FindingKind.DEADLOCK, DEADLOCK)
    named = _INVARIANT.search(message)
    known = exported.wrongs.get(named[1] if named else message)
    return Cut(f"the model fails: {message}") if known is None else known
