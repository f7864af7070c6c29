from __future__ import annotations

from pathlib import Path
from time import process_time

import pytest

from checker.explicit.automatic import EngineOptions, engine_maker
from checker.explicit.layout import Layout
from checker.explicit.native.compiler import compile_module
from checker.explicit.native.module import write_module
from checker.explicit.search import SearchOptions, check
from checker.load import load
from checker.model.coverage_points import coverage_points
from checker.model.system import System
from tests.support.many_steps import many_steps


def system_of(steps: int, threads: int, folder: Path) -> System:
    path = folder / "many_steps.k42"
    path.write_text(many_steps(steps, threads), encoding="utf-8")
    system, diagnostics = load(str(path), {}, ())
    assert system is not None, diagnostics
    return system


@pytest.mark.parametrize("threads", [1, 2])
def test_many_steps_are_the_same_in_native_code(threads: int, tmp_path: Path) -> None:
    system = system_of(120, threads, tmp_path)
    options = SearchOptions(max_states=5_000)
    expected = check(system, options)
    found = check(system, options, make_engine=engine_maker(EngineOptions("native", workers=1)))
    assert found.findings == expected.findings
    assert found.statistics.distinct == expected.statistics.distinct
    assert found.statistics.transitions == expected.statistics.transitions
    assert found.coverage == expected.coverage


@pytest.mark.bench
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_time_to_compile_400_guarded_steps(threads: int, tmp_path: Path) -> None:
    system = system_of(400, threads, tmp_path)
    layout = Layout(system)
    begin = process_time()
    module = write_module(system, layout, coverage_points(system))
    written = process_time()
    compile_module(module.text, weight=module.weight)
    done = process_time()
    print(
        f"\n{len(system.actions)} steps, {threads} threads, {layout.bits} bits: "
        f"written in {written - begin:.2f} s, compiled in {done - written:.2f} s"
    )
