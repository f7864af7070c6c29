"""Little programs that take and release locks, made at random."""

from __future__ import annotations

from collections.abc import Sequence

from tests.support.dice import Dice

LOCK = """
object {name} {{
  var taken: bool = false
  procedure acquire() {{
    atomic {{
      await not taken
      taken := true
    }}
  }}
  procedure release() {{ taken := false }}
}}
"""
SHARED_LOCK = """
object {name} {{
  var readers: 0..4 = 0
  var writing: bool = false
  procedure acquire_read() {{
    atomic {{
      await not writing
      readers := readers + 1
    }}
  }}
  procedure release_read() {{ atomic readers := readers - 1 }}
  procedure acquire_write() {{
    atomic {{
      await not writing and readers = 0
      writing := true
    }}
  }}
  procedure release_write() {{ writing := false }}
}}
"""


def locks(plain: Sequence[str], shared: Sequence[str] = ()) -> str:
    """Return the declarations of locks."""
    texts = [LOCK.format(name=name) for name in plain]
    texts += [SHARED_LOCK.format(name=name) for name in shared]
    return "".join(texts) + f"lock order {', '.join((*plain, *shared))}\n"


def body(dice: Dice, names: Sequence[str], length: int, shared: Sequence[str] = ()) -> list[str]:
    """Return lines that take and release locks, and hold none at the end.

    No lock is taken by who holds it; they are released in any order.
    """
    held: list[str] = []
    lines: list[str] = []
    for _ in range(length):
        free = [name for name in names if all(name != lock.split(".")[0] for lock in held)]
        if free and (not held or dice.below(3)):
            name = dice.pick(free)
            mode = dice.pick(("_read", "_write")) if name in shared else ""
            lines.append(f"{name}.acquire{mode}()")
            held.append(f"{name}.release{mode}()")
        elif held:
            lines.append(held.pop(dice.below(len(held))))
    return [*lines, *held]


def process(head: str, lines: Sequence[str]) -> str:
    """Return a process, or an interrupt."""
    return f"{head} {{\n" + "".join(f"  {line}\n" for line in lines) + "}\n"
