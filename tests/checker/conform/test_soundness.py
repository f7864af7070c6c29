"""Code that is not what its frames show is refused, whatever was done to get it past the lint."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from random import Random

import pytest

from checker.conform.explore import explore
from checker.conform.findings import FailureKind
from kernel_impl.lint import lint_source
from kernel_impl.steps import Cell, load, store
from tests.checker.conform.systems import system

HIDDEN: list[int] = []
NUMBERS = count()
DICE = Random()


async def share_a_list(x: Cell) -> None:
    HIDDEN.append(await load(x))
    await store(x, len(HIDDEN) % 4)


async def read_the_clock(x: Cell) -> None:
    seen = await load(x)
    await store(x, (seen + time.perf_counter_ns()) % 4)


async def roll(x: Cell) -> None:
    await load(x)
    await store(x, DICE.randrange(4))


async def draw_numbers(x: Cell) -> None:
    await load(x)
    number = next(NUMBERS)
    await store(x, number % 4)


async def keep_a_list(x: Cell) -> None:
    seen = []
    seen.append(await load(x))
    await store(x, seen[0])


async def keep_a_generator(x: Cell) -> None:
    values = iter((1, 2, 3))
    await load(x)
    await store(x, next(values))


async def await_in_a_loop(x: Cell) -> None:
    for value in (1, 2):
        await store(x, value)


async def await_beside_an_operand(x: Cell) -> None:
    seen = len(HIDDEN) * 0 + (await load(x))
    await store(x, seen)


ALL = (
    share_a_list,
    read_the_clock,
    roll,
    draw_numbers,
    keep_a_list,
    keep_a_generator,
    await_in_a_loop,
    await_beside_an_operand,
)


async def reset(x: Cell) -> None:
    """A sound neighbour that never leaves the domain, whatever the other thread stores."""
    await load(x)
    await store(x, 0)


@pytest.fixture
def without_luck(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that moves at every look, and the same dice, whichever tests ran before."""
    DICE.seed(1)
    monkeypatch.setattr(time, "perf_counter_ns", partial(next, count()))


@pytest.mark.usefixtures("without_luck")
@pytest.mark.parametrize("body", ALL, ids=lambda body: body.__name__)
def test_exploration_refuses(body: Callable[[Cell], object]) -> None:
    failure = explore(system({"a": body, "b": reset})).failure  # type: ignore[dict-item]
    assert failure is not None
    assert failure.kind is FailureKind.UNSOUND
    assert failure.text.startswith("test_soundness.py:")


@pytest.mark.parametrize("body", ALL, ids=lambda body: body.__name__)
def test_lint_refuses_with_file_and_line(body: Callable[[Cell], object]) -> None:
    lines, first = inspect.getsourcelines(body)
    found = lint_source(Path(__file__).read_text("utf-8"), "kernel.py")
    inside = [each for each in found if first <= each.line < first + len(lines)]
    assert inside
    assert str(inside[0]).startswith("kernel.py:")
