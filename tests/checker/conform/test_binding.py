from __future__ import annotations

import pytest

from checker.conform.binding import Binding, ByAction, ByMove, EventRule, size_of
from checker.model.types import BOOL, EnumType, IntType, OptionType, SetType, SortType
from tests.checker.conform.specs import LOCK, WORKER, bound, mistakes_of

CPU = SortType("Cpu", 3)
NUMBERED = Binding((), {"Cpu": 1})


def test_reads_every_kind_of_way() -> None:
    binding = bound(
        """
        [numbers]
        Cpu = 1
        [sizes]
        Cpu = "threads + 1"
        [events]
        "free(page)" = "give_back(page) or drop(page, _, 3)"
        "enter(cpu)" = "worker[cpu] enters critical"
        "leave(cpu)" = "worker[cpu] leaves critical"
        "move(cpu)" = "worker[cpu] goes Lock.acquire to critical"
        "tick" = "main leaves idle"
        """
    )
    assert binding.numbers == {"Cpu": 1}
    assert binding.sizes == {"Cpu": "threads + 1"}
    assert binding.events == (
        EventRule(
            "free",
            ("page",),
            (ByAction("give_back", ("page",)), ByAction("drop", ("page", None, 3))),
        ),
        EventRule("enter", ("cpu",), (ByMove("worker", "cpu", None, "critical"),)),
        EventRule("leave", ("cpu",), (ByMove("worker", "cpu", "critical", None),)),
        EventRule("move", ("cpu",), (ByMove("worker", "cpu", "Lock.acquire", "critical"),)),
        EventRule("tick", (), (ByMove("main", None, "idle", None),)),
    )


@pytest.mark.parametrize(
    ("of", "value", "number"),
    [
        (BOOL, True, 1),
        (IntType(-2, 5), -1, -1),
        (EnumType("Phase", ("forward", "block")), "block", 1),
        (CPU, "Cpu0", 1),
        (OptionType(CPU), None, 0),
        (OptionType(CPU), "Cpu2", 3),
        (SetType(CPU), frozenset({"Cpu0", "Cpu2"}), 0b1010),
        (OptionType(BOOL), True, None),
    ],
)
def test_values_have_the_numbers_of_the_kernel(of: object, value: object, number: object) -> None:
    assert NUMBERED.number(of, value) == number  # type: ignore[arg-type]  # pairs of a table


def test_sizes_are_sums() -> None:
    assert size_of("clients + 4", {"clients": 3}) == 7
    assert size_of("threads * rounds + 1", {"threads": 3, "rounds": 2}) == 7
    with pytest.raises(KeyError):
        size_of("nobody", {})


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("[events", "K310", "is not TOML"),
        ("", "K310", "binds no event"),
        ("[event]\n", "K310", "has a part `event`"),
        ("events = 3", "K310", "`events` is not a table"),
        ('[numbers]\nThread = "one"', "K310", "has no number"),
        ('[sizes]\nThread = "2 - n"', "K310", "is not made of"),
        ('[events]\n"take(t" = "take(t)"', "K310", "is not an event"),
        ('[events]\n"take(t)" = "take t"', "K310", "does not say which steps"),
        ('[events]\n"take(t)" = "w[t] enters a to b"', "K310", "does not say which steps"),
        ('[numbers]\nPage = 1\n[events]\n"take(t)" = "take(t)"', "K311", "no sort of lock"),
        ('[events]\n"take(t)" = "grab(t)"', "K311", "has no action `grab`"),
        ('[events]\n"take(t)" = "take(thread)"', "K311", "has no value called `thread`"),
        ('[events]\n"take(t)" = "take(t, t)"', "K311", "has 1 parameters"),
        ('[events]\n"take(t)" = "worker[t] enters a"', "K311", "has no process `worker`"),
    ],
)
def test_mistakes_are_told(text: str, code: str, message: str) -> None:
    found = mistakes_of(text, LOCK)
    assert [each.code for each in found] == [code]
    assert message in found[0].message


@pytest.mark.parametrize(
    ("way", "message"),
    [
        ("worker[t] enters nowhere", "has no place `nowhere`"),
        ("worker enters critical", "has an index"),
    ],
)
def test_mistakes_about_processes_are_told(way: str, message: str) -> None:
    found = mistakes_of(f'[events]\n"take(t)" = "{way}"', WORKER)
    assert message in found[0].message
