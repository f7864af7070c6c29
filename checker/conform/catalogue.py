"""Which specification a configuration of the kernel is held against, unless another one is named.

The path is below the folder of the specifications that come with the tool; the binding stands
beside it, as `NAME.binding.toml`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

SPECIFICATIONS: Final[Mapping[str, str]] = MappingProxyType({
    "spin": "kernel/locks/lock_promise.k42",
    "unfair": "kernel/locks/lock_promise.k42",
    "ticket": "kernel/locks/ordered_lock_promise.k42",
    "mcs": "kernel/locks/ordered_lock_promise.k42",
    "fair": "kernel/locks/ordered_lock_promise.k42",
    "read_write": "kernel/locks/read_write_promise.k42",
    "sequence": "kernel/locks/sequence_promise.k42",
    "shutdown": "kernel/locks/request_count_promise.k42",
    "stop": "kernel/locks/request_count_stop_promise.k42",
    "generation": "kernel/cobj/generations_promise.k42",
    "miss": "kernel/cobj/entry_promise.k42",
    "destroy": "kernel/cobj/destruction_promise.k42",
    "swap": "kernel/adapt/swap_promise.k42",
    "mediated": "kernel/adapt/swap_promise.k42",
    "monitor": "kernel/adapt/monitor_promise.k42",
    "update": "kernel/adapt/update_promise.k42",
    "lazy": "kernel/adapt/update_promise.k42",
    "interpose": "kernel/adapt/interposition_promise.k42",
    "trace": "kernel/trace/log_promise.k42",
    "dispatch": "kernel/sched/scheduling_promise.k42",
    "migrate": "kernel/sched/soft_interrupts_promise.k42",
    "ppc": "kernel/ipc/ppc_promise.k42",
    "handles": "kernel/ipc/handles_promise.k42",
    "messages": "kernel/ipc/messages_promise.k42",
    "async": "kernel/ipc/async_promise.k42",
})  # fmt: skip
"""By the name of the configuration."""
