"""Statements and procedures: K150 to K199."""

from __future__ import annotations

from typing import Final

from checker.elaborate.codes.entry import entry
from grammar.codes import CodeInfo

STATEMENT_CODES: Final[tuple[CodeInfo, ...]] = (
    entry(
        "K150",
        "a hardware primitive within an expression",
        """A primitive such as `swap` or `cas` is one access to memory and thereby a step. It
        stands alone, as the whole right side of an assignment or `let`, as a returned value, or
        as the condition of `if` or `while`, there also under `not` or compared with locals.""",
        wrong="""
        var word: mod 8 = 0
        process main {
          let ticket = fetch_add(word, 1) + 1
        }
        """,
        right="""
        var word: mod 8 = 0
        process main {
          let ticket = fetch_add(word, 1)
          let following = ticket + 1
        }
        """,
    ),
    entry(
        "K151",
        "a hardware primitive on a local",
        """Primitives exist because others may interfere. Nobody else sees a local, so that an
        ordinary assignment does the same.""",
        wrong="""
        process main {
          var mine: 0..1 = 0
          let before = swap(mine, 1)
        }
        """,
        right="""
        var ours: 0..1 = 0
        process main {
          let before = swap(ours, 1)
        }
        """,
    ),
    entry(
        "K160",
        "an assignment to what keeps its value",
        """Constants, parameters, names bound by `let`, `choose`, `for` and quantifiers, and
        `self` keep their value. Variables change.""",
        wrong="""
        const N = 3
        process main {
          N := 4
        }
        """,
        right="""
        var n: 0..7 = 3
        process main {
          n := 4
        }
        """,
    ),
    entry(
        "K161",
        "one place assigned twice at once",
        """`a, b := x, y` evaluates both right sides and then assigns both places, which must
        differ.""",
        wrong="""
        var x: 0..1 = 0
        process main {
          atomic x, x := 0, 1
        }
        """,
        right="""
        var x: 0..1 = 0
        var y: 0..1 = 0
        process main {
          atomic x, y := 0, 1
        }
        """,
    ),
    entry(
        "K162",
        "targets and values that do not match",
        """Each place to the left of `:=` gets the value at the same position to its right.""",
        wrong="""
        var x: 0..1 = 0
        var y: 0..1 = 0
        process main {
          atomic x, y := 1
        }
        """,
        right="""
        var x: 0..1 = 0
        var y: 0..1 = 0
        process main {
          atomic x, y := 1, 1
        }
        """,
    ),
    entry(
        "K163",
        "`break` or `continue` outside a loop",
        """Both concern the innermost loop around them, in the same body: a procedure cannot
        leave the loop of its caller.""",
        wrong="""
        process main {
          break
        }
        """,
        right="""
        var x: bool = false
        process main {
          loop {
            if x { break }
          }
        }
        """,
    ),
    entry(
        "K164",
        "a result where there is none, or none where there should be one",
        """A procedure that is declared with a result type returns a value at every `return`;
        one without returns nothing, and nothing can be done with its result.""",
        wrong="""
        procedure work() {
          return true
        }
        process main {
          work()
        }
        """,
        right="""
        procedure work(): bool {
          return true
        }
        process main {
          work()
        }
        """,
    ),
    entry(
        "K165",
        "a procedure that may end without its result",
        """Every way through the body of a procedure with a result type ends in `return` with a
        value.""",
        wrong="""
        var x: bool = false
        procedure look(): bool {
          if x { return true }
        }
        process main {
          let seen = look()
        }
        """,
        right="""
        var x: bool = false
        procedure look(): bool {
          if x { return true }
          return false
        }
        process main {
          let seen = look()
        }
        """,
    ),
    entry(
        "K168",
        "a procedure within an expression",
        """A procedure takes steps, between which others run, so that it cannot be called in the
        middle of an expression. Call it first and use its result; what takes no steps is a
        `function`.""",
        wrong="""
        procedure one(): 0..1 {
          return 1
        }
        process main {
          let two = one() + 1
        }
        """,
        right="""
        procedure one(): 0..1 {
          return 1
        }
        process main {
          let first = one()
          let two = first + 1
        }
        """,
    ),
    entry(
        "K169",
        "a value that is called as a statement",
        """Statements call procedures. A function or an expression that stands alone does
        nothing.""",
        wrong="""
        function one(): 0..1 = 1
        process main {
          one()
        }
        """,
        right="""
        function one(): 0..1 = 1
        process main {
          let first = one()
        }
        """,
    ),
    entry(
        "K170",
        "an initial value that must be told",
        """Without a value a `bool` starts as false, a `T?` as none, a set and a sequence empty.
        Numbers, enums and elements of sorts have no natural first value: a forgotten one would
        be a guess.""",
        wrong="var level: 1..4",
        right="var level: 1..4 = 1",
    ),
)
