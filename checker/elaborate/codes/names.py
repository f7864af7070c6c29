"""Names, constants and types: K100 to K129."""

from __future__ import annotations

from typing import Final

from checker.elaborate.codes.entry import entry
from grammar.codes import CodeInfo

NAME_CODES: Final[tuple[CodeInfo, ...]] = (
    entry(
        "K100",
        "an unknown name",
        """Nothing of this name is declared here, in the blocks around, or in the specification.
        Names of an object or an import are written with its name before them: `Lock.tail`.
        Locals are known in their block, from their declaration on.""",
        wrong="""
        var counter: 0..3 = 0
        invariant small: conuter < 4
        """,
        right="""
        var counter: 0..3 = 0
        invariant small: counter < 4
        """,
    ),
    entry(
        "K101",
        "a name that is declared twice",
        """One name stands for one thing: in a specification, in an object, among the fields of
        a record, among the labels of a body, in one block. A block inside may use a name again
        for something else.""",
        wrong="""
        var flag: bool = false
        var flag: 0..1 = 0
        """,
        right="""
        var flag: bool = false
        var number: 0..1 = 0
        """,
    ),
    entry(
        "K102",
        "a name of the wrong kind",
        """The name is known, but it stands for something else than is needed here: a type where
        a value is needed, a variable where something is called, a value where a type is
        needed.""",
        wrong="""
        const N = 3
        var counter: N = 0
        """,
        right="""
        const N = 3
        var counter: 0..N = 0
        """,
    ),
    entry(
        "K103",
        "no such member",
        """Records have their fields, enums their members, objects and imports what they
        declare, tuples the components `.0`, `.1` and so on. Nothing else has members.""",
        wrong="""
        record Message { from: 0..3, value: 0..9 }
        var last: Message = Message(from = 0, value = 0)
        invariant small: last.sender < 4
        """,
        right="""
        record Message { from: 0..3, value: 0..9 }
        var last: Message = Message(from = 0, value = 0)
        invariant small: last.from < 4
        """,
    ),
    entry(
        "K104",
        "a member of several enums",
        """Members of enums are written without the name of their enum where it is clear which
        is meant. Here several enums have a member of this name, and nothing around says
        which.""",
        wrong="""
        enum Door { open, shut }
        enum File { open, closed }
        process main {
          let state = open
        }
        """,
        right="""
        enum Door { open, shut }
        enum File { open, closed }
        process main {
          let state = Door.open
        }
        """,
    ),
    entry(
        "K110",
        "a constant without a value",
        """A constant that is declared without a value gets one from `-c NAME=VALUE`, or from
        the file that imports the specification.""",
        wrong="""
        const N
        var x: 0..N = 0
        """,
        right="""
        const N = 3
        var x: 0..N = 0
        """,
    ),
    entry(
        "K111",
        "`-c` names nothing that it could set",
        """`-c` gives values to constants and sizes to sorts. Those of an import go by their
        full name, `-c Lock.N=2`, unless the import itself gives them.""",
    ),
    entry(
        "K112",
        "`-c` without a proper value",
        """A number, `true` or `false`, a member of an enum, or any expression without variables
        is the value of a constant; a number from 1 is the size of a sort.""",
    ),
    entry(
        "K113",
        "a constant outside its range",
        """A constant that is declared with a type has a value of that type, wherever the value
        comes from. (A single number outside its range is K132.)""",
    ),
    entry(
        "K114",
        "a circle of definitions",
        """The value of a constant, or a type, is worked out from others, and these lead back to
        it.""",
        wrong="""
        const A = B + 1
        const B = A - 1
        """,
        right="""
        const A = B + 1
        const B = 2
        """,
    ),
    entry(
        "K115",
        "not a constant",
        """What is needed here is known before anything runs: bounds of types, sizes, values of
        constants. It cannot depend on a variable, and it cannot fail, as division by zero
        does.""",
        wrong="""
        var x: 0..3 = 0
        const LIMIT = x + 1
        """,
        right="""
        const START = 0
        var x: 0..3 = START
        const LIMIT = START + 1
        """,
    ),
    entry(
        "K116",
        "an impossible number of elements",
        """A sort has at least one element, and no more than a set could hold.""",
        wrong="processors Cpu[0]",
        right="processors Cpu[2]",
    ),
    entry(
        "K117",
        "too large",
        """Everything is finite and is going to be searched: numbers have at most 64 bits, a
        quantifier runs through so many values only, a value takes so many bits only, and calls,
        which are written out where they stand, must come to an end of reasonable length. The
        message names the limit.""",
        wrong="""
        var x: 0..1_000_000_000 = 0
        invariant far: forall y: 0..1_000_000_000. x <= y
        """,
        right="""
        var x: 0..1_000_000_000 = 0
        invariant far: forall y: 0..10. x >= y - 10
        """,
    ),
    entry(
        "K118",
        "a type without values",
        """A range has its smaller bound first, a modulus is at least 1, and a sequence has room
        for at least one element.""",
        wrong="var x: 3..0 = 0",
        right="var x: 0..3 = 0",
    ),
    entry(
        "K119",
        "an integer without bounds",
        """Every variable has finitely many values, because all reachable states are visited.
        The range is also checked: storing a value outside is an error with a trace. `mod n`
        wraps instead.""",
        wrong="var x: int = 0",
        right="var x: 0..7 = 0",
    ),
    entry(
        "K120",
        "an option of an option",
        """`T?` adds the one value `none` to a type; a second `?` would add another one that
        cannot be told from the first.""",
        wrong="var x: bool?? = none",
        right="var x: bool? = none",
    ),
    entry(
        "K125",
        "an import gives what is not asked for",
        """An import gives values to constants and sorts that the imported specification
        declares, each once.""",
        wrong="import lib.spin as Lock(Size = 3)",
        right="""
        processors Cpu
        import lib.spin as Lock(Cpu = Cpu)
        """,
    ),
    entry(
        "K127",
        "a sort is given something else",
        """The sort of an imported specification is replaced by a sort of the importing one, or
        another type, so that both speak of the same processors.""",
        wrong="""
        import lib.spin as Lock(Cpu = 3)
        """,
        right="""
        processors Cpu
        import lib.spin as Lock(Cpu = Cpu)
        """,
    ),
)
