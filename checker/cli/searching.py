"""The search as the command line runs it: which engine, which bounds, and the progress line."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from checker.cli.arguments import mistake
from checker.cli.console import ProgressLine
from checker.explicit.automatic import EngineOptions, engine_maker
from checker.explicit.checkpoint import CannotResume, Keeper
from checker.explicit.native.values import Unsupported
from checker.explicit.reductions.plan import Reduction, check_reduced
from checker.explicit.search import Progress, SearchOptions
from checker.model.fairness import Scheduling

if TYPE_CHECKING:
    import argparse

    from checker.model.system import System
    from checker.model.verdict import Result


def search(system: System, arguments: argparse.Namespace) -> Result:
    """Search a system as the arguments of `k42 check` ask for.

    Raises:
        UsageError: the engine cannot do it.
    """
    if Reduction.PARTIAL_ORDER.value in arguments.reduce and is_native(arguments):
        message = "native code does not reduce by partial order"
        others = "`--reduce dead,owned`"
        raise mistake("K307", message, f"leave out `--engine` and `--store`, or write {others}")
    options = SearchOptions(
        max_depth=arguments.max_depth,
        max_states=arguments.max_states,
        seconds=arguments.time,
        memory_bytes=arguments.memory,
        scheduling=Scheduling(arguments.fairness),
    )
    line = ProgressLine(is_wanted=not arguments.quiet)
    engine = EngineOptions(
        arguments.engine,
        workers=arguments.workers,
        memory_bytes=arguments.memory,
        folder=arguments.checkpoint,
        store=arguments.store,
        announce=lambda text: line.show(f"{system.name}: {text}"),
    )
    try:
        return check_reduced(
            system,
            [Reduction(name) for name in arguments.reduce],
            options,
            lambda progress: line.show(_told(system, progress)),
            make_engine=engine_maker(engine),
            make_partial=lambda python: engine_maker(replace(engine, python=python)),
            keeper=_keeper(arguments),
        )
    except CannotResume as reason:
        remedy = "`--resume` goes on from it" if "already" in str(reason) else None
        raise mistake("K330", str(reason), remedy) from None
    except (Unsupported, ImportError) as reason:
        message = f"the native engine cannot take this specification: {reason}"
        raise mistake("K307", message, "use `--engine auto`") from None
    finally:
        line.clear()


def is_native(arguments: argparse.Namespace) -> bool:
    """Tell whether only native code will do."""
    return bool(arguments.engine == "native" or arguments.store != "exact")


def _keeper(arguments: argparse.Namespace) -> Keeper | None:
    if arguments.checkpoint is None:
        return None
    return Keeper(arguments.checkpoint, resumes=arguments.resume)


def _told(system: System, progress: Progress) -> str:
    if progress.doing:
        used = f"{progress.memory_bytes / 2**20:,.0f} MiB, {progress.seconds:.0f} s"
        return f"{system.name}: {progress.doing}, {used}"
    return (
        f"{system.name}: {progress.states:,} states, {progress.rate:,.0f}/s, "
        f"depth {progress.depth}, frontier {progress.frontier:,}, "
        f"{progress.memory_bytes / 2**20:,.0f} MiB, {progress.seconds:.0f} s"
    )
