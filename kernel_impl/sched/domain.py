"""Domains: who gets a processor, and how much of it.

Each dispatcher belongs to a *domain*, which has a priority class and a weight. A processor runs a
dispatcher of the best class that has one; within a class, of the domain that has used the processor
least, its use being divided by its weight; within a domain, one dispatcher after another. Use is
told relative to the domain that has used least, so that it stays small: a domain that slept gets no
credit for it beyond `memory_ticks`, as an exponential decay would have it.

Source: K42 os/kernel/exception/CPUDomainAnnex.C, DispatchQueue.C. Differs: a bounded difference
    instead of a mantissa that is halved now and then; all domains are known on all processors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kernel_impl.machine.packed import members
from kernel_impl.steps import Cell, Memory
from kernel_impl.system import Layout

FULL_WEIGHT: Final = 4096
NOBODY: Final = 0


@dataclass(frozen=True, slots=True)
class Share:
    """What a domain may have: lower classes win; weights divide a class."""

    priority: int = 0
    weight: int = FULL_WEIGHT


@dataclass(frozen=True, slots=True, eq=False)
class Domains:
    """The domains of all dispatchers, and how much each has used on each processor."""

    shares: tuple[Share, ...]
    domain_of: tuple[int, ...]  # by dispatcher, from 1; entry 0 is unused
    # Of one processor, changed with its interrupts off.
    used: tuple[tuple[Cell, ...], ...]  # by processor and domain, in ticks of full weight
    last: tuple[Cell, ...]  # the dispatcher that ran last
    memory_ticks: int

    @classmethod
    def declare(
        cls,
        layout: Layout,
        *,
        shares: tuple[Share, ...],
        domain_of: tuple[int, ...],
        processors: int,
        memory_ticks: int = 1,
    ) -> Domains:
        """Declares domains; `domain_of` dispatchers 1, 2, …."""
        limit = memory_ticks * FULL_WEIGHT
        return cls(
            shares,
            (NOBODY, *domain_of),
            tuple(
                layout.packed(f"used[{cpu}]", len(shares), range(2 * limit + 1), home=cpu)
                for cpu in range(processors)
            ),
            layout.padded("last", range(processors), range(len(domain_of) + 1)),
            memory_ticks,
        )

    def is_shared(self) -> bool:
        """Tells whether there is anything to divide."""
        return len(self.shares) > 1


def choose_dispatcher(memory: Memory, domains: Domains, cpu: int, runnable: int) -> int:
    """Returns which of a set of dispatchers a processor should run, NOBODY if it is empty."""
    best, best_rank = NOBODY, (0, 0, 0)
    last = memory.read(domains.last[cpu]) if runnable else 0
    count = len(domains.domain_of)
    for dispatcher in members(runnable):
        domain = domains.domain_of[dispatcher]
        used = memory.read(domains.used[cpu][domain]) if domains.is_shared() else 0
        turn = (dispatcher - last - 1) % count
        rank = (domains.shares[domain].priority, used, turn)
        if best == NOBODY or rank < best_rank:
            best, best_rank = dispatcher, rank
    if best != NOBODY:
        memory.write(domains.last[cpu], best)
    return best


def charge(memory: Memory, domains: Domains, cpu: int, dispatcher: int, *, ticks: int) -> None:
    """Charges the domain of a dispatcher for the processor, by its weight."""
    if not domains.is_shared():
        return
    mine = domains.domain_of[dispatcher]
    limit = domains.memory_ticks * FULL_WEIGHT
    use = [memory.read(cell) for cell in domains.used[cpu]]
    use[mine] += min(ticks * FULL_WEIGHT // domains.shares[mine].weight, limit)
    peers = [
        domain
        for domain, share in enumerate(domains.shares)
        if share.priority == domains.shares[mine].priority
    ]
    least = min(use[domain] for domain in peers)
    for domain in peers:
        memory.write(domains.used[cpu][domain], min(use[domain] - least, limit))
