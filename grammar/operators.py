"""The operators of the language: text, precedence and grouping, as parser and printer see them.

One table serves the printer's parentheses, the reference's precedence chart and the tests that hold
`k42.lark` to it. What an operator means is told in `checker.model.operators`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Grouping(Enum):
    """How equal operators side by side are read."""

    LEFT = "left"
    RIGHT = "right"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class BinaryOperator:
    """One row: a higher `level` binds tighter."""

    text: str
    level: int
    grouping: Grouping


_ROWS: Final = (
    BinaryOperator("<->", 1, Grouping.NONE),
    BinaryOperator("->", 2, Grouping.RIGHT),
    BinaryOperator("or", 3, Grouping.LEFT),
    BinaryOperator("and", 4, Grouping.LEFT),
    # level 5 is the prefix operator `not`
    BinaryOperator("=", 6, Grouping.NONE),
    BinaryOperator("!=", 6, Grouping.NONE),
    BinaryOperator("<", 6, Grouping.NONE),
    BinaryOperator("<=", 6, Grouping.NONE),
    BinaryOperator(">", 6, Grouping.NONE),
    BinaryOperator(">=", 6, Grouping.NONE),
    BinaryOperator("in", 6, Grouping.NONE),
    BinaryOperator("not in", 6, Grouping.NONE),
    BinaryOperator("subset", 6, Grouping.NONE),
    # `at` shares level 6; `..` has level 7
    BinaryOperator("union", 8, Grouping.LEFT),
    BinaryOperator("intersect", 8, Grouping.LEFT),
    BinaryOperator("minus", 8, Grouping.LEFT),
    BinaryOperator("+", 9, Grouping.LEFT),
    BinaryOperator("-", 9, Grouping.LEFT),
    BinaryOperator("*", 10, Grouping.LEFT),
    BinaryOperator("/", 10, Grouping.LEFT),
    BinaryOperator("%", 10, Grouping.LEFT),
    # level 11 is the prefix operator `-`; postfix forms bind tightest
)

BINARY: Final = {row.text: row for row in _ROWS}
NOT_LEVEL: Final = 5
COMPARISON_LEVEL: Final = 6
RANGE_LEVEL: Final = 7
NEGATION_LEVEL: Final = 11
POSTFIX_LEVEL: Final = 12
