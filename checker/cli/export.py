"""`k42 export`: the same system for another model checker."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from checker.cli.arguments import (
    Parser,
    UsageError,
    add_settings,
    mistake,
    parse_settings,
    parser_for,
)
from checker.cli.console import write_result
from checker.cli.session import open_system
from checker.model.verdict import EXIT_HOLDS
from grammar.diagnostics import Diagnostic

if TYPE_CHECKING:
    import argparse

    from checker.export.ltl import RunClaim
    from checker.model.system import System

SUMMARY = "write a specification for SPIN, rumur or TLC"
EPILOG = """\
examples:
  k42 export lock.k42 --to promela -c Cpu=3 -o lock.pml
  k42 export lock.k42 --to murphi | less
  k42 export lock.k42 --to tla -o Lock.tla               and Lock.cfg
  k42 export lock.k42 --to promela --claim progress   and the claim as a formula for SPIN

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
        "--claim", metavar="NAME", help="with this `property` about runs as a formula (promela)"
    )
    result.add_argument(
        "--fairness",
        choices=("weak", "strong", "none"),
        default="weak",
        help="what that takes for granted of every process (default: weak)",
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
    claim = None if arguments.claim is None else _claim(system, arguments)
    with room_for(system):
        name = None if arguments.output is None else Path(arguments.output).stem
        exported = export(system, arguments.to, claim, name=name)
    if isinstance(exported, Diagnostic):
        raise UsageError(exported)
    write_result(exported.text, arguments.output)
    if arguments.output is not None:
        for suffix, text in exported.companions.items():
            write_result(text, str(Path(arguments.output).with_suffix(suffix)))
    return EXIT_HOLDS


def _claim(system: System, arguments: argparse.Namespace) -> RunClaim:
    """Return the claim about runs that is asked for.

    Raises:
        UsageError: there is none of that name.
    """
    from checker.export.ltl import RunClaim
    from checker.model.fairness import Scheduling

    for each in system.temporal:
        if each.name == arguments.claim:
            return RunClaim(each, Scheduling(arguments.fairness))
    known = ", ".join(f"`{each.name}`" for each in system.temporal)
    message = f"there is no property `{arguments.claim}` about runs"
    raise mistake("K306", message, f"there are {known}" if known else None)
