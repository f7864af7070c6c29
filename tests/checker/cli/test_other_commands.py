"""`k42 simulate`, `graph`, `replay` and `fmt` in process."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from checker.cli import simulate
from checker.cli.main import main
from checker.model.verdict import EXIT_DEADLOCK, EXIT_INPUT, EXIT_SAFETY, EXIT_UNFINISHED

CASES = Path(__file__).resolve().parents[2] / "cases" / "properties"
BROKEN = str(CASES / "invariant_fails.k42")
SOUND = str(CASES / "invariant_holds.k42")
STUCK = str(CASES / "deadlock_fails.k42")
WRONG = str(CASES.parent / "input" / "syntax_fails.k42")
Captured = pytest.CaptureFixture[str]


def without_times(text: str) -> str:
    """Drops the first line, the only one that may differ between runs."""
    return text.partition("\n")[2]


# --- simulate -------------------------------------------------------------------------------------


def test_equal_seeds_give_equal_walks(capsys: Captured) -> None:
    outputs = []
    for _ in range(2):
        assert main(["simulate", BROKEN, "--seed", "5"]) == EXIT_SAFETY
        outputs.append(without_times(capsys.readouterr().out))
    assert outputs[0] == outputs[1]
    assert "\n  seed 5\n" in outputs[0]
    assert outputs[0].endswith("--seed=5 --steps=100 --walks=20\n")


def test_a_new_seed_is_printed_and_can_be_given_again(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulate, "_new_seed", lambda: 1234)
    assert main(["simulate", SOUND, "--walks", "2"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("bounded  ")
    assert "--seed=1234 --steps=100 --walks=2" in out


def test_an_interrupted_simulation_is_incomplete(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(simulate, "_count", interrupted)
    assert main(["simulate", SOUND, "--seed", "1"]) == EXIT_UNFINISHED
    assert capsys.readouterr().out.startswith("incomplete  ")


def test_a_wrong_specification_is_not_simulated(capsys: Captured) -> None:
    assert main(["simulate", WRONG]) == EXIT_INPUT
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "more: k42 explain K" in captured.err


# --- graph ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "beginning"), [("dot", "digraph "), ("graphml", "<?xml "), ("json", "{\n")]
)
def test_graph(form: str, beginning: str, capsys: Captured, tmp_path: Path) -> None:
    assert main(["graph", SOUND, "--format", form]) == 0
    text = capsys.readouterr().out
    assert text.startswith(beginning)
    target = tmp_path / "graph"
    assert main(["graph", SOUND, "--format", form, "-o", str(target)]) == 0
    assert target.read_text(encoding="utf-8") == text


def test_a_graph_that_was_cut_says_so(capsys: Captured) -> None:
    assert main(["graph", SOUND, "--max-states", "5"]) == 0
    captured = capsys.readouterr()
    assert "there are more" in captured.err
    assert "dashed" in captured.out


# --- replay ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["json", "itf"])
@pytest.mark.parametrize(("spec", "code"), [(BROKEN, EXIT_SAFETY), (STUCK, EXIT_DEADLOCK)])
def test_what_was_found_is_found_again(
    spec: str, code: int, form: str, capsys: Captured, tmp_path: Path
) -> None:
    recorded = tmp_path / "trace.json"
    assert main(["check", spec, "--format", form, "-o", str(recorded)]) == code
    checked = capsys.readouterr().out
    assert main(["replay", str(recorded), spec]) == code
    replayed = capsys.readouterr().out
    finding = checked[checked.index("trace: ") : checked.index("reproduce: ")]
    assert finding in replayed


def test_a_witness_is_replayed_without_a_finding(capsys: Captured, tmp_path: Path) -> None:
    recorded = tmp_path / "trace.json"
    spec = str(CASES / "reachable_holds.k42")
    assert main(["check", spec, "--format", "json", "-o", str(recorded)]) == 0
    capsys.readouterr()
    assert main(["replay", str(recorded), spec]) == 0
    out = capsys.readouterr().out
    assert out.startswith("bounded  reachable_holds within the one run of 2 steps")
    assert "n: 1 -> 2" in out
    assert "state 2, at the end" in out


@pytest.mark.parametrize(
    ("content", "code"),
    [(None, "K302"), ("{", "K304"), ("[]", "K304"), ("[" * 100_000, "K304"), ("\udcff", "K304")],
)
def test_what_is_no_trace(content: str | None, code: str, capsys: Captured, tmp_path: Path) -> None:
    recorded = tmp_path / "trace.json"
    if content is not None:
        recorded.write_bytes(content.encode("utf-8", "surrogateescape"))
    assert main(["replay", str(recorded), SOUND]) == EXIT_INPUT
    assert f"error {code}" in capsys.readouterr().err


def test_a_trace_of_something_else(capsys: Captured, tmp_path: Path) -> None:
    recorded = tmp_path / "trace.json"
    assert main(["check", BROKEN, "--format", "json", "-o", str(recorded)]) == EXIT_SAFETY
    capsys.readouterr()
    assert main(["replay", str(recorded), BROKEN, "-c", "Cpu=3"]) == EXIT_INPUT
    assert "error K304" in capsys.readouterr().err
    changed = json.loads(recorded.read_text(encoding="utf-8"))
    changed["runs"][0]["findings"][0]["trace"]["states"][0]["taken"] = True
    recorded.write_text(json.dumps(changed), encoding="utf-8")
    assert main(["replay", str(recorded), BROKEN]) == EXIT_INPUT
    assert "the first state is not an initial state" in capsys.readouterr().err


# --- fmt ------------------------------------------------------------------------------------------

LOOSE = "spec   x\nvar a : bool=false // why\n"


@pytest.fixture
def loose(tmp_path: Path) -> Path:
    """A file in need of a layout."""
    path = tmp_path / "x.k42"
    path.write_text(LOOSE, encoding="utf-8")
    return path


def test_fmt_rewrites_files(loose: Path, capsys: Captured) -> None:
    assert main(["fmt", str(loose)]) == 0
    neat = loose.read_text(encoding="utf-8")
    assert neat != LOOSE
    assert main(["fmt", str(loose)]) == 0
    assert loose.read_text(encoding="utf-8") == neat
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f"{loose}\n"


def test_fmt_check_changes_nothing(loose: Path, capsys: Captured) -> None:
    assert main(["fmt", "--check", str(loose)]) == EXIT_INPUT
    assert loose.read_text(encoding="utf-8") == LOOSE
    assert capsys.readouterr().out == f"{loose}\n"
    assert main(["fmt", str(loose)]) == 0
    assert main(["fmt", "--check", str(loose)]) == 0


def test_fmt_to_stdout(loose: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["fmt", "--stdout", str(loose)]) == 0
    out = capsys.readouterr().out
    assert out != LOOSE
    assert loose.read_text(encoding="utf-8") == LOOSE
    give_stdin(LOOSE.encode("utf-8"), monkeypatch)
    assert main(["fmt", "-"]) == 0
    assert capsys.readouterr().out == out


def give_stdin(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has bytes be read from stdin, in a locale that knows ASCII only."""
    stdin = io.TextIOWrapper(io.BytesIO(data), encoding="ascii", errors="surrogateescape")
    monkeypatch.setattr(sys, "stdin", stdin)


def test_fmt_reads_stdin_as_it_reads_files(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_stdin(b"\xef\xbb\xbfspec  s // \xc3\xa9\r\n", monkeypatch)
    assert main(["fmt", "-"]) == 0
    assert capsys.readouterr().out == "spec s  // \u00e9\n"
    give_stdin(b"spec s\n\xff", monkeypatch)
    assert main(["fmt", "-"]) == EXIT_INPUT
    assert "`<stdin>` is not UTF-8: byte 0xff in line 2" in capsys.readouterr().err


def test_fmt_leaves_what_it_cannot_read(loose: Path, capsys: Captured, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.k42"
    wrong.write_text("spec", encoding="utf-8")
    missing = str(tmp_path / "missing.k42")
    assert main(["fmt", str(wrong), missing, str(loose)]) == EXIT_INPUT
    assert wrong.read_text(encoding="utf-8") == "spec"
    assert loose.read_text(encoding="utf-8") != LOOSE
    err = capsys.readouterr().err
    assert "wrong.k42:1:" in err
    assert "missing.k42" in err
