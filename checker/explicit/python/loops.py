"""Choices and loops of steps in generated Python, and where ways through a step meet.

A loop through whose body there is exactly one way becomes a Python loop. Any other keeps a queue of
the executions that are still in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from checker.explicit.layout import codes
from checker.explicit.python import effects
from checker.explicit.python.binders import local_values, loop_values
from checker.explicit.python.conversions import conversion
from checker.explicit.python.fragments import FALSE, TRUE, Constant, Text, condition, part, value
from checker.model.ir import LOOP_LIMIT
from checker.model.types import IntType, SetType, cardinality

if TYPE_CHECKING:
    from checker.explicit.python.effects import EffectWriter, Todo
    from checker.explicit.python.fragments import Fragment
    from checker.explicit.python.frames import Frame
    from checker.explicit.python.shape import EffectShape
    from checker.model.ir import Choose, Local, While
    from checker.model.types import Type


# --- where ways meet ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Meeting:
    """The frame after several ways, and the Python variables in which they meet.

    Attributes:
        state: the variable for the state; None if no way changes it.
        locals: the variables for locals that the ways leave different.
        flags: the variable for the branches taken.
    """

    frame: Frame
    state: str | None
    locals: Mapping[Local, str]
    flags: str | None

    @classmethod
    def of(
        cls, writer: EffectWriter, before: Frame, shape: EffectShape, ends: Sequence[Frame]
    ) -> Meeting:
        """Plan the meeting of the ways through an effect."""
        unit = writer.unit
        state = unit.name("t") if shape.writes else None
        flags = None
        if any((end.taken, end.flags) != (before.taken, before.flags) for end in ends):
            flags = unit.name("g")
        frame = before
        if state is not None:
            facts = {
                at: code
                for at, code in ends[0].facts.items()
                if all(end.facts.get(at) == code for end in ends)
            }
            frame = replace(before.settled(state, writer.whole), facts=facts)
        names: dict[Local, str] = {}
        bound: dict[Local, Fragment] = {}
        for local in sorted(shape.binds, key=unit.number):
            found = {end.locals.get(local) for end in ends}
            one = found.pop() if len(found) == 1 else None
            if one is None:
                names[local] = unit.name("x")
                one = Text(names[local])
            bound[local] = one
        frame = frame.bind_all(bound)
        if flags is not None:
            frame = replace(frame, taken=0, flags=flags)
        return cls(frame, state, names, flags)

    def assignments(self, writer: EffectWriter, end: Frame) -> list[str]:
        """Return the lines with which one way comes to the meeting."""
        lines = [f"{name} = {writer.local(end, local)}" for local, name in self.locals.items()]
        if self.flags is not None:
            lines.append(f"{self.flags} = {writer.flags(end)}")
        if self.state is not None:
            lines.append(f"{self.state} = {end.state(writer.whole)}")
        return lines


# --- choices --------------------------------------------------------------------------------------


def choose(
    writer: EffectWriter, effect: Choose, todo: Todo, frame: Frame
) -> tuple[Todo, Frame] | None:
    """Write a choice and what follows it, or the head of a loop in which that is to be written."""
    local = effect.local
    element: Type = local.type
    whole: Fragment = TRUE
    if effect.domain is not None:
        assert isinstance(effect.domain.type, SetType)
        element = effect.domain.type.element
        frame = writer.ready(frame, [effect.domain])
        domain = writer.expressions.render(effect.domain, writer.view(frame))
        held = writer.atom(domain, "d")
        whole = Text(held) if isinstance(held, str) else held
    if not _is_unrolled(writer, effect, todo, cardinality(element)):
        name = writer.unit.name("x")
        if effect.domain is None:
            _open(writer, f"for {name} in {loop_values(writer.expressions, element)}:")
        else:
            _open_over_set(writer, value(whole), name, element, local.type)
        return (effect.body, todo), frame.bind(local, Text(name))
    for at, bound in enumerate(_converted(element, local.type)):
        member = TRUE if effect.domain is None else part(whole, at, 1)
        write = partial(writer.run, (effect.body, todo), frame.bind(local, bound))
        if member == TRUE:
            write()
        elif member != FALSE:
            writer.block(f"if {condition(member)}:", write)
    return None


def _is_unrolled(writer: EffectWriter, effect: Choose, todo: Todo, count: int) -> bool:
    budget, weight = writer.unit.budget, writer.unit.shapes.effect(effect.body).weight
    return (
        count <= budget.choice_values
        and count * weight <= budget.choice_weight
        and writer.is_trivial(todo)
    )


def _converted(element: Type, of: Type) -> list[Constant]:
    """Return the values of a set's element type as values of the local's type."""
    if isinstance(element, IntType):
        return list(local_values(element))
    inner = conversion(element, of)
    return [Constant(inner(code)) for code in codes(element)]


def _open(writer: EffectWriter, head: str) -> None:
    """Begin a loop; `EffectWriter.run` ends it."""
    writer.line(head)
    writer.depth += 1
    writer.loops += 1


def _open_over_set(writer: EffectWriter, members: str, name: str, element: Type, of: Type) -> None:
    """Begin a loop over the members of a set, with `name` as a value of type `of`."""
    mask, bit = writer.unit.name("d"), writer.unit.name("b")
    writer.line(f"{mask} = {members}")
    _open(writer, f"while {mask}:")
    writer.line(f"{bit} = {mask} & -{mask}")
    writer.line(f"{mask} ^= {bit}")
    if isinstance(element, IntType):
        writer.line(f"{name} = {bit}.bit_length() + {element.low - 1}")
    else:
        table = tuple(each.value for each in _converted(element, of))
        writer.line(f"{name} = {writer.unit.constant(table)}[{bit}.bit_length() - 1]")


# --- loops ----------------------------------------------------------------------------------------


def repeat(
    writer: EffectWriter, effect: While, todo: Todo, frame: Frame
) -> tuple[Todo, Frame] | None:
    """Write a loop, and what follows it unless there is one way through it."""
    shape = writer.unit.shapes.effect(effect)
    if shape.is_single and shape.height <= writer.unit.budget.merged_height:
        return todo, single(writer, effect, frame)
    _queue(writer, effect, todo, frame, shape)
    return None


def single(writer: EffectWriter, effect: While, frame: Frame) -> Frame:
    """Write a loop through which there is one way."""
    shape = writer.unit.shapes.effect(effect)
    inside, names, state, flags = _entered(writer, frame, shape)
    start = [frame.state(writer.whole), *(writer.local(frame, local) for local in names)]
    for name, text in zip([state, *names.values()], start, strict=True):
        writer.line(f"{name} = {text}")
    if flags is not None:
        writer.line(f"{flags} = {writer.flags(frame)}")
    count = writer.unit.name("n")
    writer.line(f"{count} = 0")
    test = writer.expressions.condition(effect.condition, writer.view(inside))

    def body() -> None:
        writer.line(f"if {count} == {LOOP_LIMIT}: fault()")
        writer.line(f"{count} += 1")
        end = writer.single(effect.body, inside)
        # The names must change together: a local may be read by the state's text.
        ends = [end.state(writer.whole), *(writer.local(end, local) for local in names)]
        changed = [state, *names.values()]
        if flags is not None:
            changed.append(flags)
            ends.append(writer.flags(end))
        writer.line(f"{', '.join(changed)} = {', '.join(ends)}")

    writer.loops += 1
    writer.block(f"while {test}:", body)
    writer.loops -= 1
    return inside


def _entered(
    writer: EffectWriter, frame: Frame, shape: EffectShape
) -> tuple[Frame, dict[Local, str], str, str | None]:
    """Return the frame at the head of a loop, and the variables that change in it."""
    unit = writer.unit
    names = {local: unit.name("x") for local in sorted(shape.binds, key=unit.number)}
    state = unit.name("t")
    flags = unit.name("g") if writer.branches else None
    changed = 0
    for variable in shape.writes:
        changed |= unit.layout.slots[variable].mask
    inside = frame.without(changed).settled(state, writer.whole)
    inside = inside.bind_all({local: Text(name) for local, name in names.items()})
    if flags is not None:
        inside = replace(inside, taken=0, flags=flags)
    return inside, names, state, flags


def _queue(
    writer: EffectWriter, effect: While, todo: Todo, frame: Frame, shape: EffectShape
) -> None:
    inside, names, state, flags = _entered(writer, frame, shape)
    queue, count = writer.unit.name("q"), writer.unit.name("n")
    values = [writer.local(frame, local) for local in names]
    start = [frame.state(writer.whole), writer.flags(frame), *values, "0"]
    entry = [state, flags or "_", *names.values(), count]
    writer.line(f"{queue} = [({', '.join(start)})]")
    test = writer.expressions.condition(effect.condition, writer.view(inside))
    again = effects.Push(queue, count, tuple(names))

    def round_() -> None:
        writer.line(f"{', '.join(entry)} = {queue}.pop()")
        writer.block(f"if {test}:", go_on)
        writer.block("else:", lambda: writer.run(todo, inside))

    def go_on() -> None:
        writer.line(f"if {count} == {LOOP_LIMIT}: fault()")
        writer.run((effect.body, (again, None)), inside)

    writer.loops += 1
    writer.block(f"while {queue}:", round_)
    writer.loops -= 1
