"""The command as a whole: dispatch, help, and every way to fail."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from checker.cli import explain
from checker.cli.main import COMMANDS, EXIT_INPUT, EXIT_INTERNAL, INTERRUPTED, main
from checker.model import verdict

ROOT = Path(__file__).resolve().parents[3]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "checker.cli.main", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def imported_by(*arguments: str) -> set[str]:
    """Says which modules a command imports."""
    program = (
        "import sys; from checker.cli.main import main; main(sys.argv[1:]);"
        "print('\\n' + ' '.join(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.splitlines()[-1].split())


HEAVY = {"lark", "numpy", "numba", "llvmlite", "networkx", "z3", "matplotlib"}


@pytest.mark.parametrize("argument", ["--version", "--help"])
def test_version_and_help_import_next_to_nothing(argument: str) -> None:
    modules = imported_by(argument)
    own = {name for name in modules if name.split(".")[0] in {"checker", "grammar"}}
    assert own == {"checker", "checker.cli", "checker.cli.main"}
    assert not modules & {*HEAVY, "argparse"}


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_imports_nothing_heavy(command: str) -> None:
    assert not imported_by(command, "--help") & HEAVY


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"usage: k42 {command}")
    assert COMMANDS[command] in text


def test_help_lists_all_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(f"\n  {name} " in text for name in COMMANDS)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("k42 ")


def test_constants_repeat_those_of_the_verdict() -> None:
    assert (EXIT_INPUT, EXIT_INTERNAL) == (verdict.EXIT_INPUT, verdict.EXIT_INTERNAL)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "usage: k42 COMMAND"),
        (["chekc"], "error K300: there is no command `chekc`"),
        (["chekc"], "did you mean `k42 check`?"),
        (["lock.k42"], "write `k42 check lock.k42`"),
        (["check"], "error K300: the following arguments are required: SPEC"),
        (["check", "x.k42", "--nonsense"], "unrecognized arguments: --nonsense"),
        (["check", "x.k42", "--memory", "lots"], "`lots` is not a size; write 512M or 4G"),
        (["check", "x.k42", "--time", "soon"], "`soon` is not a time"),
        (["check", "x.k42", "--max-depth", "0"], "`0` is not a whole number from 1"),
        (["check", "x.k42", "--engine", "steam"], "invalid choice: 'steam'"),
        (["check", "a.k42", "b.k42", "--format", "itf"], "writes one trace"),
        (["explain", "K999"], "there is nothing to explain about `K999`"),
        (["simulate", "x.k42", "--seed", "-1"], "--seed"),
    ],
)
def test_wrong_command_lines(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == verdict.EXIT_INPUT
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""


def fail_with(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> int:
    """Runs a command in which the given exception is raised."""

    def broken(_: object) -> int:
        raise error

    monkeypatch.setattr(explain, "run", broken)
    return main(["explain", "0"])


def test_a_defect_of_ours_is_said_to_be_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("K42_DEBUG", raising=False)
    assert fail_with(AssertionError("levels disagree"), monkeypatch) == verdict.EXIT_INTERNAL
    captured = capsys.readouterr()
    assert "AssertionError: levels disagree" in captured.err
    assert "defect of the checker" in captured.err
    assert "K42_DEBUG=1" in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


def test_the_traceback_is_shown_on_demand(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("K42_DEBUG", "1")
    assert fail_with(RecursionError(), monkeypatch) == verdict.EXIT_INTERNAL
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_an_interrupt_ends_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fail_with(KeyboardInterrupt(), monkeypatch) == INTERRUPTED
    assert capsys.readouterr().err == "\ninterrupted\n"


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m checker.cli.main explain; echo code $? >&2"
    done = subprocess.run(
        ["bash", "-c", f"({command}) | true"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stderr == "code 0\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is full")
def test_output_for_which_there_is_no_room_is_an_error() -> None:
    command = f"{sys.executable} -m checker.cli.main explain > /dev/full; echo code $? >&2"
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stderr.startswith("error K303: cannot write to stdout: no space left on device\n")
    assert done.stderr.endswith("\ncode 150\n")


def test_documents_are_utf_8_in_every_locale(tmp_path: Path) -> None:
    spec = tmp_path / "s.k42"
    spec.write_text("spec s // \u00e9\nvar x bool\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "checker.cli.main", "check", str(spec), "--format=json"],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == verdict.EXIT_INPUT
    assert json.loads(done.stdout.decode("utf-8"))["runs"][0]["exit_code"] == verdict.EXIT_INPUT


def test_output_that_the_terminal_cannot_show_is_escaped() -> None:
    done = run("check", "no_such_文.k42", PYTHONIOENCODING="ascii")
    assert done.returncode == verdict.EXIT_INPUT
    assert "no_such_\\u6587.k42" in done.stdout + done.stderr
