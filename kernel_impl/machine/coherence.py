"""What memory accesses cost: a directory of cache lines over nodes.

Each line is held exclusively by one processor, shared by several, or only in memory at its home. An
access that finds its line is a *hit*. A miss is *local* when everything it needs lies in the node
of the processor, and *remote* when it must leave the node: to fetch a line, or to take it away from
others. A line moves one request at a time: who finds it on the move waits and is *contended*. This
is enough to see what clustering buys: a counter in one word costs every processor a remote miss and
a wait, a counter in a word of one's own costs a hit.

Limits: no capacity, no write buffer, no bandwidth but that of a line. Prices are in `config.Costs`.

Source: K42 doc/white-papers/ClusteredObject.sgml (why locality); the numbers are ours.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from kernel_impl.config import Costs
from kernel_impl.steps import Cell

LINT_DRIVER = True
NOBODY = -1


@dataclass(slots=True)
class Traffic:
    """Counts of accesses by what they cost."""

    hits: int = 0
    local: int = 0
    remote: int = 0
    contended: int = 0
    waited_ticks: int = 0

    @property
    def accesses(self) -> int:
        """All accesses."""
        return self.hits + self.local + self.remote

    def minus(self, before: Traffic) -> Traffic:
        """Returns what was added since an earlier count."""
        pairs = ((getattr(self, f.name), getattr(before, f.name)) for f in fields(self))
        return Traffic(*(now - then for now, then in pairs))

    def copy(self) -> Traffic:
        """Returns these counts as they are now."""
        return self.minus(Traffic())


class Coherence:
    """The state of every cache line, and the traffic so far."""

    def __init__(self, cells: tuple[Cell, ...], costs: Costs) -> None:
        lines = 1 + max((cell.line for cell in cells), default=0)
        self._costs = costs
        self._owner = [NOBODY] * lines  # who holds the line exclusively
        self._sharers = [0] * lines  # bits of the processors that hold a copy
        self._busy_until = [0] * lines  # when the line stops moving
        self._per_node = costs.processors_per_node
        self._node_bits = (1 << costs.processors_per_node) - 1
        self.traffic = Traffic()

    def read(self, processor: int, cell: Cell, now: int) -> int:
        """Charges a read and returns how many ticks it takes."""
        line = cell.line
        if self._sharers[line] >> processor & 1:
            self.traffic.hits += 1
            return self._costs.hit
        owner = self._owner[line]
        source = cell.home if owner == NOBODY else owner
        is_remote = source // self._per_node != processor // self._per_node
        self._owner[line] = NOBODY
        self._sharers[line] |= 1 << processor
        return self._miss(line, now, is_remote=is_remote)

    def write(self, processor: int, cell: Cell, now: int) -> int:
        """Charges a write and returns how many ticks it takes."""
        line = cell.line
        if self._owner[line] == processor:
            self.traffic.hits += 1
            return self._costs.hit
        mine = 1 << processor
        node = processor // self._per_node
        others = self._sharers[line] & ~mine
        far = others & ~(self._node_bits << node * self._per_node)
        is_remote = bool(far) or (not others and cell.home // self._per_node != node)
        self._owner[line] = processor
        self._sharers[line] = mine
        return self._miss(line, now, is_remote=is_remote)

    def _miss(self, line: int, now: int, *, is_remote: bool) -> int:
        price = self._costs.remote if is_remote else self._costs.local
        wait = max(0, self._busy_until[line] - now)
        self._busy_until[line] = now + wait + price
        self.traffic.remote += is_remote
        self.traffic.local += not is_remote
        self.traffic.contended += wait > 0
        self.traffic.waited_ticks += wait
        return wait + price
