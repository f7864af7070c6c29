"""Proofs kept by content: what is known again, and what an edit makes unknown."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from checker.cli.main import main
from checker.cli.proof_cache import archive_of
from checker.model.verdict import EXIT_HOLDS, EXIT_SAFETY
from proofs.archive import Archive, Entry, Use, read_archive
from proofs.prove import EachSize, Proved, Prover, Refuted, Report, prove
from proofs.quality import vacuities
from proofs.solver import session
from tests.proofs.specs import SPECS, loaded, loader

SERVER = (SPECS / "proofs" / "lock_server.k42").read_text(encoding="utf-8")
LOOSE = "lemma loose: forall c: Client. is_free -> not holds[c]"
"""True, provable, and used by nothing else."""


@pytest.fixture
def proved(tmp_path: Path) -> Callable[[str, Archive], Report]:
    """Returns what proves a text with what an archive knows."""
    path = tmp_path / "some.k42"

    def run(text: str, archive: Archive) -> Report:
        path.write_text(text, encoding="utf-8")
        return prove(loaded(path), loader(path), archive=archive)

    return run


def _used_by(report: Report, name: str) -> set[str]:
    return {
        each.name
        for each in report.judged
        if isinstance(each.fate, Proved) and name in each.fate.hypotheses
    }


def test_what_was_proved_needs_no_solver_and_says_the_same(
    proved: Callable[[str, Archive], Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = Archive()
    first = proved(SERVER, archive)
    assert first.fresh > 0
    stored = read_archive(archive.dump())

    def forbidden(*_: object) -> None:
        raise AssertionError("the solver was asked")

    monkeypatch.setattr(session.Session, "check", forbidden)
    again = proved(SERVER, stored)
    assert again.fresh == 0
    assert [(e.name, e.fate) for e in again.judged] == [(e.name, e.fate) for e in first.judged]


def test_editing_a_lemma_that_nothing_used_proves_only_itself_anew(
    proved: Callable[[str, Archive], Report],
) -> None:
    archive = Archive()
    first = proved(f"{SERVER}\n{LOOSE}\n", archive)
    assert {name.partition("/")[2] for name in _used_by(first, "loose")} <= {"loose"}
    edited = LOOSE.replace("not holds[c]", "not holds[c] and c not in granted")
    second = proved(f"{SERVER}\n{edited}\n", archive)
    assert second.is_proved
    own = [each for each in second.judged if each.subject.startswith("loose")]
    assert 0 < second.fresh <= len(own)
    assert proved(SERVER, archive).fresh == 0, "an unused lemma goes without a trace"


def test_editing_a_lemma_proves_its_users_anew(
    proved: Callable[[str, Archive], Report],
) -> None:
    archive = Archive()
    first = proved(SERVER, archive)
    users = _used_by(first, "held_not_granted")
    assert any(not name.endswith("/held_not_granted") for name in users)
    said = "holds[c] -> d not in granted and d not in returned"
    assert said in SERVER
    edited = SERVER.replace(said, f"{said} and not is_free")
    second = proved(edited, archive)
    assert second.is_proved
    own = {each.name for each in second.judged if each.subject.startswith("held_not_granted")}
    assert 0 < second.fresh <= len(users | own)
    assert second.fresh < len(second.judged)
    assert proved(edited, archive).fresh == 0
    assert proved(SERVER, archive).fresh == 0, "the old proofs are still there"


def test_a_proof_is_not_known_under_other_declarations(
    proved: Callable[[str, Archive], Report],
) -> None:
    text = """
    spec phases
    enum Phase {PHASES}
    var at_phase: Phase = a
    action flip() requires at_phase = a { at_phase := b }
    action flop() requires at_phase != a { at_phase := a }
    invariant known: at_phase = a or at_phase = b
    """
    archive = Archive()
    two = proved(text.replace("PHASES", " a, b "), archive)
    assert two.is_proved
    three = proved(text.replace("PHASES", " a, b, c "), archive)
    assert three.is_proved
    assert proved(text.replace("PHASES", " a, b "), archive).fresh == 0


def test_what_is_refuted_is_not_kept(proved: Callable[[str, Archive], Report]) -> None:
    archive = Archive()
    text = f"{SERVER}\nlemma wrong: forall c: Client. not holds[c]\n"
    first = proved(text, archive)
    refuted = len(first.of(Refuted))
    assert refuted
    assert proved(text, archive).fresh == refuted


def test_proofs_at_each_size_are_kept(proved: Callable[[str, Archive], Report]) -> None:
    text = """
    spec counted
    sort Node
    var inside: set of Node = {}
    var count_: 0..9 = 0
    action enter(n: Node) requires n not in inside and count_ < 9 {
      inside := inside union {n}
      count_ := count_ + 1
    }
    invariant counted: count_ = size(inside)
    """
    archive = Archive()
    first = proved(text, archive)
    assert isinstance(first.domain, EachSize)
    assert first.fresh
    assert proved(text, archive).fresh == 0


def test_vacuity_is_known_again_unless_anything_changes(tmp_path: Path) -> None:
    path = tmp_path / "some.k42"
    text = f"{SERVER}\naction never() requires is_free and not is_free {{ skip }}\n"
    path.write_text(text, encoding="utf-8")
    archive = Archive()
    system, load_at = loaded(path), loader(path)
    content = prove(system, load_at, archive=archive).content
    found = vacuities(Prover(system, load_at, archive=archive), content)
    assert [each.name for each in found] == ["never"]
    stored = read_archive(archive.dump())
    again = vacuities(Prover(system, load_at, archive=stored), content)
    assert [(e.kind, e.name, str(e.site)) for e in again] == [
        (e.kind, e.name, str(e.site)) for e in found
    ]
    path.write_text(text.replace("is_free and not", "is_free or not"), encoding="utf-8")
    system = loaded(path)
    other = prove(system, load_at, archive=archive).content
    assert other != content
    assert vacuities(Prover(system, load_at, archive=archive), other) == ()


def test_an_archive_is_read_as_it_was_written() -> None:
    entry = Entry("rewriting", ("a(x)",), (Use("a", 1, ("x",)),), 7, (("a", "content"),))
    archive = Archive()
    archive.add("key", entry)
    assert read_archive(archive.dump()).entries == {"key": (entry,)}
    assert read_archive(None).entries == {}
    assert read_archive(b'{"format": "other"}').entries == {}
    assert archive.find("key", {"a": "content"}.get) == entry
    assert archive.find("key", {"a": "other"}.get) is None
    assert archive.find("key", lambda _: None) is None


def test_the_command_keeps_proofs_from_run_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("K42_CACHE_DIR", str(tmp_path / "cache"))
    path = tmp_path / "some.k42"
    path.write_text(SERVER, encoding="utf-8")
    assert main(["prove", str(path), "--no-cache", "--quiet"]) == EXIT_HOLDS
    with archive_of(str(path), {}, is_kept=True) as archive:
        assert not archive.entries
    assert main(["prove", str(path), "--quiet"]) == EXIT_HOLDS
    with archive_of(str(path), {}, is_kept=True) as archive:
        assert archive.entries
        assert not archive.is_changed
    path.write_text(f"{SERVER}\nlemma wrong: forall c: Client. not holds[c]\n", encoding="utf-8")
    assert main(["prove", str(path), "--quiet"]) == EXIT_SAFETY
    assert capsys.readouterr().out.count("proved") == 2


def test_what_is_known_from_before_needs_no_solver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("K42_CACHE_DIR", str(tmp_path / "cache"))
    path = tmp_path / "some.k42"
    path.write_text(SERVER, encoding="utf-8")
    program = (
        "import sys; from checker.cli.main import main; sys.modules['z3'] = None; "
        "print(main(['prove', sys.argv[1], '--quiet']))"
    )
    without = [sys.executable, "-c", program, str(path)]
    assert "import of z3 halted" in _run(without).stderr
    assert main(["prove", str(path), "--quiet"]) == EXIT_HOLDS
    assert _run(without).stdout.splitlines()[-1] == str(EXIT_HOLDS)


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)
