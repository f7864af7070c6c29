"""What a lasso shows: who waits for ever, what kind of trouble it is, what would exclude it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final

from checker.model.fairness import group, instances, threads
from checker.model.interpret import Moved, successors
from checker.model.lasso import Lasso, neglects, truths
from checker.model.system import Action
from checker.model.temporal import Fairness, LeadsTo
from checker.model.types import elements, show

if TYPE_CHECKING:
    from checker.explicit.liveness.formulas import Case
    from checker.model.fairness import Requirement
    from checker.model.system import Process, System
    from checker.model.temporal import TemporalProperty
    from checker.model.trace import Trace

MAX_TRIED: Final = 12
"""So many ways to be fairer are tried on the whole graph."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """One sentence for the headline, and more below."""

    message: str
    remarks: tuple[str, ...]


def explained(
    system: System,
    of: TemporalProperty,
    case: Case,
    trace: Trace,
    excludes: Callable[[tuple[Requirement, ...]], bool],
) -> Explanation:
    """Explain a lasso that violates one case of a property.

    Args:
        excludes: tells whether the property would hold if more requirements were met.
    """
    run = Lasso(system, trace)
    message = _message(run, case)
    remarks = (*_who(run), *_remedies(run, of.name, excludes))
    return Explanation(message, remarks)


# --- what kind of trouble -------------------------------------------------------------------------


def _message(run: Lasso, case: Case) -> str:
    values = f"{case.shown}: " if case.shown else ""
    if run.rests:
        return f"{values}in the end nothing happens any more"
    match case.formula:
        case LeadsTo() if case.values:
            served = _served_others(run, case)
            if served:
                return f"{values}starvation, while {_listed(served)} gets there again and again"
            if any(_idle(run)):
                return f"{values}starvation, while {_listed(sorted(_active(run)))} goes on for ever"
            return f"{values}livelock, everybody goes round and nobody gets there"
        case LeadsTo():
            return f"{values}livelock, steps are taken for ever without getting there"
        case _:
            return f"{values}there is a run that violates it and repeats itself for ever"


def _served_others(run: Lasso, case: Case) -> list[str]:
    """Return the values of the last name for which the right side comes to hold in the loop."""
    assert isinstance(case.formula, LeadsTo)
    *_, local = case.values
    found = []
    for value in elements(local.type):
        if value == case.values[local]:
            continue
        right = truths(run, case.formula.right, {**case.values, local: value})
        there = [right[at] for at in run.repeated]
        if any(there) and not all(there):
            found.append(show(local.type, value))
    return found


def _listed(names: list[str]) -> str:
    if len(names) == 1:
        return names[0]
    return f"each of {', '.join(names)}"


# --- who ------------------------------------------------------------------------------------------


def _who(run: Lasso) -> Iterator[str]:
    """Say of every thread that takes no step in the loop whether it could."""
    if run.rests:
        return
    possible = [_possible(run, at) for at in run.repeated]
    for who in _idle(run):
        count = sum(who in each for each in possible)
        if count == len(possible):
            yield f"{who} could go on all the time, and never does"
        elif count:
            yield f"{who} could go on again and again, and never does when it could"
        else:
            yield f"{who} waits for ever"


def _active(run: Lasso) -> set[str]:
    return {run.trace.steps[at].actor for at in run.repeated}


def _idle(run: Lasso) -> Iterator[str]:
    """Yield the threads that take no step in the loop, without those that have ended."""
    active = _active(run)
    for process in run.system.processes:
        for who in threads_of(run.system, process):
            if who not in active and not _has_ended(run, process, who):
                yield who


def threads_of(system: System, process: Process) -> list[str]:
    """Return the names of the threads of a process."""
    if process.index is None:
        return [process.name]
    return [f"{process.name}[{show(process.index, each)}]" for each in elements(process.index)]


def _possible(run: Lasso, position: int) -> set[str]:
    outcomes = successors(run.system, run.trace.states[position])
    return {outcome.step.actor for outcome in outcomes if isinstance(outcome, Moved)}


def _has_ended(run: Lasso, process: Process, who: str) -> bool:
    if not process.can_end:
        return False
    values = dict(zip(run.system.variables, run.trace.states[-1], strict=True))
    control = values[process.control]
    end = process.points[-1].name
    if process.index is None:
        return control == end
    assert isinstance(control, tuple)
    return control[threads_of(run.system, process).index(who)] == end


# --- what would exclude it ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Remedy:
    """A way to be fairer: what to write, and what is then required."""

    text: str
    requirements: tuple[Requirement, ...]


def _remedies(
    run: Lasso, name: str, excludes: Callable[[tuple[Requirement, ...]], bool]
) -> Iterator[str]:
    """Yield which fairness would exclude the run; first the weakest with which the claim holds."""
    fitting = [
        each
        for each in chain(_weaker(run.system), _stronger(run.system))
        if any(neglects(run, requirement) for requirement in each.requirements)
    ]
    if not fitting:
        if not run.rests:
            yield "no fairness of threads or steps would exclude this run"
        return
    for each in fitting[:MAX_TRIED]:
        if excludes(each.requirements):
            yield f"{each.text} would exclude this run, and `{name}` would hold"
            return
    yield f"{fitting[0].text} would exclude this run, but not all that violate `{name}`"


def _weaker(system: System) -> Iterator[_Remedy]:
    """Yield ways to make fair what is not."""
    for process in system.processes:
        if process.fairness is Fairness.UNFAIR:
            yield _of_process(system, process, is_strong=False)
    for action in system.actions:
        is_unfair = action.fairness is Fairness.UNFAIR
        if is_unfair or (action.process is None and action.fairness is None):
            yield _of_action(action, is_strong=False)


def _stronger(system: System) -> Iterator[_Remedy]:
    """Yield ways to demand strong fairness where it is not demanded."""
    for action in system.actions:
        process = action.process
        is_strong = process is not None and process.fairness is Fairness.STRONG
        if action.fairness is not Fairness.STRONG and not is_strong:
            yield _of_action(action, is_strong=True)
    for process in system.processes:
        if process.fairness is not Fairness.STRONG:
            yield _of_process(system, process, is_strong=True)


def _of_process(system: System, process: Process, *, is_strong: bool) -> _Remedy:
    found = threads(system, process).items()
    return _Remedy(
        f"`{_word(is_strong=is_strong)} process {process.name}`",
        tuple(group(process, who, steps, is_strong=is_strong) for who, steps in found),
    )


def _of_action(action: Action, *, is_strong: bool) -> _Remedy:
    word = _word(is_strong=is_strong)
    text = f"`{word} action {action.name}`"
    if action.process is not None:
        site = action.site if action.source is None else action.source.site
        text = f"`{word}` for the step {action.name} (line {site.line})"
    requirements = tuple(
        group(action, action.name, frozenset({each}), is_strong=is_strong)
        for each in instances(action)
    )
    return _Remedy(text, requirements)


def _word(*, is_strong: bool) -> str:
    fairness = Fairness.STRONG if is_strong else Fairness.WEAK
    return str(fairness.value)
