"""Boot: a whole kernel is declared for N processors, with the threads that keep it going.

What there is after a boot:

    object space    references, tables, generations, and the collector with a daemon on each
                    processor
    a counter       the *watched* object: called by everybody, metered, and swapped by the monitor
                    between a shared and a distributed implementation, as its use asks for
    a factory       of counters on the first processors: version 0 is shared, version 1 distributed;
                    an updater on each of these processors converts
    a trace         a ring of buffers on each processor, with all classes on

A swap needs a mediator, and a mediator a worker on each processor: there is one mediator for the
monitor and one for each processor with a factory. Threads are numbered first, because what they
share is sized by their number.

Source: K42 os/kernel/init/KernelInit.C (what is made in which order). Differs: all memory is
    declared before the first thread runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from kernel_impl.adapt.flush import Flusher
from kernel_impl.adapt.monitor import Meter, MeteredObject
from kernel_impl.adapt.swap import Catalogue, Switch
from kernel_impl.adapt.transfer import SwappableLocalCounter, SwappableSharedCounter
from kernel_impl.adapt.update import Factory
from kernel_impl.cobj.collect import Collector
from kernel_impl.cobj.counter import LocalCounter, SharedCounter
from kernel_impl.cobj.generation import Generations
from kernel_impl.cobj.root import FREE, LIVE, Directory, MultiRepRoot, SingleRepRoot
from kernel_impl.cobj.table import Tables
from kernel_impl.config import Sizes
from kernel_impl.errors import require
from kernel_impl.kernel.traced import TracedFactory, TracedMonitor, TracedObjects, TracedSwitch
from kernel_impl.locks.ticket import TicketLock
from kernel_impl.machine.clock import Clock
from kernel_impl.machine.context import Context
from kernel_impl.machine.parking import Parking
from kernel_impl.steps import Body
from kernel_impl.system import Layout, Thread
from kernel_impl.trace.buffer import TraceBuffers

WATCHED: Final = 1
"""The reference of the watched object."""
FIRST_ROOT: Final = 1
ALL_CLASSES: Final = (1 << 64) - 1
POOL: Final = 2
"""Roots of each kind for the watched object: the one that is used and the next one."""


class Staff:
    """The threads of a kernel: their numbers first, their bodies later."""

    def __init__(self) -> None:
        self._hired: tuple[tuple[str, Context], ...] = ()

    def hire(self, name: str, vp: int) -> Context:
        """Numbers a thread."""
        who = Context.of(len(self._hired) + 1, vp)
        self._hired += ((name, who),)
        return who

    def hire_everywhere(self, name: str, vps: int) -> tuple[Context, ...]:
        """Numbers one thread on each of the first processors."""
        return tuple(self.hire(f"{name}{vp}", vp) for vp in range(vps))

    @property
    def homes(self) -> tuple[int, ...]:
        """The processors of threads 1, 2, …."""
        return tuple(who.vp for _, who in self._hired)

    def thread(self, who: Context, start: Callable[[], Body], *, is_daemon: bool = True) -> Thread:
        """Makes a thread that was numbered."""
        name, _ = self._hired[who.thread - 1]
        return Thread(name, who.vp, start, is_daemon=is_daemon)


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What everything else of a kernel stands on."""

    layout: Layout
    sizes: Sizes
    staff: Staff
    clock: Clock
    log: TraceBuffers
    collector: Collector
    objects: TracedObjects
    catalogue: Catalogue

    def lock(self, name: str, *, home: int = 0) -> TicketLock:
        """Declares a lock that any thread may ask for."""
        return TicketLock.declare(self.layout, name, threads=len(self.staff.homes), home=home)


@dataclass(frozen=True, slots=True, eq=False)
class Kernel:
    """A booted kernel; a workload adds its own threads to `daemons`."""

    ground: Ground
    workers: tuple[Context, ...]  # the threads of the workload, one on each processor
    controller: Context
    watched: MeteredObject
    factory: TracedFactory
    daemons: tuple[Thread, ...]


def boot(sizes: Sizes) -> Kernel:
    """Declares a kernel."""
    staff = Staff()
    vps, makers = sizes.processors, sizes.makers
    workers = staff.hire_everywhere("worker", vps)
    controller = staff.hire("controller", 0)
    cleaners = staff.hire_everywhere("cleaner", vps)
    flushers = staff.hire_everywhere("flusher", vps)
    updaters = staff.hire_everywhere("updater", makers)
    watcher = staff.hire("monitor", 0)
    movers = tuple(staff.hire_everywhere(f"mover{n}.", vps) for n in range(makers + 1))
    ground = declare_ground(sizes, staff)
    shared, spread = declare_watched(ground)
    switches = tuple(declare_switch(ground, f"mediator{n}") for n in range(makers + 1))
    monitor = declare_monitor(ground, switches[0], shared, spread)
    flusher = Flusher.declare(ground.layout, ground.collector.tables, ground.lock("flush_lock"))
    factory = declare_factory(ground, flusher, switches[1:])
    daemons = (
        *(staff.thread(who, partial(ground.collector.daemon, who)) for who in cleaners),
        *(staff.thread(who, partial(flusher.daemon, who)) for who in flushers),
        *(staff.thread(who, partial(factory.updater, who)) for who in updaters),
        *(
            staff.thread(who, partial(switch.worker, who))
            for switch, crew in zip(switches, movers, strict=True)
            for who in crew
        ),
        staff.thread(watcher, partial(monitor.daemon, watcher)),
    )
    return Kernel(ground, workers, controller, monitor.watched, factory, daemons)


