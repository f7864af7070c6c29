"""Generated Python that expands many states at a time.

One function holds the code of every action for every value of its parameters (up to a limit; beyond
it the rest of the parameters become loops). The steps of a process are found by its control point,
by halving: the control field is compared where it lies, and in each leaf it is a known constant.

Transitions are counted by keeping one list of successors per action. Branches and implications are
recorded as long as they are not covered; made again without them, the code does not pay for them.

Where anything fails, all of it raises `Fault`, and `exact` finds out what happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from checker.explicit.layout import width
from checker.explicit.python.binders import loop_values
from checker.explicit.python.effects import EffectWriter
from checker.explicit.python.exact import conjuncts
from checker.explicit.python.expressions import ExpressionWriter, View
from checker.explicit.python.fragments import Text, condition, conjunction, negation
from checker.explicit.python.frames import Frame
from checker.explicit.python.instances import instances
from checker.explicit.python.shape import Shapes
from checker.explicit.python.unit import Unit
from checker.model.ir import Guard
from checker.model.system import PropertyKind, control_type

if TYPE_CHECKING:
    from checker.explicit.layout import Layout
    from checker.explicit.python.budget import Budget
    from checker.explicit.python.fragments import Fragment
    from checker.explicit.python.instances import Field, Instance
    from checker.model.coverage_points import CoveragePoints
    from checker.model.ir import Local
    from checker.model.system import Conjunct, System


@dataclass(frozen=True, slots=True)
class Lists:
    """Where the functions put what they find.

    Attributes:
        successors: of the states expanded, by action.
        stuck: states without any.
        bad: states in which some invariant does not hold.
        bad_steps: number of the step property, state before, state after.
        taken: branches, as bits.
        tested: numbers of implications.
    """

    successors: tuple[list[int], ...]
    stuck: list[int] = field(default_factory=list)
    bad: list[int] = field(default_factory=list)
    bad_steps: list[tuple[int, int, int]] = field(default_factory=list)
    taken: set[int] = field(default_factory=set)
    tested: set[int] = field(default_factory=set)

    def clear(self) -> None:
        """Forget everything but coverage."""
        for each in (*self.successors, self.stuck, self.bad):
            each.clear()
        self.bad_steps.clear()


@dataclass(frozen=True, slots=True)
class Functions:
    """Functions of many states.

    Attributes:
        expand: puts the successors of states, and what is wrong with the steps, into the lists.
        judge: puts states in which some invariant does not hold into `bad`; None if there is none.
        ended: returns those states that are allowed to be stuck.
        reached: for each `reachable`, returns those states in which it holds.
    """

    lists: Lists
    expand: Callable[[Iterable[int]], None]
    judge: Callable[[Iterable[int]], None] | None
    ended: Callable[[Iterable[int]], list[int]]
    reached: tuple[Callable[[Iterable[int]], list[int]], ...]


class Generator:
    """Makes functions for one system, as often as coverage grows."""

    def __init__(
        self, system: System, layout: Layout, points: CoveragePoints, budget: Budget
    ) -> None:
        """Analyse the system once for all."""
        self._system = system
        self._layout = layout
        self._points = points
        self._budget = budget
        self._shapes = Shapes()
        self._instances = tuple(instances(system, layout, self._shapes, budget))

    def make(self, *, taken: int, tested: int) -> Functions:
        """Make the functions, without recording what is covered already (as bits)."""
        unit = Unit(self._layout, self._budget, self._shapes)
        expressions = ExpressionWriter(unit)
        lists = Lists(tuple([] for _ in self._system.actions))
        unit.globals.update({f"o{number}": each for number, each in enumerate(lists.successors)})
        unit.globals.update(stuck=lists.stuck, bad=lists.bad, bad_steps=lists.bad_steps)
        unit.globals.update(took=lists.taken.add, seen=lists.tested.add)
        self._write_expand(expressions, taken)
        self._write_step(expressions, tested)
        invariants = conjuncts(self._system, PropertyKind.INVARIANT)
        holds = conjunction(self._holds(expressions, each, tested) for each in invariants)
        unit.define(_loop("judge", negation(holds), "bad"))
        unit.define(_loop("ended", self._ended(expressions)))
        reachables = conjuncts(self._system, PropertyKind.REACHABLE)
        for number, each in enumerate(reachables):
            unit.define(_loop(f"reached{number}", expressions.render(each.expression, View())))
        made = unit.compile()
        return Functions(
            lists=lists,
            expand=made["expand"],
            judge=made["judge"] if invariants else None,
            ended=made["ended"],
            reached=tuple(made[f"reached{number}"] for number in range(len(reachables))),
        )

    # --- expansion

    def _write_expand(self, expressions: ExpressionWriter, taken: int) -> None:
        numbers = self._points.branch_numbers.items()
        wanted = {branch: number for branch, number in numbers if not taken >> number & 1}
        checks_steps = bool(conjuncts(self._system, PropertyKind.STEP))
        writer = EffectWriter(expressions, wanted, checks_steps=checks_steps)
        parts = [writer.captured(write) for write in self._parts(writer)]
        writer.finish()
        body: list[str] = []
        is_long = sum(map(len, parts)) > self._budget.function_lines
        for lines in parts:
            if is_long:
                name = expressions.unit.name("p")
                head = [f"def {name}(s):", "    w = 0"]
                expressions.unit.define([*head, *_indented(lines), "    return w"])
                body.append(f"if {name}(s): w = 1")
            else:
                body.extend(lines)
        # Names that are parameters are found faster than those of the unit.
        lists = [*(f"o{number}" for number in range(len(self._system.actions))), "stuck"]
        names = ", ".join(f"{name}={name}" for name in lists)
        head = [f"def expand(states, {names}):", "    for s in states:", "        w = 0"]
        tail = ["        if not w: stuck.append(s)"]
        expressions.unit.define([*head, *_indented(body, 2), *tail])

    def _parts(self, writer: EffectWriter) -> list[Callable[[], None]]:
        """Return functions that write code for the steps of one thread, or one other instance."""
        stepping: dict[Field, dict[int, list[Instance]]] = {}
        others: list[Instance] = []
        for each in self._instances:
            if each.field is None:
                others.append(each)
            else:
                stepping.setdefault(each.field, {}).setdefault(each.code, []).append(each)
        return [
            *(partial(self._dispatch, writer, at, steps) for at, steps in stepping.items()),
            *(partial(self._write_instance, writer, each) for each in others),
        ]

    def _dispatch(
        self, writer: EffectWriter, at: Field, steps: Mapping[int, list[Instance]]
    ) -> None:
        """Write the steps of one thread, found by its control point."""
        writer.line(f"p = s & {((1 << at.width) - 1) << at.offset}")
        self._halve(writer, at, sorted(steps.items()), range(1 << at.width))

    def _halve(
        self,
        writer: EffectWriter,
        at: Field,
        steps: Sequence[tuple[int, list[Instance]]],
        possible: range,
    ) -> None:
        """Write a decision among the control points with steps.

        Args:
            possible: the codes that the field may have here.
        """
        if len(steps) == 1:
            code, found = steps[0]
            leaf = partial(self._write_leaf, writer, found)
            if possible == range(code, code + 1):
                leaf()
            else:
                writer.block(f"if p == {code << at.offset}:", leaf)
            return
        middle = len(steps) // 2
        border = steps[middle][0]
        below, above = range(possible.start, border), range(border, possible.stop)
        lower = partial(self._halve, writer, at, steps[:middle], below)
        upper = partial(self._halve, writer, at, steps[middle:], above)
        writer.block(f"if p < {border << at.offset}:", lower)
        writer.block("else:", upper)

    def _write_leaf(self, writer: EffectWriter, found: Sequence[Instance]) -> None:
        for each in found:
            self._write_instance(writer, each)

    def _write_instance(self, writer: EffectWriter, instance: Instance) -> None:
        """Write an action for the values of some parameters that are given, and all of others."""
        action = instance.action
        locals_: dict[Local, Fragment] = {**instance.bindings}
        heads = []
        for local in action.params[len(locals_) :]:
            name = writer.unit.name("x")
            locals_[local] = Text(name)
            heads.append(f"for {name} in {loop_values(writer.expressions, local.type)}:")
        facts: dict[tuple[int, int], int] = {}
        if instance.field is not None:
            facts[instance.field] = instance.code
        out = f"o{instance.number}"
        frame = Frame("s", self._layout.mask, out, facts=facts, locals=locals_)
        todo = (Guard(action.guard, action.site), (action.body, None))
        writer.loop(heads, partial(writer.run, todo, frame))

    # --- properties

    def _holds(self, expressions: ExpressionWriter, conjunct: Conjunct, tested: int) -> Fragment:
        watched = {
            term: number
            for (owner, term), number in self._points.implication_numbers.items()
            if owner is conjunct and not tested >> number & 1
        }
        return expressions.render(conjunct.expression, View(watched=watched))

    def _write_step(self, expressions: ExpressionWriter, tested: int) -> None:
        lines = ["def step(o, s):"]
        for number, each in enumerate(conjuncts(self._system, PropertyKind.STEP)):
            broken = condition(negation(self._holds(expressions, each, tested)))
            lines.append(f"    if {broken}: bad_steps.append(({number}, o, s))")
        expressions.unit.define([*lines, "    return None"])

    def _ended(self, expressions: ExpressionWriter) -> Fragment:
        """Return the condition under which a state may be stuck."""
        at_end = self._all_at_end() if self._system.ends_by_itself else "0"
        if self._system.terminal is None:
            return Text(f"({at_end})")
        return Text(f"({at_end} or {expressions.condition(self._system.terminal, View())})")

    def _all_at_end(self) -> str:
        mask = wanted = 0
        for process in self._system.processes:
            if not process.can_end:
                return "0"
            slot = self._layout.slots[process.control]
            size = width(control_type(process))
            mask |= slot.mask
            if size:
                last = len(process.points) - 1
                fields = range(slot.offset, slot.offset + slot.width, size)
                wanted |= sum(last << at for at in fields)
        return f"s & {mask} == {wanted}"


def _indented(lines: Iterable[str], levels: int = 1) -> list[str]:
    return ["    " * levels + line for line in lines]


def _loop(name: str, test: Fragment, kept: str | None = None) -> list[str]:
    """Return a function that keeps those states that pass a test, or returns them."""
    return [
        f"def {name}(states):",
        *([] if kept else ["    found = []"]),
        "    for s in states:",
        f"        if {condition(test)}: {kept or 'found'}.append(s)",
        f"    return {'None' if kept else 'found'}",
    ]
