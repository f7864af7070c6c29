"""How long `k42 check` takes to say anything, and how fast generated Python is; in processor time.

Both are told, and neither is a gate. The start is compared with that of Python itself, so that
figures from different machines can be laid side by side.
"""

from __future__ import annotations

import os
import subprocess
import sys
from time import process_time

import pytest

from checker.cli.session import library
from checker.explicit.python.engine import PythonEngine
from checker.explicit.search import check
from checker.load import load
from tests.repo.files import ROOT

pytestmark = pytest.mark.bench

SMALL = "spec/protocols/locks/peterson.k42"
BENCHMARK = "spec/protocols/locks/mcs_benchmark.k42"


def processor_seconds(*command: str, runs: int = 5) -> float:
    """Returns what a command takes of a processor, the least of several runs."""
    best = float("inf")
    for _ in range(runs):
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
            _, _, usage = os.wait4(process.pid, 0)
            process.returncode = 0
        best = min(best, usage.ru_utime + usage.ru_stime)
    return best


def test_start() -> None:
    bare = processor_seconds(sys.executable, "-c", "pass")
    whole = processor_seconds(sys.executable, "-m", "checker.cli.main", "check", SMALL)
    print(f"\nk42 check {SMALL}: {whole:.2f} s, {whole / bare:.0f} times `python -c pass`")


@pytest.mark.parametrize("size", [3, 4])
def test_generated_python(size: int) -> None:
    system, _ = load(ROOT / BENCHMARK, {"N": str(size)}, library())
    assert system is not None
    start = process_time()
    result = check(system, make_engine=PythonEngine)
    seconds = process_time() - start
    count = result.statistics.transitions
    rate = count / seconds / 1e6
    print(f"\ngenerated Python, N = {size}: {count:,} transitions, {rate:.2f} million a second")
