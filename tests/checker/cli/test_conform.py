"""`k42 conform` in process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from checker.cli.main import main
from checker.model.verdict import (
    EXIT_ASSERTION,
    EXIT_DEADLOCK,
    EXIT_HOLDS,
    EXIT_INPUT,
    EXIT_SAFETY,
    EXIT_UNFINISHED,
    EXIT_VACUOUS,
)

Captured = pytest.CaptureFixture[str]
SPEC = Path(__file__).resolve().parents[3] / "spec"
ORDERED = str(SPEC / "kernel" / "locks" / "ordered_lock_promise.k42")


def run(capsys: Captured, *arguments: str) -> tuple[int, str, str]:
    code = main(["conform", *arguments])
    written = capsys.readouterr()
    return code, written.out, written.err


def test_lists_configurations_with_their_specifications(capsys: Captured) -> None:
    code, out, _ = run(capsys, "--list")
    assert code == EXIT_HOLDS
    assert "mcs " in out
    assert "against kernel/locks/ordered_lock_promise.k42" in out


def test_mcs_is_held_against_its_promise(capsys: Captured) -> None:
    code, out, _ = run(capsys, "mcs", "-k", "threads=2")
    assert code == EXIT_HOLDS
    assert out.startswith("holds  mcs at threads = 2: 62 states, 108 transitions, depth 15,")
    assert "held against ordered_lock_promise at THREADS = 2" in out
    assert "holds  every event is allowed by ordered_lock_promise" in out
    assert out.endswith("reproduce: k42 conform mcs -k threads=2\n")


def test_mcs_is_held_against_the_protocol_step_for_step(capsys: Captured) -> None:
    spec = str(SPEC / "protocols" / "locks" / "mcs.k42")
    code, out, _ = run(capsys, "mcs", spec, "-k", "threads=2", "--strict")
    assert code == EXIT_HOLDS
    assert "every event is allowed by mcs" in out


def test_lock_without_order_is_refused_by_the_ordered_promise(capsys: Captured) -> None:
    code, out, _ = run(capsys, "spin", ORDERED)
    assert code == EXIT_SAFETY
    assert "ordered_lock_promise does not allow acquire(0, 1)" in out
    assert "while not await cas(self.word, FREE, HELD):" in out
    assert "allowed here: request(_, 1), request(_, 2), request(_, 3)" in out


def test_steps_that_the_kernel_never_takes_are_told(capsys: Captured, tmp_path: Path) -> None:
    spec = tmp_path / "lazy.k42"
    text = Path(ORDERED).read_text("utf-8")
    spec.write_text(text + "\naction never() requires len(queue) > 7 { is_owned := false }\n")
    binding = ORDERED.replace(".k42", ".binding.toml")
    code, out, _ = run(capsys, "mcs", str(spec), "--binding", binding)
    assert code == EXIT_HOLDS
    assert "the kernel never took: never" in out
    assert run(capsys, "mcs", str(spec), "--binding", binding, "--strict")[0] == EXIT_VACUOUS


def test_deadlock_is_shown_on_the_real_code(capsys: Captured) -> None:
    sizes = ["-k", "clients=1", "-k", "recursion=2", "-k", "faults=C"]
    code, out, _ = run(capsys, "swap", *sizes)
    assert code == EXIT_DEADLOCK
    assert "nobody can move, and not everybody has finished: client1, switcher" in out
    assert "client1 waits at scenarios/adapt.py" in out
    assert "call_once > Objects.call > Caller.call > Line.call" in out


def test_broken_rule_is_an_assertion(capsys: Captured) -> None:
    code, out, _ = run(capsys, "unfair", "-k", "as_built=true")
    assert code == EXIT_ASSERTION
    assert "a waiter pushes its node only while it is on no stack" in out
    assert "reproduce: k42 conform unfair -k as_built=true" in out


def test_walks_are_bounded_and_repeatable(capsys: Captured) -> None:
    walks = ["--walks", "3", "--steps", "200", "--seed", "5"]
    outputs = [run(capsys, "mcs", *walks) for _ in range(2)]
    assert outputs[0][0] == EXIT_HOLDS
    assert outputs[0][1].partition("\n")[2] == outputs[1][1].partition("\n")[2]
    assert outputs[0][1].startswith("bounded  mcs at threads = 3 within 3 random walks")
    assert run(capsys, "mcs", *walks, "--strict")[0] == EXIT_UNFINISHED


def test_bound_is_said(capsys: Captured) -> None:
    code, out, _ = run(capsys, "mcs", "--max-depth", "4")
    assert code == EXIT_HOLDS
    assert out.startswith("bounded  mcs at threads = 3 within depth 4")
    assert "--max-depth=4" in out


def test_kept_locals_give_the_numbers_of_a_flat_model(capsys: Captured) -> None:
    keep = "--keep=McsLock.acquire.predecessor=0"
    code, out, _ = run(capsys, "mcs", keep, "--quiet")
    assert code == EXIT_HOLDS
    assert "7,147 states, 19,389 transitions" in out


def test_json_tells_everything(capsys: Captured) -> None:
    code, out, _ = run(capsys, "spin", ORDERED, "--format", "json")
    document = json.loads(out)
    assert document["exit_code"] == code == EXIT_SAFETY
    assert document["failure"]["kind"] == "refinement"
    assert document["failure"]["refusal"]["event"] == "acquire(0, 1)"
    assert document["failure"]["steps"][-1]["events"] == [{"event": "acquire", "args": [0, 1]}]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name a configuration"),
        (("msc",), "did you mean `mcs`?"),
        (("mcs", "-k", "cpus=3"), "has no parameter `cpus`"),
        (("mcs", "-k", "threads=many"), "cannot be `many`"),
        (("mcs", "nowhere.k42"), "nowhere.k42"),
        (("sequence", ORDERED), "the binding sizes `THREADS` by 'threads'"),
        (("generation", ORDERED, "-c", "THREADS=3"), "has no event `request`"),
        (("mcs", str(SPEC / "protocols" / "locks" / "peterson.k42")), "no declared action"),
        (("--log", "nowhere.jsonl", ORDERED), "cannot read `nowhere.jsonl`"),
        (("--log", "nowhere.jsonl"), "takes one specification"),
    ],
)
def test_mistakes_are_told(capsys: Captured, arguments: tuple[str, ...], message: str) -> None:
    code, _, err = run(capsys, *arguments)
    assert code == EXIT_INPUT
    assert message in err


# --- logs -----------------------------------------------------------------------------------------

GOOD = """\
{"event": "request", "lock": 0, "thread": 1}
{"event": "acquire", "lock": 0, "thread": 1}
{"event": "request", "lock": 0, "thread": 2}
{"event": "release", "lock": 0, "thread": 1}
{"event": "acquire", "lock": 0, "thread": 2}
"""


def test_log_is_accepted(capsys: Captured, tmp_path: Path) -> None:
    log = tmp_path / "run.jsonl"
    log.write_text(GOOD)
    code, out, _ = run(capsys, "--log", str(log), ORDERED)
    assert code == EXIT_HOLDS
    assert out.startswith("accepted  ")


def test_first_impossible_line_is_told_with_its_guard(capsys: Captured, tmp_path: Path) -> None:
    log = tmp_path / "run.jsonl"
    log.write_text(GOOD.replace('"acquire", "lock": 0, "thread": 2', '"acquire", "thread": 3'))
    code, out, _ = run(capsys, "--log", str(log), ORDERED)
    assert code == EXIT_SAFETY
    assert out.startswith(f"rejected  {log} at line 5: no behaviour of ordered_lock_promise")
    assert "acquire(thread = Thread2): needs `first(queue) = Thread2`" in out
    assert "allowed here: acquire(_, 2), request(_, 1), request(_, 3)" in out
    code, out, _ = run(capsys, "--log", str(log), ORDERED, "--format", "json")
    assert json.loads(out)["line"] == 5
