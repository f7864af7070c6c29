"""Small sequences and sets in one word.

What a lock protects as a list is kept here as one word: a queue of at most a few entries as digits,
the first in front, each `0 < digit < base`; a set of small numbers as bits. A word has a canonical
value for each content, so equal queues are equal states, and one load reads a consistent list.

Source: K42 lib/libc/scheduler/VPSet.H (sets of processors as bits); the queues of K42 are linked
    lists under a lock, see lib/libc/sync/RWLock.H.
"""

from __future__ import annotations

from collections.abc import Iterator

EMPTY = 0


def appended(queue: int, entry: int, base: int) -> int:
    """Returns the queue with an entry added at its end."""
    place = 1
    while place <= queue:
        place *= base
    return queue + entry * place


def pushed_front(queue: int, entry: int, base: int) -> int:
    """Returns the queue with an entry added at its front."""
    return queue * base + entry


def first(queue: int, base: int) -> int:
    """Returns the entry at the front, 0 when there is none."""
    return queue % base


def rest(queue: int, base: int) -> int:
    """Returns the queue without its front."""
    return queue // base


def length(queue: int, base: int) -> int:
    """Counts the entries."""
    return sum(1 for _ in entries(queue, base))


def entries(queue: int, base: int) -> Iterator[int]:
    """Yields the entries from the front."""
    while queue:
        yield queue % base
        queue //= base


def without(queue: int, entry: int, base: int) -> int:
    """Returns the queue with the first occurrence of an entry removed."""
    found, result, place = False, 0, 1
    for item in entries(queue, base):
        if item == entry and not found:
            found = True
            continue
        result += item * place
        place *= base
    return result


def queue_domain(places: int, base: int) -> range:
    """Returns the domain of a queue of at most `places` entries."""
    return range(base**places)


def members(bits: int) -> Iterator[int]:
    """Yields the members of a set of bits, lowest first."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def lowest(bits: int) -> int:
    """Returns the least member of a set that is not empty."""
    return (bits & -bits).bit_length() - 1
