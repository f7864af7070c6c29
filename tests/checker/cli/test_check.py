"""`k42 check` in process; what specifications lead to which exit code stands in `tests/cases`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from checker.cli import searching
from checker.cli.main import main
from checker.explicit import automatic
from checker.explicit import search as explicit_search
from checker.explicit.native.values import Unsupported
from checker.explicit.python.codegen import Generator
from checker.model.verdict import EXIT_INPUT, EXIT_INTERNAL, EXIT_SAFETY, EXIT_UNFINISHED
from checker.report.schema import schema
from tests.checker.report.mini_schema import violations

ROOT = Path(__file__).resolve().parents[3]
CASES = ROOT / "tests" / "cases" / "properties"
BROKEN = str(CASES / "invariant_fails.k42")
SOUND = str(CASES / "invariant_holds.k42")
WRONG = str(ROOT / "tests" / "cases" / "input" / "syntax_fails.k42")
Captured = pytest.CaptureFixture[str]


def test_the_worst_of_several_runs_counts(capsys: Captured) -> None:
    assert main(["check", SOUND, BROKEN, SOUND, "--quiet"]) == EXIT_SAFETY
    words = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line]
    assert words == ["holds", "violated", "holds"]


def test_a_wrong_file_does_not_keep_the_others_from_being_checked(capsys: Captured) -> None:
    assert main(["check", WRONG, BROKEN, "--quiet"]) == EXIT_INPUT
    out = capsys.readouterr().out
    assert out.startswith("error  ")
    assert "\nviolated  invariant_fails" in out


def test_json_tells_of_all_runs_in_one_document(capsys: Captured) -> None:
    assert main(["check", SOUND, BROKEN, WRONG, "--format", "json"]) == EXIT_INPUT
    captured = capsys.readouterr()
    whole = json.loads(captured.out)
    assert captured.err == ""
    assert list(violations(whole, schema(), schema())) == []
    assert [run["verdict"] for run in whole["runs"]] == ["holds", "violated", "error"]
    assert [run["exit_code"] for run in whole["runs"]] == [0, 12, 150]
    assert whole["runs"][2]["diagnostics"][0]["severity"] == "error"


def test_output_of_json_leaves_the_text_on_stdout(capsys: Captured, tmp_path: Path) -> None:
    target = tmp_path / "result.json"
    assert main(["check", BROKEN, "--format", "json", "-o", str(target)]) == EXIT_SAFETY
    assert capsys.readouterr().out.startswith("violated  invariant_fails")
    assert json.loads(target.read_text(encoding="utf-8"))["runs"][0]["name"] == "invariant_fails"


def test_output_of_text_goes_to_the_file_only(capsys: Captured, tmp_path: Path) -> None:
    target = tmp_path / "result.txt"
    assert main(["check", SOUND, BROKEN, "--output", str(target)]) == EXIT_SAFETY
    assert capsys.readouterr().out == ""
    assert "\n\nviolated  invariant_fails" in target.read_text(encoding="utf-8")


def test_output_that_cannot_be_written(capsys: Captured, tmp_path: Path) -> None:
    assert main(["check", SOUND, "--output", str(tmp_path)]) == EXIT_INPUT
    assert "error K303: cannot write" in capsys.readouterr().err


def test_itf_is_the_trace_of_the_finding(capsys: Captured) -> None:
    assert main(["check", BROKEN, "--format", "itf"]) == EXIT_SAFETY
    whole = json.loads(capsys.readouterr().out)
    assert whole["#meta"]["finding"] == "mutual_exclusion"
    assert len(whole["states"]) == 5


def test_itf_of_a_witness(capsys: Captured) -> None:
    assert main(["check", str(CASES / "reachable_holds.k42"), "--format", "itf"]) == 0
    assert json.loads(capsys.readouterr().out)["#meta"]["witness"] == "full"


def test_no_trace_for_itf_is_said_and_no_failure(capsys: Captured) -> None:
    assert main(["check", SOUND, "--format", "itf"]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "warning K308" in captured.err


def test_chosen_properties_only(capsys: Captured) -> None:
    spec = str(CASES / "invariant_part_fails.k42")
    assert main(["check", spec, "--props", "nothing"]) == EXIT_INPUT
    assert "there is no property `nothing`" in capsys.readouterr().out
    assert main(["check", str(CASES / "implication_never_tested.k42"), "--props", "justified"]) == 0
    assert "only these properties were checked: justified" in capsys.readouterr().out


def test_the_last_line_repeats_the_run(capsys: Captured) -> None:
    arguments = ["check", BROKEN, "-c", "Cpu=3", "--max-depth", "9", "--memory", "2048M"]
    arguments += ["--time", "1m", "--props", "mutual_exclusion", "--strict"]
    assert main(arguments) == EXIT_SAFETY
    first = capsys.readouterr().out
    command = first.splitlines()[-1].removeprefix("reproduce: k42 ").split()
    assert command[2:] == [
        "-c",
        "Cpu=3",
        "--max-depth=9",
        "--memory=2G",
        "--time=60s",
        "--props=mutual_exclusion",
        "--strict",
    ]
    assert main(command) == EXIT_SAFETY
    assert capsys.readouterr().out.splitlines()[1:] == first.splitlines()[1:]


def test_default_sizes_become_part_of_the_command(capsys: Captured, tmp_path: Path) -> None:
    spec = tmp_path / "any size.k42"
    text = Path(SOUND).read_text(encoding="utf-8").replace("Cpu[2]", "Cpu")
    spec.write_text(text, encoding="utf-8")
    assert main(["check", str(spec)]) == 0
    out = capsys.readouterr().out
    assert "Cpu = 3 is the tool's default" in out
    assert out.endswith(f"reproduce: k42 check '{spec}' -c Cpu=3\n")


def test_library_modules_are_found(capsys: Captured, tmp_path: Path) -> None:
    spec = tmp_path / "user.k42"
    spec.write_text(
        "spec user\nimport lib.spin as Guard(Cpu = Node)\nprocessors Node[2]\n"
        "process user on Node { loop { Guard.acquire() inside: skip Guard.release() } }\n"
        "invariant one: (count n: Node. user[n] at inside) <= 1\n",
        encoding="utf-8",
    )
    assert main(["check", str(spec)]) == 0, capsys.readouterr().out
    assert main(["check", str(spec), "--format", "json"]) == 0


def test_the_native_engine_is_asked_for_in_vain(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise Unsupported("it is too wide")

    monkeypatch.setattr(automatic, "_native", refuse)
    assert main(["check", SOUND, "--engine", "native"]) == EXIT_INPUT
    told = capsys.readouterr().err
    assert "error K307" in told
    assert "it is too wide" in told
    assert main(["check", SOUND, "--engine", "auto"]) == 0


@pytest.mark.parametrize("flags", [["--engine", "native"], ["--store", "bitstate"]])
def test_native_code_does_not_reduce_by_partial_order(capsys: Captured, flags: list[str]) -> None:
    assert main(["check", SOUND, "--reduce", "partial-order", *flags]) == EXIT_INPUT
    told = capsys.readouterr().err
    assert "error K307: native code does not reduce by partial order" in told
    assert "--reduce dead,owned" in told
    assert main(["check", SOUND, "--reduce", "dead,owned", *flags, "--quiet"]) == 0


def test_an_interrupt_gives_an_incomplete_result(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(explicit_search._Clock, "pulse", interrupted)
    assert main(["check", SOUND, "--engine", "python"]) == EXIT_UNFINISHED
    out = capsys.readouterr().out
    assert out.startswith("incomplete  invariant_holds at Cpu = 2, cut by the interrupt at depth ")
    assert "not searched: " in out


def test_an_interrupt_before_the_search_gives_an_incomplete_result(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Generator, "make", interrupted)
    assert main(["check", SOUND, "--engine", "python"]) == EXIT_UNFINISHED
    out = capsys.readouterr().out
    assert "cut by the interrupt, before the first state: 0 states, 0 transitions" in out
    assert "not searched: everything" in out
    assert out.splitlines()[-1].startswith("reproduce: k42 check ")


def test_a_defect_in_the_search_is_reported_as_one(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise AssertionError("levels disagree")

    monkeypatch.setattr(searching, "check_reduced", broken)
    assert main(["check", SOUND]) == EXIT_INTERNAL
    assert "levels disagree" in capsys.readouterr().err


@pytest.mark.slow
def test_ctrl_c_ends_a_real_run() -> None:
    spec = "spec/protocols/locks/mcs_benchmark.k42"
    with subprocess.Popen(
        [sys.executable, "-m", "checker.cli.main", "check", spec, "-c", "N=5", "--engine=python"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    ) as process:
        time.sleep(3)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == EXIT_UNFINISHED, err
    assert out.startswith("incomplete  mcs_benchmark at N = 5, cut by the interrupt at depth ")
