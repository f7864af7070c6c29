"""Certificates of the shipped proofs: checked by each checker, refused when tampered with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from checker.cli.main import main
from checker.model.verdict import EXIT_HOLDS, EXIT_INPUT, EXIT_UNKNOWN
from proofs.archive import Archive, Use
from proofs.certificate.document import Certificate, certificate_text, read_certificate
from proofs.certificate.opinion import second_opinion
from proofs.certificate.replay import (
    Checker,
    RefusedError,
    Replayed,
    certificate_of,
    replay,
    take_hints,
)
from proofs.induction import Method
from proofs.prove import Options, Proved, Prover, Undecided, prove, proved
from tests.proofs.specs import SPECS, loaded, loader

SMALL = ["generations", "lock_server", "ticket", "two_phase"]
OTHERS = sorted(
    path.stem
    for path in (SPECS / "proofs").glob("*.k42")
    if not path.stem.endswith("_broken") and path.stem not in SMALL
)
ADDING = {"trace_log"}
"""Its proof adds two numbers that are unknown, which is outside what the built-in checker knows."""


@dataclass(frozen=True, slots=True)
class Made:
    """A proof with its certificate."""

    path: Path
    archive: Archive
    certificate: Certificate

    def replayed(self, certificate: Certificate, *checkers: Checker) -> Replayed:
        prover = Prover(loaded(self.path), loader(self.path), Options())
        return replay(prover, certificate, checkers or (Checker.BUILTIN,))

    def prover(self) -> Prover:
        return Prover(loaded(self.path), loader(self.path), Options(), self.archive)


_MADE: dict[str, Made] = {}


def _made(name: str) -> Made:
    """Returns the proof of a specification, made once."""
    if name not in _MADE:
        path = SPECS / "proofs" / f"{name}.k42"
        archive = Archive()
        assert prove(loaded(path), loader(path), archive=archive).is_proved
        prover = Prover(loaded(path), loader(path), Options(), archive)
        _MADE[name] = Made(path, archive, certificate_of(prover))
    return _MADE[name]


def _failures(replayed: Replayed) -> list[str]:
    return [each.name for each in replayed.report.of(Undecided)]


@pytest.mark.parametrize("checker", list(Checker))
@pytest.mark.parametrize(
    "name", [*SMALL, *(pytest.param(name, marks=pytest.mark.slow) for name in OTHERS)]
)
def test_a_shipped_proof_is_replayed(name: str, checker: Checker) -> None:
    if checker is Checker.CVC5:
        pytest.importorskip("cvc5")
    made = _made(name)
    found = made.replayed(made.certificate, checker)
    if checker is Checker.BUILTIN and name in ADDING:
        assert not found.report.is_proved
        found = made.replayed(made.certificate, checker, Checker.Z3)
    assert found.report.is_proved
    assert checker in found.checked
    # Meant to be read: a line for each obligation.
    assert len(certificate_text(made.certificate)) < 200 * len(found.report.judged) + 500


@pytest.mark.parametrize(
    "name", [*SMALL, *(pytest.param(name, marks=pytest.mark.slow) for name in OTHERS)]
)
def test_cvc5_confirms_every_query(name: str) -> None:
    pytest.importorskip("cvc5")
    opinion = second_opinion(_made(name).prover())
    assert opinion.confirmed >= 5
    assert opinion.doubted == ()


def _changed(certificate: Certificate, name: str, uses: Sequence[tuple[Use, ...]]) -> Certificate:
    ((size, part),) = certificate.parts.items()
    return replace(certificate, parts={size: {**part, name: tuple(uses)}})


def test_every_instance_is_needed() -> None:
    made = _made("lock_server")
    ((_, part),) = made.certificate.parts.items()
    for name, queries in part.items():
        for number, uses in enumerate(queries):
            for use in uses:
                fewer = tuple(each for each in uses if each is not use)
                changed = (*queries[:number], fewer, *queries[number + 1 :])
                found = made.replayed(_changed(made.certificate, name, changed))
                assert _failures(found) == [name]


@pytest.mark.parametrize("checker", [Checker.BUILTIN, Checker.Z3])
@pytest.mark.parametrize(
    "use",
    [
        Use("no such lemma", 1, ("some.Cpu1",)),
        Use("different", 2, ("some.Cpu1", "some.Cpu2")),
        Use("different", 1, ("some.Cpu1",)),
        Use("different", 1, ("some.Cpu1", "now_serving")),
        Use("different", 1, ("some.Cpu1", "nobody")),
        Use("different", 1, ("some.Cpu1", "some.Cpu1")),
        Use("different", 1, ("some.Cpu1)", "some.Cpu1")),
    ],
)
def test_a_certificate_that_was_tampered_with_is_refused(use: Use, checker: Checker) -> None:
    made = _made("ticket")
    name = "worker.leave/different"
    found = made.replayed(_changed(made.certificate, name, [(use,)]), checker)
    assert _failures(found) == [name]


def test_what_a_certificate_does_not_speak_of_is_not_proved() -> None:
    made = _made("ticket")
    found = made.replayed(replace(made.certificate, parts={}))
    assert len(_failures(found)) == sum(found.checked.values()) + len(_failures(found))
    assert "worker.leave/different" in _failures(found)


def test_a_certificate_does_not_prove_the_broken_twin() -> None:
    made = _made("ticket")
    path = SPECS / "proofs" / "ticket_broken.k42"
    prover = Prover(loaded(path), loader(path), Options())
    assert not replay(prover, made.certificate).report.is_proved


def test_nothing_is_certified_that_is_not_proved() -> None:
    path = SPECS / "proofs" / "ticket_broken.k42"
    archive = Archive()
    prove(loaded(path), loader(path), archive=archive)
    with pytest.raises(RefusedError):
        certificate_of(Prover(loaded(path), loader(path), Options(), archive))


def test_proofs_at_each_size_are_certified(tmp_path: Path) -> None:
    path = tmp_path / "some.k42"
    text = """
    spec counted
    sort Node
    var inside: set of Node = {}
    var level: 0..9 = 0
    action enter(n: Node) requires n not in inside and level < 9 {
      inside := inside union {n}
      level := level + 1
    }
    invariant counted: level = size(inside)
    """
    path.write_text(text, encoding="utf-8")
    archive = Archive()
    assert prove(loaded(path), loader(path), Options(max_scope=3), archive=archive).is_proved
    prover = Prover(loaded(path), loader(path), Options(max_scope=3), archive)
    certificate = certificate_of(prover)
    assert set(certificate.parts) == {"1", "2", "3"}
    fresh = Prover(loaded(path), loader(path), Options(max_scope=3))
    assert replay(fresh, certificate, (Checker.Z3,)).report.is_proved
    # Sums of more than two numbers are outside of what the built-in checker knows.
    assert not replay(fresh, certificate, (Checker.BUILTIN,)).report.is_proved
    both = replay(fresh, certificate, (Checker.BUILTIN, Checker.Z3))
    assert both.report.is_proved
    assert both.checked[Checker.Z3] > 0


def test_a_certificate_is_read_as_it_was_written() -> None:
    for name in ("ticket", "lock_server"):
        certificate = _made(name).certificate
        assert read_certificate(certificate_text(certificate)) == certificate
    strange = Use("type of x", 2, ("f(a, g(b))", "(sum 1 x)"))
    certificate = Certificate("s", {}, {"every size": {"a/b": ((strange,), ())}})
    assert read_certificate(certificate_text(certificate)) == certificate


@pytest.mark.parametrize(
    "text", ["[]", '{"format": "k42-certificate", "version": 2}', '{"format": "k42-certificate"']
)
def test_what_is_no_certificate_is_not_read(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_certificate(text)


def test_the_command_writes_and_replays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = str(SPECS / "proofs" / "ticket.k42")
    file = tmp_path / "deep" / "ticket.json"
    assert main(["prove", spec, "--quiet", "--certificate", str(file)]) == EXIT_HOLDS
    assert main(["prove", spec, "--replay", str(file), "--checker", "builtin"]) == EXIT_HOLDS
    told = capsys.readouterr().out
    assert "20 by the instances that a certificate names" in told
    assert "checked 20 by builtin" in told
    document = json.loads(file.read_text())
    del document["parts"]["every size"]["worker.leave/different"]
    file.write_text(json.dumps(document))
    assert main(["prove", spec, "--replay", str(file)]) == EXIT_UNKNOWN
    assert "unknown: worker.leave/different" in capsys.readouterr().out
    assert main(["prove", spec, "-c", "MAX=6", "--replay", str(file)]) == EXIT_INPUT
    assert main(["prove", spec, "--replay", str(tmp_path / "none.json")]) == EXIT_INPUT
    folder = tmp_path / "folder"
    folder.mkdir()
    assert main(["prove", spec, "--quiet", "--certificate", str(folder)]) == EXIT_HOLDS
    assert (folder / "ticket.certificate.json").is_file()
    assert main(["prove", spec, "--quiet", "--replay", str(folder)]) == EXIT_HOLDS


def test_hints_are_checked_and_the_rest_is_searched() -> None:
    made = _made("ticket")
    system, load_at = loaded(made.path), loader(made.path)
    prover = Prover(system, load_at)
    take_hints(prover, made.certificate)
    report = proved(prover)
    assert report.is_proved
    assert report.fresh == 0
    methods = {each.fate.method for each in report.judged if isinstance(each.fate, Proved)}
    assert methods == {Method.REWRITING, Method.REPLAY}
    wrong = Use("different", 1, ("some.Cpu1", "some.Cpu1"))
    bad = _changed(made.certificate, "worker.leave/different", [(wrong,)])
    prover = Prover(system, load_at)
    take_hints(prover, bad)
    report = proved(prover)
    assert report.is_proved
    assert report.fresh == 1


@pytest.mark.parametrize("name", SMALL)
def test_the_certificates_that_ship_fit(name: str) -> None:
    path = SPECS / "proofs" / "certificates" / f"{name}.certificate.json"
    certificate = read_certificate(path.read_text(encoding="utf-8"))
    assert _made(name).replayed(certificate).report.is_proved


def test_every_proof_ships_with_its_certificate() -> None:
    folder = SPECS / "proofs" / "certificates"
    shipped = {path.name.removesuffix(".certificate.json") for path in folder.iterdir()}
    assert shipped == {*SMALL, *OTHERS}
