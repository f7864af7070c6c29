"""`k42 prove`: prove the claims of a specification, for every size of its sorts where possible."""

from __future__ import annotations

import gc
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from checker.cli.arguments import (
    add_settings,
    mistake,
    natural,
    parse_settings,
    parser_for,
    positive,
)
from checker.cli.codes import worst
from checker.cli.console import ProgressLine, ink_for, write_diagnostics, write_out, write_result
from checker.cli.outcomes import Proof
from checker.cli.session import command_line, library, open_file
from checker.model.verdict import EXIT_INPUT

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from checker.cli.arguments import Parser
    from checker.model.system import System
    from checker.report.proof_text import Findings
    from grammar.diagnostics import Diagnostic
    from proofs.archive import Archive
    from proofs.classify import Standing
    from proofs.prove import Options
    from proofs.quality import Need, Vacuity
    from proofs.rungs import Rung

SUMMARY = "prove invariants for every number of processors"
EPILOG = """\
examples:
  k42 prove lock.k42                  every obligation; what fails, fails with a counterexample
  k42 prove lock.k42 --lemmas         and what each lemma is needed for
  k42 prove lock.k42 --auto           look for lemmas that are missing, and try other methods
  k42 prove lock.k42 --bmc 20         all runs of up to 20 steps, at the sizes of the sorts
  k42 prove lock.k42 -c MAX=1000000   constants have values; sizes of sorts stay open
  k42 prove lock.k42 --format json    everything, for programs
  k42 prove lock.k42 --certificate lock.json   and later with `--replay`, without searching

An invariant is proved by induction: it holds at the start, and every step preserves it, given all
other invariants and lemmas. What is not inductive need not be a bug; the report says whether it is.
Exit codes: 0 proved, 12 to 14 and 75 a real violation, 21 not inductive, 22 vacuous,
23 contradictory, 24 unknown, 25 stopped at a limit, 26 two solvers say the opposite, 20 bounded:
proved at some sizes only, or nothing is wrong within the steps of --bmc.
"""


def parser() -> Parser:
    """Return the parser of this command."""
    result = parser_for("prove", SUMMARY, EPILOG)
    result.add_argument("specs", metavar="SPEC", nargs="+", help="a specification")
    add_settings(result)
    group = result.add_argument_group("proof")
    group.add_argument(
        "--scope",
        type=positive,
        default=4,
        metavar="N",
        help="look for counterexamples up to size N of every sort (default: 4)",
    )
    group.add_argument(
        "--limit",
        type=positive,
        default=5_000_000,
        metavar="N",
        help="elementary steps of the solver for one question (default: 5,000,000)",
    )
    group.add_argument("--seed", type=natural, default=0, metavar="N", help="seed of the solver")
    group.add_argument(
        "--no-cache", action="store_true", help="prove everything anew, and keep nothing"
    )
    group.add_argument(
        "--lemmas", action="store_true", help="drop each lemma in turn, to see what needs it"
    )
    group.add_argument(
        "--quality",
        action="store_true",
        help="the same, and: ten seeds and orders, and mutants of the specification",
    )
    group.add_argument(
        "--auto",
        action="store_true",
        help="look for the lemmas that are missing, by what small sizes show; then try view "
        "abstraction, k-induction, Spacer and bounded model checking",
    )
    group.add_argument(
        "--fragment",
        action="store_true",
        help="say whether the claims can always be decided, and if not, why not",
    )
    group.add_argument(
        "--bmc",
        type=natural,
        metavar="DEPTH",
        help="look at all runs of up to DEPTH steps at the sizes of the sorts, and prove nothing",
    )
    group.add_argument(
        "--max-states",
        type=positive,
        default=200_000,
        metavar="N",
        help="states searched to classify a counterexample (default: 200,000)",
    )
    _add_certificate_options(result)
    group = result.add_argument_group("report")
    group.add_argument("--all", action="store_true", help="show every counterexample in full")
    group.add_argument("--quiet", action="store_true", help="print the verdict line only")
    group.add_argument(
        "--format",
        choices=("text", "json", "junit", "sarif"),
        default="text",
        help="json: everything; junit and sarif: for build servers and code hosts (default: text)",
    )
    group.add_argument("-o", "--output", metavar="FILE", help="write the result to FILE")
    return result


