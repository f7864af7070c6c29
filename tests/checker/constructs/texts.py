"""Clustered objects that the tests share, and how they are checked."""

from __future__ import annotations

from checker.explicit.search import check
from checker.model.verdict import Result
from tests.support.texts import system_of

COUNT = """
processors Cpu[2]
const MAX = 4
interface Count {
  var n: 0..MAX = 0
  op inc() { n := n + 1 }
  op value(): 0..MAX { return n }
}
"""
SHARED = """
clustered object Shared implements Count {
  root { var n: 0..MAX = 0 }
  method inc() { fetch_add(root.n, 1) }
  method value(): 0..MAX { return root.n }
  represents n = root.n
}
"""
PARTS = """
clustered object Parts implements Count {
  root { var base: 0..MAX = 0 }
  rep { var part: 0..MAX = 0 }
  method inc() { fetch_add(rep.part, 1) }
  method value(): 0..MAX {
    var total: 0..MAX = root.base
    for c in Cpu {
      let seen = rep[c].part
      total := total + seen
    }
    return total
  }
  represents n = root.base + sum c: Cpu. rep[c].part
}
"""


def result_of(text: str, **settings: str) -> Result:
    """Check a specification in which nothing is wrong."""
    return check(system_of(text, settings))


def broken(result: Result) -> set[str]:
    """Return the names of the invariants that do not hold."""
    return {finding.name for finding in result.findings}


def replaced(text: str, old: str, new: str) -> str:
    """Return a text in which one piece is another one."""
    assert text.count(old) == 1, old
    return text.replace(old, new)
