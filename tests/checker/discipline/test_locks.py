"""What is said of locks: which circles are reported, what is against the order, what is held."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from checker.explicit.search import check
from checker.model.verdict import Verdict
from grammar.diagnostics import Diagnostic, Severity
from tests.checker.discipline.programs import LOCK, locks, process
from tests.support.texts import loaded, system_of

NESTED = ("A.acquire()", "B.acquire()", "B.release()", "A.release()")
CROSSED = ("B.acquire()", "A.acquire()", "A.release()", "B.release()")


def told(text: str) -> list[Diagnostic]:
    """Return the warnings of a text in which nothing else is wrong."""
    system, diagnostics = loaded(text)
    assert system is not None, diagnostics
    assert all(each.severity is Severity.WARNING for each in diagnostics)
    return list(diagnostics)


def codes(text: str) -> list[str]:
    return [each.code for each in told(text)]


def two(first: Sequence[str], second: Sequence[str], plain: str = "AB", shared: str = "") -> str:
    text = locks(plain, shared)
    return text + process("process one", first) + process("process other", second)


def test_two_locks_in_a_circle_are_told_with_all_four_places() -> None:
    (found,) = told(two(NESTED, CROSSED))
    assert found.code == "K241"
    assert found.message == "`A` and `B` are taken in a circle"
    assert found.span is not None
    assert [(note.span.text, note.message) for note in found.notes] == [
        ("A.acquire()", "`one` takes `A` here"),
        ("B.acquire()", "while it holds it, `one` waits for `B` here"),
        ("B.acquire()", "`other` takes `B` here"),
        ("A.acquire()", "while it holds it, `other` waits for `A` here"),
    ]


def test_one_order_is_no_circle() -> None:
    assert codes(two(NESTED, NESTED)) == []


def test_a_circle_of_three() -> None:
    text = locks("ABC")
    for first, second in ("AB", "BC", "CA"):
        lines = [f"{first}.acquire()", f"{second}.acquire()"]
        lines += [f"{second}.release()", f"{first}.release()"]
        text += process(f"process {first}{second}", lines)
    (found,) = told(text)
    assert found.message == "`A`, `B` and `C` are taken in a circle"


def test_a_circle_under_one_more_lock_cannot_be_closed() -> None:
    gate = locks("ABG")
    guarded = [["G.acquire()", *lines, "G.release()"] for lines in (NESTED, CROSSED)]
    assert codes(gate + process("process one", guarded[0]) + process("process p", guarded[1])) == []
    assert codes(gate + process("process one", guarded[0]) + process("process p", CROSSED)) == [
        "K241"
    ]


def test_a_single_thread_closes_no_circle_by_itself_but_several_do() -> None:
    both = [*NESTED, *CROSSED]
    assert codes(locks("AB") + process("process p", both)) == []
    assert codes(locks("AB") + process("process p on 1..1", both)) == []
    assert codes(locks("AB") + process("process p on 1..2", both)) == ["K241"]


def test_a_lock_that_is_taken_twice() -> None:
    text = locks("A") + process("process p", ["A.acquire()", "A.acquire()", "A.release()"])
    found = told(text)
    assert [each.message for each in found] == ["`p` takes `A` again while it holds it"]


def test_locks_are_found_in_procedures_that_are_called() -> None:
    text = locks("AB") + "object Cache {\n" + process("  procedure look()", CROSSED) + "}\n"
    text += process("process one", ["A.acquire()", "Cache.look()", "A.release()"])
    assert [each.message for each in told(text)] == ["`one` takes `A` again while it holds it"]


def test_who_only_tries_waits_for_nothing() -> None:
    tried = LOCK.format(name="A").replace(
        "procedure acquire()",
        "procedure try_acquire(): bool { return test_and_set(taken) }\n  procedure acquire()",
    )
    text = tried + LOCK.format(name="B") + "lock order A, B\n" + process("process one", NESTED)
    lines = ["B.acquire()", "let got = A.try_acquire()", "if got { A.release() }", "B.release()"]
    assert codes(text + process("process other", lines)) == []


def test_to_share_and_then_to_want_alone_is_a_circle() -> None:
    lines = ["R.acquire_read()", "R.acquire_write()", "R.release_write()", "R.release_read()"]
    assert "K241" in codes(locks("", "R") + process("process p", lines))


def test_shared_locks_are_a_circle_only_if_somebody_takes_one_alone() -> None:
    first = ["R.acquire_read()", "S.acquire_read()", "S.release_read()", "R.release_read()"]
    second = ["S.acquire_read()", "R.acquire_read()", "R.release_read()", "S.release_read()"]
    text = two(first, second, "", "RS")
    assert codes(text) == []
    writer = ["R.acquire_write()", "R.release_write()"]
    assert codes(text + process("process writer", writer)) == []
    writers = process("process w", writer) + process("process v", ["S.acquire_write()"])
    assert codes(text + writers)[:1] == ["K241"]


def test_against_the_declared_order_which_is_transitive() -> None:
    text = locks("ABC").replace("lock order A, B, C", "lock order A < B, B < C")
    lines = ["C.acquire()", "A.acquire()", "A.release()", "C.release()"]
    (found,) = told(text + process("process p", lines))
    assert found.code == "K242"
    assert found.message == "`A` is taken while `C` is held, against the declared order"


def test_what_is_released_but_not_held_and_what_is_never_released() -> None:
    assert codes(locks("A") + process("process p", ["A.release()"])) == ["K244"]
    assert codes(locks("A") + process("process p", ["A.acquire()"])) == ["K244"]
    sometimes = ["var odd: bool = false", "if odd { A.acquire() }", "if odd { A.release() }"]
    assert codes(locks("A") + process("process p", sometimes)) == []


def test_interrupts_that_are_never_switched_on_again() -> None:
    text = locks("A") + "interrupt tick { skip }\n"
    (found,) = told(text + process("process p", ["disable", "a: skip"]))
    assert (found.code, found.message) == ("K244", "`p` ends with interrupts off")
    assert codes(text + process("process p", ["disable", "a: skip", "enable"])) == []


def test_waiting_with_a_lock_that_those_need_who_end_it() -> None:
    text = locks("A") + "var ready: bool = false\n"
    waits = process("process p", ["A.acquire()", "await ready", "A.release()"])
    locked = process("process q", ["A.acquire()", "ready := true", "A.release()"])
    free = process("process q", ["ready := true"])
    assert codes(text + waits + locked) == ["K245"]
    assert codes(text + waits + free) == []
    assert codes(text + waits + "action signal() { ready := true }\n" + locked) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("processors Cpu\nlock order Cpu\n", "`Cpu` is no lock"),
        ("object L { procedure acquire() { skip } }\nlock order L\n", "`L` is no lock"),
        ("lock order L\n", "nothing is called `L` here"),
        (locks("AB") + "lock order A < B, B < A\n", "comes before itself"),
    ],
)
def test_a_declaration_that_makes_no_sense(text: str, message: str) -> None:
    system, diagnostics = loaded(text)
    assert system is None
    assert message in diagnostics[0].message


@pytest.mark.parametrize(
    ("module", "mode"),
    [
        ("mutex", ""),
        ("spin(Cpu = Cpu)", ""),
        ("ticket(THREADS = 2)", ""),
        ("mcs(Cpu = Cpu)", ""),
        ("fair_block(Thread = Cpu)", ""),
        ("reader_writer(READERS = 2)", "_read"),
        ("reader_writer(READERS = 2)", "_write"),
    ],
)
def test_the_locks_of_the_library_are_locks(module: str, mode: str) -> None:
    name = module.split("(", maxsplit=1)[0]
    text = (
        f"import lib.{module.replace(name, name + ' as L', 1)}\nprocessors Cpu[2]\nlock order L\n"
    )
    lines = [f"L.acquire{mode}()", "critical: skip", f"L.release{mode}()"]
    assert codes(text + process("process p on Cpu", lines)) == []
    again = [lines[0], *lines, lines[2]]
    assert codes(text + process("process p on Cpu", again))[:1] == (
        ["K241"] if mode != "_read" else []
    )


SPINNING = """
import lib.spin as A(Cpu = Cpu)
import lib.spin as B(Cpu = Cpu)
processors Cpu[2]
lock order A, B
"""


def test_threads_that_spin_for_one_another_violate_the_invariant() -> None:
    lines = [f"either {{ {' '.join(NESTED)} }} or {{ {' '.join(CROSSED)} }}"]
    system, _ = loaded(SPINNING + process("process p on Cpu", lines))
    assert system is not None
    result = check(system)
    assert result.verdict is Verdict.VIOLATED
    assert [finding.name for finding in result.findings] == ["locks.no_deadlock"]
    trace = result.findings[0].trace
    assert trace is not None
    assert len(trace.steps) == 2


def test_threads_that_spin_in_one_order_do_not() -> None:
    result = check(system_of(SPINNING + process("process p on Cpu", NESTED)))
    assert result.verdict is Verdict.HOLDS


def test_what_threads_hold_costs_no_states() -> None:
    text = SPINNING + process("process p on Cpu", NESTED)
    without = text.replace("lock order A, B\n", "")
    counts = [check(system_of(each)).statistics.distinct for each in (text, without)]
    assert counts[0] == counts[1]
