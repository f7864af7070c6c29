"""The value of a ground term in a structure: slow, obvious, without any solver.

A structure tells the value of every function at given arguments. Tests hold the translation of
expressions to the interpreter with it, and a model of a solver to what the solver said of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from proofs.logic.terms import Kind, Symbol, Term

Constant: TypeAlias = "bool | int | str"
Structure: TypeAlias = "Callable[[Symbol, tuple[Constant, ...]], Constant]"


def evaluate(term: Term, structure: Structure) -> Constant:
    """Return the value of a term without quantifiers and free variables."""
    known: dict[Term, Constant] = {}

    def value(each: Term) -> Constant:
        found = known.get(each)
        if found is None:
            found = _value(each, value, structure)
            known[each] = found
        return found

    return value(term)


def _value(term: Term, value: Callable[[Term], Constant], structure: Structure) -> Constant:
    args = term.args
    match term.kind:
        case Kind.TRUTH | Kind.NUMBER | Kind.MEMBER:
            assert isinstance(term.head, bool | int | str)
            return term.head
        case Kind.APPLY:
            return structure(term.symbol, tuple(map(value, args)))
        case Kind.NOT:
            return not value(args[0])
        case Kind.AND:
            return all(map(value, args))
        case Kind.OR:
            return any(map(value, args))
        case Kind.ITE:
            return value(args[1] if value(args[0]) else args[2])
        case Kind.EQUAL:
            return value(args[0]) == value(args[1])
        case Kind.VARIABLE | Kind.FORALL | Kind.EXISTS:
            raise AssertionError("a quantifier in a ground term")
        case _:
            return _arithmetic(term.kind, [int(value(arg)) for arg in args])


def _arithmetic(kind: Kind, args: list[int]) -> Constant:
    match kind:
        case Kind.AT_MOST:
            return args[0] <= args[1]
        case Kind.SUM:
            return sum(args)
        case Kind.PRODUCT:
            return args[0] * args[1]
        case Kind.QUOTIENT:
            # The value by a divisor that is not positive is never used; any will do.
            return args[0] // args[1] if args[1] > 0 else 0
        case Kind.REMAINDER:
            return args[0] % args[1] if args[1] > 0 else 0
        case _:
            raise AssertionError(f"{kind} is no arithmetic")
