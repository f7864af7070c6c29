"""From a file name to a system, and from a run to the command that repeats it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker.cli.arguments import UsageError
from checker.cli.console import write_diagnostics
from grammar.diagnostics import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from checker.model.system import System
    from grammar.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Opened:
    """What became of a file: a system, unless the diagnostics hold an error."""

    system: System | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def has_errors(self) -> bool:
        """Whether any diagnostic is an error."""
        return any(d.severity is Severity.ERROR for d in self.diagnostics)


def library() -> tuple[Path, ...]:
    """Return the folders of the specifications that come with the tool, in order of search."""
    from pathlib import Path

    import spec

    assert spec.__file__ is not None
    folder = Path(spec.__file__).parent
    return folder / "lib", folder


def open_system(path: str, settings: Mapping[str, str]) -> System:
    """Return the system of a file after showing the warnings about it.

    Raises:
        UsageError: there are errors in it.
    """
    opened = open_file(path, settings)
    if opened.system is None or opened.has_errors:
        raise UsageError(*opened.diagnostics)
    write_diagnostics(opened.diagnostics)
    return opened.system


def open_file(path: str, settings: Mapping[str, str]) -> Opened:
    """Read a specification at the given sizes."""
    from checker.load import load

    return Opened(*load(path, settings, library()))


def command_line(
    command: str, files: Iterable[str], settings: Mapping[str, str], flags: Iterable[str] = ()
) -> str:
    """Return the command as one may type it again."""
    given = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return shlex.join(["k42", command, *files, *given, *flags])
