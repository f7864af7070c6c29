"""Expressions as text, in the notation of the language.

What the system carries is not what the author wrote (functions are inlined, conversions inserted,
`where` dissolved), so the text is one that means the same: conversions between a type and its
option, or between integer ranges, are left out as the author leaves them out; equality with a
control point becomes `worker[Cpu0] at critical`. Locals whose value is given are shown as that
value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, assert_never

from checker.model.ir import (
    And,
    Apply,
    Conditional,
    Construct,
    Field,
    Fold,
    Implies,
    Index,
    Let,
    Literal,
    LocalRef,
    MapOf,
    Op,
    Or,
    Quantifier,
    Read,
    ReadOld,
    Role,
    SetFilter,
)
from checker.model.types import (
    EnumType,
    IntType,
    MapType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    TupleType,
    describe,
    show,
)
from grammar.operators import (
    BINARY,
    COMPARISON_LEVEL,
    NEGATION_LEVEL,
    NOT_LEVEL,
    POSTFIX_LEVEL,
    RANGE_LEVEL,
    Grouping,
)

if TYPE_CHECKING:
    from checker.model.ir import Expr, Local, Place, Variable
    from checker.model.system import Process
    from checker.model.types import Value

_INVISIBLE: Final = frozenset({Op.WRAP, Op.UNWRAP, Op.CONVERT})
_CALLS: Final = frozenset(
    {
        Op.SIZE,
        Op.LEN,
        Op.FIRST,
        Op.LAST,
        Op.REST,
        Op.FRONT,
        Op.APPEND,
        Op.CONCAT,
        Op.ELEMENTS,
    }
)
_NEGATED: Final = {Op.EQ: "!=", Op.IN: "not in"}
_OPEN_LEVEL: Final = 0
"""Quantifiers, `if` and `let` reach as far to the right as they can."""


@dataclass(frozen=True, slots=True)
class Words:
    """What the text may use besides the expression.

    Attributes:
        processes: name the places for `at`; without them a control point goes by its own name.
        values: values of locals, shown in their place.
    """

    processes: tuple[Process, ...] = ()
    values: Mapping[Local, Value] = field(default_factory=dict)


def render(expr: Expr, words: Words | None = None) -> str:
    """Return the expression as the language writes it."""
    return _text(expr, words or Words(), _OPEN_LEVEL)


def render_place(place: Place, words: Words | None = None) -> str:
    """Return the target of an assignment as the language writes it."""
    variable, path = place.variable, place.path
    text, of = variable.name, variable.type
    if path and isinstance(of, MapType) and _is_of_thread(variable, words or Words()):
        assert not isinstance(path[0], int)
        text = _thread_local(variable, render(path[0], words))
        path, of = path[1:], of.value
    for selector in path:
        match of:
            case RecordType(_, fields):
                assert isinstance(selector, int)
                text += f".{fields[selector][0]}"
                of = fields[selector][1]
            case TupleType(components):
                assert isinstance(selector, int)
                text += f".{selector}"
                of = components[selector]
            case MapType(_, element) | SeqType(_, element):
                assert not isinstance(selector, int)
                text += f"[{render(selector, words)}]"
                of = element
            case _:
                raise AssertionError(f"a path leads into a {describe(of)}")
    return text


def _text(expr: Expr, words: Words, level: int) -> str:
    """Render, in parentheses if the expression binds less tightly than `level`."""
    text, own = _leveled(expr, words)
    return text if own >= level else f"({text})"


def _leveled(expr: Expr, words: Words) -> tuple[str, int]:
    """Return the text and how tightly its outermost operator binds."""
    match expr:
        case Literal(value, of):
            text = show(of, value)
            return text, NEGATION_LEVEL if text.startswith("-") else POSTFIX_LEVEL
        case Read(variable):
            return variable.name, POSTFIX_LEVEL
        case ReadOld(variable):
            return f"old({variable.name})", POSTFIX_LEVEL
        case LocalRef(local, of):
            known = local in words.values
            return show(of, words.values[local]) if known else local.name, POSTFIX_LEVEL
        case Apply():
            return _applied(expr, words)
        case And(args):
            return _joined("and", args, words)
        case Or(args):
            return _joined("or", args, words)
        case Implies(left, right):
            return _binary("->", left, right, words)
        case Conditional(condition, then, otherwise):
            parts = (_text(part, words, _OPEN_LEVEL) for part in (condition, then, otherwise))
            return "if {} then {} else {}".format(*parts), _OPEN_LEVEL
        case Index(Read(variable) | ReadOld(variable) as base, key) if _is_of_thread(
            variable, words
        ):
            text = _thread_local(variable, _text(key, words, _OPEN_LEVEL))
            return f"old({text})" if isinstance(base, ReadOld) else text, POSTFIX_LEVEL
        case Index(base, key):
            inside = _text(key, words, _OPEN_LEVEL)
            return f"{_text(base, words, POSTFIX_LEVEL)}[{inside}]", POSTFIX_LEVEL
        case Field(base, index):
            return f"{_text(base, words, POSTFIX_LEVEL)}.{_component(base, index)}", POSTFIX_LEVEL
        case Fold():
            return _folded(expr, words), _OPEN_LEVEL
        case Construct(parts, of):
            return _constructed(
                of, [_text(part, words, _OPEN_LEVEL) for part in parts]
            ), POSTFIX_LEVEL
        case SetFilter():
            return _filtered(expr, words), POSTFIX_LEVEL
        case MapOf(local, body):
            inside = _text(body, words, _OPEN_LEVEL)
            return f"[{local.name}: {describe(local.type)} => {inside}]", POSTFIX_LEVEL
        case Let(local, value, body):
            bound = f"{local.name} = {_text(value, words, _OPEN_LEVEL)}"
            return f"let {bound} in {_text(body, words, _OPEN_LEVEL)}", _OPEN_LEVEL
        case _:
            assert_never(expr)


# --- operators ------------------------------------------------------------------------------------


def _applied(expr: Apply, words: Words) -> tuple[str, int]:
    if expr.op in _INVISIBLE:
        return _leveled(expr.args[0], words)
    if expr.op in _CALLS:
        inside = ", ".join(_text(arg, words, _OPEN_LEVEL) for arg in expr.args)
        return f"{expr.op.value}({inside})", POSTFIX_LEVEL
    control = _control_predicate(expr, words)
    if control is not None:
        return control
    if expr.op is Op.NEG:
        return f"-{_text(expr.args[0], words, NEGATION_LEVEL)}", NEGATION_LEVEL
    if expr.op is Op.NOT:
        return _negated(expr.args[0], words)
    if expr.op is Op.RANGE:
        low, high = (_text(arg, words, RANGE_LEVEL + 1) for arg in expr.args)
        return f"{low}..{high}", RANGE_LEVEL
    return _binary(expr.op.value, expr.args[0], expr.args[1], words)


def _negated(operand: Expr, words: Words) -> tuple[str, int]:
    if (
        isinstance(operand, Apply)
        and operand.op in _NEGATED
        and _control_predicate(operand, words) is None
    ):
        return _binary(_NEGATED[operand.op], operand.args[0], operand.args[1], words)
    return f"not {_text(operand, words, NOT_LEVEL)}", NOT_LEVEL


def _binary(text: str, left: Expr, right: Expr, words: Words) -> tuple[str, int]:
    row = BINARY[text]
    at_left = row.level if row.grouping is Grouping.LEFT else row.level + 1
    at_right = row.level if row.grouping is Grouping.RIGHT else row.level + 1
    return f"{_text(left, words, at_left)} {text} {_text(right, words, at_right)}", row.level


def _joined(text: str, args: tuple[Expr, ...], words: Words) -> tuple[str, int]:
    if not args:
        return ("true" if text == "and" else "false"), POSTFIX_LEVEL
    if len(args) == 1:
        return _leveled(args[0], words)
    level = BINARY[text].level
    return f" {text} ".join(_text(arg, words, level + 1) for arg in args), level


# --- locals of processes --------------------------------------------------------------------------


def _is_of_thread(variable: Variable, words: Words) -> bool:
    """Tell whether a variable holds one value for each thread of a process."""
    return variable.role is Role.LOCAL and any(
        process.name == variable.owner and process.index is not None for process in words.processes
    )


def _thread_local(variable: Variable, key: str) -> str:
    """Return how properties name a thread's local: `worker[Cpu0].pred`."""
    return f"{variable.owner}[{key}].{variable.name.removeprefix(f'{variable.owner}.')}"


