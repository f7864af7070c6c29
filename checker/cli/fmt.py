"""`k42 fmt`: one layout for all specifications."""

from __future__ import annotations

import sys
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from checker.cli.arguments import Parser, mistake, parser_for
from checker.cli.console import write_data, write_diagnostics, write_err, write_out, write_result
from checker.model.verdict import EXIT_HOLDS, EXIT_INPUT

if TYPE_CHECKING:
    import argparse

    from grammar.diagnostics import Collector
    from grammar.source import SourceFile

SUMMARY = "lay out specifications"
EPILOG = """\
Files are rewritten in place; comments stay. A file that has mistakes is left as it is.

examples:
  k42 fmt spec/*.k42
  k42 fmt --check spec/*.k42       exit code 150 if a file would change
"""


def parser() -> Parser:
    """Return the parser of this command."""
    result = parser_for("fmt", SUMMARY, EPILOG)
    result.add_argument("files", metavar="FILE", nargs="+", help="a specification; `-` is stdin")
    mode = result.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="change nothing, only tell what would")
    mode.add_argument("--stdout", action="store_true", help="write to stdout instead of the file")
    return result


def run(arguments: argparse.Namespace) -> int:
    """Lay out every file; one with mistakes does not keep the others from it."""
    if "-" in arguments.files and len(arguments.files) > 1:
        raise mistake("K300", "`-` cannot be mixed with files")
    results = [_lay_out(name, arguments) for name in arguments.files]
    if arguments.check:
        changed = results.count(Outcome.CHANGED)
        if changed:
            write_err(f"{changed} of {len(results)} files would change\n")
            return EXIT_INPUT
    return EXIT_INPUT if Outcome.WRONG in results else EXIT_HOLDS


class Outcome(Enum):
    """What became of a file."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    WRONG = "wrong"


def _lay_out(name: str, arguments: argparse.Namespace) -> Outcome:
    from grammar.diagnostics import Collector
    from grammar.formatter import format_source
    from grammar.parser import parse

    collector = Collector()
    source = _source(name, collector)
    if source is None or parse(source, collector) is None:
        write_diagnostics(collector.sorted())
        return Outcome.WRONG
    text = format_source(source)
    is_changed = text != source.text
    if arguments.check:
        if is_changed:
            write_out(f"{name}\n")
    elif arguments.stdout or name == "-":
        write_data(text)
    elif is_changed:
        write_result(text, name)
        write_err(f"{name}\n")
    return Outcome.CHANGED if is_changed else Outcome.UNCHANGED


def _source(name: str, collector: Collector) -> SourceFile | None:
    from grammar.modules import decode_source, read_source

    if name != "-":
        return read_source(Path(name), collector)
    return decode_source("<stdin>", sys.stdin.buffer.read(), collector)
