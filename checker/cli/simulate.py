"""`k42 simulate`: random walks, each determined by the seed and its number alone.

With `--pct` they go by random priorities, and the report says how likely each finds what is there.

A walk that finds something proves that it is there. Walks that find nothing prove nothing, so the
verdict is never better than *bounded*.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from checker.cli.arguments import (
    Parser,
    add_settings,
    natural,
    parse_settings,
    parser_for,
    positive,
)
from checker.cli.console import ProgressLine, ink_for, write_out
from checker.cli.session import command_line, open_system
from checker.model.system import PropertyKind
from checker.model.trace import Trace
from checker.model.verdict import (
    FindingKind,
    Limit,
    Result,
    Statistics,
    Verdict,
    Witness,
    exit_code,
)

if TYPE_CHECKING:
    import argparse
    from random import Random

    from checker.model.simulate import Pick
    from checker.model.system import Property, State, System
    from checker.model.trace import Step
    from checker.model.verdict import Finding

SUMMARY = "take random walks; quick, and never a proof"
EPILOG = """\
examples:
  k42 simulate lock.k42 -c Cpu=8 --walks 1000
  k42 simulate lock.k42 --seed 42            the same walks again, on any machine
  k42 simulate lock.k42 --pct 3              by priorities that change twice in each walk

