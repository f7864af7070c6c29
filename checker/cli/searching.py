"""The search as the command line runs it: which engine, which bounds, and the progress line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.cli.arguments import mistake
from checker.cli.console import ProgressLine
from checker.explicit.python.engine import PythonEngine
from checker.explicit.search import Progress, SearchOptions, check

if TYPE_CHECKING:
    import argparse

    from checker.explicit.search import EngineMaker
    from checker.model.system import System
    from checker.model.verdict import Result


def search(system: System, arguments: argparse.Namespace) -> Result:
    """Search a system as the arguments of `k42 check` ask for.

    Raises:
        UsageError: the engine cannot do it.
    """
    options = SearchOptions(
        max_depth=arguments.max_depth,
        max_states=arguments.max_states,
        seconds=arguments.time,
        memory_bytes=arguments.memory,
    )
    line = ProgressLine(is_wanted=not arguments.quiet)
    try:
        return check(
            system,
            options,
            lambda progress: line.show(_told(system, progress)),
            make_engine=_engine(arguments.engine),
        )
    finally:
        line.clear()


def _engine(name: str) -> EngineMaker:
    """Return the maker of an engine by its name on the command line."""
    native = native_engine() if name == "native" else None
    if name == "native" and native is None:
        raise mistake("K307", "the native engine is not available", "use `--engine auto`")
    return native or PythonEngine


def native_engine() -> EngineMaker | None:
    """Return the maker of the compiled engine, None where it is not installed."""
    return None


def _told(system: System, progress: Progress) -> str:
    return (
        f"{system.name}: {progress.states:,} states, {progress.rate:,.0f}/s, "
        f"depth {progress.depth}, frontier {progress.frontier:,}, "
        f"{progress.memory_bytes / 2**20:,.0f} MiB, {progress.seconds:.0f} s"
    )
