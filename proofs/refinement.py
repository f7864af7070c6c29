"""That a system does only what another one allows, for every size: obligations about single steps.

The images of the variables of the other system are values over the state of this one, so a step of
the other system, carried out on the images, is written over the same unknown state. An initial
state must have an initial image (`init/refines ...`). A step of an action must leave the image as
it is, or lead where some step of the other system leads, with some parameters and choices; then
every run has an image that is a run (Abadi and Lamport, "The existence of refinement mappings",
1991). What `fair refines` asks in addition is not proved here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from checker.model.evaluate import evaluate
from checker.model.interpret import Moved, initial_states, state_scope, successors
from checker.model.ir import Guard, Seq
from checker.model.operators import EvaluationError
from checker.model.types import default
from proofs.encode.closure import for_some
from proofs.encode.effects import Effects, Path, Pick
from proofs.encode.expressions import Names
from proofs.encode.symbols import declare
from proofs.encode.universe import Unsupported
from proofs.obligation import Beyond, Goal, Obligation, Query, Refused

if TYPE_CHECKING:
    from checker.model.ir import Variable
    from checker.model.system import Action, State, System
    from checker.model.temporal import Refinement
    from checker.model.types import Value
    from proofs.encode.model import Model, Move
    from proofs.encode.values import Symbolic
    from proofs.logic.terms import Term

Image: TypeAlias = "Mapping[Variable, Symbolic]"
"""The values of the other system's variables."""

_Allowed: TypeAlias = "Callable[[Image], Term]"
"""That the other system allows an image to be next."""


def refinements(model: Model) -> tuple[tuple[Obligation, ...], tuple[Refused, ...]]:
    """Return what must be proved of the refinements, and what cannot be stated."""
    found: list[Obligation] = []
    refused: list[Refused] = []
    for refinement in model.system.refinements:
        try:
            found += _Refinement(model, refinement).obligations()
        except Unsupported as reason:
            refused.append(Refused(f"image/{refinement.name}", str(reason), refinement.site))
    return tuple(found), tuple(refused)


class _Refinement:
    def __init__(self, model: Model, refinement: Refinement) -> None:
        self.model = model
        self.refinement = refinement
        self.logic = model.logic
        self.universe = model.universe
        self.expressions = model.expressions
        if model.universe.is_open and refinement.abstract.sized:
            raise Unsupported(
                f"a constant at {refinement.abstract.sized[0]} depends on the size of a sort"
            )

    def obligations(self) -> Iterator[Obligation]:
        """Yield one for the start, and one for each action."""
        if self.model.start is not None:
            yield self._obligation(self.model.start, self._starts)
        demands: list[Term] = []
        before = self._image(self.model.state, demands)
        actions = self.refinement.abstract.actions
        ways = [way for action in actions for way in self._steps(action, before)]
        for move in self.model.moves:
            yield self._obligation(move, partial(self._moves, before, ways))

    def _image(self, state: Image, demands: list[Term]) -> Image:
        """Return the image of a state; it has one where what is demanded holds."""
        names = Names(state, {})
        pairs = zip(self.refinement.abstract.variables, self.refinement.images, strict=True)
        return {v: self.expressions.value(expr, names, demands) for v, expr in pairs}

    def _obligation(self, move: Move, allowed: _Allowed) -> Obligation:
        is_start = move is self.model.start
        queries: list[Query] = []
        for path in move.paths:
            demands: list[Term] = []
            after = self._image(path.state, demands)
            claim = self.logic.both(*demands, allowed(after))
            queries.append(Query(path.conditions, claim, path))
        return Obligation(
            name=f"{move.action.name}/{self.refinement.name}",
            goal=Goal.REFINEMENT,
            action=move.action.name,
            subject=self.refinement.name,
            site=self.refinement.site,
            is_lemma=False,
            is_step=not is_start,
            queries=tuple(queries),
            beyond=Beyond((), _Plain(self.model.system, self.refinement).is_no_step),
        )

    # --- what the other system allows

    def _starts(self, image: Image) -> Term:
        """Return that a state is an initial one of the other system."""
        abstract, universe = self.refinement.abstract, self.universe
        first = {
            v: universe.something(v.type)
            if universe.is_open
            else universe.literal(v.type, default(v.type))
            for v in abstract.variables
        }
        effects = Effects(self.expressions, f"{self.refinement.name} init")
        paths = effects.run(abstract.init, Path(first, {}))
        return self.logic.disjunction(
            for_some(universe, path.picks, self._leads(path, image)) for path in paths
        )

    def _steps(self, action: Action, image: Image) -> list[_Way]:
        """Return the ways through an action of the other system, from an image."""
        label = f"{self.refinement.name} {action.name}"
        params = tuple(
            Pick(each.name, each.type, declare(self.universe, f"{label}.{each.name}", each.type))
            for each in action.params
        )
        typed = self.logic.conjunction(self.universe.typed(p.type, p.value) for p in params)
        bound = {local: pick.value for local, pick in zip(action.params, params, strict=True)}
        effects = Effects(self.expressions, label)
        body = Seq((Guard(action.guard, action.site), action.body))
        paths = effects.run(body, Path(image, bound, (typed,)))
        return [_Way(path, (*params, *path.picks)) for path in paths]

    def _moves(self, before: Image, ways: list[_Way], after: Image) -> Term:
        """Return that nothing changes, or that a way leads to what is there afterwards."""
        stays = self._same(before, after)
        steps = (for_some(self.universe, w.picks, self._leads(w.path, after)) for w in ways)
        return self.logic.disjunction((stays, *steps))

    def _leads(self, path: Path, image: Image) -> Term:
        return self.logic.both(*path.conditions, self._same(path.state, image))

    def _same(self, left: Image, right: Image) -> Term:
        return self.logic.conjunction(
            self.universe.equal(v.type, left[v], right[v])
            for v in self.refinement.abstract.variables
        )


@dataclass(frozen=True, slots=True)
class _Way:
    """A path of the other system, with its parameters and choices."""

    path: Path
    picks: tuple[Pick, ...]


# --- the same on plain states ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Plain:
    """Judges steps as the interpreter does."""

    system: System
    refinement: Refinement

    def is_no_step(self, _: tuple[Value, ...], before: State | None, step: Moved | None) -> bool:
        """Tell whether a step, or an initial state, has no counterpart in the other system."""
        assert step is not None
        abstract = self.refinement.abstract
        after = self._image(step.state)
        if before is None:
            outcomes = iter(initial_states(abstract))
        else:
            image = self._image(before)
            if image is None or after == image:
                return False
            outcomes = successors(abstract, image)
        return not any(isinstance(each, Moved) and each.state == after for each in outcomes)

    def _image(self, state: State) -> State | None:
        scope = state_scope(self.system, state)
        try:
            return tuple(evaluate(each, scope) for each in self.refinement.images)
        except EvaluationError:
            return None
