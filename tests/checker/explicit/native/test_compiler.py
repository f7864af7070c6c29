from __future__ import annotations

from pathlib import Path

import pytest

from checker.explicit.automatic import EngineOptions, engine_maker
from checker.explicit.native import compiler
from checker.explicit.native.compiler import Compiled, compile_module
from checker.explicit.search import SearchOptions, check
from checker.load import load
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


def test_code_is_optimised_while_it_is_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = system_of(20, 2, tmp_path)
    options = SearchOptions(max_states=5_000)
    maker = engine_maker(EngineOptions("native", workers=2))
    expected = check(system, options, make_engine=maker)
    made = []

    def noted(text: str, *, optimised: bool) -> Compiled:
        made.append(optimised)
        return compile_module(text, optimised=optimised)

    monkeypatch.setattr(compiler, "compile_module", noted)
    monkeypatch.setattr(compiler, "LIGHT", 0)
    monkeypatch.setattr(compiler, "PRICE", 0.0)
    found = check(system, options, make_engine=maker)
    assert made == [False, True]
    assert found.findings == expected.findings
    assert found.coverage == expected.coverage
    assert found.statistics.distinct == expected.statistics.distinct
