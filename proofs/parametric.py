"""Does a system fit view abstraction: can each of its steps be seen in a part of the elements?

A state of many elements is looked at through a few of them. For that, everything that belongs to an
element must stand in maps and sets over the sort, and no value may name an element. A step must
then be possible in the part if it is possible in the whole, and do the same there. What speaks of
all elements (`forall`) stays true in a part; what speaks of some (`exists`) does so only if one of
those elements is in it. So a condition *needs* a number of witnesses to be true, and another number
to be false; what needs an unknown number does not fit, and the reason is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from checker.model.ir import (
    And,
    Apply,
    Assert,
    Assign,
    Bind,
    Choose,
    Conditional,
    Construct,
    Either,
    Fold,
    Guard,
    If,
    Implies,
    Let,
    Literal,
    LocalRef,
    MapOf,
    Op,
    Or,
    Quantifier,
    Read,
    ReadOld,
    Seq,
    SetFilter,
    While,
)
from checker.model.operators import integer, members
from checker.model.rewrite import children
from checker.model.system import PropertyKind
from checker.model.types import (
    BoolType,
    MapType,
    SetType,
    SortType,
    cardinality,
    elements,
    sorts_in,
)
from proofs.encode.expressions import can_fail

if TYPE_CHECKING:
    from checker.model.ir import Effect, Expr
    from checker.model.system import Action, System
    from checker.model.types import Type

Need: TypeAlias = "int | str"
"""How many witnesses; a reason if their number has no bound."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a condition needs to be seen true, and to be seen false."""

    true: Need
    false: Need

    @property
    def either(self) -> Need:
        """What it needs to be seen as what it is."""
        return _most((self.true, self.false))


NOTHING: Final = Needs(0, 0)


@dataclass(frozen=True, slots=True)
class Fitting:
    """The system fits.

    Attributes:
        sort: the sort of any size.
        step: elements that one step may name or need.
        claim: elements that are needed to see that a claim is broken.
    """

    sort: SortType
    step: int
    claim: int


@dataclass(frozen=True, slots=True)
class Unfit:
    """The system does not fit, for this reason."""

    reason: str


def fitting(system: System) -> Fitting | Unfit:
    """Tell whether and how a system fits view abstraction."""
    match system.sorts:
        case (sort,):
            pass
        case ():
            return Unfit("no sort has a size that could vary")
        case _:
            return Unfit("more than one sort has a size that could vary")
    if system.sized:
        return Unfit(f"a constant at {system.sized[0]} depends on the size of a sort")
    for variable in system.variables:
        if not is_per_element(variable.type):
            return Unfit(f"`{variable.name}` holds elements of `{sort.name}`")
    needs = [("init", _effect(system.init)), *((a.name, _step(a)) for a in system.actions)]
    for name, need in needs:
        if isinstance(need, str):
            return Unfit(f"{name}: {need}")
    step = _most(need for _, need in needs)
    claims = list(_claims(system, step))
    for name, need in claims:
        if isinstance(need, str):
            return Unfit(f"{name}: {need}")
    claim = _most(need for _, need in claims)
    assert isinstance(step, int)
    assert isinstance(claim, int)
    return Fitting(sort, step, claim)


def is_per_element(of: Type) -> bool:
    """Tell whether a variable of the type has one value for each element, or one for all."""
    match of:
        case MapType(SortType(), value):
            return not sorts_in(value)
        case SetType(SortType()):
            return True
        case _:
            return not sorts_in(of)


def _claims(system: System, step: Need) -> Iterator[tuple[str, Need]]:
    for prop in system.properties:
        for conjunct in prop.conjuncts:
            broken = condition(conjunct.expression).false
            if prop.kind is PropertyKind.INVARIANT:
                yield conjunct.name, broken
            elif prop.kind is PropertyKind.STEP:
                yield conjunct.name, _all((step, broken))


# --- arithmetic of needs --------------------------------------------------------------------------


def _all(needs: Iterable[Need]) -> Need:
    total = 0
    for need in needs:
        if isinstance(need, str):
            return need
        total += need
    return total


def _most(needs: Iterable[Need]) -> Need:
    most = 0
    for need in needs:
        if isinstance(need, str):
            return need
        most = max(most, need)
    return most


def _times(count: int, need: Need) -> Need:
    return need if isinstance(need, str) else count * need


# --- conditions -----------------------------------------------------------------------------------


