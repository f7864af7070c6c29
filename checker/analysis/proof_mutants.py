"""Mutation of proofs: would the proof notice if the specification were wrong?

Each mutant is proved like the specification. If an obligation fails, the claims notice: *safety*.
If all hold, a safety proof cannot tell; then a search of all states at a small size says whether
what the mutant lacks is *progress* (a deadlock, a claim about whole runs, something that is no
longer reachable), or nothing that can be seen (*equivalent*), or something that no claim speaks of
(*survived*). What is proved of the specification is known, and a mutant differs from it in one
place, so most of its obligations need no solver.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from checker.analysis.mutation import Fate, mutate
from checker.analysis.mutation import Options as SearchOptions
from checker.analysis.noticed import Noticed, ProofMutant
from checker.constructs.modules import without_constructs
from checker.elaborate.assemble import build_system
from grammar.diagnostics import Collector, Diagnostic
from grammar.modules import ModuleGraph, load_modules
from proofs.prove import Options, Proved, Prover, Refuted
from proofs.solver.worker import Done, run_all

if TYPE_CHECKING:
    from checker.analysis.mutants import Mutant
    from checker.analysis.mutation import Judged
    from checker.model.system import System
    from proofs.archive import Archive
    from proofs.obligation import Obligation


@dataclass(frozen=True, slots=True)
class Work:
    """What is mutated, and how it is judged.

    Attributes:
        settings: constants and sizes as given, as for the proof.
        archive: what is proved of the specification.
    """

    path: Path
    settings: Mapping[str, str]
    library: tuple[Path, ...]
    options: Options
    archive: Archive


def proof_mutants(
    work: Work, told: Callable[[int, int], None] = lambda _done, _all: None
) -> tuple[ProofMutant, ...] | tuple[Diagnostic, ...]:
    """Judge the mutants of a specification that is proved.

    Args:
        told: called with how many have been judged, and how many there are.

    Returns:
        What is wrong with the specification, if it does not hold at these sizes.
    """
    search = SearchOptions(settings=(work.settings,), library=work.library)
    searched = mutate(work.path, search, told)
    if isinstance(searched, tuple):
        return searched
    living = [each for each in searched.judged if each.fate is not Fate.STILLBORN]
    graph = load_modules(work.path, Collector(), work.library)
    assert graph is not None, "a specification that could be read before"
    outcomes = run_all(
        len(living),
        lambda number: _first_failure(work, graph, living[number].mutant),
        told=lambda done: told(done, len(living)),
    )
    found: list[ProofMutant] = []
    for each, outcome in zip(living, outcomes, strict=True):
        proof = outcome.result if isinstance(outcome, Done) else (Noticed.UNKNOWN, outcome.reason)
        noticed, by = _judged(each, proof)
        found.append(ProofMutant(each.name, each.mutant, noticed, by))
    return tuple(found)


def _judged(searched: Judged, proof: tuple[Noticed, str]) -> tuple[Noticed, str]:
    """Put together what the proof and the search say of a mutant."""
    noticed, by = proof
    if noticed is not Noticed.SURVIVED:
        # A mutant that behaves like the specification may need another proof.
        is_same = noticed is Noticed.SAFETY and searched.fate is Fate.EQUIVALENT
        return (Noticed.EQUIVALENT, f"not inductive by {by}") if is_same else proof
    match searched.fate:
        case Fate.KILLED:
            assert not searched.outcome.why.startswith(("invariant ", "assertion ", "step ")), (
                f"the proof and the search disagree about {searched.name}"
            )
            return Noticed.PROGRESS, searched.outcome.why
        case Fate.EQUIVALENT:
            return Noticed.EQUIVALENT, searched.outcome.why
        case Fate.SURVIVED | Fate.UNDECIDED | Fate.STILLBORN:
            return Noticed.SURVIVED, ""


def _first_failure(work: Work, graph: ModuleGraph, mutant: Mutant) -> tuple[Noticed, str]:
    """Prove a mutant until something fails."""

    def load_at(sizes: Mapping[str, int]) -> System | None:
        given = {**work.settings, **{name: str(size) for name, size in sizes.items()}}
        plain = without_constructs(_with(graph, mutant), Collector())
        return None if plain is None else build_system(plain, given, Collector())

    system = load_at({})
    assert system is not None, "a mutant that could be searched"
    prover = Prover(system, load_at, work.options, work.archive)
    if prover.unstated():
        return Noticed.UNKNOWN, prover.unstated()[0].name
    unknown = ""
    for each in _quickest_first(prover):
        fate = prover.known(each) or prover.fate(each)
        if isinstance(fate, Refuted):
            return Noticed.SAFETY, each.name
        if not isinstance(fate, Proved):
            unknown = unknown or each.name
    return (Noticed.UNKNOWN, unknown) if unknown else (Noticed.SURVIVED, "")


def _quickest_first(prover: Prover) -> Sequence[Obligation]:
    return sorted(prover.obligations, key=lambda each: len(each.queries))


def _with(graph: ModuleGraph, mutant: Mutant) -> ModuleGraph:
    root = replace(graph.root, specification=mutant.specification)
    others = tuple(module for module in graph.modules if module is not graph.root)
    return ModuleGraph(root, (*others, root))
