"""`k42 prove --certificate` and `--replay`: what proofs rest on, written down and checked again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final

from checker.cli.arguments import mistake
from checker.cli.console import write_diagnostics, write_result
from grammar.diagnostics import Diagnostic, Severity

if TYPE_CHECKING:
    from checker.model.system import System
    from checker.report.proof_text import Findings
    from proofs.archive import Archive
    from proofs.certificate.document import Certificate
    from proofs.certificate.replay import Checker
    from proofs.prove import LoadAt, Options, Prover

SUFFIX: Final = ".certificate.json"
CHECKERS: Final = ("auto", "builtin", "z3", "cvc5")


def certificate_path(given: str, spec: str, *, is_one: bool) -> Path:
    """Return the file of a specification's certificate: the one given, or one in that folder."""
    path = Path(given)
    if is_one and not path.is_dir() and not given.endswith("/"):
        return path
    return path / f"{Path(spec).stem}{SUFFIX}"


def hint(prover: Prover, given: str, spec: str, *, is_one: bool) -> None:
    """Put what the certificate at a path proves into the archive of a prover.

    There need not be one, and what does not fit proves nothing.
    """
    from proofs.certificate.replay import take_hints

    path = certificate_path(given, spec, is_one=is_one)
    if path.is_file():
        take_hints(prover, _read(path))


def write_certificate(
    path: Path, system: System, load_at: LoadAt, options: Options, archive: Archive
) -> None:
    """Write what the proofs in an archive rest on; warn if that cannot be told."""
    from proofs.certificate.document import certificate_text
    from proofs.certificate.replay import RefusedError, certificate_of
    from proofs.prove import Prover

    prover = Prover(system, load_at, options, archive)
    try:
        text = certificate_text(certificate_of(prover))
    except RefusedError as refused:
        message = f"there is no certificate of `{system.name}`: {refused}"
        write_diagnostics([Diagnostic("K343", Severity.WARNING, None, message)])
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_result(text, str(path))


def replayed(
    path: Path, system: System, load_at: LoadAt, options: Options, checker: str
) -> Findings:
    """Check a certificate; nothing is proved that it does not say.

    Raises:
        UsageError: there is none, or it belongs to something else.
    """
    from checker.report.proof_text import Findings
    from proofs.certificate.replay import Checker, replay
    from proofs.prove import Prover

    start = perf_counter()
    certificate = _read(path)
    settings = {each.name: each.value for each in system.settings if not each.is_size}
    if (certificate.system, dict(certificate.settings)) != (system.name, settings):
        message = f"`{path}` is the certificate of something else than `{system.name}`"
        raise mistake("K342", message, "give the constants with which it was made")
    _require(checker)
    checkers = _checkers(checker, Checker)
    found = replay(Prover(system, load_at, options), certificate, checkers)
    told = [f"{count:,} by {each.value}" for each, count in found.checked.items()]
    remark = f"{found.instances:,} instances that the certificate names, checked {', '.join(told)}"
    return Findings(
        report=found.report,
        systems={},
        standings={},
        seconds=perf_counter() - start,
        remarks=(remark, "whether anything is vacuous was not asked"),
    )


def with_opinion(
    findings: Findings, load_at: LoadAt, options: Options, archive: Archive
) -> Findings:
    """Return what was found with what cvc5 says of it.

    Raises:
        UsageError: it is not installed.
    """
    from proofs.certificate.opinion import second_opinion
    from proofs.prove import Prover

    _require("cvc5")
    opinion = second_opinion(Prover(findings.report.system, load_at, options, archive))
    remark = f"cvc5 confirms what {opinion.confirmed:,} queries rest on"
    return replace(findings, remarks=(*findings.remarks, remark), doubts=opinion.doubted)


def _checkers(name: str, of: type[Checker]) -> tuple[Checker, ...]:
    return (of.BUILTIN, of.Z3) if name == "auto" else (of(name),)


def _require(checker: str) -> None:
    if checker == "cvc5":
        from importlib.util import find_spec

        if find_spec("cvc5") is None:
            raise mistake("K344", "cvc5 is not installed", "pip install 'k42[cvc5]'")


def _read(path: Path) -> Certificate:
    from proofs.certificate.document import read_certificate

    try:
        return read_certificate(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise mistake("K302", f"cannot read `{path}`: {error.strerror}") from None
    except ValueError as error:
        message = f"`{path}` is no certificate: {error}"
        raise mistake("K342", message, "`k42 prove --certificate` writes one") from None
