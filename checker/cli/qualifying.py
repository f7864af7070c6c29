"""`k42 prove --quality`: seeds and orders, and mutants, after everything is proved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from checker.cli.console import write_diagnostics
from checker.cli.session import library

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checker.cli.console import ProgressLine
    from checker.report.proof_text import Findings
    from proofs.archive import Archive
    from proofs.prove import LoadAt, Options


def with_quality(
    findings: Findings,
    spec: str,
    settings: Mapping[str, str],
    load_at: LoadAt,
    *,
    options: Options,
    archive: Archive,
    line: ProgressLine,
) -> Findings:
    """Return what was found with what the proof is worth."""
    from checker.analysis.proof_mutants import Work, proof_mutants
    from checker.report.quality_text import Quality
    from grammar.diagnostics import Diagnostic
    from proofs.brittleness import brittleness

    system = findings.report.system
    try:
        steady = brittleness(
            system, load_at, options, told=lambda done: line.show(f"{system.name}: {done} seeds")
        )
        work = Work(Path(spec), settings, library(), options, archive)
        found = proof_mutants(
            work, lambda done, count: line.show(f"{system.name}: {done} of {count} mutants")
        )
    finally:
        line.clear()
    diagnostics = [each for each in found if isinstance(each, Diagnostic)]
    write_diagnostics(diagnostics)
    mutants = tuple(each for each in found if not isinstance(each, Diagnostic))
    return replace(findings, quality=Quality(steady, mutants))
