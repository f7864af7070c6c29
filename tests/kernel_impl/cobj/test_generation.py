from __future__ import annotations

from dataclasses import dataclass

import pytest

from kernel_impl.cobj.generation import Generations, any_active
from kernel_impl.machine.context import Context
from kernel_impl.machine.memory import View
from kernel_impl.scenarios.cobj import Kinds, generation, object_space
from kernel_impl.steps import fetch_add, load, store, swap
from kernel_impl.system import Invariant, Layout, System, Thread
from tests.support.mini_explorer import explore


def test_elapsed_marker_means_that_everybody_is_gone() -> None:
    found = explore(generation(readers=2))
    assert (found.failure, found.is_exhaustive) == (None, True)


def test_marker_without_the_lock_comes_out_too_small() -> None:
    # Defect E: between the swap of an advance and its count.
    found = explore(generation(readers=2, as_built=True)).failure
    assert found is not None
    assert found.text == "what a thread saw while active is not freed under it"


@dataclass(frozen=True, eq=False)
class WaitsForOne(Generations):
    """Takes one advance for enough."""

    async def locked_has_elapsed(self, vp: int, marker: int) -> bool:
        return await load(self.count[vp]) >= marker + 1


@dataclass(frozen=True, eq=False)
class ActivatesInTwoSteps(Generations):
    """Reads the index and counts apart."""

    async def activate(self, who: Context) -> None:
        word = await load(self.word[who.vp])
        await fetch_add(self.word[who.vp], 1)
        await store(self.active_in[who.thread], 1 + word // self.span)


@dataclass(frozen=True, eq=False)
class AdvancesBlindly(Generations):
    """Closes a generation while the other one is still populated."""

    async def locked_advance(self, vp: int) -> bool:
        word = await load(self.word[vp])
        current = word // self.span
        old = await swap(self.word[vp], (1 - current) * self.span)
        await fetch_add(self.left[vp][current], old % self.span)
        await fetch_add(self.count[vp], 1)
        return True


@pytest.mark.parametrize("kind", [WaitsForOne, ActivatesInTwoSteps, AdvancesBlindly])
def test_broken_generations_are_refuted(kind: type[Generations]) -> None:
    assert explore(generation(readers=2, kinds=Kinds(generations=kind))).failure is not None


@dataclass(frozen=True, eq=False)
class WithoutHuge(Generations):
    """Leaves out HUGE, so that a closing generation is in no count for a moment."""

    @property
    def huge(self) -> int:
        return 0


def active_is_seen(kind: type[Generations]) -> System:
    layout = Layout()
    space = object_space(layout, vps=1, threads=2, kinds=Kinds(generations=kind))
    generations, reader, daemon = space.generations, Context.of(1, 0), Context.of(2, 0)
    is_active = generations.active_in[1]

    async def stay_active() -> None:
        await generations.activate(reader)
        await load(is_active)
        await generations.deactivate(reader)

    async def advance() -> None:
        await generations.locked_update(daemon.vp)

    claim = Invariant(
        "whoever is active is seen",
        lambda memory: not memory.read(is_active) or any_active(memory, generations, 0),
    )
    threads = (Thread("reader", 0, stay_active), Thread("daemon", 0, advance))
    return System(layout.cells, threads, (claim,))


def test_active_thread_is_seen_at_every_moment() -> None:
    assert explore(active_is_seen(Generations)).failure is None
    assert explore(active_is_seen(WithoutHuge)).failure is not None


def test_nobody_is_active_at_first() -> None:
    layout = Layout()
    space = object_space(layout, vps=1, threads=2)
    assert not any_active(View([cell.initial for cell in layout.cells]), space.generations, 0)
