"""Interposition: an arbiter stands before an object and sees its calls.

`capture` puts the arbiter's root in place of the object's root and flushes the translations; from
then on every new call reaches an arbiter representative, which counts it and passes it on to the
representative that would have got it. `release` puts the object's own root back. The object itself
does not change, so nobody waits for quiescence: calls before and after a capture may overlap.

Source: K42 lib/libc/cobj/CObjRootArbiter.C, CObjRepArbiter.C, CObjRepArbiterCallCounter.C. Differs:
    no alternate stacks; a failed capture is reported.
"""

from __future__ import annotations

from dataclasses import dataclass

from kernel_impl.adapt.flush import Flusher
from kernel_impl.cobj.collect import Collector
from kernel_impl.cobj.root import LIVE, STATES, Cleanup, Directory
from kernel_impl.cobj.table import NO_ROOT, Tables
from kernel_impl.errors import Status, require
from kernel_impl.machine.context import Context
from kernel_impl.steps import Cell, fetch_add, fetch_or, load, observe, store
from kernel_impl.system import Layout


@dataclass(frozen=True, slots=True, eq=False)
class ArbiterRep:
    """Counts the calls of one processor and passes them on."""

    directory: Directory
    target: Cell
    state: Cell
    calls: Cell  # written by this processor only

    async def open(self, who: Context) -> None:
        """Does nothing: an arbiter is always live."""

    async def call(self, who: Context, method: int, argument: int) -> int:
        """Counts a call and performs it on the target."""
        await fetch_add(self.calls, 1)
        await observe("interposed", who.thread, method)
        target = await load(self.target)
        rep = await self.directory.root(target).rep_here(who)
        return await self.directory.rep(rep).call(who, method, argument)


@dataclass(frozen=True, slots=True, eq=False)
class Arbiter:
    """The root of an arbiter; stands before one object at a time."""

    collector: Collector
    flusher: Flusher
    reps: tuple[ArbiterRep, ...]
    rep_numbers: tuple[int, ...]
    target: Cell
    state: Cell
    translated: Cell

    @classmethod
    def declare(
        cls,
        layout: Layout,
        name: str,
        collector: Collector,
        flusher: Flusher,
        *,
        roots: int,
        calls: int,
    ) -> Arbiter:
        """Declares an arbiter that counts up to so many calls on each processor."""
        tables, directory = collector.tables, collector.directory
        target = layout.cell(f"{name}.target", range(roots + 1))
        reps = tuple(
            ArbiterRep(
                directory,
                target,
                layout.cell(f"{name}.rep_state[{vp}]", STATES, initial=LIVE, home=vp),
                layout.cell(f"{name}.calls[{vp}]", range(calls + 1), home=vp),
            )
            for vp in range(tables.vps)
        )
        return cls(
            collector,
            flusher,
            reps,
            tuple(directory.add_rep(rep) for rep in reps),
            target,
            layout.cell(f"{name}.state", STATES, initial=LIVE),
            layout.cell(f"{name}.translated", range(1 << tables.vps)),
        )

    @property
    def tables(self) -> Tables:
        """The translation tables."""
        return self.collector.tables

    async def capture(self, who: Context, ref: int, number: int) -> Status:
        """Stands before an object; `number` is the arbiter's own. BUSY changes nothing."""
        if await load(self.target) != NO_ROOT or not await self.tables.switch_enter(ref):
            return Status.BUSY
        root = await load(self.tables.handler[ref])
        await store(self.target, root)
        await self.replace(who, ref, number)
        await observe("capture", ref)
        return Status.OK

    async def release(self, who: Context, ref: int) -> Status:
        """Steps aside. BUSY while the object is being switched or destroyed."""
        if not await self.tables.switch_enter(ref):
            return Status.BUSY
        root = await load(self.target)
        await self.replace(who, ref, root)
        await observe("release_capture", ref)
        return Status.OK

    async def replace(self, who: Context, ref: int, root: int) -> None:
        """Changes the root of the object, which this caller owns, and flushes."""
        await store(self.tables.handler[ref], root)
        await self.tables.write_complete(ref)
        await self.flusher.flush_everywhere(who, ref)
        if await self.tables.switch_exit(ref):
            await self.collector.destroy(who, ref)

    # --------------------------------------------------------------------------------- as a root

    async def handle_miss(self, who: Context, ref: int) -> int:
        """Installs the arbiter representative of the processor."""
        await fetch_or(self.translated, 1 << who.vp)
        await self.tables.install(who.vp, ref, self.rep_numbers[who.vp])
        return self.rep_numbers[who.vp]

    async def rep_here(self, who: Context) -> int:
        """Returns the arbiter representative of the processor."""
        return self.rep_numbers[who.vp]

    async def prepare(self, who: Context) -> None:
        """Does nothing: an arbiter is always live."""

    async def represented_on(self) -> int:
        """Returns the processors whose target representative is to be cleaned."""
        target = await load(self.target)
        return await self.collector.directory.root(target).represented_on()

    async def cleanup(self, who: Context, command: Cleanup) -> bool:
        """Destroys the target in its place: the object is the target, not the arbiter."""
        target = await load(self.target)
        require(target != NO_ROOT, "an arbiter is destroyed only with a target")
        return await self.collector.directory.root(target).cleanup(who, command)
