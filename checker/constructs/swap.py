"""Swap protocols, applied: one implementation of an interface replaces another one under load.

A swap protocol says what a call does while it goes on (`on call`), and what is done to swap
(`run`). It speaks of its two objects by parameters, and of three deeds: `perform(source)` and
`perform(target)` carry out the call there, `transfer()` hands the state over as the check says,
`dispose(source)` frees the old object. To apply it to a pair of objects makes an object of the
protocol's name, with a procedure for each operation of the interface, in which the deeds are
written out.

Each deed leaves a mark, and the marks are the obligations of a swap:

    no_lost_call, no_doubled_call      every call is performed once
    no_call_in_old_after_transfer      nor in the old object when its state has left
    transfer_is_quiescent              no call is inside either object while state moves
    state_preserved                    the new object represents what the old one did
    no_use_after_free                  nobody is inside the old object when it is disposed of
    clients_cannot_tell                the monitor of the interface, through the whole swap

That the swap completes, and every call, is that the system comes to its end: deadlock freedom.

A chain `A -> B -> C` applies the protocol once for each arrow, one after the other; what the second
swap takes for its old object is the first swap with all that it leads to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from checker.constructs.check import (
    HOME,
    SCOPE,
    Clients,
    Settings,
    counted,
    settings_of,
)
from checker.constructs.cluster import HERE, Cluster, abstraction
from checker.constructs.interface import Operation
from checker.constructs.monitor import Monitor
from checker.constructs.template import Template
from checker.constructs.trees import rewritten
from grammar import syntax
from grammar.diagnostics import Collector

CALLER = "caller"
THREAD = "thread"
ANSWER = "answer"
BEFORE = "before_transfer_"
AFTER = "after_transfer_"
"""What the objects represent before and after a transfer, by the names of the interface."""


def check_of_swap(
    check: syntax.CheckDecl,
    protocol: syntax.ProtocolDecl,
    clusters: list[Cluster],
    collector: Collector,
) -> syntax.ObjectDecl:
    """Return the object that checks a chain of swaps."""
    settings = settings_of(check, collector)
    stages = [
        _Stage(check, protocol, clusters, number, settings, collector)
        for number in range(len(clusters) - 1)
    ]
    last = stages[-1]
    template = Template(f"check swap {protocol.name.text}", check.name.span)
    monitor = Monitor(clusters[0].interface, template, settings.callers)
    call = {
        operation.name: f"{last.name}.{operation.name}({HOME}, self, self"
        for operation in clusters[0].interface.operations
    }
    clients = Clients(
        clusters[0].interface, clusters[0].processors, settings, template, call, is_counted=True
    )
    runs = "\n".join(f"{stage.name}.run()" for stage in stages)
    text = f"""
    {monitor.text()}
    ghost var performed_calls: [Caller] 0..2 = 0
    ghost var lost: bool = false
    ghost var doubled: bool = false
    {clients.text()}
    process swapper {{
      {runs}
    }}
    terminal over: swapper at end and forall caller_: 1..{settings.clients}. client[caller_] at end
    invariant no_lost_call: not lost
    invariant no_doubled_call: not doubled
    invariant clients_cannot_tell: not can_tell
    reachable swap_completes:
      swapper at end and forall caller_: 1..{settings.clients}. client[caller_] at end
    """
    return syntax.ObjectDecl(
        syntax.Name(SCOPE, span=check.name.span),
        (*(stage.object() for stage in stages), *template.declarations(text)),
        doc=check.doc,
        span=check.span,
    )


def check_swapped(check: syntax.CheckDecl, clusters: list[Cluster], collector: Collector) -> None:
    """Report objects that cannot replace one another."""
    first = clusters[0].interface
    for name, cluster in zip(check.objects, clusters, strict=True):
        if cluster.interface is not first:
            collector.error(
                "K186",
                name.span,
                f"`{name.text}` implements `{cluster.interface.name}`, "
                f"`{clusters[0].name}` implements `{first.name}`",
            )
        for variable in first.variables:
            if variable.name.text not in cluster.represented:
                collector.error(
                    "K186",
                    name.span,
                    f"`{name.text}` does not say what `{variable.name.text}` is",
                    remedy=f"write `represents {variable.name.text} = ...` in it",
                )
    if len(clusters) < 2:
        collector.error("K186", check.name.span, "a swap needs two objects")


@dataclass(frozen=True, slots=True)
class _Stage:
    """One swap of a chain, from `clusters[number]` to the next one."""

    check: syntax.CheckDecl
    protocol: syntax.ProtocolDecl
    clusters: list[Cluster]
    number: int
    settings: Settings
    collector: Collector

    @property
    def name(self) -> str:
        """The name of the object that this swap is."""
        only = len(self.clusters) == 2
        return self.protocol.name.text + ("" if only else str(self.number + 1))

    @property
    def source(self) -> Cluster:
        """The object that is replaced."""
        return self.clusters[self.number]

    @property
    def target(self) -> Cluster:
        """The object that replaces it."""
        return self.clusters[self.number + 1]

    def _template(self) -> Template:
        return Template(f"check swap {self.protocol.name.text}", self.check.name.span)

    def object(self) -> syntax.ObjectDecl:
        """Return the protocol, applied to its two objects."""
        template = self._template()
        members = [
            rewritten(part, lambda node: self._deed(node, None, is_nested=False))
            for part in self.protocol.parts
            if not isinstance(part, syntax.OnCall)
        ]
        text = f"""
        type Processor = {template.type(self.source.processors)}
        ghost var inside_old: [Caller] bool = false
        ghost var inside_new: [Caller] bool = false
        ghost var is_transferred: bool = false
        ghost var is_disposed: bool = false
        ghost var called_old_late: bool = false
        ghost var transferred_early: bool = false
        ghost var used_after_free: bool = false
        {"".join(self._saved(template))}
        invariant no_call_in_old_after_transfer: not called_old_late
        invariant transfer_is_quiescent: not transferred_early
        {self._preserved()}
        invariant no_use_after_free: not used_after_free
        """
        operations = self.source.interface.operations
        nestings = (False, True) if self.settings.is_recursive else (False,)
        procedures = [
            self._procedure(operation, is_nested=is_nested)
            for operation in operations
            for is_nested in nestings
        ]
        name = syntax.Name(self.name, span=self.protocol.name.span)
        return syntax.ObjectDecl(
            name,
            (*template.declarations(text), *members, *procedures),
            doc=self.protocol.doc,
            span=self.check.span,
        )

    def _saved(self, template: Template) -> Iterator[str]:
        for variable in self.source.interface.variables:
            if variable.value is not None:
                of, value = template.type(variable.type), template.expression(variable.value)
                name = variable.name.text
                yield f"ghost var {BEFORE}{name}: {of} = {value}\n"
                yield f"ghost var {AFTER}{name}: {of} = {value}\n"

    def _preserved(self) -> str:
        """Return the claim that the new object goes on where the old one was."""
        claims = [
            f"{AFTER}{variable.name.text} = {BEFORE}{variable.name.text}"
            for variable in self.source.interface.variables
        ]
        return f"invariant state_preserved: {' and '.join(claims) or 'true'}"

    # --- calls

    def _procedure(self, operation: Operation, *, is_nested: bool) -> syntax.ProcedureDecl:
        """Return the procedure of an operation: what the protocol does when it is called."""
        decl = operation.decl
        template = self._template()
        given = "".join(
            f", {field.name.text}: {template.type(field.type)}" for field in decl.parameters
        )
        result = None
        if decl.result is not None:
            result = syntax.OptionTypeExpr(decl.result, span=decl.result.span)
        on_call = next(part for part in self.protocol.parts if isinstance(part, syntax.OnCall))
        body = rewritten(
            on_call.body, lambda node: self._deed(node, operation, is_nested=is_nested)
        )
        returns = "" if result is None else f": {template.type(result)}"
        answer = "" if result is None else f"var {ANSWER}: {template.type(result)} = none"
        name = _inner(operation.name) if is_nested else operation.name
        parameters = f"{HERE}: Processor, {CALLER}: Caller, {THREAD}: Caller{given}"
        (found,) = template.declarations(
            f"""
            procedure {name}({parameters}){returns} {{
              {answer}
              {template.block(body)}
              {"" if result is None else f"return {ANSWER}"}
            }}
            """
        )
        assert isinstance(found, syntax.ProcedureDecl)
        return found

    def _deed(
        self, node: syntax.Node, operation: Operation | None, *, is_nested: bool
    ) -> syntax.Node | None:
        """Return what a deed of the protocol is in full; None for all other nodes."""
        match node:
            case syntax.CallStmt(syntax.Call(syntax.NameRef("perform"), (argument,))):
                if operation is None:
                    self._mistake(node, "`perform` belongs into `on call`")
                    return node
                return self._perform(argument.value, operation, is_nested=is_nested)
            case syntax.CallStmt(syntax.Call(syntax.NameRef("transfer"), ())):
                return self._transfer(node)
            case syntax.CallStmt(syntax.Call(syntax.NameRef("dispose"), (_,))):
                return self._dispose()
            case syntax.SelfRef(span=span) if operation is not None:
                return syntax.NameRef(HERE, span=span)
            case syntax.ReturnStmt(None, span=span) if operation is not None:
                has_answer = operation.decl.result is not None
                value = syntax.NameRef(ANSWER, span=span) if has_answer else None
                return syntax.ReturnStmt(value, span=span)
            case _:
                return None

    def _mistake(self, node: syntax.Node, message: str, remedy: str | None = None) -> None:
        self.collector.error("K187", node.span, message, remedy=remedy)

    def _perform(
        self, which: syntax.Expr, operation: Operation, *, is_nested: bool
    ) -> syntax.Block:
        template = self._template()
        given = "".join(f", {field.name.text}" for field in operation.decl.parameters)
        keep = f"{ANSWER} := " if operation.decl.result is not None else ""
        nested = "" if is_nested else self._nested(template)
        count = f"""
            performed_calls[{CALLER}] :=
              if performed_calls[{CALLER}] < 2 then performed_calls[{CALLER}] + 1 else 2
        """
        match which:
            case syntax.NameRef(name) if name == self.protocol.source.text:
                late = "called_old_late or is_transferred"
                before = "" if self.number == 0 else self._previous(is_nested=is_nested)
                call = f"{before or self.source.name}.{operation.name}({HERE}{given})"
                if self.number > 0:
                    call = f"{before}{operation.name}({HERE}, {CALLER}, {THREAD}{given})"
                    count = ""
                return _only_block(
                    template,
                    f"""
                    {count}
                    called_old_late := {late}
                    used_after_free := used_after_free or is_disposed
                    inside_old[{CALLER}] := true
                    {nested}
                    {keep}{call}
                    inside_old[{CALLER}] := false
                    """,
                )
            case syntax.NameRef(name) if name == self.protocol.target.text:
                return _only_block(
                    template,
                    f"""
                    {count}
                    transferred_early := transferred_early or not is_transferred
                    inside_new[{CALLER}] := true
                    {nested}
                    {keep}{self.target.name}.{operation.name}({HERE}{given})
                    inside_new[{CALLER}] := false
                    """,
                )
            case _:
                pair = f"`{self.protocol.source.text}` and `{self.protocol.target.text}`"
                self._mistake(which, f"a call is performed in one of {pair}")
                return syntax.Block((), span=which.span)

    def _previous(self, *, is_nested: bool) -> str:
        previous = _Stage(
            self.check,
            self.protocol,
            self.clusters,
            self.number - 1,
            self.settings,
            self.collector,
        )
        return f"{previous.name}." + ("inner_" if is_nested else "")

    def _nested(self, template: Template) -> str:
        """The call that a call may make of the object that is being swapped."""
        if not self.settings.is_recursive or self.number < len(self.clusters) - 2:
            return ""
        inner = f"{CALLER} + {self.settings.clients}"
        branches = ["skip"]
        for operation in self.source.interface.operations:
            names = {
                field.name.text: f"inner_{field.name.text}" for field in operation.decl.parameters
            }
            chosen = "\n".join(
                f"choose {names[field.name.text]}: {template.type(field.type)}"
                for field in operation.decl.parameters
            )
            given = "".join(f", {name}" for name in names.values())
            got = "" if operation.decl.result is None else ", got"
            keep = "let got = " if got else ""
            branches.append(
                f"""
                {chosen}
                begin_{operation.name}({inner}{given})
                {keep}{_inner(operation.name)}({HERE}, {inner}, {THREAD}{given})
                end_{operation.name}({inner}{got})
                {counted(inner)}
                """
            )
        return "either { " + "} or {".join(branches) + "}"

    # --- the swap

    def _transfer(self, node: syntax.Node) -> syntax.Block:
        """Return the transfer, between the marks that it begins and ends with."""
        found = [part for part in self.check.parts if isinstance(part, syntax.Transfer)]
        fitting = [part for part in found if self._fits(part)]
        if len(fitting) != 1:
            self.collector.error(
                "K186",
                self.check.name.span,
                f"there {'is no' if not fitting else 'is more than one'} transfer from "
                f"`{self.source.name}` to `{self.target.name}`",
                remedy=f"write `transfer {self.source.name} -> {self.target.name} {{ ... }}`",
            )
            return syntax.Block((), span=node.span)
        template = self._template()
        names = [variable.name.text for variable in self.source.interface.variables]
        saves, lost = (
            "\n".join(f"{prefix}{name} := {of.name}.{abstraction(name)}()" for name in names)
            for prefix, of in ((BEFORE, self.source), (AFTER, self.target))
        )
        return _only_block(
            template,
            f"""
            transfers: atomic {{
              transferred_early := transferred_early
                or exists caller_: Caller. inside_old[caller_] or inside_new[caller_]
              {saves}
              {template.block(fitting[0].body)}
              {lost}
              is_transferred := true
            }}
            """,
        )

    def _fits(self, part: syntax.Transfer) -> bool:
        if part.pair is None:
            return len(self.clusters) == 2
        source, target = part.pair
        return (source.text, target.text) == (self.source.name, self.target.name)

    def _dispose(self) -> syntax.Block:
        template = self._template()
        return _only_block(
            template,
            """
            used_after_free := used_after_free or exists caller_: Caller. inside_old[caller_]
            is_disposed := true
            """,
        )


def _inner(name: str) -> str:
    return f"inner_{name}"


def _only_block(template: Template, text: str) -> syntax.Block:
    """Return a block from the text of its statements."""
    (found,) = template.declarations(f"procedure generated() {{ {text} }}")
    assert isinstance(found, syntax.ProcedureDecl)
    return found.body
