"""Which locals are needed where: two data-flow analyses over a flow.

`live_locals` tells which values may still be read (backward); a local that is live where control
rests must be part of the state. `changed_locals` tells which locals may differ from their default
(forward); only those need a reset where their scope ends. Both keep sets of locals as bits of an
integer.

Source: Kildall, "A unified approach to global program optimization", POPL 1973.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from checker.model.ir import Bind, Literal, Seq
from checker.model.rewrite import (
    free_locals,
    locals_always_bound,
    locals_bound,
    locals_needed,
)
from checker.model.types import default
from checker.steps.code import Do, Pause, Pick, Wait
from checker.steps.flow import Enter, Leave, Node, Open, Pass, Split, Test

if TYPE_CHECKING:
    from checker.model.ir import Effect, Expr, Local
    from checker.steps.flow import Flow


@dataclass(frozen=True, slots=True)
class LocalSets:
    """A set of locals before and after every reachable node."""

    before: Mapping[Node, frozenset[Local]]
    after: Mapping[Node, frozenset[Local]]


def live_locals(flow: Flow) -> LocalSets:
    """Return the declared locals whose values may be read before they are bound again."""
    bits = _Bits(flow.declared)
    nodes = sorted(flow.reachable(), key=lambda node: -node.number)
    transfer = {node: _backward(node, bits) for node in nodes}
    after, before = _solve(nodes, _sources(nodes), lambda node: node.targets, transfer)
    return LocalSets(before=bits.sets(before), after=bits.sets(after))


def changed_locals(flow: Flow, of: Collection[Local]) -> LocalSets:
    """Return those of the given locals that may have another value than their default."""
    bits = _Bits(of)
    nodes = sorted(flow.reachable(), key=lambda node: node.number)
    sources = _sources(nodes)
    transfer = {node: _forward(node, bits) for node in nodes}
    before, after = _solve(nodes, lambda node: node.targets, sources, transfer)
    return LocalSets(before=bits.sets(before), after=bits.sets(after))


# --- solving --------------------------------------------------------------------------------------

_Bitset = int
_Neighbours = Callable[[Node], Iterable[Node]]
_Transfer = tuple[_Bitset, _Bitset]
"""What a node adds, and what it keeps of the rest."""


class _Bits:
    def __init__(self, of: Iterable[Local]) -> None:
        self._locals = tuple(of)
        self._bit = {local: 1 << number for number, local in enumerate(self._locals)}
        self.every = (1 << len(self._locals)) - 1

    def of(self, some: Iterable[Local]) -> _Bitset:
        """Return the set of those that are known here."""
        bits = 0
        for local in some:
            bits |= self._bit.get(local, 0)
        return bits

    def sets(self, found: Mapping[Node, _Bitset]) -> dict[Node, frozenset[Local]]:
        known: dict[_Bitset, frozenset[Local]] = {}
        for bits in found.values():
            if bits not in known:
                known[bits] = frozenset(local for local in self._locals if bits & self._bit[local])
        return {node: known[bits] for node, bits in found.items()}


def _sources(nodes: Iterable[Node]) -> _Neighbours:
    found: dict[Node, list[Node]] = {}
    for node in nodes:
        for target in node.targets:
            found.setdefault(target, []).append(node)
    return lambda node: found.get(node, ())


def _solve(
    nodes: list[Node], onward: _Neighbours, inward: _Neighbours, transfer: Mapping[Node, _Transfer]
) -> tuple[dict[Node, _Bitset], dict[Node, _Bitset]]:
    """Return the least solution: what comes into each node, and what goes out of it."""
    into = dict.fromkeys(nodes, 0)
    out = dict.fromkeys(nodes, 0)
    pending = dict.fromkeys(reversed(nodes))
    while pending:
        node, _ = pending.popitem()
        for other in inward(node):
            into[node] |= out[other]
        adds, keeps = transfer[node]
        result = adds | (into[node] & keeps)
        if result != out[node]:
            out[node] = result
            pending.update(dict.fromkeys(onward(node)))
    return into, out


# --- nodes ----------------------------------------------------------------------------------------


def _backward(node: Node, bits: _Bits) -> _Transfer:
    """Return the locals that the node reads, and those that it does not bind."""
    match node.operation:
        case Do(effect):
            return bits.of(locals_needed(effect)), bits.every & ~bits.of(
                locals_always_bound(effect)
            )
        case Test(condition) | Wait(condition):
            return bits.of(free_locals(condition)), bits.every
        case Pick(local, domain, condition):
            read = _free(condition) - {local} | _free(domain)
            return bits.of(read), bits.every & ~bits.of((local,))
        case Enter(of_scope) | Leave(of_scope):
            return 0, bits.every & ~bits.of(of_scope)
        case Pause() | Split() | Open() | Pass():
            return 0, bits.every
        case _:
            assert_never(node.operation)


def _free(expr: Expr | None) -> frozenset[Local]:
    return frozenset() if expr is None else free_locals(expr)


def _forward(node: Node, bits: _Bits) -> _Transfer:
    """Return the locals that the node may change, and those that it does not reset."""
    match node.operation:
        case Do(effect):
            changed, reset = _binds(effect)
            return bits.of(changed), bits.every & ~bits.of(reset)
        case Pick(local):
            return bits.of((local,)), bits.every
        case Enter(of_scope) | Leave(of_scope):
            return 0, bits.every & ~bits.of(of_scope)
        case Test() | Wait() | Pause() | Split() | Open() | Pass():
            return 0, bits.every
        case _:
            assert_never(node.operation)


def _binds(effect: Effect) -> tuple[frozenset[Local], frozenset[Local]]:
    """Return the locals that an effect may change, and those that it sets to their default."""
    changed: frozenset[Local] = frozenset()
    reset: frozenset[Local] = frozenset()
    for each in effect.effects if isinstance(effect, Seq) else (effect,):
        if isinstance(each, Bind) and _is_default(each):
            changed, reset = changed - {each.local}, reset | {each.local}
        else:
            bound = locals_bound(each)
            changed, reset = changed | bound, reset - bound
    return changed, reset


def _is_default(bind: Bind) -> bool:
    return isinstance(bind.value, Literal) and bind.value.value == default(bind.local.type)