def declare_ground(sizes: Sizes, staff: Staff) -> Ground:
    """Declares the object space, the clock and the trace."""
    layout = Layout()
    vps, threads = sizes.processors, len(staff.homes)
    clock = Clock.declare(layout, vps)
    log = TraceBuffers.declare(
        layout,
        vps,
        buffers=sizes.trace_buffers,
        buffer_words=sizes.trace_words,
        clocks=clock.registers,
        mask=ALL_CLASSES if sizes.traces else 0,
    )
    tables = Tables.declare(
        layout,
        vps=vps,
        refs=sizes.refs,
        roots=sizes.roots,
        reps=sizes.reps,
        threads=threads,
        bound=(FIRST_ROOT,),
    )
    generations = Generations.declare(
        layout,
        vps=vps,
        threads=threads,
        activations=sizes.forever,
        advances=sizes.forever,
        locks=tuple(
            TicketLock.declare(layout, f"gen_lock[{vp}]", threads=threads, home=vp)
            for vp in range(vps)
        ),
    )
    directory = Directory()
    collector = Collector.declare(
        layout,
        tables,
        directory,
        generations,
        roots=sizes.roots,
        free=(1 << sizes.refs + 1) - 1 & ~(1 | 1 << WATCHED),
        circulations=sizes.forever,
    )
    objects = TracedObjects(tables, directory, log)
    return Ground(layout, sizes, staff, clock, log, collector, objects, Catalogue())


def declare_switch(ground: Ground, name: str) -> TracedSwitch:
    """Declares a mediator that gives the old root to the collector when a switch is over."""
    plain = Switch.declare(
        ground.layout,
        name,
        ground.collector,
        ground.catalogue,
        parking=Parking.declare(ground.layout, ground.staff.homes),
        phase_lock=ground.lock(f"{name}.phase_lock"),
        threads=len(ground.staff.homes),
        roots=ground.sizes.roots,
        reps=ground.sizes.reps,
        destroys_old=True,
    )
    return TracedSwitch.over(plain, ground.log)


def declare_watched(ground: Ground) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Declares the roots of the watched object, shared and distributed ones.

    The first is in use from the beginning: its number is the one that the tables are bound to.
    """
    shared = tuple(
        declare_shared(ground, f"shared{n}", state=FREE if n else LIVE) for n in range(POOL)
    )
    require(shared[0] == FIRST_ROOT, "the watched object is bound to the first root")
    return shared, tuple(declare_spread(ground, f"spread{n}") for n in range(POOL))


def declare_monitor(
    ground: Ground, switch: TracedSwitch, shared: tuple[int, ...], spread: tuple[int, ...]
) -> TracedMonitor:
    """Declares the meter and the monitor of the watched object."""
    ref = ground.layout.cell("watched", range(ground.sizes.refs + 1), initial=WATCHED)
    meter = Meter.declare(ground.layout, "meter", vps=ground.sizes.processors)
    watched = MeteredObject(ground.objects, meter, ref)
    sizes = ground.sizes
    return TracedMonitor(
        watched,
        switch,
        shared,
        spread,
        ground.clock,
        sizes.interval_ticks,
        sizes.enough_calls,
        ground.log,
    )


def declare_factory(
    ground: Ground, flusher: Flusher, switches: tuple[TracedSwitch, ...]
) -> TracedFactory:
    """Declares the factory: its pools hold a root of each version for every instance."""
    makers = range(ground.sizes.makers)
    plain = Factory.declare(
        ground.layout,
        "factory",
        ground.collector,
        flusher,
        switches=switches,
        pools=(
            tuple(declare_shared(ground, f"first{n}", state=FREE, home=n) for n in makers),
            tuple(declare_spread(ground, f"second{n}") for n in makers),
        ),
        lock=ground.lock("factory_lock"),
    )
    return TracedFactory.over(plain, ground.log)


def declare_shared(ground: Ground, name: str, *, state: int, home: int = 0) -> int:
    """Declares a shared counter and returns the number of its root."""
    tables, directory = ground.collector.tables, ground.collector.directory
    counter = SharedCounter.declare(
        ground.layout, name, limit=ground.sizes.forever, state=state, home=home
    )
    rep = directory.add_rep(counter)
    root = SingleRepRoot.declare(ground.layout, name, tables, directory, rep, state=state)
    number = directory.add_root(root)
    ground.catalogue.add(number, SwappableSharedCounter(root, counter))
    return number


def declare_spread(ground: Ground, name: str, *, state: int = FREE) -> int:
    """Declares a distributed counter without representatives; returns the number of its root."""
    tables, directory = ground.collector.tables, ground.collector.directory
    counters = LocalCounter.declare_all(
        ground.layout, name, vps=tables.vps, limit=ground.sizes.forever
    )
    reps = tuple(directory.add_rep(counter) for counter in counters)
    root = MultiRepRoot.declare(
        ground.layout,
        name,
        tables,
        directory,
        reps=reps,
        lock=ground.lock(f"{name}.lock"),
        state=state,
    )
    number = directory.add_root(root)
    ground.catalogue.add(number, SwappableLocalCounter(root, counters))
    return number
