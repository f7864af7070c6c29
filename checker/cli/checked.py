"""What `k42 check` writes: the text on stdout, and the document that was asked for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from checker.cli.console import ink_for, write_diagnostics, write_result
from checker.report.ink import Ink
from grammar.diagnostics import Diagnostic, Severity

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from checker.cli.outcomes import Checked
    from checker.model.trace import Trace
    from checker.model.verdict import Finding
    from checker.report.values_json import Json


def text_of(checked: Checked, arguments: argparse.Namespace) -> str:
    """Return the report; what a specification that was searched warns of goes to stderr."""
    from checker.report.text import Request, render_mistakes, render_result

    ink = Ink() if arguments.format == "text" and arguments.output else ink_for(sys.stdout)
    if checked.result is None:
        return render_mistakes(checked.spec, checked.diagnostics, ink)
    if not arguments.quiet:
        write_diagnostics(checked.diagnostics)
    request = Request(
        checked.spec,
        checked.reproduce,
        ink,
        has_coverage=arguments.coverage,
        is_quiet=arguments.quiet,
    )
    return render_result(checked.result, request)


def write_document(
    done: Sequence[Checked], texts: Sequence[str], arguments: argparse.Namespace
) -> None:
    """Write the one document about all runs, to the file or to stdout."""
    match arguments.format:
        case "json":
            write_result(_json(done, is_strict=arguments.strict), arguments.output)
        case "itf" | "svg":
            _write_trace(done[0], arguments)
        case "junit" | "sarif":
            from checker.cli.runs import DOCUMENTS, run_of_check

            text = DOCUMENTS[arguments.format]([run_of_check(each) for each in done])
            write_result(text, arguments.output)
        case _:
            if arguments.output is not None:
                write_result("\n".join(texts), arguments.output)


def _json(done: Sequence[Checked], *, is_strict: bool) -> str:
    from checker.cli.main import version
    from checker.report.json_doc import document, dump, run_of_mistakes, run_of_result

    runs: list[Json] = []
    for each in done:
        if each.result is None:
            runs.append(
                run_of_mistakes(
                    each.diagnostics,
                    spec=each.spec,
                    reproduce=each.reproduce,
                    code=each.code,
                    is_strict=is_strict,
                )
            )
        else:
            runs.append(
                run_of_result(
                    each.result,
                    spec=each.spec,
                    reproduce=each.reproduce,
                    is_strict=is_strict,
                    diagnostics=each.diagnostics,
                )
            )
    return dump(document(runs, version()))


def _write_trace(checked: Checked, arguments: argparse.Namespace) -> None:
    """Write the trace of the finding, or of the first witness; say so if there is none."""
    output = arguments.output
    result = checked.result
    if result is None:
        if output is None:
            write_diagnostics(checked.diagnostics)
        return
    shown: list[tuple[str, str, Trace | None, Finding | None]] = []
    shown += [("finding", finding.name, finding.trace, finding) for finding in result.findings]
    shown += [("witness", each.property.name, each.trace, None) for each in result.witnesses]
    for role, name, trace, finding in shown:
        if trace is not None:
            if arguments.format == "svg":
                write_result(_svg(checked, trace, finding, f"{role}: {name}"), output)
            else:
                write_result(_itf(checked, trace, (role, name)), output)
            return
    message = f"`{checked.spec}` {result.verdict.value}: there is no trace to write"
    write_diagnostics([Diagnostic("K308", Severity.WARNING, None, message)])


def _svg(checked: Checked, trace: Trace, finding: Finding | None, title: str) -> str:
    from checker.report.sequence_svg import sequence_svg

    assert checked.result is not None
    system = checked.result.system
    spec = f"{checked.spec}, {title}"
    return sequence_svg(system, trace, finding, spec=checked.spec, title=spec)


def _itf(checked: Checked, trace: Trace, shown: tuple[str, str]) -> str:
    from checker.report.itf import itf_trace
    from checker.report.json_doc import dump

    assert checked.result is not None
    role, name = shown
    about: dict[str, Json] = {
        "source": checked.spec,
        "verdict": checked.result.verdict.value,
        role: name,
        "reproduce": checked.reproduce,
    }
    return dump(itf_trace(checked.result.system, trace, about))
