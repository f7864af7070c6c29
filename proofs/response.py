"""That what is waited for comes, for every size: obligations about single steps, from a rank.

A ranking of `p ~> q` names *helpers*: threads or actions, each with a condition under which its
step brings `q` nearer, and measures that become less by it. Where `q` does not hold:

* if `p` holds, some helper's condition does (`waiting`);
* under its condition the fairness of a helper applies: one of its steps is possible (`possible`);
* a step of the system reaches `q`, or some helper's condition holds with smaller measures, or the
  same helper's condition goes on to hold with measures that did not grow; the last is not enough
  for the step of the helper itself (one obligation for each action).

Suppose then that `p` holds and `q` never does. Measures decrease only finitely often, since numbers
have bounds and sorts are finite; from then on the helper stays the same, can take a step all the
time, and never does, which is not fair. This is the rule for responses under justice of Manna and
Pnueli ("Completing the temporal picture", 1991), with measures that may be sets, as the relational
rankings of McMillan ("Toward liveness proofs at scale", CAV 2024), so that it says nothing about
how many elements there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker.model.interpret import Moved
from checker.model.ir import Guard, Seq
from checker.model.types import IntType, SetType
from proofs.encode.closure import for_some
from proofs.encode.effects import Effects, Path, Pick
from proofs.encode.expressions import Names
from proofs.encode.symbols import declare
from proofs.encode.universe import Unsupported
from proofs.encode.values import Members, Scalar, scalar
from proofs.logic.terms import INT, Kind
from proofs.obligation import Beyond, Goal, Obligation, Query, Refused
from proofs.ranked import Plain

if TYPE_CHECKING:
    from checker.model.ir import Expr, Local, Variable
    from checker.model.system import State
    from checker.model.temporal import Helper, Ranking
    from checker.model.types import Type, Value
    from proofs.encode.model import Model, Move
    from proofs.encode.values import Symbolic
    from proofs.logic.terms import Term


def responses(model: Model) -> tuple[tuple[Obligation, ...], tuple[Refused, ...]]:
    """Return what must be proved of the ranked properties, and what cannot be stated."""
    found: list[Obligation] = []
    refused: list[Refused] = []
    for ranking in model.system.rankings:
        try:
            found += _Response(model, ranking).obligations()
        except Unsupported as reason:
            refused.append(Refused(f"rank/{ranking.name}", str(reason), ranking.site))
    return tuple(found), tuple(refused)


@dataclass(frozen=True, slots=True)
class _Here:
    """A helper under its condition, in the state before a step: its values and measures."""

    helper: Helper
    names: Names
    picks: tuple[Pick, ...]
    condition: Term
    measures: tuple[Symbolic, ...]


class _Response:
    """The obligations of one ranking."""

    def __init__(self, model: Model, ranking: Ranking) -> None:
        self.model = model
        self.ranking = ranking
        self.logic = model.logic
        self.universe = model.universe
        self.expressions = model.expressions
        self.picks = self._picked(ranking.locals)
        self.bound = _values(ranking.locals, self.picks)
        before = Names(model.state, self.bound)
        self.unmet = self.logic.negate(self.expressions.truth(ranking.goal, before))

    def _picked(self, locals_: Sequence[Local], suffix: str = "") -> tuple[Pick, ...]:
        """Return unknown values, named after what they stand for."""
        return tuple(
            Pick(each.name, each.type, declare(self.universe, self._label(each, suffix), each.type))
            for each in locals_
        )

    def _label(self, local: Local, suffix: str) -> str:
        return f"{self.ranking.name}.{local.name}{suffix}"

    def _typed(self, picks: Sequence[Pick]) -> Term:
        return self.logic.conjunction(self.universe.typed(p.type, p.value) for p in picks)

    def obligations(self) -> Iterator[Obligation]:
        """Yield them: about states first, then about the steps of each action."""
        yield self._waiting()
        here = [self._here(number) for number in range(len(self.ranking.helpers))]
        for number, each in enumerate(here, start=1):
            yield self._possible(each, number)
        for move in self.model.moves:
            for number, each in enumerate(here, start=1):
                yield self._nearer(move, each, number)

    def _obligation(
        self, name: str, action: str, beyond: Beyond, queries: tuple[Query, ...]
    ) -> Obligation:
        return Obligation(
            name=name,
            goal=Goal.RESPONSE,
            action=action,
            subject=self.ranking.name,
            site=self.ranking.site,
            is_lemma=False,
            is_step=True,
            queries=queries,
            beyond=beyond,
        )

    # --- helpers

    def _here(self, number: int) -> _Here:
        helper = self.ranking.helpers[number]
        picks = self._picked(helper.locals, f".{number + 1}")
        names = Names(self.model.state, {**self.bound, **_values(helper.locals, picks)})
        condition, measures = self._judged(helper, names)
        condition = self.logic.both(self._typed((*self.picks, *picks)), condition)
        return _Here(helper, names, (*self.picks, *picks), condition, measures)

    def _judged(self, helper: Helper, names: Names) -> tuple[Term, tuple[Symbolic, ...]]:
        """Return that a helper's condition holds and its measures have values, and these."""
        demands: list[Term] = []
        is_so = self.expressions.truth(helper.condition, names)
        measures = tuple(self.expressions.value(m, names, demands) for m in helper.measures)
        return self.logic.both(is_so, *demands), measures

    def _some_helper(
        self, state: Mapping[Variable, Symbolic], test: Callable[[Helper, Names], Term]
    ) -> Term:
        """Return that some values of some helper's locals pass a test in a state."""

        def over(helper: Helper, locals_: tuple[Local, ...], names: Names) -> Term:
            if not locals_:
                return test(helper, names)
            first, *rest = locals_
            return self.universe.some(
                first.type, lambda value: over(helper, tuple(rest), names.bind(first, value))
            )

        names = Names(state, self.bound)
        return self.logic.disjunction(
            over(helper, helper.locals, names) for helper in self.ranking.helpers
        )

    # --- states

    def _waiting(self) -> Obligation:
        before = Names(self.model.state, self.bound)
        waits = self.expressions.truth(self.ranking.waiting, before)
        helped = self._some_helper(self.model.state, lambda h, names: self._judged(h, names)[0])
        query = Query((self._typed(self.picks), waits, self.unmet), helped, None)
        beyond = Beyond(self.picks, Plain(self.model.system, self.ranking).is_unhelped)
        return self._obligation(f"{self.ranking.name}/waiting", "", beyond, (query,))

    def _possible(self, here: _Here, number: int) -> Obligation:
        moves = [move for move in self.model.moves if here.helper.is_by(move.action)]
        ways = [way for move in moves for way in self._ways(move, here)]
        claim = self.logic.disjunction(ways)
        query = Query((here.condition, self.unmet), claim, None)
        plain = Plain(self.model.system, self.ranking)

        def breaks(named: tuple[Value, ...], before: State | None, _: Moved | None) -> bool:
            assert before is not None
            return plain.is_stuck(number - 1, named, before)

        name = f"{self.ranking.name}/possible.{number}"
        return self._obligation(name, "", Beyond(here.picks, breaks), (query,))

    def _ways(self, move: Move, here: _Here) -> Iterator[Term]:
        """Yield the conditions of the paths of an action that the helper takes."""
        action = move.action
        given = [here.names.locals[local] for local in here.helper.locals]
        # A thread gives `self`, an action all of its parameters; what is left may be anything.
        others = action.params[len(given) :]
        free = self._picked(others, f" of {action.name}")
        values = [*given, *(pick.value for pick in free)]
        bound = dict(zip(action.params, values, strict=True))
        effects = Effects(self.expressions, f"{self.ranking.name} {action.name}")
        start = Path(self.model.state, bound, (self._typed(free),))
        for path in effects.run(Seq((Guard(action.guard, action.site), action.body)), start):
            condition = self.logic.conjunction(path.conditions)
            yield for_some(self.universe, (*free, *path.picks), condition)

    # --- steps

    def _nearer(self, move: Move, here: _Here, number: int) -> Obligation:
        plain = Plain(self.model.system, self.ranking)
        queries = tuple(
            Query(
                (here.condition, self.unmet, *path.conditions, *self._new_numbers(path)),
                self._progress(move, path, here),
                path,
            )
            for path in move.paths
        )

        def breaks(named: tuple[Value, ...], before: State | None, step: Moved | None) -> bool:
            assert before is not None
            assert step is not None
            return plain.is_farther(number - 1, named, before, step)

        suffix = f".{number}" if len(self.ranking.helpers) > 1 else ""
        name = f"{move.action.name}/{self.ranking.name}{suffix}"
        return self._obligation(name, move.action.name, Beyond(here.picks, breaks), queries)

    def _new_numbers(self, path: Path) -> Iterator[Term]:
        """Name the numbers that a step computes: lemmas may be needed of just these."""
        for variable, value in path.state.items():
            if isinstance(value, Scalar) and value.term.kind is Kind.SUM:
                symbol = self.logic.symbol(f"{self.ranking.name}.{variable.name}'", (), INT)
                yield self.logic.equal(self.logic.apply(symbol), value.term)

    def _progress(self, move: Move, path: Path, here: _Here) -> Term:
        """Return that a step reaches the goal, or brings it nearer, or disturbs nothing."""
        logic = self.logic
        reached = self.expressions.truth(self.ranking.goal, Names(path.state, self.bound))

        def less(helper: Helper, names: Names) -> Term:
            condition, measures = self._judged(helper, names)
            return logic.both(condition, self._smaller(helper, measures, here, is_strict=True))

        nearer = self._some_helper(path.state, less)
        after = Names(path.state, here.names.locals)
        condition, measures = self._judged(here.helper, after)
        same = logic.both(
            logic.negate(self._is_own_step(move, here)),
            condition,
            self._smaller(here.helper, measures, here, is_strict=False),
        )
        return logic.either(reached, same, nearer)

    def _is_own_step(self, move: Move, here: _Here) -> Term:
        if not here.helper.is_by(move.action):
            return self.logic.false
        return self.logic.conjunction(
            self.universe.equal(local.type, pick.value, here.names.locals[local])
            for pick, local in zip(move.params, here.helper.locals, strict=False)
        )

    # --- measures

    def _smaller(
        self, helper: Helper, after: tuple[Symbolic, ...], here: _Here, *, is_strict: bool
    ) -> Term:
        """Return that measures are smaller than those of `here`, or not greater."""
        logic = self.logic
        found = logic.truth(not is_strict)
        columns = zip(
            _types(helper.measures), _types(here.helper.measures), after, here.measures, strict=True
        )
        for of, other, new, old in reversed(list(columns)):
            at_most, is_less = self._compared(of, other, new, old)
            found = logic.both(at_most, logic.either(is_less, found))
        return found

    def _compared(self, of: Type, other: Type, new: Symbolic, old: Symbolic) -> tuple[Term, Term]:
        match of, other:
            case IntType(), IntType():
                a, b = scalar(new), scalar(old)
                return self.logic.at_most(a, b), self.logic.less(a, b)
            case SetType(element), SetType():
                assert isinstance(new, Members)
                assert isinstance(old, Members)
                gone = self.universe.some(
                    element,
                    lambda each: self.logic.both(old.has(each), self.logic.negate(new.has(each))),
                )
                return self.universe.subset(element, new, old), gone
            case _:
                raise AssertionError("measures of two kinds")


def _values(locals_: Sequence[Local], picks: Sequence[Pick]) -> dict[Local, Symbolic]:
    return {local: pick.value for local, pick in zip(locals_, picks, strict=True)}


def _types(measures: Sequence[Expr]) -> list[Type]:
    return [each.type for each in measures]
