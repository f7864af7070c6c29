"""Changing syntax trees: `rewritten`, and what it is used for here.

The nodes of `grammar.syntax` are frozen, so a change makes new nodes on the way down to it and
keeps all others. Spans are kept: what is moved or changed still points at what the author wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Any, TypeAlias, TypeVar

from grammar import syntax
from grammar.source import Span

N = TypeVar("N", bound=syntax.Node)
Change: TypeAlias = Callable[[syntax.Node], syntax.Node | None]
"""What stands instead of a node; None if nothing does, so that its parts are looked at."""


def rewritten(node: N, change: Change) -> N:
    """Return a tree with the changes made, from the outside inwards.

    What `change` returns is not looked into again; it must fit where the node stood.
    """
    found: Any = change(node)
    if found is not None:
        result: N = found
        return result
    changed = {
        each.name: _inside(getattr(node, each.name), change)
        for each in fields(node)
        if each.name != "span"
    }
    if all(changed[name] is getattr(node, name) for name in changed):
        return node
    return replace(node, **changed)


def _inside(value: Any, change: Change) -> Any:
    match value:
        case syntax.Node():
            return rewritten(value, change)
        case tuple():
            parts = tuple(_inside(part, change) for part in value)
            is_same = all(new is old for new, old in zip(parts, value, strict=True))
            return value if is_same else parts
        case _:
            return value


def walk(node: syntax.Node) -> Iterator[syntax.Node]:
    """Yield a node and all below it, outermost first."""
    yield node
    for each in fields(node):
        value = getattr(node, each.name)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, syntax.Node):
                yield from walk(part)


def names_in(node: syntax.Node) -> frozenset[str]:
    """Return the names that a tree mentions, of paths the first ones."""
    found = set()
    for each in walk(node):
        match each:
            case syntax.NameRef(name):
                found.add(name)
            case syntax.Path((first, *_)):
                found.add(first.text)
            case _:
                pass
    return frozenset(found)


def replaced(node: N, values: Mapping[str, syntax.Expr]) -> N:
    """Return a tree in which expressions stand for plain names."""

    def change(found: syntax.Node) -> syntax.Node | None:
        match found:
            case syntax.NameRef(name):
                return values.get(name)
            case _:
                return None

    return rewritten(node, change)


def bound_names(node: syntax.Node) -> Iterator[syntax.Name]:
    """Yield the names that expressions in a tree introduce themselves."""
    for each in walk(node):
        match each:
            case syntax.Binder(names=names):
                yield from names
            case syntax.LetIn(name=name):
                yield name
            case _:
                pass


def respanned(node: N, place: Callable[[Span], Span]) -> N:
    """Return the same tree at other places."""
    changed: dict[str, Any] = {}
    for each in fields(node):
        value = getattr(node, each.name)
        if isinstance(value, syntax.Node):
            changed[each.name] = respanned(value, place)
        elif isinstance(value, tuple):
            changed[each.name] = tuple(
                respanned(part, place) if isinstance(part, syntax.Node) else part for part in value
            )
    return replace(node, **changed, span=place(node.span))
