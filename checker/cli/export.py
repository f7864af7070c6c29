"""`k42 export`: the same system for another model checker."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from checker.cli.arguments import Parser, UsageError, add_settings, parse_settings, parser_for
from checker.cli.console import write_result
from checker.cli.session import open_system
from checker.model.verdict import EXIT_HOLDS
from grammar.diagnostics import Diagnostic

if TYPE_CHECKING:
    import argparse

SUMMARY = "write a specification for SPIN, rumur or TLC"
EPILOG = """\
examples:
  k42 export lock.k42 --to promela -c Cpu=3 -o lock.pml
  k42 export lock.k42 --to murphi | less

The model has the same states, the same atomic steps and the same notion of deadlock; its head says
how to run it. What the other language cannot express is an error (K320), never another model.
`k42 oracle` writes the models, runs the tools and compares.
"""


def parser() -> Parser:
    """Return the parser of this command."""
    result = parser_for("export", SUMMARY, EPILOG)
    result.add_argument("spec", metavar="SPEC", help="the specification")
    add_settings(result)
    result.add_argument(
        "--to", choices=("promela", "murphi", "tla"), required=True, help="the language"
    )
    result.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="write to FILE instead of stdout (for tla with a configuration beside it)",
    )
    return result


def run(arguments: argparse.Namespace) -> int:
    """Write the model."""
    from checker.explicit.depth import room_for
    from checker.export.targets import export

    system = open_system(arguments.spec, parse_settings(arguments.settings))
    with room_for(system):
        exported = export(system, arguments.to)
    if isinstance(exported, Diagnostic):
        raise UsageError(exported)
    write_result(exported.text, arguments.output)
    if arguments.output is not None:
        for suffix, text in exported.companions.items():
            write_result(text, str(Path(arguments.output).with_suffix(suffix)))
    return EXIT_HOLDS
