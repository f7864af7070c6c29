"""Scenarios: small systems that show one mechanism each, to explore and to run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from kernel_impl.scenarios import adapt, cobj, ipc, locks, sched, trace, update
from kernel_impl.system import System

__all__ = ["CONFIGURATIONS"]

CONFIGURATIONS: Final[Mapping[str, Callable[..., System]]] = MappingProxyType(
    {
        "spin": locks.spin,
        "ticket": locks.ticket,
        "mcs": locks.mcs,
        "fair": locks.fair,
        "unfair": locks.unfair,
        "read_write": locks.read_write,
        "sequence": locks.sequence,
        "shutdown": locks.shutdown,
        "stop": locks.stop,
        "generation": cobj.generation,
        "miss": cobj.miss,
        "destroy": cobj.destroy,
        "swap": adapt.swap,
        "mediated": adapt.mediated,
        "monitor": adapt.monitor,
        "update": update.update,
        "lazy": update.lazy,
        "interpose": update.interpose,
        "trace": trace.trace,
        "dispatch": sched.dispatch,
        "migrate": sched.migrate,
        "ppc": ipc.ppc,
        "handles": ipc.handles,
        "messages": ipc.messages,
        "async": ipc.asynchronous,
    }
)
"""Every configuration by the name that the port knows it by."""
