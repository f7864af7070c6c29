"""Mechanisms that log what they do: the same code, with an event where something begins or ends.

The mechanisms themselves know nothing of tracing, so that what is explored has no step that only
reports. A kernel that runs is built from the classes here.

Source: K42 lib/libc/trace/traceOSClasses.xml (the events); there the mechanisms log themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from kernel_impl.adapt.monitor import Monitor
from kernel_impl.adapt.swap import Switch
from kernel_impl.adapt.update import Factory
from kernel_impl.cobj.miss import Objects
from kernel_impl.errors import Status
from kernel_impl.machine.context import Context
from kernel_impl.steps import load
from kernel_impl.trace.buffer import TraceBuffers
from kernel_impl.trace.events import (
    CREATE,
    DECISION,
    DESTROY,
    MISS,
    SWAP_BEGIN,
    SWAP_END,
    UPDATE,
    UPDATED,
    Major,
)


@dataclass(frozen=True, slots=True, eq=False)
class TracedObjects(Objects):
    """Objects whose misses are logged."""

    log: TraceBuffers

    async def miss(self, who: Context, ref: int) -> int:
        """Logs a miss and answers it."""
        await self.log.log(who.vp, Major.CLUSTERED, MISS, ref, who.thread)
        return await Objects.miss(self, who, ref)


@dataclass(frozen=True, slots=True, eq=False)
class TracedSwitch(Switch):
    """A switch that logs when its mediator is in place, and when the new root is."""

    log: TraceBuffers

    @classmethod
    def over(cls, plain: Switch, log: TraceBuffers) -> TracedSwitch:
        """Returns the traced form of a switch that was declared."""
        return cls(log=log, **{each.name: getattr(plain, each.name) for each in fields(Switch)})

    async def locked_start_workers(self, who: Context, ref: int) -> None:
        """Logs the beginning and starts the workers."""
        new = await load(self.mediator.shared.new)
        await self.log.log(who.vp, Major.SWAP, SWAP_BEGIN, ref, new)
        await Switch.locked_start_workers(self, who, ref)

    async def locked_complete(self, who: Context, ref: int) -> bool:
        """Completes the switch and logs its end."""
        is_pending = await Switch.locked_complete(self, who, ref)
        await self.log.log(who.vp, Major.SWAP, SWAP_END, ref)
        return is_pending


@dataclass(frozen=True, slots=True, eq=False)
class TracedFactory(Factory):
    """A factory that logs what it makes, destroys and updates."""

    log: TraceBuffers

    @classmethod
    def over(cls, plain: Factory, log: TraceBuffers) -> TracedFactory:
        """Returns the traced form of a factory that was declared."""
        return cls(log=log, **{each.name: getattr(plain, each.name) for each in fields(Factory)})

    async def create(self, who: Context) -> int:
        """Makes an object and logs it with its version."""
        ref = await Factory.create(self, who)
        if ref > 0:
            version = await load(self.version)
            await self.log.log(who.vp, Major.CLUSTERED, CREATE, ref, version)
        return ref

    async def destroy(self, who: Context, ref: int) -> Status:
        """Logs the end of an object and destroys it."""
        await self.log.log(who.vp, Major.CLUSTERED, DESTROY, ref)
        return await Factory.destroy(self, who, ref)

    async def update(self, who: Context, version: int, *, is_lazy: bool = False) -> Status:
        """Logs the beginning of an update and moves to the version."""
        await self.log.log(who.vp, Major.SWAP, UPDATE, version)
        return await Factory.update(self, who, version, is_lazy=is_lazy)

    async def report(self, who: Context) -> None:
        """Tells that an update is complete, and logs it where the last instance was converted."""
        version = await load(self.version)
        await Factory.report(self, who)
        await self.log.log(who.vp, Major.SWAP, UPDATED, version)


@dataclass(frozen=True, slots=True, eq=False)
class TracedMonitor(Monitor):
    """A monitor that logs what it decides."""

    log: TraceBuffers

    async def act(self, who: Context, wanted: int) -> None:
        """Logs the decision and carries it out."""
        ref = await load(self.watched.ref)
        await self.log.log(who.vp, Major.SWAP, DECISION, wanted, ref)
        await Monitor.act(self, who, wanted)
