"""How often others can come first: the greatest number of overtakings in one wait.

What a wait is and what counts in it is told in `waits`, which computes the number. No fairness is
assumed there: an unbounded wait need not be an endless one. Which of the two it is is said with it.
If some fair run overtakes one who waits for ever, that run is shown: starvation. If there is none,
any run is shown that can be repeated, and it is told whether all who wait get in all the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from checker.explicit.liveness.automaton import automaton
from checker.explicit.liveness.conditions import conditions
from checker.explicit.liveness.formulas import (
    FALSE,
    TRUE,
    Claim,
    Proposition,
    both,
    release,
    strive,
)
from checker.explicit.liveness.lassos import lasso
from checker.explicit.liveness.orbits import is_first, renamable
from checker.explicit.liveness.product import Product, Valuation
from checker.explicit.liveness.temporal import truth_of
from checker.explicit.liveness.waits import Census, Wait
from checker.model.fairness import requirements
from checker.model.interpret import Holds, judge_state
from checker.model.lasso import closes, neglected
from checker.model.replay import replay
from checker.model.rewrite import substitute
from checker.model.terms import literal
from checker.model.types import elements, show
from checker.model.verdict import Figure, Finding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.explicit.liveness.conditions import Conditions
    from checker.explicit.liveness.graph import Mask, StateGraph
    from checker.model.fairness import Scheduling
    from checker.model.ir import Expr
    from checker.model.system import State, System
    from checker.model.temporal import Bypass
    from checker.model.trace import Trace
    from checker.model.types import Value

IN_STATE = Claim(Proposition(0, is_step=False), holds=True)
IN_STEP = Claim(Proposition(0, is_step=True), holds=True)


@dataclass(frozen=True, slots=True)
class Counted:
    """What came of one `bypass`; `is_idle` if nobody ever waits."""

    figure: Figure
    finding: Finding | None
    is_idle: bool


def counted(graph: StateGraph, of: Bypass, scheduling: Scheduling) -> Counted:
    """Compute a bypass.

    Raises:
        NoValueError: one of the conditions has no value in some state.
    """
    values = tuple(elements(of.local.type))
    waiting, entered = (
        truth_of(graph, [for_value(graph.system, of, each, value) for value in values])
        for each in (of.waiting, of.entering)
    )
    census = Census.of(graph, waiting, entered)
    sorts = renamable(graph.system, (of.waiting, of.entering))
    numbers = [at for at, value in enumerate(values) if is_first({of.local: value}, sorts)]
    waits = [Wait(census, number) for number in numbers]
    unbounded = [each for each in waits if each.is_unbounded]
    if unbounded:
        pairs = tuple((waiting[number], entered[number]) for number in numbers)
        gets_in = _GetsIn(graph, pairs, scheduling)
        figure = _without_bound(of, values, unbounded, gets_in)
    else:
        figure = _greatest(of, values, waits)
    return Counted(figure, _finding(of, figure), not any(each.waiting.any() for each in waits))


def for_value(system: System, of: Bypass, condition: Expr, value: Value) -> Expr:
    """Return the condition for one value of the local."""
    return substitute(
        condition, {of.local: literal(system.terms, value, of.local.type)}, system.terms
    )


def _greatest(of: Bypass, values: Sequence[Value], waits: Sequence[Wait]) -> Figure:
    best = max(waits, key=lambda each: each.most)
    if best.most == 0:
        return Figure(of.name, 0, "nobody who waits is ever overtaken", None)
    value, trace = values[best.number], best.trace()
    _validate(best.graph.system, of, value, trace, best.most)
    return Figure(of.name, best.most, f"here {_who(of, value)} waits while others overtake", trace)


# --- without a bound ------------------------------------------------------------------------------


@dataclass(frozen=True)
class _GetsIn:
    """Tells what fairness makes of waits that know no bound.

    Attributes:
        pairs: for each value the nodes in which it waits, and has entered.
    """

    graph: StateGraph
    pairs: tuple[tuple[Mask, Mask], ...]
    scheduling: Scheduling

    def fair(self) -> Conditions:
        """Return what is demanded of runs."""
        return conditions(self.graph, requirements(self.graph.system, self.scheduling))

    def always(self, fair: Conditions) -> bool:
        """Tell whether in every fair run all who wait get in."""
        has_entered = Claim(Proposition(1, is_step=False), holds=False)
        reader = automaton(strive(TRUE, both(IN_STATE, release(FALSE, has_entered))))
        return all(
            lasso(Product(self.graph, reader, Valuation(pair, []), fair)) is None
            for pair in self.pairs
        )


def _endless(wait: Wait, known: Conditions) -> Trace | None:
    """Return a run that meets conditions and in which others overtake one who waits for ever."""
    again = release(FALSE, strive(TRUE, IN_STEP))
    reader = automaton(strive(TRUE, both(release(FALSE, IN_STATE), again)))
    return lasso(Product(wait.graph, reader, Valuation([wait.waiting], [wait.entering]), known))


def _without_bound(
    of: Bypass, values: Sequence[Value], waits: Sequence[Wait], gets_in: _GetsIn
) -> Figure:
    """Tell of waits without a bound, of one that can be endless if there is one."""
    system, fair = gets_in.graph.system, gets_in.fair()
    for each in waits:
        trace = _endless(each, fair)
        if trace is not None:
            value = values[each.number]
            _validate(system, of, value, trace, None)
            assert not neglected(system, trace, gets_in.scheduling), "a lasso is not fair"
            remark = f"for {_who(of, value)} this can go on for ever: starvation"
            return Figure(of.name, None, remark, trace)
    value = values[waits[0].number]
    trace = _endless(waits[0], conditions(gets_in.graph, ()))
    assert trace is not None, "what lies on a cycle can be repeated"
    _validate(system, of, value, trace, None)
    names = [each.who for each in neglected(system, trace, gets_in.scheduling)]
    idle = f"{' and '.join(names)} {'does' if len(names) == 1 else 'do'} not act"
    delay = f"for {_who(of, value)} it goes on like this only as long as {idle}"
    if gets_in.always(fair):
        return Figure(of.name, None, f"though every waiting process gets in: {delay}", trace)
    return Figure(of.name, None, f"and who waits need not get in; {delay}", trace)


# --- telling --------------------------------------------------------------------------------------


def _who(of: Bypass, value: Value) -> str:
    return f"{of.local.name} = {show(of.local.type, value)}"


def _finding(of: Bypass, figure: Figure) -> Finding | None:
    if of.bound is None or (figure.value is not None and figure.value <= of.bound):
        return None
    found = "any number of times" if figure.value is None else times(figure.value)
    limit = "never" if of.bound == 0 else f"at most {times(of.bound)}"
    return Finding(
        kind=FindingKind.BYPASS,
        name=of.name,
        message=f"others can overtake {found}, and {limit} is claimed",
        site=of.site,
        values=(),
        trace=figure.trace,
        remarks=(figure.remark,),
    )


def times(count: int) -> str:
    """Return a number of times in words."""
    words = {0: "never", 1: "once", 2: "twice"}
    return words.get(count, f"{count} times")


# --- validation -----------------------------------------------------------------------------------


def _validate(system: System, of: Bypass, value: Value, trace: Trace, most: int | None) -> None:
    """Hold that the interpreter counts as many overtakings on a trace."""
    disagreement = replay(system, replace(trace, loop=None), None)
    assert disagreement is None, f"the interpreter does not follow a wait: {disagreement}"
    if trace.loop is None:
        found = max(overtakings(system, of, value, trace.states))
        assert found == most, f"a wait with {found} overtakings, not {most}"
        return
    assert closes(trace), "a lasso does not close"
    # Who was ahead in the first round is not any more in the second.
    round_ = trace.states[trace.loop :]
    waits = all(_holds(system, for_value(system, of, of.waiting, value), s) for s in round_)
    assert waits, "nobody waits"
    counts = overtakings(system, of, value, (*round_, *round_[1:]))
    assert counts[-1] > counts[len(round_) - 1], "nobody is overtaken again and again"


def overtakings(system: System, of: Bypass, value: Value, states: Sequence[State]) -> list[int]:
    """Return how often others have overtaken since the present wait began, state by state."""

    def entered(who: Value, state: State) -> bool:
        return _holds(system, for_value(system, of, of.entering, who), state)

    def waits(who: Value, state: State) -> bool:
        condition = for_value(system, of, of.waiting, who)
        return _holds(system, condition, state) and not entered(who, state)

    others = [other for other in elements(of.local.type) if other != value]
    ahead = {other for other in others if waits(other, states[0])}
    found = [0]
    for before, after in pairwise(states):
        count = 0
        if not waits(value, before):
            ahead = {other for other in others if waits(other, after)}
        else:
            entering = [o for o in others if entered(o, after) and not entered(o, before)]
            if entered(value, after):
                entering = []
            count = found[-1] + sum(other not in ahead for other in entering)
            ahead = {other for other in ahead if waits(other, after)}
        found.append(count)
    return found


def _holds(system: System, condition: Expr, state: State) -> bool:
    return judge_state(system, condition, state) == Holds()
