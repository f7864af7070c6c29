"""`k42 check`: search every reachable state and report what is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from checker.cli.arguments import (
    Parser,
    add_settings,
    duration,
    mistake,
    names,
    parse_settings,
    parser_for,
    positive,
    reductions,
    shown_size,
    size,
)
from checker.cli.checked import text_of, write_document
from checker.cli.codes import worst
from checker.cli.console import write_out
from checker.cli.outcomes import Checked
from checker.cli.session import command_line, open_file
from checker.model.verdict import EXIT_INPUT, exit_code
from grammar.diagnostics import Diagnostic, Severity

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping, Sequence

    from checker.model.system import System
    from checker.model.verdict import Result

SUMMARY = "search every reachable state and report what is wrong"
EPILOG = """\
examples:
  k42 check lock.k42                     at the sizes in the file, or the default of 3
  k42 check lock.k42 -c Cpu=4 -c N=2     other sizes
  k42 check lock.k42 --max-depth 20      only the first 20 steps: the verdict is `bounded`
  k42 check spec/*.k42 --strict          for scripts: whatever is less than certain fails
  k42 check lock.k42 --format json       everything, for programs
  k42 check lock.k42 --checkpoint lock.ckpt   and later with `--resume`: go on where it was

The first line of the report is the verdict, the last one repeats the run. Exit code 0 says that
everything holds; `k42 explain exit` lists the others.
"""


def parser() -> Parser:
    """Return the parser of this command."""
    result = parser_for("check", SUMMARY, EPILOG)
    result.add_argument("specs", metavar="SPEC", nargs="+", help="a specification")
    add_settings(result)
    _add_search_options(result)
    _add_engine_options(result)
    _add_report_options(result)
    return result


def _add_search_options(parser: Parser) -> None:
    group = parser.add_argument_group("search")
    group.add_argument(
        "--props",
        type=names,
        metavar="A,B",
        help="check only these properties (deadlock, assertions and errors always)",
    )
    group.add_argument(
        "--max-depth", type=positive, metavar="N", help="stop at depth N (states on a path)"
    )
    group.add_argument(
        "--max-states", type=positive, metavar="N", help="stop when there are more than N states"
    )
    group.add_argument(
        "--reduce",
        type=reductions,
        default=(),
        metavar="HOW",
        help="search fewer states by: all, or some of dead, owned, symmetry, "
        "partial-order (default: none)",
    )
    group.add_argument(
        "--fairness",
        choices=("weak", "strong", "just", "none"),
        default="weak",
        help="what claims about whole runs take for granted of every process (default: weak)",
    )
    group.add_argument("--time", type=duration, metavar="T", help="stop after 90s, 10m, 1h30m")


def _add_engine_options(parser: Parser) -> None:
    group = parser.add_argument_group("engine")
    group.add_argument(
        "--engine",
        choices=("auto", "python", "native"),
        default="auto",
        help="`native` compiles the specification, `python` needs no compiler (default: auto)",
    )
    group.add_argument(
        "--workers",
        type=positive,
        metavar="N",
        help="threads of native code (default: one per processor)",
    )
    group.add_argument(
        "--memory",
        type=size,
        metavar="M",
        help="use at most 512M, 4G; native code goes on with states on disk (in $TMPDIR)",
    )
    group.add_argument(
        "--checkpoint",
        type=Path,
        metavar="DIR",
        help="keep in DIR what it takes to go on after the run was cut short",
    )
    group.add_argument("--resume", action="store_true", help="go on from the checkpoint in DIR")
    group.add_argument(
        "--store",
        choices=("exact", "fingerprint64", "fingerprint128", "bitstate"),
        default="exact",
        help="remember less of each state than it is; then the verdict is `bounded` at best",
    )


def _add_report_options(parser: Parser) -> None:
    group = parser.add_argument_group("report")
    group.add_argument(
        "--strict",
        action="store_true",
        help="warnings are errors (150), `bounded` exits 20 and vacuity 22",
    )
    group.add_argument(
        "--coverage", action="store_true", help="tell how often each action was taken"
    )
    group.add_argument("--quiet", action="store_true", help="print the verdict line only")
    group.add_argument(
        "--format",
        choices=("text", "json", "itf", "svg", "junit", "sarif"),
        default="text",
        help="json: everything; itf, svg: the trace, for tools or as a picture; junit, sarif: for "
        "build servers, code hosts (default: text)",
    )
    group.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="write it to FILE; unless it is text, that goes to stdout then",
    )


def run(arguments: argparse.Namespace) -> int:
    """Check every specification; the worst exit code counts (see `codes.WORST_FIRST`)."""
    settings = parse_settings(arguments.settings)
    if arguments.format in {"itf", "svg"} and len(arguments.specs) > 1:
        message = f"`--format {arguments.format}` writes one trace"
        raise mistake("K300", message, "check one specification at a time")
    if arguments.checkpoint is not None and len(arguments.specs) > 1:
        message = "a checkpoint is of one specification"
        raise mistake("K300", message, "check one specification at a time")
    if arguments.store != "exact" and (arguments.engine == "python" or arguments.checkpoint):
        message = f"`--store {arguments.store}` goes neither with Python nor with a checkpoint"
        raise mistake("K300", message, "leave out one of them")
    if arguments.resume and arguments.checkpoint is None:
        message = "there is nothing to resume"
        raise mistake("K300", message, "give the folder with `--checkpoint DIR`")
    is_text_shown = arguments.format == "text" or arguments.output is not None
    done: list[Checked] = []
    texts: list[str] = []
    for spec in arguments.specs:
        checked = check_file(spec, settings, arguments)
        done.append(checked)
        if is_text_shown:
            texts.append(text_of(checked, arguments))
            if arguments.format == "text" and arguments.output is not None:
                continue
            write_out(texts[-1] if len(texts) == 1 else f"\n{texts[-1]}")
    write_document(done, texts, arguments)
    return worst([checked.code for checked in done])


def check_file(spec: str, settings: dict[str, str], arguments: argparse.Namespace) -> Checked:
    """Read and search one specification."""
    name = str(Path(spec))
    opened = open_file(spec, settings)
    system = opened.system
    diagnostics = _as_strict(opened.diagnostics) if arguments.strict else opened.diagnostics
    if system is not None and arguments.props is not None:
        diagnostics = (*diagnostics, *_unknown_properties(system, arguments.props))
    if system is None or any(d.severity is Severity.ERROR for d in diagnostics):
        again = _reproduce(spec, settings, arguments)
        return Checked(name, again, EXIT_INPUT, None, diagnostics)
    result = _searched(_selected(system, arguments.props), arguments)
    code = exit_code(result, strict=arguments.strict)
    sizes = {s.name: s.value for s in system.settings if s.origin == "default"}
    again = _reproduce(spec, {**settings, **sizes}, arguments)
    return Checked(name, again, code, result, diagnostics)


def _as_strict(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(replace(each, severity=Severity.ERROR) for each in diagnostics)


# --- properties -----------------------------------------------------------------------------------


def _unknown_properties(system: System, wanted: Sequence[str]) -> list[Diagnostic]:
    known = system.claims
    return [
        Diagnostic(
            "K306",
            Severity.ERROR,
            None,
            f"there is no property `{name}`",
            remedy=f"there are {', '.join(f'`{each}`' for each in known)}" if known else None,
        )
        for name in wanted
        if name not in known
    ]


def _selected(system: System, wanted: Sequence[str] | None) -> System:
    if wanted is None:
        return system
    return replace(
        system,
        properties=tuple(each for each in system.properties if each.name in wanted),
        temporal=tuple(each for each in system.temporal if each.name in wanted),
        bypasses=tuple(each for each in system.bypasses if each.name in wanted),
        refinements=tuple(each for each in system.refinements if each.name in wanted),
    )


def _searched(system: System, arguments: argparse.Namespace) -> Result:
    from checker.cli.searching import search

    result = search(system, arguments)
    if arguments.props is None:
        return result
    note = f"only these properties were checked: {', '.join(arguments.props)}"
    return replace(result, notes=(*result.notes, note))


def _reproduce(spec: str, settings: Mapping[str, str], arguments: argparse.Namespace) -> str:
    """Return the command of this run, for one specification, with the sizes that were taken."""
    flags: list[str] = []
    for name in ("max_depth", "max_states", "workers"):
        value = getattr(arguments, name)
        flags += [] if value is None else [f"--{name.replace('_', '-')}={value}"]
    flags += [] if arguments.memory is None else [f"--memory={shown_size(arguments.memory)}"]
    flags += [] if arguments.time is None else [f"--time={arguments.time:g}s"]
    flags += [] if arguments.props is None else [f"--props={','.join(arguments.props)}"]
    flags += [f"--reduce={','.join(arguments.reduce)}"] if arguments.reduce else []
    flags += [] if arguments.fairness == "weak" else [f"--fairness={arguments.fairness}"]
    flags += [] if arguments.engine == "auto" else [f"--engine={arguments.engine}"]
    flags += [] if arguments.store == "exact" else [f"--store={arguments.store}"]
    flags += ["--strict"] if arguments.strict else []
    return command_line("check", [spec], settings, flags)
