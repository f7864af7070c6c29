"""Interfaces, clustered objects, swap protocols and checks: parsed, printed and laid out."""

from __future__ import annotations

import pytest

from grammar import syntax
from grammar.diagnostics import Collector
from grammar.formatter import format_source
from grammar.parser import parse
from grammar.printer import print_specification
from grammar.source import SourceFile

TEXT = """spec constructs
/// What clients see.
interface Count {
  var n: 0..4 = 0
  /// One more.
  op inc() { n := n + 1 }
  op add(d: 0..1, e: bool): 0..4 {
    if e { n := n + d }
    return n
  }
}
clustered object Plain implements Count {
  root { var n: 0..4 = 0 }
  method inc() { fetch_add(root.n, 1) }
  represents n = root.n
}
clustered object Parts on Cpu implements Count {
  root {
    var base: 0..4 = 0  // once
    ghost var seen: set of Cpu = {}
  }
  rep { var part: 0..4 = 0 }
  miss { root.seen := root.seen union {self} }
  // the processor's own part
  method inc() { fetch_add(rep.part, 1) }
  procedure help(c: Cpu): bool { return rep[c].part > 0 }
  represents n = root.base + sum c: Cpu. rep[c].part, m = 1
}
swap protocol AtOnce(source, target) {
  enum Way { old_way, new_way }
  var way: [Processor] Way = old_way
  on call { perform(source) }
  process worker on Processor { skip }
  procedure run() { transfer() }
}
check swap Lib.AtOnce: Plain -> Parts -> Plain {
  transfer Plain -> Parts { Parts.root.base := Plain.root.n }
  transfer Parts -> Plain { skip }
  clients = 2
  calls = 1 + 1
}
check Parts { clients = 2 }
"""


def parsed(text: str) -> syntax.Specification | None:
    return parse(SourceFile("text", text), Collector())


def test_printing_and_parsing_again_gives_the_same_tree() -> None:
    tree = parsed(TEXT)
    assert tree is not None
    assert parsed(print_specification(tree)) == tree


def test_the_layout_is_kept_where_it_is_good() -> None:
    once = format_source(SourceFile("text", TEXT))
    assert once == TEXT
    assert format_source(SourceFile("text", once)) == once


def test_parts_are_told_apart() -> None:
    tree = parsed(TEXT)
    assert tree is not None
    *_, swap, whole = tree.declarations
    assert isinstance(swap, syntax.CheckDecl)
    assert isinstance(whole, syntax.CheckDecl)
    assert [name.text for name in swap.objects] == ["Plain", "Parts", "Plain"]
    assert swap.protocol is not None
    assert swap.protocol.text == "Lib.AtOnce"
    assert whole.protocol is None


@pytest.mark.parametrize(
    "text",
    [
        "clustered object Plain implements Count { hit { skip } }",
        "swap protocol Never(a, b) { on fall { skip } }",
        "check switch A: B -> C { clients = 1 }",
        "check swap A: B -> C { move { skip } }",
    ],
)
def test_a_word_that_belongs_elsewhere_is_told(text: str) -> None:
    collector = Collector()
    assert parse(SourceFile("text", f"spec wrong\n{text}\n"), collector) is None
    assert [diagnostic.code for diagnostic in collector.sorted()] == ["K044"]
