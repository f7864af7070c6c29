"""Files and their imports: `load_modules`.

Every file is read and parsed once, however often it is imported. An import in quotes names a file,
relative to the importing one; a dotted name is looked up below the folder of the importing file and
then in the library folders, `locks.mcs` being `locks/mcs.k42`. Imports form no cycle.

This is the only module of `grammar` that reads specifications from files.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from grammar.diagnostics import Collector, Note
from grammar.kept import syntax_of
from grammar.source import MAX_LENGTH, SourceFile, Span
from grammar.syntax import ImportDecl, Specification

SUFFIX: Final = ".k42"
MAX_IMPORT_DEPTH: Final = 100
_MAX_BYTES: Final = 4 * MAX_LENGTH
_BYTE_ORDER_MARK: Final = "\ufeff"


@dataclass(frozen=True, slots=True, eq=False)
class Module:
    """One file, parsed; `imports` stand in the order of the declarations."""

    path: Path
    source: SourceFile
    specification: Specification
    imports: tuple[Import, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Import:
    """One import declaration and the module that it names."""

    declaration: ImportDecl
    module: Module


@dataclass(frozen=True, slots=True, eq=False)
class ModuleGraph:
    """A file and all that it imports; in `modules` what is imported stands before its importers."""

    root: Module
    modules: tuple[Module, ...]


def load_modules(
    path: str | Path, collector: Collector, library: tuple[Path, ...] = ()
) -> ModuleGraph | None:
    """Read a file and all that it imports.

    Args:
        library: folders for dotted names, searched in this order.

    Returns:
        None after adding at least one error to `collector`.
    """
    loading = _Loading(collector, library)
    root = loading.module(Path(path), None)
    if root is None or loading.has_failed:
        return None
    return ModuleGraph(root, tuple(module for module in loading.done.values() if module))


def read_source(path: Path, collector: Collector, span: Span | None = None) -> SourceFile | None:
    """Read one file as UTF-8, with or without a byte order mark.

    Args:
        span: the import to point at when that fails.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        collector.error(
            "K050", span, f"there is no file `{path}`", remedy=_suggestion(path, path.parent)
        )
    except IsADirectoryError:
        collector.error(
            "K051", span, f"`{path}` is a folder", remedy=f"name a `{SUFFIX}` file in it"
        )
    except (OSError, ValueError) as error:  # a NUL in a path is a ValueError
        reason = getattr(error, "strerror", None) or str(error)
        collector.error("K051", span, f"`{path}` cannot be read: {reason}")
    else:
        return decode_source(_shown(path), data, collector, span)
    return None


def decode_source(
    name: str, data: bytes, collector: Collector, span: Span | None = None
) -> SourceFile | None:
    """Return the text that bytes are in UTF-8; None after an error."""
    if len(data) > _MAX_BYTES:
        collector.error("K007", span, f"`{name}` has more than {_MAX_BYTES:,} bytes")
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        collector.error(
            "K052",
            span,
            f"`{name}` is not UTF-8: byte {data[error.start]:#04x} in line {line}",
            remedy="save it as UTF-8",
        )
        return None
    return SourceFile(name, text.removeprefix(_BYTE_ORDER_MARK))


@dataclass(slots=True)
class _Loading:
    """The state of one `load_modules`; paths are compared resolved."""

    collector: Collector
    library: tuple[Path, ...]
    done: dict[Path, Module | None] = field(default_factory=dict)
    open: dict[Path, Span | None] = field(default_factory=dict)
    has_failed: bool = False

    def module(self, path: Path, span: Span | None) -> Module | None:
        """Return the module of a file; None when it or anything below it has an error."""
        try:
            identity = path.resolve()
        except (OSError, ValueError, RuntimeError):
            identity = path
        if identity in self.done:
            return self.done[identity]
        if identity in self.open:
            self._report_cycle(identity, path, span)
            module = None
        else:
            self.open[identity] = span
            module = self._new_module(path, span)
            del self.open[identity]
            self.done[identity] = module
        self.has_failed |= module is None
        return module

    def _new_module(self, path: Path, span: Span | None) -> Module | None:
        if len(self.open) > MAX_IMPORT_DEPTH:
            self.collector.error(
                "K055", span, f"imports are nested more than {MAX_IMPORT_DEPTH} deep"
            )
            return None
        source = read_source(path, self.collector, span)
        specification = None if source is None else syntax_of(source, self.collector)
        if source is None or specification is None:
            return None
        declarations = [d for d in specification.declarations if isinstance(d, ImportDecl)]
        imports = [(d, self._imported(d, path)) for d in declarations]
        found = tuple(Import(d, module) for d, module in imports if module is not None)
        return Module(path, source, specification, found) if len(found) == len(imports) else None

    def _imported(self, declaration: ImportDecl, importer: Path) -> Module | None:
        span = declaration.span
        if declaration.is_file:
            target = Path(os.path.normpath(importer.parent / declaration.target))
            return self.module(target, span)
        relative = Path(*declaration.target.split(".")).with_suffix(SUFFIX)
        folders = (importer.parent, *self.library)
        for folder in folders:
            if (folder / relative).is_file():
                return self.module(folder / relative, span)
        self.collector.error(
            "K053",
            span,
            f"there is no module `{declaration.target}`",
            notes=tuple(
                Note(span, f"looked for `{_shown(folder / relative)}`") for folder in folders
            ),
            remedy=_suggested_module(declaration.target, folders),
        )
        self.has_failed = True
        return None

    def _report_cycle(self, identity: Path, path: Path, span: Span | None) -> None:
        inside = list(self.open)
        circle = inside[inside.index(identity) :]
        names = [_shown(member) for member in circle]
        spans = [self.open[member] for member in circle[1:]]
        self.collector.error(
            "K054",
            span,
            f"imports go in a circle: {' -> '.join([*names, names[0]])}",
            notes=tuple(Note(s, "imported here") for s in spans if s is not None),
            remedy="move what both need into a module that imports neither",
        )


def _shown(path: Path) -> str:
    """Name a file as briefly as the current folder allows."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def _suggestion(path: Path, folder: Path) -> str | None:
    names = {Path(name).stem: name for name in _listed(folder)}
    close = difflib.get_close_matches(path.stem, names, n=1, cutoff=0.6)
    return f"did you mean `{folder / names[close[0]]}`?" if close else None


def _suggested_module(target: str, folders: Iterable[Path]) -> str | None:
    """Find a module of a similar name in the same folder, or of the same name elsewhere."""
    *prefix, last = target.split(".")
    names = {}
    for folder in folders:
        for name in _listed(folder.joinpath(*prefix)):
            if name.endswith(SUFFIX):
                names[name.removesuffix(SUFFIX)] = ".".join([*prefix, name.removesuffix(SUFFIX)])
    close = difflib.get_close_matches(last, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean `{names[close[0]]}`?"
    for folder in folders:
        for below in sorted(name for name in _listed(folder) if "." not in name):
            if last + SUFFIX in _listed(folder / below):
                return f"did you mean `{below}.{last}`?"
    return None


def _listed(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except (OSError, ValueError):
        return []
