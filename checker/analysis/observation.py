"""What claims can see of a state, and whether two graphs of states differ in it.

Seen are the shared variables and ghosts, the variables in the outermost scope of a process, and
where each process is, as far as a place has a name: a label or a procedure. Which of the unnamed
points between two steps of a procedure it is at, and what a procedure keeps in its locals, no claim
is meant to depend on.

Two graphs are *alike* if they are stuttering equivalent, and one can stay where it is for ever
where the other can: then no claim about states or runs that is made of what is seen, but for "the
next step", tells them apart. (With fairness it might; a claim under fairness that fails is found by
the search, before anybody asks whether graphs are alike.)

Source: Browne, Clarke, Grümberg, "Characterizing finite Kripke structures in propositional temporal
logic", TCS 1988; Groote, Vaandrager, "An efficient algorithm for branching bisimulation and
stuttering equivalence", ICALP 1990. The refinement by signatures is that of Blom, Orzan,
"Distributed branching bisimulation reduction of state spaces", 2003.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Final, TypeAlias

from checker.explicit.layout import decode, width
from checker.explicit.liveness.graph import StoppedError
from checker.explicit.liveness.python_graph import python_graph
from checker.model.ir import Role
from checker.model.system import control_type
from checker.model.types import elements, show

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from checker.explicit.layout import Layout
    from checker.model.ir import Variable
    from checker.model.system import Process, System

Seen: TypeAlias = "tuple[Hashable, ...]"
TOGETHER: Final = 3
"""So many parts of a state are told together at most, to say what is new about it."""
TOLD: Final = 40
"""A state with more parts is not taken apart."""


# --- what is seen ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a state: a variable, or the place of one thread.

    Attributes:
        name: by which parts of two systems belong together.
        of: what is seen in a packed state.
        told: the same as a condition in the language.
    """

    name: str
    of: Callable[[int], Hashable]
    told: Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """All that is seen of a system, at every state of its graph.

    Attributes:
        states: packed.
        labels: the values of the parts, of every state.
        following: the states that come next, of every state.
        initial: how many of the first states are initial.
    """

    parts: tuple[Part, ...]
    states: Sequence[int]
    labels: tuple[Seen, ...]
    following: tuple[tuple[int, ...], ...]
    initial: int


def behaviour(system: System, original: System, limit: int) -> Behaviour | None:
    """Return what claims about the original see of a system; None of one with more states."""
    try:
        graph = python_graph(system, lambda _expanded, known: known <= limit)
    except StoppedError:
        return None
    parts = _seen_parts(system, original, graph.layout)
    states = [graph.states.packed(node) for node in range(graph.nodes)]
    targets = graph.targets.tolist()
    starts = graph.starts.tolist()
    return Behaviour(
        parts,
        states,
        tuple(tuple(part.of(state) for part in parts) for state in states),
        tuple(tuple(dict.fromkeys(targets[a:b])) for a, b in pairwise(starts)),
        graph.initial,
    )


def _seen_parts(system: System, original: System, layout: Layout) -> tuple[Part, ...]:
    parts = [
        _variable_part(variable, layout)
        for variable in system.variables
        if variable.role in {Role.SHARED, Role.GHOST}
        or (variable.role is Role.LOCAL and variable.name.count(".") == 1)
    ]
    named = {
        process.name: frozenset(place for point in process.points for place in point.places)
        for process in original.processes
    }
    for process in system.processes:
        parts += _place_parts(process, layout, named.get(process.name, frozenset()))
    return tuple(parts)


def _variable_part(variable: Variable, layout: Layout) -> Part:
    slot = layout.slots[variable]
    mask = (1 << slot.width) - 1

    def of(state: int) -> int:
        return state >> slot.offset & mask

    def told(state: int) -> str:
        return f"{variable.name} = {show(variable.type, decode(variable.type, of(state)))}"

    return Part(variable.name, of, told)


def _place_parts(process: Process, layout: Layout, known: frozenset[str]) -> Iterator[Part]:
    offset = layout.slots[process.control].offset
    if process.index is None:
        yield _place_part(process.name, process, offset, known)
        return
    size = width(control_type(process))
    for number, key in enumerate(elements(process.index)):
        name = f"{process.name}[{show(process.index, key)}]"
        yield _place_part(name, process, offset + number * size, known)


def _place_part(name: str, process: Process, offset: int, known: frozenset[str]) -> Part:
    """Return the place of one thread, by those names that the original has as well."""
    mask = (1 << width(control_type(process))) - 1
    places = [point.places & known for point in process.points]
    names = [point.name for point in process.points]
    return Part(
        f"{name} at",
        lambda state: places[state >> offset & mask],
        lambda state: f"{name} at {names[state >> offset & mask]}",
    )


# --- what is new ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Difference:
    """How one graph differs from another in what is seen.

    Attributes:
        new: parts of a state that never come together in the other one, as conditions.
        lost: the same of a state of the other one.
    """

    new: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


def difference(before: Behaviour, after: Behaviour) -> Difference:
    """Return what the first state shows that is only in `after`, and the first only in `before`."""
    return Difference(_novelty(before, after), _novelty(after, before))


