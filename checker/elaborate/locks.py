"""Locks that are declared as such: a ghost that follows them, and what must never happen.

`lock order A < B` makes three things. The code of every process records, in a ghost of its own,
which locks each thread holds: they are taken when control comes out of `acquire`, and gone when it
comes out of `release`. The invariant `locks.no_deadlock` says that there is no circle of threads of
which each is inside the `acquire` of a lock that the next one holds: with spin locks that is no
state without steps, and nothing else would call it a deadlock. And `checker.discipline` reads off
the code where such circles can be closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import TYPE_CHECKING, Final

from checker.discipline.codes import CIRCULAR_ORDER, NO_LOCK
from checker.discipline.locks import Hold, Kind, Use, use_of
from checker.discipline.report import Order, Thread, check, closed, written
from checker.elaborate.context import Build, Context, LockUse, ProcessState
from checker.elaborate.interrupts import is_handler, mask_of
from checker.elaborate.scope import Entity
from checker.elaborate.state import Initial
from checker.model import terms
from checker.model.ir import Assign, Fold, Op, Place, Quantifier, Role, Variable
from checker.model.sizes import count_up_to
from checker.model.system import Conjunct, Property, PropertyKind, control_type
from checker.model.types import BOOL, EnumType, MapType, SetType, Type, default
from checker.steps import atomicity, code
from checker.steps.flow import build_flow
from checker.steps.resting import decide
from grammar import syntax
from grammar.diagnostics import Collector, Note

if TYPE_CHECKING:
    from checker.model.ir import Expr, Local
    from checker.model.system import Action, Process
    from checker.steps.code import Code

NAME: Final = "locks.no_deadlock"
TYPE: Final = "locks.Lock"


# --- the declaration ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Locks:
    """The locks of one system: what their procedures do, and all orders that are declared."""

    uses: Mapping[Entity, Use]
    orders: tuple[Order, ...]


def declare_locks(build: Build, entities: Iterable[Entity]) -> Locks:
    """Make known which procedures take and release locks."""
    found: dict[Entity, list[tuple[Entity, Use]]] = {}
    orders: list[Order] = []
    for entity in entities:
        decl = entity.decl
        if not isinstance(decl, syntax.LockOrderDecl):
            continue
        for chain in decl.chains:
            locks = [(path, _lock(build, path, entity)) for path in chain]
            for _, lock in locks:
                if lock is not None and lock not in found:
                    found[lock] = list(_procedures(lock))
            for (_, first), (path, second) in pairwise(locks):
                if first is not None and second is not None:
                    orders.append(Order(first.name, second.name, path.span))
    uses = {each: use for procedures in found.values() for each, use in procedures}
    of = EnumType(TYPE, tuple(map(str, sorted({use.hold for use in uses.values()}))))
    for procedure, use in uses.items():
        build.locks[procedure] = LockUse(use, of)
    return Locks(uses, _consistent(build, closed(orders)))


def _lock(build: Build, path: syntax.Path, where: Entity) -> Entity | None:
    """Return the object or import that a path names, if it is a lock."""
    first, *rest = path.parts
    found = where.scope.find(first.text)
    for part in rest:
        inner = found.inner if isinstance(found, Entity) else None
        found = None if inner is None else inner.own(part.text)
    if not isinstance(found, Entity):
        build.collector.error("K100", path.span, f"nothing is called `{path.text}` here")
        return None
    if found.inner is not None and found.inner.is_unknown:
        return None
    modes = {kind: set[bool]() for kind in Kind}
    for procedure, use in _procedures(found):
        decl = procedure.decl
        assert isinstance(decl, syntax.ProcedureDecl)
        modes[use.kind].add(use.hold.is_shared)
        if decl.parameters:
            _report_no_lock(build, path, found, f"`{procedure.name}` has parameters")
            return None
    takes = modes[Kind.ACQUIRE] | modes[Kind.TRY]
    if not takes or takes != modes[Kind.RELEASE]:
        _report_no_lock(build, path, found, "it lacks a procedure to take or to release it")
        return None
    return found


def _report_no_lock(build: Build, path: syntax.Path, found: Entity, why: str) -> None:
    build.collector.error(
        NO_LOCK,
        path.span,
        f"`{path.text}` is no lock: {why}",
        notes=(Note(found.span, "declared here"),),
        remedy="a lock has `acquire` and `release`, or `acquire_read`, `release_read`, "
        "`acquire_write` and `release_write`",
    )


def _procedures(lock: Entity) -> Iterator[tuple[Entity, Use]]:
    members = {} if lock.inner is None else lock.inner.names
    for name, member in members.items():
        use = use_of(name, lock.name)
        if use is not None and isinstance(member.decl, syntax.ProcedureDecl):
            yield member, use


def _consistent(build: Build, orders: tuple[Order, ...]) -> tuple[Order, ...]:
    for order in orders:
        if order.first == order.second:
            build.collector.error(
                CIRCULAR_ORDER,
                order.site,
                f"by what is declared, `{order.first}` comes before itself",
                remedy="break the circle",
            )
            return ()
    return orders


# --- what threads hold ----------------------------------------------------------------------------


def followed(
    build: Build, entity: Entity, inner: Code, result: Local | None, context: Context
) -> Code:
    """Return the code of a call, and that it takes or releases a lock if it does."""
    known = build.locks.get(entity)
    if known is None or context.process is None:
        return inner
    state = build.processes.get(context.process)
    if state is None:
        return inner
    variable = _holds(state, context.process, known.of)
    of = SetType(known.of)
    place = Place(variable, () if context.self_value is None else (context.self_value,), of)
    before: Expr = terms.read(build.terms, variable)
    if context.self_value is not None:
        before = terms.at_key(build.terms, before, context.self_value, of)
    one = terms.literal(build.terms, frozenset({str(known.use.hold)}), of)
    op = Op.MINUS if known.use.kind is Kind.RELEASE else Op.UNION
    after = terms.apply(build.terms, op, (before, one), of)
    if known.use.kind is Kind.TRY and result is not None and result.type == BOOL:
        was_taken = terms.reference(build.terms, result)
        after = terms.conditional(build.terms, was_taken, after, before, of)
    site = context.calls[-1].span if context.calls else entity.span
    return code.Block((inner, code.Do(Assign(place, after, site), False, site)), ())


def _holds(state: ProcessState, process: Entity, of: EnumType) -> Variable:
    if state.holds is None:
        whole: Type = SetType(of)
        if state.index is not None:
            whole = MapType(state.index, whole)
        name = "holds" if "holds" not in state.locals else "holds_"
        state.holds = Variable(f"{process.name}.{name}", whole, Role.GHOST, None, process.span)
    return state.holds


def holdings(build: Build, processes: Iterable[Entity]) -> list[Initial]:
    """Return the ghosts of the processes that take locks; at first they hold none."""
    found = []
    for entity in processes:
        state = build.processes.get(entity)
        if state is not None and state.holds is not None:
            value = terms.literal(build.terms, default(state.holds.type), state.holds.type)
            found.append(Initial(state.holds, entity, value))
    return found


# --- the invariant --------------------------------------------------------------------------------


def no_deadlock(
    build: Build, declared: Entity, locks: Locks, processes: Iterable[Entity]
) -> Property:
    """Return the invariant that no circle of threads is closed."""
    holds = sorted({use.hold for use in locks.uses.values()})
    states = [build.processes[each] for each in processes]
    edges = {
        (a, b): edge
        for a, b in product(holds, holds)
        if not terms.is_constantly(edge := _edge(build, locks, (a, b), states), False)
    }
    expression = _without_circle(build, holds, edges)
    site = declared.decl.span
    doc = declared.decl.doc or "No threads wait for one another's locks in a circle."
    return Property(PropertyKind.INVARIANT, NAME, (Conjunct(NAME, expression, site),), doc, site)


def _edge(
    build: Build, locks: Locks, pair: tuple[Hold, Hold], states: Iterable[ProcessState]
) -> Expr:
    """Return whether a thread that has the first is kept waiting by those who have the second."""
    held, next_ = pair
    found = []
    for state in states:
        if state.holds is None or state.process is None:
            continue
        waiting = [state.process]
        waiting += [p for each in state.handlers if (p := build.processes[each].process)]
        local = None if state.index is None else terms.fresh("thread", state.index)
        key = None if local is None else terms.reference(build.terms, local)
        waits = terms.disjunction(
            build.terms, tuple(_waits(build, locks, process, next_, key) for process in waiting)
        )
        if terms.is_constantly(waits, False):
            continue
        has: Expr = terms.read(build.terms, state.holds)
        of = state.holds.type
        if key is not None:
            assert isinstance(of, MapType)
            of = of.value
            has = terms.at_key(build.terms, has, key, of)
        assert isinstance(of, SetType)
        lock = terms.literal(build.terms, str(held), of.element)
        both = terms.conjunction(build.terms, (waits, terms.member(build.terms, lock, has)))
        if local is not None:
            both = build.terms.intern(Fold(Quantifier.EXISTS, local, None, both, BOOL))
        found.append(both)
    return terms.disjunction(build.terms, tuple(found))


def _waits(build: Build, locks: Locks, process: Process, next_: Hold, key: Expr | None) -> Expr:
    """Return whether a thread is inside a procedure that waits until `next_` is given up."""
    names = {
        procedure.name
        for procedure, use in locks.uses.items()
        if use.kind is Kind.ACQUIRE and use.hold.excludes(next_)
    }
    points = frozenset(point.name for point in process.points if point.places & names)
    if not points:
        return terms.truth_value(build.terms, False)
    of = control_type(process)
    control: Expr = terms.read(build.terms, process.control)
    if key is not None:
        control = terms.at_key(build.terms, control, key, of)
    return terms.member(build.terms, control, terms.literal(build.terms, points, SetType(of)))


def _without_circle(
    build: Build, holds: Sequence[Hold], edges: dict[tuple[Hold, Hold], Expr]
) -> Expr:
    """Return that the edges close no circle, by the algorithm of Roy and Warshall (1962)."""
    lets: list[tuple[Local, Expr]] = []

    def named(text: str, value: Expr) -> Expr:
        # The explanation of a violation shows these names.
        local = terms.fresh(text.replace(".", "_").replace(" ", "_"), BOOL)
        lets.append((local, value))
        return terms.reference(build.terms, local)

    def waits(first: Hold, second: Hold) -> str:
        return f"{first} waits for {'itself' if first == second else second}"

    def leads(first: Hold, second: Hold) -> str:
        return f"{first} is in a circle" if first == second else f"{first} leads to {second}"

    reached = {pair: named(waits(*pair), edge) for pair, edge in edges.items()}
    for middle in holds:
        for first, second in product(holds, holds):
            if middle in {first, second}:
                continue
            onward = reached.get((first, middle)), reached.get((middle, second))
            if onward[0] is None or onward[1] is None:
                continue
            through = terms.conjunction(build.terms, (onward[0], onward[1]))
            before = reached.get((first, second))
            ways = (through,) if before is None else (before, through)
            whole = terms.disjunction(build.terms, ways)
            reached[first, second] = named(leads(first, second), whole)
    circles = tuple(value for (a, b), value in reached.items() if a == b)
    result = terms.negation(build.terms, terms.disjunction(build.terms, circles))
    for local, value in reversed(lets):
        result = terms.let(build.terms, local, value, result)
    return result


# --- the code as text -----------------------------------------------------------------------------


def check_discipline(
    build: Build,
    locks: Locks,
    codes: Iterable[tuple[Entity, Code, Local | None]],
    actions: Iterable[Action],
) -> None:
    """Look for what can go wrong with locks in the code of a system's processes."""
    uses = {entity.name: use for entity, use in locks.uses.items()}
    threads = [_thread(build, entity, found, self_local) for entity, found, self_local in codes]
    others = written(action.body for action in actions)
    check(threads, uses, locks.orders, others, build.collector)


def _thread(build: Build, entity: Entity, found: Code, self_local: Local | None) -> Thread:
    state = build.processes[entity]
    silent = Collector()  # what is to be said of the code was said when it was cut
    flow = build_flow(found, silent, is_sealed=False)
    resting = decide(flow, atomicity.Thread(entity.name, self_local), silent)
    return Thread(
        name=entity.name,
        site=entity.span,
        flow=flow,
        rests=frozenset(resting.points()),
        handlers=tuple(each.name for each in state.handlers),
        mask=mask_of(build, state),
        is_single=state.index is None or count_up_to(state.index, 2) == 1,
        is_handler=is_handler(entity),
    )
