"""Roots and representatives: one object, several copies that know each other.

A *root* answers misses: it finds or makes the representative that serves a processor and installs
it there. `SingleRepRoot` has one representative for everybody. `MultiRepRoot` has one for each
cluster of processors and makes it when a processor of the cluster first calls: an object that is
used on one processor costs nothing on the others.

Roots and representatives stand in a `Directory`, by number; cells refer to them by these numbers.
They come from pools: a representative is FREE, LIVE or CLEANED, and so is a root. Nothing is used
unless LIVE, which `check_alive` checks at every access of a representative to its own data.

Cleaning. `cleanup(START)` comes once, when no processor translates to the object any more and no
thread can still be inside on the processors that were visited; `cleanup(HERE)` comes once for each
other processor with a representative, is refused before START and then asked again. Whoever takes
away the last representative frees the root.

Source: K42 lib/libc/cobj/CObjRoot.H, CObjRootSingleRep.C, CObjRootMultiRep.C. Differs: the mask of
    a cluster is computed as documented, not as coded (COS-B4); an object that was never called can
    be destroyed (COS-B6).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Protocol

from kernel_impl.cobj.table import Tables
from kernel_impl.errors import require
from kernel_impl.locks.interface import Lock
from kernel_impl.machine.context import Context
from kernel_impl.machine.packed import lowest
from kernel_impl.steps import Cell, Memory, fetch_and, fetch_or, load, store
from kernel_impl.system import Layout

FREE: Final = 0
LIVE: Final = 1
CLEANED: Final = 2
STATES: Final = range(3)


class Cleanup(IntEnum):
    """What a root is asked to do."""

    START = 0
    HERE = 1


class Rep(Protocol):
    """A representative: answers calls on behalf of its object."""

    @property
    def state(self) -> Cell:
        """FREE, LIVE or CLEANED."""
        ...

    async def call(self, who: Context, method: int, argument: int) -> int:
        """Performs a method; `who` is active."""
        ...

    async def open(self, who: Context) -> None:
        """Makes a free representative live; the root sees to it that this happens once."""
        ...


class Root(Protocol):
    """The authority over one object."""

    @property
    def state(self) -> Cell:
        """FREE, LIVE or CLEANED."""
        ...

    @property
    def translated(self) -> Cell:
        """Bits of the processors whose local entry may hold a representative of this root."""
        ...

    async def handle_miss(self, who: Context, ref: int) -> int:
        """Installs the representative for the processor of `who` and returns its number."""
        ...

    async def prepare(self, who: Context) -> None:
        """Makes a free root live and empty; nothing translates to it yet."""
        ...

    async def rep_here(self, who: Context) -> int:
        """Returns the representative that serves a processor, without installing it."""
        ...

    async def represented_on(self) -> int:
        """Returns the bits of the processors that are to be cleaned one by one."""
        ...

    async def cleanup(self, who: Context, command: Cleanup) -> bool:
        """Takes one step of being destroyed; False when it must be asked again later."""
        ...


class Directory:
    """All roots and representatives, by number from 1. Filled while a system is declared."""

    def __init__(self) -> None:
        self._roots: list[Root] = []
        self._reps: list[Rep] = []

    def add_root(self, root: Root) -> int:
        """Adds a root and returns its number."""
        self._roots.append(root)
        return len(self._roots)

    def add_rep(self, rep: Rep) -> int:
        """Adds a representative and returns its number."""
        self._reps.append(rep)
        return len(self._reps)

    def root(self, number: int) -> Root:
        """Returns a root."""
        require(number > 0, "a root is used by a number that it has")
        return self._roots[number - 1]

    def rep(self, number: int) -> Rep:
        """Returns a representative."""
        require(number > 0, "a representative is used by a number that it has")
        return self._reps[number - 1]

    @property
    def roots(self) -> tuple[Root, ...]:
        """All roots, in order of their numbers."""
        return tuple(self._roots)

    @property
    def reps(self) -> tuple[Rep, ...]:
        """All representatives, in order of their numbers."""
        return tuple(self._reps)


@dataclass(frozen=True, slots=True, eq=False)
class SingleRepRoot:
    """A root with one representative for all processors, which lives as long as the root."""

    tables: Tables
    directory: Directory
    rep: int
    state: Cell
    translated: Cell

    @classmethod
    def declare(
        cls,
        layout: Layout,
        name: str,
        tables: Tables,
        directory: Directory,
        rep: int,
        *,
        state: int = LIVE,
        translated: int = 0,
    ) -> SingleRepRoot:
        """Declares a root over a representative, translated on some processors already."""
        return cls(
            tables,
            directory,
            rep,
            layout.cell(f"{name}.state", STATES, initial=state),
            layout.cell(f"{name}.translated", range(1 << tables.vps), initial=translated),
        )

    async def handle_miss(self, who: Context, ref: int) -> int:
        """Installs the representative; duplicates do no harm, so there is no lock."""
        await fetch_or(self.translated, 1 << who.vp)
        await self.tables.install(who.vp, ref, self.rep)
        return self.rep

    async def prepare(self, who: Context) -> None:
        """Makes the root and its representative live."""
        await store(self.translated, 0)
        await self.directory.rep(self.rep).open(who)
        await store(self.state, LIVE)

    async def rep_here(self, who: Context) -> int:
        """Returns the representative."""
        return self.rep

    async def represented_on(self) -> int:
        """Returns none: `START` cleans the one representative."""
        return 0

    async def cleanup(self, who: Context, command: Cleanup) -> bool:
        """Cleans everything at START."""
        require(command is Cleanup.START, "a single representative is cleaned at the start")
        await store(self.directory.rep(self.rep).state, CLEANED)
        await store(self.state, FREE)
        return True


@dataclass(frozen=True, slots=True, eq=False)
class MultiRepRoot:
    """A root with one representative for each cluster of processors, made on first use."""

    tables: Tables
    directory: Directory
    reps: tuple[int, ...]  # by cluster
    cluster_vps: int
    lock: Lock
    state: Cell
    # Under `lock`; bits are taken away, one by one, without it.
    translated: Cell
    represented: Cell
    is_starting: Cell  # set at START, never cleared while the root is not free

    @classmethod
    def declare(
        cls,
        layout: Layout,
        name: str,
        tables: Tables,
        directory: Directory,
        *,
        reps: tuple[int, ...],
        lock: Lock,
        cluster_vps: int = 1,
        state: int = LIVE,
        translated: int = 0,
        represented: int = 0,
    ) -> MultiRepRoot:
        """Declares a root over representatives, one for each cluster; some may be there already."""
        return cls(
            tables,
            directory,
            reps,
            cluster_vps,
            lock,
            layout.cell(f"{name}.state", STATES, initial=state),
            layout.cell(f"{name}.translated", range(1 << tables.vps), initial=translated),
            layout.cell(f"{name}.represented", range(1 << len(reps)), initial=represented),
            layout.cell(f"{name}.is_starting", range(2)),
        )

    def cluster(self, vp: int) -> int:
        """Returns the cluster of a processor."""
        return vp // self.cluster_vps

    async def handle_miss(self, who: Context, ref: int) -> int:
        """Finds or makes the representative of the cluster and installs it, under the lock."""
        await self.lock.acquire(who)
        number = await self.locked_rep(who)
        translated = await load(self.translated)
        if not translated >> who.vp & 1:
            await store(self.translated, translated | 1 << who.vp)
        await self.tables.install(who.vp, ref, number)
        await self.lock.release(who)
        return number

    async def prepare(self, who: Context) -> None:
        """Makes the root live, without representatives."""
        await store(self.translated, 0)
        await store(self.represented, 0)
        await store(self.is_starting, 0)
        await store(self.state, LIVE)

    async def rep_here(self, who: Context) -> int:
        """Finds or makes the representative of the cluster."""
        await self.lock.acquire(who)
        number = await self.locked_rep(who)
        await self.lock.release(who)
        return number

    async def locked_rep(self, who: Context) -> int:
        """Returns the representative of the processor, made live if it was not."""
        cluster = self.cluster(who.vp)
        represented = await load(self.represented)
        if not represented >> cluster & 1:
            await self.directory.rep(self.reps[cluster]).open(who)
            await store(self.represented, represented | 1 << cluster)
        return self.reps[cluster]

    async def represented_on(self) -> int:
        """Returns for each cluster with a representative the first processor that uses it."""
        translated = await load(self.translated)
        return sum(
            1 << lowest(translated & self.members(cluster))
            for cluster in range(len(self.reps))
            if translated & self.members(cluster)
        )

    def members(self, cluster: int) -> int:
        """Returns the processors of a cluster, as bits."""
        return ((1 << self.cluster_vps) - 1) << cluster * self.cluster_vps

    async def cleanup(self, who: Context, command: Cleanup) -> bool:
        """Cleans the representative of the own cluster; refused before START."""
        if command is Cleanup.START:
            await store(self.is_starting, 1)
        elif await load(self.is_starting) == 0:
            return False
        mine = 1 << self.cluster(who.vp)
        if await load(self.represented) & mine:
            await store(self.directory.rep(self.reps[self.cluster(who.vp)]).state, CLEANED)
        before = await fetch_and(self.represented, ~mine)
        if before & ~mine == 0 and (before != 0 or command is Cleanup.START):
            await store(self.state, FREE)
        return True


def check_alive(memory: Memory, state: Cell) -> None:
    """Stops the kernel when a representative is used that is not alive."""
    require(memory.read(state) == LIVE, f"{state.name}: a representative is used only while alive")
