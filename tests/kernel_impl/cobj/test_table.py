"""The word of the global entry: misses, switches and destroys against one another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest

from kernel_impl.cobj.table import DESTROYED, NO_ROOT, PENDING, READER, SWITCHING, WRITING, Tables
from kernel_impl.errors import Status, require
from kernel_impl.scenarios.cobj import object_space, word_claims
from kernel_impl.steps import Cell, await_not, fetch_and, fetch_or, load, pause, store
from kernel_impl.system import Layout, System, Thread
from tests.support.mini_explorer import explore

REF = 1


async def miss_once(tables: Tables) -> None:
    await await_not(tables.handler[REF], NO_ROOT)
    if await tables.read_enter(REF):
        root = await load(tables.handler[REF])
        again = await load(tables.handler[REF])
        require(root == again != 0, "the root stays while a miss is under way")
        await tables.read_exit(REF)


async def switch_once(tables: Tables, root: int, destroyed: Cell) -> None:
    await await_not(tables.handler[REF], NO_ROOT)
    if not await tables.switch_enter(REF):
        return
    await store(tables.handler[REF], root)
    await tables.write_complete(REF)
    await pause()
    if await tables.switch_exit(REF):
        await destroy_once(tables, destroyed)


async def destroy_once(tables: Tables, destroyed: Cell) -> None:
    if await tables.destroy_enter(REF) is Status.OK:
        before = await load(destroyed)
        require(before == 0, "an object is destroyed once")
        await store(destroyed, 1)


async def destroy_after_boot(tables: Tables, destroyed: Cell) -> None:
    await await_not(tables.handler[REF], NO_ROOT)
    await destroy_once(tables, destroyed)


def word_system(tables_kind: type[Tables], missers: int, switchers: int, destroyers: int) -> System:
    layout = Layout()
    threads = missers + switchers + destroyers
    space = object_space(layout, vps=1, threads=threads, roots=3)
    tables = tables_kind(1, 1, space.tables.local, space.tables.handler, space.tables.word)
    destroyed = layout.cell("destroyed", range(2))

    async def boot() -> None:
        await store(tables.handler[REF], 1)

    running = [Thread("boot", 0, boot)]
    running += [Thread(f"m{n}", 0, partial(miss_once, tables)) for n in range(missers)]
    running += [
        Thread(f"s{n}", 0, partial(switch_once, tables, 2 + n, destroyed)) for n in range(switchers)
    ]
    running += [
        Thread(f"d{n}", 0, partial(destroy_after_boot, tables, destroyed))
        for n in range(destroyers)
    ]
    return System(layout.cells, tuple(running), word_claims(space))


@pytest.mark.parametrize(("missers", "switchers", "destroyers"), [(2, 2, 1), (1, 1, 2), (2, 1, 1)])
def test_misses_switches_and_destroys_do_not_disturb_one_another(
    missers: int, switchers: int, destroyers: int
) -> None:
    found = explore(word_system(Tables, missers, switchers, destroyers))
    assert (found.failure, found.is_exhaustive) == (None, True)


@dataclass(frozen=True, eq=False)
class SwitchesUnderReaders(Tables):
    """Takes the entry without waiting for the misses under way."""

    async def switch_enter(self, ref: int) -> bool:
        before = await fetch_or(self.word[ref], SWITCHING | WRITING)
        return not before & (DESTROYED | PENDING | SWITCHING)


@dataclass(frozen=True, eq=False)
class ForgetsPending(Tables):
    """Ends a switch together with the destroy that it owes."""

    async def switch_exit(self, ref: int) -> bool:
        before = await fetch_and(self.word[ref], ~(SWITCHING | PENDING))
        return bool(before & 0)


@dataclass(frozen=True, eq=False)
class DestroysDuringSwitch(Tables):
    """Does not look whether a switch owns the entry."""

    async def destroy_enter(self, ref: int) -> Status:
        before = await fetch_or(self.word[ref], DESTROYED)
        return Status.DESTROY_IN_PROGRESS if before & DESTROYED else Status.OK


@pytest.mark.parametrize("kind", [SwitchesUnderReaders, DestroysDuringSwitch])
def test_broken_entry_is_refuted(kind: type[Tables]) -> None:
    assert explore(word_system(kind, 1, 1, 1)).failure is not None


def test_pending_destroy_is_done_by_the_switch() -> None:
    layout = Layout()
    space = object_space(layout, vps=1, threads=2, roots=2)
    destroyed = layout.cell("destroyed", range(2))

    def system(tables: Tables) -> System:
        async def switch_then_destroy() -> None:
            await tables.switch_enter(REF)
            status = await tables.destroy_enter(REF)
            require(status is Status.DESTROY_PENDING, "a destroy waits for the switch")
            await tables.write_complete(REF)
            if await tables.switch_exit(REF):
                await destroy_once(tables, destroyed)
            done = await load(destroyed)
            require(done == 1, "the destroy is done")

        return System(layout.cells, (Thread("t", 0, switch_then_destroy),))

    kinds: list[Callable[..., Tables]] = [Tables, ForgetsPending]
    parts = (1, 1, space.tables.local, space.tables.handler, space.tables.word)
    good, bad = (explore(system(kind(*parts))).failure for kind in kinds)
    assert good is None
    assert bad is not None
    assert READER > DESTROYED