def condition(expr: Expr) -> Needs:
    """Return what a condition needs."""
    match expr:
        case And(args):
            parts = [condition(arg) for arg in args]
            return Needs(_all(p.true for p in parts), _most(p.false for p in parts))
        case Or(args):
            parts = [condition(arg) for arg in args]
            return Needs(_most(p.true for p in parts), _all(p.false for p in parts))
        case Implies(left, right):
            one, two = condition(left), condition(right)
            return Needs(_most((one.false, two.true)), _all((one.true, two.false)))
        case Conditional(test, then, otherwise):
            one, two, three = condition(test), condition(then), condition(otherwise)
            return Needs(
                _most((_all((one.true, two.true)), _all((one.false, three.true)))),
                _most((_all((one.true, two.false)), _all((one.false, three.false)))),
            )
        case Fold(Quantifier.FORALL | Quantifier.EXISTS):
            return _quantified(expr)
        case Apply(Op.NOT, (arg,)):
            inner = condition(arg)
            return Needs(inner.false, inner.true)
        case Apply(op, args):
            return _applied(op, args)
        case Let(_, value, body):
            inner = condition(body)
            first = plain(value)
            return Needs(_all((first, inner.true)), _all((first, inner.false)))
        case _:
            need = plain(expr)
            return Needs(need, need)


def _quantified(fold: Fold) -> Needs:
    inner = condition(fold.body)
    domain = 0 if fold.domain is None else container(fold.domain)
    if not isinstance(fold.local.type, SortType):
        if sorts_in(fold.local.type):
            return _unbounded(f"`{fold.quantifier.value}` runs over more than single elements")
        count = cardinality(fold.local.type)
        every = Needs(_times(count, inner.true), inner.false)
        some = Needs(inner.true, _times(count, inner.false))
        found = every if fold.quantifier is Quantifier.FORALL else some
        return Needs(_all((domain, found.true)), _all((domain, found.false)))
    if can_fail(fold.body):
        return _unbounded("what is said of all elements may have no value for one of them")
    if fold.quantifier is Quantifier.FORALL:
        return Needs(_for_each(inner.true, domain), _all((1, domain, inner.false)))
    return Needs(_all((1, domain, inner.true)), _for_each(inner.false, domain))


def _for_each(need: Need, domain: Need) -> Need:
    """Return what is needed if every element in sight must be judged as in the whole."""
    if need == 0:
        return domain
    if isinstance(need, str):
        return need
    return "for each element something is asked of another one"


def _unbounded(reason: str) -> Needs:
    return Needs(reason, reason)


def _applied(op: Op, args: tuple[Expr, ...]) -> Needs:
    if any(map(_is_count, args)):
        return _counted(op, args)
    if op is Op.IFF or (op is Op.EQ and isinstance(args[0].type, BoolType)):
        need = _all(condition(arg).either for arg in args)
        return Needs(need, need)
    if op in {Op.EQ, Op.SUBSET} and any(sorts_in(arg.type) for arg in args):
        if isinstance(args[0].type, SortType):
            return NOTHING if all(map(_is_named, args)) else _unbounded("an element is computed")
        inner = _all(map(container, args))
        return Needs(inner, _all((1, inner)))
    if op is Op.IN and sorts_in(args[0].type):
        need = container(args[1]) if _is_named(args[0]) else "an element is computed"
        return Needs(need, need)
    need = _all(map(plain, args))
    return Needs(need, need)


# --- numbers of elements --------------------------------------------------------------------------


def _is_count(expr: Expr) -> bool:
    match expr:
        case Apply(Op.SIZE, (counted,)):
            return bool(sorts_in(counted.type))
        case Fold(Quantifier.COUNT | Quantifier.SUM, local):
            return bool(sorts_in(local.type))
        case _:
            return False


def _counted(op: Op, args: tuple[Expr, ...]) -> Needs:
    """Return what the comparison of a number of elements with a constant needs."""
    if op not in {Op.EQ, Op.LT, Op.LE} or len(args) != 2:
        return _unbounded("a number of elements is computed with")
    at = 0 if _is_count(args[0]) else 1
    counted, bound = args[at], args[1 - at]
    if not isinstance(bound, Literal):
        return _unbounded("a number of elements is compared with something not constant")
    inner = _each_counted(counted)
    if inner != 0:
        return _unbounded(inner if isinstance(inner, str) else "what is counted asks for others")
    limit = integer(bound.value)
    # So many elements must be seen to tell that there are as many as are asked for.
    match op, at:
        case Op.EQ, _:
            return Needs(max(limit, 0), max(limit + 1, 0))
        case Op.LE, 0:
            return Needs(0, max(limit + 1, 0))
        case Op.LT, 0:
            return Needs(0, max(limit, 0))
        case Op.LE, _:
            return Needs(max(limit, 0), 0)
        case _:
            return Needs(max(limit + 1, 0), 0)


def _each_counted(counted: Expr) -> Need:
    match counted:
        case Apply(Op.SIZE, (whole,)):
            return container(whole)
        case Fold(Quantifier.COUNT, local, domain, body) if isinstance(local.type, SortType):
            if can_fail(body):
                return "what is counted may have no value"
            inner = 0 if domain is None else container(domain)
            return _all((inner, condition(body).either))
        case _:
            return "numbers are added up over all elements"


