"""Interval arithmetic: the type of an integer expression from the types of its operands.

Every result is the smallest interval that holds all results of the operation on operands chosen
independently of each other. Division and modulo round towards minus infinity, as
`checker.model.operators` defines them; a divisor that may be zero is a failure of its own and does
not widen the result.
"""

from __future__ import annotations

from checker.model.types import IntType


def hull(left: IntType, right: IntType) -> IntType:
    """Return the smallest interval that holds both."""
    return IntType(min(left.low, right.low), max(left.high, right.high))


def within(inner: IntType, outer: IntType) -> bool:
    """Tell whether every value of `inner` is one of `outer`."""
    return outer.low <= inner.low and inner.high <= outer.high


def disjoint(left: IntType, right: IntType) -> bool:
    """Tell whether no value is in both."""
    return left.high < right.low or right.high < left.low


def negated(of: IntType) -> IntType:
    """Return the interval of `-x`."""
    return IntType(-of.high, -of.low)


def added(left: IntType, right: IntType) -> IntType:
    """Return the interval of `x + y`."""
    return IntType(left.low + right.low, left.high + right.high)


def subtracted(left: IntType, right: IntType) -> IntType:
    """Return the interval of `x - y`."""
    return IntType(left.low - right.high, left.high - right.low)


def multiplied(left: IntType, right: IntType) -> IntType:
    """Return the interval of `x * y`."""
    corners = [x * y for x in (left.low, left.high) for y in (right.low, right.high)]
    return IntType(min(corners), max(corners))


def divided(left: IntType, right: IntType) -> IntType | None:
    """Return the interval of `x / y`, None when the divisor can only be zero."""
    divisors = _without_zero(right)
    if not divisors:
        return None
    corners = [x // y for x in (left.low, left.high) for y in divisors]
    # Rounding is not monotone in the sign of the dividend: 0 / y lies between the corners.
    if left.low <= 0 <= left.high:
        corners.append(0)
    return IntType(min(corners), max(corners))


def remainder(left: IntType, right: IntType) -> IntType | None:
    """Return the interval of `x % y`, None when the divisor can only be zero."""
    divisors = _without_zero(right)
    if not divisors:
        return None
    low, high = min(divisors), max(divisors)
    if low > 0 and left.low >= 0 and left.high < low:
        return IntType(left.low, left.high)
    top = max(high - 1, 0)
    if left.low >= 0 and low > 0:
        top = min(top, left.high)
    return IntType(min(low + 1, 0), top)


def _without_zero(of: IntType) -> tuple[int, ...]:
    """Return the ends of the interval and those next to zero, zero itself left out."""
    ends = {of.low, of.high, *(near for near in (-1, 1) if of.low <= near <= of.high)}
    return tuple(sorted(ends - {0}))


def scaled(of: IntType, most: int, *, least: int) -> IntType:
    """Return the interval of a sum of `least` to `most` values of the interval."""
    counts = (least, most)
    return IntType(
        min(n * of.low for n in counts),
        max(n * of.high for n in counts),
    )
