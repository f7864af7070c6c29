"""What every engine must agree on with the reference exploration, on any system."""

from __future__ import annotations

from dataclasses import dataclass, field

from checker.explicit.layout import Layout
from checker.explicit.python.engine import PythonEngine
from checker.explicit.python.exact import Exact
from checker.explicit.search import EngineMaker, check
from checker.model.coverage_points import coverage, coverage_points
from checker.model.explore import Exploration, explore, finding_length
from checker.model.findings import assumption_findings
from checker.model.system import System
from checker.model.verdict import Coverage, Finding, FindingKind, Result, Verdict


@dataclass(slots=True)
class Full:
    """An engine driven to the very end, whatever is wrong on the way."""

    levels: list[int] = field(default_factory=list)
    transitions: list[int] = field(default_factory=list)
    wrong: dict[tuple[FindingKind, str], int] = field(default_factory=dict)
    reached: dict[str, int] = field(default_factory=dict)
    coverage: Coverage | None = None
    states: set[int] = field(default_factory=set)


def drive(system: System, make_engine: EngineMaker = PythonEngine) -> Full:
    """Let an engine visit every reachable state."""
    layout = Layout(system)
    exact = Exact(system, layout)
    engine = make_engine(system, layout, exact)
    result = Full()
    states, _ = exact.initial()
    level, expansion = engine.admit(states)
    counts = [0] * len(system.actions)
    while True:
        for subject in expansion.sightings:
            is_end = subject.kind is FindingKind.DEADLOCK or subject.name == "terminal"
            length = len(result.levels) - is_end
            if subject.kind is None:
                result.reached.setdefault(subject.name, length)
            else:
                result.wrong.setdefault((subject.kind, subject.name), length)
        if expansion.new == 0:
            break
        result.levels.append(expansion.new)
        result.states.update(engine.members(level))
        level, expansion = engine.expand(level, lambda _: True)
        result.transitions.append(sum(expansion.transitions))
        counts = [a + b for a, b in zip(counts, expansion.transitions, strict=True)]
    points = coverage_points(system)
    result.coverage = coverage(
        system,
        points,
        dict(zip(system.actions, counts, strict=True)),
        {n for n in range(len(points.branches)) if expansion.taken >> n & 1},
        {n for n in range(len(points.implications)) if expansion.tested >> n & 1},
    )
    return result


def assert_engine_agrees(system: System, make_engine: EngineMaker = PythonEngine) -> None:
    """Compare an engine and the search on it with the reference exploration."""
    expected = explore(system)
    if not any(assumption_findings(system)):
        _assert_same_space(system, expected, drive(system, make_engine))
    _assert_same_verdict(expected, check(system, make_engine=make_engine))


def _assert_same_space(system: System, expected: Exploration, found: Full) -> None:
    assert tuple(found.levels) == expected.levels
    assert tuple(found.transitions) == expected.transitions
    layout = Layout(system)
    assert {layout.decode(state) for state in found.states} == expected.states
    lengths = {
        (each.kind, each.name): finding_length(each)
        for each in expected.findings
        if each.trace is not None
    }
    assert found.wrong == lengths
    reached = {
        each.property.conjuncts[0].name: len(each.trace.steps)
        for each in expected.witnesses
        if each.trace is not None
    }
    assert found.reached == reached
    assert found.coverage == expected.coverage


def _assert_same_verdict(expected: Exploration, found: Result) -> None:
    assert not found.limits
    if not expected.findings:
        assert found.verdict is Verdict.HOLDS
        assert found.statistics.distinct == expected.distinct
        assert found.statistics.transitions == sum(expected.transitions)
        assert found.statistics.initial == expected.initial
        assert found.statistics.depth == expected.depth
        assert found.coverage == expected.coverage
    else:
        _assert_same_findings(expected, found)
    known = {each.property: each.trace for each in expected.witnesses}
    for witness in found.witnesses:
        trace = known[witness.property]
        if witness.trace is not None:
            assert trace is not None
            assert len(witness.trace.steps) == len(trace.steps)


def _assert_same_findings(expected: Exploration, found: Result) -> None:
    is_error = found.findings[0].kind is FindingKind.EVALUATION
    assert found.verdict is (Verdict.ERROR if is_error else Verdict.VIOLATED)
    stop = min(map(_stage, expected.findings))
    wanted = [_key(each) for each in expected.findings if _stage(each) == stop]
    assert sorted(_key(each) for each in found.findings) == sorted(wanted)
    assert [_key(each)[:2] for each in found.findings] == [each[:2] for each in wanted]
    assert found.statistics.distinct == sum(expected.levels[: stop + 1])
    assert found.statistics.transitions == sum(expected.transitions[:stop])


def _stage(finding: Finding) -> int:
    """Return how many levels are expanded when a finding is made."""
    is_end = finding.kind is FindingKind.DEADLOCK or finding.name == "terminal"
    return finding_length(finding) + is_end


def _key(finding: Finding) -> tuple[int, int, str]:
    return finding_length(finding), list(FindingKind).index(finding.kind), finding.name
