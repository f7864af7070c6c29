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
    BinaryOperator("~>", 1, Grouping.NONE),
    BinaryOperator("until", 1, Grouping.NONE),
    BinaryOperator("<->", 2, Grouping.NONE),
    BinaryOperator("->", 3, Grouping.RIGHT),
    BinaryOperator("or", 4, Grouping.LEFT),
    BinaryOperator("and", 5, Grouping.LEFT),
    # level 6 is the prefix operator `not`
    BinaryOperator("=", 7, Grouping.NONE),
    BinaryOperator("!=", 7, Grouping.NONE),
    BinaryOperator("<", 7, Grouping.NONE),
    BinaryOperator("<=", 7, Grouping.NONE),
    BinaryOperator(">", 7, Grouping.NONE),
    BinaryOperator(">=", 7, Grouping.NONE),
    BinaryOperator("in", 7, Grouping.NONE),
    BinaryOperator("not in", 7, Grouping.NONE),
    BinaryOperator("subset", 7, Grouping.NONE),
    # `at` shares level 7; `..` has level 8
    BinaryOperator("union", 9, Grouping.LEFT),
    BinaryOperator("intersect", 9, Grouping.LEFT),
    BinaryOperator("minus", 9, Grouping.LEFT),
    BinaryOperator("+", 10, Grouping.LEFT),
    BinaryOperator("-", 10, Grouping.LEFT),
    BinaryOperator("*", 11, Grouping.LEFT),
    BinaryOperator("/", 11, Grouping.LEFT),
    BinaryOperator("%", 11, Grouping.LEFT),
    # level 12 is the prefix operator `-`; postfix forms bind tightest
)

BINARY: Final = {row.text: row for row in _ROWS}
NOT_LEVEL: Final = 6
COMPARISON_LEVEL: Final = 7
RANGE_LEVEL: Final = 8
NEGATION_LEVEL: Final = 12
POSTFIX_LEVEL: Final = 13
