"""The layout of expressions and types, whoever provides the tokens.

An `ExpressionPrinter` decides what is set on one line and where lines may break. It asks its
`Tokens` for every word and sign in the order of the text: those of `grammar.printer` are made up,
with as few parentheses as the grammar allows; those of `grammar.formatter` come from a text, with
its comments.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias, TypeVar, assert_never

from grammar import syntax
from grammar.layout import BLANK, NOTHING, Break, Layout, broken, group, hang, indent, join
from grammar.operators import (
    BINARY,
    COMPARISON_LEVEL,
    NEGATION_LEVEL,
    NOT_LEVEL,
    POSTFIX_LEVEL,
    RANGE_LEVEL,
    Grouping,
)

OPEN_LEVEL: Final = 0
"""Where any expression can stand."""

_ATOM_LEVEL: Final = POSTFIX_LEVEL + 1
_CONNECTIVES: Final = frozenset({"and", "or", "->", "<->", "~>", "until"})

Bracketable: TypeAlias = syntax.Expr | syntax.TypeExpr
T = TypeVar("T")


class Tokens(Protocol):
    """Where words and signs come from."""

    def take(self, text: str) -> Layout:
        """Set the next token; a text may spell it differently (`1_000` for `1000`)."""

    def sees(self, text: str, *, otherwise: bool) -> bool:
        """Whether the next token is `text`; `otherwise` where there is no text."""

    def starts_line(self) -> bool:
        """Whether the next token begins a line of the text."""

    def parentheses(self, node: Bracketable, *, needed: bool) -> int:
        """How many pairs of parentheses stand around a node."""


@dataclass(frozen=True, slots=True)
class Room:
    """What the surroundings of an expression demand of it.

    Attributes:
        level: the loosest level that needs no parentheses.
        is_last: nothing follows up to the next bracket or word, so it may reach to the right.
        is_plain: an `in` would be taken for that of `let x = ... in`.
    """

    level: int = OPEN_LEVEL
    is_last: bool = True
    is_plain: bool = False

    def left(self, level: int) -> Room:
        """The room left of an operator."""
        return Room(level, is_last=False, is_plain=self.is_plain)

    def right(self, level: int) -> Room:
        """The room right of an operator."""
        return Room(level, self.is_last, self.is_plain)


ANYWHERE: Final = Room()
_BASE: Final = Room(POSTFIX_LEVEL, is_last=False)


def level_of(node: syntax.Expr) -> int:
    """Return how tightly an expression holds together."""
    match node:
        case syntax.Binary(op):
            return BINARY[op].level
        case syntax.Unary(op):
            return NOT_LEVEL if op == "not" else NEGATION_LEVEL
        case syntax.At():
            return COMPARISON_LEVEL
        case syntax.RangeExpr():
            return RANGE_LEVEL
        case syntax.Taken():
            return COMPARISON_LEVEL
        case syntax.Quantified() | syntax.Conditional() | syntax.LetIn() | syntax.Temporal():
            return OPEN_LEVEL
        case _:
            return _ATOM_LEVEL


def _needs_parentheses(node: syntax.Expr, room: Room) -> bool:
    match node:
        case syntax.Quantified() | syntax.Conditional() | syntax.LetIn() | syntax.Temporal():
            return not room.is_last
        case syntax.Binary("in" | "not in") if room.is_plain:
            return True
        case _:
            return level_of(node) < room.level


def _begins_like_named(node: syntax.Expr) -> bool:
    """Whether an argument, set without parentheses, would be read as `name = value`."""
    while isinstance(node, syntax.Binary):
        row = BINARY[node.op]
        if node.op == "=" and isinstance(node.left, syntax.NameRef):
            return True
        if _needs_parentheses(node.left, ANYWHERE.left(_left_level(row.level, row.grouping))):
            return False
        node = node.left
    return False


def _hugs(node: syntax.Expr) -> bool:
    """Whether an expression ends in brackets that may break, and breaks best there."""
    match node:
        case syntax.Call() | syntax.TupleLit() | syntax.SetLit() | syntax.SeqLit():
            return True
        case syntax.SetComprehension() | syntax.MapComprehension():
            return True
        case syntax.Binary(op, syntax.NameRef() | syntax.FieldAccess() | syntax.IndexAccess()):
            return op not in _CONNECTIVES and _hugs(node.right)
        case _:
            return False


def _left_level(level: int, grouping: Grouping) -> int:
    return level if grouping is Grouping.LEFT else level + 1


def _right_level(level: int, grouping: Grouping) -> int:
    return level if grouping is Grouping.RIGHT else level + 1


@dataclass(frozen=True, slots=True)
class ExpressionPrinter:
    """Sets expressions and types."""

    tokens: Tokens

    # --- names and lists --------------------------------------------------------------------------

    def name(self, name: syntax.Name) -> Layout:
        """Set one name."""
        return self.tokens.take(name.text)

    def path(self, path: syntax.Path) -> Layout:
        """Set a dotted name."""
        pieces = [self.name(path.parts[0])]
        for part in path.parts[1:]:
            pieces += [self.tokens.take("."), self.name(part)]
        return join(pieces)

    def words(self, *words: str) -> Layout:
        """Set tokens with blanks between them."""
        pieces: list[Layout] = []
        for word in words:
            pieces += [BLANK, self.tokens.take(word)] if pieces else [self.tokens.take(word)]
        return join(pieces)

    def listed(self, nodes: Sequence[T], setter: Callable[[T], Layout]) -> Layout:
        """Set nodes with commas between them; lines may break after a comma."""
        pieces: list[Layout] = []
        for node in nodes:
            if pieces:
                pieces += [self.tokens.take(","), Break.BLANK]
            pieces.append(setter(node))
        return join(pieces)

    def bracketed(
        self, opening: str, nodes: Sequence[T], setter: Callable[[T], Layout], closing: str
    ) -> Layout:
        """Set a list in brackets; on lines of its own if it does not fit."""
        start = self.tokens.take(opening)
        if not nodes:
            return join((start, self.tokens.take(closing)))
        inner = indent(Break.NOTHING, self.listed(nodes, setter))
        return group(start, inner, Break.NOTHING, self.tokens.take(closing))

    # --- types ------------------------------------------------------------------------------------

    def type(self, node: syntax.TypeExpr, *, is_element: bool = False) -> Layout:
        """Set a type; `is_element` says that a `?` follows."""
        match node:
            case (
                syntax.MapTypeExpr()
                | syntax.SetTypeExpr()
                | syntax.SeqTypeExpr()
                | syntax.RangeTypeExpr()
                | syntax.ModTypeExpr()
            ):
                needed = is_element
            case _:
                needed = False
        pairs = self.tokens.parentheses(node, needed=needed)
        return self._in_parentheses(pairs, lambda: self._bare_type(node))

    def _bare_type(self, node: syntax.TypeExpr) -> Layout:
        take = self.tokens.take
        match node:
            case syntax.BoolTypeExpr():
                return take("bool")
            case syntax.IntTypeExpr():
                return take("int")
            case syntax.NamedTypeExpr(path):
                return self.path(path)
            case syntax.RangeTypeExpr(low, high):
                return join((self._bound(low), take(".."), self._bound(high)))
            case syntax.ModTypeExpr(modulus):
                return join((take("mod"), BLANK, self._bound(modulus)))
            case syntax.OptionTypeExpr(element):
                return join((self.type(element, is_element=True), take("?")))
            case syntax.MapTypeExpr(key, value):
                return join((take("["), self.type(key), take("]"), BLANK, self.type(value)))
            case syntax.SetTypeExpr(element):
                return join((self.words("set", "of"), BLANK, self.type(element)))
            case syntax.SeqTypeExpr(bound, element):
                size = (take("seq"), take("["), self.expression(bound), take("]"), BLANK)
                return join((*size, take("of"), BLANK, self.type(element)))
            case syntax.TupleTypeExpr(elements):
                return join((take("tuple"), self.bracketed("(", elements, self.type, ")")))
            case _:
                assert_never(node)

    def _bound(self, node: syntax.Expr) -> Layout:
        return self.expression(node, Room(BINARY["+"].level, is_last=False))

    # --- expressions ------------------------------------------------------------------------------

    def expression(self, node: syntax.Expr, room: Room = ANYWHERE) -> Layout:
        """Set an expression, in parentheses if it needs or has them."""
        pairs = self.tokens.parentheses(node, needed=_needs_parentheses(node, room))
        if pairs:
            return self._in_parentheses(pairs, lambda: self._bare(node, ANYWHERE))
        return self._bare(node, room)

    def hanging(self, node: syntax.Expr) -> Layout:
        """Set an expression that follows a sign: on its line, or below it and indented."""
        is_below = self.tokens.starts_line()
        return hang(self.expression(node), hugs=_hugs(node), is_below=is_below)

    def _in_parentheses(self, pairs: int, inner: Callable[[], Layout]) -> Layout:
        if not pairs:
            return inner()
        opening = [self.tokens.take("(") for _ in range(pairs)]
        body = indent(Break.NOTHING, inner())
        closing = [self.tokens.take(")") for _ in range(pairs)]
        return group(*opening, body, Break.NOTHING, *closing)

    def _bare(self, node: syntax.Expr, room: Room) -> Layout:
        take = self.tokens.take
        match node:
            case syntax.IntLit(value):
                return take(str(value))
            case syntax.BoolLit(value):
                return take("true" if value else "false")
            case syntax.NoneLit():
                return take("none")
            case syntax.AnyLit():
                return take("any")
            case syntax.SelfRef():
                return take("self")
            case syntax.NameRef(name):
                return take(name)
            case syntax.Unary(op, operand):
                sign = take(op)
                level = NOT_LEVEL if op == "not" else NEGATION_LEVEL
                gap = BLANK if op == "not" else NOTHING
                return join((sign, gap, self.expression(operand, room.right(level))))
            case syntax.Binary():
                if _hugs(node):
                    return self._hugging(node, room)
                pieces, is_broken = self._chain(node, room)
                return broken(join(pieces)) if is_broken else group(*pieces)
            case syntax.RangeExpr(low, high):
                level = RANGE_LEVEL + 1
                start = self.expression(low, room.left(level))
                return join((start, take(".."), self.expression(high, room.right(level))))
            case syntax.At(process, place):
                subject = self.expression(process, room.left(RANGE_LEVEL))
                return join((subject, BLANK, take("at"), BLANK, self.path(place)))
            case syntax.Taken(action, taken_at):
                subject = join((take("step"), BLANK, self.expression(action, _BASE)))
                if taken_at is None:
                    return subject
                return join((subject, BLANK, take("at"), BLANK, self.path(taken_at)))
            case syntax.Quantified() | syntax.Conditional() | syntax.LetIn() | syntax.Temporal():
                return self._open(node, room)
            case _:
                return self._primary(node)

    def _hugging(self, node: syntax.Binary, room: Room) -> Layout:
        """Set a short left operand and brackets without a break between them."""
        row = BINARY[node.op]
        left_room = room.left(_left_level(row.level, row.grouping))
        left = self.expression(node.left, left_room)
        operator = self.words(*node.op.split())
        right_room = room.right(_right_level(row.level, row.grouping))
        return join((left, BLANK, operator, BLANK, self.expression(node.right, right_room)))

    def _chain(self, node: syntax.Binary, room: Room) -> tuple[list[Layout], bool]:
        """Set operands of one level side by side, and tell whether a line of the text breaks there.

        Lines break before the operators.
        """
        row = BINARY[node.op]
        left_room = room.left(_left_level(row.level, row.grouping))
        right_room = room.right(_right_level(row.level, row.grouping))
        left, was_broken = self._link(node.left, row.level, left_room)
        is_broken = was_broken or self._breaks_here(node)
        operator = self.words(*node.op.split())
        is_broken |= self._breaks_here(node)
        right, was_broken = self._link(node.right, row.level, right_room)
        return [*left, Break.BLANK, operator, BLANK, *right], is_broken or was_broken

    def _breaks_here(self, node: syntax.Binary) -> bool:
        return node.op in _CONNECTIVES and self.tokens.starts_line()

    def _link(self, node: syntax.Expr, level: int, room: Room) -> tuple[list[Layout], bool]:
        """Set one operand, as part of the chain if it belongs to it."""
        match node:
            case syntax.Binary(op) if BINARY[op].level == level:
                needed = _needs_parentheses(node, room)
                if not self.tokens.parentheses(node, needed=needed):
                    return self._chain(node, room)
        return [indent(self.expression(node, room))], False

    def _open(
        self,
        node: syntax.Quantified | syntax.Conditional | syntax.LetIn | syntax.Temporal,
        room: Room,
    ) -> Layout:
        take = self.tokens.take
        end = room.right(OPEN_LEVEL)
        match node:
            case syntax.Quantified(kind, binder, condition, body):
                head = group(take(kind), BLANK, self.binder(binder), self.where(condition))
                dot = take(".")
                is_broken = self.tokens.starts_line()
                match body:
                    case syntax.Quantified() if not is_broken:
                        return join((head, dot, BLANK, self.expression(body, end)))
                    case _:
                        rest = indent(Break.BLANK, self.expression(body, end))
                return join((head, dot, broken(rest) if is_broken else group(rest)))
            case syntax.Conditional(condition, then, otherwise):
                question = join((take("if"), BLANK, indent(self.expression(condition))))
                yes = join((take("then"), BLANK, indent(self.expression(then))))
                no = join((take("else"), BLANK, self._else(otherwise, end)))
                return group(question, Break.BLANK, yes, Break.BLANK, no)
            case syntax.LetIn(name, value, body):
                head = join((take("let"), BLANK, self.name(name), BLANK, take("=")))
                bound = indent(self.expression(value, Room(is_plain=True)))
                whole = (head, BLANK, bound, BLANK, take("in"), Break.BLANK)
                return group(*whole, self.expression(body, end))
            case syntax.Temporal(op, operand):
                return join((take(op), BLANK, indent(self.expression(operand, end))))
            case _:
                assert_never(node)

    def _else(self, node: syntax.Expr, room: Room) -> Layout:
        set_ = self.expression(node, room)
        return set_ if isinstance(node, syntax.Conditional) else indent(set_)

    def binder(self, binder: syntax.Binder) -> Layout:
        """Set `a, b: T` or `x in s`."""
        names = group(indent(self.listed(binder.names, self.name)))
        if binder.domain_type is not None:
            domain = (self.tokens.take(":"), BLANK, self.type(binder.domain_type))
            return join((names, *domain))
        assert binder.domain_set is not None, f"a binder without a domain: {binder}"
        return join(
            (names, BLANK, self.tokens.take("in"), BLANK, self.expression(binder.domain_set))
        )

    def where(self, condition: syntax.Expr | None) -> Layout:
        """Set a condition, if there is one."""
        if condition is None:
            return NOTHING
        word = self.tokens.take("where")
        return indent(Break.BLANK, word, BLANK, indent(self.expression(condition)))

    def _primary(self, node: syntax.Expr) -> Layout:
        take = self.tokens.take
        match node:
            case syntax.FieldAccess(base, name):
                return join((self.expression(base, _BASE), take("."), self.name(name)))
            case syntax.TupleAccess(base, index):
                return join((self.expression(base, _BASE), take("."), take(str(index))))
            case syntax.IndexAccess(base, index):
                return join(
                    (self.expression(base, _BASE), take("["), self.expression(index), take("]"))
                )
            case syntax.Call():
                return self.call(node)
            case syntax.Old(operand):
                return join((take("old"), take("("), self.expression(operand), take(")")))
            case syntax.TupleLit(elements):
                return self.bracketed("(", elements, self.expression, ")")
            case syntax.SetLit(elements):
                return self.bracketed("{", elements, self.expression, "}")
            case syntax.SeqLit(elements):
                return self.bracketed("[", elements, self.expression, "]")
            case syntax.SetComprehension():
                return self._selection(node)
            case syntax.MapComprehension(binder, value):
                head = join((take("["), self.binder(binder), BLANK, take("=>")))
                body = indent(Break.BLANK, self.expression(value))
                return group(head, body, Break.NOTHING, take("]"))
            case _:
                raise AssertionError(f"no primary expression: {node}")

    def call(self, node: syntax.Call) -> Layout:
        """Set a call."""
        callee = self.expression(node.callee, _BASE)
        return join((callee, self.bracketed("(", node.arguments, self._argument, ")")))

    def _argument(self, argument: syntax.Argument) -> Layout:
        if argument.name is not None:
            name = self.name(argument.name)
            return join((name, BLANK, self.tokens.take("="), self.hanging(argument.value)))
        if _begins_like_named(argument.value):
            return self.expression(argument.value, _BASE)
        return self.expression(argument.value)

    def _selection(self, node: syntax.SetComprehension) -> Layout:
        take = self.tokens.take
        opening = take("{")
        if node.element is not None:
            element = (self.expression(node.element), Break.BLANK, take("for"), BLANK)
            inside = join((*element, self.binder(node.binder)))
        elif node.binder.domain_set is not None:
            names = group(indent(self.listed(node.binder.names, self.name)))
            room = Room(RANGE_LEVEL, is_last=True)
            domain = (take("in"), BLANK, self.expression(node.binder.domain_set, room))
            inside = join((names, BLANK, *domain))
        else:
            inside = self.binder(node.binder)
        body = indent(Break.NOTHING, inside, self.where(node.condition))
        return group(opening, body, Break.NOTHING, take("}"))
