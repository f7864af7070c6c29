"""Formulas as a script in SMT-LIB 2.6, which every solver reads.

Names are quoted as they are. An open sort is declared, which gives it at least one element as here;
a finite one is a data type without arguments.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, assert_never

from proofs.logic.terms import Builtin, FiniteSort, Kind, OpenSort, Sort, Symbol, Term

_WORDS: Final = {
    Kind.NOT: "not",
    Kind.AND: "and",
    Kind.OR: "or",
    Kind.ITE: "ite",
    Kind.EQUAL: "=",
    Kind.AT_MOST: "<=",
    Kind.SUM: "+",
    Kind.PRODUCT: "*",
    Kind.QUOTIENT: "div",
    Kind.REMAINDER: "mod",
    Kind.FORALL: "forall",
    Kind.EXISTS: "exists",
}


def script(formulas: Iterable[Term]) -> str:
    """Return the script that asks whether formulas have a model together."""
    given = list(formulas)
    writer = _Writer()
    asserted = [f"(assert {writer.term(formula)})" for formula in given]
    lines = ["(set-logic ALL)", *writer.declarations(), *writer.definitions, *asserted]
    return "\n".join([*lines, "(check-sat)"]) + "\n"


class _Writer:
    """Writes terms; what occurs more than once gets a name, if it has no free variables."""

    def __init__(self) -> None:
        self.definitions: list[str] = []
        self._sorts: dict[Sort, None] = {}
        self._symbols: dict[Symbol, None] = {}
        self._known: dict[Term, str] = {}

    def declarations(self) -> Iterator[str]:
        for sort in self._sorts:
            match sort:
                case Builtin():
                    pass
                case OpenSort(name):
                    yield f"(declare-sort {_quoted(name)} 0)"
                case FiniteSort(name, members):
                    inner = " ".join(f"({_member(sort, each)})" for each in members)
                    yield f"(declare-datatypes (({_quoted(name)} 0)) (({inner})))"
                case _:
                    assert_never(sort)
        for symbol in self._symbols:
            arguments = " ".join(self.sort(each) for each in symbol.arguments)
            result = self.sort(symbol.result)
            yield f"(declare-fun {_quoted(symbol.name)} ({arguments}) {result})"

    def sort(self, sort: Sort) -> str:
        self._sorts.setdefault(sort)
        return sort.value if isinstance(sort, Builtin) else _quoted(sort.name)

    def term(self, term: Term) -> str:
        found = self._known.get(term)
        if found is None:
            found = self._written(term)
            if not term.free and term.args and len(found) > 40:
                name = _quoted(f"let {len(self.definitions)}")
                self.definitions.append(f"(define-fun {name} () {self.sort(term.sort)} {found})")
                found = name
            self._known[term] = found
        return found

    def _written(self, term: Term) -> str:
        self.sort(term.sort)
        match term.kind:
            case Kind.TRUTH:
                return "true" if term.head else "false"
            case Kind.NUMBER:
                assert isinstance(term.head, int)
                return str(term.head) if term.head >= 0 else f"(- {-term.head})"
            case Kind.MEMBER:
                assert isinstance(term.sort, FiniteSort)
                return _member(term.sort, str(term.head))
            case Kind.VARIABLE:
                return _quoted(f"var {term.head}")
            case Kind.APPLY:
                self._symbols.setdefault(term.symbol)
                for sort in term.symbol.arguments:
                    self.sort(sort)
                name = _quoted(term.symbol.name)
                inner = " ".join(self.term(arg) for arg in term.args)
                return f"({name} {inner})" if inner else name
            case Kind.FORALL | Kind.EXISTS:
                bound = " ".join(f"({self.term(v)} {self.sort(v.sort)})" for v in term.variables)
                return f"({_WORDS[term.kind]} ({bound}) {self.term(term.args[0])})"
            case _:
                inner = " ".join(self.term(arg) for arg in term.args)
                return f"({_WORDS[term.kind]} {inner})"


def _member(sort: FiniteSort, name: str) -> str:
    # Members of different sorts may have one name.
    return _quoted(f"{sort.name}'{name}")


def _quoted(name: str) -> str:
    assert "|" not in name
    assert "\\" not in name
    return f"|{name}|"
