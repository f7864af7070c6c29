"""`k42 conform`: the kernel's own code, or the log of any program, held against a specification."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from checker.cli.arguments import (
    Parser,
    UsageError,
    add_settings,
    mistake,
    natural,
    parse_settings,
    parser_for,
    positive,
)
from checker.cli.console import ProgressLine, ink_for, write_out, write_result
from checker.cli.session import command_line, library

if TYPE_CHECKING:
    import argparse

    from checker.conform.findings import Explored
    from checker.conform.report import Conformance
    from checker.conform.subject import Subject

SUMMARY = "hold the kernel's own code, or a program's log, against a specification"
EPILOG = """\
examples:
  k42 conform --list                        the configurations of the kernel
  k42 conform mcs                           explore the MCS lock's own code, every interleaving
  k42 conform mcs -k threads=4              at another size
  k42 conform mcs spec/protocols/locks/mcs.k42    against another specification
  k42 conform swap -k clients=4 --walks 1000      random schedules where exploring is too much
  k42 conform --log run.jsonl lock.k42      is this log a behaviour of the specification?

A binding says which steps of the specification are which events; `k42 explain K310` shows one.
Exit codes are those of `k42 check`: 12 when the specification does not allow what happens or a
claim fails, 11 for a deadlock, 14 for a broken rule of the kernel, 75 for code that cannot be
explored.
"""
DEFAULT_STEPS = 10_000


def parser() -> Parser:
    """Return the parser of this command."""
    result = parser_for("conform", SUMMARY, EPILOG)
    result.add_argument("names", metavar="NAME", nargs="*", help="a configuration, a specification")
    result.add_argument(
        "-k",
        dest="sizes",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="a parameter of the configuration; may be repeated",
    )
    add_settings(result)
    result.add_argument("--list", action="store_true", help="list the configurations")
    result.add_argument("--log", metavar="FILE", help="validate a log of JSON lines")
    result.add_argument("--binding", metavar="FILE", help="which steps are which events")
    result.add_argument("--no-spec", action="store_true", help="check the kernel's claims only")
    _add_search_options(result)
    _add_report_options(result)
    return result


def _add_search_options(parser: Parser) -> None:
    group = parser.add_argument_group("exploration")
    group.add_argument("--max-depth", type=positive, metavar="N", help="stop at depth N")
    group.add_argument("--max-states", type=positive, metavar="N", help="stop beyond N states")
    group.add_argument(
        "--engine",
        choices=["auto", "python", "native"],
        default="auto",
        help="search in Python, in machine code, or in that when it pays",
    )
    group.add_argument(
        "--locals",
        choices=["live", "frames"],
        default="live",
        help="tell threads apart by the variables that may still be read, or by all of them",
    )
    group.add_argument(
        "--keep",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="a local that outlives its frame, as in a flat model, and its first value",
    )
    group.add_argument("--walks", type=positive, metavar="N", help="N random schedules instead")
    group.add_argument(
        "--steps",
        type=positive,
        default=DEFAULT_STEPS,
        metavar="N",
        help="steps of a walk, at most",
    )
    group.add_argument(
        "--seed", type=natural, metavar="S", help="of the walks (default: a new one)"
    )


def _add_report_options(parser: Parser) -> None:
    group = parser.add_argument_group("report")
    group.add_argument("--strict", action="store_true", help="less than certain is a failure")
    group.add_argument("--format", choices=["text", "json"], default="text")
    group.add_argument("-o", "--output", metavar="FILE", help="write the report there")
    group.add_argument("--quiet", action="store_true", help="print the verdict line only")


def run(arguments: argparse.Namespace) -> int:
    """Explore, walk, validate or list, as the arguments ask for."""
    if arguments.list:
        return _list()
    if arguments.log is not None:
        from checker.cli.conform_log import run_log

        return run_log(arguments)
    if not arguments.names or len(arguments.names) > 2:
        raise mistake("K300", "name a configuration, and at most one specification", "see --list")
    subject = _subject(arguments)
    done = _walked(subject, arguments) if arguments.walks else _explored(subject, arguments)
    return _report(done, arguments)


def _list() -> int:
    from checker.conform.subject import listing

    write_out(listing())
    return 0


def _subject(arguments: argparse.Namespace) -> Subject:
    """Open what is to be explored, and what it is held against.

    Raises:
        UsageError: something of it is not there, or does not fit.
    """
    from checker.conform.subject import (
        Mistaken,
        held_against,
        open_subject,
        specification_of,
    )

    name = arguments.names[0]
    subject = open_subject(name, parse_settings(arguments.sizes))
    if isinstance(subject, Mistaken):
        raise UsageError(*subject.diagnostics)
    spec = arguments.names[1] if len(arguments.names) > 1 else specification_of(name, library())
    if arguments.no_spec or spec is None:
        return subject
    held = held_against(
        subject,
        spec,
        binding=arguments.binding,
        settings=parse_settings(arguments.settings),
        library=library(),
    )
    if isinstance(held, Mistaken):
        raise UsageError(*held.diagnostics)
    return held


def _explored(subject: Subject, arguments: argparse.Namespace) -> Conformance:
    from checker.conform.explore import explore
    from checker.conform.findings import Options
    from checker.conform.frames import Naming, Variables
    from checker.conform.native import explore_natively

    kept = {name: int(value) for name, value in parse_settings(arguments.keep).items()}
    options = Options(
        naming=Naming(Variables(arguments.locals), kept),
        monitor=subject.monitor,
        max_states=arguments.max_states,
        max_depth=arguments.max_depth,
    )
    line = ProgressLine(is_wanted=not arguments.quiet)

    def progress(states: int, steps: int) -> None:
        line.show(f"{states:,} states, {steps:,} transitions")

    try:
        match arguments.engine:
            case "python":
                explored = explore(subject.configuration, options, progress)
            case "native":
                explored = explore_natively(subject.configuration, options, progress, probed=1)
            case _:
                explored = explore_natively(subject.configuration, options, progress)
    except ImportError as reason:
        message = f"there is no compiler for the native engine: {reason}"
        raise mistake("K307", message, "use `--engine python`") from None
    finally:
        line.clear()
    how = "every interleaving of the kernel's own code was explored"
    flags = _search_flags(arguments)
    return _conformance(subject, explored, arguments, flags, how=how, engine="learned automata")


def _search_flags(arguments: argparse.Namespace) -> list[str]:
    flags = [f"--keep={each}" for each in arguments.keep]
    flags += [] if arguments.locals == "live" else [f"--locals={arguments.locals}"]
    flags += [] if arguments.engine == "auto" else [f"--engine={arguments.engine}"]
    if arguments.max_depth is not None:
        flags.append(f"--max-depth={arguments.max_depth}")
    if arguments.max_states is not None:
        flags.append(f"--max-states={arguments.max_states}")
    return flags


def _walked(subject: Subject, arguments: argparse.Namespace) -> Conformance:
    from checker.conform.walk import WalkOptions, walk

    seed = arguments.seed
    if seed is None:
        from secrets import randbelow

        seed = randbelow(10**9)
    options = WalkOptions(arguments.walks, arguments.steps, seed, subject.monitor)
    line = ProgressLine(is_wanted=not arguments.quiet)
    explored = walk(
        subject.configuration,
        options,
        lambda walks, steps: line.show(f"{walks:,} walks, {steps:,} steps"),
    )
    line.clear()
    flags = [f"--walks={arguments.walks}", f"--steps={arguments.steps}", f"--seed={seed}"]
    how = f"random schedules of the kernel's own code were run, seed {seed}"
    return _conformance(subject, explored, arguments, flags, how=how, engine="random walk")


def _conformance(
    subject: Subject,
    explored: Explored,
    arguments: argparse.Namespace,
    flags: list[str],
    *,
    how: str,
    engine: str,
) -> Conformance:
    from checker.conform.findings import FailureKind
    from checker.conform.refusal import refusal
    from checker.conform.replay import replay
    from checker.conform.report import Conformance

    failure, monitor = explored.failure, subject.monitor
    explained = None
    if failure is not None and monitor is not None and failure.kind is FailureKind.REFINEMENT:
        explained = refusal(monitor, failure.spec, failure.word)
    uncovered: tuple[str, ...] = ()
    if monitor is not None and explored.is_exhaustive:
        uncovered = tuple(
            action.name for action in monitor.system.actions if action not in monitor.covered
        )
    return Conformance(
        subject,
        explored,
        None if failure is None else replay(subject.configuration, failure),
        explained,
        _reproduce(subject, arguments, flags),
        how,
        engine,
        uncovered,
    )


def _reproduce(subject: Subject, arguments: argparse.Namespace, flags: list[str]) -> str:
    from checker.conform.subject import shown

    given = [w for name, size in subject.chosen.items() for w in ("-k", f"{name}={shown(size)}")]
    if arguments.binding is not None:
        flags = [*flags, f"--binding={arguments.binding}"]
    if arguments.no_spec:
        flags = [*flags, "--no-spec"]
    settings = parse_settings(arguments.settings)
    return command_line("conform", arguments.names, settings, [*given, *flags])


def _report(done: Conformance, arguments: argparse.Namespace) -> int:
    from checker.conform.report import document, exit_code, render
    from checker.report.ink import Ink
    from checker.report.json_doc import dump

    code = exit_code(done, is_strict=arguments.strict)
    if arguments.format == "json":
        write_result(dump(document(done, is_strict=arguments.strict)), arguments.output)
        return code
    ink = ink_for(sys.stdout) if arguments.output is None else Ink()
    text = render(done, ink, is_quiet=arguments.quiet)
    if arguments.output is None:
        write_out(text)
    else:
        write_result(text, arguments.output)
    return code
