"""What the commands found, as runs with cases: for JUnit, SARIF and `k42 ci`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from checker.report.ci.outcome import Kind, Run, cases_of_mistakes
from checker.report.ink import Ink

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from checker.cli.outcomes import Checked, Proof


def run_of_check(checked: Checked) -> Run:
    """Return a search as a run."""
    from checker.report.ci.searches import cases_of_result, counts_of_result, scope_of_result
    from checker.report.text import Request, render_mistakes, render_result

    result = checked.result
    key = checked.reproduce.removeprefix("k42 ")
    if result is None:
        return Run(
            kind=Kind.CHECK,
            key=key,
            spec=checked.spec,
            verdict="error",
            code=checked.code,
            scope="",
            reproduce=checked.reproduce,
            cases=cases_of_mistakes(checked.diagnostics),
            report=render_mistakes(checked.spec, checked.diagnostics, Ink()),
        )
    return Run(
        kind=Kind.CHECK,
        key=key,
        spec=checked.spec,
        verdict=result.verdict.value,
        code=checked.code,
        scope=scope_of_result(result),
        reproduce=checked.reproduce,
        cases=cases_of_result(result),
        counts=counts_of_result(result),
        remarks=result.vacuities,
        seconds=result.statistics.seconds,
        report=render_result(result, Request(checked.spec, checked.reproduce, Ink())),
    )


def run_of_proof(proof: Proof) -> Run:
    """Return a proof as a run."""
    from checker.report.ci.proofs import cases_of_proof, counts_of_proof, remarks_of_proof
    from checker.report.diagnostics import render_diagnostics
    from checker.report.proof_text import Request, render_proof, scope_text, verdict_word

    findings = proof.findings
    key = proof.reproduce.removeprefix("k42 ")
    if findings is None:
        return Run(
            kind=Kind.PROVE,
            key=key,
            spec=proof.spec,
            verdict="error",
            code=proof.code,
            scope="",
            reproduce=proof.reproduce,
            cases=cases_of_mistakes(proof.diagnostics),
            report=render_diagnostics(proof.diagnostics, Ink()),
        )
    return Run(
        kind=Kind.PROVE,
        key=key,
        spec=proof.spec,
        verdict=verdict_word(findings),
        code=proof.code,
        scope=scope_text(findings.report),
        reproduce=proof.reproduce,
        cases=cases_of_proof(findings),
        counts=counts_of_proof(findings),
        remarks=remarks_of_proof(findings),
        seconds=findings.seconds,
        report=render_proof(findings, Request(proof.spec, proof.reproduce, Ink())),
    )


def junit_text(runs: Sequence[Run]) -> str:
    """Return the JUnit document of runs."""
    from checker.report.ci.junit import junit

    return junit(runs)


def sarif_text(runs: Sequence[Run]) -> str:
    """Return the SARIF document of runs; places are told from the folder of the command."""
    from pathlib import Path

    from checker.cli.main import version
    from checker.report.ci.sarif import sarif
    from checker.report.json_doc import dump

    return dump(sarif(runs, version(), Path.cwd()))


DOCUMENTS: Final[Mapping[str, Callable[[Sequence[Run]], str]]] = {
    "junit": junit_text,
    "sarif": sarif_text,
}
"""The formats in which `check` and `prove` write runs, by the name in `--format`."""
