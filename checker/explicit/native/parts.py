"""Functions that expand one state by some of the actions.

Steps of a process are grouped by its control: where it rests decides by one jump which of them are
tried. Parameters are constants as long as the whole stays small, and arguments of one shared
function beyond that, so that compile time grows with the text of a spec and not with its sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final

from checker.explicit.layout import width
from checker.explicit.native import binders
from checker.explicit.native.assembly import WORD, Function, Number, known
from checker.explicit.native.cells import Cell, Register, Words, read
from checker.explicit.native.steps import FAILED, StepWriter, Surroundings, raise_flag
from checker.explicit.native.terms import Terms
from checker.explicit.native.values import View
from checker.model.ir import And, Apply, Index, Literal, LocalRef, Op, Read
from checker.model.system import control_type
from checker.model.types import cardinality

if TYPE_CHECKING:
    from checker.explicit.native.cells import Memory
    from checker.explicit.native.unit import Unit
    from checker.model.ir import Expr, Implies, Local
    from checker.model.system import Action, Conjunct, Process, System
    from grammar.source import Span

ACTION_WEIGHT: Final = 4_000
SYSTEM_WEIGHT: Final = 8_000
"""Up to this many operations, for one action and in all, parameters are constants."""

INLINED_WEIGHT: Final = 3_000
"""Up to this many operations in all, everything becomes one function."""

Params = Mapping["Local", Number]


@dataclass(frozen=True, slots=True)
class Part:
    """A function, and the parameters that it takes as arguments (positions)."""

    name: str
    arguments: tuple[Local, ...]


class PartWriter:
    """Writes all parts of one system."""

    def __init__(
        self,
        unit: Unit,
        system: System,
        branches: Mapping[tuple[Span, int], int],
        steps: tuple[tuple[Conjunct, Mapping[Implies, int]], ...],
    ) -> None:
        """Write into `unit`; `branches` and the steps' implications are numbered by mark bits."""
        self.unit = unit
        self.system = system
        self.branches = branches
        self.steps = steps
        self._numbers = {action: number for number, action in enumerate(system.actions)}
        self._count = 0
        self._unrolled, self.weight = self._plan()

    def _plan(self) -> tuple[frozenset[Action], int]:
        """Choose the actions whose parameters are constants; return the weight of all that."""
        limit = ACTION_WEIGHT
        while True:
            chosen = frozenset(
                action
                for action in self.system.actions
                if self._weight(action) * instances(action.params) <= limit
            )
            total = sum(
                self._weight(action) * (instances(action.params) if action in chosen else 1)
                for action in self.system.actions
            )
            if total <= SYSTEM_WEIGHT or limit <= 1:
                return chosen, total
            limit //= 2

    def _weight(self, action: Action) -> int:
        shapes = self.unit.shapes
        return shapes.term(action.guard).weight + shapes.effect(action.body).weight

    # --- the parts

    def write(self) -> Iterator[Part]:
        """Write all functions."""
        stepping: dict[Process, dict[int, list[Action]]] = {}
        for action in self.system.actions:
            code = _resting_at(action)
            if code is None or action.process is None:
                yield from self._plain(action)
            else:
                stepping.setdefault(action.process, {}).setdefault(code, []).append(action)
        for process, cases in stepping.items():
            yield from self._process(process, cases)

    def _plain(self, action: Action) -> Iterator[Part]:
        def write(terms: Terms, around: Surroundings, params: Params) -> None:
            self._action(terms, around, action, _conjuncts_of(action.guard), params)

        for params in self._choices([action], action.params):
            # What is no constant is tried in loops, from which what is known earlier is taken out.
            yield self._function(tuple(params), params, write)

    def _process(self, process: Process, cases: Mapping[int, list[Action]]) -> Iterator[Part]:
        every = [action for actions in cases.values() for action in actions]
        selves = every[0].params[:1] if process.index is not None else ()

        def write(terms: Terms, around: Surroundings, params: Params) -> None:
            self._dispatch(terms, around, process, cases, tuple(params.values()))

        for params in self._choices(every, selves):
            yield self._function(selves, params, write)

    def _choices(self, actions: Sequence[Action], params: Sequence[Local]) -> Iterator[Params]:
        """Yield all constant parameters, or none at all if they are to be arguments."""
        if not self._unrolled.issuperset(actions):
            yield {}
            return
        terms = Terms(self.unit, Function(""))
        for values in product(*(binders.constants(terms, local) for local in params)):
            yield dict(zip(params, values, strict=True))

    # --- one function

    def _function(
        self,
        params: Sequence[Local],
        chosen: Params,
        write: Callable[[Terms, Surroundings, Params], None],
    ) -> Part:
        name = f"@part{self._count}"
        self._count += 1
        arguments = tuple(params[len(chosen) :])
        names = [f"i64 %at{number}" for number in range(len(arguments))]
        state = "i64 %state" if self.unit.is_narrow else "ptr noalias readonly %state"
        heads = [state, "ptr noalias %first", *SHARED, *names]
        inlined = " alwaysinline" if self.weight <= INLINED_WEIGHT else ""
        code = Function(f"define internal ptr {name}({', '.join(heads)}) nounwind{inlined}")
        terms = Terms(self.unit, code)
        around = self._surroundings(code)
        values = {
            local: binders.value_at(terms, local, Number(WORD, None, f"%at{number}"))
            for number, local in enumerate(arguments)
        }
        write(terms, around, {**chosen, **values})
        code.do(f"ret ptr {code.let(f'load ptr, ptr {around.out}, align 8')}")
        self.unit.functions.append(code.finish())
        return Part(name, arguments)

    def _surroundings(self, code: Function) -> Surroundings:
        out = code.slot("ptr")
        code.do(f"store ptr %first, ptr {out}, align 8")
        source: Memory
        work: Cell | Words
        if self.unit.is_narrow:
            source, work = Register(Number(WORD, None, "%state")), Cell(code.slot("i64"))
        else:
            source, work = Words(code.slot("ptr")), Words(out)
            code.do(f"store ptr %state, ptr {source.slot}, align 8")
        return Surroundings(
            source=source,
            address="%state",
            work=work,
            out=out,
            counters="%counters",
            marks="%marks",
            flag="%flag",
            scratch="%scratch",
            limit="%limit",
            branches=self.branches,
            steps=self.steps,
        )

    def _dispatch(
        self,
        terms: Terms,
        around: Surroundings,
        process: Process,
        cases: Mapping[int, list[Action]],
        self_value: tuple[Number, ...],
    ) -> None:
        """Write the steps of a process, after a jump to where it rests."""
        code = terms.code
        points = control_type(process)
        size = width(points)
        at = known(self.unit.layout.slots[process.control].offset)
        for value in self_value:
            assert process.index is not None
            place = terms.place(value, process.index, process.index)
            at = code.add(at, code.mul(place, size))
        rests = read(code, around.source, at, size)
        done = code.label()
        labels = {point: code.label() for point in cases}
        ways = " ".join(f"i64 {point}, label %{label}" for point, label in labels.items())
        code.do(f"switch {rests.typed}, label %{done} [ {ways} ]")
        for point, actions in cases.items():
            code.start(labels[point])
            for action in actions:
                params = dict(zip(action.params[:1], self_value, strict=True))
                self._action(terms, around, action, _rest_of_guard(action), params)
            code.jump(done)
        code.start(done)

    def _action(
        self,
        terms: Terms,
        around: Surroundings,
        action: Action,
        guard: tuple[Expr, ...],
        params: Params,
    ) -> None:
        """Write an action for given values of some parameters and all values of the others."""
        missing = [local for local in action.params if local not in params]
        if not missing:
            writer = StepWriter(terms, around, action)
            writer.write(self._numbers[action], guard, params)
            return
        local = missing[0]
        skip = terms.code.label()
        late = self._write_early(terms, around, guard, params, skip)

        def write(at: Number) -> None:
            value = binders.value_at(terms, local, at)
            self._action(terms, around, action, late, {**params, local: value})

        terms.code.times(cardinality(local.type), write)
        terms.code.jump(skip)
        terms.code.start(skip)

    def _write_early(
        self,
        terms: Terms,
        around: Surroundings,
        guard: tuple[Expr, ...],
        params: Params,
        skip: str,
    ) -> tuple[Expr, ...]:
        """Write those tests that come first and ask for no parameter that is missing.

        Where one does not hold control goes to `skip`. A later test may rely on the ones before it,
        so that none is written before these.

        Returns:
            the tests that are left.
        """
        code = terms.code
        for number, test in enumerate(guard):
            if not self.unit.shapes.term(test).free <= params.keys():
                return guard[number:]
            broken, going_on = code.label(), code.label()
            view = View(around.source, broken, locals=params)
            code.branch(terms.truth(test, view), going_on, skip)
            if broken in code.targets:
                code.start(broken)
                raise_flag(code, around.flag, FAILED)
                code.jump(skip)
            code.start(going_on)
        return ()


