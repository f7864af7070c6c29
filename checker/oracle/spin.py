"""SPIN as a witness."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from checker.export.exported import Exported, Wrong
from checker.model.verdict import FindingKind
from checker.oracle.answers import DEADLOCK, Answer, Cut
from checker.oracle.process import optimisation, run

if TYPE_CHECKING:
    from pathlib import Path

    from checker.model.system import System
    from checker.oracle.process import Finished, Limits

NAME: Final = "spin"
INPUT: Final = "model.pml"

_STORED: Final = re.compile(r"\s*(\S+) states, stored")
"""Eight digits at most: from a hundred million on SPIN tells a rounded number."""
_ASSERTED: Final = re.compile(r"pan:\d+: assertion violated\s+!\((\d+)\)")
_STUCK: Final = re.compile(r"pan:\d+: invalid end state")
_INCOMPLETE: Final = re.compile(
    r"max search depth too small|out of memory|reached -DMEMLIM|Search not completed|VECTORSZ"
)
_FAILED: Final = re.compile(r"pan:\d+: (?!assertion violated|invalid end state)(.*)")

SLACK: Final = 1_000
"""Steps beyond the number of states by which a search in depth may go."""


def ask(
    system: System, exported: Exported, folder: Path, limits: Limits, states: int
) -> Answer | Cut:
    """Search the model, whose states we believe to number `states`, with SPIN."""
    del system  # what SPIN is asked is all in the text
    (folder / INPUT).write_text(exported.text, encoding="utf-8")
    generate = ["spin", "-o1", "-o2", "-o3", "-a", INPUT]
    # Fields of the state are aligned, and SPIN keeps a few bytes of its own in it.
    vector = 1_024 * (1 + (2 * exported.vector_bytes + 64) // 1_024)
    switches = ["-DNOREDUCE", "-DSAFETY", f"-DVECTORSZ={vector}"]
    compile_ = ["gcc", optimisation(states), "-w", *switches, "-o", "pan", "pan.c"]
    for name, command in (("generate", generate), ("compile", compile_)):
        made = run(command, folder, f"{NAME}.{name}.txt", limits)
        if made.code != 0:
            return Cut(made.why(f"{command[0]} fails"))
    depth = states + SLACK
    table = min(max(states.bit_length() + 1, 16), 28)
    search = ["./pan", "-c0", f"-m{depth}", f"-w{table}"]
    return _read(run(search, folder, f"{NAME}.txt", limits), exported)


def _read(finished: Finished, exported: Exported) -> Answer | Cut:
    states: int | None = None
    wrongs: set[Wrong] = set()
    with finished.output.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if stored := _STORED.match(line):
                states = int(float(stored[1]))
            elif asserted := _ASSERTED.match(line):
                wrongs.add(exported.wrongs[asserted[1]])
            elif _STUCK.match(line):
                wrongs.add(Wrong(FindingKind.DEADLOCK, DEADLOCK))
            elif _INCOMPLETE.search(line):
                return Cut(line.strip())
            elif failed := _FAILED.match(line):
                return Cut(f"the model fails: {failed[1]}")
    if states is None or finished.timed_out:
        return Cut(finished.why("pan fails"))
    return Answer(
        states=states - exported.extra_states,
        wrongs=frozenset(wrongs),
        looks_on=True,
        seconds=finished.seconds,
        peak_bytes=finished.peak_bytes,
    )
