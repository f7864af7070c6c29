"""Who read what whom had written: the arrows between the steps of a trace.

A step reads the cells that its guard and the branches it takes look at; it writes those that differ
afterwards. A flow goes from the last step that wrote a cell to the first step after it, of another
actor, that reads it. Locals of the actor and control points are no data that others see.

Cells are variables, or what maps and records hold, down to the first value that is neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, assert_never

from checker.model.evaluate import Scope, evaluate
from checker.model.interpret import environment
from checker.model.ir import (
    And,
    Assert,
    Assign,
    Bind,
    Choose,
    Conditional,
    Either,
    Field,
    Guard,
    If,
    Implies,
    Index,
    Let,
    Or,
    Read,
    Role,
    Seq,
    While,
)
from checker.model.operators import EvaluationError
from checker.model.rewrite import children, free_locals, keys
from checker.model.types import MapType, RecordType, elements, position, show

if TYPE_CHECKING:
    from checker.model.ir import Effect, Expr, Local, Variable
    from checker.model.system import State, System
    from checker.model.trace import Step, Trace
    from checker.model.types import Type, Value

Cell: TypeAlias = "tuple[str, tuple[int, ...]]"
"""The name of a variable, and positions of keys and fields."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One value on its way; steps are numbered from 0.

    Attributes:
        what: the cell and its value, as in `next[Cpu1] = Cpu0`.
    """

    writer: int
    reader: int
    what: str


@dataclass(frozen=True, slots=True)
class _Written:
    """Who wrote a cell last, and what."""

    step: int
    what: str


def flows(system: System, trace: Trace) -> tuple[Flow, ...]:
    """Return the flows of a trace, by reader and then in the order of reading."""
    steps = trace.steps if trace.failed is None else (*trace.steps, trace.failed)
    written: dict[Cell, _Written] = {}
    read: dict[tuple[str, Cell], int] = {}
    found: list[Flow] = []
    for number, step in enumerate(steps):
        before = trace.states[number]
        has_failed = step is trace.failed
        for prefix in dict.fromkeys(_reads(system, step, before, has_failed=has_failed)):
            for cell, last in written.items():
                if not _overlap(prefix, cell) or read.get((step.actor, cell), -1) >= last.step:
                    continue
                read[step.actor, cell] = number
                if steps[last.step].actor != step.actor:
                    found.append(Flow(last.step, number, last.what))
        if not has_failed:
            for cell, what in _writes(system, before, trace.states[number + 1]):
                written[cell] = _Written(number, what)
    return tuple(found)


def _overlap(one: Cell, other: Cell) -> bool:
    shorter = min(len(one[1]), len(other[1]))
    return one[0] == other[0] and one[1][:shorter] == other[1][:shorter]


# --- writes ---------------------------------------------------------------------------------------


def _writes(system: System, before: State, after: State) -> Iterator[tuple[Cell, str]]:
    for variable, old, new in zip(system.variables, before, after, strict=True):
        if variable.role in {Role.SHARED, Role.GHOST}:
            for path, text in _changed(variable.type, variable.name, (), old, new):
                yield (variable.name, path), text


def _changed(
    of: Type, name: str, path: tuple[int, ...], old: Value, new: Value
) -> Iterator[tuple[tuple[int, ...], str]]:
    if old == new:
        return
    match of:
        case MapType(key, element):
            assert isinstance(old, tuple)
            assert isinstance(new, tuple)
            for at, (k, a, b) in enumerate(zip(elements(key), old, new, strict=True)):
                yield from _changed(element, f"{name}[{show(key, k)}]", (*path, at), a, b)
        case RecordType(_, fields):
            assert isinstance(old, tuple)
            assert isinstance(new, tuple)
            for at, ((part, part_type), a, b) in enumerate(zip(fields, old, new, strict=True)):
                yield from _changed(part_type, f"{name}.{part}", (*path, at), a, b)
        case _:
            yield path, f"{name} = {show(of, new)}"


# --- reads ----------------------------------------------------------------------------------------


def _reads(system: System, step: Step, before: State, *, has_failed: bool) -> list[Cell]:
    looking = _Looking(
        system,
        step,
        environment(system, before),
        dict(zip(step.action.params, step.params, strict=True)),
        has_failed=has_failed,
    )
    looking.expression(step.action.guard)
    # A step that fails reads no more after that.
    with suppress(EvaluationError):
        looking.effect(step.action.body)
    return looking.found


@dataclass(slots=True)
class _Looking:
    """Follows one execution of a step and notes what it looks at.

    What it writes itself is not followed: a step that reads what it has just written sees the
    value from before, which decides at most which of its branches is looked at.
    """

    system: System
    step: Step
    values: dict[Variable, Value]
    locals: dict[Local, Value]
    has_failed: bool
    found: list[Cell] = field(default_factory=list)
    choices: int = 0

    def value(self, expr: Expr) -> Value:
        """Return the value of an expression that nothing around it binds a name in."""
        if not free_locals(expr) <= self.locals.keys():
            raise EvaluationError("it depends on what a quantifier binds")
        return evaluate(expr, Scope(self.values, self.locals))

    def chosen(self) -> Value:
        choice = self.step.choices[self.choices]
        self.choices += 1
        return choice.value

    def effect(self, effect: Effect) -> None:
        match effect:
            case Seq(effects):
                for each in effects:
                    self.effect(each)
            case Assign(place, value):
                for key in (*keys(place), value):
                    self.expression(key)
                if not place.path:
                    self.values[place.variable] = self.value(value)
            case Bind(local, value):
                self.expression(value)
                self.locals[local] = self.value(value)
            case If(condition, then, otherwise):
                self.expression(condition)
                self.effect(then if self.value(condition) else otherwise)
            case While(condition, body):
                self.expression(condition)
                if self.value(condition):
                    self.effect(body)
            case Choose(local, domain, body):
                if domain is not None:
                    self.expression(domain)
                if self.choices < len(self.step.choices):
                    self.locals[local] = self.chosen()
                    self.effect(body)
            case Either(branches):
                if self.choices < len(self.step.choices):
                    branch = self.chosen()
                    assert isinstance(branch, int)
                    self.effect(branches[branch])
            case Guard(condition):
                self.expression(condition)
            case Assert(condition):
                # The claim is the checker's, but what refutes it is of interest.
                if self.has_failed:
                    self.expression(condition)
            case _:
                assert_never(effect)

    def expression(self, expr: Expr) -> None:
        """Note what is read, as far as evaluation goes."""
        match expr:
            case Read() | Index() | Field():
                self.chain(expr)
            case And(args) | Or(args):
                stop = isinstance(expr, Or)
                for each in args:
                    self.expression(each)
                    if self.is_known(each, wanted=stop):
                        break
            case Implies(left, right):
                self.expression(left)
                if not self.is_known(left, wanted=False):
                    self.expression(right)
            case Conditional(condition, then, otherwise):
                self.expression(condition)
                if not self.is_known(condition, wanted=False):
                    self.expression(then)
                if not self.is_known(condition, wanted=True):
                    self.expression(otherwise)
            case Let(local, value, body):
                self.expression(value)
                try:
                    self.locals[local] = self.value(value)
                except EvaluationError:
                    return
                self.expression(body)
            case _:
                for each in children(expr):
                    self.expression(each)

    def is_known(self, condition: Expr, *, wanted: bool) -> bool:
        """Whether a condition has a value, and that one."""
        try:
            return bool(self.value(condition)) == wanted
        except EvaluationError:
            return False

    def chain(self, expr: Expr) -> None:
        """Note a variable, or the part of it that is selected as far as the keys are known."""
        selectors: list[Expr | int] = []
        while isinstance(expr, Index | Field):
            if isinstance(expr, Index):
                self.expression(expr.key)
            selectors.insert(0, expr.key if isinstance(expr, Index) else expr.index)
            expr = expr.base
        if not isinstance(expr, Read):
            self.expression(expr)
            return
        variable = expr.variable
        if variable.role is Role.CONTROL or self.is_own(variable):
            return
        if variable.role is Role.GHOST and not self.has_failed:
            return
        self.found.append((variable.name, self.path(variable.type, selectors)))

    def is_own(self, variable: Variable) -> bool:
        process = self.step.action.process
        return (
            variable.role is Role.LOCAL and process is not None and variable.owner == process.name
        )

    def path(self, of: Type, selectors: list[Expr | int]) -> tuple[int, ...]:
        found: list[int] = []
        for selector in selectors:
            match of, selector:
                case MapType(key, element), _ if not isinstance(selector, int):
                    try:
                        found.append(position(key, self.value(selector)))
                    except EvaluationError:
                        break
                    of = element
                case RecordType(_, fields), int():
                    found.append(selector)
                    of = fields[selector][1]
                case _:
                    break
        return tuple(found)
