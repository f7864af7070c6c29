"""`k42 mutate`: small mistakes put into a specification, and whether its claims notice."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from checker.cli.arguments import (
    Parser,
    add_settings,
    duration,
    mistake,
    parse_settings,
    parser_for,
    positive,
    reductions,
)
from checker.cli.codes import worst
from checker.cli.console import ProgressLine, ink_for, write_diagnostics, write_out, write_result
from checker.cli.session import command_line, library
from checker.model.verdict import EXIT_HOLDS, EXIT_INPUT, EXIT_UNFINISHED, EXIT_VACUOUS
from grammar.diagnostics import Diagnostic, Severity

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from checker.analysis.mutation import Options, Report
    from checker.report.values_json import Json

SUMMARY = "put small mistakes into a specification, and see whether its claims notice"
EPILOG = """\
examples:
  k42 mutate lock.k42                      each survivor is a claim that may be missing
  k42 mutate lock.k42 --at-least 85        for scripts: a lower score exits 22
  k42 mutate lock.k42 --also Cpu=2         with two processors first: most are killed there
  k42 mutate lock.k42 --show split@45      the specification with this one mistake

A guard or an effect is left out, a condition weakened, a branch always taken, two statements
exchanged, one step made several. A survivor may be explained where it is:
  // survives split: only the owner writes this word
The score is the share of the killed among the killed and the survivors, explained or not.
"""
DEFAULT_SECONDS = 60.0
NOT_SOUND = "K352"


@dataclass(frozen=True, slots=True)
class Mutated:
    """What came of one specification."""

    code: int
    text: str | None
    json: Json
    diagnostics: tuple[Diagnostic, ...]


def parser() -> Parser:
    """Return the parser of this command."""
    result = parser_for("mutate", SUMMARY, EPILOG)
    result.add_argument("specs", metavar="SPEC", nargs="+", help="a specification")
    add_settings(result)
    _add_search_options(result)
    group = result.add_argument_group("report")
    group.add_argument(
        "--at-least", type=positive, metavar="P", help="a score below P percent fails (22)"
    )
    group.add_argument(
        "--strict",
        action="store_true",
        help="warnings are errors (150), and survivors that nobody explains fail (22)",
    )
    group.add_argument("--all", action="store_true", help="list every mutant with its fate")
    group.add_argument("--show", metavar="NAME", help="write the mutant of this name, and no more")
    group.add_argument("--quiet", action="store_true", help="print the line with the score only")
    group.add_argument("--format", choices=("text", "json"), default="text")
    group.add_argument("-o", "--output", metavar="FILE", help="write the result to FILE")
    return result


def _add_search_options(parser: Parser) -> None:
    group = parser.add_argument_group("search")
    group.add_argument(
        "--also",
        metavar="NAME=VALUE,...",
        action="append",
        default=[],
        help="search with these values first, on top of those of -c; may be repeated",
    )
    group.add_argument(
        "--imports", action="store_true", help="put mistakes into imported modules as well"
    )
    group.add_argument(
        "--time",
        type=duration,
        default=DEFAULT_SECONDS,
        metavar="T",
        help="for each mutant: 90s, 10m (default: 60s); then it is undecided",
    )
    group.add_argument(
        "--max-states",
        type=positive,
        metavar="N",
        help="for each mutant (default: ten times those of the specification)",
    )
    group.add_argument(
        "--reduce",
        type=reductions,
        default=(),
        metavar="HOW",
        help="search fewer states, as in `k42 check`",
    )
    group.add_argument(
        "--workers", type=positive, metavar="N", help="processes (default: one per processor)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Judge the mutants of every specification; the worst exit code counts."""
    settings = parse_settings(arguments.settings)
    if arguments.at_least is not None and arguments.at_least > 100:
        raise mistake("K300", "a score has at most 100 percent", "as in `--at-least 85`")
    if arguments.show is not None:
        return _show(arguments, settings)
    done: list[Mutated] = []
    for spec in arguments.specs:
        done.append(mutate_file(spec, settings, arguments))
        write_diagnostics(done[-1].diagnostics)
        text = done[-1].text
        if text is not None and arguments.format == "text" and arguments.output is None:
            write_out(text if len(done) == 1 else f"\n{text}")
    _write(done, arguments)
    return worst([each.code for each in done])


def _write(done: Sequence[Mutated], arguments: argparse.Namespace) -> None:
    if arguments.format == "json":
        from checker.cli.main import version
        from checker.report.json_doc import dump
        from checker.report.mutation_json import document

        write_result(dump(document([each.json for each in done], version())), arguments.output)
    elif arguments.output is not None:
        write_result("\n".join(each.text for each in done if each.text), arguments.output)


