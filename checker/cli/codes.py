"""Codes of mistakes on the command line, and the words that `k42 explain` knows besides codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from checker.model.verdict import (
    EXIT_ASSERTION,
    EXIT_ASSUMPTION,
    EXIT_CONTRADICTORY,
    EXIT_DEADLOCK,
    EXIT_DISAGREEMENT,
    EXIT_EVALUATION,
    EXIT_HOLDS,
    EXIT_INPUT,
    EXIT_INTERNAL,
    EXIT_LIMIT,
    EXIT_LIVENESS,
    EXIT_NOT_INDUCTIVE,
    EXIT_SAFETY,
    EXIT_UNEXPECTED,
    EXIT_UNFINISHED,
    EXIT_UNKNOWN,
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
        "The file given to `--output`, or stdout, cannot be written. The run itself was carried "
        "out.",
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
        "specification. `--engine auto` falls back to the one that can do everything. "
        "`--reduce partial-order` is done by the engine in Python alone, and so is `--reduce all`.",
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
    Topic(
        "K310",
        "a binding cannot be read",
        "A binding says which steps of a specification are the events of a kernel or of a log. It "
        "is a TOML file `NAME.binding.toml` beside `NAME.k42`, or the one given with `--binding`:\n"
        "\n"
        "    [numbers]\n"
        "    Cpu = 1            # 1 is the first element of the sort Cpu\n"
        "\n"
        "    [sizes]\n"
        '    Cpu = "threads"    # as many as the configuration has threads\n'
        "\n"
        "    [events]\n"
        '    "request(lock, thread)" = "worker[thread] leaves Lock.acquire.join"\n'
        '    "acquire(lock, thread)" = "worker[thread] enters critical"\n'
        '    "free(page)" = "give_back(page) or drop(page, _)"\n'
        "\n"
        "On the left stand an event and names for its values; on the right, with `or` between "
        "them, the steps that it is: ACTION(x, _), PROCESS[x] enters PLACE, PROCESS[x] leaves "
        "PLACE, or PROCESS[x] goes PLACE to PLACE. Steps that are no event are hidden. Without a "
        "binding, every declared action is an event of its own name.",
    ),
    Topic(
        "K311",
        "a binding does not fit",
        "It speaks of a sort, action, process or place that the specification does not have, of "
        "an event that the kernel's configuration does not observe, or there is none although the "
        "specification declares no actions.",
    ),
    Topic(
        "K312",
        "there is no such configuration of the kernel",
        "`k42 conform --list` lists the configurations with their parameters.",
    ),
    Topic(
        "K313",
        "a configuration has no such parameter, or not with this value",
        "`-k NAME=VALUE` gives a configuration a size or a switch: `-k threads=4 -k is_late=true`. "
        "`k42 conform --list` lists the parameters with their defaults.",
    ),
    Topic(
        "K314",
        "a log cannot be read",
        "A log has one JSON object on each line. `event` is a name; the values of the event go by "
        "the names in the binding, or as an array `args`; `state` may hold values of variables of "
        "the specification. Whatever is missing may be anything.",
    ),
    Topic(
        "K320",
        "another tool cannot express the specification",
        "Promela, Murphi and TLA+ have less than this language in some places: numbers of 32 bits "
        "in SPIN, no loops within a step whose length nobody knows, arrays of limited size. What "
        "one of them cannot express is refused, with its place, rather than written as something "
        "else. A smaller size (`-c`), or a narrower range, often helps.",
    ),
    Topic(
        "K330",
        "a checkpoint cannot be used",
        "`--checkpoint DIR` keeps a checkpoint in the folder DIR; where there is one already, "
        "`--resume` goes on from it, and without that nothing is overwritten. A checkpoint belongs "
        "to one specification at given sizes and with given properties, which must be the same "
        "again. Bounds, `--memory`, `--engine` and `--workers` may differ. To begin anew remove "
        "the folder.",
    ),
    Topic(
        "K340",
        "the table of a project cannot be understood",
        "`k42 ci` reads the table `[tool.k42]` of pyproject.toml, or the file k42.toml, in which "
        "the same stands without `tool.k42`:\n"
        "\n"
        "    [tool.k42]\n"
        '    timeout = "60s"               # of each run; an entry may say otherwise\n'
        '    baseline = "baseline.json"    # what was said before\n'
        "\n"
        "    [[tool.k42.check]]\n"
        '    specs = ["spec/locks/*.k42"]\n'
        '    exclude = ["spec/locks/*_broken.k42"]\n'
        "    sizes = { Cpu = 3 }\n"
        '    reduce = ["symmetry"]         # also: properties, max-depth, max-states,\n'
        "                                  # fairness, strict\n"
        "\n"
        "    [[tool.k42.check]]\n"
        '    specs = ["spec/locks/mcs_broken.k42"]\n'
        '    expect = "violated"\n'
        '    violates = ["mutual_exclusion"]\n'
        "\n"
        "    [[tool.k42.prove]]\n"
        '    specs = ["spec/proofs/*.k42"]\n'
        "    lemmas = true                 # also: scope, limit, auto, hints\n"
        "\n"
        "Nothing else may stand in it, and every pattern must match a file.",
    ),
    Topic(
        "K341",
        "a baseline cannot be read",
        "The file of the baseline is none that `k42 ci --update-baseline` wrote. Write it anew, "
        "and review what changes in it.",
    ),
    Topic(
        "K342",
        "a certificate cannot be used",
        "`k42 prove --replay` checks what `k42 prove --certificate` wrote, of the same "
        "specification with the same constants. A certificate that no longer fits is no "
        "mistake: what it does not prove is unknown.",
    ),
    Topic(
        "K343",
        "there is no certificate to write",
        "A certificate names the instances that a proof rests on. Where the solver found its own "
        "way through quantifiers, or lemmas were found by `--auto` that the specification does not "
        "have, there are none that could be checked again.",
    ),
    Topic(
        "K344",
        "the second solver is missing",
        "`--checker cvc5` asks cvc5, which is an extra: `pip install 'k42[cvc5]'`.",
    ),
    Topic(
        "K350",
        "an explanation that explains nothing",
        "`k42 mutate` reads comments `// survives KIND: why` as the author's word on mutants that "
        "nothing notices. This one speaks of a kind and a line for which there is no such mutant "
        "(any more): a claim notices it by now, the code has moved, or it is equivalent. A comment "
        "belongs to the code before it on its line, or else to the next line with code.",
    ),
    Topic(
        "K351",
        "an explanation that cannot be read",
        "It is written `// survives KIND: why`, or `// survives KIND, KIND: why`; the kinds are "
        "guard, weaken, branch, reorder, split and effect.",
    ),
    Topic(
        "K352",
        "mutants of a specification that does not hold",
        "`k42 mutate` asks whether the claims of a specification notice mistakes, which they do "
        "all the time if they are false without any. The specification itself must hold, and each "
        "`reachable` be reached, at the sizes given: `k42 check` says what is wrong.",
    ),
)

TOPICS: Final = (
    Topic(
        "trace",
        "how to read a trace",
        """
