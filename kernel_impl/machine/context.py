"""Contexts: on whose behalf code runs.

A thread never leaves its virtual processor while it is active, so a context is a value. A call that
crosses to another processor runs there on another thread; the *chain* stays that of the thread that
began it, which is how an object that is being swapped knows a call of its own caller again.

Source: K42 lib/libc/scheduler/Thread.H, lib/libc/scheduler/Scheduler.H (`GetCurThread`, `GetVP`).
    Differs: the 2005 tree has no chain; it recognises recursion by thread only (defect C).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Context:
    """A running thread: its number from 1, its virtual processor, and its call chain."""

    thread: int
    vp: int
    chain: int

    @staticmethod
    def of(thread: int, vp: int) -> Context:
        """Returns the context of a thread at the start of its own chain."""
        return Context(thread, vp, thread)
