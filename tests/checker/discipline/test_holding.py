"""What can be held at each place, by the code, is what is held there in some run."""

from __future__ import annotations

from random import Random

import pytest

from checker.discipline.holding import walk
from checker.discipline.locks import use_of
from checker.discipline.report import Thread
from checker.elaborate import locks as elaboration
from checker.model.explore import explore
from checker.model.system import System
from checker.steps.points import name_points
from grammar.source import NOWHERE
from tests.checker.discipline.programs import body, locks, process
from tests.support.dice import Dice
from tests.support.texts import loaded

Holdings = dict[tuple[str, str], set[frozenset[str]]]
"""By process and control point: the sets of locks with which a thread is there."""

NAMES = ("A", "B", "R")
USES = {
    f"{name}.{procedure}": use
    for name in NAMES
    for procedure in ("acquire", "release", "acquire_read", "release_read")
    if (use := use_of(procedure, name)) is not None
}
USES |= {
    f"R.{procedure}": use
    for procedure in ("acquire_write", "release_write")
    if (use := use_of(procedure, "R")) is not None
}


def by_code(thread: Thread) -> Holdings:
    """Return what the walk through the code of a process says."""
    found = walk(thread.flow, USES, None, is_off=False)
    rests = sorted(thread.rests, key=lambda node: node.number)
    points = name_points(rests, thread.flow, NOWHERE)
    return {
        (thread.name, point.name): {
            frozenset(map(str, holding.holds)) for holding in found.at.get(node, ())
        }
        for node, point in points.items()
    }


def by_runs(system: System) -> Holdings:
    """Return what the ghosts say in the states that can be reached."""
    names = [variable.name for variable in system.variables]
    found: Holdings = {}
    for state in explore(system).states:
        for each in system.processes:
            if f"{each.name}.holds" not in names:
                continue
            control = state[names.index(f"{each.name}.at")]
            held = state[names.index(f"{each.name}.holds")]
            assert isinstance(control, str)
            assert isinstance(held, frozenset)
            found.setdefault((each.name, control), set()).add(held)  # type: ignore[arg-type]
    return found


def random_program(seed: int) -> str:
    dice = Dice(Random(seed).randrange)
    text = locks("AB", "R") + "var flag: bool = any\n"
    for number in range(2):
        ways = [" ".join(body(dice, "ABR", 3, "R")) for _ in "12"]
        lines = [f"if flag {{ {ways[0]} }} else {{ {ways[1]} }}", *body(dice, "ABR", 2, "R")]
        lines.append(f"either {{ {ways[1]} }} or {{ skip }}")
        text += process(f"process p{number}", lines)
    return text


@pytest.mark.parametrize("seed", range(4))
def test_a_run_holds_what_the_code_says_and_no_more(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[Thread] = []
    monkeypatch.setattr(elaboration, "check", lambda found, *_others: threads.extend(found))
    system, diagnostics = loaded(random_program(seed))
    assert system is not None, diagnostics
    code: Holdings = {}
    for thread in threads:
        code.update(by_code(thread))
    runs = by_runs(system)
    assert runs
    for place, held in runs.items():
        assert held <= code[place], place
    # Nothing is computed but `flag`, so that all is reached that no deadlock forbids.
    missed = sum(len(held - runs.get(place, set())) for place, held in code.items())
    assert missed <= sum(map(len, code.values())) // 4