A trace is a shortest run to what is wrong, carried out from state 0. Time runs down. Each process
that acts has a column; its name stands above its steps whenever another one acted before.

   4    15  join: pred := swap(tail, self)                         join
              tail: none -> Cpu0
              pred: none, as before
              now at critical

This is step 4: control rested at line 15, of which the text is shown; the name at the right is that
of the place, a label or a procedure with the number of its step. What is shown below without a
number belongs to the same step: other statements of it, by their lines, and what each did.

  x: 1 -> 2              x was 1 and is 2 now
  x: 1, as before        it was assigned the value that it had
  pred = Cpu0            a local that had this value, within this step only
  returns true           what a procedure gave, or a primitive in a condition
  holds, does not hold   which way an `if` in an `atomic` went
  chooses c = Cpu1       what `choose` picked
  takes branch 2         the second part of an `either`
  now at critical        the label at which control rests after the step
  fails: ...             why the step, marked by `!`, did not complete
  (generated by ...)     what a construct such as `check C` is written out as,
                         at the line of the construct

Above the trace stands what is wrong, the text of the claim, and after `because` the values that
decide it in the last state. Below the trace stands that state: where every process rests and which
statement it would carry out next, then the data. A line `from here on again and again` begins what
goes round for ever.

More is in checker/SEMANTICS.md, chapter Traces. `--format json` has every state in full, and
`k42 replay` carries a recorded trace out again.
""",
    ),
)
"""What there is to say besides."""

VERDICTS: Final = (
    Topic(
        "proved",
        "true at every size",
        "Exit code 0. Every invariant and lemma holds at the start and is preserved by every step, "
        "whatever the sizes of the sorts; constants are as given. Where the argument works at some "
        "sizes only, the word is `bounded`. Deadlock and `reachable` are not covered.",
    ),
    Topic(
        "not inductive",
        "the claims do not follow from each other; that alone is no bug",
        "Exit code 21. There is a state in which every claim holds and a step after which one does "
        "not. If the state could be reached, that would be a violation, and the report would show "
        "its trace; so the claims say too little. Add a lemma that excludes the state: the report "
        "offers one that holds in every reachable state at small sizes.",
    ),
    Topic(
        "unknown",
        "neither a proof nor a counterexample was found",
        "Exit code 24, or 25 if the solver was stopped at its limit (`--limit`). This is not a "
        "success. The report names each obligation with the reason.",
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
        "nothing was found, but not everything was looked at",
        "From a search: exit code 0, or 20 with `--strict`. A bound of yours (`--max-depth`, "
        "`--max-states`, a simulation) ended it. From `k42 prove`: exit code 20. Everything is "
        "proved `for 1 to 4 Cpu`, at each size by itself, and nothing is said about five; the "
        "report tells why it does not work for every size. Or `--bmc` found nothing within so many "
        "steps. The verdict line names the bound; beyond it, anything is possible. A project that "
        'wants no more says `expect = "bounded"`.',
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
        "An unreached `reachable` exits 22 always, and so does what is vacuous in a proof; the "
        "others do under `--strict`. "
        "`k42 mutate` exits 22 when the claims notice too few mistakes (`--at-least`).",
    ),
)

EXIT_CODES: Final = (
    (EXIT_HOLDS, "everything that was asked for was checked and holds"),
    (EXIT_ASSUMPTION, "an assumption about the constants does not hold"),
    (EXIT_DEADLOCK, "deadlock: no step is possible where that is not an end"),
    (EXIT_SAFETY, "an invariant or step property is violated"),
    (EXIT_LIVENESS, "a liveness property is violated"),
    (EXIT_ASSERTION, "an assertion fails"),
    (EXIT_UNFINISHED, "not all was looked at: incomplete, a bounded proof, bounded under --strict"),
    (EXIT_NOT_INDUCTIVE, "an invariant is not inductive; that alone is no bug"),
    (
        EXIT_VACUOUS,
        "a `reachable` was not reached, or a proof is vacuous, or anything with --strict",
    ),
    (EXIT_CONTRADICTORY, "a proof is about nothing: no initial state is possible"),
    (EXIT_UNKNOWN, "a proof was looked for and not found, nor a counterexample"),
    (EXIT_LIMIT, "the solver was stopped at its limit before it found an answer"),
    (EXIT_DISAGREEMENT, "another checker or solver contradicts this one"),
    (EXIT_UNEXPECTED, "a run does not end as the project expects (`k42 ci`)"),
    (EXIT_EVALUATION, "the specification fails at a state that can be reached"),
    (EXIT_INPUT, "the input is wrong: specification, constants, command line or files"),
    (EXIT_INTERNAL, "a defect of the checker itself"),
)

WORST_FIRST: Final = (
    EXIT_INTERNAL,
    EXIT_DISAGREEMENT,
    EXIT_INPUT,
    EXIT_EVALUATION,
    EXIT_ASSUMPTION,
    EXIT_ASSERTION,
    EXIT_DEADLOCK,
    EXIT_SAFETY,
    EXIT_LIVENESS,
    EXIT_UNEXPECTED,
    EXIT_CONTRADICTORY,
    EXIT_VACUOUS,
    EXIT_NOT_INDUCTIVE,
    EXIT_UNKNOWN,
    EXIT_LIMIT,
    EXIT_UNFINISHED,
    EXIT_HOLDS,
)
"""Of several runs the first of these codes counts: what says least about the others comes first."""


def worst(codes: list[int]) -> int:
    """Return the exit code of several runs together."""
    return min(codes, key=WORST_FIRST.index, default=EXIT_HOLDS)
