"""Checks: the clients that call an object in every possible way, and what must hold for them.

`check C { ... }` makes clients that call the operations of C's interface, any with any arguments,
each on any processor. They are watched by the monitor. So *the cluster is one object* is a property
of the system like any other, and every engine can check it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from checker.constructs.cluster import Cluster, abstraction
from checker.constructs.interface import Interface, Operation
from checker.constructs.monitor import Monitor
from checker.constructs.template import Template
from grammar import syntax
from grammar.diagnostics import Collector
from grammar.spelling import did_you_mean

SCOPE = "check"
"""The object that holds what a check adds; a word, so that no name of the author's can clash."""

HOME = "home"
SETTINGS = ("clients", "calls", "recursive")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a check says about its clients, as numbers and expressions."""

    clients: int
    calls: syntax.Expr
    is_recursive: bool

    @property
    def callers(self) -> int:
        """How many calls can be under way."""
        return self.clients * (1 + self.is_recursive)


def settings_of(check: syntax.CheckDecl, collector: Collector) -> Settings:
    """Read the settings of a check."""
    given: dict[str, syntax.Binding] = {}
    for part in check.parts:
        if isinstance(part, syntax.Binding):
            if part.name.text not in SETTINGS:
                known = "it has `clients`, `calls` and, for a swap, `recursive`"
                collector.error(
                    "K185",
                    part.name.span,
                    f"a check has no setting `{part.name.text}`",
                    remedy=did_you_mean(part.name.text, SETTINGS) or known,
                )
            given[part.name.text] = part
    return Settings(
        clients=_number(given.get("clients"), 2, collector),
        calls=given["calls"].value if "calls" in given else syntax.IntLit(1, span=check.span),
        is_recursive=_truth(given.get("recursive"), collector),
    )


def _number(binding: syntax.Binding | None, otherwise: int, collector: Collector) -> int:
    match binding:
        case None:
            return otherwise
        case syntax.Binding(_, syntax.IntLit(value)) if 1 <= value <= 8:
            return value
        case syntax.Binding(name):
            collector.error("K185", name.span, f"`{name.text}` is a number from 1 to 8")
            return otherwise


def _truth(binding: syntax.Binding | None, collector: Collector) -> bool:
    match binding:
        case None:
            return False
        case syntax.Binding(_, syntax.BoolLit(value)):
            return value
        case syntax.Binding(name):
            collector.error("K185", name.span, f"`{name.text}` is `true` or `false`")
            return False


@dataclass(frozen=True, slots=True)
class Clients:
    """The clients of a check.

    Attributes:
        call: the call of an operation: the procedure, and the arguments before its own.
        is_counted: the number of times that each call is performed is counted.
    """

    interface: Interface
    processors: syntax.TypeExpr
    settings: Settings
    template: Template
    call: Mapping[str, str]
    is_counted: bool = False

    def text(self) -> str:
        """Return the process of the clients."""
        branches = "} or {".join(map(self._branch, self.interface.operations))
        only = len(self.interface.operations) == 1
        body = branches if only else f"either {{ {branches} }}"
        if self.settings.calls != syntax.IntLit(1):
            rounds = self.template.expression(self.settings.calls)
            body = f"for round: 1..{rounds} {{ {body} }}"
        return f"""
        process client on 1..{self.settings.clients} {{
          choose {HOME}: {self.template.type(self.processors)}
          {body}
        }}
        """

    def _branch(self, operation: Operation) -> str:
        return (
            "\n".join(choices(operation, self.template)) + "\n" + self.one_call(operation, "self")
        )

    def one_call(self, operation: Operation, caller: str) -> str:
        """Return the watched call of an operation."""
        given = "".join(f", {field.name.text}" for field in operation.decl.parameters)
        call = f"{self.call[operation.name]}{given})"
        result = "" if operation.decl.result is None else ", got"
        keep = "let got = " if result else ""
        return f"""
        begin_{operation.name}({caller}{given})
        {keep}{call}
        end_{operation.name}({caller}{result})
        {counted(caller) if self.is_counted else ""}
        """


def counted(caller: str) -> str:
    """Judge how often a call that has ended was performed, and forget it."""
    return f"""
        lost := lost or performed_calls[{caller}] = 0
        doubled := doubled or performed_calls[{caller}] > 1
        performed_calls[{caller}] := 0
    """


def choices(operation: Operation, template: Template) -> Iterator[str]:
    """Choose any arguments."""
    for field in operation.decl.parameters:
        yield f"choose {field.name.text}: {template.type(field.type)}"


def check_of_object(
    check: syntax.CheckDecl, cluster: Cluster, collector: Collector
) -> syntax.ObjectDecl:
    """Return the object that checks whether a clustered object is one object."""
    settings = settings_of(check, collector)
    for part in check.parts:
        if isinstance(part, syntax.Transfer):
            collector.error("K185", part.span, "nothing is transferred when nothing is swapped")
    template = Template(f"check {cluster.name}", check.name.span)
    monitor = Monitor(cluster.interface, template, settings.callers)
    call = {
        operation.name: f"{cluster.name}.{operation.name}({HOME}"
        for operation in cluster.interface.operations
    }
    clients = Clients(cluster.interface, cluster.processors, settings, template, call)
    text = f"""
    {monitor.text()}
    {clients.text()}
    invariant is_one_object: not can_tell
    {"".join(_representation(cluster, monitor))}
    """
    return syntax.ObjectDecl(
        syntax.Name(SCOPE, span=check.name.span),
        template.declarations(text),
        doc=check.doc,
        span=check.span,
    )


def _representation(cluster: Cluster, monitor: Monitor) -> Iterator[str]:
    """When nobody calls, the object holds what the sequential one holds."""
    for variable in cluster.interface.variables:
        name = variable.name.text
        if name in cluster.represented:
            held = f"{cluster.name}.{abstraction(name)}()"
            yield f"""
            invariant represents_{name}:
              {monitor.quiet()} -> forall any_ in states. any_.{name} = {held}
            """
