"""The files of the repository, as its own tests see them.

A file counts when git tracks it or would add it, so that a new file is tested before it is
committed and nothing ignored is ever looked at.
"""

from __future__ import annotations

import ast
import functools
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("grammar", "checker", "proofs", "kernel_impl", "spec")
"""The import packages that are installed."""


@functools.cache
def repository_files() -> tuple[str, ...]:
    """Lists all files as sorted paths relative to the root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return tuple(sorted({path for path in listed.split("\0") if path and (ROOT / path).is_file()}))


def python_files(*folders: str) -> tuple[str, ...]:
    """Lists the Python files below the given top-level folders."""
    return tuple(
        path
        for path in repository_files()
        if path.endswith(".py") and path.split("/", 1)[0] in folders
    )


@functools.cache
def text_of(path: str) -> str:
    """Reads one file as UTF-8, line ends untouched."""
    return (ROOT / path).read_bytes().decode("utf-8")


@functools.cache
def tree_of(path: str) -> ast.Module:
    """Parses one Python file."""
    return ast.parse(text_of(path), filename=path)
