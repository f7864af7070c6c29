from __future__ import annotations

import io
import os
import sys

import pytest

from checker.cli.arguments import UsageError
from checker.cli.console import MAX_WIDTH, MIN_WIDTH, ProgressLine, ink_for, write_result


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 90 columns that shows colours."""
    monkeypatch.setenv("COLUMNS", "90")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.mark.usefixtures("columns")
def test_a_terminal_has_its_width_and_colours() -> None:
    assert (ink_for(Terminal()).width, ink_for(Terminal()).has_colour) == (90, True)


@pytest.mark.usefixtures("columns")
def test_a_pipe_has_neither() -> None:
    assert (ink_for(io.StringIO()).width, ink_for(io.StringIO()).has_colour) == (100, False)


@pytest.mark.usefixtures("columns")
@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colours_can_be_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert not ink_for(Terminal()).has_colour


@pytest.mark.parametrize(("columns", "taken"), [("20", MIN_WIDTH), ("500", MAX_WIDTH)])
def test_extreme_widths_are_not_followed(
    monkeypatch: pytest.MonkeyPatch, columns: str, taken: int
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert ink_for(Terminal()).width == taken


@pytest.mark.usefixtures("columns")
def test_progress_is_one_line_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    line = ProgressLine(is_wanted=True)
    assert line.is_due()
    line.show("x" * 200)
    assert not line.is_due()
    line.clear()
    line.clear()
    shown = terminal.getvalue()
    assert "\n" not in shown
    assert shown.count("x") < 90
    assert shown.endswith("\r\x1b[K")


@pytest.mark.parametrize(("stream", "is_wanted"), [(io.StringIO(), True), (Terminal(), False)])
def test_progress_is_silent_where_nobody_looks(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, is_wanted: bool
) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    line = ProgressLine(is_wanted=is_wanted)
    assert not line.is_due()
    line.show("text")
    line.clear()
    assert stream.getvalue() == ""


def test_a_file_that_cannot_be_written_is_a_mistake(tmp_path: os.PathLike[str]) -> None:
    with pytest.raises(UsageError) as caught:
        write_result("text", str(tmp_path))
    assert caught.value.diagnostics[0].code == "K303"
