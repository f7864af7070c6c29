"""Systems as text, so that a failing random one can be read.

The notation follows the language where it has one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from checker.model.ir import (
    Assert,
    Assign,
    Bind,
    Choose,
    Effect,
    Either,
    Guard,
    If,
    Seq,
    While,
)
from checker.model.render import Words, render, render_place
from checker.model.system import Action, System
from checker.model.types import cardinality, describe


def show_system(system: System) -> str:
    """Return the whole system as text."""
    words = Words(system.processes)
    lines = [f"spec {system.name}"]
    lines += [f"sort {sort.name}[{sort.size}]" for sort in system.sorts]
    lines += [
        f"var {v.name}: {describe(v.type)}    // {v.role.value}, {cardinality(v.type)} values"
        for v in system.variables
    ]
    for process in system.processes:
        on = "" if process.index is None else f" on {describe(process.index)}"
        points = ", ".join(point.name for point in process.points)
        lines.append(f"process {process.name}{on} rests at {points}")
    lines += ["init", *show_effect(system.init, words)]
    for action in system.actions:
        lines += _show_action(action, words)
    for each in system.properties:
        lines += [
            f"{each.kind.value} {part.name}: {render(part.expression, words)}"
            for part in each.conjuncts
        ]
    lines += [f"assume {each.name}: {render(each.expression)}" for each in system.assumptions]
    if system.terminal is not None:
        lines.append(f"terminal {render(system.terminal, words)}")
    return "\n".join(lines)


def _show_action(action: Action, words: Words) -> list[str]:
    params = ", ".join(f"{each.name}: {describe(each.type)}" for each in action.params)
    head = f"action {action.name}({params}) requires {render(action.guard, words)}"
    return [head, *show_effect(action.body, words)]


def show_effect(effect: Effect, words: Words, indent: str = "  ") -> Iterator[str]:
    """Yield the lines of an effect."""
    inner = indent + "  "
    match effect:
        case Seq(effects):
            for each in effects:
                yield from show_effect(each, words, indent)
        case Assign(place, value):
            yield f"{indent}{render_place(place, words)} := {render(value, words)}"
        case Bind(local, value):
            yield f"{indent}let {local.name} = {render(value, words)}"
        case If(condition, then, otherwise):
            yield f"{indent}if {render(condition, words)}"
            yield from show_effect(then, words, inner)
            yield f"{indent}else"
            yield from show_effect(otherwise, words, inner)
        case While(condition, body):
            yield f"{indent}while {render(condition, words)}"
            yield from show_effect(body, words, inner)
        case Choose(local, domain, body):
            where = describe(local.type) if domain is None else render(domain, words)
            yield f"{indent}choose {local.name} in {where}"
            yield from show_effect(body, words, inner)
        case Either(branches):
            for number, branch in enumerate(branches):
                yield f"{indent}{'or' if number else 'either'}"
                yield from show_effect(branch, words, inner)
        case Guard(condition):
            yield f"{indent}await {render(condition, words)}"
        case Assert(condition, message):
            yield f"{indent}assert {render(condition, words)}, {message!r}"
        case _:
            assert_never(effect)
