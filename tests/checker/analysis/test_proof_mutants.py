"""Which mistakes in a specification its proof would notice."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.analysis.noticed import Noticed, ProofMutant
from checker.analysis.proof_mutants import Work, proof_mutants
from checker.cli.session import library
from grammar.diagnostics import Diagnostic
from proofs.archive import Archive
from proofs.prove import Options, prove
from tests.proofs.specs import SPECS, loaded, loader

TURNS = """
spec turns
sort Node
var holder: Node? = none
var served: set of Node = {}
ghost var last: Node? = none
action take(n: Node) requires holder = none and n not in served { holder := n }
action give(n: Node) requires holder = n {
  holder := none
  served := served union {n}
}
action rest() requires holder = none and forall n: Node. n in served { served := {} }
invariant out: forall n: Node. holder = n -> n not in served
reachable somebody: holder != none
"""


def _mutants(path: Path) -> dict[str, ProofMutant]:
    archive = Archive()
    assert prove(loaded(path), loader(path), archive=archive).is_proved
    found = proof_mutants(Work(path, {}, library(), Options(), archive))
    mutants = [each for each in found if not isinstance(each, Diagnostic)]
    assert len(mutants) == len(found)
    return {f"{each.mutant.kind.value}: {each.mutant.what}": each for each in mutants}


def test_mutants_are_told_apart_by_who_notices_them(tmp_path: Path) -> None:
    path = tmp_path / "turns.k42"
    path.write_text(TURNS, encoding="utf-8")
    found = _mutants(path)
    fates = {what: each.noticed for what, each in found.items()}
    # Who was served may be served again: the invariant breaks.
    assert fates["weaken: without `n not in served`"] is Noticed.SAFETY
    # Nobody takes it: nothing bad can happen, and nothing at all.
    assert fates["effect: holder := n"] is Noticed.PROGRESS
    # Nobody is ever counted as served: no claim speaks of that.
    assert fates["effect: served := served union {n}"] is Noticed.SURVIVED
    assert found["weaken: without `n not in served`"].by == "take/out"


@pytest.mark.slow
def test_mcs_notices_what_its_search_notices() -> None:
    found = _mutants(SPECS / "proofs" / "mcs.k42")
    assert not [each.name for each in found.values() if each.noticed is Noticed.UNKNOWN]
    killed = [each for each in found.values() if each.noticed is Noticed.SAFETY]
    assert len(killed) > len(found) / 2
