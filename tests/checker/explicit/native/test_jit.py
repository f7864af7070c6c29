"""Kernels: compiled once, kept, called with whatever they take, and without Numba from then on."""

# ruff: noqa: PLR0917  # a kernel takes its arguments by position

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
import pytest

from checker.explicit.native.kernels import jit
from checker.explicit.native.kernels.intrinsics import lowest, word
from checker.explicit.native.kernels.jit import Kernel, is_compiled, kernel


@kernel
def twice(number):  # type: ignore[no-untyped-def]
    """Double a number."""
    return 2 * number


@kernel
def told(words, table, marks, pair, flag, big):  # type: ignore[no-untyped-def]
    """Use arguments of every kind."""
    (left, (right, more)) = pair
    table[1, 0] = twice(left) + right
    words[0] = big >> np.uint64(1)
    marks[2] = 1 if flag else 2
    return words.shape[0], table[1, 0] + more[1], lowest(np.int64(word(words, 1)))


@kernel
def nothing(words):  # type: ignore[no-untyped-def]
    """Return nothing."""
    words[0] += np.uint64(1)


@kernel
def is_large(big):  # type: ignore[no-untyped-def]
    """Return a truth value."""
    return big > np.uint64(1 << 63)


@kernel
def same(big):  # type: ignore[no-untyped-def]
    """Return an unsigned number."""
    return big


@kernel
def quotient(left, right):  # type: ignore[no-untyped-def]
    """Fail where Python would."""
    return left // right


def test_arguments_and_results_of_every_kind() -> None:
    words, table = np.array([0, 8, 0], np.uint64), np.zeros((2, 3), np.int64)
    marks, more = np.zeros(3, np.uint8), np.array([5, -100], np.int64)
    big = np.uint64((1 << 64) - 2)
    assert told(words, table, marks, (20, (np.int64(2), more)), True, big) == (3, -58, 3)
    assert words.tolist() == [(1 << 63) - 1, 8, 0]
    assert table.tolist() == [[0, 0, 0], [42, 0, 0]]
    assert marks.tolist() == [0, 0, 1]
    told(words, table, marks, (20, (2, more)), False, big)
    assert marks[2] == 2
    assert nothing(words) is None
    assert words[0] == 1 << 63
    assert [is_large(np.uint64(1 << 63)), is_large(big)] == [False, True]
    assert [twice(-21), same(big)] == [-42, int(big)]


def test_a_kernel_that_fails_is_a_defect() -> None:
    assert quotient(7, 2) == 3
    with pytest.raises(AssertionError, match="failed"):
        quotient(1, 0)


@pytest.mark.parametrize("argument", [np.zeros((2, 2), np.int64).T, "text", None])
def test_what_a_kernel_does_not_take_is_a_defect(argument: object) -> None:
    with pytest.raises(AssertionError):
        nothing(argument)


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    monkeypatch.setenv("K42_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def again(of: Any) -> Kernel:
    """The same kernel, as another process would find it."""
    assert isinstance(of._function, FunctionType)
    return Kernel(of._function)


def test_code_is_kept(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_compiled("twice")
    assert again(twice)(4) == 8
    assert is_compiled("twice")
    monkeypatch.setattr(Kernel, "_compiled", None)
    assert again(twice)(5) == 10
    with pytest.raises(TypeError):
        again(twice)(np.uint64(5))  # another signature is other code
    assert len(list(own_cache.iterdir())) == 1


def test_damaged_code_is_made_again(own_cache: Path) -> None:
    again(twice)(4)
    (file,) = own_cache.iterdir()
    content = file.read_bytes()
    for damaged in (b"", content[:100], content[:-1]):
        file.write_bytes(damaged)
        assert again(twice)(4) == 8
        assert len(file.read_bytes()) > 100


def test_other_sources_are_other_code(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    again(twice)(4)
    monkeypatch.setattr(jit, "_base", lambda: "other")
    assert not is_compiled("twice")
    again(twice)(4)
    assert len(list(own_cache.iterdir())) == 2


def test_where_nothing_can_be_written_it_works_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").write_text("no folder")
    monkeypatch.setenv("K42_CACHE_DIR", str(tmp_path / "cache"))
    assert again(twice)(4) == 8


def test_only_the_first_search_loads_numba(own_cache: Path) -> None:
    command = [
        "check",
        "spec/protocols/locks/mcs_benchmark.k42",
        "--engine=native",
        "-cN=3",
        "--quiet",
    ]
    text = (
        "import sys; from checker.cli.main import main; "
        f"code = main({command!r}); print(code, *{{'llvmlite', 'numba'}} & set(sys.modules))"
    )
    first, second = (
        subprocess.run([sys.executable, "-c", text], capture_output=True, check=True, text=True)
        for _ in range(2)
    )
    assert set(first.stdout.split()[-3:]) == {"0", "llvmlite", "numba"}
    assert second.stdout.split()[-2:] == ["0", "llvmlite"]
    assert is_compiled("expand_narrow")
    assert own_cache.is_dir()
