"""A whole system in the logic: its states, initial states, steps and claims.

Everything speaks of one unknown state, the values that `declare` gives the variables. The
invariants are formulas over it; what a path leaves behind are values over it, and a claim about the
state after a step is the same claim with these put in. So nothing has to be said about what a step
leaves alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker.model.ir import Guard, Literal, Seq
from checker.model.rewrite import variables_read
from checker.model.system import Action, PropertyKind
from checker.model.types import BOOL, default, describe
from grammar.source import NOWHERE
from proofs.encode.effects import Demand, Effects, Path, Pick
from proofs.encode.expressions import Expressions, Names
from proofs.encode.symbols import declare
from proofs.encode.universe import Universe, Unsupported
from proofs.logic.terms import Logic

if TYPE_CHECKING:
    from checker.model.ir import Expr, Variable
    from checker.model.system import Conjunct, System
    from checker.model.types import Type
    from grammar.source import Span
    from proofs.encode.values import Symbolic
    from proofs.logic.terms import Term


@dataclass(frozen=True, slots=True)
class Claim:
    """A conjunct of an invariant, over the unknown state, and the variables that it reads."""

    conjunct: Conjunct
    is_lemma: bool
    formula: Term
    reads: frozenset[Variable]

    @property
    def name(self) -> str:
        """The conjunct's name."""
        return self.conjunct.name


@dataclass(frozen=True, slots=True)
class Move:
    """An action: its unknown parameters, and its paths from the unknown state."""

    action: Action
    params: tuple[Pick, ...]
    paths: tuple[Path, ...]
    demands: tuple[Demand, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something of the system that the logic cannot say; what depends on it is not decided."""

    name: str
    reason: str
    site: Span


@dataclass(frozen=True, slots=True)
class Model:
    """A system in the logic.

    Attributes:
        typing: what is true of the unknown state because of the types, with a label each.
        start: the paths of the initialisation, and what must not fail on them.
        refusals: what was left out; nothing may be called proved that depends on it.
    """

    system: System
    universe: Universe
    expressions: Expressions
    state: Mapping[Variable, Symbolic]
    typing: tuple[tuple[str, Term], ...]
    claims: tuple[Claim, ...]
    start: Move | None
    moves: tuple[Move, ...]
    refusals: tuple[Refusal, ...]

    @property
    def logic(self) -> Logic:
        """The logic in which everything is written."""
        return self.universe.logic

    def claim_after(self, claim: Claim, path: Path) -> Term:
        """Return an invariant's conjunct in the state that a path leaves behind."""
        if all(path.state[each] is self.state[each] for each in claim.reads):
            return claim.formula
        return self.expressions.truth(claim.conjunct.expression, Names(path.state, {}))

    def step_claim(self, expression: Expr, path: Path) -> Term:
        """Return a step property's conjunct for a path out of the unknown state."""
        return self.expressions.truth(expression, Names(path.state, {}, self.state))


def encode(system: System, *, is_open: bool) -> Model:
    """Write a system in the logic, for every size of its sorts or for the sizes it has."""
    universe = Universe(Logic(), is_open=is_open)
    encoder = _Encoder(system, Expressions(universe))
    return encoder.model()


class _Encoder:
    def __init__(self, system: System, expressions: Expressions) -> None:
        self.system = system
        self.expressions = expressions
        self.universe = expressions.universe
        self.state = {v: declare(self.universe, v.name, v.type) for v in system.variables}
        self.refusals: list[Refusal] = []

    def model(self) -> Model:
        """Put everything together."""
        return Model(
            system=self.system,
            universe=self.universe,
            expressions=self.expressions,
            state=self.state,
            typing=self._typing(),
            claims=self._claims(),
            start=self._start(),
            moves=self._moves(),
            refusals=tuple(self.refusals),
        )

    def _typing(self) -> tuple[tuple[str, Term], ...]:
        true = self.universe.logic.true
        found = [
            (f"type of {variable.name}", self.universe.typed(variable.type, value))
            for variable, value in self.state.items()
        ]
        return tuple((label, term) for label, term in found if term is not true)

    def _claims(self) -> tuple[Claim, ...]:
        found: list[Claim] = []
        for each in self.system.properties:
            if each.kind is not PropertyKind.INVARIANT:
                continue
            for conjunct in each.conjuncts:
                try:
                    formula = self.expressions.truth(conjunct.expression, Names(self.state, {}))
                except Unsupported as reason:
                    self._refuse(conjunct.name, reason, conjunct.site)
                else:
                    reads = variables_read(conjunct.expression)
                    found.append(Claim(conjunct, each.is_lemma, formula, reads))
        return tuple(found)

    def _refuse(self, name: str, reason: Unsupported, site: Span) -> None:
        self.refusals.append(Refusal(name, str(reason), site))

    def _start(self) -> Move | None:
        effects = Effects(self.expressions, "init")
        first = {
            v: self.universe.something(v.type)
            if self.universe.is_open
            else self.universe.literal(v.type, default(v.type))
            for v in self.system.variables
        }
        try:
            paths = effects.run(self.system.init, Path(first, {}))
        except Unsupported as reason:
            self._refuse("init", reason, self.system.variables[0].site)
            return None
        return Move(_initial_action(self.system), (), tuple(paths), tuple(effects.demands))

    def _moves(self) -> tuple[Move, ...]:
        found: list[Move] = []
        for action in self.system.actions:
            try:
                found.append(self._move(action))
            except Unsupported as reason:
                self._refuse(action.name, reason, action.site)
        return tuple(found)

    def _move(self, action: Action) -> Move:
        effects = Effects(self.expressions, action.name)
        # Parameters are named by type and number, not by action, so that obligations of different
        # actions have the same terms to put into the lemmas.
        params: list[Pick] = []
        counts: dict[str, int] = {}
        typed = []
        for local in action.params:
            label = _label(local.type)
            counts[label] = counts.get(label, 0) + 1
            value = declare(self.universe, f"param.{label}{counts[label]}", local.type)
            params.append(Pick(local.name, local.type, value))
            typed.append(self.universe.typed(local.type, value))
        bound = {local: pick.value for local, pick in zip(action.params, params, strict=True)}
        start = Path(self.state, bound, (self.universe.logic.conjunction(typed),))
        body = Seq((Guard(action.guard, action.site), action.body))
        paths = effects.run(body, start)
        return Move(action, tuple(params), tuple(paths), tuple(effects.demands))


def _label(of: Type) -> str:
    return describe(of).replace(" ", "_")


def _initial_action(system: System) -> Action:
    """Return the initialisation as an action, as `interpret.initial_states` names it."""
    site = system.variables[0].site if system.variables else NOWHERE
    true = Literal(True, BOOL)
    return Action("init", None, None, (), true, system.init, site)
