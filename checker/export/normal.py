"""A system as guarded moves of scalars: the form from which Promela and Murphi are written.

A *move* is one way in which a step can go: the condition under which it is taken and what it
stores, both over the state before the step. An *alarm* is a condition under which a step goes
wrong, a *claim* one that every state must satisfy. That steps are atomic, guards pure and failures
apart from moves follows from the form, so that writing it down in a language is only a matter of
spelling.

Several moves may stand for one execution and one move for several; what agrees with the system are
the reachable states, and what is wrong with them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import product
from typing import TYPE_CHECKING, Final

from checker.export.execute import Executor
from checker.export.expressions import Evaluator, Scope
from checker.export.folding import Scalars
from checker.export.paths import Path
from checker.export.scalars import Refused
from checker.export.symbols import can_be_symbolic, symbolic
from checker.export.views import Leaf, MapView, View, Views, number_of, values_of
from checker.export.writes import Store, stores_of
from checker.model.findings import assumption_findings
from checker.model.ir import Guard, Seq, While
from checker.model.rewrite import parts
from checker.model.system import PropertyKind, control_type
from checker.model.types import default, show
from checker.model.verdict import FindingKind
from grammar.source import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from checker.export.execute import Failed
    from checker.export.names import Namer
    from checker.export.scalars import Formula, Symbol, TruthSymbol
    from checker.model.ir import Effect, Variable
    from checker.model.system import Action, Conjunct, Process, System
    from grammar.source import Span

MAX_MOVES: Final = 50_000
"""So many moves are the most that are written out for one system."""


@dataclass(frozen=True, slots=True)
class Start:
    """Initial states: one for each combination of values of the symbols."""

    symbols: tuple[Symbol | TruthSymbol, ...]
    picks: tuple[tuple[str, str], ...]
    leaves: tuple[Leaf, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """One way in which a step can go, for each combination of values of the symbols."""

    action: Action
    symbols: tuple[Symbol | TruthSymbol, ...]
    picks: tuple[tuple[str, str], ...]
    guard: Formula
    stores: tuple[Store, ...]


@dataclass(frozen=True, slots=True)
class Alarm:
    """A condition under which a step goes wrong, for some combination of values of the symbols."""

    kind: FindingKind
    name: str
    symbols: tuple[Symbol | TruthSymbol, ...]
    picks: tuple[tuple[str, str], ...]
    when: Formula


@dataclass(frozen=True, slots=True)
class Claim:
    """A condition that holds in every state in which nothing is wrong."""

    kind: FindingKind
    name: str
    holds: Formula


@dataclass(frozen=True, slots=True)
class NormalForm:
    """A whole system.

    Attributes:
        ends: the condition under which a state may have no successor.
    """

    system: System
    views: Views
    starts: tuple[Start, ...]
    moves: tuple[Move, ...]
    alarms: tuple[Alarm, ...]
    claims: tuple[Claim, ...]
    ends: Formula

    @property
    def is_started_once(self) -> bool:
        """Whether there is exactly one initial state."""
        return len(self.starts) == 1 and not self.starts[0].symbols


def normal_form(system: System, namer: Namer, *, keeps_symbols: bool) -> NormalForm:
    """Return the system as moves.

    Args:
        namer: knows the names that symbols must not have.
        keeps_symbols: whether parameters, choices and quantified variables stay symbols. Those of
            initial states do anyway, where they can.

    Raises:
        Refused: something cannot be expressed by scalars within reason.
    """
    for finding in assumption_findings(system):
        raise Refused(finding.message, finding.site)
    return _Maker(system, namer, keeps_symbols=keeps_symbols).normal_form()


@dataclass(slots=True)
class _Maker:
    system: System
    namer: Namer
    keeps_symbols: bool
    views: Views = field(default_factory=lambda: Views(Scalars()))
    alarms: dict[object, Alarm] = field(default_factory=dict)

    @property
    def s(self) -> Scalars:
        return self.views.scalars

    def evaluator(self, namer: Namer) -> Evaluator:
        return Evaluator(self.views, namer if self.keeps_symbols else None)

    def normal_form(self) -> NormalForm:
        moves: list[Move] = []
        for action in self.system.actions:
            moves += self.moves(action)
            if len(moves) > MAX_MOVES:
                raise Refused(f"the steps go more than {MAX_MOVES:,} ways", action.site)
        return NormalForm(
            system=self.system,
            views=self.views,
            starts=self.starts(),
            moves=tuple(moves),
            alarms=tuple(self.alarms.values()),
            claims=tuple(self.claims()),
            ends=self.ends(),
        )

    # --- initial states

    def starts(self) -> tuple[Start, ...]:
        paths = self.start_paths(self.namer.scope())
        if any(path.when for path in paths):
            # A condition on what is chosen; with the choices unfolded it is true or false.
            paths = self.start_paths(None)
        assert not any(path.when for path in paths)
        if not paths:
            raise Refused("there is no initial state")
        return tuple(Start(path.symbols, path.picks, tuple(self.leaves(path))) for path in paths)

    def start_paths(self, namer: Namer | None) -> list[Path]:
        initial = {
            variable: self.views.constant(variable.type, default(variable.type))
            for variable in self.system.variables
        }
        executor = Executor(self.views, Evaluator(self.views, None), namer)
        paths = executor.run(self.system.init, Path((), initial, {}))
        if executor.failures:
            raise Refused("an initial value that may be undefined", _first_site(self.system.init))
        return paths

    def leaves(self, path: Path) -> Iterator[Leaf]:
        for variable in self.system.variables:
            location = self.s.location(variable)
            yield from self.views.leaves(location, path.state[variable], self.s.true)

    # --- steps

    def moves(self, action: Action) -> Iterator[Move]:
        for start in self.instances(action):
            namer = self.namer.scope()
            for symbol in start.symbols:
                namer.fresh(symbol.name)
            kept = namer if self.keeps_symbols else None
            executor = Executor(self.views, self.evaluator(namer), kept)
            body = Seq((Guard(action.guard, action.site), action.body))
            paths = executor.run(body, start)
            for failure in executor.failures:
                self.note_failure(action, failure)
            for path in paths:
                guard = self.s.all_of(path.when)
                if guard is self.s.false:
                    continue
                self.judge_step(action, start.state, replace(path, when=(guard,)))
                stores = stores_of(self.views, path.writes)
                yield Move(action, path.symbols, path.picks, guard, stores)

    def instances(self, action: Action) -> Iterator[Path]:
        """Yield the path at whose beginning the parameters are bound: one, or one for each."""
        state = {v: self.views.stored(self.s.location(v)) for v in self.system.variables}
        is_symbolic = all(can_be_symbolic(param.type) for param in action.params)
        if self.keeps_symbols and is_symbolic and not _has_loop(action.body):
            namer, path = self.namer.scope(), Path((), state, {})
            for param in action.params:
                view, path = symbolic(self.views, namer, param, path)
                path = path.bind(param, view)
            yield path
            return
        for values in product(*(values_of(param.type) for param in action.params)):
            pairs = list(zip(action.params, values, strict=True))
            bound = {param: self.views.constant(param.type, value) for param, value in pairs}
            picks = tuple((param.name, show(param.type, value)) for param, value in pairs)
            yield Path((), state, bound, picks=picks)

    def note_failure(self, action: Action, failure: Failed) -> None:
        path = failure.path
        when = self.s.all_of((*path.when, failure.when))
        self.note(action, failure.kind, action.name, path, when)

    def note(self, action: Action, kind: FindingKind, name: str, path: Path, when: Formula) -> None:
        """Add an alarm; those of one step and the same symbols are one."""
        if when is self.s.false:
            return
        picks = path.picks[: len(action.params)] if not path.symbols else ()
        key = (action, kind, name, path.symbols, picks)
        known = self.alarms.get(key)
        whole = when if known is None else self.s.any_of((known.when, when))
        self.alarms[key] = Alarm(kind, name, path.symbols, picks, whole)

    # --- properties

    def judge_step(self, action: Action, before: Mapping[Variable, View], path: Path) -> None:
        scope = Scope(path.state, {}, old=before)
        evaluator = self.evaluator(self.namer.scope())
        for conjunct in self.conjuncts(PropertyKind.STEP):
            formula, fails = self.judged(evaluator, conjunct, scope)
            undefined = self.s.all_of((*path.when, fails))
            self.note(action, FindingKind.EVALUATION, conjunct.name, path, undefined)
            broken = self.s.all_of((*path.when, self.s.negate(fails), self.s.negate(formula)))
            self.note(action, FindingKind.STEP, conjunct.name, path, broken)

    def claims(self) -> Iterator[Claim]:
        state = {v: self.views.stored(self.s.location(v)) for v in self.system.variables}
        scope = Scope(state, {})
        evaluator = self.evaluator(self.namer.scope())
        for kind in (PropertyKind.INVARIANT, PropertyKind.REACHABLE):
            for conjunct in self.conjuncts(kind):
                formula, fails = self.judged(evaluator, conjunct, scope)
                if fails is not self.s.false:
                    defined = self.s.negate(fails)
                    yield Claim(FindingKind.EVALUATION, conjunct.name, defined)
                if kind is PropertyKind.INVARIANT:
                    whole = self.s.any_of((fails, formula))
                    yield Claim(FindingKind.INVARIANT, conjunct.name, whole)

    def conjuncts(self, kind: PropertyKind) -> Iterator[Conjunct]:
        for each in self.system.properties:
            if each.kind is kind:
                yield from each.conjuncts

    def judged(
        self, evaluator: Evaluator, conjunct: Conjunct, scope: Scope
    ) -> tuple[Formula, Formula]:
        try:
            return evaluator.condition(conjunct.expression, scope)
        except Refused as refused:
            raise Refused(refused.what, refused.site or conjunct.site) from None

    # --- ends

    def ends(self) -> Formula:
        state = {v: self.views.stored(self.s.location(v)) for v in self.system.variables}
        terminal = self.s.false
        if self.system.terminal is not None:
            evaluator = self.evaluator(self.namer.scope())
            terminal, fails = evaluator.condition(self.system.terminal, Scope(state, {}))
            if fails is not self.s.false:
                raise Refused("a `terminal` that may have no value")
        if not self.system.ends_by_itself:
            return terminal
        ended = self.s.all_of(
            formula
            for process in self.system.processes
            for formula in self.at_end(process, state[process.control])
        )
        return self.s.any_of((ended, terminal))

    def at_end(self, process: Process, control: View) -> Iterator[Formula]:
        if not process.can_end:
            yield self.s.false
            return
        of = control_type(process)
        last = self.s.number(len(of.members) - 1, of)
        if process.index is None:
            yield self.s.equal(number_of(control), last)
            return
        assert isinstance(control, MapView)
        for value in values_of(process.index):
            here = control.at(self.views.constant(process.index, value))
            yield self.s.equal(number_of(here), last)


def _has_loop(effect: Effect) -> bool:
    return isinstance(effect, While) or any(map(_has_loop, parts(effect)))


def _first_site(effect: Effect) -> Span | None:
    """Return the place of the first effect in it that has one."""
    if not isinstance(effect, Seq):
        return effect.site if effect.site is not NOWHERE else None
    return next((site for each in effect.effects if (site := _first_site(each))), None)
