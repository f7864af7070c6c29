"""The command `k42`: finds the subcommand, runs it, and turns what happens into an exit code.

Nothing heavy is imported before it is known what to do: `k42 --version` and `k42 --help` import the
standard library only, and a command imports the engine when it comes to it.

What can go wrong ends in one of three ways. A mistake of the user is a diagnostic (exit code 150).
A violation is a result (10 to 75). Anything else is a defect of ours: exit code 255, a sentence
that says so and how to report it, and the Python traceback only when K42_DEBUG is set.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS: Final = {
    "check": "search every reachable state and report what is wrong",
    "prove": "prove invariants for every number of processors",
    "ci": "check and prove everything that a project lists",
    "simulate": "take random walks; quick, and never a proof",
    "mutate": "put small mistakes into a specification, and see whether its claims notice",
    "graph": "write the graph of reachable states",
    "export": "write a specification for SPIN, rumur or TLC",
    "oracle": "let other model checkers search the same system, and compare",
    "conform": "hold the kernel's own code, or a program's log, against a specification",
    "replay": "carry out a recorded trace again",
    "fmt": "lay out specifications",
    "explain": "explain a code, an exit code, a verdict, or the states of a specification",
}

INTERRUPTED: Final = 130
"""What shells expect of a program that Ctrl-C has ended."""

EXIT_INPUT: Final = 150
EXIT_INTERNAL: Final = 255


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        return _dispatch(arguments)
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted\n")
        return INTERRUPTED
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 0
    except Exception as error:
        return _failed(error)


def _dispatch(arguments: list[str]) -> int:
    command = arguments[0] if arguments else ""
    if command in {"-h", "--help", "help"}:
        sys.stdout.write(overview())
        return 0
    if command in {"-V", "--version"}:
        sys.stdout.write(f"k42 {version()}\n")
        return 0
    if command not in COMMANDS:
        return _unknown(command)
    from checker.cli.arguments import UsageError
    from checker.cli.console import write_diagnostics

    module = importlib.import_module(f"checker.cli.{command}")
    try:
        code: int = module.run(module.parser().parse_args(arguments[1:]))
    except UsageError as error:
        write_diagnostics(error.diagnostics)
        return EXIT_INPUT
    return code


def overview() -> str:
    """Return the help of the command itself."""
    rows = "".join(f"  {name:<10} {summary}\n" for name, summary in COMMANDS.items())
    return (
        "usage: k42 COMMAND ...\n\n"
        "Checks specifications of concurrent mechanisms written in K42 (suffix .k42).\n\n"
        f"commands:\n{rows}\n"
        "  k42 COMMAND --help    what a command takes\n"
        "  k42 explain exit      what the exit codes mean\n"
        "  k42 --version         which version this is\n"
    )


def version() -> str:
    """Return the version of the installed distribution."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("k42")
    except PackageNotFoundError:
        return "(not installed)"


def _unknown(command: str) -> int:
    from checker.cli.arguments import mistake
    from checker.cli.console import write_diagnostics, write_err

    if not command:
        write_err(overview())
        return EXIT_INPUT
    from difflib import get_close_matches

    close = get_close_matches(command, COMMANDS, n=1)
    remedy = f"did you mean `k42 {close[0]}`?" if close else "see `k42 --help`"
    if command.endswith(".k42"):
        remedy = f"write `k42 check {command}`"
    write_diagnostics(mistake("K300", f"there is no command `{command}`", remedy).diagnostics)
    return EXIT_INPUT


def _failed(error: Exception) -> int:
    """Report a defect of ours."""
    if os.environ.get("K42_DEBUG"):
        traceback.print_exc()
    frames = traceback.extract_tb(error.__traceback__)
    where = ""
    if frames:
        parts = frames[-1].filename.replace(os.sep, "/").split("/")
        where = f" at {'/'.join(parts[-3:])}:{frames[-1].lineno}"
    sys.stderr.write(
        f"k42: internal error{where}: {type(error).__name__}: {error}\n"
        "This is a defect of the checker, not of the specification, and the run proves nothing.\n"
        "Please report it with the specification, this command line and the output of\n"
        "the same command run with K42_DEBUG=1.\n"
    )
    return EXIT_INTERNAL


if __name__ == "__main__":
    sys.exit(main())
