"""A workload: every processor calls the watched object, and some make objects of their own.

The use of the watched object changes on the way: first it is counted up from everywhere, for which
a distributed counter is right; later it is mostly asked for its total, for which a shared one is.
Nobody tells the kernel: the monitor sees it and has the object swapped, twice. Meanwhile a factory
is updated, so that its instances are swapped as well while they are called; in the end they are
destroyed, and the collector gives their references back.

Source: K42 kitch-linux/tests (as programs there); the shape is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from kernel_impl.cobj.counter import Method
from kernel_impl.errors import require
from kernel_impl.kernel.boot import Kernel
from kernel_impl.machine.context import Context
from kernel_impl.steps import Cell, Memory, atomic_when, fetch_add
from kernel_impl.system import System, Thread
from kernel_impl.trace.events import BATCH, Major
from kernel_impl.trace.reader import consume

CALLS = 8
"""Calls of a batch; a thread is active for a batch at a time."""


@dataclass(frozen=True, slots=True)
class Load:
    """How much is to be done on each processor, in batches.

    Attributes:
        adding: batches in which the object is counted up.
        asking: batches in which it is asked.
        updated_after: batches of all processors together after which the factory is updated.
    """

    adding: int
    asking: int
    updated_after: int


def loaded(kernel: Kernel, load: Load) -> System:
    """Makes the system of a kernel under a workload."""
    ground = kernel.ground
    vps = ground.sizes.processors
    batches = ground.layout.cell("batches", range(vps * (load.adding + load.asking) + 1))
    running: list[Thread] = [
        ground.staff.thread(who, partial(work, kernel, who, load, batches), is_daemon=False)
        for who in kernel.workers
    ]
    controller = partial(update_factory, kernel, load, batches)
    running.append(ground.staff.thread(kernel.controller, controller, is_daemon=False))
    return System(ground.layout.cells, (*running, *kernel.daemons))


async def work(kernel: Kernel, who: Context, load: Load, batches: Cell) -> None:
    """Does the batches of one processor."""
    mine = 0
    if who.vp < kernel.ground.sizes.makers:
        mine = await kernel.factory.create(who)
        require(mine > 0, "there is a root and a reference for every instance")
    done = 0
    while done < load.adding + load.asking:
        method = Method.ADD if done < load.adding else Method.TOTAL
        await do_batch(kernel, who, method, mine)
        await fetch_add(batches, 1)
        await consume(kernel.ground.log, who.vp)
        done += 1
    if mine:
        await kernel.factory.destroy(who, mine)


async def do_batch(kernel: Kernel, who: Context, method: Method, mine: int) -> None:
    """Calls the watched object some times and the own instance once, active all the while."""
    ground = kernel.ground
    await ground.collector.generations.activate(who)
    done = 0
    while done < CALLS:
        await kernel.watched.call(who, method, 1)
        done += 1
    if mine:
        await ground.objects.call(who, mine, Method.ADD, 1)
    await ground.collector.generations.deactivate(who)
    await ground.log.log(who.vp, Major.CLUSTERED, BATCH, who.thread, CALLS)


async def update_factory(kernel: Kernel, load: Load, batches: Cell) -> None:
    """Updates the factory to its next version when some work is done."""
    await atomic_when(has_reached, nothing, batches, load.updated_after)
    await kernel.factory.update(kernel.controller, 1)


def has_reached(memory: Memory, batches: Cell, wanted: int) -> bool:
    """Tells whether so many batches are done."""
    return memory.read(batches) >= wanted


def nothing(memory: Memory, batches: Cell, wanted: int) -> None:
    """Does nothing: the guard was all."""
