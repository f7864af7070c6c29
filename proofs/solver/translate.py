"""Terms of the logic as Z3's, in one context.

Finite sorts become enumerations. Z3 refuses to declare one twice in a context, so a translator
belongs to a context and keeps what it made; it keeps every term as well, so that an instance used
by many questions is translated once. Z3's functions are called without the classes of its Python
module, which ask for the kind and the sort of every term that they wrap: that is half of the time
of a proof.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import finalize

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
        self._context: Any = context.ref()
        self._sorts: dict[Sort, Any] = {}
        self._members: dict[tuple[FiniteSort, str], Any] = {}
        self._elements: dict[tuple[Sort, Constant], Any] = {}
        self._functions: dict[str, Any] = {}
        self._terms: dict[Term, Any] = {}
        self._constants: dict[int, Constant] = {}
        self._kept: list[Any] = []
        # A context that has to look for what is left takes ten times as long to go.
        finalize(self, _released, context, self._kept)

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
                    self._members[sort, member] = self.kept(constant.as_ast())
                    self._constants[constant.get_id()] = member
                return made

    def expression(self, term: Term) -> Any:
        """Return Z3's term, as the classes of its Python module have it."""
        return _expression(self.term(term), self.context)

    def term(self, term: Term) -> Any:
        """Return Z3's term, as its functions have it."""
        found = self._terms.get(term)
        if found is None:
            found = self.kept(self._translated(term))
            self._terms[term] = found
        return found

    def kept(self, made: Any) -> Any:
        """Return a term that is to live as long as the translator."""
        z3.Z3_inc_ref(self._context, made)
        self._kept.append(made)
        return made

    def _translated(self, term: Term) -> Any:
        c = self._context
        match term.kind:
            case Kind.TRUTH:
                return z3.Z3_mk_true(c) if term.head else z3.Z3_mk_false(c)
            case Kind.NUMBER:
                return z3.Z3_mk_numeral(c, str(term.head), self.sort(term.sort).ast)
            case Kind.MEMBER:
                assert isinstance(term.sort, FiniteSort)
                assert isinstance(term.head, str)
                self.sort(term.sort)
                return self._members[term.sort, term.head]
            case Kind.VARIABLE:
                assert isinstance(term.head, str)
                return self.constant(term.head, term.sort)
            case Kind.APPLY:
                return self._applied(term.symbol, [self.term(arg) for arg in term.args])
            case Kind.FORALL | Kind.EXISTS:
                # The class is asked here: it knows patterns, weights and names.
                bind = z3.ForAll if term.kind is Kind.FORALL else z3.Exists
                variables = [self.expression(each) for each in term.variables]
                return self.kept(bind(variables, self.expression(term.args[0])).as_ast())
            case _:
                return self._joined(term.kind, [self.term(arg) for arg in term.args])

    def constant(self, name: str, sort: Sort) -> Any:
        """Return an uninterpreted constant, as Z3's functions have it."""
        symbol = z3.Z3_mk_string_symbol(self._context, name)
        return z3.Z3_mk_const(self._context, symbol, self.sort(sort).ast)

    def _joined(self, kind: Kind, args: list[Any]) -> Any:
        c = self._context
        match kind:
            case Kind.NOT:
                return z3.Z3_mk_not(c, args[0])
            case Kind.AND:
                return z3.Z3_mk_and(c, len(args), _array(args))
            case Kind.OR:
                return z3.Z3_mk_or(c, len(args), _array(args))
            case Kind.ITE:
                return z3.Z3_mk_ite(c, *args)
            case Kind.EQUAL:
                return z3.Z3_mk_eq(c, *args)
            case Kind.AT_MOST:
                return z3.Z3_mk_le(c, *args)
            case Kind.SUM:
                return z3.Z3_mk_add(c, len(args), _array(args))
            case Kind.PRODUCT:
                return z3.Z3_mk_mul(c, len(args), _array(args))
            case Kind.QUOTIENT:
                return z3.Z3_mk_div(c, *args)
            case Kind.REMAINDER:
                return z3.Z3_mk_mod(c, *args)
            case _:
                raise AssertionError(f"{kind} is translated elsewhere")

    def _applied(self, symbol: Symbol, args: list[Any]) -> Any:
        function = self._functions.get(symbol.name)
        if function is None:
            sorts = [self.sort(each) for each in (*symbol.arguments, symbol.result)]
            # The class keeps the declaration alive.
            declared = z3.Function(symbol.name, *sorts)
            function = self._functions[symbol.name] = declared
        return z3.Z3_mk_app(self._context, function.ast, len(args), _array(args))

    # --- models

    def value(self, model: Any, term: Term) -> Constant:
        """Return what a ground term is in a model."""
        return self._read(self._evaluated(model, self.term(term)), term.sort)

    def interpretation(self, model: Any, symbol: Symbol) -> Table | Constant:
        """Return what a symbol is in a model."""

        def value_at(key: Any) -> Constant:
            args = (key,) if len(symbol.arguments) == 1 else key
            made = [self._element(a, sort) for a, sort in zip(args, symbol.arguments, strict=True)]
            applied = self.kept(self._applied(symbol, made))
            return self._read(self._evaluated(model, applied), symbol.result)

        return Table(value_at) if symbol.arguments else value_at(())

    def _evaluated(self, model: Any, term: Any) -> Any:
        found = (z3.Ast * 1)()
        is_done = z3.Z3_model_eval(self._context, model.model, term, True, found)
        assert is_done, "Z3 cannot evaluate a term in its own model"
        return self.kept(found[0])

    def _read(self, value: Any, sort: Sort) -> Constant:
        """Return a constant of Z3 as the logic writes it; elements of open sorts by name."""
        number = z3.Z3_get_ast_id(self._context, value)
        found = self._constants.get(number)
        if found is None:
            found = self._constants[number] = self._written(value, sort)
        return found

    def _written(self, value: Any, sort: Sort) -> Constant:
        expression = _expression(value, self.context)
        match sort:
            case Builtin.BOOL:
                return bool(z3.is_true(expression))
            case Builtin.INT:
                return int(expression.as_long())
            case FiniteSort(name):
                return str(expression.decl().name())[len(name) + 1 :]
            case OpenSort():
                name = str(expression.decl().name())
                self._elements[sort, name] = value
                return name

    def _element(self, value: Constant, sort: Sort) -> Any:
        """Return a constant of the logic as Z3's; the element of an open sort must be known."""
        match sort:
            case Builtin.BOOL:
                made = z3.Z3_mk_true if value else z3.Z3_mk_false
                return made(self._context)
            case Builtin.INT:
                number = z3.Z3_mk_numeral(self._context, str(value), self.sort(sort).ast)
                return self.kept(number)
            case FiniteSort():
                assert isinstance(value, str)
                self.sort(sort)
                return self._members[sort, value]
            case OpenSort():
                return self._elements[sort, value]


def _released(context: z3.Context, kept: list[Any]) -> None:
    for each in kept:
        z3.Z3_dec_ref(context.ref(), each)


def _array(asts: list[Any]) -> Any:
    return (z3.Ast * len(asts))(*asts)
