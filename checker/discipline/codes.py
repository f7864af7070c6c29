"""Diagnostics of locks, interrupts and failures: K239 to K249."""

from __future__ import annotations

from textwrap import dedent
from typing import Final

from grammar.codes import CodeInfo

NOBODY_FAILS: Final = "K239"
NO_LOCK: Final = "K240"
CIRCLE: Final = "K241"
AGAINST_ORDER: Final = "K242"
CIRCULAR_ORDER: Final = "K243"
NOT_HELD: Final = "K244"
WAITS_IN_VAIN: Final = "K245"
INTERRUPTED: Final = "K246"
NO_INTERRUPTS: Final = "K247"
LEAVES_HANDLER: Final = "K248"
NAMED_CRASHED: Final = "K249"

_LOCKS: Final = """
import lib.mutex as A
import lib.mutex as B
processors Cpu[2]
"""


def _code(code: str, title: str, explanation: str, wrong: str, right: str) -> CodeInfo:
    wrong, right = (f"spec example\n{dedent(text).strip()}\n" for text in (wrong, right))
    return CodeInfo(code, title, " ".join(explanation.split()), wrong, right)


def _process(*lines: str) -> str:
    return "process worker on Cpu {\n" + "".join(f"  {line}\n" for line in lines) + "}\n"


DISCIPLINE_CODES: Final[tuple[CodeInfo, ...]] = (
    _code(
        NOBODY_FAILS,
        "a failure of nobody",
        """`crash` and `reboot` concern the processes that are declared on the same type; without
        `on`, those that have none.""",
        "processors Cpu\nprocess main { skip }\ncrash on Cpu { skip }\n",
        "processors Cpu\nprocess main { skip }\ncrash { skip }\n",
    ),
    _code(
        NO_LOCK,
        "not a lock",
        """`lock order` names objects and imports that are locks. A lock has a procedure `acquire`
        and a procedure `release`; one that can be shared has `acquire_read`, `release_read`,
        `acquire_write` and `release_write`; `try_acquire` and its like return whether the lock was
        taken. These procedures have no parameters.""",
        "processors Cpu\nlock order Cpu\n",
        "import lib.mutex as A\nlock order A\n",
    ),
    _code(
        CIRCLE,
        "locks that are taken in a circle",
        """One thread holds A and waits for B, another holds B and waits for A: both wait for ever.
        The notes say where each lock of the circle is taken, and where the next one is waited for
        meanwhile. It is reported even if no run comes there with the values that were chosen, but
        not if all of it happens under one more lock, or needs one thread to be in two places.
        Take locks in one order everywhere, and declare it.""",
        f"""{_LOCKS}
lock order A, B
process one {{
  A.acquire()
  B.acquire()
  B.release()
  A.release()
}}
process other {{
  B.acquire()
  A.acquire()
  A.release()
  B.release()
}}
""",
        _LOCKS
        + "lock order A, B\n"
        + _process("A.acquire()", "B.acquire()", "B.release()", "A.release()"),
    ),
    _code(
        AGAINST_ORDER,
        "a lock that is taken against the declared order",
        """`lock order A < B` says that who needs both takes A first. Here A is taken while B is
        held.""",
        _LOCKS
        + "lock order A < B\n"
        + _process("B.acquire()", "A.acquire()", "A.release()", "B.release()"),
        _LOCKS
        + "lock order A < B\n"
        + _process("A.acquire()", "B.acquire()", "B.release()", "A.release()"),
    ),
    _code(
        CIRCULAR_ORDER,
        "an order that goes round in a circle",
        """The declared orders together say that a lock comes before itself.""",
        f"{_LOCKS}lock order A < B, B < A\n",
        f"{_LOCKS}lock order A < B\n",
    ),
    _code(
        NOT_HELD,
        "a lock that is not released where it was taken",
        """A thread releases a lock that it never holds there, or ends with one that it holds on
        every way. A reader releases with `release_read`, a writer with `release_write`. The same is
        said of a thread that ends with interrupts off.""",
        _LOCKS + "lock order A < B\n" + _process("A.acquire()", "B.acquire()", "B.release()"),
        _LOCKS
        + "lock order A < B\n"
        + _process("A.acquire()", "B.acquire()", "B.release()", "A.release()"),
    ),
    _code(
        WAITS_IN_VAIN,
        "waiting with a lock held that others need to end the waiting",
        """A thread waits for a condition while it holds a lock, and every place that changes what
        the condition reads is reached only with that lock held. If the condition does not hold
        already it never will. Release the lock before waiting, and look again afterwards. If the
        waiting belongs to another lock, name that one in `lock order` as well.""",
        f"""{_LOCKS}
lock order A
var is_ready: bool = false
process consumer {{
  A.acquire()
  await is_ready
  A.release()
}}
process producer {{
  A.acquire()
  is_ready := true
  A.release()
}}
""",
        f"""{_LOCKS}
lock order A
var is_ready: bool = false
process consumer {{
  await is_ready
  A.acquire()
  A.release()
}}
process producer {{
  A.acquire()
  is_ready := true
  A.release()
}}
""",
    ),
    _code(
        INTERRUPTED,
        "a lock that an interrupt takes from the thread that it interrupts",
        """An interrupt handler runs on the processor of the thread that it interrupts, and that
        thread goes on only when the handler is done. If the thread holds a lock and the handler
        waits for it, both wait for ever. Such a lock is held with interrupts off, wherever it is
        taken.""",
        _LOCKS
        + "lock order A\n"
        + _process("A.acquire()", "A.release()")
        + "interrupt tick on Cpu {\n  A.acquire()\n  A.release()\n}\n",
        _LOCKS
        + "lock order A\n"
        + _process("disable", "A.acquire()", "A.release()", "enable")
        + "interrupt tick on Cpu {\n  A.acquire()\n  A.release()\n}\n",
    ),
    _code(
        NO_INTERRUPTS,
        "interrupts switched where there are none",
        """`disable` and `enable` are for the processor that runs them. Interrupts come to it if an
        `interrupt` is declared on the same type as the process; to a process without a type come
        those that have none either. Actions are run by no processor.""",
        "processors Cpu\nprocess worker on Cpu {\n  disable\n  enable\n}\n",
        """
        processors Cpu
        var ticks: [Cpu] mod 4 = 0
        process worker on Cpu {
          disable
          enable
        }
        interrupt tick on Cpu {
          atomic ticks[self] := ticks[self] + 1
        }
        """,
    ),
    _code(
        LEAVES_HANDLER,
        "a `return` in an interrupt handler",
        """An interrupt handler has no caller. It is done when control comes to its end, and is then
        ready for the next interrupt.""",
        """
        var ticks: 0..1 = 0
        process main { skip }
        interrupt tick {
          if ticks = 1 { return }
          ticks := 1
        }
        """,
        """
        var ticks: 0..1 = 0
        process main { skip }
        interrupt tick {
          if ticks = 0 { ticks := 1 }
        }
        """,
    ),
    _code(
        NAMED_CRASHED,
        "a label called `crashed`",
        """Where a `crash` is declared, `crashed` is the place where a process is that has crashed,
        so no label of it may have that name.""",
        "processors Cpu\nprocess worker on Cpu { crashed: skip }\ncrash on Cpu <= 1 { skip }\n",
        "processors Cpu\nprocess worker on Cpu { broken: skip }\ncrash on Cpu <= 1 { skip }\n",
    ),
)
