"""Terms as text: canonical, for hashing and for certificates.

The text of a term does not depend on the order in which terms were made: the sides of equations
and the parts of conjunctions and disjunctions are sorted, and bound variables are numbered from the
outside.
"""

from __future__ import annotations

from typing import assert_never

from proofs.logic.terms import Builtin, FiniteSort, Kind, OpenSort, Sort, Term

_SORTED = frozenset({Kind.AND, Kind.OR, Kind.EQUAL})


def sort_name(sort: Sort) -> str:
    """Return the name of a sort."""
    match sort:
        case Builtin():
            return sort.value
        case FiniteSort(name) | OpenSort(name):
            return name
        case _:
            assert_never(sort)


def text(term: Term, known: dict[Term, str] | None = None) -> str:
    """Return the canonical text of a term.

    Args:
        known: texts of terms outside of quantifiers, to be used and added to.
    """
    return _text(term, {}, {} if known is None else known)


def _text(term: Term, names: dict[Term, str], known: dict[Term, str]) -> str:
    """Write a term; `known` holds what was written under the same names."""
    found = known.get(term)
    if found is None:
        found = _written(term, names, known)
        known[term] = found
    return found


def _written(term: Term, names: dict[Term, str], known: dict[Term, str]) -> str:
    match term.kind:
        case Kind.TRUTH:
            return "true" if term.head else "false"
        case Kind.NUMBER:
            return str(term.head)
        case Kind.MEMBER:
            # A variable may have the same name.
            return f"{sort_name(term.sort)}'{term.head}"
        case Kind.VARIABLE:
            return names.get(term, str(term.head))
        case Kind.APPLY:
            name = term.symbol.name
            inner = ", ".join(_text(arg, names, known) for arg in term.args)
            return f"{name}({inner})" if inner else name
        case Kind.FORALL | Kind.EXISTS:
            inner_names = dict(names)
            for variable in term.variables:
                inner_names[variable] = f"#{len(inner_names)}"
            bound = " ".join(f"{inner_names[v]}:{sort_name(v.sort)}" for v in term.variables)
            return f"({term.kind.value} {bound}. {_text(term.args[0], inner_names, {})})"
        case _:
            parts = [_text(arg, names, known) for arg in term.args]
            if term.kind in _SORTED:
                parts.sort()
            return f"({term.kind.value} {' '.join(parts)})"
