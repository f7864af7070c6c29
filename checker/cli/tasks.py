"""Carrying out what a project asks for: each run in a process of its own, several at a time.

A run that takes too long is killed with all that it started, and is then not known to be right.
When the runs end, and in which order, decides nothing: they are told in the order of the project.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Final

from checker.cli.runs import run_of_check, run_of_proof
from checker.model.verdict import EXIT_HOLDS, EXIT_INPUT, EXIT_UNFINISHED
from checker.report.ci.outcome import Case, Kind, Outcome, Run

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess
    from pathlib import Path

    from checker.cli.project import Task

GRACE: Final = 10.0
"""Seconds that a run may take beyond its time, to end by itself and say how far it came."""

_NEEDED: Final = {
    Kind.CHECK: ("checker.cli.searching", "checker.report.ci.searches", "checker.report.text"),
    Kind.PROVE: ("proofs.quality", "checker.report.ci.proofs", "checker.report.proof_json"),
}


def run_tasks(
    tasks: Sequence[Task],
    root: Path,
    jobs: int,
    told: Callable[[Run, int], None] = lambda _run, _done: None,
) -> tuple[Run, ...]:
    """Carry out tasks, at most `jobs` at a time; return their runs in the same order.

    Args:
        told: called with each run that has ended, and how many have.
    """
    _preload({task.kind for task in tasks})
    runs: dict[int, Run] = {}
    waiting = list(enumerate(tasks))[::-1]
    going: dict[Connection, _Going] = {}
    try:
        while waiting or going:
            while waiting and len(going) < jobs:
                number, task = waiting.pop()
                started = _Going.start(number, task, root)
                going[started.receiver] = started
            for ended in _ended(going):
                runs[ended.number] = judged(ended.result(), ended.task)
                del going[ended.receiver]
                told(runs[ended.number], len(runs))
    finally:
        for each in going.values():
            each.kill()
    return tuple(runs[number] for number in range(len(tasks)))


def _preload(kinds: set[Kind]) -> None:
    """Import what the runs need, once, before the processes are made that share it."""
    from grammar.diagnostics import Collector
    from grammar.parser import parse
    from grammar.source import SourceFile

    for name in ("checker.load", *(name for kind in kinds for name in _NEEDED[kind])):
        importlib.import_module(name)
    parse(SourceFile("<none>", "spec nothing"), Collector())  # reads the tables of the parser


def _ended(going: dict[Connection, _Going]) -> list[_Going]:
    """Wait until a run has ended or its time is over."""
    first = min(each.deadline for each in going.values())
    ready = wait(list(going), max(0.0, first - time.monotonic()))
    now = time.monotonic()
    return [each for receiver, each in going.items() if receiver in ready or each.deadline <= now]


@dataclass(frozen=True, slots=True)
class _Going:
    """A run that has begun."""

    number: int
    task: Task
    process: BaseProcess
    receiver: Connection
    begun: float

    @classmethod
    def start(cls, number: int, task: Task, root: Path) -> _Going:
        context = multiprocessing.get_context("fork")
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_serve, args=(sender, task, root))
        process.start()
        sender.close()
        return cls(number, task, process, receiver, time.monotonic())

    @property
    def deadline(self) -> float:
        return self.begun + self.task.seconds + GRACE

    def result(self) -> Run:
        """Return the run, or why there is none."""
        try:
            if not self.receiver.poll():
                return _lost(self.task, f"it was stopped after {self.task.seconds:g} s")
            found: Run | str = self.receiver.recv()
        except EOFError:
            return _lost(self.task, "its process ended before it had a result")
        finally:
            self.kill()
        if isinstance(found, str):
            raise RuntimeError(f"in `{self.task.command}`:\n{found}")
        return replace(found, seconds=time.monotonic() - self.begun)

    def kill(self) -> None:
        """End the process and what it started."""
        if self.process.pid is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, signal.SIGKILL)
        self.process.join()
        self.receiver.close()


def _serve(sender: Connection, task: Task, root: Path) -> None:
    # A group of its own, so that it can be killed together with the process of the solver.
    os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        os.chdir(root)
        sender.send(carried_out(task))
    except Exception:  # whatever it is, the parent is the one to say it
        sender.send(traceback.format_exc())


def _lost(task: Task, reason: str) -> Run:
    verdict = "incomplete" if task.kind is Kind.CHECK else "unknown"
    case = Case("run", "incomplete", Outcome.ERROR, message=reason)
    return Run(
        kind=task.kind,
        key=task.key,
        spec=task.spec,
        verdict=verdict,
        code=EXIT_UNFINISHED,
        scope="",
        reproduce=task.command,
        cases=(case,),
        seconds=task.seconds,
        report=f"{verdict}  {task.spec}: {reason}\n",
    )


# --- one run --------------------------------------------------------------------------------------


def carried_out(task: Task) -> Run:
    """Carry out a task in this process, in the folder of its project."""
    return _searched(task) if task.kind is Kind.CHECK else _proved(task)


def _searched(task: Task) -> Run:
    from checker.cli import check

    flags = ["--quiet", "--workers=1", f"--time={task.seconds:g}s"]
    arguments = check.parser().parse_args([*task.arguments, *flags])
    run = run_of_check(check.check_file(task.spec, dict(task.settings), arguments))
    return replace(run, key=task.key, reproduce=task.command)


def _proved(task: Task) -> Run:
    from checker.cli import prove

    arguments = prove.parser().parse_args([*task.arguments, "--quiet"])
    run = run_of_proof(prove.prove_file(task.spec, dict(task.settings), arguments))
    return replace(run, key=task.key, reproduce=task.command)


def judged(run: Run, task: Task) -> Run:
    """Return the run with what was expected of it."""
    return replace(run, expected=task.expected, surprise=_surprise(run, task))


def _surprise(run: Run, task: Task) -> str:
    if run.code == EXIT_INPUT:
        return "it cannot be read"
    if run.verdict != task.expected:
        return f"{run.verdict}, expected {task.expected}"
    if task.expected in {"holds", "proved", "bounded"} and run.code != _code_of_success(task):
        return f"{run.verdict}, but with exit code {run.code}"
    missing = [name for name in task.violates if not _is_violated(run, name)]
    if missing:
        return f"violated, but not {', '.join(missing)}"
    return ""


def _code_of_success(task: Task) -> int:
    # What a search is to leave out is asked for; at which sizes a proof fails is not.
    is_partial = task.kind is Kind.PROVE and task.expected == "bounded"
    return EXIT_UNFINISHED if is_partial else EXIT_HOLDS


def _is_violated(run: Run, name: str) -> bool:
    failed = [case.name for case in run.cases if case.outcome is Outcome.FAILED]
    return any(name in {case, case.partition(" ")[2], case.partition("/")[2]} for case in failed)
