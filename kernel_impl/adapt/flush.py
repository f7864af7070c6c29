"""Flushing: every processor forgets its translation of a reference.

Only threads of a processor write its local table, so whoever wants an entry gone everywhere asks
each processor to reset its own and waits for all of them. A call that has already left its entry is
not affected: flushing is no quiescence.

Source: K42 lib/libc/cobj/sys/COSMgrObject.C (`resetLTE` messages of `substitute`). Differs: the
    resets are awaited before anything depends on them (COS-B2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kernel_impl.cobj.table import Tables
from kernel_impl.locks.interface import Lock
from kernel_impl.machine.context import Context
from kernel_impl.steps import Cell, await_equal, await_not, store
from kernel_impl.system import Layout

NO_REQUEST: Final = 0


@dataclass(frozen=True, slots=True, eq=False)
class Flusher:
    """Resets local entries on all processors."""

    tables: Tables
    lock: Lock
    # Under `lock`, one request at a time; each processor clears its own.
    requests: tuple[Cell, ...]

    @classmethod
    def declare(cls, layout: Layout, tables: Tables, lock: Lock) -> Flusher:
        """Declares a flusher."""
        domain = range(tables.refs + 1)
        return cls(tables, lock, layout.padded("flush", range(tables.vps), domain))

    async def flush_everywhere(self, who: Context, ref: int) -> None:
        """Returns when no local entry holds what it held before for a reference."""
        await self.lock.acquire(who)
        vp = 0
        while vp < self.tables.vps:
            if vp != who.vp:
                await store(self.requests[vp], ref)
            vp += 1
        await self.tables.reset(who.vp, ref)
        vp = 0
        while vp < self.tables.vps:
            await await_equal(self.requests[vp], NO_REQUEST)
            vp += 1
        await self.lock.release(who)

    async def daemon(self, who: Context) -> None:
        """Serves the requests of one processor for ever."""
        while True:
            ref = await await_not(self.requests[who.vp], NO_REQUEST)
            await self.tables.reset(who.vp, ref)
            await store(self.requests[who.vp], NO_REQUEST)
