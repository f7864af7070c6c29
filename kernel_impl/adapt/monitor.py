"""The monitor: measures an object, decides, and has it swapped. The loop closes without a person.

Calls are metered on the processor where they happen, in words that nobody else writes. Every
interval the monitor of an object adds them up and decides:

    SPREAD   a shared object that is changed from several processors: make it distributed
    GATHER   a distributed object that is mostly asked for its total: make it shared
    KEEP     otherwise, or with too few calls to tell

A decision is taken only when two intervals in a row agree, so that an object on the border does not
swap for ever.

Source: K42 doc/white-papers/hot-swapping; Soules et al., "System support for online
    reconfiguration", USENIX ATC 2003 (adaptive code).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from kernel_impl.adapt.swap import Switch
from kernel_impl.adapt.update import take_root
from kernel_impl.cobj.counter import Method
from kernel_impl.cobj.miss import Objects
from kernel_impl.cobj.root import Cleanup
from kernel_impl.errors import Status
from kernel_impl.machine.clock import FOREVER, Clock
from kernel_impl.machine.context import Context
from kernel_impl.steps import Cell, Memory, atomic, fetch_add, load, observe
from kernel_impl.system import Event, Layout

EVENTS: Final = (Event("judged", 1), Event("decided", 1))
"""Of what the monitor wishes for."""


class Decision(IntEnum):
    """What the monitor wants."""

    KEEP = 0
    SPREAD = 1
    GATHER = 2


def decide(changes: tuple[int, ...], totals: int, *, is_spread: bool, enough: int) -> Decision:
    """Decides from the calls of one interval.

    Args:
        changes: additions, by processor.
        totals: calls that ask for the total.
        enough: fewer calls than this prove nothing.
    """
    if sum(changes) + totals < enough:
        return Decision.KEEP
    busy = sum(1 for count in changes if count > 0)
    if not is_spread and busy > 1 and sum(changes) > 4 * totals:
        return Decision.SPREAD
    if is_spread and totals > sum(changes):
        return Decision.GATHER
    return Decision.KEEP


@dataclass(frozen=True, slots=True, eq=False)
class Meter:
    """Counts of the calls of one object, by processor; each word is written there only."""

    changes: tuple[Cell, ...]
    totals: tuple[Cell, ...]

    @classmethod
    def declare(cls, layout: Layout, name: str, *, vps: int) -> Meter:
        """Declares a meter at 0."""
        return cls(
            layout.padded(f"{name}.changes", range(vps), range(FOREVER)),
            layout.padded(f"{name}.totals", range(vps), range(FOREVER)),
        )


@dataclass(frozen=True, slots=True, eq=False)
class MeteredObject:
    """An object whose calls are metered."""

    objects: Objects
    meter: Meter
    ref: Cell

    async def call(self, who: Context, method: int, argument: int = 0) -> int:
        """Meters a call and performs it."""
        cells = self.meter.changes if method == Method.ADD else self.meter.totals
        await fetch_add(cells[who.vp], 1)
        ref = await load(self.ref)
        return await self.objects.call(who, ref, method, argument)


@dataclass(frozen=True, slots=True, eq=False)
class Monitor:
    """Watches one metered object and swaps it when that pays."""

    watched: MeteredObject
    switch: Switch
    shared_roots: tuple[int, ...]
    spread_roots: tuple[int, ...]
    clock: Clock
    interval_ticks: int
    enough: int
    """Fewer calls than this in an interval prove nothing."""

    async def daemon(self, who: Context) -> None:
        """Measures, decides and swaps for ever; the thread is never active."""
        before = await atomic(read_meter, self.watched.meter)
        wanted_before = int(Decision.KEEP)
        while True:
            await self.clock.delay(who.vp, self.interval_ticks)
            now = await atomic(read_meter, self.watched.meter)
            wanted = await self.judge(before, now)
            await observe("judged", wanted)
            if wanted != Decision.KEEP and wanted == wanted_before:
                await self.act(who, wanted)
                wanted = int(Decision.KEEP)
                now = await atomic(read_meter, self.watched.meter)
            before, wanted_before = now, wanted

    async def judge(
        self, before: tuple[tuple[int, int], ...], now: tuple[tuple[int, int], ...]
    ) -> int:
        """Decides from two readings of the meter."""
        changes = tuple(b[0] - a[0] for a, b in zip(before, now, strict=True))
        totals = sum(b[1] - a[1] for a, b in zip(before, now, strict=True))
        ref = await load(self.watched.ref)
        root = await load(self.switch.collector.tables.handler[ref])
        is_spread = root in self.spread_roots
        return int(decide(changes, totals, is_spread=is_spread, enough=self.enough))

    async def act(self, who: Context, wanted: int) -> None:
        """Swaps the object to the wanted kind, and waits until that is over."""
        directory = self.switch.collector.directory
        pool = self.spread_roots if wanted == Decision.SPREAD else self.shared_roots
        states = tuple((number, directory.root(number).state) for number in pool)
        root = await atomic(take_root, states)
        if root < 0:
            return
        await directory.root(root).prepare(who)
        ref = await load(self.watched.ref)
        if await self.switch.switch(who, ref, root) is Status.OK:
            await observe("decided", wanted)
            await self.switch.wait_done()
            await self.switch.recycle()
        else:
            await directory.root(root).cleanup(who, Cleanup.START)


def read_meter(memory: Memory, meter: Meter) -> tuple[tuple[int, int], ...]:
    """Reads all counts in one step; they are statistics, no one depends on the moment."""
    return tuple(
        (memory.read(changes), memory.read(totals))
        for changes, totals in zip(meter.changes, meter.totals, strict=True)
    )
