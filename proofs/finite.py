"""A system at one size as formulas over its state now and after a step: no quantifier, no function.

At a size every map is a row of cells, one for each key, and every set a row of truth values. A cell
becomes a constant; reading a map at a key that is not known becomes a choice among its cells. So a
state is a tuple of constants, and the same formula speaks of the state at any time when its
constants are given the number of that time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from checker.model.types import MapType, SetType, cardinality
from proofs.encode.symbols import cells, decode
from proofs.encode.universe import Unsupported
from proofs.logic.terms import Kind, Symbol, Term
from proofs.obligation import Goal, obligations

if TYPE_CHECKING:
    from checker.model.ir import Variable
    from checker.model.system import State
    from checker.model.types import Type
    from proofs.encode.effects import Path
    from proofs.encode.model import Model
    from proofs.encode.values import Symbolic
    from proofs.solver.answers import Satisfiable

MAX_CELLS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that must not be: a broken claim in a state, or a step that must not be taken."""

    name: str
    formula: Term


class Finite:
    """The formulas of one system.

    Every formula is over `constants` and unknowns of single steps; `at` gives them a time.

    Raises:
        Unsupported: something cannot be said, or a state has too many cells.
    """

    def __init__(self, model: Model) -> None:
        """Take a model at fixed sizes."""
        assert not model.universe.is_open
        if model.refusals or model.start is None:
            raise Unsupported("; ".join(each.reason for each in model.refusals))
        self.model = model
        self.logic = model.logic
        self._cells = {v: self._cells_of(v.type, model.state[v]) for v in model.system.variables}
        self._by_symbol: dict[Symbol, list[Term]] = {}
        for cell in self._all_cells():
            self._by_symbol.setdefault(cell.symbol, []).append(cell)
        self._flat: dict[Term, Term] = {}
        self._timed: dict[tuple[Term, int], Term] = {}

    # --- cells

    def _cells_of(self, of: Type, value: Symbolic) -> tuple[Term, ...]:
        _check_size(of)
        found = tuple(term for term, _ in cells(self.model.universe, of, value))
        if len(found) > MAX_CELLS:
            raise Unsupported("a state has too many cells")
        return found

    def _all_cells(self) -> Iterator[Term]:
        """Yield the parts of the state, and of what steps choose."""
        universe = self.model.universe
        for each in self._cells.values():
            yield from each
        assert self.model.start is not None
        for move in (self.model.start, *self.model.moves):
            for pick in (*move.params, *(p for path in move.paths for p in path.picks)):
                _check_size(pick.type)
                yield from (term for term, _ in cells(universe, pick.type, pick.value))

    @cached_property
    def constants(self) -> tuple[Term, ...]:
        """The cells of a state."""
        return tuple(self.flat(cell) for each in self._cells.values() for cell in each)

    def flat(self, term: Term) -> Term:
        """Return a term without functions."""
        found = self._flat.get(term)
        if found is None:
            found = self.logic.map(term, self._flattened)
            self._flat[term] = found
        return found

    def _flattened(self, term: Term) -> Term | None:
        if term.kind is not Kind.APPLY or not term.args:
            return None
        args = tuple(self.flat(arg) for arg in term.args)
        known = self._by_symbol.get(term.symbol, [])
        if not known:
            raise Unsupported(f"`{term.symbol.name}` is read at values that are not listed")
        result = self._constant(known[-1])
        for cell in reversed(known[:-1]):
            pairs = zip(args, cell.args, strict=True)
            here = self.logic.conjunction(self.logic.equal(a, b) for a, b in pairs)
            result = self.logic.ite(here, self._constant(cell), result)
        return result

    def _constant(self, cell: Term) -> Term:
        if not cell.args:
            return cell
        keys = ", ".join(str(arg.head) for arg in cell.args)
        name = f"{cell.symbol.name}[{keys}]"
        return self.logic.apply(self.logic.symbol(name, (), cell.sort))

    # --- times

    def at(self, term: Term, time: int) -> Term:
        """Return a flat term with all of its constants at a time."""
        found = self._timed.get((term, time))
        if found is None:
            found = self.logic.map(term, lambda each: self._at(each, time))
            self._timed[term, time] = found
        return found

    def _at(self, term: Term, time: int) -> Term | None:
        if term.kind is not Kind.APPLY:
            return None
        symbol = self.logic.symbol(f"{term.symbol.name}@{time}", (), term.symbol.result)
        return self.logic.apply(symbol)

    def state(self, answer: Satisfiable, time: int) -> State:
        """Return the state that a model has at a time."""
        universe = self.model.universe
        return tuple(
            decode(
                universe,
                v.type,
                self.model.state[v],
                lambda term: answer.read(self.at(self.flat(term), time)),
            )
            for v in self.model.system.variables
        )

    def differ(self, one: int, other: int) -> Term:
        """Return that the states at two times are not the same."""
        return self.logic.disjunction(
            self.logic.negate(self.logic.equal(self.at(cell, one), self.at(cell, other)))
            for cell in self.constants
        )

    # --- formulas

    @cached_property
    def typing(self) -> Term:
        """What types say of a state."""
        return self.flat(self.logic.conjunction(term for _, term in self.model.typing))

    def start(self) -> Term:
        """Return that the state at time 0 is an initial one."""
        assert self.model.start is not None
        ways = (self._way(path, 0, 0) for path in self.model.start.paths)
        return self.logic.disjunction(ways)

    def step(self, time: int) -> Term:
        """Return that a step leads from the state at a time to the next one."""
        return self.logic.disjunction(self.ways(time))

    def ways(self, time: int) -> Iterator[Term]:
        """Yield the steps from the state at a time, one formula for each way through an action."""
        for move in self.model.moves:
            for path in move.paths:
                yield self._way(path, time, time + 1)

    def _way(self, path: Path, before: int, after: int) -> Term:
        conditions = (self.at(self.flat(each), before) for each in path.conditions)
        return self.logic.both(*conditions, *self._changes(path, before, after))

    def _changes(self, path: Path, before: int, after: int) -> Iterator[Term]:
        for variable, known in self._cells.items():
            values = self._values(variable, path)
            # Items behind the end of a sequence are nobody's business.
            for cell, value in zip(known, values, strict=False):
                new = self.at(self.flat(cell), after)
                yield self.logic.equal(new, self.at(self.flat(value), before))

    def _values(self, variable: Variable, path: Path) -> Sequence[Term]:
        return self._cells_of(variable.type, path.state[variable])

    @cached_property
    def faults(self) -> tuple[Fault, ...]:
        """What must not be in a state, or of a step out of it."""
        logic = self.logic
        found = [
            Fault(each.name, self.flat(logic.negate(each.formula))) for each in self.model.claims
        ]
        found += [each for each, is_step in self._faults_of_steps() if is_step]
        return tuple(each for each in found if each.formula is not logic.false)

    @cached_property
    def faults_at_start(self) -> tuple[Fault, ...]:
        """What must not happen in the initialisation."""
        return tuple(each for each, is_step in self._faults_of_steps() if not is_step)

    def _faults_of_steps(self) -> Iterator[tuple[Fault, bool]]:
        logic = self.logic
        stated, refused = obligations(self.model)
        if refused:
            raise Unsupported(refused[0].reason)
        for each in stated:
            if each.goal not in {Goal.STEP, Goal.ASSERTION, Goal.EVALUATION}:
                continue
            for query in each.queries:
                wrong = logic.both(*query.conditions, logic.negate(query.claim))
                yield Fault(each.name, self.flat(wrong)), each.is_step

    def wrong(self, time: int) -> Term:
        """Return that something is wrong at a time."""
        return self.logic.disjunction(self.at(each.formula, time) for each in self.faults)


def _check_size(of: Type) -> None:
    """Refuse types of which a state would have too many cells, before they are listed."""
    match of:
        case MapType(key, value):
            if cardinality(key) > MAX_CELLS:
                raise Unsupported("a map has too many keys")
            _check_size(value)
        case SetType(element):
            if cardinality(element) > MAX_CELLS:
                raise Unsupported("a set may have too many elements")
        case _:
            pass