# --- control points -------------------------------------------------------------------------------


def _control_predicate(expr: Apply, words: Words) -> tuple[str, int] | None:
    """Render `control = point` and `control in {points}` with `at`; None when it is neither."""
    if expr.op not in {Op.EQ, Op.IN}:
        return None
    subject, target = expr.args
    if expr.op is Op.EQ and isinstance(subject, Literal):
        subject, target = target, subject
    process = _control_subject(subject, words)
    points = _literal_points(target) if expr.op is Op.IN else _literal_point(target)
    if process is None or points is None:
        return None
    owner, text, is_old = process
    tests = [f"{text} at {place}" for place in _places(owner, points, words)]
    if is_old:
        return f"old({' or '.join(tests)})", POSTFIX_LEVEL
    return " or ".join(tests), COMPARISON_LEVEL if len(tests) == 1 else BINARY["or"].level


def _control_subject(expr: Expr, words: Words) -> tuple[str, str, bool] | None:
    """Return the process's name, the text before `at`, and whether the state before is meant."""
    match expr:
        case Read(variable) | ReadOld(variable) if variable.role is Role.CONTROL:
            owner = variable.owner or variable.name
            return owner, owner, isinstance(expr, ReadOld)
        case Index(Read() | ReadOld() as base, key):
            process = _control_subject(base, words)
            if process is None:
                return None
            owner, text, is_old = process
            return owner, f"{text}[{_text(key, words, _OPEN_LEVEL)}]", is_old
        case _:
            return None


