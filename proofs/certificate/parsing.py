"""Ground terms from their texts, as `proofs.logic.text` writes them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from proofs.logic.terms import INT, FiniteSort, Kind
from proofs.logic.text import sort_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from proofs.logic.terms import Logic, Sort, Symbol, Term

_NUMBER: Final = re.compile(r"-?\d+")
_COMPOUND: Final = {
    kind.value: kind
    for kind in Kind
    if kind
    not in {
        *(Kind.TRUTH, Kind.NUMBER, Kind.MEMBER, Kind.VARIABLE, Kind.APPLY),
        *(Kind.FORALL, Kind.EXISTS),
    }
}
_HEADS: Final = sorted(_COMPOUND, key=len, reverse=True)


class ParseError(Exception):
    """A text is no term of the logic."""


class TermParser:
    """Reads terms over the symbols that a logic has."""

    def __init__(self, logic: Logic, symbols: Iterable[Symbol], sorts: Iterable[Sort]) -> None:
        """Take the symbols, and the sorts whose members may be named."""
        self._logic = logic
        # A name may begin with another one, and may hold brackets: the longest counts.
        self._symbols = sorted(symbols, key=lambda each: len(each.name), reverse=True)
        self._members = {
            f"{sort_name(sort)}'{member}": (sort, member)
            for sort in sorts
            if isinstance(sort, FiniteSort)
            for member in sort.members
        }
        self._text = ""
        self._at = 0

    def term(self, text: str) -> Term:
        """Return the term of a text.

        Raises:
            ParseError: it is none.
        """
        self._text, self._at = text, 0
        found = self._term()
        if self._at != len(text):
            raise self._error()
        return found

    def _error(self) -> ParseError:
        return ParseError(f"`{self._text}` is no term, from `{self._text[self._at :]}` on")

    def _take(self, text: str) -> bool:
        if self._text.startswith(text, self._at):
            self._at += len(text)
            return True
        return False

    def _is_ended(self, end: int) -> bool:
        return end == len(self._text) or self._text[end] in "(), "

    def _term(self) -> Term:
        for name, (sort, member) in self._members.items():
            if self._text.startswith(name, self._at) and self._is_ended(self._at + len(name)):
                self._at += len(name)
                assert isinstance(sort, FiniteSort)
                return self._logic.member(sort, member)
        for symbol in self._symbols:
            end = self._at + len(symbol.name)
            if self._text.startswith(symbol.name, self._at) and self._is_ended(end):
                self._at = end
                return self._applied(symbol)
        number = _NUMBER.match(self._text, self._at)
        if number is not None and self._is_ended(number.end()):
            self._at = number.end()
            return self._logic.number(int(number[0]))
        for word, value in (("true", True), ("false", False)):
            if self._text.startswith(word, self._at) and self._is_ended(self._at + len(word)):
                self._at += len(word)
                return self._logic.truth(value)
        return self._compound()

    def _applied(self, symbol: Symbol) -> Term:
        args: list[Term] = []
        if symbol.arguments:
            for number in range(len(symbol.arguments)):
                if not self._take("(" if number == 0 else ", "):
                    raise self._error()
                args.append(self._term())
            if not self._take(")"):
                raise self._error()
        if tuple(arg.sort for arg in args) != symbol.arguments:
            raise self._error()
        return self._logic.apply(symbol, args)

    def _compound(self) -> Term:
        if not self._take("("):
            raise self._error()
        head = next((each for each in _HEADS if self._take(f"{each} ")), None)
        if head is None:
            raise self._error()
        args = [self._term()]
        while self._take(" "):
            args.append(self._term())
        if not self._take(")"):
            raise self._error()
        kind = _COMPOUND[head]
        return self._built(kind, args)

    def _built(self, kind: Kind, args: list[Term]) -> Term:
        logic = self._logic
        sorts = [arg.sort for arg in args]
        match kind, args:
            case Kind.NOT, [arg]:
                return logic.negate(arg)
            case Kind.AND, _:
                return logic.conjunction(args)
            case Kind.OR, _:
                return logic.disjunction(args)
            case Kind.ITE, [condition, then, otherwise] if then.sort == otherwise.sort:
                return logic.ite(condition, then, otherwise)
            case Kind.EQUAL, [left, right] if left.sort == right.sort:
                return logic.equal(left, right)
            case _ if any(sort is not INT for sort in sorts):
                raise self._error()
            case Kind.AT_MOST, [left, right]:
                return logic.at_most(left, right)
            case Kind.SUM, _:
                return logic.sum(args)
            case Kind.PRODUCT, [left, right]:
                return logic.product(left, right)
            case Kind.QUOTIENT, [left, right]:
                return logic.quotient(left, right)
            case Kind.REMAINDER, [left, right]:
                return logic.remainder(left, right)
            case _:
                raise self._error()
