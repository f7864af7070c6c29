"""The two streams: the result goes to stdout, all that happens on the way to stderr.

Colours are used on a terminal only, unless NO_COLOR is set or TERM is dumb. The progress line
lives on a terminal only, too, so that logs stay clean. A reader that goes away (`k42 check ... |
head`) is no error and does not change the exit code, which tells the verdict.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from checker.cli.arguments import mistake
from checker.report.cells import clip
from checker.report.diagnostics import render_diagnostics
from checker.report.ink import PLAIN_WIDTH, Ink

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grammar.diagnostics import Diagnostic

MAX_WIDTH: Final = 140
MIN_WIDTH: Final = 60
INTERVAL_SECONDS: Final = 0.2
"""Time between two updates of the progress line."""


def ink_for(stream: TextIO) -> Ink:
    """Return how to write to a stream: its width if it is a terminal, and whether in colour."""
    if not stream.isatty():
        return Ink(PLAIN_WIDTH, has_colour=False)
    columns = shutil.get_terminal_size((PLAIN_WIDTH, 24)).columns
    is_plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return Ink(min(max(columns, MIN_WIDTH), MAX_WIDTH), has_colour=not is_plain)


def write_out(text: str) -> None:
    """Write to stdout; a reader that has gone away is ignored from here on."""
    _write(sys.stdout, text)


def write_err(text: str) -> None:
    """Write to stderr."""
    _write(sys.stderr, text)


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        _abandon(stream)
    except OSError as error:
        _abandon(stream)
        if stream is sys.stdout:
            raise mistake("K303", f"cannot write to stdout: {reason(error)}") from None
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()


def _abandon(stream: TextIO) -> None:
    """Have a stream lead nowhere: what is still buffered would fail again when it is closed."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())


def write_data(text: str) -> None:
    """Write to stdout what another program reads: in UTF-8, whatever the terminal can show."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    write_out(text)


def write_diagnostics(diagnostics: Sequence[Diagnostic]) -> None:
    """Show diagnostics on stderr."""
    write_err(render_diagnostics(diagnostics, ink_for(sys.stderr)))


def write_result(text: str, output: str | None) -> None:
    """Write a result to the file `output`, or to stdout without one.

    Raises:
        UsageError: the file cannot be written.
    """
    if output is None or output == "-":
        write_data(text)
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise mistake("K303", f"cannot write `{output}`: {reason(error)}") from None


def reason(error: OSError) -> str:
    """Return the system's words for an error, without number and path."""
    return (error.strerror or str(error)).lower()


class ProgressLine:
    """One line on stderr that is written over and over, and erased at the end."""

    def __init__(self, *, is_wanted: bool) -> None:
        """Be silent unless wanted and stderr is a terminal."""
        self._is_live = is_wanted and sys.stderr.isatty()
        self._ink = ink_for(sys.stderr)
        self._next = 0.0
        self._is_shown = False

    def is_due(self) -> bool:
        """Whether the line would be written now; asking is cheap."""
        return self._is_live and time.monotonic() >= self._next

    def show(self, text: str) -> None:
        """Write `text` over the line."""
        if self._is_live:
            self._next = time.monotonic() + INTERVAL_SECONDS
            self._is_shown = True
            write_err(f"\r\x1b[K{self._ink.paint('dim', clip(text, self._ink.width - 1))}")

    def clear(self) -> None:
        """Erase the line."""
        if self._is_shown:
            self._is_shown = False
            write_err("\r\x1b[K")
