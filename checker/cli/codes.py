"""Codes of mistakes on the command line, and the words that `k42 explain` knows besides codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from checker.model.verdict import (
    EXIT_ASSERTION,
    EXIT_ASSUMPTION,
    EXIT_DEADLOCK,
    EXIT_EVALUATION,
    EXIT_HOLDS,
    EXIT_INPUT,
    EXIT_INTERNAL,
    EXIT_LIVENESS,
    EXIT_NOT_INDUCTIVE,
    EXIT_SAFETY,
    EXIT_UNFINISHED,
    EXIT_VACUOUS,
)


@dataclass(frozen=True, slots=True)
class Topic:
    """Something that can be explained without a specification that shows it."""

    word: str
    title: str
    text: str


COMMAND_CODES: Final = (
    Topic(
        "K300",
        "the command cannot be understood",
        "An option is unknown, lacks its value, or has a value that it cannot have. Long options "
        "must be written in full. `k42 COMMAND --help` lists what a command takes.",
    ),
    Topic(
        "K301",
        "`-c` is not of the form NAME=VALUE",
        "`-c` gives a constant its value or a sort its size: `-c N=4 -c Cpu=3`. There are no "
        "blanks around `=`. A constant of an imported module goes by its full name: "
        "`-c Lock.N=2`. A name "
        "may be given once only.",
    ),
    Topic(
        "K302",
        "a file cannot be read",
        "The file does not exist, may not be read, is a directory, or is not UTF-8 text.",
    ),
    Topic(
        "K303",
        "a file cannot be written",
        "The file given to `--output` cannot be written. The run itself was carried out.",
    ),
    Topic(
        "K304",
        "a trace cannot be read",
        "`k42 replay` reads the documents that `k42 check --format json` and `--format itf` write, "
        "and ITF traces of other tools if their variables are those of the specification.",
    ),
    Topic(
        "K305",
        "the trace is not a run of the specification",
        "A state is not initial, or a step is not possible where the trace takes it, or leads "
        "elsewhere. The message names the first such step. The specification or its sizes are "
        "probably not those with which the trace was made: give the same `-c`.",
    ),
    Topic(
        "K306",
        "there is no such property",
        "`--props` names the properties to check; deadlock, assertions and model errors are always "
        "checked.",
    ),
    Topic(
        "K307",
        "the engine cannot do this",
        "The native engine compiles the specification; it is missing here, or it cannot take this "
        "specification. `--engine auto` falls back to the one that can do everything.",
    ),
    Topic(
        "K308",
        "there is no trace to write",
        "`--format itf` writes the trace of the finding, or else the first trace to a `reachable`. "
        "This run has neither.",
    ),
    Topic(
        "K309",
        "there is nothing to draw",
        "No state satisfies the initial values and `initially`, so the graph would be empty.",
    ),
)

VERDICTS: Final = (
    Topic(
        "proved",
        "true for every size",
        "Exit code 0. The properties were proved for any number of processors and any value of "
        "the constants that the proof leaves open.",
    ),
    Topic(
        "holds",
        "true of everything that can happen at these sizes",
        "Exit code 0. Every reachable state at the sizes on the verdict line was visited, stored "
        "exactly, and every property was evaluated in it. It says nothing about other sizes. If a "
        "`reachable` was not reached, the exit code is 22 all the same: see `k42 explain 22`.",
    ),
    Topic(
        "bounded",
        "nothing was found, but not everything was searched, as you asked",
        "Exit code 0, or 20 with `--strict`. A bound of yours (`--max-depth`, `--max-states`, a "
        "simulation) ended the search. The verdict line names the bound; beyond it, anything is "
        "possible.",
    ),
    Topic(
        "violated",
        "a property is false, and here is how",
        "Exit codes: 10 an assumption about constants, 11 deadlock, 12 an invariant or step "
        "property, 13 liveness, 14 an assertion. The trace is a shortest one, with the fewest "
        "context switches among the shortest, and the reference interpreter has replayed it.",
    ),
    Topic(
        "incomplete",
        "the run was cut short before it found anything",
        "Exit code 20. Time (`--time`), memory (`--memory`) or an interrupt ended the search. What "
        "was not searched may hold anything: this is not a success.",
    ),
    Topic(
        "error",
        "the specification itself fails",
        "Exit code 75 when a step or property cannot be evaluated in a state that can be reached "
        "(a value outside its type, `none` used as a value, an index out of bounds), with a trace; "
        "150 when the specification cannot be read.",
    ),
    Topic(
        "vacuous",
        "true only because nothing happened",
        "An action that is never enabled, a branch never taken, an implication whose left side "
        "never holds, a `reachable` that is not reached. Often the model does less than was meant. "
        "An unreached `reachable` exits 22 always, the others under `--strict`.",
    ),
)

EXIT_CODES: Final = (
    (EXIT_HOLDS, "everything that was asked for was checked and holds"),
    (EXIT_ASSUMPTION, "an assumption about the constants does not hold"),
    (EXIT_DEADLOCK, "deadlock: no step is possible where that is not an end"),
    (EXIT_SAFETY, "an invariant or step property is violated"),
    (EXIT_LIVENESS, "a liveness property is violated"),
    (EXIT_ASSERTION, "an assertion fails"),
    (EXIT_UNFINISHED, "not everything was searched: incomplete, or bounded under --strict"),
    (EXIT_NOT_INDUCTIVE, "an invariant is not inductive; that alone is no bug"),
    (EXIT_VACUOUS, "a `reachable` was not reached, or, under --strict, something was vacuous"),
    (EXIT_EVALUATION, "the specification fails at a state that can be reached"),
    (EXIT_INPUT, "the input is wrong: specification, constants, command line or files"),
    (EXIT_INTERNAL, "a defect of the checker itself"),
)

WORST_FIRST: Final = (
    EXIT_INTERNAL,
    EXIT_INPUT,
    EXIT_EVALUATION,
    EXIT_ASSUMPTION,
    EXIT_ASSERTION,
    EXIT_DEADLOCK,
    EXIT_SAFETY,
    EXIT_LIVENESS,
    EXIT_VACUOUS,
    EXIT_NOT_INDUCTIVE,
    EXIT_UNFINISHED,
    EXIT_HOLDS,
)
"""Of several runs the first of these codes counts: what says least about the others comes first."""


def worst(codes: list[int]) -> int:
    """Return the exit code of several runs together."""
    return min(codes, key=WORST_FIRST.index, default=EXIT_HOLDS)
