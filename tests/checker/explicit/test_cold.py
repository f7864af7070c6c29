"""What a run loads: a small question is not to wait for a compiler."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SMALL = ROOT / "spec" / "protocols" / "locks" / "mcs_benchmark.k42"
HEAVY = {"numpy", "numba", "llvmlite"}

RUN = """
import json, sys
from checker.cli.main import main
code = main(sys.argv[1:])
print(json.dumps([code, sorted(set(sys.modules) & {"numpy", "numba", "llvmlite"})]))
"""


def loaded(*arguments: str) -> tuple[int, set[str]]:
    """Return the exit code of `k42 check` and which heavy packages it has loaded."""
    command = [sys.executable, "-c", RUN, "check", str(SMALL), "--quiet", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    code, modules = json.loads(done.stdout.splitlines()[-1])
    return code, set(modules)


@pytest.mark.parametrize("arguments", [("-c", "N=3"), ("-c", "N=4", "--engine", "python")])
def test_a_small_question_loads_no_compiler(arguments: tuple[str, ...]) -> None:
    assert loaded(*arguments) == (0, set())


@pytest.mark.parametrize("arguments", [("-c", "N=2", "--engine", "native"), ("-c", "N=4")])
def test_a_large_question_loads_it(arguments: tuple[str, ...]) -> None:
    code, modules = loaded(*arguments)
    # Numba only where kernels have not been compiled on this machine yet.
    assert (code, modules | {"numba"}) == (0, HEAVY)
