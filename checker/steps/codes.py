"""Diagnostics of cutting code into steps: K250 to K279."""

from __future__ import annotations

from typing import Final

from grammar.codes import CodeInfo

SEVERAL_ACCESSES: Final = "K250"
ENDLESS_LOOP: Final = "K251"
UNREACHABLE: Final = "K252"
LABEL_IN_ATOMIC: Final = "K253"
LABEL_END: Final = "K254"

STEP_CODES: Final[tuple[CodeInfo, ...]] = (
    CodeInfo(
        SEVERAL_ACCESSES,
        "more than one shared access in a step",
        "A statement of a process or procedure is one step, and no other thread sees the middle of "
        "it. A machine gives that for one access to one shared variable, and for a hardware "
        "primitive such as `swap` or `cas`; it does not give it for two loads, or for a load and a "
        "store. A model that takes such a statement for one step can be right where the program "
        "is wrong.\n\n"
        "Split the statement: `let` reads a shared variable into a local, and each statement then "
        "makes one access. If the machine, or a lock that the model leaves out, does make it one "
        "step, write `atomic` before the statement. Assertions and ghost variables cost nothing.",
        wrong="spec example\n"
        "processors Cpu[2]\n"
        "var counter: mod 4 = 0\n"
        "process worker on Cpu {\n"
        "  counter := counter + 1\n"
        "}\n",
        right="spec example\n"
        "processors Cpu[2]\n"
        "var counter: mod 4 = 0\n"
        "process worker on Cpu {\n"
        "  let seen = counter\n"
        "  counter := seen + 1\n"
        "}\n",
    ),
    CodeInfo(
        ENDLESS_LOOP,
        "a loop that never rests and never ends",
        "Code that touches no shared state runs within the step before it, so that a loop of such "
        "code must come to an end. This one has no way out: no condition that can become false, no "
        "`break` and no `return`. The same holds for every loop inside `atomic` and in actions.\n\n"
        "Give the loop an exit, or, if the thread is meant to idle for ever, a labelled `skip` at "
        "which it rests.",
        wrong="spec example\n"
        "process main {\n"
        "  var n: mod 4 = 0\n"
        "  loop {\n"
        "    n := n + 1\n"
        "  }\n"
        "}\n",
        right="spec example\n"
        "process main {\n"
        "  var n: mod 4 = 0\n"
        "  loop {\n"
        "    idle: skip\n"
        "    n := n + 1\n"
        "  }\n"
        "}\n",
    ),
    CodeInfo(
        UNREACHABLE,
        "a statement that is never reached",
        "Control cannot come to this statement: what stands before it loops for ever, or leaves in "
        "every case. Such a statement checks nothing, so it is either superfluous or a sign that "
        "the code before it says something else than was meant.",
        wrong="spec example\n"
        "var x: 0..1 = 0\n"
        "process main {\n"
        "  loop {\n"
        "    x := 1\n"
        "  }\n"
        "  x := 0\n"
        "}\n",
        right="spec example\n"
        "var x: 0..1 = 0\n"
        "process main {\n"
        "  loop {\n"
        "    x := 1\n"
        "    break\n"
        "  }\n"
        "  x := 0\n"
        "}\n",
    ),
    CodeInfo(
        LABEL_IN_ATOMIC,
        "a label where control never rests",
        "A label names the place where a thread rests before a statement. Inside `atomic` and in "
        "an action a thread does not rest, so `at` could never hold there. Put the label before "
        "`atomic`, or end the atomic block before the label.",
        wrong="spec example\n"
        "var x: 0..1 = 0\n"
        "process main {\n"
        "  atomic {\n"
        "    x := 1\n"
        "    inside: x := 0\n"
        "  }\n"
        "}\n",
        right="spec example\n"
        "var x: 0..1 = 0\n"
        "process main {\n"
        "  before: atomic {\n"
        "    x := 1\n"
        "    x := 0\n"
        "  }\n"
        "}\n",
    ),
    CodeInfo(
        LABEL_END,
        "a label called `end`",
        "`end` is the place where every process rests when its body is finished, so no label may "
        "have that name.",
        wrong="spec example\nprocess main {\n  end: skip\n}\n",
        right="spec example\nprocess main {\n  done: skip\n}\n",
    ),
)
