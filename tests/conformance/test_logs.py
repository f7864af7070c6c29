"""A whole kernel runs, and its log is held against specifications, as any program's log is."""

from __future__ import annotations

import json
from functools import cache

import pytest

from checker.cli.session import library
from checker.conform.logs import read_log
from checker.conform.monitor import SpecMonitor
from checker.conform.refusal import Refusal
from checker.conform.subject import open_binding, open_monitor
from checker.conform.validate import Validation, validate
from grammar.diagnostics import Diagnostic
from kernel_impl.config import running
from kernel_impl.kernel.log import json_lines
from kernel_impl.kernel.run import run_kernel
from kernel_impl.kernel.workload import Load

MONITOR = "kernel/adapt/monitor_promise.k42"
UPDATE = "kernel/adapt/update_promise.k42"
EVENTS = {
    MONITOR: frozenset({"judged", "decided"}),
    UPDATE: frozenset({"create", "update", "convert", "update_complete"}),
}


@cache
def lines_of(spec: str) -> tuple[str, ...]:
    """Runs a kernel and returns its log, as far as a specification speaks of it."""
    load = Load(adding=60, asking=60, updated_after=80)
    done = run_kernel(running(4), load, seed=11, wanted=EVENTS[spec])
    return tuple(json_lines(done.heard).splitlines())


def validated(spec: str, lines: tuple[str, ...]) -> Validation:
    path = str(library()[-1] / spec)
    binding = open_binding(path, None)
    monitor = open_monitor(path, binding, {}, library())  # type: ignore[arg-type]  # there is one
    assert isinstance(monitor, SpecMonitor), monitor
    entries = read_log(lines, monitor.binding, monitor.system)
    assert not isinstance(entries, Diagnostic), entries
    return validate(monitor, entries)


@pytest.mark.parametrize("spec", [MONITOR, UPDATE])
def test_log_of_a_run_is_a_behaviour_of_the_specification(spec: str) -> None:
    lines = lines_of(spec)
    assert {json.loads(line)["event"] for line in lines} == EVENTS[spec]
    done = validated(spec, lines)
    assert (done.impossible, done.accepted) == (None, len(lines))


def test_event_that_cannot_follow_is_told_with_what_it_needs() -> None:
    lines = lines_of(MONITOR)
    first = next(n for n, line in enumerate(lines) if '"decided"' in line)
    without = (*lines[: first - 1], *lines[first:])
    done = validated(MONITOR, without)
    assert done.impossible is not None
    assert done.impossible.line == first  # the decision, one line earlier now
    assert isinstance(done.objection, Refusal)
    assert "= agreed" in done.objection.reasons[0].text
    assert all(event.startswith("judged") for event in done.objection.allowed)


def test_completion_before_the_last_conversion_is_told() -> None:
    lines = lines_of(UPDATE)
    last = max(n for n, line in enumerate(lines) if '"convert"' in line)
    done = validated(UPDATE, (*lines[:last], *lines[last + 1 :]))
    assert done.impossible is not None
    assert '"update_complete"' in done.impossible.text


def test_fields_may_be_missing() -> None:
    lines = tuple(
        json.dumps({"event": json.loads(line)["event"]}) if n % 3 == 0 else line
        for n, line in enumerate(lines_of(MONITOR))
    )
    assert validated(MONITOR, lines).impossible is None
