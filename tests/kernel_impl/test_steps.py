from __future__ import annotations

import pytest

from kernel_impl.errors import ContractViolation
from kernel_impl.machine.memory import View
from kernel_impl.machine.simulator import Machine
from kernel_impl.steps import (
    Access,
    Body,
    Cell,
    Finished,
    Kind,
    Memory,
    Observation,
    Paused,
    atomic,
    await_not,
    cas,
    choose,
    fence,
    fetch_add,
    fetch_and,
    fetch_or,
    load,
    observe,
    pause,
    resume,
    store,
    swap,
)
from kernel_impl.system import Layout, System, Thread
from tests.support.mini_explorer import explore


def one_cell(initial: int = 5) -> tuple[Layout, Cell]:
    layout = Layout()
    return layout, layout.cell("word", range(16), initial=initial)


def run(layout: Layout, body: Body) -> View:
    machine = Machine(System(layout.cells, (Thread("t", 0, lambda: body),)), seed=1)
    assert machine.run().is_finished
    return machine.view


@pytest.mark.parametrize(
    ("access", "result", "after"),
    [
        (load, 5, 5),
        (lambda c: store(c, 7), None, 7),
        (lambda c: swap(c, 7), 5, 7),
        (lambda c: cas(c, 5, 7), True, 7),
        (lambda c: cas(c, 4, 7), False, 5),
        (lambda c: fetch_add(c, 2), 5, 7),
        (lambda c: fetch_or(c, 2), 5, 7),
        (lambda c: fetch_and(c, 4), 5, 4),
    ],
)
def test_primitive_is_one_access(access: object, result: object, after: int) -> None:
    layout, cell = one_cell()
    assert callable(access)
    got = []

    async def body() -> None:
        got.append(await access(cell))

    view = run(layout, body())
    assert (got, view.read(cell)) == ([result], after)


def test_marks_belong_to_the_access_before_them() -> None:
    async def body() -> None:
        await pause()
        await observe("said", 1)
        await fence()
        await pause()
        await observe("last")

    coroutine = body()
    first = resume(coroutine, None)
    second = resume(coroutine, None)
    third = resume(coroutine, None)
    assert isinstance(first, Paused)
    assert first.marks == ()
    assert isinstance(second, Paused)
    assert second.marks == (Observation("said", (1,)), fence())
    assert third == Finished((Observation("last", ()),))


def test_equal_accesses_are_equal_and_hashable() -> None:
    _, cell = one_cell()
    assert store(cell, 1) == store(cell, 1) != store(cell, 2)
    assert len({load(cell), load(cell), swap(cell, 1)}) == 2


def test_guard_disables_an_access() -> None:
    _, cell = one_cell(initial=0)
    access: Access[int] = await_not(cell, 0)
    assert not access.is_enabled(View([0]))
    assert access.is_enabled(View([3]))
    assert access.kind is Kind.LOAD


def test_value_outside_the_domain_stops_the_kernel() -> None:
    layout, cell = one_cell()

    async def body() -> None:
        await store(cell, 16)

    with pytest.raises(ContractViolation, match="word := 16 is outside its domain"):
        run(layout, body())


def test_choice_branches() -> None:
    layout, cell = one_cell(initial=0)

    async def body() -> None:
        picked = await choose(3)
        await store(cell, picked)

    found = explore(System(layout.cells, (Thread("t", 0, body),)))
    assert (found.states, found.transitions) == (1 + 3 + 3, 3 + 3)


def double(memory: Memory, cell: Cell) -> int:
    memory.write(cell, 2 * memory.read(cell))
    return memory.read(cell)


def test_plain_function_is_one_step() -> None:
    layout, cell = one_cell(initial=1)

    async def body() -> None:
        await atomic(double, cell)

    system = System(layout.cells, (Thread("a", 0, body), Thread("b", 1, body)))
    found = explore(system)
    assert found.failure is None
    assert found.states == 4  # 1; 2 after a; 2 after b; 4 after both


def test_equal_continuations_merge() -> None:
    layout, cell = one_cell(initial=0)

    async def body() -> None:
        while True:
            seen = await load(cell)
            await store(cell, 1 - seen)

    found = explore(System(layout.cells, (Thread("a", 0, body),)))
    assert (found.states, found.nodes) == (4, 3)
