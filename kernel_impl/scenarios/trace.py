"""Tracing: loggers that interrupt one another, and a consumer.

Source: K42 lib/libc/trace/traceReserve.H, os/servers/traced/traced.C.
"""

from __future__ import annotations

from functools import partial

from kernel_impl.errors import require
from kernel_impl.steps import Cell, Memory, atomic, fetch_add, load, observe
from kernel_impl.system import Invariant, Layout, System, Thread
from kernel_impl.trace.buffer import EVENTS, TraceBuffers
from kernel_impl.trace.events import Major
from kernel_impl.trace.reader import current_events, decode, read_all


def trace(
    loggers: int = 2, events: int = 2, buffers: int = 6, buffer_words: int = 4, ticks: int = 0
) -> System:
    """Trace buffers: what is complete can be read; times do not decrease; nothing is lost."""
    layout = Layout()
    clocks = (layout.cell("clock", range(ticks + 1)),) if ticks else ()
    log = TraceBuffers.declare(
        layout,
        1,
        buffers=buffers,
        buffer_words=buffer_words,
        clocks=clocks,
        mask=1 << Major.TEST,
        limit=3 * events * loggers * 2 + buffer_words,
    )
    return trace_system(layout, log, clocks, loggers=loggers, events=events, ticks=ticks)


def trace_system(
    layout: Layout,
    log: TraceBuffers,
    clocks: tuple[Cell, ...],
    *,
    loggers: int,
    events: int,
    ticks: int,
) -> System:
    """Makes the threads and the claims over trace buffers."""
    running = [
        Thread(f"logger{n}", 0, partial(log_some, log, n, events)) for n in range(1, loggers + 1)
    ]
    running.append(Thread("consumer", 0, partial(check_complete, log, loggers * events)))
    if ticks:
        running.append(Thread("clock", 0, partial(tick, clocks[0], ticks)))
    claims = (
        Invariant(
            "times do not decrease, and nothing is lost",
            lambda memory: is_ordered(
                [
                    event.time
                    for first in range(log.buffers)
                    if first != log.buffer_of(memory.read(log.index[0]))
                    and memory.read(log.produced[0]) > first
                    for event in decode(
                        0,
                        read_all(
                            memory,
                            log.words[0][first * log.buffer_words : (first + 1) * log.buffer_words],
                        ),
                    )
                ]
                + [event.time for event in current_events(memory, log, 0)],
                loggers * events,
            ),
        ),
    )
    counted = Invariant("all that was reserved is committed", partial(is_counted, log=log))
    return System(layout.cells, tuple(running), final_claims=(*claims, counted), vocabulary=EVENTS)


def is_counted(memory: Memory, log: TraceBuffers) -> bool:
    """Tells whether the buffers that were left are full, and the current one is up to its index."""
    index = memory.read(log.index[0])
    current, offset = divmod(index, log.buffer_words)
    counts = [memory.read(cell) for cell in log.committed[0]]
    return all(
        counts[buffer] == (log.buffer_words if buffer < current else offset)
        for buffer in range(min(current + 1, log.buffers))
    )


def is_ordered(times: list[int], expected: int) -> bool:
    """Tells whether there are as many times as expected, and none before its predecessor."""
    return len(times) == expected and times == sorted(times)


async def log_some(log: TraceBuffers, tag: int, events: int) -> None:
    """Logs some events that repeat their tag: one value and two values in turn."""
    done = 0
    while done < events:
        if done % 2:
            await log.log(0, Major.TEST, 1, tag, tag)
        else:
            await log.log(0, Major.TEST, 1, tag)
        done += 1


async def check_complete(log: TraceBuffers, rounds: int) -> None:
    """Looks at the first buffer a few times; when it is complete, all its events must be whole."""
    done = 0
    while done < min(rounds, 2):
        index = await load(log.index[0])
        count = await load(log.committed[0][0])
        if index >= log.buffer_words and count == log.buffer_words:
            words = await atomic(read_all, log.words[0][: log.buffer_words])
            await observe("consumed", 0, 0)
            require(is_whole(words), "the events of a complete buffer are whole")
        done += 1


def is_whole(words: tuple[int, ...]) -> bool:
    """Tells whether a buffer holds nothing but events that repeat one tag."""
    try:
        events = tuple(decode(0, words))
    except ValueError:
        return False
    return all(len(set(event.values)) == 1 and event.values[0] > 0 for event in events)


async def tick(clock: Cell, ticks: int) -> None:
    """Lets time pass."""
    done = 0
    while done < ticks:
        await fetch_add(clock, 1)
        done += 1
