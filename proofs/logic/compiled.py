"""Universals as Python functions, to try them in many places of a finite model.

A model of the solver has a handful of elements, and each lemma is to be evaluated at every choice
of them. Interpreting terms is fifty times too slow for that, so each universal is written as one
Python expression and compiled once. Truth values, integers and names of elements are themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from proofs.logic.terms import Kind, Symbol, Term

if TYPE_CHECKING:
    from proofs.logic.evaluate import Constant
    from proofs.logic.normal import Universal


class Table(dict[Any, "Constant"]):
    """A function of a model; what is not listed is worked out when somebody asks."""

    def __init__(self, otherwise: Callable[[Any], Constant]) -> None:
        """Start with nothing listed; `otherwise` takes a key as `Functions` tells."""
        super().__init__()
        self._otherwise = otherwise

    def __missing__(self, key: object) -> Constant:
        value = self._otherwise(key)
        self[key] = value
        return value


Functions: TypeAlias = "Sequence[Table | Constant]"
"""The values of symbols by their number: of a constant the value, of one argument a table by the
argument, of more a table by the tuple of them."""

Compiled: TypeAlias = "Callable[..., bool]"
"""Takes `Functions`, then a value for each variable."""


class Compiler:
    """Compiles universals of one logic; numbers the symbols that occur."""

    def __init__(self) -> None:
        """Start without symbols."""
        self.symbols: dict[Symbol, int] = {}
        self._compiled: dict[Universal, Compiled] = {}

    def compiled(self, universal: Universal) -> Compiled:
        """Return the function of a universal."""
        found = self._compiled.get(universal)
        if found is None:
            names = {v: f"v{number}" for number, v in enumerate(universal.variables)}
            text = f"lambda F, {', '.join(names.values())}: {self._text(universal.body, names)}"
            found = eval(text, {"div": _quotient, "mod": _remainder})
            self._compiled[universal] = found
        return found

    def note(self, term: Term) -> None:
        """Number the symbols of a term that is not compiled."""
        pending, seen = [term], set[Term]()
        while pending:
            each = pending.pop()
            if each not in seen:
                seen.add(each)
                pending.extend(each.args)
                if each.kind is Kind.APPLY:
                    self._number(each.symbol)

    def _number(self, symbol: Symbol) -> int:
        return self.symbols.setdefault(symbol, len(self.symbols))

    def _text(self, term: Term, names: dict[Term, str]) -> str:
        args = [self._text(arg, names) for arg in term.args]
        match term.kind:
            case Kind.TRUTH | Kind.NUMBER | Kind.MEMBER:
                return f"({term.head!r})"
            case Kind.VARIABLE:
                return names[term]
            case Kind.APPLY:
                place = f"F[{self._number(term.symbol)}]"
                return f"{place}[{', '.join(args)}]" if args else place
            case Kind.NOT:
                return f"(not {args[0]})"
            case Kind.AND:
                return f"({' and '.join(args)})"
            case Kind.OR:
                return f"({' or '.join(args)})"
            case Kind.ITE:
                return f"({args[1]} if {args[0]} else {args[2]})"
            case Kind.EQUAL:
                return f"({args[0]} == {args[1]})"
            case Kind.AT_MOST:
                return f"({args[0]} <= {args[1]})"
            case Kind.SUM:
                return f"({' + '.join(args)})"
            case Kind.PRODUCT:
                return f"({args[0]} * {args[1]})"
            case Kind.QUOTIENT:
                return f"div({args[0]}, {args[1]})"
            case Kind.REMAINDER:
                return f"mod({args[0]}, {args[1]})"
            case Kind.FORALL | Kind.EXISTS:
                raise AssertionError("a quantifier inside a universal")


def _quotient(left: int, right: int) -> int:
    return left // right if right > 0 else 0


def _remainder(left: int, right: int) -> int:
    return left % right if right > 0 else 0
