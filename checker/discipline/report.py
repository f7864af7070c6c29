"""What is wrong with how locks are taken, as warnings with all places.

`check` is told of every process and of the declared order, walks their code, and says:

* where threads can wait for one another in a circle (K241), or an interrupt for the thread that it
  interrupts (K246),
* what is taken against the declared order (K242),
* what is released without being held, and what is never released (K244),
* where a thread waits with a lock held for what only holders of that lock bring about (K245).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker.discipline.codes import (
    AGAINST_ORDER,
    CIRCLE,
    INTERRUPTED,
    NOT_HELD,
    WAITS_IN_VAIN,
)
from checker.discipline.graph import Circle, Edge, circles
from checker.discipline.holding import Walk, walk
from checker.discipline.locks import Use
from checker.model.ir import Assign, Role
from checker.model.rewrite import parts, variables_read
from checker.steps.code import Do, Wait
from grammar.diagnostics import Note

if TYPE_CHECKING:
    from checker.model.ir import Effect, Variable
    from checker.steps.flow import Flow, Node
    from grammar.diagnostics import Collector
    from grammar.source import Span


@dataclass(frozen=True, slots=True)
class Thread:
    """The threads of one process.

    Attributes:
        rests: where control rests; interrupts come there.
        handlers: the processes that interrupt it; empty for a handler.
        mask: the variable that says that they are held off.
        is_single: there is one thread of the process and no more.
    """

    name: str
    site: Span
    flow: Flow
    rests: frozenset[Node]
    handlers: tuple[str, ...]
    mask: Variable | None
    is_single: bool
    is_handler: bool


@dataclass(frozen=True, slots=True)
class Order:
    """`first < second`, and where that is declared."""

    first: str
    second: str
    site: Span


def check(
    threads: Sequence[Thread],
    uses: Mapping[str, Use],
    orders: Iterable[Order],
    others: Set[Variable],
    collector: Collector,
) -> None:
    """Add a warning for each thing that is wrong.

    Args:
        uses: what procedures do, by their full names.
        orders: closed under transitivity.
        others: variables that are written by other means than the code of threads.
    """
    walks = {
        each.name: walk(each.flow, uses, each.mask, is_off=each.is_handler) for each in threads
    }
    edges = [edge for each in threads for edge in _edges(each, walks)]
    wanted = [taking.hold for each in walks.values() for taking in each.takings]
    for circle in circles(edges, {hold.lock for hold in wanted if not hold.is_shared}):
        _report_circle(circle, collector)
    _report_order(edges, orders, collector)
    for thread in threads:
        _report_balance(thread, walks[thread.name], collector)
    for wait in _vain(threads, walks, uses, others):
        wait.report(collector)


# --- edges ----------------------------------------------------------------------------------------


def _edges(thread: Thread, walks: Mapping[str, Walk]) -> Iterator[Edge]:
    own = walks[thread.name]
    only = frozenset({thread.name} if thread.is_single else ())
    for taking in own.takings:
        for held in taking.before.held:
            guards = taking.before.holds
            first, second = held.site, taking.site
            yield Edge(held.hold, taking.hold, guards, thread.name, only, first, second)
    for handler in thread.handlers:
        yield from _interrupted(thread, own, handler, walks[handler])


def _interrupted(thread: Thread, own: Walk, handler: str, other: Walk) -> Iterator[Edge]:
    """Yield what a handler waits for, with what the thread that it interrupts holds."""
    only = frozenset({thread.name, handler} if thread.is_single else ())
    open_ = {
        holding for node in thread.rests for holding in own.at.get(node, ()) if not holding.is_off
    }
    for holding in open_:
        for taking in other.takings:
            mine, its = holding.holds, taking.before.holds
            if any(a.excludes(b) for a in mine for b in its):
                continue
            for held in holding.held:
                yield Edge(
                    held.hold,
                    taking.hold,
                    mine | its,
                    thread.name,
                    only,
                    held.site,
                    taking.site,
                    handler,
                )


# --- circles and orders ---------------------------------------------------------------------------


def _report_circle(circle: Circle, collector: Collector) -> None:
    first = circle[0]
    lock = first.held.lock
    notes = tuple(note for edge in circle for note in _notes(edge))
    match circle:
        case (Edge(handler=None),):
            collector.warning(
                CIRCLE,
                first.second,
                f"`{first.thread}` takes `{lock}` again while it holds it",
                notes=notes[:1],
                remedy="release it before, or let the caller take it",
            )
        case (Edge(handler=handler),):
            collector.warning(
                INTERRUPTED,
                first.first,
                f"`{lock}` is held with interrupts on, and the interrupt `{handler}` takes it on "
                "the same processor",
                notes=notes[1:],
                remedy="`disable` before it is taken, and `enable` after it is released",
            )
        case _:
            names = [f"`{edge.held.lock}`" for edge in circle]
            collector.warning(
                CIRCLE,
                first.second,
                f"{', '.join(names[:-1])} and {names[-1]} are taken in a circle",
                notes=notes,
                remedy="take them in one order everywhere; `lock order` says in which",
            )


def _notes(edge: Edge) -> tuple[Note, Note]:
    taker = f"`{edge.thread}`" if edge.handler is None else f"the interrupt `{edge.handler}`"
    return (
        Note(edge.first, f"`{edge.thread}` takes `{edge.held.lock}` here"),
        Note(edge.second, f"while it holds it, {taker} waits for `{edge.wanted.lock}` here"),
    )


def _report_order(edges: Iterable[Edge], orders: Iterable[Order], collector: Collector) -> None:
    declared = {(order.first, order.second): order for order in orders}
    found: dict[tuple[str, str, Span], Edge] = {}
    for edge in edges:
        if (edge.wanted.lock, edge.held.lock) in declared:
            found.setdefault((edge.wanted.lock, edge.held.lock, edge.second), edge)
    for (before, after, site), edge in found.items():
        order = declared[before, after]
        collector.warning(
            AGAINST_ORDER,
            site,
            f"`{before}` is taken while `{after}` is held, against the declared order",
            notes=(_notes(edge)[0], Note(order.site, f"`{before}` comes before `{after}`")),
            remedy=f"take `{before}` first",
        )


# --- balance --------------------------------------------------------------------------------------


def _report_balance(thread: Thread, found: Walk, collector: Collector) -> None:
    for (hold, site), cases in found.releases.items():
        if True not in cases:
            collector.warning(
                NOT_HELD,
                site,
                f"`{thread.name}` releases `{hold.lock}` here and never holds it",
                remedy="take it before, in the same mode",
            )
    endings = found.at.get(thread.flow.end, set())
    if endings and all(ending.is_off for ending in endings):
        collector.warning(
            NOT_HELD,
            thread.site,
            f"`{thread.name}` ends with interrupts off",
            remedy="`enable` them on every way",
        )
    always = [ending.held for ending in endings]
    for held in frozenset.intersection(*always) if always else ():
        collector.warning(
            NOT_HELD,
            held.site,
            f"`{thread.name}` takes `{held.hold.lock}` here and ends with it",
            remedy="release it on every way",
        )


# --- waiting --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Vain:
    """A thread waits with a lock held that all who could end the waiting hold as well."""

    thread: str
    lock: str
    taken: Span
    site: Span
    write: Span

    def report(self, collector: Collector) -> None:
        collector.warning(
            WAITS_IN_VAIN,
            self.site,
            f"`{self.thread}` waits here with `{self.lock}` held, which all need who could end the "
            "waiting",
            notes=(
                Note(self.taken, f"`{self.lock}` is taken here"),
                Note(self.write, "this could end the waiting"),
            ),
            remedy=f"release `{self.lock}` before waiting, and look again afterwards",
        )


def _vain(
    threads: Sequence[Thread],
    walks: Mapping[str, Walk],
    uses: Mapping[str, Use],
    others: Set[Variable],
) -> Iterator[_Vain]:
    writes = [
        (thread, node, variable)
        for thread in threads
        for node in walks[thread.name].at
        if isinstance(node.operation, Do)
        for variable in _written(node.operation.effect)
    ]
    for thread in threads:
        for node, holdings in walks[thread.name].at.items():
            if not isinstance(node.operation, Wait) or _is_inside(node, uses):
                continue
            wanted = _shared(variables_read(node.operation.condition))
            ends = [
                (writer, where)
                for writer, where, variable in writes
                if variable in wanted and not (writer is thread and thread.is_single)
            ]
            held = frozenset.intersection(*(holding.held for holding in holdings))
            for each in sorted(held, key=lambda each: each.hold):
                lock = each.hold
                locked = all(
                    any(lock.excludes(hold) for hold in holding.holds)
                    for writer, where in ends
                    for holding in walks[writer.name].at[where]
                )
                if ends and locked and not wanted & others:
                    at = ends[0][1].site
                    yield _Vain(thread.name, lock.lock, each.site, node.site, at)


def _is_inside(node: Node, uses: Mapping[str, Use]) -> bool:
    """Tell whether a node belongs to a procedure of a lock."""
    call = node.call
    while call is not None:
        if call.place in uses:
            return True
        call = call.outer
    return False


def _shared(variables: Iterable[Variable]) -> frozenset[Variable]:
    return frozenset(each for each in variables if each.role is Role.SHARED)


def _written(effect: Effect) -> Iterator[Variable]:
    pending = [effect]
    while pending:
        each = pending.pop()
        pending += parts(each)
        if isinstance(each, Assign):
            yield each.place.variable


def written(effects: Iterable[Effect]) -> frozenset[Variable]:
    """Return the variables that effects assign."""
    return frozenset(variable for effect in effects for variable in _written(effect))


def closed(orders: Iterable[Order]) -> tuple[Order, ...]:
    """Return the orders and all that follow from them; `a < a` is among them for a circle."""
    found = {(each.first, each.second): each for each in orders}
    names = sorted({name for pair in found for name in pair})
    for middle in names:
        for first in names:
            for second in names:
                through = found.get((first, middle)), found.get((middle, second))
                if through[0] is not None and through[1] is not None:
                    found.setdefault((first, second), Order(first, second, through[1].site))
    return tuple(found.values())
