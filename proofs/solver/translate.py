"""Terms of the logic as Z3's, in one context.

Finite sorts become enumerations. Z3 refuses to declare one twice in a context, so a translator
belongs to a context and keeps what it made; it keeps every term as well, so that an instance used
by many obligations is translated once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import z3
from z3.z3 import _to_expr_ref as _expression  # the inverse of `as_ast`

from proofs.logic.compiled import Table
from proofs.logic.terms import Builtin, FiniteSort, Kind, OpenSort, Sort, Symbol, Term

if TYPE_CHECKING:
    from proofs.logic.evaluate import Constant


class Translator:
    """Translates into one context, and constants of that context back."""

    def __init__(self, context: z3.Context) -> None:
        """Start with nothing declared."""
        self.context = context
        self._sorts: dict[Sort, Any] = {}
        self._members: dict[tuple[FiniteSort, str], Any] = {}
        self._elements: dict[tuple[Sort, Constant], Any] = {}
        self._functions: dict[Symbol, Any] = {}
        self._terms: dict[Term, Any] = {}

    def sort(self, sort: Sort) -> Any:
        """Return Z3's sort."""
        if sort not in self._sorts:
            self._sorts[sort] = self._declared(sort)
        return self._sorts[sort]

    def _declared(self, sort: Sort) -> Any:
        match sort:
            case Builtin.BOOL:
                return z3.BoolSort(self.context)
            case Builtin.INT:
                return z3.IntSort(self.context)
            case OpenSort(name):
                return z3.DeclareSort(name, self.context)
            case FiniteSort(name, members):
                # Members of different enumerations may have one name, which Z3 would mix up.
                labels = [f"{name}.{member}" for member in members]
                made, constants = z3.EnumSort(name, labels, ctx=self.context)
                for member, constant in zip(members, constants, strict=True):
                    self._members[sort, member] = constant
                return made

    def term(self, term: Term) -> Any:
        """Return Z3's term."""
        found = self._terms.get(term)
        if found is None:
            found = self._translated(term)
            self._terms[term] = found
        return found

    def _translated(self, term: Term) -> Any:
        context = self.context
        match term.kind:
            case Kind.TRUTH:
                return z3.BoolVal(term.head, context)
            case Kind.NUMBER:
                return z3.IntVal(term.head, context)
            case Kind.MEMBER:
                assert isinstance(term.sort, FiniteSort)
                assert isinstance(term.head, str)
                self.sort(term.sort)
                return self._members[term.sort, term.head]
            case Kind.VARIABLE:
                return z3.Const(term.head, self.sort(term.sort))
            case Kind.APPLY:
                return _applied(self._function(term.symbol), [self.term(a) for a in term.args])
            case Kind.FORALL:
                return z3.ForAll([self.term(v) for v in term.variables], self.term(term.args[0]))
            case Kind.EXISTS:
                return z3.Exists([self.term(v) for v in term.variables], self.term(term.args[0]))
            case _:
                return _joined(term.kind, [self.term(arg) for arg in term.args])

    def _function(self, symbol: Symbol) -> Any:
        if symbol not in self._functions:
            sorts = [self.sort(each) for each in (*symbol.arguments, symbol.result)]
            self._functions[symbol] = z3.Function(symbol.name, *sorts)
        return self._functions[symbol]

    def constant(self, value: Any, sort: Sort) -> Constant:
        """Return a constant of Z3 as the logic writes it; elements of open sorts by name."""
        match sort:
            case Builtin.BOOL:
                return bool(z3.is_true(value))
            case Builtin.INT:
                return int(value.as_long())
            case FiniteSort(name):
                return str(value.decl().name())[len(name) + 1 :]
            case OpenSort():
                name = str(value.decl().name())
                self._elements[sort, name] = value
                return name

    def interpretation(self, model: Any, symbol: Symbol) -> Table | Constant:
        """Return what a symbol is in a model."""
        function = self._function(symbol)
        if not symbol.arguments:
            return self.constant(model.eval(function(), model_completion=True), symbol.result)

        def value_at(key: Any) -> Constant:
            args = (key,) if len(symbol.arguments) == 1 else key
            made = [self._element(a, sort) for a, sort in zip(args, symbol.arguments, strict=True)]
            found = model.eval(_applied(function, made), model_completion=True)
            return self.constant(found, symbol.result)

        return Table(value_at)

    def _element(self, value: Constant, sort: Sort) -> Any:
        """Return a constant of the logic as Z3's; the element of an open sort must be known."""
        match sort:
            case Builtin.BOOL:
                return z3.BoolVal(value, self.context)
            case Builtin.INT:
                return z3.IntVal(value, self.context)
            case FiniteSort():
                assert isinstance(value, str)
                self.sort(sort)
                return self._members[sort, value]
            case OpenSort():
                return self._elements[sort, value]


def _applied(function: Any, args: list[Any]) -> Any:
    """Return `function(*args)`; calling it looks for coercions that are never needed here."""
    array = _array([arg.as_ast() for arg in args])
    made = z3.Z3_mk_app(function.ctx_ref(), function.ast, len(args), array)
    return _expression(made, function.ctx)


def _joined(kind: Kind, args: list[Any]) -> Any:
    """Return what Z3's operators return, without looking for coercions."""
    context = args[0].ctx
    c = context.ref()
    asts = [arg.as_ast() for arg in args]
    match kind:
        case Kind.NOT:
            made = z3.Z3_mk_not(c, asts[0])
        case Kind.AND:
            made = z3.Z3_mk_and(c, len(asts), _array(asts))
        case Kind.OR:
            made = z3.Z3_mk_or(c, len(asts), _array(asts))
        case Kind.ITE:
            made = z3.Z3_mk_ite(c, *asts)
        case Kind.EQUAL:
            made = z3.Z3_mk_eq(c, *asts)
        case Kind.AT_MOST:
            made = z3.Z3_mk_le(c, *asts)
        case Kind.SUM:
            made = z3.Z3_mk_add(c, len(asts), _array(asts))
        case Kind.PRODUCT:
            made = z3.Z3_mk_mul(c, len(asts), _array(asts))
        case Kind.QUOTIENT:
            made = z3.Z3_mk_div(c, *asts)
        case Kind.REMAINDER:
            made = z3.Z3_mk_mod(c, *asts)
        case _:
            raise AssertionError(f"{kind} is translated elsewhere")
    return _expression(made, context)


def _array(asts: list[Any]) -> Any:
    return (z3.Ast * len(asts))(*asts)
