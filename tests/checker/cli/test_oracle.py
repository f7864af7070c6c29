"""`k42 oracle`: the table, the exit codes, and what is kept. The tools are stand-ins here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from checker.cli.main import main
from checker.export.exported import Exported
from checker.export.scalars import Refused
from checker.model.system import System
from checker.model.verdict import EXIT_DISAGREEMENT, EXIT_HOLDS, EXIT_INPUT, EXIT_UNFINISHED
from checker.oracle import tools
from checker.oracle.answers import Answer, Cut
from checker.oracle.process import Limits
from checker.oracle.tools import TOOLS, Tool

CLOCK = "spec clock\nvar hour: mod 12 = 0\naction tick() { hour := hour + 1 }\n"


@pytest.fixture
def clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A specification in a folder of its own, which is where the command runs."""
    monkeypatch.chdir(tmp_path)
    Path("clock.k42").write_text(CLOCK, encoding="utf-8")
    return "clock.k42"


def stand_in(monkeypatch: pytest.MonkeyPatch, statement: Answer | Cut) -> None:
    """Lets SPIN be asked by somebody who says always the same, and nobody else."""

    def ask(
        system: System, exported: Exported, folder: Path, limits: Limits, states: int
    ) -> Answer | Cut:
        (folder / "model.pml").write_text(exported.text, encoding="utf-8")
        assert limits == Limits(600.0, 4 * 2**30)
        assert states == 12
        return statement

    tool = replace(TOOLS[0], programs=(), ask=ask)
    monkeypatch.setattr(tools, "TOOLS", (tool,))


def answer(states: int) -> Answer:
    return Answer(states, frozenset(), looks_on=True, seconds=0.5, peak_bytes=2**21)


def test_agreement(
    clock: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in(monkeypatch, answer(12))
    assert main(["oracle", clock]) == EXIT_HOLDS
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "clock"
    assert lines[4].split() == ["spin", "12", "0.50", "2", "agrees"]
    assert lines[-1] == "all find nothing wrong"
    assert [path.name for path in Path().iterdir()] == ["clock.k42"]


def test_disagreement_keeps_the_inputs(
    clock: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in(monkeypatch, answer(13))
    assert main(["oracle", clock, "--keep", "kept"]) == EXIT_DISAGREEMENT
    told = capsys.readouterr().out
    assert "contradiction with spin: distinct states: 12 here, 13 there" in told
    assert told.endswith("are in kept\n")
    kept = {str(path.relative_to("kept")) for path in Path("kept").rglob("*") if path.is_file()}
    assert kept == {"clock.k42", "command.txt", "spin/model.pml"}
    assert Path("kept/command.txt").read_text(encoding="utf-8") == "k42 oracle clock.k42\n"


def test_disagreement_is_kept_unasked(
    clock: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.mkdtemp", lambda prefix: f"{prefix}1")
    stand_in(monkeypatch, answer(11))
    assert main(["oracle", clock]) == EXIT_DISAGREEMENT
    assert capsys.readouterr().out.endswith("are in k42-oracle-clock-1\n")
    assert Path("k42-oracle-clock-1/spin/model.pml").exists()


def test_a_search_that_was_cut_says_nothing(
    clock: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in(monkeypatch, Cut("out of time after 600 s"))
    assert main(["oracle", clock]) == EXIT_UNFINISHED
    told = capsys.readouterr().out
    assert "out of time after 600 s" in told
    assert told.endswith("nothing was compared\n")


def test_tools_that_are_missing_are_named(
    clock: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert main(["oracle", clock]) == EXIT_UNFINISHED
    told = capsys.readouterr().out
    assert "not installed: spin, gcc" in told
    assert "not installed: rumur, gcc" in told


def test_what_a_tool_cannot_express_is_told(
    clock: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(system: System) -> Exported:
        raise Refused("a clock", system.actions[0].site)

    tool: Tool = replace(TOOLS[0], programs=(), export=refuse)
    monkeypatch.setattr(tools, "TOOLS", (tool,))
    assert main(["oracle", clock, "--tool", "spin"]) == EXIT_UNFINISHED
    assert "cannot express a clock (clock.k42:3:" in capsys.readouterr().out


def test_mistakes_are_told_as_by_every_command(clock: str) -> None:
    Path(clock).write_text("spec clock\nvar hour: 0..11 = late\n", encoding="utf-8")
    assert main(["oracle", clock]) == EXIT_INPUT
