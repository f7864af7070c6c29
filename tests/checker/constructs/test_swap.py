"""Swap protocols: the library's is right, and each part of it serves an obligation."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.model.verdict import Verdict
from tests.checker.constructs.texts import COUNT, PARTS, SHARED, broken, replaced, result_of
from tests.support.texts import loaded, system_of

LIBRARY = (Path(__file__).parents[3] / "spec/lib/mediated.k42").read_text()
PROTOCOL = LIBRARY[LIBRARY.index("swap protocol") :]
OBJECTS = COUNT + SHARED + PARTS
TRANSFER = "  transfer { Parts.root.base := Shared.root.n }\n"
ONE_CLIENT = "  clients = 1\n  calls = 2\n"
RECURSIVE = "  clients = 1\n  recursive = true\n"


def swapped(protocol: str, settings: str = ONE_CLIENT, transfer: str = TRANSFER) -> str:
    check = f"check swap Mediated: Shared -> Parts {{\n{transfer}{settings}}}\n"
    return OBJECTS + protocol + check


def test_a_shared_counter_becomes_a_partitioned_one_under_load() -> None:
    assert result_of(swapped(PROTOCOL)).verdict is Verdict.HOLDS
    names = {each.name for each in system_of(swapped(PROTOCOL)).properties}
    assert names >= {
        "check.no_lost_call",
        "check.no_doubled_call",
        "check.clients_cannot_tell",
        "check.swap_completes",
        "check.Mediated.no_call_in_old_after_transfer",
        "check.Mediated.transfer_is_quiescent",
        "check.Mediated.state_preserved",
        "check.Mediated.no_use_after_free",
    }


@pytest.mark.slow
@pytest.mark.parametrize("settings", ["  clients = 2\n", RECURSIVE])
def test_it_holds_for_two_clients_and_for_calls_within_calls(settings: str) -> None:
    assert result_of(swapped(PROTOCOL, settings)).verdict is Verdict.HOLDS


@pytest.mark.slow
def test_there_and_back_again_is_indistinguishable_to_clients() -> None:
    check = """
check swap Mediated: Shared -> Parts -> Shared {
  transfer Shared -> Parts { Parts.root.base := Shared.root.n }
  transfer Parts -> Shared { Shared.root.n := Parts.root.base + sum c: Cpu. Parts.rep[c].part }
  clients = 1
  calls = 2
}
"""
    assert result_of(OBJECTS + PROTOCOL + check).verdict is Verdict.HOLDS


@pytest.mark.parametrize(
    ("old", "new", "obligation"),
    [
        ("    await awaited[self] = {}\n", "", "transfer_is_quiescent"),
        ("    way[self] := mediated\n", "", "no_call_in_old_after_transfer"),
        (
            "        waiting[here] := waiting[here] union {caller}\n        return waits\n",
            "        skip\n",
            "no_call_in_old_after_transfer",
        ),
        (
            "      if inside[self] != {} { in_flight := in_flight union {self} }\n",
            "",
            "transfer_is_quiescent",
        ),
        (
            "      if in_flight = {} { finish_block() }\n    }\n    await has_moved",
            "      finish_block()\n    }\n    await has_moved",
            "transfer_is_quiescent",
        ),
        (
            "        if in_flight = {} { finish_block() }\n      }\n    }\n  }",
            "        skip\n      }\n    }\n  }",
            "deadlock",
        ),
        ("      waiting[self] := {}\n", "", "deadlock"),
        (
            "{ await caller not in waiting[here] }\n        perform(target)",
            "{ await caller not in waiting[here] }\n        perform(source)",
            "no_call_in_old_after_transfer",
        ),
        (
            "    } else if seen = moved {\n      perform(target)",
            "    } else if seen = moved {\n      skip",
            "no_lost_call",
        ),
        (
            "    } else if seen = moved {\n      perform(target)",
            "    } else if seen = moved {\n      perform(target)\n      perform(target)",
            "no_doubled_call",
        ),
        ("    transfer()\n", "", "transfer_is_quiescent"),
        (
            "    await may_transfer\n    transfer()\n    dispose(source)\n",
            "    dispose(source)\n    await may_transfer\n    transfer()\n",
            "no_use_after_free",
        ),
    ],
)
def test_without_a_part_the_obligation_that_it_serves_fails(
    old: str, new: str, obligation: str
) -> None:
    found = broken(result_of(swapped(replaced(PROTOCOL, old, new))))
    assert obligation in {name.rsplit(".", 1)[-1] for name in found}


@pytest.mark.slow
def test_a_call_within_a_call_must_not_wait_for_the_swap() -> None:
    blind = replaced(PROTOCOL, "forall call in inside[here]. call.1 != thread", "true")
    assert broken(result_of(swapped(blind, RECURSIVE))) == {"deadlock"}


def test_a_transfer_that_loses_state_is_told_by_name() -> None:
    wrong = "  transfer { Parts.root.base := 0 * Shared.root.n }\n"
    found = broken(result_of(swapped(PROTOCOL, transfer=wrong)))
    assert "check.Mediated.state_preserved" in found


def test_a_broken_new_object_is_told_by_the_clients() -> None:
    only_here = replaced(PARTS, "rep[c].part\n      total", "rep.part\n      total")
    text = swapped(PROTOCOL).replace(PARTS, only_here)
    assert "check.clients_cannot_tell" in broken(result_of(text))


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (TRANSFER, "", "K186"),
        ("  represents n = root.n\n", "", "K186"),
        ("swap Mediated: Shared -> Parts", "swap Mediating: Shared -> Parts", "K185"),
        ("Mediated: Shared -> Parts", "Mediated: Shared -> Part", "K185"),
        ("    dispose(source)\n", "    perform(source)\n", "K187"),
        ("  on call {\n    atomic", "  on call {\n    perform(sources)\n    atomic", "K187"),
        ("  procedure run() {\n", "  procedure go() {\n", "K187"),
        ("  clients = 1\n", "  clients = 1\n  recursive = 2\n", "K185"),
    ],
)
def test_what_does_not_fit_is_told(old: str, new: str, code: str) -> None:
    system, diagnostics = loaded(replaced(swapped(PROTOCOL), old, new))
    assert system is None
    assert code in {diagnostic.code for diagnostic in diagnostics}
