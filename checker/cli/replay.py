"""`k42 replay`: a recorded trace carried out again, step by step, by the reference interpreter.

The exit code is that of what the trace shows: 12 when an invariant fails at its end, 0 when
nothing is wrong there. A trace that is no run of the specification is wrong input (exit code 150).
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from checker.cli.arguments import (
    Parser,
    add_settings,
    mistake,
    parse_settings,
    parser_for,
)
from checker.cli.console import ink_for, reason, write_result
from checker.cli.session import command_line, open_system
from checker.model.verdict import FindingKind, Limit, Result, Statistics, Verdict, exit_code
from checker.report.ink import Ink

if TYPE_CHECKING:
    import argparse

    from checker.model.system import System
    from checker.model.trace import Trace
    from checker.report.values_json import Json

SUMMARY = "carry out a recorded trace again"
EPILOG = """\
examples:
  k42 check lock.k42 --format json -o lock.json; k42 replay lock.json lock.k42
  k42 replay lock.json lock.k42 --format svg -o lock.svg   as a picture

TRACE is a document of `k42 check --format json` or `--format itf`, or an ITF trace of another tool
with the same variables. Give the same -c as for the run that wrote it.
"""


def parser() -> Parser:
    """Return the parser of this command."""
    result = parser_for("replay", SUMMARY, EPILOG)
    result.add_argument("trace", metavar="TRACE", help="the recorded trace")
    result.add_argument("spec", metavar="SPEC", help="the specification")
    add_settings(result)
    result.add_argument(
        "--format", choices=("text", "svg"), default="text", help="svg: a sequence diagram"
    )
    result.add_argument("-o", "--output", metavar="FILE", help="write the result to FILE")
    return result


def run(arguments: argparse.Namespace) -> int:
    """Carry out the trace and tell what it shows."""
    from checker.report.finding_text import Run, render_run
    from checker.report.text import Request, render_result

    settings = parse_settings(arguments.settings)
    system = open_system(arguments.spec, settings)
    trace = _realised(system, arguments)
    result = _result(system, trace)
    spec = str(Path(arguments.spec))
    if arguments.format == "svg":
        write_result(_svg(result, trace, spec), arguments.output)
        return exit_code(result, strict=False)
    ink = ink_for(sys.stdout) if arguments.output is None else Ink()
    shown = [] if result.findings else render_run(system, Run(trace, "at the end"), spec, ink)
    again = command_line("replay", [arguments.trace, arguments.spec], settings)
    scope = "the recorded run was carried out again, step by step"
    request = Request(spec, again, ink, scope=scope, appendix=tuple(shown))
    write_result(render_result(result, request), arguments.output)
    return exit_code(result, strict=False)


def _svg(result: Result, trace: Trace, spec: str) -> str:
    from checker.report.sequence_svg import sequence_svg

    finding = result.findings[0] if result.findings else None
    return sequence_svg(result.system, trace, finding, spec=spec, title=f"{spec}, replayed")


def _realised(system: System, arguments: argparse.Namespace) -> Trace:
    from checker.model.replay import replay
    from checker.report.recording import Impossible, read_recording, realise
    from checker.report.values_json import UnreadableError

    try:
        recording = read_recording(system, _json(arguments.trace))
    except UnreadableError as error:
        message = f"`{arguments.trace}` cannot be read: {error}"
        remedy = "give the specification and the -c with which the trace was made"
        raise mistake("K304", message, remedy) from None
    trace = realise(system, recording)
    if isinstance(trace, Impossible):
        where = f" step {trace.number}:" if trace.number else ""
        message = f"`{arguments.trace}` is no run of `{arguments.spec}`:{where} {trace.message}"
        raise mistake("K305", message, "give the -c with which the trace was made")
    disagreement = replay(system, trace, None)
    assert disagreement is None, disagreement
    return trace


def _json(path: str) -> Json:
    try:
        json_value: Json = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise mistake("K302", f"cannot read `{path}`: {reason(error)}") from None
    except (ValueError, RecursionError) as error:
        raise mistake("K304", f"`{path}` is not JSON: {error}") from None
    return json_value


def _result(system: System, trace: Trace) -> Result:
    """Return what the run shows: of its end everything that is wrong, of all others nothing."""
    from checker.model.replay import shown_findings

    findings = tuple(replace(each, trace=trace) for each in shown_findings(system, trace))
    kinds = {finding.kind for finding in findings}
    verdict = Verdict.VIOLATED if findings else Verdict.BOUNDED
    if FindingKind.EVALUATION in kinds:
        verdict = Verdict.ERROR
    count = len(trace.steps)
    limit = Limit(f"the one run of {count} steps", "all other runs", is_bound=True)
    statistics = Statistics(len(set(trace.states)), count, 1, len(trace.states), 0.0)
    limits = () if findings else (limit,)
    return Result(system, verdict, findings[:1], (), limits, statistics, None, "interpreter")
