"""Channels: messages on their way, and what may happen to them there.

A channel becomes an object with a queue, or with one for each element of a type. To send and to
receive are procedures of one step each, which wait while the queue is full or empty. Its faults are
actions, each possible at every place of the queue, so that they come at any time; one that is
limited counts how often it came.

Where messages may be reordered without limit, no order can be relied on: instead of exchanging
neighbours, `receive` takes any message. That is the same to those who send and receive.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from checker.constructs.template import Template
from grammar import syntax
from grammar.diagnostics import Collector, Note
from grammar.spelling import did_you_mean

FAULTS: Final = {"loses": "lose", "duplicates": "duplicate", "reorders": "reorder"}
"""The words for faults, and what the actions are called."""


def channel_object(decl: syntax.ChannelDecl, collector: Collector) -> syntax.ObjectDecl:
    """Return the object that a channel is; what is wrong with it is reported."""
    _check_faults(decl, collector)
    template = Template(f"channel {decl.name.text}", decl.name.span)
    text = "".join(_Text(decl, template).declarations())
    return syntax.ObjectDecl(decl.name, template.declarations(text), doc=decl.doc, span=decl.span)


def _check_faults(decl: syntax.ChannelDecl, collector: Collector) -> None:
    seen: dict[str, syntax.Fault] = {}
    for fault in decl.faults:
        word = fault.name.text
        if word not in FAULTS:
            collector.error(
                "K188",
                fault.name.span,
                f"`{word}` is nothing that a channel does",
                remedy=did_you_mean(word, FAULTS)
                or "it `loses`, `duplicates` or `reorders` messages",
            )
        first = seen.setdefault(word, fault)
        if first is not fault:
            collector.error(
                "K188",
                fault.name.span,
                f"`{word}` is said twice",
                notes=(Note(first.span, "here first"),),
            )


class _Text:
    """The declarations of one channel, as text with holes for what the author wrote."""

    def __init__(self, decl: syntax.ChannelDecl, template: Template) -> None:
        self._template = template
        self._size = template.expression(decl.capacity)
        self._message = template.type(decl.type)
        self._index = None if decl.index is None else template.type(decl.index)
        self._queue = "queue" if self._index is None else "queue[to]"
        self._faults = {
            FAULTS[each.name.text]: each for each in decl.faults if each.name.text in FAULTS
        }
        reorder = self._faults.get("reorder")
        self._is_bag = reorder is not None and reorder.bound is None

    def declarations(self) -> Iterator[str]:
        """Yield the texts of the object's members."""
        many = f"seq[{self._size}] of {self._message}"
        if self._index is not None:
            many = f"[{self._index}] {many}"
        yield f"var queue: {many} = []\n"
        yield f"""
        procedure send({self._parameters(f"message: {self._message}")}) {{
          atomic {{
            await len({self._queue}) < {self._size}
            {self._queue} := append({self._queue}, message)
          }}
        }}
        """
        yield f"""
        procedure receive({self._parameters()}): {self._message} {{
          atomic {{
            {self._taking()}
            return message
          }}
        }}
        """
        for name, fault in self._faults.items():
            if not (name == "reorder" and self._is_bag):
                yield from self._fault(name, fault)

    def _parameters(self, *own: str) -> str:
        return ", ".join((*(() if self._index is None else (f"to: {self._index}",)), *own))

    def _taking(self) -> str:
        queue = self._queue
        if not self._is_bag:
            return f"""
            await len({queue}) > 0
            let message = first({queue})
            {queue} := rest({queue})
            """
        return f"""
        choose place: 0..{self._size} - 1 where place < len({queue})
        let message = {queue}[place]
        {self._without("place")}
        """

    def _without(self, place: str) -> str:
        """Return the statements that take one message out of the queue."""
        return f"""
        var others: seq[{self._size}] of {self._message} = []
        for each: 0..{self._size} - 1 {{
          if each < len({self._queue}) and each != {place} {{
            others := append(others, {self._queue}[each])
          }}
        }}
        {self._queue} := others
        """

    def _fault(self, name: str, fault: syntax.Fault) -> Iterator[str]:
        queue, size = self._queue, self._size
        condition, effect = {
            "lose": (f"place < len({queue})", self._without("place")),
            "duplicate": (
                f"place < len({queue}) and len({queue}) < {size}",
                f"""
                var more: seq[{size}] of {self._message} = []
                for each: 0..{size} - 1 {{
                  if each < len({queue}) {{
                    more := append(more, {queue}[each])
                    if each = place {{ more := append(more, {queue}[each]) }}
                  }}
                }}
                {queue} := more
                """,
            ),
            "reorder": (
                f"place + 1 < len({queue})",
                f"{queue}[place], {queue}[place + 1] := {queue}[place + 1], {queue}[place]",
            ),
        }[name]
        guard, counted = "", ""
        if fault.bound is not None:
            most = self._template.expression(fault.bound)
            times = f"{name}_times"
            yield f"var {times}: 0..{most} + 1 = 0\n"  # room for one more, also where none may come
            guard, counted = f"requires {times} < {most}", f"{times} := {times} + 1"
        yield f"""
        action {name}({self._parameters(f"place: 0..{size} - 1")}) requires {condition} {guard} {{
          {effect}
          {counted}
        }}
        """
