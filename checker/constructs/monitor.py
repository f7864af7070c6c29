"""The monitor: can the callers tell an object from a sequential one?

An object is *linearisable* with respect to an interface if all calls look as if each had been
performed in one step between its beginning and its end. The monitor watches the beginnings and ends
and keeps the set of all states in which the sequential object can be, together with what it has
already answered to the calls that are under way. When a call ends, everything that could have been
performed by then is, and only those states are kept in which it was performed with the answer that
the caller got. When none is left, the callers can tell.

The set is exact, so no annotation is needed and no answer is a guess. It is as large as the callers
are many; two or three callers with few values are what it is good for.

Source: Herlihy, Wing, "Linearizability: a correctness condition for concurrent objects", TOPLAS
    1990; Wing, Gong, "Testing and verifying concurrent objects", JPDC 1993 (who search one history;
    here the subset construction follows all histories of the system at once).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from checker.constructs.interface import Interface, Operation
from checker.constructs.template import Template
from checker.constructs.trees import replaced
from grammar import syntax

NAMES = frozenset(
    {"Caller", "Request", "nothing", "State", "states", "pending", "done", "can_tell", "waits"}
)
"""What the monitor declares beside the words of the interface."""

STATE = "state_"
CALLER = "caller_"
OTHER = "other_"


@dataclass(frozen=True, slots=True)
class Monitor:
    """The text of a monitor, and of the two events that it watches.

    Attributes:
        template: where the holes of the text are.
        callers: how many calls can be under way.
    """

    interface: Interface
    template: Template
    callers: int

    def text(self) -> str:
        """Return the declarations of the monitor."""
        operations = self.interface.operations
        fields = ", ".join(self._fields())
        begin = ", ".join(self._beginning())
        requests = ", ".join(["nothing", *(operation.name for operation in operations)])
        return f"""
        type Caller = 1..{self.callers}
        enum Request {{ {requests} }}
        record State {{ {fields} }}
        ghost var pending: [Caller] Request = nothing
        {"".join(self._argument_variables())}
        ghost var states: set of State = {{ State({begin}) }}
        ghost var can_tell: bool = false
        function waits({STATE}: State, {CALLER}: Caller): bool =
          pending[{CALLER}] != nothing and not ({self._answered(STATE, CALLER)})
        {"".join(map(self._performing, operations))}
        function performed({STATE}: State, {CALLER}: Caller): State =
          {self._choice()}
        {"".join(map(self._events, operations))}
        """

    # --- the state of the sequential object and its answers

    def _results(self) -> list[syntax.TypeExpr]:
        """List the types of answers, each once."""
        found: list[syntax.TypeExpr] = []
        for operation in self.interface.operations:
            result = operation.decl.result
            if result is not None and result not in found:
                found.append(result)
        return found

    def _answer(self, operation: Operation) -> str:
        """Return the field that holds the answers of an operation."""
        result = operation.decl.result
        return "done" if result is None else f"answer_{self._results().index(result)}"

    def _has_done(self) -> bool:
        return any(operation.decl.result is None for operation in self.interface.operations)

    def _fields(self) -> Iterator[str]:
        for variable in self.interface.variables:
            yield f"{variable.name.text}: {self.template.type(variable.type)}"
        if self._has_done():
            yield "done: [Caller] bool"
        for number, result in enumerate(self._results()):
            of = self.template.type(syntax.OptionTypeExpr(result, span=result.span))
            yield f"answer_{number}: [Caller] {of}"

    def _beginning(self) -> Iterator[str]:
        for variable in self.interface.variables:
            if variable.value is not None:
                yield f"{variable.name.text} = {self.template.expression(variable.value)}"
        if self._has_done():
            yield f"done = [{OTHER}: Caller => false]"
        for number, _ in enumerate(self._results()):
            yield f"answer_{number} = [{OTHER}: Caller => none]"

    def _answered(self, state: str, caller: str) -> str:
        claims = [f"{state}.done[{caller}]"] if self._has_done() else []
        claims += [
            f"{state}.answer_{number} [{caller}] != none"
            for number, _ in enumerate(self._results())
        ]
        return " or ".join(claims)

    def _changed(self, changes: dict[str, str]) -> str:
        """Return the state with some fields changed."""
        names = [variable.name.text for variable in self.interface.variables]
        names += ["done"] if self._has_done() else []
        names += [f"answer_{number}" for number, _ in enumerate(self._results())]
        fields = (f"{name} = {changes.get(name, f'{STATE}.{name}')}" for name in names)
        return f"State({', '.join(fields)})"

    # --- performing an operation

    def _argument(self, operation: Operation, field: syntax.FieldDecl) -> str:
        return f"{operation.name}_{field.name.text}"

    def _argument_variables(self) -> Iterator[str]:
        for operation in self.interface.operations:
            for field in operation.decl.parameters:
                of = syntax.OptionTypeExpr(field.type, span=field.type.span)
                name = self._argument(operation, field)
                yield f"ghost var {name}: [Caller] {self.template.type(of)} = none\n"

    def _performing(self, operation: Operation) -> str:
        """Return the function that performs an operation for a caller."""
        values: dict[str, syntax.Expr] = {}
        for variable in self.interface.variables:
            name = variable.name
            values[name.text] = syntax.FieldAccess(syntax.NameRef(STATE), name)
        for field in operation.decl.parameters:
            argument = syntax.NameRef(self._argument(operation, field))
            values[field.name.text] = syntax.IndexAccess(argument, syntax.NameRef(CALLER))
        changes = {
            name: self.template.expression(replaced(after, values))
            for name, after in operation.after.items()
        }
        answer = self._answer(operation)
        value = "true"
        if operation.returned is not None:
            value = self.template.expression(replaced(operation.returned, values))
        changes[answer] = _answers_with(answer, value)
        return f"""
        function {operation.name}_performed({STATE}: State, {CALLER}: Caller): State =
          {self._changed(changes)}
        """

    def _choice(self) -> str:
        *others, last = self.interface.operations
        text = f"{last.name}_performed({STATE}, {CALLER})"
        for operation in reversed(others):
            done = f"{operation.name}_performed({STATE}, {CALLER})"
            text = f"if pending[{CALLER}] = {operation.name} then {done} else {text}"
        return text

    # --- what is watched

    def _events(self, operation: Operation) -> str:
        fields = operation.decl.parameters
        given = "".join(f", {f.name.text}: {self.template.type(f.type)}" for f in fields)
        stored = "\n".join(
            f"{self._argument(operation, f)}[{CALLER}] := {f.name.text}" for f in fields
        )
        dropped = "\n".join(f"{self._argument(operation, f)}[{CALLER}] := none" for f in fields)
        answer = self._answer(operation)
        result = operation.decl.result
        empty = "false" if result is None else "none"
        kept = self._changed({answer: _answers_with(answer, empty)})
        got, fits = "", f"{STATE}.done[{CALLER}]"
        if result is not None:
            of = syntax.OptionTypeExpr(result, span=result.span)
            got = f", got: {self.template.type(of)}"
            fits = f"got != none and {STATE}.{answer}[{CALLER}] = got"
        return f"""
        procedure begin_{operation.name}({CALLER}: Caller{given}) {{
          pending[{CALLER}] := {operation.name}
          {stored}
        }}
        procedure end_{operation.name}({CALLER}: Caller{got}) {{
          {self._everything_performed()}
          states := {{ {kept} for {STATE} in states where {fits} }}
          pending[{CALLER}] := nothing
          {dropped}
          can_tell := can_tell or states = {{}}
        }}
        """

    def _everything_performed(self) -> str:
        """Add all states in which calls that wait have been performed, in any order.

        One pass through the callers performs them in their own order only; as many passes as there
        are callers are enough for every order.
        """
        one = [
            f"states := states union "
            f"{{ performed({STATE}, {n}) for {STATE} in states where waits({STATE}, {n}) }}"
            for n in range(1, self.callers + 1)
        ]
        return "\n".join(one * self.callers)

    def quiet(self) -> str:
        """Return the condition that no call is under way."""
        return f"(forall {CALLER}: Caller. pending[{CALLER}] = nothing)"


def _answers_with(field: str, value: str) -> str:
    """Return the answers of one field, with that of the caller replaced."""
    others = f"{STATE}.{field}[{OTHER}]"
    return f"[{OTHER}: Caller => if {OTHER} = {CALLER} then {value} else {others}]"
