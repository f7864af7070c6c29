"""Files and imports: what is read how, and what is said of those that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from grammar.diagnostics import Collector, Diagnostic
from grammar.modules import MAX_IMPORT_DEPTH, ModuleGraph, load_modules
from grammar.source import MAX_LENGTH


def load(path: Path, library: tuple[Path, ...] = ()) -> tuple[ModuleGraph | None, list[Diagnostic]]:
    """Reads a file and what it imports; holds that nothing is returned exactly after errors."""
    collector = Collector()
    graph = load_modules(path, collector, library)
    assert (graph is None) == collector.has_errors
    return graph, list(collector.sorted())


def written(folder: Path, **texts: str) -> Path:
    """Writes files by name and returns the first."""
    paths = []
    for name, text in texts.items():
        path = folder / f"{name}.k42"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths[0]


def only(diagnostics: list[Diagnostic]) -> Diagnostic:
    """Returns the only one."""
    [found] = diagnostics
    return found


# --- bytes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbfspec a\nvar x: bool\n",
        b"spec a\r\nvar x: bool\r\n",
        b"\xef\xbb\xbfspec a\r\nvar x: bool",
        b"// \xe2\x86\x92 \xf0\x9f\x94\x92\nspec a var x: bool",
    ],
    ids=["byte order mark", "line ends", "both", "comments in any script"],
)
def test_text_is_read(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.k42"
    path.write_bytes(data)
    graph, _ = load(path)
    assert graph is not None
    assert graph.root.specification.name.text == "a"
    assert len(graph.root.specification.declarations) == 1


def test_a_mark_and_line_ends_displace_no_place(tmp_path: Path) -> None:
    path = tmp_path / "a.k42"
    path.write_bytes(b"\xef\xbb\xbfspec a\r\nvar x bool\r\n")
    _, diagnostics = load(path)
    span = only(diagnostics).span
    assert span is not None
    assert (span.line, span.column, span.text) == (2, 5, "x")


@pytest.mark.parametrize(
    ("data", "code", "message"),
    [
        (b"", "K035", "a file begins with `spec`"),
        (b"\n \n\t", "K035", "a file begins with `spec`"),
        (b"// nothing", "K035", "a file begins with `spec`"),
        (b"spec a\nvar x: b\xffol", "K052", "is not UTF-8: byte 0xff in line 2"),
        ("spec a\n".encode("utf-16"), "K052", "is not UTF-8: byte 0xff in line 1"),
        (b"spec a\xc3", "K052", "is not UTF-8: byte 0xc3 in line 1"),
        (b"spec a\nvar x: \0bool", "K002", "the character U+0000"),
        (b"\xef\xbb\xbf\xef\xbb\xbfspec a", "K002", "the character U+FEFF"),
        (b"spec a\n" + b" " * MAX_LENGTH, "K007", "more than 1,000,000 characters"),
        (b" " * (4 * MAX_LENGTH + 1), "K007", "more than 4,000,000 bytes"),
    ],
)
def test_text_that_is_none(data: bytes, code: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.k42"
    path.write_bytes(data)
    found = only(load(path)[1])
    assert found.code == code
    assert message in found.message


# --- files ----------------------------------------------------------------------------------------


def test_missing_file_and_its_neighbour(tmp_path: Path) -> None:
    written(tmp_path, ticket="spec ticket")
    found = only(load(tmp_path / "tickte.k42")[1])
    assert (found.code, found.span) == ("K050", None)
    assert found.remedy == f"did you mean `{tmp_path / 'ticket.k42'}`?"


def test_folder_is_no_file(tmp_path: Path) -> None:
    found = only(load(tmp_path)[1])
    assert found.code == "K051"
    assert "is a folder" in found.message


def test_links_in_a_circle_are_no_file(tmp_path: Path) -> None:
    path = tmp_path / "a.k42"
    path.symlink_to(path)
    assert only(load(path)[1]).code == "K051"


def test_name_with_a_nul_is_no_file() -> None:
    assert only(load(Path("a\0b.k42"))[1]).code == "K051"


def test_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = written(tmp_path, a="spec a")
    monkeypatch.setattr(Path, "open", denied)
    found = only(load(path)[1])
    assert found.code == "K051"
    assert found.message.endswith("cannot be read: Permission denied")


# --- imports --------------------------------------------------------------------------------------


def test_imports_are_relative_to_the_importing_file(tmp_path: Path) -> None:
    texts = {
        "user": 'spec user\nimport "parts/one.k42" as One\nimport parts.two',
        "parts/one": 'spec one\nimport "two.k42" as Two',
        "parts/two": "spec two\nimport deep.three as Three",
        "parts/deep/three": "spec three",
    }
    graph, _ = load(written(tmp_path, **texts))
    assert graph is not None
    names = [module.specification.name.text for module in graph.modules]
    assert sorted(names) == ["one", "three", "two", "user"]
    assert names.index("three") < names.index("two") < names.index("one") < names.index("user")


def test_own_folder_comes_before_the_library(tmp_path: Path) -> None:
    for folder in ("library", "own"):
        written(tmp_path / folder, **{"locks/spin": f"spec {folder}"})
    written(tmp_path / "library", **{"locks/rest": "spec rest"})
    text = "spec user\nimport locks.spin as A\nimport locks.rest as B"
    user = written(tmp_path / "own", user=text)
    graph, _ = load(user, (tmp_path / "library",))
    assert graph is not None
    found = [each.module.specification.name.text for each in graph.root.imports]
    assert found == ["own", "rest"]


def test_missing_import_is_told_where_it_is_written(tmp_path: Path) -> None:
    user = written(
        tmp_path,
        user='spec user\nimport "lock.k42" as A\nimport locks.spni as B\nimport spin as C',
        **{"locks/spin": "spec spin"},
    )
    diagnostics = load(user)[1]
    assert [each.code for each in diagnostics] == ["K050", "K053", "K053"]
    spans = [each.span.text for each in diagnostics if each.span]
    assert spans == ['import "lock.k42" as A', "import locks.spni as B", "import spin as C"]
    remedies = [each.remedy for each in diagnostics[1:]]
    assert remedies == ["did you mean `locks.spin`?"] * 2


def test_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    user = written(
        tmp_path,
        user='spec user\nimport "a.k42" as A\nimport "b.k42" as B',
        a="spec a\nvar y bool",
        b="spec b\nvar z bool",
    )
    spans = [each.span for each in load(user)[1]]
    assert [span and span.text for span in spans] == ["y", "z"]


@pytest.mark.parametrize("length", [1, 2, 3])
def test_circle_of_imports(length: int, tmp_path: Path) -> None:
    files = {
        f"m{number}": f'spec m{number}\nimport "m{(number + 1) % length}.k42" as Next'
        for number in range(length)
    }
    found = only(load(written(tmp_path, **files))[1])
    assert found.code == "K054"
    assert found.message.count(" -> ") == length
    assert len(found.notes) == length - 1


def test_circle_through_a_link_is_a_circle(tmp_path: Path) -> None:
    path = written(tmp_path, a='spec a\nimport "b.k42" as B')
    (tmp_path / "b.k42").symlink_to(path)
    assert only(load(path)[1]).code == "K054"


def test_one_file_by_two_names_is_read_once(tmp_path: Path) -> None:
    text = 'spec user\nimport "a.k42" as A\nimport "./x/../a.k42" as B'
    graph, _ = load(written(tmp_path, user=text, a="spec a"))
    assert graph is not None
    assert len(graph.modules) == 2
    assert len(graph.root.imports) == 2


def test_imports_are_not_followed_for_ever(tmp_path: Path) -> None:
    count = MAX_IMPORT_DEPTH + 2
    files = {f"m{n}": f'spec m{n}\nimport "m{n + 1}.k42" as Next' for n in range(count)}
    found = only(load(written(tmp_path, **files, **{f"m{count}": "spec last"}))[1])
    assert found.code == "K055"