# --- values ---------------------------------------------------------------------------------------


def _is_named(expr: Expr) -> bool:
    """Tell whether an element is one that the step or a quantifier has named."""
    return isinstance(expr, LocalRef) and isinstance(expr.type, SortType)


def plain(expr: Expr) -> Need:
    """Return what a value that names no element needs, to be the same in the part."""
    if sorts_in(expr.type):
        if isinstance(expr.type, SortType):
            return 0 if _is_named(expr) else "an element is computed"
        return container(expr)
    if _is_count(expr):
        return "a number of elements is computed with"
    match expr:
        case Fold(Quantifier.MIN | Quantifier.MAX, local) if sorts_in(local.type):
            return "the least or greatest over all elements is computed"
        case SetFilter(local) | MapOf(local) if sorts_in(local.type):
            return "values of all elements are gathered"
        case _ if isinstance(expr.type, BoolType) and _has_condition(expr):
            return condition(expr).either
        case _:
            return _all(map(plain, children(expr)))


def _has_condition(expr: Expr) -> bool:
    match expr:
        case Fold() | And() | Or() | Implies() | Conditional() | Apply() | Let():
            return bool(children(expr)) and not _is_strict_leaf(expr)
        case _:
            return False


def _is_strict_leaf(expr: Expr) -> bool:
    """Tell whether an operator compares plain values: `condition` would come back to `plain`."""
    return isinstance(expr, Apply) and expr.op not in {Op.NOT, Op.IFF, Op.EQ, Op.SUBSET, Op.IN}


def container(expr: Expr) -> Need:
    """Return what a set or map over elements needs, to be the same as far as one can see."""
    match expr:
        case Read() | ReadOld() | LocalRef():
            return 0 if is_per_element(expr.type) else "a value holds elements"
        case Literal(value, of):
            return _constant(value, of)
        case Apply(Op.UNION | Op.INTERSECT | Op.MINUS, args):
            return _all(map(container, args))
        case Construct(parts):
            return 0 if all(map(_is_named, parts)) else "an element is computed"
        case SetFilter(local, domain, test, image):
            is_own = isinstance(image, LocalRef) and image.local is local
            if not is_own or not isinstance(local.type, SortType) or can_fail(test):
                return "a set is made of computed elements"
            inner = 0 if domain is None else container(domain)
            return _for_each(condition(test).either, inner)
        case MapOf(local, body):
            if not isinstance(local.type, SortType) or can_fail(body):
                return "a map is computed"
            return _for_each(plain(body), 0)
        case Conditional(test, then, otherwise):
            return _all((condition(test).either, container(then), container(otherwise)))
        case Let(_, value, body):
            return _all((plain(value), container(body)))
        case _:
            return "elements are computed"


def _constant(value: object, of: Type) -> Need:
    match of:
        case SetType(SortType() as sort):
            assert isinstance(value, frozenset)
            is_uniform = not value or len(members(value)) == len(tuple(elements(sort)))
        case MapType(SortType(), inner):
            assert isinstance(value, tuple)
            is_uniform = len(set(value)) == 1 and not sorts_in(inner)
        case _:
            is_uniform = False
    return 0 if is_uniform else "a constant tells elements apart"


# --- steps ----------------------------------------------------------------------------------------


def _step(action: Action) -> Need:
    params = [_picked(local.type) for local in action.params]
    return _all((*params, condition(action.guard).true, _effect(action.body)))


def _picked(of: Type) -> Need:
    """Return what an unknown of a step adds to the elements that it names."""
    if isinstance(of, SortType):
        return 1
    return "a step chooses more than single elements" if sorts_in(of) else 0


def _effect(effect: Effect) -> Need:
    match effect:
        case Seq(effects):
            return _all(map(_effect, effects))
        case Assign(place, value):
            keys = [plain(key) for key in place.path if not isinstance(key, int)]
            return _all((*keys, plain(value)))
        case Bind(_, value):
            return plain(value)
        case If(test, then, otherwise):
            needs = condition(test)
            first = _all((needs.true, _effect(then)))
            return _most((first, _all((needs.false, _effect(otherwise)))))
        case While(test, body):
            need = _all((condition(test).either, _effect(body)))
            return need if need == 0 or isinstance(need, str) else "a loop names elements"
        case Choose(local, domain, body):
            inside = 0 if domain is None else container_or_plain(domain)
            return _all((_picked(local.type), inside, _effect(body)))
        case Either(branches):
            return _most(map(_effect, branches))
        case Guard(test):
            return condition(test).true
        case Assert(test):
            return condition(test).either


def container_or_plain(domain: Expr) -> Need:
    """Return what a set needs, be it one of elements or of other values."""
    return container(domain) if sorts_in(domain.type) else plain(domain)
