"""Input that is wrong, through the whole command: exit code 150, and the place where it is wrong.

What is small enough to be read stands in `tests/cases/input`; here is what is too deep, too long,
or too large for that.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.cli.main import COMMANDS, main
from checker.model.verdict import EXIT_EVALUATION, EXIT_INPUT

Captured = pytest.CaptureFixture[str]
DEEP = 10_000


def checked(text: str, folder: Path, *more: str) -> int:
    """Checks a specification that begins with `spec s` and a line end."""
    path = folder / "s.k42"
    path.write_text(f"spec s\n{text}", encoding="utf-8")
    return main(["check", str(path), *more])


NESTED = {
    "parentheses": ("var x: 0..3 = " + "(" * DEEP + "0" + ")" * DEEP, "2:215"),
    "parentheses that stay open": ("var x: 0..3 = " + "(" * DEEP, "2:215"),
    "blocks": ("process p {\n" + "atomic {\n" * DEEP + "skip\n" + "}\n" * DEEP + "}", "202:8"),
    "conditions": ("process p { " + "if a { " * DEEP + "}" * (DEEP + 1), "2:1411"),
    "loops": ("process p {\n" + "loop {\n" * DEEP + "break\n" + "}\n" * (DEEP + 1), "202:6"),
    "sets": ("var x: bool\ninvariant i: " + "{" * DEEP + "1" + "}" * DEEP, "3:214"),
    "negations": ("var x: bool\ninvariant i: " + "not " * DEEP + "x", "3:"),
    "signs": ("var x: bool\ninvariant i: " + "-" * DEEP + "1 < 2", "3:"),
    "types": ("var x: " + "[bool] " * DEEP + "bool", "2:"),
    "sums": ("var x: bool\ninvariant i: 1" + " + 1" * DEEP + " > 2", "3:"),
    "implications": ("var x: bool\ninvariant i: x" + " -> x" * DEEP, "3:"),
    "quantifiers": ("var x: bool\ninvariant i: " + "forall c: bool. " * DEEP + "x", "3:"),
    "branches": ("process p { if a { skip }" + " else if a { skip }" * DEEP + " }", "2:"),
    "closing": ("}" * DEEP, "2:1"),
}


@pytest.mark.parametrize("name", NESTED)
def test_deep_nesting_is_refused(name: str, tmp_path: Path, capsys: Captured) -> None:
    text, place = NESTED[name]
    assert checked(text, tmp_path) == EXIT_INPUT
    out = capsys.readouterr().out
    code = "K023" if name == "closing" else "K006"
    assert f"s.k42:{place}" in out
    assert f"error {code}: " in out


HUGE = "1_000_000_000_000"
LARGE = {
    "initial values": (f"var x: 0..{HUGE} = any", "2:31"),
    "initial sets": ("var x: set of 0..63 = any", "2:23"),
    "quantifiers": (f"invariant i: forall j: 0..{HUGE}. j >= 0", "2:24"),
    "parameters": (f"action a(j: 0..{HUGE}) {{ skip }}", "2:13"),
    "choices": (f"var x: bool\naction a() {{ choose j: 0..{HUGE}  x := true }}", "3:24"),
    "processes": (f"process p on 0..{HUGE} {{ skip }}", "2:14"),
    "loops": (f"var x: bool\nprocess p {{ for i: 0..{HUGE} {{ x := true }} }}", "3:20"),
    "keys": (f"var x: [0..{HUGE}] bool", "2:9"),
    "wide values": ("var x: [0..999] set of 0..999", "2:8"),
    "wide states": ("".join(f"var x{i}: set of 0..29_999\n" for i in range(2)), "1:6"),
    "numbers": ("const N = 9_223_372_036_854_775_807 * 2", "2:39"),
    "digits": (f"const N = {'9' * 5_000}", "2:11"),
    "results": (f"var x: 0..{2**62} = 0\naction a() {{ x := x * 4 }}", "3:23"),
}


@pytest.mark.parametrize("name", LARGE)
def test_absurd_sizes_are_refused(name: str, tmp_path: Path, capsys: Captured) -> None:
    text, place = LARGE[name]
    assert checked(text, tmp_path) == EXIT_INPUT
    assert f"s.k42:{place}" in capsys.readouterr().out


@pytest.mark.parametrize("size", ["0", "-1", "1000001", "1" + "0" * 30])
def test_absurd_sizes_of_sorts_are_refused(size: str, tmp_path: Path, capsys: Captured) -> None:
    text = "processors Cpu\nvar x: [Cpu] bool\n"
    assert checked(text, tmp_path, "-c", f"Cpu={size}") == EXIT_INPUT
    assert "error K116: `Cpu` cannot have" in capsys.readouterr().out


def test_states_wider_than_python_writes_unasked_are_searched(tmp_path: Path) -> None:
    text = "var x: [0..19_999] bool\naction a() requires not x[7] { x[7] := true }\nterminal x[7]\n"
    assert checked(text, tmp_path) == 0


def test_dividing_by_zero_at_the_start_is_an_error_of_evaluation(
    tmp_path: Path, capsys: Captured
) -> None:
    text = "var zero: 0..1 = 0\nvar x: 0..9 = 1 / zero\n"
    assert checked(text, tmp_path) == EXIT_EVALUATION
    out = capsys.readouterr().out
    assert "error at the start: division by zero: `1 / zero`" in out
    assert "s.k42:3:" in out


@pytest.mark.parametrize("command", sorted(set(COMMANDS) & {"check", "simulate", "graph", "fmt"}))
@pytest.mark.parametrize("what", ["missing", "folder", "bytes", "empty"])
def test_every_command_refuses_what_is_no_specification(
    command: str, what: str, tmp_path: Path, capsys: Captured
) -> None:
    path = tmp_path / "s.k42"
    match what:
        case "folder":
            path.mkdir()
        case "bytes":
            path.write_bytes(b"spec s\xff")
        case "empty":
            path.write_bytes(b"")
        case _:
            pass
    assert main([command, str(path)]) == EXIT_INPUT
    captured = capsys.readouterr()
    assert " error K0" in f" {captured.out}{captured.err}".replace("\n", " ")
    assert "Traceback" not in captured.err