def _literal_point(expr: Expr) -> frozenset[str] | None:
    match expr:
        case Literal(str() as point):
            return frozenset({point})
        case _:
            return None


def _literal_points(expr: Expr) -> frozenset[str] | None:
    match expr:
        case Literal(frozenset() as points):
            return frozenset(str(point) for point in points) or None
        case Construct(parts):
            found = [point for part in parts for point in _literal_point(part) or ()]
            return frozenset(found) if found and len(found) == len(parts) else None
        case _:
            return None


def _places(owner: str, points: frozenset[str], words: Words) -> tuple[str, ...]:
    """Return the one place that covers exactly these points, or else the points by name."""
    covers: dict[str, set[str]] = {}
    for process in words.processes:
        if process.name == owner:
            for point in process.points:
                for place in point.places:
                    covers.setdefault(place, set()).add(point.name)
    exact = [place for place, covered in covers.items() if covered == points]
    # A label is better than the procedure around it.
    best = min(exact, key=lambda place: (place not in points, place), default=None)
    return tuple(sorted(points)) if best is None else (best,)


# --- binders and constructors ---------------------------------------------------------------------


def _folded(expr: Fold, words: Words) -> str:
    names = [expr.local.name]
    body = expr.body
    while (
        expr.domain is None
        and expr.quantifier in {Quantifier.FORALL, Quantifier.EXISTS}
        and isinstance(body, Fold)
        and body.quantifier is expr.quantifier
        and body.domain is None
        and body.local.type == expr.local.type
    ):
        names.append(body.local.name)
        body = body.body
    binder = _binder(", ".join(names), expr.local, expr.domain, words)
    return f"{expr.quantifier.value} {binder}. {_text(body, words, _OPEN_LEVEL)}"


def _binder(names: str, local: Local, domain: Expr | None, words: Words) -> str:
    if domain is None:
        return f"{names}: {describe(local.type)}"
    return f"{names} in {_text(domain, words, COMPARISON_LEVEL + 1)}"


def _filtered(expr: SetFilter, words: Words) -> str:
    binder = _binder(expr.local.name, expr.local, expr.domain, words)
    condition = ""
    if not (isinstance(expr.condition, Literal) and expr.condition.value is True):
        condition = f" where {_text(expr.condition, words, _OPEN_LEVEL)}"
    is_plain = isinstance(expr.image, LocalRef) and expr.image.local is expr.local
    if is_whole(expr):
        return describe(expr.local.type)
    if is_plain and expr.domain is None:
        return f"{{{binder}{condition}}}"
    return f"{{{_text(expr.image, words, _OPEN_LEVEL)} for {binder}{condition}}}"


def is_whole(expr: SetFilter) -> bool:
    """Tell whether the set holds every value of a type whose name stands for that set."""
    return (
        expr.domain is None
        and isinstance(expr.local.type, SortType | EnumType | IntType)
        and isinstance(expr.condition, Literal)
        and expr.condition.value is True
        and isinstance(expr.image, LocalRef)
        and expr.image.local is expr.local
    )


def _constructed(of: SetType | SeqType | RecordType | TupleType, parts: list[str]) -> str:
    match of:
        case SetType():
            return f"{{{', '.join(parts)}}}"
        case SeqType():
            return f"[{', '.join(parts)}]"
        case RecordType(name, fields):
            named = (f"{f} = {part}" for (f, _), part in zip(fields, parts, strict=True))
            return f"{name}({', '.join(named)})"
        case TupleType():
            return f"({', '.join(parts)})"
        case _:
            assert_never(of)


def _component(base: Expr, index: int) -> str:
    return base.type.fields[index][0] if isinstance(base.type, RecordType) else str(index)