SHARED: Final = ("ptr %counters", "ptr %marks", "ptr %flag", "ptr %scratch", "ptr %limit")
"""Arguments that every part is given."""


def instances(params: Sequence[Local]) -> int:
    """Return the number of combinations of values of parameters."""
    result = 1
    for local in params:
        result *= cardinality(local.type)
    return result


def _conjuncts_of(guard: Expr) -> tuple[Expr, ...]:
    return guard.args if isinstance(guard, And) else (guard,)


def _rest_of_guard(action: Action) -> tuple[Expr, ...]:
    return _conjuncts_of(action.guard)[1:]


def _resting_at(action: Action) -> int | None:
    """Return the code of the control point that the guard asks for before anything else."""
    process = action.process
    if process is None or action.source is None:
        return None
    first = _conjuncts_of(action.guard)[0]
    if not isinstance(first, Apply) or first.op is not Op.EQ:
        return None
    for subject, other in (first.args, first.args[::-1]):
        if not isinstance(other, Literal):
            continue
        match subject:
            case Read(variable) if process.index is None:
                is_control = variable is process.control
            case Index(Read(variable), LocalRef(local)) if process.index is not None:
                is_control = (
                    variable is process.control
                    and bool(action.params)
                    and local is action.params[0]
                    and local.type == process.index
                )
            case _:
                is_control = False
        if is_control:
            members = control_type(process).members
            return members.index(str(other.value))
    return None
