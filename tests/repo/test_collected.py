"""Every test is run: a check that pytest does not collect passes for ever.

A function that asserts must be a test in a file that pytest reads, or be used: called by name from
the tests, or registered by its decorator (a fixture, a rule of a state machine).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from tests.repo.files import python_files, tree_of

Function = ast.FunctionDef | ast.AsyncFunctionDef


def test_every_asserting_function_is_collected_or_used() -> None:
    trees = {path: tree_of(path) for path in python_files("tests")}
    used = names_used(trees.values())
    assert [
        f"{path}:{function.lineno} {function.name}"
        for path, tree in trees.items()
        for function in never_run(tree, used=used, collected=is_collected(path))
    ] == []


def test_no_test_is_shadowed_by_its_namesake() -> None:
    shadowed = []
    for path in python_files("tests"):
        seen = set()
        for owner, function in functions_of(tree_of(path)):
            name = f"{path} {owner}{function.name}"
            if function.name.startswith("test_") and name in seen:
                shadowed.append(name)
            seen.add(name)
    assert shadowed == []


def test_no_test_class_has_a_constructor() -> None:
    assert [
        f"{path}:{function.lineno}"
        for path in python_files("tests")
        for owner, function in functions_of(tree_of(path))
        if owner.startswith("Test") and function.name == "__init__"
    ] == []


def test_forgotten_checks_are_found() -> None:
    tree = ast.parse(
        "def test_run(): assert helper()\n"
        "def tset_misspelt(): assert False\n"
        "def helper(): assert True\n"
        "@rule()\n"
        "def step(self): assert True\n"
    )
    used = names_used([tree])
    assert [f.name for f in never_run(tree, used=used, collected=True)] == ["tset_misspelt"]
    assert [f.name for f in never_run(tree, used=used, collected=False)] == [
        "test_run",
        "tset_misspelt",
    ]


def is_collected(path: str) -> bool:
    """Tells whether pytest reads this file for tests."""
    return PurePosixPath(path).name.startswith("test_")


def never_run(tree: ast.Module, *, used: frozenset[str], collected: bool) -> Iterator[Function]:
    """Yields the functions that assert, or are named as tests, but that nothing runs."""
    for _, function in functions_of(tree):
        is_test = function.name.startswith("test_")
        asserts = any(isinstance(node, ast.Assert) for node in ast.walk(function))
        special = function.name.startswith("__") and function.name.endswith("__")
        if not (is_test or asserts) or special or (is_test and collected):
            continue
        if function.name not in used and (is_test or not function.decorator_list):
            yield function


def functions_of(tree: ast.Module) -> Iterator[tuple[str, Function]]:
    """Yields the functions of a module and of its classes, with the prefix of their owner."""
    for node in tree.body:
        if isinstance(node, Function):
            yield "", node
        elif isinstance(node, ast.ClassDef):
            for member in node.body:
                if isinstance(member, Function):
                    yield f"{node.name}.", member


def names_used(trees: Iterable[ast.Module]) -> frozenset[str]:
    """Collects every name that is read or looked up; a definition does not use itself."""
    return frozenset(
        node.id if isinstance(node, ast.Name) else node.attr
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load)
    )
