"""What is known of fields after a test: never more than the test tells."""

from __future__ import annotations

from itertools import product

import pytest

from checker.explicit.python.fragments import FieldTest, conjunction
from checker.explicit.python.frames import Frame

WIDTH = 6
FRAME = Frame("s", (1 << WIDTH) - 1, "out")
MASKS = range(1, 1 << WIDTH)


@pytest.mark.parametrize("is_negated", [False, True])
def test_facts_are_true_wherever_the_test_holds(*, is_negated: bool) -> None:
    for mask, wanted in product(MASKS, MASKS):
        if wanted & ~mask:
            continue
        facts = FRAME.given(FieldTest("s", mask, wanted, is_negated)).facts
        for state in range(1 << WIDTH):
            if (state & mask == wanted) != is_negated:
                for (offset, width), code in facts.items():
                    assert state >> offset & (1 << width) - 1 == code, (mask, wanted, state)


def test_every_bit_that_a_test_fixes_is_known() -> None:
    for mask in MASKS:
        facts = FRAME.given(FieldTest("s", mask, mask, False)).facts
        assert sum(((1 << width) - 1) << offset for offset, width in facts) == mask


def test_parts_of_a_conjunction_are_known() -> None:
    both = conjunction([FieldTest("s", 3, 2, False), FieldTest("s", 16, 16, False)])
    facts = FRAME.given(both).facts
    assert all(18 >> offset & (1 << width) - 1 == code for (offset, width), code in facts.items())
    assert sum(width for _, width in facts) == 3


def test_nothing_is_known_of_what_was_written_since() -> None:
    frame = FRAME.store(0, 2, "x")
    assert frame.given(FieldTest("s", 6, 2, False)).facts == {}


def test_nothing_is_known_of_another_state() -> None:
    assert FRAME.given(FieldTest("t", 3, 2, False)).facts == {}
