"""How kernels are compiled, and where the machine code is kept.

It is kept in the user's cache directory, in a folder that is named after the source of all kernels:
Numba looks for changes in the file of a function only, not in those from which it has inlined
another. Where nothing can be written the kernels are compiled in every run.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final

import numba
from numba.core import config

from grammar.cache import cache_directory, key_of

COMPILING_TAKES: Final = 8
"""Seconds it takes to compile what one search needs, about."""


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function when it is first called.

    It runs without the interpreter's lock. It cannot allocate arrays: without reference counts,
    which Numba would write into inner loops, those are as fast as in C.
    """
    folder = kept_in()
    options = {"nogil": True, "_nrt": False}
    if folder is None:
        return numba.njit(**options)(function)
    before, config.CACHE_DIR = config.CACHE_DIR, str(folder)
    try:
        return numba.njit(cache=True, **options)(function)
    finally:
        config.CACHE_DIR = before


@cache
def kept_in() -> Path | None:
    """Return the folder for the machine code of these kernels, None if there can be none."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    texts = [source.read_text(encoding="utf-8") for source in sources]
    folder = cache_directory() / f"kernels-{key_of(numba.__version__, sys.version, *texts)}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        TemporaryFile(dir=folder).close()
    except (OSError, RuntimeError):
        return None
    return folder


def is_compiled(name: str) -> bool:
    """Tell whether a kernel need not be compiled any more, as far as that can be known."""
    folder = kept_in()
    return folder is not None and any(folder.glob(f"*/*.{name}-*.nbc"))
