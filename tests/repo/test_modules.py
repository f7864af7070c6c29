"""Modules: placed where they are found, short enough to read, and described."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from tests.repo.files import PACKAGES, ROOT, python_files, text_of, tree_of

MAX_LINES = 800
LONGER_MODULES: dict[str, str] = {}
"""Modules that may be longer than MAX_LINES, each with its reason."""

PRIVATE_BY_DECORATOR = frozenset({"overload", "override", "setter", "deleter"})
"""The description stands on the function that these complete."""

Described = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def test_every_python_folder_is_a_package() -> None:
    folders = {
        str(PurePosixPath(path).parent)
        for path in python_files(*PACKAGES, "tests")
        if not path.startswith("tests/cases/")
    }
    assert sorted(f for f in folders if not (ROOT / f / "__init__.py").is_file()) == []


def test_specifications_hold_no_python() -> None:
    assert [path for path in python_files("spec") if path != "spec/__init__.py"] == []


def test_no_module_is_too_long() -> None:
    lengths = {path: text_of(path).count("\n") for path in python_files(*PACKAGES, "tests")}
    long = sorted(path for path, lines in lengths.items() if lines > MAX_LINES)
    assert long == sorted(LONGER_MODULES)


def test_every_public_name_is_described() -> None:
    assert [
        f"{path}:{line} {name}"
        for path in python_files(*PACKAGES)
        for line, name in undescribed(tree_of(path))
    ] == []


def test_undescribed_names_are_found() -> None:
    tree = ast.parse(
        "class Shown:\n"
        "    def method(self): ...\n"
        "    def _hidden(self): ...\n"
        "    @value.setter\n"
        "    def value(self, new): ...\n"
        "class _Hidden:\n"
        "    def method(self): ...\n"
        "async def step(): ...\n"
    )
    names = [name for _, name in undescribed(tree)]
    assert names == ["(module)", "Shown", "Shown.method", "step"]


def undescribed(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yields line and name of what is public in a module, itself included, and not described."""
    if ast.get_docstring(tree) is None:
        yield 1, "(module)"
    yield from undescribed_in(tree.body, prefix="")


def undescribed_in(body: list[ast.stmt], *, prefix: str) -> Iterator[tuple[int, str]]:
    """Yields the public names of one body, and of the classes in it, that have no docstring."""
    for node in body:
        if not isinstance(node, Described) or node.name.startswith("_") or is_completion(node):
            continue
        if ast.get_docstring(node) is None:
            yield node.lineno, prefix + node.name
        if isinstance(node, ast.ClassDef):
            yield from undescribed_in(node.body, prefix=f"{prefix}{node.name}.")


def is_completion(node: Described) -> bool:
    """Tells whether a decorator makes this one part of a function described elsewhere."""
    names = {
        decorator.attr if isinstance(decorator, ast.Attribute) else getattr(decorator, "id", "")
        for decorator in node.decorator_list
    }
    return bool(names & PRIVATE_BY_DECORATOR)
