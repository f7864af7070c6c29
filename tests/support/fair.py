"""Specifications with many conditions of fairness."""

from __future__ import annotations

from typing import Final

THIRTY: Final = """\
spec many

processors Cpu[15]

process worker on Cpu {
  loop {
    strong fair out: skip
    strong fair inside: skip
  }
}

property enters: forall c: Cpu. worker[c] at out ~> worker[c] at inside
property leaves: forall c: Cpu. worker[c] at inside ~> worker[c] at out
"""
"""Two conditions of strong fairness for each of fifteen threads; 32,768 states."""