def mutate_file(spec: str, settings: Mapping[str, str], arguments: argparse.Namespace) -> Mutated:
    """Judge the mutants of one specification."""
    from checker.analysis.mutation import mutate
    from checker.report.mutation_json import json_of_mistakes, json_of_report
    from checker.report.mutation_text import Request, render_report

    again = _reproduce(spec, settings, arguments)
    line = ProgressLine(is_wanted=not arguments.quiet)
    try:
        found = mutate(
            Path(spec),
            _options(settings, arguments),
            lambda done, count: line.show(f"{spec}: {done} of {count} mutants"),
        )
    finally:
        line.clear()
    if isinstance(found, tuple):
        return Mutated(EXIT_INPUT, None, json_of_mistakes(found, spec, again, EXIT_INPUT), found)
    diagnostics = found.diagnostics
    if not found.is_sound:
        code = worst([each.code for each in found.baselines])
        diagnostics = (*diagnostics, _not_sound(spec))
        return Mutated(code, None, json_of_mistakes(diagnostics, spec, again, code), diagnostics)
    code = exit_code(found, arguments)
    ink = ink_for(sys.stdout) if arguments.output is None else ink_for(sys.stderr)
    request = Request(str(Path(spec)), again, ink, arguments.all, arguments.quiet)
    json = json_of_report(found, spec, again, code)
    return Mutated(code, render_report(found, request), json, diagnostics)


def _not_sound(spec: str) -> Diagnostic:
    message = f"`{spec}` does not hold itself, so its mutants would tell nothing"
    return Diagnostic(NOT_SOUND, Severity.ERROR, None, message, remedy=f"see `k42 check {spec}`")


def exit_code(report: Report, arguments: argparse.Namespace) -> int:
    """Return the exit code that a score deserves.

    Where the undecided mutants decide whether it is enough, it is not known to be.
    """
    has_errors = any(each.severity is Severity.ERROR for each in report.diagnostics)
    if has_errors or (arguments.strict and report.diagnostics):
        return EXIT_INPUT
    if arguments.strict and report.unexplained:
        return EXIT_VACUOUS
    if arguments.at_least is None:
        return EXIT_HOLDS
    least, most = (100 * share for share in report.range)
    if least >= arguments.at_least:
        return EXIT_HOLDS
    return EXIT_VACUOUS if most < arguments.at_least else EXIT_UNFINISHED


def _options(settings: Mapping[str, str], arguments: argparse.Namespace) -> Options:
    from checker.analysis.mutation import Options
    from checker.explicit.reductions.plan import Reduction

    also = [{**settings, **parse_settings(text.split(","))} for text in arguments.also]
    return Options(
        settings=(*also, settings),
        library=library(),
        has_imports=arguments.imports,
        reductions=tuple(Reduction(name) for name in arguments.reduce),
        seconds=arguments.time,
        max_states=arguments.max_states,
        workers=arguments.workers,
    )


def _show(arguments: argparse.Namespace, settings: Mapping[str, str]) -> int:
    """Write one mutant as a specification."""
    from checker.analysis.mutation import named_mutants
    from grammar.printer import print_specification

    if len(arguments.specs) > 1:
        raise mistake("K300", "`--show` is of one specification", "name one file")
    spec = arguments.specs[0]
    found = named_mutants(Path(spec), _options(settings, arguments))
    if isinstance(found, tuple):
        write_diagnostics(found)
        return EXIT_INPUT
    if arguments.show not in found:
        remedy = f"`k42 mutate {spec} --all` lists them"
        raise mistake("K300", f"there is no mutant `{arguments.show}`", remedy)
    write_result(print_specification(found[arguments.show].specification), arguments.output)
    return EXIT_HOLDS


def _reproduce(spec: str, settings: Mapping[str, str], arguments: argparse.Namespace) -> str:
    flags = [f"--also={text}" for text in arguments.also]
    flags += ["--imports"] if arguments.imports else []
    flags += [] if arguments.time == DEFAULT_SECONDS else [f"--time={arguments.time:g}s"]
    flags += [] if arguments.max_states is None else [f"--max-states={arguments.max_states}"]
    flags += [f"--reduce={','.join(arguments.reduce)}"] if arguments.reduce else []
    flags += [] if arguments.at_least is None else [f"--at-least={arguments.at_least}"]
    flags += ["--strict"] if arguments.strict else []
    return command_line("mutate", [spec], settings, flags)
