"""A path through the body of a step, so far; and two paths made one again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from checker.export.scalars import Symbol, Truth, TruthSymbol
from checker.export.views import View

if TYPE_CHECKING:
    from checker.export.scalars import Formula, Location
    from checker.export.views import Views
    from checker.model.ir import Local, Variable


@dataclass(frozen=True, slots=True)
class Write:
    """A value stored at a location, if `when` holds; all in terms of the state before the step."""

    location: Location
    view: View
    when: Formula


@dataclass(frozen=True, slots=True)
class Path:
    """One path.

    Attributes:
        when: conditions met so far, in order.
        state: what every variable holds now.
        symbols: parameters and choices that stay symbols.
        picks: parameters and choices that are settled, as text, for comments.
    """

    when: tuple[Formula, ...]
    state: Mapping[Variable, View]
    locals: Mapping[Local, View]
    symbols: tuple[Symbol | TruthSymbol, ...] = ()
    picks: tuple[tuple[str, str], ...] = ()
    writes: tuple[Write, ...] = ()

    @property
    def is_possible(self) -> bool:
        """Whether no condition is known to be false."""
        return not any(isinstance(each, Truth) and not each.value for each in self.when)

    def require(self, condition: Formula) -> Path:
        """Return the path with one more condition."""
        if isinstance(condition, Truth) and condition.value:
            return self
        return replace(self, when=(*self.when, condition))

    def bind(self, local: Local, view: View) -> Path:
        """Return the path with a local bound."""
        return replace(self, locals={**self.locals, local: view})


def joined(views: Views, condition: Formula, base: Path, sides: tuple[Path, Path]) -> Path | None:
    """Return one path for both sides of a branch, or None if they differ in more than writes."""
    then, otherwise = sides
    met = len(base.when) + 1
    if not all(
        len(side.when) <= met and side.symbols == base.symbols and side.picks == base.picks
        for side in sides
    ):
        return None
    state = {
        variable: views.either(variable.type, condition, view, otherwise.state[variable])
        for variable, view in then.state.items()
    }
    # A local bound on one side only is not read after the branch.
    bound = {
        local: views.either(local.type, condition, view, otherwise.locals[local])
        if local in otherwise.locals
        else view
        for local, view in then.locals.items()
    }
    done = len(base.writes)
    writes = _joined_writes(views, condition, (then.writes[done:], otherwise.writes[done:]))
    return replace(
        base,
        state=state,
        locals={**otherwise.locals, **bound},
        writes=(*base.writes, *writes),
    )


def _joined_writes(
    views: Views, condition: Formula, sides: tuple[tuple[Write, ...], tuple[Write, ...]]
) -> tuple[Write, ...]:
    """Put writes of both sides under their conditions; a place that both write is written once."""
    s = views.scalars
    then, otherwise = sides
    by_place = {each.location: each for each in otherwise}
    is_simple = len({each.location.variable for each in then}) == len(then) and (
        len({each.location.variable for each in otherwise}) == len(otherwise)
    )
    result = []
    used: set[Location] = set()
    for each in then:
        other = by_place.get(each.location)
        if is_simple and other is not None and each.when is other.when is s.true:
            view = views.either(each.location.type, condition, each.view, other.view)
            result.append(Write(each.location, view, s.true))
            used.add(each.location)
        else:
            result.append(replace(each, when=s.all_of((condition, each.when))))
    reverse = s.negate(condition)
    result += [
        replace(each, when=s.all_of((reverse, each.when)))
        for each in otherwise
        if each.location not in used
    ]
    return tuple(result)
