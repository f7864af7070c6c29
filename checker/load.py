"""From a path to a system: the one pipeline that every command starts with.

Read, parse and follow imports (`grammar.modules`); write constructs out (`checker.constructs`);
give meaning (`checker.elaborate.assemble`). Nothing is printed here, and nothing raised: mistakes
are diagnostics, in the order of the text.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from checker.constructs.modules import written_out
from checker.elaborate.assemble import build_system
from grammar.diagnostics import Collector
from grammar.modules import load_modules

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from checker.model.system import System
    from grammar.diagnostics import Diagnostic

RECURSION_LIMIT: Final = 20_000
"""Python's limit for passes over deep systems; it stays raised, for the engines recurse as well."""


def load(
    path: str | Path, overrides: Mapping[str, str], library: tuple[Path, ...] = ()
) -> tuple[System | None, tuple[Diagnostic, ...]]:
    """Return the system that a file describes, and what is to be said about the text.

    Args:
        overrides: values of constants and sizes of sorts (`-c`), as text.
        library: folders in which dotted imports are looked up, after the importing file's own.

    Returns:
        None for the system if and only if one of the diagnostics is an error.
    """
    # What is read is at most a few hundred levels deep, but each pass takes several calls a level.
    sys.setrecursionlimit(max(sys.getrecursionlimit(), RECURSION_LIMIT))
    collector = Collector()
    graph = load_modules(path, collector, library)
    # Other mistakes are told in the same run: no system comes of a text with any.
    plain = None if graph is None else written_out(graph, collector)
    system = None if plain is None else build_system(plain, overrides, collector)
    return system, collector.sorted()
