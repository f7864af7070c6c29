"""Values and expressions: K130 to K149."""

from __future__ import annotations

from typing import Final

from checker.elaborate.codes.entry import entry
from grammar.codes import CodeInfo

VALUE_CODES: Final[tuple[CodeInfo, ...]] = (
    entry(
        "K130",
        "a value of the wrong type",
        """The place wants one kind of value and gets another. Nothing is converted but numbers
        between ranges, and a `T` to a `T?` and back.""",
        wrong="var ready: bool = 1",
        right="var ready: bool = true",
    ),
    entry(
        "K131",
        "an operator that does not apply",
        """Each operator works on values of certain types, and the two sides of a comparison or
        a set operation have one type.""",
        wrong="""
        var flag: bool = false
        invariant small: flag + 1 < 2
        """,
        right="""
        var flag: 0..1 = 0
        invariant small: flag + 1 <= 2
        """,
    ),
    entry(
        "K132",
        "a number that never fits",
        """Whatever the state, this number lies outside the range of its place. Where it lies
        outside in some states only, the search finds such a state and shows how it comes
        about.""",
        wrong="var x: 0..3 = 4",
        right="var x: 0..4 = 4",
    ),
    entry(
        "K133",
        "a division by zero",
        """The divisor is 0 in every state. A divisor that is 0 in some states is found by the
        search.""",
        wrong="""
        var x: 0..3 = 0
        invariant none_left: x % 0 = 0
        """,
        right="""
        var x: 0..3 = 0
        invariant none_left: x % 2 = 0
        """,
    ),
    entry(
        "K134",
        "a type that nothing tells",
        """`none`, `{}` and `[]` belong to many types, and a number could be the beginning of
        any range. Declare the name with its type.""",
        wrong="""
        process main {
          var seen = {}
        }
        """,
        right="""
        process main {
          var seen: set of 0..3 = {}
        }
        """,
    ),
    entry(
        "K135",
        "`none` where there is always something",
        """Only a place of type `T?` can be `none`.""",
        wrong="""
        processors Cpu
        var owner: [Cpu] bool = none
        """,
        right="""
        processors Cpu
        var owner: [Cpu] bool? = none
        """,
    ),
    entry(
        "K136",
        "the wrong number of arguments",
        """A procedure, function, record or built-in takes as many arguments as it has
        parameters.""",
        wrong="""
        function larger(a: 0..3, b: 0..3): bool = a > b
        invariant never: not larger(1)
        """,
        right="""
        function larger(a: 0..3, b: 0..3): bool = a > b
        invariant never: not larger(1, 2)
        """,
    ),
    entry(
        "K137",
        "fields and their names",
        """A record is made by giving each of its fields a value, by name: `Message(from = c,
        value = 0)`. Only records are made so; functions and procedures take their arguments in
        order.""",
        wrong="""
        record Pair { left: 0..1, right: 0..1 }
        var pair: Pair = Pair(left = 0)
        """,
        right="""
        record Pair { left: 0..1, right: 0..1 }
        var pair: Pair = Pair(left = 0, right = 0)
        """,
    ),
    entry(
        "K138",
        "an order among interchangeable things",
        """Processors and elements of sorts can be compared for equality only. That is what
        allows the checker to treat them alike. Where they differ by position, as in a ring, use
        a range.""",
        wrong="""
        processors Cpu
        var first: Cpu = any
        invariant smallest: forall c: Cpu. first <= c
        """,
        right="""
        var first: 0..2 = 0
        invariant smallest: forall c: 0..2. first <= c
        """,
    ),
    entry(
        "K139",
        "a comparison that is always the same",
        """The two sides can never be equal, or never differ, whatever the state. That is a
        warning: the condition says nothing, and often a bound or a name is not the one that was
        meant.""",
        wrong="""
        var x: 0..3 = 0
        invariant never: x != 7
        """,
        right="""
        var x: 0..3 = 0
        invariant never: x != 3
        """,
    ),
    entry(
        "K140",
        "`self` where there is none",
        """`self` is the index of the process whose code it stands in. Properties speak of all
        processes, and name them: `forall c: Cpu. worker[c] at done`.""",
        wrong="""
        processors Cpu
        var owner: Cpu? = none
        invariant mine: owner = self
        """,
        right="""
        processors Cpu
        var owner: Cpu? = none
        invariant nobody: forall c: Cpu. owner != c
        """,
    ),
    entry(
        "K141",
        "`old` outside a step property",
        """A `step` property relates the state before a step, `old(...)`, to the state after it.
        All other conditions see one state.""",
        wrong="""
        var x: 0..3 = 0
        invariant grows: x >= old(x)
        """,
        right="""
        var x: 0..3 = 0
        step grows: x >= old(x)
        """,
    ),
    entry(
        "K142",
        "`at` that asks for nothing",
        """`worker[c] at place` holds when control of that process rests at a label, within a
        procedure, or at `end`. It is for properties, assertions, ghosts and guards of actions:
        code of a process could not know it of another one.""",
        wrong="""
        process worker {
          busy: skip
        }
        invariant idle: not worker at bussy
        """,
        right="""
        process worker {
          busy: skip
        }
        invariant idle: worker at busy or worker at end
        """,
    ),
    entry(
        "K143",
        "`any` outside an initial value",
        """`var x: T = any` starts anywhere in its type. In code a free choice is a
        statement.""",
        wrong="""
        var x: 0..3 = 0
        process main {
          x := any
        }
        """,
        right="""
        var x: 0..3 = 0
        process main {
          choose value: 0..3
          x := value
        }
        """,
    ),
    entry(
        "K145",
        "a ghost that could influence the system",
        """Ghost variables are not on the machine. They may be written anywhere and read by
        properties, assertions and assignments of other ghosts, so that leaving them out changes
        nothing but what can be said.""",
        wrong="""
        ghost var entered: bool = false
        process main {
          await not entered
          entered := true
        }
        """,
        right="""
        var entered: bool = false
        process main {
          await not entered
          entered := true
        }
        """,
    ),
    entry(
        "K146",
        "one process or many",
        """A process that is declared `on` a type is one thread per value, and `worker[c]` says
        which. A process without `on` is a single thread and has no index.""",
        wrong="""
        processors Cpu
        process worker on Cpu {
          busy: skip
        }
        invariant idle: not worker at busy or true
        """,
        right="""
        processors Cpu
        process worker on Cpu {
          busy: skip
        }
        invariant idle: forall c: Cpu. not worker[c] at busy or true
        """,
    ),
    entry(
        "K147",
        "recursion",
        """Calls are written out where they stand, so that nothing can call itself, not even
        through others. Loops, quantifiers and an explicit stack say the same within finite
        bounds.""",
        wrong="""
        function down(n: 0..3): 0..3 = if n = 0 then 0 else down(n - 1)
        invariant zero: down(2) = 0
        """,
        right="""
        function down(n: 0..3): 0..3 = n - n
        invariant zero: down(2) = 0
        """,
    ),
    entry(
        "K148",
        "a local that cannot be seen from here",
        """Variables of a process are private: its own code uses them, and properties may look
        at those of its outermost block. Other processes see shared variables
        only.""",
        wrong="""
        process worker {
          var passes: 0..3 = 0
          passes := 1
        }
        process spy {
          await worker.passes = 1
        }
        """,
        right="""
        var passes: 0..3 = 0
        process worker {
          passes := 1
        }
        process spy {
          await passes = 1
        }
        """,
    ),
)
