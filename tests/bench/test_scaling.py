"""`make bench`: how the kernel scales, from 1 to 256 simulated processors.

What is asserted is the claim: on the largest machine the shared counter costs at least ten times as
many remote accesses as the clustered one.
"""

from __future__ import annotations

import sys
from time import process_time
from typing import Final

import pytest

from kernel_impl.__main__ import main
from kernel_impl.kernel.measure import Cost, measure, measure_log, measure_swap
from kernel_impl.kernel.scaling import CLUSTERED, KINDS, SHARED
from tests.bench.scaling_results import BATCHES, TIMELINE, Kind, Scaled, data, draw, page
from tests.bench.subjects import ROOT

pytestmark = pytest.mark.bench

DOCS: Final = ROOT / "docs" / "scaling"
PROCESSORS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256)
ALL_CALLS: Final = 4096
LEAST_CALLS: Final = 32
SWAPPED_PROCESSORS: Final = 64
TENFOLD: Final = 10
LOGGED: Final = 10_000


def test_scaling() -> None:
    costs: dict[Kind, list[Cost]] = {}
    seconds: dict[Kind, float] = {}
    for what, how in KINDS:
        for processors in PROCESSORS:
            start = process_time()
            calls = max(LEAST_CALLS, ALL_CALLS // processors)
            costs.setdefault((what, how), []).append(measure(what, how, processors, calls=calls))
            seconds[what, how] = process_time() - start  # the last and largest is kept
        last = costs[what, how][-1]
        sys.stdout.write(f"\n{what}, {how}: {last.remote / last.calls:.3f} remote accesses a call")
        sys.stdout.flush()
    shared, clustered = (costs["counter", how][-1] for how in (SHARED, CLUSTERED))
    assert shared.remote / shared.calls >= TENFOLD * clustered.remote / clustered.calls
    swapped = measure_swap(SWAPPED_PROCESSORS, batches=240, every=4000)
    logged = {
        "logged": measure_log(LOGGED, is_on=True),
        "its class is masked off": measure_log(LOGGED, is_on=False),
    }
    scaled = Scaled(costs, swapped, logged, seconds)
    DOCS.mkdir(parents=True, exist_ok=True)
    assert main([BATCHES, f"--picture={DOCS / TIMELINE}"]) == 0
    (DOCS / "README.md").write_text(page(scaled, draw(scaled, DOCS)), encoding="utf-8")
    (DOCS / "results.json").write_text(data(scaled), encoding="utf-8")
    sys.stdout.write(f"\nwritten to {DOCS.relative_to(ROOT)}\n")
