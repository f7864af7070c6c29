"""What a thread may hold at each place of its code.

The code is a graph in which procedures are written out, and it is walked with all that can be held:
a place is visited once for each set of locks with which control can come to it. So the sets are not
blurred where control comes together, and what is held together with a lock is known exactly, as far
as it does not depend on data.

Source of the idea: S. Savage et al., "Eraser: a dynamic data race detector for multithreaded
programs", ACM TOCS 15(4), 1997, who follow the sets of one run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

from checker.discipline.locks import Hold, Kind, Use
from checker.model.ir import Assign, Literal
from checker.steps.code import Do

if TYPE_CHECKING:
    from checker.model.ir import Effect, Variable
    from checker.steps.flow import Call, Flow, Node
    from grammar.source import Span


@dataclass(frozen=True, slots=True)
class Held:
    """A lock that is held, and the call by which it was taken."""

    hold: Hold
    site: Span


@dataclass(frozen=True, slots=True)
class Holding:
    """What a thread holds at one moment, and whether interrupts are off on its processor."""

    held: frozenset[Held] = frozenset()
    is_off: bool = False

    @property
    def holds(self) -> frozenset[Hold]:
        """The locks without the places."""
        return frozenset(each.hold for each in self.held)


@dataclass(frozen=True, slots=True)
class Taking:
    """A lock is asked for: `hold` at `site`, by a thread with `before`."""

    hold: Hold
    site: Span
    before: Holding


@dataclass(slots=True)
class Walk:
    """All that was seen on the way.

    Attributes:
        at: with what control can come to each node that it comes to.
        takings: each lock that is waited for; one that is only tried is never waited for.
        releases: the calls that release, each with whether the lock is held there: each case seen.
    """

    at: dict[Node, set[Holding]] = field(default_factory=dict)
    takings: dict[Taking, None] = field(default_factory=dict)
    releases: dict[tuple[Hold, Span], set[bool]] = field(default_factory=dict)


def walk(flow: Flow, uses: Mapping[str, Use], mask: Variable | None, *, is_off: bool) -> Walk:
    """Follow the code of a thread from its beginning, where it holds nothing.

    Args:
        uses: what the procedures do, by their full names.
        mask: the variable that says that interrupts are off.
        is_off: whether they are off at the beginning.
    """
    found = Walk()
    sites = _sites(flow)
    pending = [(flow.entry, Holding(is_off=is_off))]
    for call in _chain(flow.entry.call):
        _begin(call, uses, sites, pending[0][1], found)
    while pending:
        node, holding = pending.pop()
        if holding in found.at.setdefault(node, set()):
            continue
        found.at[node].add(holding)
        after = _switched(node, holding, mask)
        for target in node.targets:
            arrived = [after]
            left, entered = _between(node.call, target.call)
            for call in left:
                arrived = [new for old in arrived for new in _end(call, uses, sites, old, found)]
            for call, old in product(entered, arrived):
                _begin(call, uses, sites, old, found)
            pending += [(target, new) for new in arrived]
    return found


def _begin(
    call: Call, uses: Mapping[str, Use], sites: Mapping[Call, Span], before: Holding, found: Walk
) -> None:
    use = uses.get(call.place)
    if use is not None and use.kind is Kind.ACQUIRE:
        found.takings[Taking(use.hold, sites[call], before)] = None


def _end(
    call: Call, uses: Mapping[str, Use], sites: Mapping[Call, Span], before: Holding, found: Walk
) -> Iterator[Holding]:
    """Yield what can be held after a call."""
    use = uses.get(call.place)
    if use is None:
        yield before
        return
    taken = Holding(before.held | {Held(use.hold, sites[call])}, before.is_off)
    match use.kind:
        case Kind.ACQUIRE:
            # Who waits for itself never comes here.
            if not any(each.hold.excludes(use.hold) for each in before.held):
                yield taken
        case Kind.TRY:
            yield before
            yield taken
        case Kind.RELEASE:
            mine = [each for each in before.held if each.hold == use.hold]
            found.releases.setdefault((use.hold, sites[call]), set()).add(bool(mine))
            # One that is shared may be taken twice, and is released as often.
            last = max(mine, key=lambda each: each.site.start, default=None)
            yield Holding(before.held - {last}, before.is_off)


# --- calls and where they stand -------------------------------------------------------------------


def _chain(call: Call | None) -> list[Call]:
    """Return a call and those around it, outermost first."""
    found: list[Call] = []
    while call is not None:
        found.append(call)
        call = call.outer
    return found[::-1]


def _between(source: Call | None, target: Call | None) -> tuple[list[Call], list[Call]]:
    """Return the calls that an edge leaves, innermost first, and those that it enters."""
    before, after = _chain(source), _chain(target)
    common = sum(1 for one, other in zip(before, after, strict=False) if one is other)
    return before[common:][::-1], after[common:]


def _sites(flow: Flow) -> dict[Call, Span]:
    """Return where each call stands: control comes from it to a node of that place.

    A call from which control never comes back stands where its first statement does.
    """
    found: dict[Call, Span] = {}
    first: dict[Call, Span] = {}
    for node in flow.nodes:
        for call in _chain(node.call):
            first.setdefault(call, node.site)
        for target in node.targets:
            left, _ = _between(node.call, target.call)
            if left:
                found[left[-1]] = target.site
    return {**first, **found}


# --- interrupts -----------------------------------------------------------------------------------


def _switched(node: Node, holding: Holding, mask: Variable | None) -> Holding:
    if mask is None or not isinstance(node.operation, Do):
        return holding
    is_off = _assigned(node.operation.effect, mask)
    return holding if is_off is None else Holding(holding.held, is_off)


def _assigned(effect: Effect, mask: Variable) -> bool | None:
    match effect:
        case Assign(place, Literal(value)) if place.variable is mask:
            assert isinstance(value, bool)
            return value
        case _:
            return None
