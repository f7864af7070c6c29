from __future__ import annotations

import dis
from collections.abc import Callable
from contextlib import asynccontextmanager
from types import CodeType
from typing import Any

import pytest

from checker.conform.bytecode import AWAIT_OPERANDS, live_after, operands_at
from kernel_impl.locks.mcs import McsLock
from tests.checker.conform.systems import close_over, keep_two_dead_locals, use_in_handler


def awaits(code: CodeType) -> list[int]:
    return [each.offset for each in dis.get_instructions(code) if each.opname == "YIELD_VALUE"]


def live_at_awaits(function: Callable[..., Any]) -> list[set[str]]:
    live = live_after(function.__code__)
    return [set(live[offset]) for offset in awaits(function.__code__)]


def test_variable_is_live_up_to_its_last_use() -> None:
    assert live_at_awaits(keep_two_dead_locals) == [{"x"}, {"x"}, {"x"}, set()]
    assert live_at_awaits(McsLock.acquire)[1] == {"self", "me"}
    assert live_at_awaits(McsLock.acquire)[3] == {"self", "me", "predecessor"}


def test_what_a_handler_reads_is_live() -> None:
    assert live_at_awaits(use_in_handler) == [{"x"}, {"x", "fallback"}, set()]


def test_what_a_nested_function_shares_is_never_dead() -> None:
    assert all("limit" in live for live in live_at_awaits(close_over))


async def plain(x: Any) -> Any:
    if not await x and await x == 1:
        return await x
    while await x < 3:
        y, z = await x
        match await x:
            case 1:
                await y
            case _:
                await z
    return None


async def in_a_loop(x: Any) -> None:
    for y in (x, x):
        await y


async def beside_an_operand(x: Any) -> Any:
    return 1 + await x


async def as_an_argument(x: Any) -> None:
    print(await x)


@asynccontextmanager
async def context() -> Any:
    yield 1


async def in_a_context(x: Any) -> None:
    async with context():
        await x


def hidden(function: Callable[..., Any]) -> set[int]:
    depths = operands_at(function.__code__)
    return {depths[offset] - AWAIT_OPERANDS for offset in awaits(function.__code__)}


def test_plain_awaits_hide_nothing() -> None:
    assert hidden(plain) == {0}


@pytest.mark.parametrize("function", [in_a_loop, beside_an_operand, as_an_argument, in_a_context])
def test_operands_and_iterators_at_an_await_are_seen(function: Callable[..., Any]) -> None:
    assert max(hidden(function)) > 0
