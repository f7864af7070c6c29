"""Specifications from text, for the tests of bindings, monitors and logs."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from checker.conform.binding import Binding, misfits, natural_binding, read_binding
from checker.conform.monitor import SpecMonitor
from checker.load import load
from checker.model.system import System
from grammar.diagnostics import Diagnostic

LOCK = """\
spec lock
sort Thread[2]
var owner: Thread? = none
var turns: 0..9 = 0

action take(thread: Thread) requires owner = none {
  owner := thread
}
action drop(thread: Thread) requires owner = thread {
  owner := none
  turns := turns + 1
}
action wrap() requires turns = 9 {
  turns := 0
}
"""

WORKER = """\
spec worker
processors Cpu[2]
var taken: bool = false

process worker on Cpu {
  loop {
    atomic {
      await not taken
      taken := true
    }
    critical: skip
    taken := false
  }
}
"""


def system_of(text: str) -> System:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "spec.k42"
        path.write_text(text, encoding="utf-8")
        system, diagnostics = load(path, {})
    assert system is not None, diagnostics
    return system


def bound(text: str) -> Binding:
    binding = read_binding(text, "it.toml")
    assert isinstance(binding, Binding), binding
    return binding


def monitor_of(spec: str, binding: str | None = None) -> SpecMonitor:
    system = system_of(spec)
    found = natural_binding(system) if binding is None else bound(binding)
    assert misfits(found, "it.toml", system) == ()
    return SpecMonitor(system, found)


def mistakes_of(binding: str, spec: str) -> tuple[Diagnostic, ...]:
    found = read_binding(binding, "it.toml")
    return found if isinstance(found, tuple) else misfits(found, "it.toml", system_of(spec))
