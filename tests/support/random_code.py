"""Random stepwise code: every construct, small types, deep nesting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from checker.model.ir import Expr, Local, Op
from checker.model.types import IntType, MapType, Type
from checker.steps.code import Block, Code
from tests.support.code_builder import CodeBuilder

_BIT = IntType(0, 1)


@dataclass(frozen=True, slots=True)
class _Place:
    """What may be written where a statement stands."""

    locals: tuple[Local, ...]
    depth: int
    is_in_loop: bool = False
    is_in_call: bool = False
    is_sealed: bool = False
    may_choose: bool = True


class CodeGenerator:
    """Draws the code of one process over a process index, or a single one."""

    def __init__(self, draw: Callable[[st.SearchStrategy[int]], int], index: Type | None) -> None:
        """Declare a few variables."""
        self._draw = draw
        self.c = CodeBuilder("p", index)
        self._x = self.c.var("x", _BIT)
        self._row = self.c.var("row", MapType(_BIT, _BIT))
        self._mine = self.c.own("mine", _BIT)
        self._names = 0

    def code(self) -> Block:
        """Draw the whole body."""
        return self._scope(_Place((), depth=self._pick(4) + 1))

    def _pick(self, below: int) -> int:
        return self._draw(st.integers(0, below - 1))

    def _local(self) -> Local:
        self._names += 1
        return Local(f"l{self._names}", _BIT)

    def _scope(self, place: _Place) -> Block:
        new = tuple(self._local() for _ in range(self._pick(3)))
        inner = replace(place, locals=(*place.locals, *new), depth=place.depth - 1)
        statements = [self._statement(inner) for _ in range(self._pick(4))]
        return Block(tuple(statements), new)

    def _statement(self, place: _Place) -> Code:
        simple: list[Callable[[_Place], Code]] = [
            self._store,
            self._bind,
            self._bind,
            self._wait,
            lambda _: self.c.label(f"at{self._pick(100)}"),
        ]
        if place.may_choose:
            simple += [self._choose]
        if place.is_in_loop:
            simple += [lambda _: self.c.leave(), lambda _: self.c.again()]
        if place.is_in_call:
            simple.append(self._give_back)
        compound: list[Callable[[_Place], Code]] = [
            self._when,
            self._when,
            self._when,
            self._repeat,
            self._repeat,
            self._fork if place.may_choose else self._when,
            lambda p: self.c.atomic(self._scope(replace(p, is_sealed=True))),
            lambda p: self.c.label(f"at{self._pick(100)}", self._scope(p)),
            self._call,
            self._scope,
        ]
        makers = simple if place.depth <= 0 else simple + compound + compound
        return makers[self._pick(len(makers))](place)

    # --- statements

    def _store(self, place: _Place) -> Code:
        b, value = self.c.b, self._value(place)
        target = self._pick(3)
        if target == 0:
            return self.c.assign(self._x, value)
        if target == 1:
            return self.c.assign(self._row, value, self._local_value(place))
        return self.c.do(b.assign(self._mine, self._local_value(place), *self._me()))

    def _bind(self, place: _Place) -> Code:
        if not place.locals:
            return self._store(place)
        local = place.locals[self._pick(len(place.locals))]
        if self._pick(4) == 0:
            return self.c.swap(local, self._x, self._local_value(place))
        return self.c.bind(
            local, self._value(place) if self._pick(4) == 0 else self._local_value(place)
        )

    def _wait(self, place: _Place) -> Code:
        return self.c.wait(self._condition(place))

    def _choose(self, place: _Place) -> Code:
        if not place.locals:
            return self._store(place)
        local = place.locals[self._pick(len(place.locals))]
        where = self._condition(place) if self._pick(2) else None
        return self.c.choose(local, where=where)

    def _give_back(self, place: _Place) -> Code:
        if place.locals and self._pick(2):
            return self.c.give_back(place.locals[0], self._value(place))
        return self.c.give_back()

    def _when(self, place: _Place) -> Code:
        then, otherwise = self._scope(place), self._scope(place)
        return self.c.when(self._condition(place), [then], [otherwise])

    def _repeat(self, place: _Place) -> Code:
        # A choice in each of 10,000 rounds of one step has more outcomes than can be compared.
        inner = replace(place, is_in_loop=True, may_choose=not place.is_sealed)
        condition = None if self._pick(3) == 0 else self._condition(place)
        return self.c.repeat(condition, self._scope(inner), self._statement(inner))

    def _fork(self, place: _Place) -> Code:
        return self.c.fork(*([self._scope(place)] for _ in range(2 + self._pick(2))))

    def _call(self, place: _Place) -> Code:
        param = self._local()
        inner = replace(place, locals=(*place.locals, param), is_in_loop=False, is_in_call=True)
        argument = self.c.bind(param, self._local_value(place))
        return self.c.block(
            argument, self.c.call(f"f{self._pick(100)}", self._scope(inner), params=[param])
        )

    # --- expressions

    def _me(self) -> tuple[Expr, ...]:
        return () if self.c.index is None else (self.c.me,)

    def _local_value(self, place: _Place) -> Expr:
        b = self.c.b
        choice = self._pick(4)
        if choice == 0 or not place.locals:
            return b.literal(self._pick(2), _BIT)
        if choice == 1:
            return b.read(self._mine, *self._me())
        local = b.ref(place.locals[self._pick(len(place.locals))])
        return b.convert(b.op(Op.SUB, b.number(1), local), _BIT) if choice == 2 else local

    def _value(self, place: _Place) -> Expr:
        b = self.c.b
        choice = self._pick(3)
        if choice == 0:
            return b.read(self._x)
        return (
            b.read(self._row, self._local_value(place)) if choice == 1 else self._local_value(place)
        )

    def _condition(self, place: _Place) -> Expr:
        value = self._value(place) if self._pick(2) else self._local_value(place)
        return self.c.b.eq(value, self.c.b.number(self._pick(2)))