exit codes: those of `k42 check`; 0 means that nothing was found, not that nothing is there.
"""
DEFAULT_STEPS = 100
DEFAULT_WALKS = 20


def parser() -> Parser:
    """Return the parser of this command."""
    result = parser_for("simulate", SUMMARY, EPILOG)
    result.add_argument("spec", metavar="SPEC", help="the specification")
    add_settings(result)
    result.add_argument("--seed", type=natural, metavar="S", help="a number (default: a new one)")
    result.add_argument(
        "--steps",
        type=positive,
        default=DEFAULT_STEPS,
        metavar="N",
        help=f"steps of a walk, at most (default {DEFAULT_STEPS})",
    )
    result.add_argument(
        "--walks",
        type=positive,
        default=DEFAULT_WALKS,
        metavar="N",
        help=f"number of walks, at most (default {DEFAULT_WALKS})",
    )
    result.add_argument(
        "--pct",
        type=positive,
        metavar="DEPTH",
        help="walk by random priorities, to find what takes DEPTH orderings of steps",
    )
    result.add_argument("--quiet", action="store_true", help="print the verdict line only")
    return result


def run(arguments: argparse.Namespace) -> int:
    """Walk until something is wrong or there were enough walks."""
    from checker.report.text import Request, render_result

    settings = parse_settings(arguments.settings)
    system = open_system(arguments.spec, settings)
    seed = _new_seed() if arguments.seed is None else arguments.seed
    kind = _Kind(system, arguments.steps, arguments.pct)
    result = _walk(system, seed, kind, arguments.walks, is_quiet=arguments.quiet)
    flags = [f"--seed={seed}", f"--steps={arguments.steps}", f"--walks={arguments.walks}"]
    flags += [] if arguments.pct is None else [f"--pct={arguments.pct}"]
    again = command_line("simulate", [arguments.spec], settings, flags)
    request = Request(
        str(Path(arguments.spec)),
        again,
        ink_for(sys.stdout),
        is_quiet=arguments.quiet,
        scope=f"found by {kind.word}; there may be a shorter way" if result.findings else "",
    )
    write_out(render_result(result, request))
    return exit_code(result, strict=False)


def _new_seed() -> int:
    from secrets import randbelow

    return randbelow(10**9)


class _Kind:
    """How walks pick their way."""

    def __init__(self, system: System, steps: int, depth: int | None) -> None:
        from checker.model.priorities import threads

        self.steps = steps
        self._depth = depth
        self._threads = threads(system) if depth is not None else ()

    @property
    def engine(self) -> str:
        """The name of the method."""
        return "random walk" if self._depth is None else "probabilistic concurrency testing"

    @property
    def word(self) -> str:
        """What one walk is called."""
        return "a random walk" if self._depth is None else "a walk by random priorities"

    def walks(self, count: int) -> str:
        """Return so many of them in words."""
        plural = "" if count == 1 else "s"
        by = "" if self._depth is None else " by priorities"
        return f"{count:,} random walk{plural}{by}"

    def pick(self, random: Random) -> Pick | None:
        """Return what picks the way of one walk."""
        from checker.model.priorities import Priorities

        if self._depth is None:
            return None
        return Priorities(random, self._threads, self.steps, self._depth).pick

    def notes(self) -> tuple[str, ...]:
        """Say what one walk promises, if it promises anything."""
        from checker.model.priorities import chances

        if self._depth is None:
            return ()
        depth, count = self._depth, len(self._threads)
        chance = f"1 in {chances(count, self.steps, depth):,}"
        orderings = f"{depth} ordering{'' if depth == 1 else 's'}"
        return (
            f"what takes {orderings} of steps in a run of at most {self.steps:,} steps of {count} "
            f"thread{'' if count == 1 else 's'} is found by each walk with a probability of at "
            f"least {chance}",
        )


@dataclass(slots=True)
class _Tally:
    """What the walks have seen so far."""

    walks: int = 0
    steps: int = 0
    longest: int = 0
    states: set[State] = field(default_factory=set)
    starts: set[State] = field(default_factory=set)
    witnesses: dict[Property, Trace] = field(default_factory=dict)


def _walk(system: System, seed: int, kind: _Kind, walks: int, *, is_quiet: bool) -> Result:
    from random import Random

    from checker.model.simulate import simulate

    tally = _Tally()
    progress = ProgressLine(is_wanted=not is_quiet)
    started = time.monotonic()
    finding: Finding | None = None
    is_cut = False
    try:
        while finding is None and tally.walks < walks:
            random = Random(f"{seed}/{tally.walks}")
            pick = kind.pick(random)
            walk = simulate(system, random, kind.steps, pick)
            tally.walks += 1
            finding = walk.finding
            if walk.trace is not None:
                _count(system, walk.trace, tally)
            if progress.is_due():
                progress.show(f"walk {tally.walks:,} of {walks:,}, {len(tally.states):,} states")
    except KeyboardInterrupt:
        is_cut = True
    progress.clear()
    seconds = time.monotonic() - started
    walked = f"{kind.walks(tally.walks)} of at most {kind.steps:,} steps"
    limit = Limit(
        f"{'the interrupt after ' if is_cut else ''}{walked}",
        "all other runs",
        is_bound=not is_cut,
    )
    return Result(
        system=system,
        verdict=_verdict(finding, is_cut=is_cut),
        findings=() if finding is None else (_without_loops(finding),),
        witnesses=_witnesses(system, tally),
        limits=() if finding is not None else (limit,),
        statistics=Statistics(
            len(tally.states), tally.steps, len(tally.starts), tally.longest, seconds
        ),
        coverage=None,
        engine=kind.engine,
        notes=(f"seed {seed}", *kind.notes()),
        undecided=system.claims[len(system.properties) :],
    )


def _count(system: System, trace: Trace, tally: _Tally) -> None:
    tally.steps += len(trace.steps)
    tally.longest = max(tally.longest, len(trace.states))
    tally.starts.add(trace.states[0])
    wanted = [
        each
        for each in system.properties
        if each.kind is PropertyKind.REACHABLE and each not in tally.witnesses
    ]
    for number, state in enumerate(trace.states):
        if state not in tally.states:
            tally.states.add(state)
            prefix = Trace(trace.states[: number + 1], trace.steps[:number])
            for each in _reached(system, wanted, state):
                tally.witnesses.setdefault(each, prefix)


def _reached(system: System, wanted: list[Property], state: State) -> list[Property]:
    from checker.model.interpret import Holds, judge_state

    return [
        each
        for each in wanted
        if judge_state(system, each.conjuncts[0].expression, state) == Holds()
    ]


def _witnesses(system: System, tally: _Tally) -> tuple[Witness, ...]:
    kinds = PropertyKind.REACHABLE
    wanted = [each for each in system.properties if each.kind is kinds]
    return tuple(Witness(each, tally.witnesses.get(each)) for each in wanted)


def _verdict(finding: Finding | None, *, is_cut: bool) -> Verdict:
    if finding is None:
        return Verdict.INCOMPLETE if is_cut else Verdict.BOUNDED
    return Verdict.ERROR if finding.kind is FindingKind.EVALUATION else Verdict.VIOLATED


def _without_loops(finding: Finding) -> Finding:
    """Cut out the parts of the trace that led back to where it was; the last step stays."""
    if finding.trace is None or not finding.trace.steps:
        return finding
    whole = finding.trace
    states = [whole.states[0]]
    steps: list[Step] = []
    last = len(whole.steps) - 1
    for number, step in enumerate(whole.steps):
        state = whole.states[number + 1]
        if number < last and state in states:
            at = states.index(state)
            del states[at + 1 :], steps[at:]
        else:
            states.append(state)
            steps.append(step)
    return replace(finding, trace=Trace(tuple(states), tuple(steps), whole.failed))
