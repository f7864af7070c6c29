"""Calls through references, and the first one on each processor.

A call loads its local entry and jumps: one load that always hits, and no shared word. A DEFAULT
entry sends it to the miss path: be counted as a reader of the global entry, which keeps the root
from changing, ask the root, be counted out, and perform the call. An object that is gone refuses.

Source: K42 lib/libc/cobj/sys/COSMgrObject.C (`GenericDefaultFunc`), COSDefaultObject.C. Differs:
    the default entry is a number that is tested, not a fake object whose methods all miss.
"""

from __future__ import annotations

from dataclasses import dataclass

from kernel_impl.cobj.root import Directory
from kernel_impl.cobj.table import DEFAULT, Tables
from kernel_impl.errors import Status
from kernel_impl.machine.context import Context
from kernel_impl.steps import load


@dataclass(frozen=True, slots=True, eq=False)
class Objects:
    """Everything that a call needs."""

    tables: Tables
    directory: Directory

    async def call(self, who: Context, ref: int, method: int, argument: int = 0) -> int:
        """Calls a method of an object; `who` is active. Returns its result, or DELETED."""
        rep = await load(self.tables.local[who.vp][ref])
        if rep == DEFAULT:
            rep = await self.miss(who, ref)
            if rep == Status.DELETED:
                return Status.DELETED
        return await self.directory.rep(rep).call(who, method, argument)

    async def miss(self, who: Context, ref: int) -> int:
        """Has the root install a representative on this processor, and returns it or DELETED."""
        if not await self.tables.read_enter(ref):
            return Status.DELETED
        root = await load(self.tables.handler[ref])
        rep = await self.directory.root(root).handle_miss(who, ref)
        await self.tables.read_exit(ref)
        return rep
