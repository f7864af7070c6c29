"""Scheduling: threads that wake one another, dispatchers that share processors and move.

Source: K42 os/kernel/exception/ProcessAnnex.C, lib/libc/scheduler/DispatcherDefault.C.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from kernel_impl.machine.context import Context
from kernel_impl.sched.dispatcher import EVENTS as DISPATCHER_EVENTS
from kernel_impl.sched.dispatcher import Dispatchers, SoftInterrupt
from kernel_impl.sched.domain import Domains, Share
from kernel_impl.sched.processor import EVENTS as PROCESSOR_EVENTS
from kernel_impl.sched.processor import KernelProcessors
from kernel_impl.steps import Cell, Memory, choose, fetch_or, load, pause, store
from kernel_impl.system import BIT, Invariant, Layout, System, Thread

EVENTS = (*PROCESSOR_EVENTS, *DISPATCHER_EVENTS)


@dataclass(frozen=True, slots=True)
class SchedulingKinds:
    """The classes to build from; a test puts a broken one in its place."""

    processors: type[KernelProcessors] = KernelProcessors
    dispatchers: type[Dispatchers] = Dispatchers


def declare_dispatchers(
    layout: Layout,
    *,
    cpus: int,
    places: tuple[int, ...],
    homes: tuple[int, ...],
    kinds: SchedulingKinds,
) -> Dispatchers:
    """Declares dispatchers that share one domain, as an exploration wants them."""
    domains = Domains.declare(
        layout, shares=(Share(),), domain_of=(0,) * len(places), processors=cpus
    )
    processors = kinds.processors.declare(layout, domains, places=places)
    return kinds.dispatchers.declare(layout, processors, homes=homes)


def kernel_threads(dispatchers: Dispatchers, cpus: int, *, preempts: bool) -> list[Thread]:
    """Makes the kernel of each processor and the code of each dispatcher."""
    processors = dispatchers.processors
    running = [
        Thread(f"kernel{cpu}", cpu, partial(processors.kernel_loop, cpu), is_daemon=True)
        for cpu in range(cpus)
    ]
    for number in range(1, len(processors.place)):
        running.append(
            Thread(
                f"dispatcher{number}",
                0,
                partial(dispatchers.run, number),
                (processors.gate(number),),
                is_daemon=True,
            )
        )
        running.append(
            Thread(f"upcalls{number}", 0, partial(dispatchers.upcalls, number), is_daemon=True)
        )
    if preempts:
        running += [
            Thread(
                f"timer{cpu}",
                cpu,
                partial(processors.preempt_loop, cpu, SoftInterrupt.PREEMPT),
                is_daemon=True,
            )
            for cpu in range(cpus)
        ]
    return running


def dispatch(
    dispatchers: int = 2,
    cpus: int = 1,
    rounds: int = 1,
    *,
    preempts: bool = False,
    yields: bool = False,
    kinds: SchedulingKinds | None = None,
) -> System:
    """Dispatchers share processors: threads wake one another, and no wake-up is lost.

    Args:
        preempts: who holds a processor is asked for it while others wait.
        yields: threads let the others of their dispatcher run before they wait for their turn.
    """
    layout = Layout()
    # Two threads in the first dispatcher, one in each other one; each wakes the next.
    homes = (1, *range(1, dispatchers + 1))
    places = tuple((number - 1) % cpus for number in range(1, dispatchers + 1))
    scheduling = declare_dispatchers(
        layout, cpus=cpus, places=places, homes=homes, kinds=kinds or SchedulingKinds()
    )
    threads = len(homes)
    turn = layout.cell("turn", range(1, threads + 1), initial=1)
    running = [
        Thread(
            f"thread{number}",
            places[home - 1],
            partial(
                pass_turn,
                scheduling,
                Context.of(number, places[home - 1]),
                turn,
                rounds,
                yields=yields,
            ),
            scheduling.gates(number),
        )
        for number, home in enumerate(homes, start=1)
    ]
    running += kernel_threads(scheduling, cpus, preempts=preempts)
    return System(layout.cells, tuple(running), processor_claims(scheduling, cpus), (), EVENTS)


async def pass_turn(
    scheduling: Dispatchers, who: Context, turn: Cell, rounds: int, *, yields: bool
) -> None:
    """Waits for the turn, gives it to the next thread and wakes that one."""
    following = who.thread % len(scheduling.homes) + 1
    done = 0
    while done < rounds:
        if yields:
            await scheduling.yield_thread(who)
        while await load(turn) != who.thread:
            await scheduling.block(who)
        await store(turn, following)
        await scheduling.unblock(who, following)
        done += 1
    await scheduling.exit_thread(who)


def migrate(
    senders: int = 2, moves: int = 1, cpus: int = 2, *, kinds: SchedulingKinds | None = None
) -> System:
    """A dispatcher moves while others interrupt it: no soft interrupt is lost."""
    layout = Layout()
    scheduling = declare_dispatchers(
        layout, cpus=cpus, places=(0,), homes=(), kinds=kinds or SchedulingKinds()
    )
    processors = scheduling.processors
    sent = layout.cell("sent", range(1 << senders))
    running = [
        Thread(f"sender{bit}", bit % cpus, partial(send, scheduling, sent, bit))
        for bit in range(senders)
    ]
    running.append(Thread("mover", 0, partial(move, scheduling, cpus, moves)))
    running += kernel_threads(scheduling, cpus, preempts=False)

    def nothing_pends(memory: Memory) -> bool:
        return memory.read(processors.interrupts[1]) == 0

    return System(
        layout.cells,
        tuple(running),
        processor_claims(scheduling, cpus),
        (Invariant("no soft interrupt is lost", nothing_pends),),
        EVENTS,
    )


async def send(scheduling: Dispatchers, sent: Cell, bit: int) -> None:
    """Interrupts the dispatcher, wherever it is."""
    await fetch_or(sent, 1 << bit)
    # Each sender has an interrupt of its own; none of them is PREEMPT or MESSAGE.
    await scheduling.interrupt(1, (SoftInterrupt.ASYNC, SoftInterrupt.RETRY)[bit % 2])


async def move(scheduling: Dispatchers, cpus: int, moves: int) -> None:
    """Moves the dispatcher to some other processor, some times."""
    done = 0
    while done < moves:
        here = await scheduling.processors.detach(1)
        away = await choose(cpus - 1)
        await scheduling.processors.attach(1, (here + 1 + away) % cpus)
        done += 1


def processor_claims(scheduling: Dispatchers, cpus: int) -> tuple[Invariant, ...]:
    """What must hold of processors and dispatchers at any time."""
    kernel = scheduling.processors
    numbers = range(1, len(kernel.place))

    def one_holds(memory: Memory) -> bool:
        return all(
            (memory.read(kernel.holds[number]) == 1)
            == (
                memory.read(kernel.place[number]) != 0
                and memory.read(kernel.running[memory.read(kernel.place[number]) - 1]) == number
            )
            for number in numbers
        )

    def ring_is_here(memory: Memory) -> bool:
        return all(
            memory.read(kernel.place[number]) == 1 + cpu
            for cpu in range(cpus)
            for number in numbers
            if memory.read(kernel.ring[cpu]) >> number & 1
        )

    return (
        Invariant("who holds a processor is on it, and it knows (SC1)", one_holds),
        Invariant("who is in a ring is on that processor (SC1)", ring_is_here),
    )


# ------------------------------------------------------------------------------------------- shares


def shares(
    weights: tuple[int, ...] = (4096, 2048), *, work: int = 400, ticks: tuple[Cell, ...] = ()
) -> tuple[System, Dispatchers]:
    """Domains of different weights that are always busy, on one processor, to be run."""
    layout = Layout()
    count = len(weights)
    domains = Domains.declare(
        layout,
        shares=tuple(Share(weight=weight) for weight in weights),
        domain_of=tuple(range(count)),
        processors=1,
        memory_ticks=1000,
    )
    processors = KernelProcessors.declare(layout, domains, places=(0,) * count, clocks=ticks)
    scheduling = Dispatchers.declare(layout, processors, homes=tuple(range(1, count + 1)))
    worked = layout.padded("worked", (0,) * count, range(work + 1))
    is_over = layout.cell("is_over", BIT)
    running = [
        Thread(
            f"worker{number}",
            0,
            partial(
                keep_busy, scheduling, Context.of(number, 0), worked[number - 1], is_over, work
            ),
            scheduling.gates(number),
        )
        for number in range(1, count + 1)
    ]
    running += kernel_threads(scheduling, 1, preempts=True)
    return System(layout.cells, tuple(running), vocabulary=EVENTS), scheduling


async def keep_busy(
    scheduling: Dispatchers, who: Context, worked: Cell, is_over: Cell, work: int
) -> None:
    """Works until the first worker has done all its work."""
    done = 0
    while done < work and not await load(is_over):
        await pause()
        done += 1
        await store(worked, done)
    await store(is_over, 1)
    await scheduling.exit_thread(who)
