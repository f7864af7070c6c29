"""The port: all that an engine may know about the kernel.

An engine gets a `Configuration`: what the store looks like, which threads there are, what they may
say and what must hold. It drives the threads itself: `start()` a coroutine, `resume` it with the
result of its pending access, perform that access on a `Memory` of its own whenever its gates and
its guard hold. Nothing else of the kernel is needed, and the kernel needs no engine.

    open_configuration("mcs", threads=3)         one of `configurations()`, at a size

What an engine must do: an access is enabled when every gate of its thread and its guard hold;
`Kind.CHOOSE` is not performed but branches over `range(access.args[0])`; a cell written outside its
domain (`check_domain`) and a `ContractViolation` are failures of the kernel, reported with the
schedule; marks belong to the access before them.

Source: Stateright src/lib.rs (`Model`), AWS Labs Shuttle scheduler/mod.rs (`Scheduler`): an engine
    sees one tiny interface. K42 has no counterpart.
"""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from typing import Protocol, TypeAlias

from kernel_impl.errors import ContractViolation, require
from kernel_impl.scenarios import CONFIGURATIONS
from kernel_impl.steps import (
    Access,
    Body,
    Cell,
    Fence,
    Finished,
    Kind,
    Mark,
    Memory,
    Observation,
    Paused,
    check_domain,
    resume,
)
from kernel_impl.system import Event, Gate, Invariant, Thread

__all__ = [
    "Access",
    "Body",
    "Cell",
    "Configuration",
    "ContractViolation",
    "Event",
    "Fence",
    "Finished",
    "Gate",
    "Invariant",
    "Kind",
    "Mark",
    "Memory",
    "Observation",
    "Paused",
    "Size",
    "Thread",
    "check_domain",
    "configurations",
    "open_configuration",
    "parameters",
    "resume",
]

Size: TypeAlias = int | bool | str
"""A parameter of a configuration: how many, whether, or which (as letters)."""


class Configuration(Protocol):
    """One system to run or to explore."""

    def cells(self) -> tuple[Cell, ...]:
        """All cells, with their domains and initial values; `Cell.index` is the position here."""
        ...

    def threads(self) -> tuple[Thread, ...]:
        """All threads; `start` of each may be called any number of times."""
        ...

    def observations(self) -> tuple[Event, ...]:
        """The alphabet: every event that a thread may observe."""
        ...

    def invariants(self) -> tuple[Invariant, ...]:
        """What must hold in every state."""
        ...

    def final_invariants(self) -> tuple[Invariant, ...]:
        """What must hold when nobody can move and only daemons have not finished."""
        ...


def configurations() -> Mapping[str, str]:
    """Lists the configurations: name and what each shows, by name."""
    return {
        name: (builder.__doc__ or "").splitlines()[0] for name, builder in CONFIGURATIONS.items()
    }


def parameters(name: str) -> Mapping[str, Size]:
    """Lists the parameters of a configuration with their defaults, in their order."""
    require(name in CONFIGURATIONS, f"no configuration is called {name}")
    return {
        each.name: each.default
        for each in signature(CONFIGURATIONS[name]).parameters.values()
        if isinstance(each.default, int | str)
    }


def open_configuration(name: str, **sizes: Size) -> Configuration:
    """Builds a configuration.

    Args:
        sizes: parameters of its builder in `kernel_impl.scenarios`; each has a small default.
    """
    require(name in CONFIGURATIONS, f"no configuration is called {name}")
    return CONFIGURATIONS[name](**sizes)