def _add_certificate_options(result: Parser) -> None:
    group = result.add_argument_group("certificates")
    mode = group.add_mutually_exclusive_group()
    mode.add_argument(
        "--certificate",
        metavar="PATH",
        help="write the instances that the proofs rest on to PATH, a file or a folder",
    )
    mode.add_argument(
        "--replay",
        metavar="PATH",
        help="prove nothing anew: check the certificate in PATH, a file or a folder",
    )
    mode.add_argument(
        "--hints",
        metavar="PATH",
        help="check the certificate in PATH first, and search for what it does not prove",
    )
    group.add_argument(
        "--second-opinion",
        action="store_true",
        help="let cvc5 look at everything that was proved, too",
    )
    group.add_argument(
        "--checker",
        choices=("auto", "builtin", "z3", "cvc5"),
        default="auto",
        help="who checks it: `builtin` needs no solver; `auto` asks z3 about what is outside of "
        "equality and differences (default: auto)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Prove every specification; the worst exit code counts."""
    # Terms are made to be kept: looking for garbage among them as often as usual is a tenth of the
    # time of a run in which everything is known from before.
    gc.set_threshold(20_000, 20, 20)
    settings = parse_settings(arguments.settings)
    done: list[Proof] = []
    for spec in arguments.specs:
        proof = prove_file(spec, settings, arguments)
        done.append(proof)
        write_diagnostics(proof.diagnostics)
        if proof.text is not None and arguments.format == "text" and arguments.output is None:
            write_out(proof.text if len(done) == 1 else f"\n{proof.text}")
    _write(done, arguments)
    return worst([proof.code for proof in done])


def _write(done: Sequence[Proof], arguments: argparse.Namespace) -> None:
    if arguments.format == "json":
        from checker.cli.main import version
        from checker.report.json_doc import dump
        from checker.report.proof_json import document

        write_result(dump(document([p.json for p in done], version())), arguments.output)
    elif arguments.format != "text":
        from checker.cli.runs import DOCUMENTS, run_of_proof

        text = DOCUMENTS[arguments.format]([run_of_proof(proof) for proof in done])
        write_result(text, arguments.output)
    elif arguments.output is not None:
        texts = [proof.text for proof in done if proof.text is not None]
        write_result("\n".join(texts), arguments.output)


def prove_file(spec: str, settings: Mapping[str, str], arguments: argparse.Namespace) -> Proof:
    """Read and prove one specification."""
    from checker.cli.certifying import (
        certificate_path,
        replayed,
        with_opinion,
        write_certificate,
    )
    from checker.cli.proof_cache import archive_of
    from checker.cli.qualifying import with_quality
    from checker.report.proof_json import json_of_mistakes, json_of_proof
    from checker.report.proof_text import Request, render_proof
    from proofs.prove import Options
    from proofs.solver.settings import Settings

    name = str(Path(spec))
    opened = open_file(spec, settings)
    again = _reproduce(spec, settings, arguments)
    if opened.system is None or opened.has_errors:
        json = json_of_mistakes(opened.diagnostics, name, again)
        return Proof(name, again, EXIT_INPUT, opened.diagnostics, None, json, None)
    if arguments.bmc is not None:
        return _bounded(opened.system, name, again, opened.diagnostics, arguments)
    options = Options(Settings(arguments.limit, arguments.seed), arguments.scope)
    loader = _Loader(spec, settings)
    if arguments.replay is not None:
        path = certificate_path(arguments.replay, spec, is_one=len(arguments.specs) == 1)
        findings = replayed(path, opened.system, loader, options, arguments.checker)
    else:
        with archive_of(spec, settings, is_kept=not arguments.no_cache) as archive:
            findings = findings_of(opened.system, loader, options, arguments, archive=archive)
        if arguments.certificate is not None and findings.report.is_proved:
            path = certificate_path(arguments.certificate, spec, is_one=len(arguments.specs) == 1)
            write_certificate(path, opened.system, loader, options, archive)
        if arguments.quality and findings.report.is_proved:
            findings = with_quality(
                findings,
                spec,
                settings,
                loader,
                options=options,
                archive=archive,
                line=ProgressLine(is_wanted=not arguments.quiet),
            )
        if arguments.second_opinion and findings.report.is_proved:
            findings = with_opinion(findings, loader, options, archive)
    code = exit_code(findings)
    is_file = arguments.output is not None
    request = Request(
        spec=name,
        reproduce=again,
        ink=ink_for(sys.stdout) if not is_file else ink_for(sys.stderr),
        shows_all=arguments.all,
        is_quiet=arguments.quiet,
    )
    text = render_proof(findings, request)
    json = json_of_proof(findings, name, again, code)
    return Proof(name, again, code, opened.diagnostics, text, json, findings)


def _bounded(
    system: System,
    name: str,
    again: str,
    diagnostics: tuple[Diagnostic, ...],
    arguments: argparse.Namespace,
) -> Proof:
    """Look at runs of bounded length only."""
    from checker.cli.bounding import Request, bounded_answer
    from proofs.solver.settings import Settings

    if arguments.format not in {"text", "json"}:
        remedy = "leave out `--bmc`, or write `--format json`"
        raise mistake("K300", f"`--bmc` writes no {arguments.format}", remedy)
    ink = ink_for(sys.stdout if arguments.output is None else sys.stderr)
    settings = Settings(arguments.limit, arguments.seed)
    request = Request(name, again, ink, arguments.quiet)
    answer = bounded_answer(system, arguments.bmc, settings, request)
    return Proof(name, again, answer.code, diagnostics, answer.text, answer.json, None)


@dataclass(frozen=True, slots=True)
class _Loader:
    """Reads a specification again, at other sizes."""

    spec: str
    settings: Mapping[str, str]

    def __call__(self, sizes: Mapping[str, int]) -> System | None:
        from checker.load import load

        given = {**self.settings, **{name: str(size) for name, size in sizes.items()}}
        system, _ = load(self.spec, given, library())
        return system


# --- the run --------------------------------------------------------------------------------------


def findings_of(
    system: System,
    loader: _Loader,
    options: Options,
    arguments: argparse.Namespace,
    *,
    archive: Archive,
) -> Findings:
    """Prove, then classify what fails, or look at what the proof is worth."""
    from checker.cli.certifying import hint
    from checker.cli.classifying import standings, systems_of
    from checker.report.proof_text import Findings
    from proofs.fragment import fragment_of
    from proofs.prove import Prover, Undecided, proved
    from proofs.quality import needs, vacuities

    start = perf_counter()
    line = ProgressLine(is_wanted=not arguments.quiet)
    try:
        prover = Prover(system, loader, options, archive)
        if arguments.hints is not None:
            hint(prover, arguments.hints, loader.spec, is_one=len(arguments.specs) == 1)
        report = proved(
            prover, lambda done, count: line.show(f"{system.name}: {done} of {count} obligations")
        )
    finally:
        line.clear()
    content = report.content
    found: Mapping[str, Standing] = standings(report, loader, arguments.max_states)
    inferred: tuple[str, ...] = ()
    rungs: tuple[Rung, ...] = ()
    if arguments.auto:
        from checker.cli.climbing import climbing

        climbed = climbing(report, found, loader, options, line)
        report, found, inferred, rungs = climbed
        if inferred and not report.is_proved:
            found = standings(report, loader, arguments.max_states)
    empty: tuple[Vacuity, ...] = ()
    needed: tuple[Need, ...] = ()
    if report.is_proved:
        empty = vacuities(prover, content)
        is_wanted = arguments.lemmas or arguments.quality
        needed = needs(report, loader, options, archive) if is_wanted else ()
    return Findings(
        report=report,
        systems=systems_of(report, loader),
        standings=found,
        vacuities=empty,
        needs=needed,
        seconds=perf_counter() - start,
        found=inferred,
        rungs=rungs,
        fragment=fragment_of(system) if arguments.fragment or report.of(Undecided) else None,
    )


def exit_code(findings: Findings) -> int:
    """Return the exit code that a proof deserves."""
    from checker.model.verdict import (
        EXIT_CONTRADICTORY,
        EXIT_DISAGREEMENT,
        EXIT_HOLDS,
        EXIT_LIMIT,
        EXIT_NOT_INDUCTIVE,
        EXIT_UNFINISHED,
        EXIT_UNKNOWN,
        EXIT_VACUOUS,
    )
    from checker.model.verdict import exit_code as code_of_search
    from proofs.classify import Real
    from proofs.prove import EachSize, Refuted, Undecided, Why
    from proofs.quality import Emptiness
    from proofs.solver.second import CONTRADICTS

    real = [each for each in findings.standings.values() if isinstance(each, Real)]
    if real:
        return worst([code_of_search(each.result, strict=False) for each in real])
    if findings.report.of(Refuted):
        return EXIT_NOT_INDUCTIVE
    fates = [each.fate for each in findings.report.of(Undecided)]
    if fates:
        is_limit = all(isinstance(f, Undecided) and f.why in {Why.LIMIT, Why.LOST} for f in fates)
        return EXIT_LIMIT if is_limit else EXIT_UNKNOWN
    if findings.quality is not None and not findings.quality.is_steady:
        return EXIT_UNKNOWN
    if findings.doubts:
        is_contradicted = any(says == CONTRADICTS for _, says in findings.doubts)
        return EXIT_DISAGREEMENT if is_contradicted else EXIT_UNKNOWN
    if any(each.kind is Emptiness.START for each in findings.vacuities):
        return EXIT_CONTRADICTORY
    if findings.vacuities:
        return EXIT_VACUOUS
    return EXIT_UNFINISHED if isinstance(findings.report.domain, EachSize) else EXIT_HOLDS


def _reproduce(spec: str, settings: Mapping[str, str], arguments: argparse.Namespace) -> str:
    flags = [] if arguments.scope == 4 else [f"--scope={arguments.scope}"]
    flags += [] if arguments.limit == 5_000_000 else [f"--limit={arguments.limit}"]
    flags += [] if arguments.seed == 0 else [f"--seed={arguments.seed}"]
    flags += ["--lemmas"] if arguments.lemmas else []
    flags += ["--quality"] if arguments.quality else []
    flags += ["--auto"] if arguments.auto else []
    flags += ["--fragment"] if arguments.fragment else []
    flags += [] if arguments.bmc is None else [f"--bmc={arguments.bmc}"]
    flags += ["--second-opinion"] if arguments.second_opinion else []
    flags += [f"--hints={arguments.hints}"] if arguments.hints else []
    flags += [f"--replay={arguments.replay}"] if arguments.replay else []
    flags += [] if arguments.checker == "auto" else [f"--checker={arguments.checker}"]
    return command_line("prove", [spec], settings, flags)