def _novelty(known: Behaviour, other: Behaviour) -> tuple[str, ...]:
    """Return parts of the first state of `other` that in `known` never come together."""
    if [part.name for part in known.parts] != [part.name for part in other.parts]:
        return ()
    old = set(known.labels)
    for state, seen in zip(other.states, other.labels, strict=True):
        if seen not in old:
            return tuple(other.parts[number].told(state) for number in _decisive(seen, old))
    return ()


def _decisive(seen: Seen, old: set[Seen]) -> Sequence[int]:
    """Return the fewest parts whose values do not come together in any of the old ones."""
    everything = range(len(seen))
    if len(seen) > TOLD:
        return [n for n in everything if all(each[n] != seen[n] for each in old)][:1]
    for count in range(1, TOGETHER + 1):
        for chosen in combinations(everything, count):
            if all(any(each[n] != seen[n] for n in chosen) for each in old):
                return chosen
    return everything


# --- alike ----------------------------------------------------------------------------------------


def are_alike(one: Behaviour, other: Behaviour) -> bool:
    """Whether no claim about what is seen tells two systems apart."""
    if [part.name for part in one.parts] != [part.name for part in other.parts]:
        return False
    labels: list[Hashable] = []
    following: list[list[int]] = []
    for each in (one, other):
        offset = len(labels)
        following += [[offset + target for target in targets] for targets in each.following]
        # That a state has no successor is seen as well: it is a deadlock, or an end.
        labels += [
            (seen, bool(targets)) for seen, targets in zip(each.labels, each.following, strict=True)
        ]
    second = len(one.states)
    ours, theirs = range(one.initial), range(second, second + other.initial)
    for blocks in _stuttering_blocks(labels, following):
        if {blocks[node] for node in ours} != {blocks[node] for node in theirs}:
            return False
    return True


def _stuttering_blocks(
    labels: list[Hashable], following: list[list[int]]
) -> Iterator[Sequence[int]]:
    """Yield the number of the class of each node, finer each time.

    The last classes are those of stuttering equivalence with divergence.

    Nodes on a cycle that nothing is seen of are always in one class, so cycles are single nodes
    from the start, and what is left within classes has no cycles.
    """
    numbers: dict[Hashable, int] = {}
    blocks = [numbers.setdefault(label, len(numbers)) for label in labels]
    component, order = _components(following, blocks)
    members: list[list[int]] = [[] for _ in range(order)]
    for node, number in enumerate(component):
        members[number].append(node)
    block_of = [blocks[nodes[0]] for nodes in members]
    out: list[set[int]] = []
    goes_round = []
    for number, nodes in enumerate(members):
        targets = {component[t] for node in nodes for t in following[node]}
        goes_round.append(number in targets)
        out.append(targets - {number})
    count = len(set(block_of))
    while True:
        yield [block_of[number] for number in component]
        block_of = _refined(block_of, out, goes_round)
        if len(set(block_of)) == count:
            return
        count = len(set(block_of))


def _refined(blocks: list[int], out: list[set[int]], goes_round: list[bool]) -> list[int]:
    """Split classes by what their members can do next, perhaps after steps that are not seen.

    Components are numbered so that a step that is not seen leads to a smaller number.
    """
    own = -1
    signatures: list[frozenset[int]] = []
    numbers: dict[tuple[int, frozenset[int]], int] = {}
    for number, targets in enumerate(out):
        found: set[int] = {own} if goes_round[number] else set()
        for target in targets:
            if blocks[target] != blocks[number]:
                found.add(blocks[target])
            else:
                found |= signatures[target]
        signatures.append(frozenset(found))
    return [
        numbers.setdefault((block, signature), len(numbers))
        for block, signature in zip(blocks, signatures, strict=True)
    ]


def _components(following: list[list[int]], blocks: list[int]) -> tuple[list[int], int]:
    """Number the strongly connected components of the steps within classes, last ones first.

    Source: Tarjan, "Depth-first search and linear graph algorithms", 1972; without recursion.
    """
    found = [-1] * len(following)
    low = [0] * len(following)
    entered: dict[int, int] = {}
    count = 0
    for root in range(len(following)):
        if root in entered:
            continue
        stack: list[int] = []
        entered[root] = low[root] = len(entered)
        stack.append(root)
        calls = [(root, iter(following[root]))]
        while calls:
            node, rest = calls[-1]
            for target in rest:
                if blocks[target] != blocks[node] or found[target] >= 0:
                    continue
                if target in entered:
                    low[node] = min(low[node], entered[target])
                    continue
                entered[target] = low[target] = len(entered)
                stack.append(target)
                calls.append((target, iter(following[target])))
                break
            else:
                calls.pop()
                if calls:
                    parent = calls[-1][0]
                    low[parent] = min(low[parent], low[node])
                if low[node] == entered[node]:
                    while True:
                        member = stack.pop()
                        found[member] = count
                        if member == node:
                            break
                    count += 1
    return found, count
