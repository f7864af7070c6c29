"""What one step did, in short texts: what was chosen, what was assigned, which label is reached.

A step may carry out several statements: those of an `atomic`, and what is private to the process.
Each that assigns something is told of by itself, with what it assigned, be it new or not: that a
step found a value as it was may matter. Locals of the process go by the names that its code uses.
That one loses its value because control leaves its scope is not told.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Final, TypeAlias, assert_never

from checker.model.interpret import Bound, Decided, Moved, Passed, Wrote, perform
from checker.model.ir import Role
from checker.model.types import MapType, RecordType, SeqType, TupleType, elements, position, show
from checker.report.cells import clip, width
from checker.report.diff import Change, Edited, Replaced, changes
from checker.report.places import (
    Thread,
    call_text,
    generator_of,
    is_label,
    statement_at,
    told_statement,
    without_comment,
)
from grammar.source import NOWHERE

if TYPE_CHECKING:
    from checker.model.interpret import Act
    from checker.model.ir import Variable
    from checker.model.system import State, System
    from checker.model.trace import Step
    from checker.model.types import Type, Value
    from grammar.source import Span

MAX_CHANGES = 8
"""Changed parts of one place that are listed; of more, the first ones."""
MAX_STATEMENTS = 12
"""Statements of one step that are told of by themselves; of more, the first ones."""
MAX_SAME = 48
"""Cells of a value that is as before."""
SHORT_BLOCK = 64
"""Cells of an atomic block that is shown as one line, with all that it did below it."""

_PRIMITIVES: Final = frozenset({"swap", "cas", "fetch_add", "test_and_set"})
_BRANCHES: Final = re.compile(r"(\w+\s*:\s*)?((else\s+)?if|while)\b")

_Key: TypeAlias = "tuple[str, int]"
"""What tells statements apart: the file and the line; a line is as fine as a reader looks."""


@dataclass(frozen=True, slots=True)
class Told:
    """A statement of a step, and what it did."""

    site: Span
    text: str
    details: tuple[str, ...]


def told_step(system: System, step: Step, before: State, after: State) -> tuple[Told, ...]:
    """Return the statements of a step, first the one at which control rested."""
    acts = next(
        outcome.acts
        for outcome in perform(system, before, step.action, step.params)
        if isinstance(outcome, Moved) and outcome.step == step and outcome.state == after
    )
    found = _Telling(system, step, acts, after).statements()
    end = _arrival(system, step, before, after)
    if len(found) > MAX_STATEMENTS:
        end = (f"... and {len(found) - MAX_STATEMENTS} more statements", *end)
    *first, last = found[:MAX_STATEMENTS]
    return (*first, replace(last, details=(*last.details, *end)))


def told_failure(system: System, step: Step, before: State, failure: str) -> tuple[Told, ...]:
    """Return the statements of a step that fails, up to the one that does."""
    outcome = next(
        outcome
        for outcome in perform(system, before, step.action, step.params)
        if not isinstance(outcome, Moved) and outcome.step == step
    )
    telling = _Telling(system, step, outcome.acts, None)
    *first, last = telling.statements()[: MAX_STATEMENTS - 1]
    if telling.is_in(last.site, outcome.site):
        return (*first, replace(last, details=(*last.details, failure)))
    failing = Told(outcome.site, told_statement(outcome.site), (failure,))
    return (*first, last, failing)


def _choices(step: Step) -> Iterator[str]:
    """Yield what was picked in the step, one text for each choice."""
    for choice in step.choices:
        if choice.type is None:
            assert isinstance(choice.value, int)
            yield f"takes branch {choice.value + 1}"
        else:
            yield f"chooses {choice.name} = {show(choice.type, choice.value)}"


def _arrival(system: System, step: Step, before: State, after: State) -> tuple[str, ...]:
    process = step.action.process
    if process is None:
        return ()
    thread = Thread(process, step.params[0] if process.index is not None else None)
    there = thread.point(system, after)
    if there is thread.point(system, before) or not is_label(there):
        return ()
    return (f"now at {there.name}",)


# --- statements -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Telling:
    """One step that is told of; `after` is None if it fails."""

    system: System
    step: Step
    acts: tuple[Act, ...]
    after: State | None

    @property
    def head(self) -> Span:
        """The place of the statement at which control rested, or of a declared action."""
        action = self.step.action
        return action.site if action.source is None else action.source.site

    def statements(self) -> list[Told]:
        """Return the head, and what else assigned or waited, in the order of the first time."""
        groups: dict[_Key, list[Act]] = {}
        names = self._names()
        key = _key(self.head)
        rounds = Counter(act.site for act in self.acts if isinstance(act, Bound))
        for act in self.acts:
            if act.site is NOWHERE or (isinstance(act, Wrote) and act.variable not in names):
                continue
            if isinstance(act, Decided) and not self._is_branch_of_block(act):
                continue
            # What a loop binds anew in each round is not worth a line.
            if isinstance(act, Bound) and rounds[act.site] > 1:
                continue
            if self.is_in(self.head, act.site):
                key = _key(self.head)
            elif not act.site.text.isidentifier():
                key = _key(act.site)
            # Else it is noted where a procedure is declared, and comes with what is done there.
            groups.setdefault(key, []).append(act)
        own = groups.pop(_key(self.head), [])
        details = (*_choices(self.step), *self._details(own, names))
        found = [Told(self.head, self._head_text(), details)]
        for acts in groups.values():
            site = acts[0].site
            generator = generator_of(site)
            text = statement_at(site) if generator is None else f"({generator})"
            # That a local begins as it was outside of its scope is no news.
            if text.startswith("var ") and not any(map(_is_change, acts)):
                continue
            told = (*_decision(acts), *self._details(acts, names))
            if told or text.startswith("await"):
                found.append(Told(site, text, told))
        return found

    def _head_text(self) -> str:
        if self.step.action.process is None:
            return call_text(self.step)
        text = statement_at(self.head)
        if self.head.text.startswith("atomic") and width(text) > SHORT_BLOCK:
            # An `await` at its beginning is what the step as a whole waits for.
            first, *lines = (without_comment(line).strip() for line in self.head.text.splitlines())
            waits = list(takewhile(lambda each: each.startswith("await"), lines))
            return " ".join([first, "  ".join(waits)]).rstrip()
        return told_statement(self.head)

    def _is_branch_of_block(self, act: Decided) -> bool:
        """Tell whether a branch is inside of an atomic block; elsewhere what follows shows it."""
        head = self.head
        is_inside = head.start < act.site.start < head.end and act.site.source is head.source
        return is_inside and head.text.startswith("atomic")

    def is_in(self, head: Span, site: Span) -> bool:
        """Tell whether what happens at a place is told with a statement."""
        if self.step.action.process is None or site is NOWHERE or _key(site) == _key(head):
            return True
        if site.source is not head.source or site.end <= head.start or head.end <= site.start:
            return False
        is_block = "{" in head.text and "\n" in head.text
        if is_block:
            return head.text.startswith("atomic") and width(statement_at(head)) <= SHORT_BLOCK
        return not ("{" in site.text and "\n" in site.text)

    # --- names

    def _names(self) -> dict[Variable, str]:
        """Return how each variable that is assigned, control points aside, is called."""
        process = self.step.action.process
        found: dict[Variable, str] = {}
        for act in self.acts:
            if isinstance(act, Wrote) and act.variable.role is not Role.CONTROL:
                name = act.variable.name
                if process is not None and act.variable.owner == process.name:
                    name = name.rpartition(".")[2].partition("#")[0]
                found[act.variable] = name
        counts = Counter(found.values())
        for variable, name in found.items():
            if counts[name] > 1 and process is not None:
                found[variable] = variable.name.removeprefix(f"{process.name}.")
        return found

    def _place(self, act: Wrote, name: str) -> tuple[str, Type]:
        """Return how a place is called, and its type."""
        of: Type = act.variable.type
        path = act.path
        process = self.step.action.process
        is_own = process is not None and act.variable.owner == process.name
        if is_own and process is not None and process.index is not None and path:
            assert isinstance(of, MapType)
            if path[0] != position(process.index, self.step.params[0]):
                name = f"{act.variable.name}[{_key_at(process.index, path[0])}]"
            of, path = of.value, path[1:]
        for at in path:
            match of:
                case MapType(key, element):
                    name, of = f"{name}[{_key_at(key, at)}]", element
                case SeqType(_, element):
                    name, of = f"{name}[{at}]", element
                case RecordType(_, fields):
                    name, of = f"{name}.{fields[at][0]}", fields[at][1]
                case TupleType(components):
                    name, of = f"{name}.{at}", components[at]
                case _:
                    raise AssertionError("a path leads into a value without parts")
        return name, of

    # --- what they did

    def _details(self, acts: Sequence[Act], names: dict[Variable, str]) -> Iterator[str]:
        """Yield what the acts of one statement come to, each place once."""
        places: dict[tuple[Variable, tuple[int, ...]], list[Wrote]] = {}
        for act in acts:
            match act:
                case Wrote(variable, path):
                    places.setdefault((variable, path), []).append(act)
                case Bound() | Passed() | Decided():
                    pass
                case _:
                    assert_never(act)
        for act in acts:
            match act:
                case Wrote(variable, path):
                    writes = places.pop((variable, path), None)
                    if writes is not None:
                        yield from self._written(writes, names[variable])
                case Bound():
                    yield from _bound(act)
                case Passed() | Decided():
                    pass
                case _:
                    assert_never(act)

    def _written(self, writes: list[Wrote], variable: str) -> Iterator[str]:
        """Yield what a statement made of one place."""
        first, last = writes[0], writes[-1]
        name, of = self._place(first, variable)
        old, new = first.before, last.after
        if any((c.name, c.type, c.value) == (name, of, new) for c in self.step.choices):
            return
        if self._is_over(last):
            yield f"{name} = {show(of, new)}"
            return
        if old == new and first.site.source.origin is None:
            yield f"{name}: {clip(show(of, new), MAX_SAME)}, as before"
            return
        told = [_told(change) for change in changes(of, name, old, new)]
        if len(told) > MAX_CHANGES:
            told = [*told[:MAX_CHANGES], f"... and {len(told) - MAX_CHANGES} more in {name}"]
        yield from told

    def _is_over(self, write: Wrote) -> bool:
        """Tell whether a local has lost what it was given because control left its scope."""
        if self.after is None or write.variable.role is not Role.LOCAL:
            return False
        last = [
            act
            for act in self.acts
            if isinstance(act, Wrote) and (act.variable, act.path) == (write.variable, write.path)
        ][-1]
        return last.site is NOWHERE and last.after != write.after


def _key(site: Span) -> _Key:
    is_generated = site.source.origin is not None
    return site.source.name, 0 if is_generated else site.line


def _decision(acts: Sequence[Act]) -> Iterator[str]:
    """Yield which way a branch went; nothing if it went both, in a loop."""
    ways = {act.holds for act in acts if isinstance(act, Decided)}
    if len(ways) == 1:
        yield "holds" if True in ways else "does not hold"


def _bound(act: Bound) -> Iterator[str]:
    """Yield the value of a local; of what the language names itself, only if nothing else tells."""
    name, shown = act.local.name, show(act.local.type, act.value)
    if act.site.source.origin is not None:
        return
    if name.endswith(".result"):
        yield f"returns {shown}"
    elif name in _PRIMITIVES:
        # Elsewhere the value is that of the place or local that it is assigned to.
        if _BRANCHES.match(statement_at(act.site)):
            yield f"{name} returns {shown}"
    elif name.isidentifier():
        yield f"{name} = {shown}"


def _is_change(act: Act) -> bool:
    return not (isinstance(act, Wrote) and act.before == act.after)


def _key_at(key: Type, at: int) -> str:
    value: Value = next(islice(elements(key), at, None))
    return show(key, value)


def _told(change: Change) -> str:
    match change:
        case Replaced(path, before, after):
            return f"{path}: {before} -> {after}"
        case Edited(path, what):
            return f"{path}: {what}"
        case _:
            assert_never(change)
