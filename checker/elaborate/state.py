"""The initial states: what the declarations of variables say, in an order in which it is known.

An initial value may read other variables, which are then initialised before; a circle is reported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.elaborate.coerce import fit, kind_of
from checker.elaborate.context import Build, Context, Purpose
from checker.elaborate.initial import broadcast, is_natural
from checker.elaborate.references import variable_of
from checker.elaborate.typexprs import is_enumerable
from checker.model import terms
from checker.model.ir import Assign, Choose, Place, Seq
from checker.model.rewrite import variables_read
from checker.model.types import SetType, default, describe
from grammar import syntax

if TYPE_CHECKING:
    from checker.elaborate.scope import Entity
    from checker.model.ir import Effect, Expr, Local, Variable


class Initial:
    """How one variable gets its initial value: that of an expression, or any of a domain."""

    def __init__(
        self, variable: Variable, entity: Entity, value: Expr, *, local: Local | None = None
    ) -> None:
        """Describe the start: of `value`, chosen as `local` (from `domain`) if there is one."""
        self.variable = variable
        self.entity = entity
        self.value = value
        self.local = local
        self.domain: Expr | None = None

    def reads(self) -> frozenset[Variable]:
        """Return the variables that must have their values before."""
        found = variables_read(self.value)
        return found if self.domain is None else found | variables_read(self.domain)

    def before(self, rest: Effect) -> Effect:
        """Return the effect that initialises the variable and goes on with `rest`."""
        site = self.entity.decl.span
        place = Place(self.variable, (), self.variable.type)
        effects: tuple[Effect, ...] = (Assign(place, self.value, site),)
        effects += rest.effects if isinstance(rest, Seq) else (rest,)
        if self.local is None:
            return Seq(effects)
        return Choose(self.local, self.domain, Seq(effects), site)


def initial(build: Build, entity: Entity) -> Initial | None:
    """Elaborate the initial value of a variable."""
    decl = entity.decl
    assert isinstance(decl, syntax.VarDecl)
    variable = variable_of(build, entity)
    purpose = Purpose.GHOST_INITIAL if decl.is_ghost else Purpose.INITIAL
    context = Context(entity.scope, purpose)
    if variable is None:
        return None
    if decl.choices is not None:
        return _any_of(build, entity, variable, decl.choices, context)
    if isinstance(decl.value, syntax.AnyLit):
        if not is_enumerable(build, variable.type, decl.value.span, "`any`"):
            return None
        local = terms.fresh(decl.name.text, variable.type)
        return Initial(variable, entity, terms.reference(build.terms, local), local=local)
    if decl.value is not None:
        value = broadcast(build, decl.value, variable.type, context)
        return None if value is None else Initial(variable, entity, value)
    if is_natural(variable.type):
        value = terms.literal(build.terms, default(variable.type), variable.type)
        return Initial(variable, entity, value)
    build.collector.error(
        "K170",
        decl.name.span,
        f"`{decl.name.text}` needs an initial value: no value of `{describe(variable.type)}` is "
        "the natural one",
        remedy="write `= value`, `in set`, or `= any` to start anywhere",
    )
    return None


def _any_of(
    build: Build, entity: Entity, variable: Variable, node: syntax.Expr, context: Context
) -> Initial | None:
    of = variable.type
    found = build.expression(build, node, context, SetType(of))
    if found is None:
        return None
    if not isinstance(found.type, SetType):
        build.collector.error(
            "K131",
            node.span,
            f"`in` is followed by a set, and this is {kind_of(found.type)}",
            remedy="write `= ...` for a single value",
        )
        return None
    if not is_enumerable(build, found.type.element, node.span, "this choice"):
        return None
    local = terms.fresh(entity.decl.name.text, found.type.element)  # type: ignore[union-attr]
    value = fit(build, terms.reference(build.terms, local), of, node.span)
    if value is None:
        return None
    start = Initial(variable, entity, value, local=local)
    start.domain = found
    return start


def ordered(build: Build, starts: list[Initial]) -> list[Initial]:
    """Return the starts so that each comes after those whose variables it reads."""
    by_variable = {start.variable: start for start in starts}
    done: dict[Initial, None] = {}

    def visit(start: Initial) -> None:
        if start in done or not build.enter(start.entity, start.entity.span):
            return
        for variable in sorted(start.reads(), key=lambda each: each.name):
            if variable in by_variable:
                visit(by_variable[variable])
        build.leave(start.entity)
        done[start] = None

    for start in starts:
        visit(start)
    return list(done)


def initial_effect(starts: list[Initial], rest: Effect) -> Effect:
    """Return the effect that initialises all variables in order and goes on with `rest`."""
    for start in reversed(starts):
        rest = start.before(rest)
    return rest
