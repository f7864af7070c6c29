"""Claims about whole runs: K190 to K199."""

from __future__ import annotations

from typing import Final

from checker.elaborate.codes.entry import entry
from grammar.codes import CodeInfo

_LOCK: Final = """
        processors Cpu[2]
        import protocols.locks.abstract_lock as Abstract(Process = Cpu)
        var taken: bool = false
        process worker on Cpu {
          loop {
            idle: skip
            take: atomic { await not taken  taken := true }
            critical: skip
            give: taken := false
          }
        }
"""

_WAITING: Final = """
        processors Cpu[2]
        process worker on Cpu {
          wait: skip
          critical: skip
        }
"""

_PLACES: Final = """
          user[p] at take = worker[p] at take
          user[p] at critical = worker[p] at critical
          user[p] at give = worker[p] at give
        }
"""

RUN_CODES: Final[tuple[CodeInfo, ...]] = (
    entry(
        "K190",
        "a temporal operator where a value is needed",
        """`always`, `eventually`, `until`, `~>` and `step` speak of whole runs. They stand in a
        `property`, and nothing but `not`, `and`, `or`, `->`, `<->`, `forall` and `exists` may
        stand around them.""",
        wrong="""
        var x: bool = false
        action toggle() { x := not x }
        invariant sometimes: eventually x
        """,
        right="""
        var x: bool = false
        fair action toggle() { x := not x }
        property sometimes: eventually x
        """,
    ),
    entry(
        "K191",
        "a step that nobody takes",
        """`step send(m)` is a step of an action, with these or (without parentheses) any
        parameters; `step worker[c]` is a step of a thread, `step worker[c] at place` one that it
        takes from a place.""",
        wrong="""
        var x: bool = false
        fair action toggle() { x := not x }
        property moves: always eventually step x
        """,
        right="""
        var x: bool = false
        fair action toggle() { x := not x }
        property moves: always eventually step toggle
        """,
    ),
    entry(
        "K192",
        "`eventually` that takes an implication",
        """Like `forall`, `eventually` reaches as far to the right as it can. `eventually p -> q`
        holds as soon as `p` is false once; what is meant is mostly `(eventually p) -> q`,
        `p -> eventually q` or `p ~> q`.""",
        wrong="""
        var x: bool = false
        fair action toggle() { x := not x }
        property back: eventually x -> not x
        """,
        right="""
        var x: bool = false
        fair action toggle() { x := not x }
        property back: x ~> not x
        """,
    ),
    entry(
        "K193",
        "a bypass that does not say who waits",
        """`bypass` counts how often others overtake: it needs somebody who waits, a condition that
        holds while they do, and one that others make true before.""",
        wrong="""
        var x: bool = false
        fair action toggle() { x := not x }
        bypass order: x ~> not x
        """,
        right="""
        processors Cpu
        var inside: Cpu? = none
        action enter(c: Cpu) { inside := c }
        bypass order: forall c: Cpu. inside != c ~> inside = c
        """,
    ),
    entry(
        "K194",
        "a refinement of nothing",
        """What is refined is another specification, which is imported for that: it is then no
        part of this one, and its steps are those that this one may take.""",
        wrong="""
        var x: bool = false
        refines Switch with { x = x }
        """,
        right=_LOCK + "        refines Abstract with {\n          free = not taken" + _PLACES,
    ),
    entry(
        "K195",
        "an abstract variable without an image",
        """A refinement tells what every variable of the other specification is here, and where
        each of its processes rests. Of the places of a process a single one may be left out: it
        is meant where no condition holds.""",
        wrong=_LOCK + "        refines Abstract with {" + _PLACES,
        right=_LOCK + "        refines Abstract with {\n          free = not taken" + _PLACES,
    ),
    entry(
        "K196",
        "an image of something else",
        """Left of the sign stands a variable of the other specification, with a new name for each
        key (`x[k] = ...`), or a place of one of its processes (`user[p] at take = ...`).""",
        wrong=_LOCK
        + "        refines Abstract with {\n          free = not taken\n          held = taken"
        + _PLACES,
        right=_LOCK + "        refines Abstract with {\n          free = not taken" + _PLACES,
    ),
    entry(
        "K197",
        "a rank of nothing that leads to something",
        """A rank tells why `forall c: T. p ~> q` holds: of which threads and actions a step brings
        `q` nearer, and what becomes less by it. It has the name of the property, and a name for
        each that the property quantifies.""",
        wrong=_WAITING
        + """
        property served: forall c: Cpu. worker[c] at wait ~> worker[c] at critical
        rank of serve(c) { step worker[d] where d = c and worker[d] at wait decreases 0 }
        """,
        right=_WAITING
        + """
        property served: forall c: Cpu. worker[c] at wait ~> worker[c] at critical
        rank of served(c) { step worker[d] where d = c and worker[d] at wait decreases 0 }
        """,
    ),
    entry(
        "K198",
        "a rank by something that cannot be it",
        """What helps is a step of a thread (`step worker[d]`) or of an action (`step send(m)`); the
        names in brackets are new. What decreases is a number, a condition, which becomes false,
        or a set, which loses elements.""",
        wrong=_WAITING
        + """
        property served: forall c: Cpu. worker[c] at wait ~> worker[c] at critical
        rank of served(c) { step critical where worker[c] at wait decreases 0 }
        """,
        right=_WAITING
        + """
        property served: forall c: Cpu. worker[c] at wait ~> worker[c] at critical
        rank of served(c) { step worker[d] where d = c and worker[d] at wait decreases 0 }
        """,
    ),
)
