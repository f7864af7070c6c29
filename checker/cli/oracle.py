"""`k42 oracle`: the same system, searched by other model checkers, and the answers compared."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from checker.cli.arguments import (
    Parser,
    add_settings,
    duration,
    parse_settings,
    parser_for,
    size,
)
from checker.cli.console import write_out
from checker.cli.session import command_line, open_system
from checker.model.verdict import EXIT_DISAGREEMENT, EXIT_HOLDS, EXIT_UNFINISHED

if TYPE_CHECKING:
    import argparse

    from checker.oracle.tools import Comparison

SUMMARY = "let other model checkers search the same system, and compare"
EPILOG = """\
examples:
  k42 oracle lock.k42 -c Cpu=3             with all tools that are installed
  k42 oracle lock.k42 --tool spin --time 10m

Compared are the number of distinct states and all that is wrong, after searches to the very end
without reductions. Exit code 0 says that at least one other tool agrees and none disagrees, 26 that
one disagrees (the inputs are kept in a folder that is named), 20 that nothing could be compared.
"""
DEFAULT_SECONDS = 600.0
DEFAULT_MEMORY = 4 * 2**30


def parser() -> Parser:
    """Return the parser of this command."""
    result = parser_for("oracle", SUMMARY, EPILOG)
    result.add_argument("spec", metavar="SPEC", help="the specification")
    add_settings(result)
    result.add_argument(
        "--tool",
        choices=("spin", "rumur", "tlc", "all"),
        default="all",
        help="whom to ask (default: all); TLC is found by the variable TLA2TOOLS or CLASSPATH",
    )
    result.add_argument(
        "--time",
        type=duration,
        default=DEFAULT_SECONDS,
        metavar="T",
        help="for each search, and for compiling a model: 90s, 10m (default: 10m)",
    )
    result.add_argument(
        "--memory",
        type=size,
        default=DEFAULT_MEMORY,
        metavar="M",
        help="for each search: 512M, 4G (default: 4G)",
    )
    result.add_argument(
        "--keep", metavar="DIR", help="keep the models and what the tools wrote in DIR"
    )
    return result


def run(arguments: argparse.Namespace) -> int:
    """Compare, and tell."""
    from checker.explicit.depth import room_for
    from checker.oracle.process import Limits
    from checker.oracle.text import render_comparison
    from checker.oracle.tools import TOOLS, compared

    settings = parse_settings(arguments.settings)
    system = open_system(arguments.spec, settings)
    tools = tuple(tool for tool in TOOLS if arguments.tool in {tool.name, "all"})
    folder = Path(arguments.keep or tempfile.mkdtemp(prefix=f"k42-oracle-{system.name}-"))
    comparison = None
    try:
        with room_for(system):
            limits = Limits(arguments.time, arguments.memory)
            comparison = compared(system, tools, folder, limits)
    finally:
        is_wanted = comparison is not None and comparison.is_contradicted
        if not is_wanted and arguments.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    kept = None
    if comparison.is_contradicted or arguments.keep is not None:
        kept = str(folder)
        again = command_line("oracle", [arguments.spec], settings, _flags(arguments))
        _keep_input(arguments.spec, folder, again)
    write_out(render_comparison(system, comparison, kept))
    return _exit_code(comparison)


def _exit_code(comparison: Comparison) -> int:
    if comparison.is_contradicted:
        return EXIT_DISAGREEMENT
    return EXIT_HOLDS if comparison.is_confirmed else EXIT_UNFINISHED


def _flags(arguments: argparse.Namespace) -> list[str]:
    return [] if arguments.tool == "all" else [f"--tool={arguments.tool}"]


def _keep_input(spec: str, folder: Path, again: str) -> None:
    """Put the specification and the command beside the models."""
    shutil.copy(spec, folder)
    (folder / "command.txt").write_text(f"{again}\n", encoding="utf-8")
