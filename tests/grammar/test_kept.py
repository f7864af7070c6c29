"""Kept syntax trees: the same as parsed ones, made of nodes only, and never a reason to fail."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

import grammar.parser
from grammar import kept
from grammar.cache import keep_newest, read_cached, write_cached
from grammar.diagnostics import Collector
from grammar.kept import KIND, dump_tree, load_tree, syntax_of
from grammar.source import SourceFile
from grammar.syntax import Specification
from tests.grammar.texts import SPECIFICATIONS

TEXT = "spec small\n\nvar x: 0..3 = 0\n\naction up() {\n    await x < 3\n    x := x + 1\n}\n"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    monkeypatch.setenv("K42_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def tree_of(text: str, name: str = "test.k42") -> Specification:
    """Returns the tree of a text without mistakes."""
    collector = Collector()
    tree = syntax_of(SourceFile(name, text), collector)
    assert tree is not None, collector.sorted()
    return tree


def forbid_parsing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets every call of the parser fail."""
    monkeypatch.setattr(grammar.parser, "parse", None)


@pytest.mark.parametrize("path", SPECIFICATIONS, ids=lambda path: path.stem)
def test_kept_trees_are_the_parsed_ones(path: Path) -> None:
    source = SourceFile(str(path), path.read_text("utf-8"))
    tree = grammar.parser.parse(source, Collector())
    assert tree is not None
    again = load_tree(dump_tree(tree, source), source)
    assert again == tree
    assert repr(again) == repr(tree), "places are no part of =="


def test_second_look_does_not_parse(monkeypatch: pytest.MonkeyPatch) -> None:
    first = tree_of(TEXT, "one.k42")
    forbid_parsing(monkeypatch)
    second = tree_of(TEXT, "two.k42")
    assert second == first
    assert str(second.span) == "two.k42:1:1", "a tree belongs to the text that it was asked for"


def test_other_text_is_parsed_again() -> None:
    assert tree_of(TEXT) != tree_of(TEXT.replace("x < 3", "x < 2"))


def test_other_parser_parses_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tree_of(TEXT)
    monkeypatch.setattr(kept, "_sources", lambda: "other sources")
    forbid_parsing(monkeypatch)
    with pytest.raises(TypeError):
        tree_of(TEXT)


def test_mistakes_are_told_every_time(own_cache: Path) -> None:
    source = SourceFile("bad.k42", TEXT.replace("await x", "when x"))
    told = []
    for _ in range(2):
        collector = Collector()
        assert syntax_of(source, collector) is None
        told.append(collector.sorted())
    assert told[0] == told[1] != ()
    assert not list(own_cache.glob(f"{KIND}-*"))


def test_damaged_trees_are_made_again(own_cache: Path) -> None:
    tree = tree_of(TEXT)
    (file,) = own_cache.glob(f"{KIND}-*")
    key = file.name.removeprefix(f"{KIND}-")
    content = read_cached(KIND, key)
    assert content is not None
    for damaged in (b"", content[: len(content) // 2], b"x" + content, pickle.dumps(42)):
        write_cached(KIND, key, damaged)
        assert tree_of(TEXT) == tree
        assert read_cached(KIND, key) == content


class Planted:
    """Would change the environment when it is read."""

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        """Names a function to be called."""
        return os.putenv, ("K42_PLANTED", "1")


def test_kept_bytes_run_no_code() -> None:
    assert load_tree(pickle.dumps(Planted()), SourceFile("test.k42", TEXT)) is None


def test_only_the_newest_stay(own_cache: Path) -> None:
    for age, key in enumerate("abcdef"):
        write_cached(KIND, key, key.encode())
        os.utime(own_cache / f"{KIND}-{key}", (1_000_000 + age, 1_000_000 + age))
    write_cached("other", "a", b"")
    keep_newest(KIND, 6)
    assert len(list(own_cache.glob(f"{KIND}-*"))) == 6
    keep_newest(KIND, 5)
    assert {path.name for path in own_cache.iterdir()} == {f"{KIND}-e", f"{KIND}-f", "other-a"}
