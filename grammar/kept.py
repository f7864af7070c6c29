"""Syntax trees kept from run to run: `syntax_of`.

Most texts that a run reads have not changed since the last one. Their trees are kept by
`grammar.cache`, under all that determines them: the text, the sources of this package and the
version of Python. Reading one takes a seventh of the time of parsing, and lark need not be loaded.
Texts with any diagnostic are not kept, so that these are found, and told, by the parser alone.
"""

from __future__ import annotations

import functools
import io
import pickle
import sys
from importlib import resources
from typing import Final

from grammar.cache import keep_newest, key_of, read_cached, write_cached
from grammar.diagnostics import Collector
from grammar.source import SourceFile
from grammar.syntax import Specification

KIND: Final = "syntax"
MOST: Final = 1_000
"""Trees that stay when another one is added."""
_THE_SOURCE: Final = "source"
_OF_NODES: Final = frozenset({"grammar.source", "grammar.syntax", "grammar.syntax_terms"})


def syntax_of(source: SourceFile, collector: Collector) -> Specification | None:
    """Return the syntax tree of a text, or None after adding at least one error to `collector`."""
    key = key_of(_sources(), source.text)
    kept = read_cached(KIND, key)
    tree = None if kept is None else load_tree(kept, source)
    return _parsed(source, collector, key) if tree is None else tree


def _parsed(source: SourceFile, collector: Collector, key: str) -> Specification | None:
    from grammar.parser import parse  # loads lark

    found = Collector()
    tree = parse(source, found)
    told = found.sorted()
    for diagnostic in told:
        collector.add(diagnostic)
    if tree is not None and not told:
        write_cached(KIND, key, dump_tree(tree, source))
        keep_newest(KIND, MOST)
    return tree


@functools.cache
def _sources() -> str:
    """Return a name for what makes trees of texts."""
    files = sorted(resources.files("grammar").iterdir(), key=lambda file: file.name)
    texts = (file.read_text("utf-8") for file in files if file.name.endswith((".py", ".lark")))
    return key_of(sys.version, *texts)


# --- bytes ----------------------------------------------------------------------------------------


def dump_tree(tree: Specification, source: SourceFile) -> bytes:
    """Return a tree as bytes, without the text."""
    buffer = io.BytesIO()
    _Pickler(buffer, source).dump(tree)
    return buffer.getvalue()


def load_tree(data: bytes, source: SourceFile) -> Specification | None:
    """Return the tree, its places in `source`; None when the bytes are no tree."""
    try:
        tree = _Unpickler(io.BytesIO(data), source).load()
    except (pickle.UnpicklingError, EOFError, AttributeError, LookupError, TypeError, ValueError):
        return None
    return tree if isinstance(tree, Specification) else None


class _Pickler(pickle.Pickler):
    def __init__(self, buffer: io.BytesIO, source: SourceFile) -> None:
        super().__init__(buffer, pickle.HIGHEST_PROTOCOL)
        self._source = source

    def persistent_id(self, node: object) -> str | None:
        return _THE_SOURCE if node is self._source else None


class _Unpickler(pickle.Unpickler):
    """Makes nodes and nothing else: whoever can write the file shall not run code by it."""

    def __init__(self, buffer: io.BytesIO, source: SourceFile) -> None:
        super().__init__(buffer)
        self._source = source

    def persistent_load(self, name: object) -> SourceFile:
        if name != _THE_SOURCE:
            raise pickle.UnpicklingError(name)
        return self._source

    def find_class(self, module: str, name: str) -> object:
        if module not in _OF_NODES or "." in name or not name[0].isupper():
            raise pickle.UnpicklingError(name)
        return super().find_class(module, name)
