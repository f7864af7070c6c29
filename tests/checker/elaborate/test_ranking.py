"""`rank of`: what it becomes, and what is said of one that fits nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.load import load
from checker.model.temporal import Fairness
from checker.model.types import IntType, SetType

HEAD = """spec some
processors Cpu
var left: set of Cpu = Cpu
process worker on Cpu {
  wait: skip
  critical: skip
}
fair action serve(c: Cpu) requires c in left { left := left minus {c} }
action other(c: Cpu, n: 0..3) { skip }
property served: forall c: Cpu. worker[c] at wait ~> worker[c] at critical
property last: forall c: Cpu. eventually worker[c] at critical
"""
HELPER = "step worker[d] where d = c and worker[d] at wait decreases 0"


def _path(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "some.k42"
    path.write_text(f"{HEAD}{text}\n", encoding="utf-8")
    return path


def test_names_are_those_of_the_property_and_new_ones(tmp_path: Path) -> None:
    other = "step serve(d) where d = c decreases 1, left, 2"
    text = f"rank of served(c) {{ {HELPER}, left, c in left {other} }}"
    system, diagnostics = load(_path(tmp_path, text), {})
    assert system is not None, diagnostics
    (ranking,) = system.rankings
    (claim,) = system.temporal[:1]
    assert ranking.name == claim.name
    assert [local.name for local in ranking.locals] == ["c"]
    thread, action = ranking.helpers
    assert thread.process is system.processes[0]
    assert thread.process.fairness is Fairness.WEAK
    assert action.process is None
    assert action.action == "serve"
    assert [type(each.type) for each in thread.measures] == [IntType, SetType, IntType]
    by = [[a.name for a in system.actions if h.is_by(a)] for h in ranking.helpers]
    assert by == [["worker.wait", "worker.critical"], ["serve"]]


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (f"rank of serve(c) {{ {HELPER} }}", "K197", "there is no property `serve`"),
        (f"rank of last(c) {{ {HELPER} }}", "K197", "does not say that one condition leads to"),
        (f"rank of served {{ {HELPER} }}", "K197", "quantifies 1 names, and 0 are given"),
        ("rank of served(c) { }", "K197", "names no step that helps"),
        (
            f"rank of served(c) {{ {HELPER} }} rank of served(c) {{ {HELPER} }}",
            "K101",
            "has a rank already",
        ),
        (
            f"rank of served(c) {{ {HELPER} step serve(d) where d = c decreases left }}",
            "K198",
            "not of the same kinds",
        ),
        ("rank of served(c) { step worker[d] where d = c decreases c }", "K198", "cannot decrease"),
        ("rank of served(c) { step worker where true decreases 0 }", "K198", "takes other names"),
        ("rank of served(c) { step other(d) where true decreases 0 }", "K198", "takes other names"),
        ("rank of served(c) { step left where true decreases 0 }", "K198", "is a variable"),
        ("rank of served(c) { step serve(any) where true decreases 0 }", "K198", "no thread"),
        (f"rank of served(c) {{ {HELPER.replace('at wait', '= 1')} }}", "K", ""),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, text: str, code: str, message: str) -> None:
    system, diagnostics = load(_path(tmp_path, text), {})
    assert system is None
    assert any(d.code.startswith(code) and message in d.message for d in diagnostics), diagnostics
