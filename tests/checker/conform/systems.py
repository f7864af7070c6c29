"""Small kernels of our own for the tests: threads over a few cells, some of them not sound."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from kernel_impl.steps import Body, Cell, Memory, atomic, choose, fetch_add, load, observe, store
from kernel_impl.system import Event, Invariant, Layout, System, Thread

EVENTS = (Event("took", 1), Event("gave", 1))


def system(
    bodies: Mapping[str, Callable[[Cell], Body]],
    *,
    domain: range = range(4),
    claims: tuple[tuple[str, Callable[[int], bool]], ...] = (),
    final: tuple[tuple[str, Callable[[int], bool]], ...] = (),
    daemons: frozenset[str] = frozenset(),
) -> System:
    """Makes a system of threads over one cell `x`."""
    layout = Layout()
    x = layout.cell("x", domain)

    def about(claim: Callable[[int], bool], memory: Memory) -> bool:
        return claim(memory.read(x))

    return System(
        layout.cells,
        tuple(
            Thread(name, n, partial(body, x), is_daemon=name in daemons)
            for n, (name, body) in enumerate(bodies.items())
        ),
        tuple(Invariant(name, partial(about, claim)) for name, claim in claims),
        tuple(Invariant(name, partial(about, claim)) for name, claim in final),
        EVENTS,
    )


async def increment(x: Cell) -> None:
    """Loads and stores: loses updates."""
    seen = await load(x)
    await store(x, seen + 1)


async def increment_at_once(x: Cell) -> None:
    """Never loses an update."""
    await fetch_add(x, 1)


async def pick(x: Cell) -> None:
    """Stores one of three values."""
    picked = await choose(3)
    await store(x, picked)


async def take_and_give(x: Cell) -> None:
    """Observes two events about two accesses."""
    await store(x, 1)
    await observe("took", 1)
    await store(x, 0)
    await observe("gave", 1)


async def keep_two_dead_locals(x: Cell) -> None:
    """Has a variable that is never read again."""
    before = await load(x)
    await store(x, (before + 1) % 4)
    await load(x)
    await store(x, 0)


async def use_in_handler(x: Cell) -> None:
    """Has a variable that only the handler of an exception reads."""
    fallback = await load(x)
    wanted = await load(x)
    try:
        value = (0, 1)[wanted]
    except IndexError:
        value = fallback
    await store(x, value)


async def close_over(x: Cell) -> None:
    """Has a variable that only a nested function reads."""
    limit = await load(x)
    seen = await load(x)
    total = sum(1 for each in range(4) if each <= limit + seen)
    await store(x, total % 4)


def add_two(memory: Memory, x: Cell) -> None:
    memory.write(x, memory.read(x) + 2)


async def leave_domain(x: Cell) -> None:
    """Adds two until there is no room."""
    while True:
        await atomic(add_two, x)
