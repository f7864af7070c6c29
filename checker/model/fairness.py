"""Which fairness a system demands, spelled out: one requirement per thread, step or action.

Weak and strong fairness are those of Lehmann, Pnueli and Stavi, "Impartiality, justice and
fairness", ICALP 1981. *Justness* is weaker than weak fairness: a thread that could take a step
takes one, or else somebody takes a step that interferes with it, that is, writes what the step
would read or write (van Glabbeek and Höfner, "Progress, justness, and fairness", ACM Computing
Surveys 2019).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import product
from typing import TYPE_CHECKING, TypeAlias

from checker.model.interference import footprint, interferes
from checker.model.temporal import Fairness
from checker.model.trace import Step
from checker.model.types import elements, show

if TYPE_CHECKING:
    from checker.model.system import Action, Process, System
    from checker.model.types import Value

Instance: TypeAlias = "tuple[Action, tuple[Value, ...]]"
"""An action with values for its parameters."""


class Scheduling(Enum):
    """What is taken for granted of threads of processes that are fair by default."""

    NONE = "none"
    JUST = "just"
    WEAK = "weak"
    STRONG = "strong"


@dataclass(frozen=True, slots=True)
class Requirement:
    """A run is fair only if it does not neglect these steps.

    A weak requirement is neglected by a run in which from some point on one of `possible` is always
    possible, and none of `taken` is ever taken; a strong one if one of them is possible again and
    again. Both sets are the same but for justness.

    Attributes:
        who: the thread, step or action that it is for, as in reports.
        declared: the process, or the name of the action, that it comes from.
    """

    who: str
    is_strong: bool
    possible: frozenset[Instance]
    taken: frozenset[Instance]
    declared: Process | Action


def requirements(
    system: System, scheduling: Scheduling = Scheduling.WEAK
) -> tuple[Requirement, ...]:
    """Return all that is demanded of a run, in the order of the system.

    Args:
        scheduling: what holds for processes that are fair by default; `strong fair` and `unfair`
            processes, and steps and actions with a fairness of their own, are as they are written.
    """
    found: list[Requirement] = []
    for process in system.processes:
        found += _of_process(system, process, scheduling)
    for action in system.actions:
        if action.fairness not in {None, Fairness.UNFAIR}:
            is_strong = action.fairness is Fairness.STRONG
            found += [_of_instance(each, is_strong=is_strong) for each in instances(action)]
    return tuple(found)


def instances(action: Action) -> Iterator[Instance]:
    """Yield an action with all values of its parameters."""
    for params in product(*(tuple(elements(param.type)) for param in action.params)):
        yield action, params


def group(
    process: Process | Action, who: str, steps: frozenset[Instance], *, is_strong: bool
) -> Requirement:
    """Return the requirement for some steps together."""
    return Requirement(who, is_strong, steps, steps, process)


def threads(system: System, process: Process) -> dict[str, frozenset[Instance]]:
    """Return the steps of every thread of a process that have no fairness of their own."""
    found: dict[str, set[Instance]] = {}
    for action in system.actions:
        if action.process is process and action.fairness is None:
            for each in instances(action):
                found.setdefault(Step(*each, ()).actor, set()).add(each)
    return {name: frozenset(steps) for name, steps in found.items()}


def _of_process(system: System, process: Process, scheduling: Scheduling) -> Iterator[Requirement]:
    by_thread = threads(system, process)
    match process.fairness, scheduling:
        case Fairness.UNFAIR, _:
            return
        case Fairness.STRONG, _:
            is_strong = True
        case Fairness.WEAK, Scheduling.NONE:
            return
        case Fairness.WEAK, Scheduling.JUST:
            yield from _justness(system, process, by_thread)
            return
        case _:
            is_strong = scheduling is Scheduling.STRONG
    for who, steps in by_thread.items():
        yield group(process, who, steps, is_strong=is_strong)


def _justness(
    system: System, process: Process, by_thread: dict[str, frozenset[Instance]]
) -> Iterator[Requirement]:
    """Yield one requirement per step: it is taken, or its thread goes on, or is interfered with."""
    everything = [each for action in system.actions for each in instances(action)]
    prints = {each: footprint(system, *each) for each in everything}
    for who, steps in by_thread.items():
        own = frozenset(each for each in everything if Step(*each, ()).actor == who)
        for each in sorted(steps, key=everything.index):
            others = frozenset(
                other for other in everything if interferes(prints[other], prints[each])
            )
            name = f"{who} at {each[0].source.name}" if each[0].source else who
            yield Requirement(name, True, frozenset({each}), own | others, process)


def _of_instance(instance: Instance, *, is_strong: bool) -> Requirement:
    action, params = instance
    name = action.name
    if action.process is not None:
        name = f"{Step(action, params, ()).actor} at {action.source.name if action.source else ''}"
    elif params:
        shown = ", ".join(
            show(param.type, value) for param, value in zip(action.params, params, strict=True)
        )
        name = f"{action.name}({shown})"
    return group(action, name, frozenset({instance}), is_strong=is_strong)
