"""`k42 ci`: check and prove everything that a project lists, and tell what has changed."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from checker.cli.arguments import mistake, parser_for, positive
from checker.cli.codes import worst
from checker.cli.console import ProgressLine, ink_for, write_err, write_out, write_result
from checker.model.verdict import EXIT_HOLDS, EXIT_UNEXPECTED

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from checker.cli.arguments import Parser
    from checker.cli.project import Project
    from checker.report.ci.baseline import Baseline
    from checker.report.ci.outcome import Run

SUMMARY = "check and prove everything that a project lists"
EPILOG = """\
examples:
  k42 ci                              what pyproject.toml or k42.toml lists, here or above
  k42 ci --junit k42.xml --sarif k42.sarif     for a build server and a code host
  k42 ci --update-baseline            accept what differs from the baseline
  k42 ci spec/locks                   only the runs of specifications in this folder

`k42 explain K340` shows how a project lists its specifications. A run that is not as expected
gives its exit code, the worst counts; 27 if something was to fail and did not, or, with --strict,
if anything differs from the baseline. Unknown and incomplete are never as expected by themselves.
"""


def parser() -> Parser:
    """Return the parser of this command."""
    result = parser_for("ci", SUMMARY, EPILOG)
    result.add_argument(
        "paths", metavar="PATH", nargs="*", help="only specifications that are these or in these"
    )
    result.add_argument(
        "--project", type=Path, metavar="FILE", help="the pyproject.toml or k42.toml to read"
    )
    result.add_argument(
        "--jobs", type=positive, metavar="N", help="runs at a time (default: one per processor)"
    )
    group = result.add_argument_group("report")
    group.add_argument("--json", metavar="FILE", help="write everything to FILE, for programs")
    group.add_argument("--junit", metavar="FILE", help="write a JUnit document to FILE")
    group.add_argument("--sarif", metavar="FILE", help="write a SARIF document to FILE")
    group.add_argument("--quiet", action="store_true", help="print the first line only")
    group = result.add_argument_group("baseline")
    group.add_argument(
        "--update-baseline", action="store_true", help="keep what is said now as the baseline"
    )
    group.add_argument(
        "--strict", action="store_true", help="whatever differs from the baseline fails (27)"
    )
    return result


def run(arguments: argparse.Namespace) -> int:
    """Carry out everything that is listed."""
    from checker.cli.project import find_project, read_project
    from checker.cli.tasks import run_tasks
    from checker.report.ci.baseline import differences
    from checker.report.ci.summary import summary

    start = perf_counter()
    project = read_project(arguments.project or find_project(Path.cwd()))
    tasks = [task for task in project.tasks if _is_chosen(project, task.spec, arguments.paths)]
    if arguments.paths and not tasks:
        raise mistake("K340", "no specification that the project lists is at these paths")
    before = _baseline(project)
    line = ProgressLine(is_wanted=not arguments.quiet)
    try:
        runs = run_tasks(
            tasks,
            project.root,
            arguments.jobs or _processors(),
            lambda run, done: line.show(f"{done} of {len(tasks)} runs, {run.key}"),
        )
    finally:
        line.clear()
    changed = () if before is None else differences(_chosen(before, project, runs), runs)
    code = _code(runs, changed if arguments.strict else ())
    _write(runs, changed, code, project, arguments)
    text = summary(runs, changed, perf_counter() - start, ink_for(sys.stdout))
    write_out(text.partition("\n")[0] + "\n" if arguments.quiet else text)
    if arguments.update_baseline:
        _update(project, before, runs)
    return code


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _is_chosen(project: Project, spec: str, paths: Sequence[str]) -> bool:
    place = (project.root / spec).resolve()
    return not paths or any(place.is_relative_to(Path(path).resolve()) for path in paths)


def _code(runs: Sequence[Run], changed: Sequence[str]) -> int:
    codes = [run.code or EXIT_UNEXPECTED for run in runs if not run.is_good]
    return worst([*codes, EXIT_UNEXPECTED if changed else EXIT_HOLDS])


# --- documents ------------------------------------------------------------------------------------


def _write(
    runs: Sequence[Run],
    changed: Sequence[str],
    code: int,
    project: Project,
    arguments: argparse.Namespace,
) -> None:
    from checker.cli.main import version
    from checker.report.json_doc import dump

    if arguments.json is not None:
        from checker.report.ci.document import document

        write_result(dump(document(runs, changed, version(), code)), arguments.json)
    if arguments.junit is not None:
        from checker.report.ci.junit import junit

        write_result(junit(runs), arguments.junit)
    if arguments.sarif is not None:
        from checker.report.ci.sarif import sarif

        write_result(dump(sarif(runs, version(), project.root)), arguments.sarif)


# --- the baseline ---------------------------------------------------------------------------------


def _baseline(project: Project) -> Baseline | None:
    from checker.report.ci.baseline import read_baseline

    try:
        text = project.baseline.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise mistake("K302", f"cannot read `{project.baseline}`: {error.strerror}") from None
    try:
        return read_baseline(text)
    except ValueError as error:
        remedy = "`--update-baseline` writes it anew, after you have removed it"
        raise mistake("K341", f"`{project.baseline}`: {error}", remedy) from None


def _chosen(before: Baseline, project: Project, runs: Sequence[Run]) -> Baseline:
    """Leave out of a baseline what the project still lists but was not asked for."""
    listed = {task.key for task in project.tasks}
    done = {run.key for run in runs}
    return {key: each for key, each in before.items() if key in done or key not in listed}


def _update(project: Project, before: Baseline | None, runs: Sequence[Run]) -> None:
    from checker.report.ci.baseline import baseline_of, baseline_text

    listed = {task.key for task in project.tasks}
    kept = {key: each for key, each in (before or {}).items() if key in listed}
    write_result(baseline_text(kept | baseline_of(runs)), str(project.baseline))
    write_err(f"{project.baseline.name}\n")
