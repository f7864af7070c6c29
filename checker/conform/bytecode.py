"""What the bytecode of a coroutine tells about the places where it can be suspended.

Two questions, both answered by following the flow of control of one function, its exception
handlers included:

* Which local variables may still be read after an instruction? The others are *dead*: whatever they
  hold, the function goes on alike. A variable that a nested function shares is never dead.
* How many values lie on the operand stack at an instruction? A suspended `await` itself has two,
  what it waits for and what that handed out. A third one is hidden from everybody: an operand that
  was put aside, or the iterator of a `for` around the await.

Source: Muchnick, "Advanced compiler design and implementation", 1997, 14.1 (liveness); the
    instructions are those of the standard module `dis`.
"""

from __future__ import annotations

import dis
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType

AWAIT_OPERANDS: Final = 2
_ENDS: Final = frozenset({"RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "RERAISE"})
_ALWAYS: Final = frozenset({"JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT"})


@dataclass(frozen=True, slots=True)
class _Edge:
    """Control may go to the instruction at `target`; an exception leaves `depth` on the stack."""

    target: int
    is_jump: bool
    depth: int | None = None


@dataclass(frozen=True, slots=True)
class _Flow:
    """A function: its instructions, where each may lead, and its shared variables."""

    instructions: tuple[dis.Instruction, ...]
    edges: dict[int, tuple[_Edge, ...]]
    shared: frozenset[str]


@functools.cache
def live_after(code: CodeType) -> dict[int, frozenset[str]]:
    """Return for each offset the local variables that may be read after that instruction."""
    flow = _flow(code)
    live_in: dict[int, frozenset[str]] = {i.offset: flow.shared for i in flow.instructions}
    live_out = dict(live_in)
    is_changed = True
    while is_changed:
        is_changed = False
        for each in reversed(flow.instructions):
            out = flow.shared.union(*(live_in[e.target] for e in flow.edges[each.offset]))
            read, written = _uses(each)
            # An exception may come before the write, so what its handler reads stays live.
            handled = [live_in[e.target] for e in flow.edges[each.offset] if e.depth is not None]
            into = (out - written) | read | frozenset().union(*handled)
            is_changed |= into != live_in[each.offset] or out != live_out[each.offset]
            live_in[each.offset], live_out[each.offset] = into, out
    return live_out


@functools.cache
def operands_at(code: CodeType) -> dict[int, int]:
    """Return for each offset that can be reached the depth of the stack before it."""
    flow = _flow(code)
    by_offset = {each.offset: each for each in flow.instructions}
    # What stands before the first RESUME makes the coroutine and leaves nothing behind.
    start = next(each.offset for each in flow.instructions if each.opname == "RESUME")
    depths = {start: 0}
    todo = [start]
    while todo:
        offset = todo.pop()
        each = by_offset[offset]
        for edge in flow.edges[offset]:
            depth = edge.depth
            if depth is None:
                argument = each.arg if each.opcode >= dis.HAVE_ARGUMENT else None
                effect = dis.stack_effect(each.opcode, argument, jump=edge.is_jump)
                depth = depths[offset] + effect
            if edge.target not in depths:
                depths[edge.target] = depth
                todo.append(edge.target)
    return depths


def _flow(code: CodeType) -> _Flow:
    instructions = tuple(dis.get_instructions(code))
    # The attribute is in the standard library since 3.11, but not in its type stubs.
    handlers = tuple(dis.Bytecode(code).exception_entries)  # type: ignore[attr-defined]
    edges = {}
    for at, each in enumerate(instructions):
        following = instructions[at + 1].offset if at + 1 < len(instructions) else None
        found = list(_leads_to(each, following))
        for entry in handlers:
            if entry.start <= each.offset < entry.end:
                depth = entry.depth + int(entry.lasti) + 1
                found.append(_Edge(entry.target, is_jump=True, depth=depth))
        edges[each.offset] = tuple(found)
    return _Flow(instructions, edges, frozenset(code.co_cellvars) | frozenset(code.co_freevars))


def _leads_to(each: dis.Instruction, following: int | None) -> Iterator[_Edge]:
    if "JUMP" in each.opname or each.opname in {"SEND", "FOR_ITER"}:
        yield _Edge(each.argval, is_jump=True)
    if following is not None and each.opname not in _ENDS and each.opname not in _ALWAYS:
        yield _Edge(following, is_jump=False)


def _uses(each: dis.Instruction) -> tuple[frozenset[str], frozenset[str]]:
    """Return the local variables that an instruction reads, and those that it writes."""
    if "_FAST" not in each.opname:
        return frozenset(), frozenset()
    # Later versions join two instructions into one, as in STORE_FAST_LOAD_FAST.
    names = each.argval if isinstance(each.argval, tuple) else (each.argval,)
    actions = [word for word in each.opname.split("_") if word in {"LOAD", "STORE", "DELETE"}]
    read = frozenset(n for n, a in zip(names, actions, strict=False) if a == "LOAD")
    written = frozenset(n for n, a in zip(names, actions, strict=False) if a != "LOAD")
    return read, written - read
