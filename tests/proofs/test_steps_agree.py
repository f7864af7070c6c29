"""Paths through actions lead exactly where the interpreter goes, on random systems.

For each of a few reachable states and each action with its parameters, the solver is asked for a
state that a path leads to and the interpreter does not (there must be none), and for each state
that the interpreter leads to whether a path does. Executions that fail are paths that end in a
demand.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import product
from typing import TYPE_CHECKING

from checker.model.explore import explore
from checker.model.interpret import Moved, initial_states, perform
from checker.model.ir import Assign
from checker.model.system import Action, State, System
from checker.model.types import Value, elements
from proofs.encode.effects import Effects, Path
from proofs.encode.model import Model, Move, encode
from proofs.logic.terms import Term
from proofs.solver.answers import Satisfiable, Unsatisfiable
from proofs.solver.session import Session
from proofs.solver.settings import Settings
from tests.support.random_systems import random_system

if TYPE_CHECKING:
    import pytest

SEEDS = range(18)
MAX_STATES = 3


def _states(system: System, rng: random.Random) -> list[State]:
    reachable = sorted(explore(system, 200).states, key=repr)
    return rng.sample(reachable, min(MAX_STATES, len(reachable)))


def _is(model: Model, path: Path, state: State) -> Term:
    """Return that a path ends in a state."""
    universe = model.universe
    return model.logic.conjunction(
        universe.equal(v.type, path.state[v], universe.literal(v.type, value))
        for v, value in zip(model.system.variables, state, strict=True)
    )


def _from(model: Model, state: State, move: Move, params: Iterable[Value]) -> list[Term]:
    universe = model.universe
    start = Path(model.state, {})
    given = [
        universe.equal(pick.type, pick.value, universe.literal(pick.type, value))
        for pick, value in zip(move.params, params, strict=True)
    ]
    return [_is(model, start, state), *given]


def _disagrees(model: Model, move: Move, given: list[Term], after: set[State]) -> bool:
    """Tell whether a path leads elsewhere, or none leads where it should."""
    logic = model.logic
    session = Session(Settings())
    session.assume(given)
    ways = [logic.both(*p.conditions, *_untaken(model, p, after)) for p in move.paths]
    session.push()
    session.assume([logic.disjunction(ways)])
    if not isinstance(session.check(), Unsatisfiable):
        return True
    session.pop()
    for state in after:
        session.push()
        ways = [logic.both(*p.conditions, _is(model, p, state)) for p in move.paths]
        session.assume([logic.disjunction(ways)])
        if not isinstance(session.check(), Satisfiable):
            return True
        session.pop()
    return False


def _untaken(model: Model, path: Path, after: set[State]) -> list[Term]:
    return [model.logic.negate(_is(model, path, state)) for state in sorted(after, key=repr)]


def _moved(system: System, state: State, action: Action, params: tuple[Value, ...]) -> set[State]:
    outcomes = perform(system, state, action, params)
    return {each.state for each in outcomes if isinstance(each, Moved)}


def _disagreements(seeds: range) -> Iterable[str]:
    for seed in seeds:
        rng = random.Random(seed)
        system = random_system(rng.randrange, budget=40)
        model = encode(system, is_open=False)
        assert model.start is not None
        first = {each.state for each in initial_states(system) if isinstance(each, Moved)}
        if _disagrees(model, model.start, [], first):
            yield f"{seed}: init"
        for state in _states(system, rng):
            for move in model.moves:
                of = [tuple(elements(pick.type)) for pick in move.params]
                for params in product(*of):
                    given = _from(model, state, move, params)
                    after = _moved(system, state, move.action, params)
                    if _disagrees(model, move, given, after):
                        yield f"{seed}: {move.action.name}{params} from {state}"


def test_paths_lead_where_the_interpreter_goes() -> None:
    assert list(_disagreements(SEEDS)) == []


def test_a_lost_assignment_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Effects.run

    def run(self: Effects, effect: object, path: Path) -> list[Path]:
        if isinstance(effect, Assign) and effect.place.path:
            return [path]
        return original(self, effect, path)  # type: ignore[arg-type]

    monkeypatch.setattr(Effects, "run", run)
    assert next(iter(_disagreements(SEEDS)), None) is not None


def test_a_forgotten_negation_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Path.when
    monkeypatch.setattr(
        Path,
        "when",
        lambda self, condition: original(
            self, condition.args[0] if condition.kind.value == "not" else condition
        ),
    )
    assert next(iter(_disagreements(SEEDS)), None) is not None
