from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from xml.etree import ElementTree as ET

import pytest

from kernel_impl.machine.clock import Clock
from kernel_impl.machine.simulator import Machine
from kernel_impl.scenarios.trace import trace, trace_system
from kernel_impl.steps import Observation, cas, fetch_add, load, store
from kernel_impl.system import Layout, System, Thread
from kernel_impl.trace.buffer import TraceBuffers
from kernel_impl.trace.events import EVENT_TYPES, Header, Major, event_type
from kernel_impl.trace.reader import as_text, consume, current_events, decode, merged
from kernel_impl.trace.timeline import timeline
from tests.support.mini_explorer import Explored, explore


@pytest.mark.parametrize(
    ("loggers", "events", "ticks"), [(2, 2, 0), (2, 1, 2), (3, 1, 0), (1, 5, 0)]
)
def test_complete_buffers_are_whole_and_times_are_ordered(
    loggers: int, events: int, ticks: int
) -> None:
    found = explore(trace(loggers=loggers, events=events, buffers=6, ticks=ticks))
    assert (found.failure, found.is_exhaustive) == (None, True)


@dataclass(frozen=True, eq=False)
class CommitsFirst(TraceBuffers):
    """Commits before the words are written."""

    async def log(self, cpu: int, major: Major, minor: int, *payload: int) -> None:
        length = 1 + len(payload)
        start, time = await self.reserve(cpu, length)
        await fetch_add(self.committed[cpu][self.buffer_of(start)], length)
        position = 0
        while position < len(payload):
            await store(self.word_at(cpu, start + 1 + position), payload[position])
            position += 1
        await store(self.word_at(cpu, start), Header(time, length, 0, major, minor).pack())


@dataclass(frozen=True, eq=False)
class ReadsTimeOnce(TraceBuffers):
    """Reads the time before it tries, and keeps it for every attempt."""

    async def reserve(self, cpu: int, length: int) -> tuple[int, int]:
        time = await load(self.clocks[cpu])
        while True:
            old = await load(self.index[cpu])
            start = old
            beyond = (old + length) % self.buffer_words
            if 0 < beyond < length:
                start = old + length - beyond
            if await cas(self.index[cpu], old, start + length):
                break
        if beyond < length:
            await self.cross(cpu, old, start, length, time)
        return start, time


@dataclass(frozen=True, eq=False)
class SetsCountToZero(TraceBuffers):
    """Sets the count of the next buffer instead of subtracting: forgets what others committed."""

    async def cross(self, cpu: int, old: int, start: int, length: int, time: int) -> None:
        await store(self.committed[cpu][self.buffer_of(start + length)], 0)
        if start > old:
            filler = Header(time, start - old, 0, Major.CONTROL, 0).pack()
            await store(self.word_at(cpu, old), filler)
            await fetch_add(self.committed[cpu][self.buffer_of(old)], start - old)
        await fetch_add(self.produced[cpu], 1)


def explore_kind(kind: type[TraceBuffers], *, loggers: int, events: int, ticks: int) -> Explored:
    layout = Layout()
    clocks = (layout.cell("clock", range(ticks + 1)),) if ticks else ()
    log = kind.declare(
        layout, 1, buffers=4, buffer_words=4, clocks=clocks, mask=1 << Major.TEST, limit=60
    )
    system = trace_system(layout, log, clocks, loggers=loggers, events=events, ticks=ticks)
    return explore(system)


@pytest.mark.parametrize(
    ("kind", "loggers", "events", "ticks"), [(CommitsFirst, 2, 2, 0), (ReadsTimeOnce, 2, 1, 1)]
)
def test_broken_buffers_are_refuted(
    kind: type[TraceBuffers], loggers: int, events: int, ticks: int
) -> None:
    assert explore_kind(kind, loggers=loggers, events=events, ticks=ticks).failure is not None


# ----------------------------------------------------------------------- words, text, picture


def traced_run(mask: int) -> tuple[Machine, TraceBuffers, list[tuple[int, ...]]]:
    layout = Layout()
    clock = Clock.declare(layout, 2)
    log = TraceBuffers.declare(
        layout, 2, buffers=4, buffer_words=16, clocks=clock.registers, mask=mask
    )
    handed: list[tuple[int, ...]] = []

    async def work(cpu: int) -> None:
        done = 0
        while done < 20:
            await log.log(cpu, Major.TEST, 1, done)
            await log.log(cpu, Major.SWAP, 1 + done % 2, 7, 8)
            await consume(log, cpu)
            done += 1

    def watch(_: int, __: object, event: Observation) -> None:
        if event.name == "trace":
            handed.append(event.values)

    threads = tuple(Thread(f"cpu{cpu}", cpu, partial(work, cpu)) for cpu in (0, 1))
    machine = Machine(System(layout.cells, threads), seed=2, clock=clock, watcher=watch)
    assert machine.run().is_finished
    return machine, log, handed


def test_consumer_hands_on_every_event_once() -> None:
    machine, log, handed = traced_run(mask=1 << Major.TEST | 1 << Major.SWAP)
    events = [event for cpu, _, *words in handed for event in decode(cpu, words)]
    events += [event for cpu in (0, 1) for event in current_events(machine.view, log, cpu)]
    marks = [event.values[0] for event in events if event.major == Major.TEST and event.cpu == 1]
    assert marks == list(range(20))
    text = as_text(merged(events))
    assert text.count("test.mark") == 40
    assert "swap.begin" in text
    times = [event.time for event in merged(events)]
    assert times == sorted(times)


def test_masked_class_costs_one_load() -> None:
    machine, log, handed = traced_run(mask=0)
    assert handed == []
    assert machine.view.read(log.index[0]) == 0


def test_picture_is_well_formed_and_shows_swaps() -> None:
    machine, log, _ = traced_run(mask=1 << Major.TEST | 1 << Major.SWAP)
    events = [event for cpu in (0, 1) for event in current_events(machine.view, log, cpu)]
    picture = timeline(merged(events), processors=2, title="a <b>")
    root = ET.fromstring(picture)
    assert root.tag.endswith("svg")
    assert "swap of 7" in picture


@pytest.mark.parametrize("kind", EVENT_TYPES, ids=lambda kind: kind.name)
def test_header_is_unpacked_as_packed(kind: object) -> None:
    assert kind is not None
    header = Header(time=123_456, length=7, layer=2, major=63, minor=9_999)
    assert Header.unpack(header.pack()) == header


def test_incomplete_buffer_is_not_decoded() -> None:
    read: Callable[[], object] = partial(list, decode(0, (0, 0, 0)))
    with pytest.raises(ValueError, match="a header of length 0"):
        read()
    assert event_type(63, 1) is None
