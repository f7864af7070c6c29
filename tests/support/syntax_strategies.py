"""Random syntax trees: everything that `grammar.syntax` can hold and a text can say.

Nothing is well-typed; names are arbitrary. A `SyntaxMaker` draws from dice, so that a plain random
generator serves as well as Hypothesis; `specifications` and `expressions` are strategies for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias, TypeVar

from hypothesis import strategies as st

from grammar import syntax
from grammar.operators import BINARY
from tests.support.dice import Dice

T = TypeVar("T")
Way: TypeAlias = Callable[[], T]

NAMES: Final = ("a", "b", "Cpu", "Lock", "x_1", "swap", "M", "spec_", "isnot", "tail", "Old")
DOCS: Final = ("", "", "", "One line.", "Two\nlines", "a\n\n  indented", "/ slash", " blank")
STRINGS: Final = ("", "why", 'a "quoted" \\ word', "two\nlines\tand a tab", "ünï ≠ \r\0")
NUMBERS: Final = (0, 1, 2, 42, 10**30)
FOLDS: Final = ("forall", "exists", "sum", "count", "min", "max")
KINDS: Final = (
    "invariant",
    "lemma",
    "step",
    "reachable",
    "assume",
    "initially",
    "terminal",
    "property",
)
FAIRNESS: Final = (None, None, "fair", "strong fair", "unfair")


class SyntaxMaker:
    """Makes trees; `depth` bounds how far they go down from where it is given."""

    def __init__(self, dice: Dice) -> None:
        """Make trees as the dice fall."""
        self.dice = dice

    def some(self, way: Way[T], least: int = 0, most: int = 3) -> tuple[T, ...]:
        """Return a few of what `way` makes."""
        return tuple(way() for _ in range(least + self.dice.below(most - least + 1)))

    def maybe(self, way: Way[T]) -> T | None:
        """Return what `way` makes, or None."""
        return way() if self.dice.below(2) else None

    def one(self, *ways: Way[T]) -> T:
        """Go one of the ways; the first is the simplest."""
        return self.dice.pick(ways)()

    def one_expr(self, *ways: Way[syntax.Expr]) -> syntax.Expr:
        """Go one of the ways to an expression."""
        return self.one(*ways)

    def one_stmt(self, *ways: Way[syntax.Stmt]) -> syntax.Stmt:
        """Go one of the ways to a statement."""
        return self.one(*ways)

    def one_decl(self, *ways: Way[syntax.Decl]) -> syntax.Decl:
        """Go one of the ways to a declaration."""
        return self.one(*ways)

    def name(self) -> syntax.Name:
        return syntax.Name(self.dice.pick(NAMES))

    def path(self) -> syntax.Path:
        return syntax.Path(self.some(self.name, 1, 3))

    # --- types

    def type(self, depth: int) -> syntax.TypeExpr:
        """Return a type."""
        simple: list[Way[syntax.TypeExpr]] = [
            syntax.BoolTypeExpr,
            lambda: syntax.NamedTypeExpr(self.path()),
            syntax.IntTypeExpr,
        ]
        if depth <= 0:
            return self.one(*simple)
        inner = depth - 1
        return self.one(
            *simple,
            lambda: syntax.RangeTypeExpr(self.bound(inner), self.bound(inner)),
            lambda: syntax.ModTypeExpr(self.bound(inner)),
            lambda: syntax.OptionTypeExpr(self.type(inner)),
            lambda: syntax.MapTypeExpr(self.type(inner), self.type(inner)),
            lambda: syntax.SetTypeExpr(self.type(inner)),
            lambda: syntax.SeqTypeExpr(self.expr(inner), self.type(inner)),
            lambda: syntax.TupleTypeExpr(self.some(lambda: self.type(inner), 1)),
        )

    def bound(self, depth: int) -> syntax.Expr:
        """Return the bound of a range type."""
        simple: list[Way[syntax.Expr]] = [self._number, self._dotted]
        if depth <= 0:
            return self.one_expr(*simple)
        inner = depth - 1
        operators = ("+", "-", "*", "/", "%")
        return self.one_expr(
            *simple,
            lambda: syntax.Unary("-", self.bound(inner)),
            lambda: syntax.Binary(self.dice.pick(operators), self.bound(inner), self.bound(inner)),
        )

    def _number(self) -> syntax.Expr:
        return syntax.IntLit(self.dice.pick(NUMBERS))

    def _dotted(self) -> syntax.Expr:
        first, *rest = self.some(self.name, 1, 2)
        result: syntax.Expr = syntax.NameRef(first.text)
        for name in rest:
            result = syntax.FieldAccess(result, name)
        return result

    # --- expressions

    def expr(self, depth: int) -> syntax.Expr:
        """Return an expression."""
        if depth <= 0:
            return self.one_expr(
                lambda: syntax.NameRef(self.dice.pick(NAMES)),
                self._number,
                lambda: syntax.BoolLit(bool(self.dice.below(2))),
                syntax.NoneLit,
                syntax.AnyLit,
                syntax.SelfRef,
                lambda: syntax.SetLit(()),
                lambda: syntax.SeqLit(()),
            )
        kinds = (self._operation, self._operation, self._suffixed, self._open, self._bracketed)
        way = self.dice.pick((self.expr, *kinds))
        return way(depth - 1)

    def _operation(self, depth: int) -> syntax.Expr:
        return self.one_expr(
            lambda: syntax.Binary(
                self.dice.pick(tuple(BINARY)), self.expr(depth), self.expr(depth)
            ),
            lambda: syntax.Unary(self.dice.pick(("not", "-")), self.expr(depth)),
            lambda: syntax.RangeExpr(self.expr(depth), self.expr(depth)),
            lambda: syntax.At(self.expr(depth), self.path()),
            lambda: syntax.Taken(self.expr(depth), self.maybe(self.path)),
        )

    def _suffixed(self, depth: int) -> syntax.Expr:
        return self.one_expr(
            lambda: syntax.FieldAccess(self.expr(depth), self.name()),
            lambda: syntax.TupleAccess(self.expr(depth), self.dice.below(3)),
            lambda: syntax.IndexAccess(self.expr(depth), self.expr(depth)),
            lambda: self.call(self.expr(depth), depth),
            lambda: syntax.Old(self.expr(depth)),
        )

    def call(self, callee: syntax.Expr, depth: int) -> syntax.Call:
        """Return a call."""
        return syntax.Call(callee, self.some(lambda: self._argument(depth)))

    def _argument(self, depth: int) -> syntax.Argument:
        return syntax.Argument(self.maybe(self.name), self.expr(depth))

    def _open(self, depth: int) -> syntax.Expr:
        return self.one_expr(
            lambda: syntax.Quantified(
                self.dice.pick(FOLDS),
                self.binder(depth),
                self.maybe(lambda: self.expr(depth)),
                self.expr(depth),
            ),
            lambda: syntax.Conditional(self.expr(depth), self.expr(depth), self.expr(depth)),
            lambda: syntax.LetIn(self.name(), self.expr(depth), self.expr(depth)),
            lambda: syntax.Temporal(self.dice.pick(("always", "eventually")), self.expr(depth)),
        )

    def _bracketed(self, depth: int) -> syntax.Expr:
        return self.one_expr(
            lambda: syntax.SetLit(self.some(lambda: self.expr(depth))),
            lambda: syntax.SeqLit(self.some(lambda: self.expr(depth))),
            lambda: syntax.TupleLit(self.some(lambda: self.expr(depth), 2)),
            lambda: self._selection(depth),
            lambda: syntax.MapComprehension(
                syntax.Binder((self.name(),), self.type(depth), None), self.expr(depth)
            ),
        )

    def _selection(self, depth: int) -> syntax.Expr:
        element = self.maybe(lambda: self.expr(depth))
        binder = self.binder(depth)
        condition = self.maybe(lambda: self.expr(depth))
        if element is None and binder.domain_set is not None and condition is None:
            condition = self.expr(depth)  # `{x in s}` is the set of one truth value
        return syntax.SetComprehension(element, binder, condition)

    def binder(self, depth: int) -> syntax.Binder:
        """Return a binder over a type or a set."""
        names = self.some(self.name, 1)
        if self.dice.below(2):
            return syntax.Binder(names, None, self.expr(depth))
        return syntax.Binder(names, self.type(depth), None)

    # --- statements

    def block(self, depth: int) -> syntax.Block:
        """Return a block; `return` stands at its end only."""
        statements = self.some(lambda: self.stmt(depth))
        if self.dice.chance(20):
            statements = (*statements, self._last(depth))
        return syntax.Block(statements)

    def _last(self, depth: int) -> syntax.Stmt:
        return self.one_stmt(
            lambda: syntax.ReturnStmt(self.maybe(lambda: self.expr(depth))),
            lambda: syntax.LabelStmt(self.name(), syntax.ReturnStmt(None)),
        )

    def place(self, depth: int) -> syntax.Expr:
        """Return what can be assigned: it begins with a name."""
        result: syntax.Expr = syntax.NameRef(self.dice.pick(NAMES))
        for _ in range(self.dice.below(3)):
            result = self._longer(result, depth)
        return result

    def _longer(self, base: syntax.Expr, depth: int) -> syntax.Expr:
        return self.one_expr(
            lambda: syntax.FieldAccess(base, self.name()),
            lambda: syntax.IndexAccess(base, self.expr(depth)),
            lambda: syntax.TupleAccess(base, self.dice.below(2)),
            lambda: self.call(base, depth - 1),
        )

    def stmt(self, depth: int) -> syntax.Stmt:
        """Return a statement that may stand anywhere in a block."""
        if depth > 0 and self.dice.chance(40):
            return self._compound(depth - 1)
        inner = min(depth, 2)
        return self.one_stmt(
            syntax.Skip,
            lambda: syntax.Assign(
                self.some(lambda: self.place(inner), 1), self.some(lambda: self.expr(inner), 1)
            ),
            lambda: syntax.VarStmt(
                self.name(),
                self.maybe(lambda: self.type(inner)),
                self.maybe(lambda: self.expr(inner)),
            ),
            lambda: syntax.LetStmt(self.name(), self.expr(inner)),
            lambda: syntax.ChooseStmt(self.binder(inner), self.maybe(lambda: self.expr(inner))),
            lambda: syntax.AwaitStmt(self.expr(inner)),
            lambda: syntax.AssertStmt(
                self.expr(inner), self.maybe(lambda: self.dice.pick(STRINGS))
            ),
            lambda: syntax.CallStmt(self.call(self.place(inner), inner)),
            syntax.BreakStmt,
            syntax.ContinueStmt,
            lambda: syntax.SwitchStmt(self.dice.chance(50)),
        )

    def _compound(self, depth: int) -> syntax.Stmt:
        return self.one_stmt(
            lambda: self.block(depth),
            lambda: syntax.IfStmt(
                self.expr(depth), self.block(depth), self.maybe(lambda: self.block(depth))
            ),
            lambda: self._else_if(depth),
            lambda: syntax.WhileStmt(self.expr(depth), self.block(depth)),
            lambda: syntax.LoopStmt(self.block(depth)),
            lambda: syntax.ForStmt(self.binder(depth), self.block(depth)),
            lambda: syntax.EitherStmt(self.some(lambda: self.block(depth), 2)),
            lambda: syntax.AtomicStmt(self.block(depth)),
            lambda: syntax.LabelStmt(self.name(), self.stmt(depth), self.fairness()),
        )

    def _else_if(self, depth: int) -> syntax.Stmt:
        following = syntax.IfStmt(self.expr(depth), self.block(depth), None)
        return syntax.IfStmt(self.expr(depth), self.block(depth), syntax.Block((following,)))

    # --- declarations

    def fields(self, depth: int, least: int = 0) -> tuple[syntax.FieldDecl, ...]:
        """Return fields or parameters."""
        return self.some(lambda: syntax.FieldDecl(self.name(), self.type(depth)), least)

    def fairness(self) -> str | None:
        """Return the fairness of a process, action or label, mostly none."""
        return self.dice.pick(FAIRNESS)

    def doc(self) -> str:
        """Return documentation, mostly none."""
        return self.dice.pick(DOCS)

    def decl(self, depth: int) -> syntax.Decl:
        """Return a declaration that may stand at the top of a file."""
        optional: Way[syntax.Expr | None] = lambda: self.maybe(lambda: self.expr(depth))  # noqa: E731
        return self.one_decl(
            lambda: self.member(depth),
            lambda: syntax.ConstDecl(
                self.name(), self.maybe(lambda: self.type(depth)), optional(), doc=self.doc()
            ),
            lambda: syntax.SortDecl(
                self.dice.pick(("processors", "sort")), self.name(), optional(), doc=self.doc()
            ),
            lambda: syntax.EnumDecl(self.name(), self.some(self.name, 1), doc=self.doc()),
            lambda: syntax.TypeDecl(self.name(), self.type(depth), doc=self.doc()),
            lambda: syntax.RecordDecl(self.name(), self.fields(depth, 1), doc=self.doc()),
            lambda: syntax.ObjectDecl(
                self.name(), self.some(lambda: self.member(depth)), doc=self.doc()
            ),
            lambda: syntax.ProcessDecl(
                self.name(),
                self.maybe(lambda: self.type(depth)),
                self.block(depth),
                self.fairness(),
                doc=self.doc(),
            ),
            lambda: self._interrupt(depth),
            lambda: syntax.ChannelDecl(
                self.name(),
                self.expr(depth),
                self.maybe(lambda: self.type(depth)),
                self.type(depth),
                self.some(lambda: syntax.Fault(self.name(), self._bypass_bound())),
                doc=self.doc(),
            ),
            lambda: syntax.FailureDecl(
                self.dice.pick(("crash", "reboot")),
                self.maybe(lambda: self.type(depth)),
                self._bypass_bound(),
                self.block(depth),
                doc=self.doc(),
            ),
            lambda: self._import(depth),
            lambda: self._refinement(depth),
            lambda: self._ranking(depth),
            lambda: syntax.LockOrderDecl(
                self.some(lambda: self.some(self.path, 1), 1), doc=self.doc()
            ),
        )

    def _interrupt(self, depth: int) -> syntax.ProcessDecl:
        return syntax.ProcessDecl(
            self.name(),
            self.maybe(lambda: self.type(depth)),
            self.block(depth),
            is_interrupt=True,
            bound=self._bypass_bound(),
            guards=self.some(lambda: self.expr(depth)),
            doc=self.doc(),
        )

    def _refinement(self, depth: int) -> syntax.RefinementDecl:
        image: Way[syntax.Image] = lambda: syntax.Image(  # noqa: E731
            self.place(depth), self.maybe(self.path), self.expr(depth)
        )
        return syntax.RefinementDecl(
            self.path(), self.some(image), self.dice.pick((None, "fair")), doc=self.doc()
        )

    def _ranking(self, depth: int) -> syntax.RankingDecl:
        helper: Way[syntax.Helper] = lambda: syntax.Helper(  # noqa: E731
            self.place(depth), self.expr(depth), self.some(lambda: self.expr(depth), least=1)
        )
        return syntax.RankingDecl(
            self.name(), self.some(self.name), self.some(helper), doc=self.doc()
        )

    def _import(self, depth: int) -> syntax.ImportDecl:
        is_file = bool(self.dice.below(2))
        return syntax.ImportDecl(
            self.dice.pick(STRINGS) if is_file else self.path().text,
            is_file,
            self.name(),
            self.some(lambda: syntax.Binding(self.name(), self.expr(depth))),
            doc=self.doc(),
        )

    def member(self, depth: int) -> syntax.Decl:
        """Return a declaration that may stand in an object."""
        return self.one_decl(
            lambda: self._variable(depth),
            lambda: self._property(depth),
            lambda: syntax.PropertyDecl(
                "bypass", self.name(), self.expr(depth), self._bypass_bound(), doc=self.doc()
            ),
            lambda: syntax.ProcedureDecl(
                self.name(),
                self.fields(depth),
                self.maybe(lambda: self.type(depth)),
                self.block(depth),
                doc=self.doc(),
            ),
            lambda: syntax.FunctionDecl(
                self.name(),
                self.fields(depth),
                self.maybe(lambda: self.type(depth)),
                self.expr(depth),
                doc=self.doc(),
            ),
            lambda: syntax.ActionDecl(
                self.name(),
                self.fields(depth),
                self.some(lambda: self.expr(depth), 0, 2),
                self.block(depth),
                self.fairness(),
                doc=self.doc(),
            ),
        )

    def _bypass_bound(self) -> syntax.Expr | None:
        return self.maybe(lambda: self.bound(1))

    def _variable(self, depth: int) -> syntax.VarDecl:
        start = self.maybe(lambda: self.expr(depth))
        is_choice = start is not None and bool(self.dice.below(2))
        return syntax.VarDecl(
            self.name(),
            self.type(depth),
            None if is_choice else start,
            start if is_choice else None,
            bool(self.dice.below(2)),
            doc=self.doc(),
        )

    def _property(self, depth: int) -> syntax.PropertyDecl:
        kind = self.dice.pick(KINDS)
        needs_name = kind in ("invariant", "lemma", "step", "reachable", "property")
        name = self.name() if needs_name else self.maybe(self.name)
        return syntax.PropertyDecl(kind, name, self.expr(depth), doc=self.doc())

    def specification(self, depth: int) -> syntax.Specification:
        """Return a whole file."""
        declarations = self.some(lambda: self.decl(depth), 0, 4)
        return syntax.Specification(self.name(), declarations, doc=self.doc())


@st.composite
def specifications(draw: st.DrawFn, depth: int = 3) -> syntax.Specification:
    """Draw a whole file."""
    return SyntaxMaker(_dice(draw)).specification(depth)


@st.composite
def expressions(draw: st.DrawFn, depth: int = 4) -> syntax.Expr:
    """Draw an expression."""
    return SyntaxMaker(_dice(draw)).expr(depth)


def _dice(draw: st.DrawFn) -> Dice:
    return Dice(lambda limit: draw(st.integers(0, limit - 1)))
