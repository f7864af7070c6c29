"""`refines Abstract with { ... }`: the state of another specification in terms of this one.

`Abstract` is an import. What it declares is not part of this system: it becomes a system of its
own, without ghosts, whose variables get the images that the refinement gives them. Sorts and types
that the import was given are those of this specification, so both systems speak of the same
processors.

Every variable needs an image: `x = e` gives it whole, `x[k] = e` for every key. Where control of a
process of the other specification rests is said for each of its places: `user[p] at take = e`. The
first condition that holds decides; a single place may be left out, and is meant where none holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from checker.elaborate.coerce import fit
from checker.elaborate.context import Binding, Build, Context, Purpose
from checker.elaborate.control import points_at
from checker.elaborate.operations import truth
from checker.elaborate.references import variable_of
from checker.elaborate.scope import Entity, Scope
from checker.model import terms
from checker.model.ir import NOTHING, Assert, Assign, Effect, Op, Role, Variable
from checker.model.rewrite import map_effect
from checker.model.system import System, control_type
from checker.model.temporal import Refinement
from checker.model.types import EnumType, MapType, OptionType, Type
from grammar import syntax
from grammar.diagnostics import Note
from grammar.spelling import did_you_mean

if TYPE_CHECKING:
    from checker.model.ir import Expr, Local
    from checker.model.system import Process


def abstraction(build: Build, entity: Entity) -> Entity | None:
    """Return the import that a refinement names."""
    decl = entity.decl
    assert isinstance(decl, syntax.RefinementDecl)
    first = decl.abstract.parts[0].text
    found = entity.scope.find(first) if len(decl.abstract.parts) == 1 else None
    if isinstance(found, Entity) and isinstance(found.decl, syntax.ImportDecl):
        return found
    build.collector.error(
        "K194",
        decl.abstract.span,
        f"`{decl.abstract.text}` is no import",
        remedy='import what is refined: `import "abstract.k42" as Abstract`',
    )
    return None


def without_ghosts(system: System) -> System:
    """Return the system without ghosts, assertions and properties: its states and steps only."""
    kept = tuple(each for each in system.variables if each.role is not Role.GHOST)

    def strip(effect: Effect) -> Effect:
        match effect:
            case Assert():
                return NOTHING
            case Assign(place) if place.variable.role is Role.GHOST:
                return NOTHING
            case _:
                return map_effect(effect, lambda expr: expr, strip)

    return replace(
        system,
        variables=kept,
        init=strip(system.init),
        actions=tuple(replace(each, body=strip(each.body)) for each in system.actions),
        properties=(),
        assumptions=(),
        temporal=(),
        bypasses=(),
        refinements=(),
        rankings=(),
    )


def refinement(build: Build, entity: Entity, abstract: System) -> Refinement | None:
    """Elaborate the images of all variables of the other system."""
    decl = entity.decl
    assert isinstance(decl, syntax.RefinementDecl)
    imported = entity.scope.find(decl.abstract.parts[0].text)
    assert isinstance(imported, Entity)
    assert imported.inner is not None
    images = _Images(build, Context(entity.scope, Purpose.PROPERTY), imported.inner, {}, {})
    for each in decl.images:
        images.add(each)
    for process, given in images.control.items():
        images.settle(process, given)
    if build.collector.has_errors:
        return None
    missing = [each for each in abstract.variables if each not in images.found]
    if missing:
        _report_missing(build, decl, missing, abstract)
        return None
    return Refinement(
        name=f"refines {imported.name}",
        abstract=abstract,
        images=tuple(images.found[each] for each in abstract.variables),
        is_fair=decl.fairness is not None,
        doc=decl.doc,
        site=decl.span,
    )


def _report_missing(
    build: Build, decl: syntax.RefinementDecl, missing: list[Variable], abstract: System
) -> None:
    names = []
    for each in missing:
        owner = next((p for p in abstract.processes if p.control is each), None)
        name = each.name if owner is None else f"{owner.name} at ..."
        names.append(f"`{name.removeprefix(f'{abstract.name}.')}`")
    build.collector.error(
        "K195",
        decl.abstract.span,
        f"nothing tells what {', '.join(names)} {'is' if len(names) == 1 else 'are'} here",
        remedy="give each variable of the other specification an image: `x = ...`",
    )


@dataclass(frozen=True, slots=True)
class _Target:
    """What an image is given for: a variable, or the control of a process, at some keys."""

    entity: Entity
    local: syntax.Name | None
    keys: tuple[syntax.Name, ...]


@dataclass(frozen=True, slots=True)
class _Given:
    """The conditions for places of one process, and the local that its index is bound to."""

    local: Local | None
    cases: list[tuple[str, Expr]]
    image: syntax.Image


@dataclass(frozen=True, slots=True)
class _Images:
    build: Build
    context: Context
    scope: Scope
    found: dict[Variable, Expr]
    control: dict[Entity, _Given]

    def add(self, image: syntax.Image) -> None:
        """Take one image, or report what is wrong with it."""
        target = self.target(image.target)
        if target is None:
            return
        if image.place is not None:
            self.add_place(image, image.place, target)
            return
        variable = self.variable(target, image)
        if variable is None:
            return
        if variable in self.found:
            self.refuse(image.target, f"`{image.target.span.text}` has an image already")
            return
        value = self.value(variable.type, target.keys, image)
        if value is not None:
            self.found[variable] = value

    def refuse(self, node: syntax.Node, message: str, remedy: str | None = None) -> None:
        """Report a target that is none."""
        self.build.collector.error("K196", node.span, message, remedy=remedy)

    # --- targets

    def target(self, node: syntax.Expr) -> _Target | None:
        """Return what the left side of an image stands for."""
        match node:
            case syntax.NameRef(name):
                return self.named(self.scope, name, node)
            case syntax.IndexAccess(base, syntax.NameRef(name, span=span)):
                inner = self.target(base)
                if inner is None:
                    return None
                return replace(inner, keys=(*inner.keys, syntax.Name(name, span=span)))
            case syntax.FieldAccess(base, name):
                return self.member(self.target(base), name, node)
            case _:
                self.refuse(
                    node, "an image is given for `x`, `x[k]` or `user[p].x`, `k` a new name"
                )
                return None

    def named(self, scope: Scope, name: str, node: syntax.Node) -> _Target | None:
        """Return a declaration of the other specification."""
        found = scope.own(name)
        if isinstance(found, Entity):
            return _Target(found, None, ())
        self.refuse(
            node,
            f"the other specification declares no `{name}`",
            did_you_mean(name, scope.own_names()),
        )
        return None

    def member(self, base: _Target | None, name: syntax.Name, node: syntax.Expr) -> _Target | None:
        """Return a member of an object, or a variable of a process."""
        if base is None:
            return None
        match base:
            case _Target(Entity(decl=syntax.ObjectDecl(), inner=inner), None, ()):
                assert inner is not None
                return self.named(inner, name.text, node)
            case _Target(Entity(decl=syntax.ProcessDecl()), None):
                return replace(base, local=name)
            case _:
                self.refuse(node, f"`{node.span.text}` is no variable of the other specification")
                return None

    def variable(self, target: _Target, image: syntax.Image) -> Variable | None:
        """Return the variable that is meant."""
        found: Variable | None = None
        match target.entity.decl:
            case syntax.VarDecl(is_ghost=False) if target.local is None:
                found = variable_of(self.build, target.entity)
            case syntax.ProcessDecl() if target.local is not None:
                state = self.build.processes.get(target.entity)
                found = None if state is None else state.locals.get(target.local.text)
            case _:
                pass
        if found is None:
            self.refuse(
                image.target,
                f"`{image.target.span.text}` is no variable of the other specification",
                "ghosts need no image; of a process, write `user[p] at place = ...`"
                if isinstance(target.entity.decl, syntax.ProcessDecl | syntax.VarDecl)
                else None,
            )
        return found

    # --- values

    def bound(self, keys: Iterable[syntax.Name], of: Type) -> tuple[list[Local], Type, Context]:
        """Bind keys of maps; return the locals, the type below, and where the value is read."""
        locals_: list[Local] = []
        context = self.context
        for key in keys:
            if not isinstance(of, MapType):
                self.refuse(key, "there is no key here: this is no map")
                break
            local = terms.fresh(key.text, of.key)
            locals_.append(local)
            here = terms.reference(self.build.terms, local)
            binding = Binding(here, of.key, None, "a key", key.span)
            context = context.bind(key.text, binding)
            of = of.value
        return locals_, of, context

    def value(self, of: Type, keys: tuple[syntax.Name, ...], image: syntax.Image) -> Expr | None:
        """Return the image of a whole variable."""
        locals_, inner, context = self.bound(keys, of)
        if len(locals_) < len(keys):
            return None
        value = self.build.expression(self.build, image.value, context, inner)
        if value is None:
            return None
        found = self.likened(value, inner)
        result = fit(self.build, found, inner, image.value.span)
        if result is None:
            return None
        return self.over(locals_, of, result)

    def over(self, locals_: list[Local], of: Type, value: Expr) -> Expr:
        """Return the map, of maps, that sends the locals to the value."""
        if not locals_:
            return value
        assert isinstance(of, MapType)
        inner = self.over(locals_[1:], of.value, value)
        return terms.map_of(self.build.terms, locals_[0], inner, of)

    def likened(self, value: Expr, wanted: Type) -> Expr:
        """Return a value of an enum of this specification as the one of the same name."""
        table = self.build.terms
        match value.type, wanted:
            case EnumType() as own, EnumType() if own != wanted and set(own.members) <= set(
                wanted.members
            ):
                local = terms.fresh("value", own)
                here = terms.reference(table, local)
                *others, last = own.members
                result: Expr = terms.literal(table, last, wanted)
                for member in reversed(others):
                    is_it = terms.equal(table, here, terms.literal(table, member, own))
                    meant = terms.literal(table, member, wanted)
                    result = terms.conditional(table, is_it, meant, result, wanted)
                return terms.let(table, local, value, result)
            case MapType(key, inner), MapType(other, below) if key == other and inner != below:
                local = terms.fresh("key", key)
                part = terms.at_key(table, value, terms.reference(table, local), inner)
                return terms.map_of(table, local, self.likened(part, below), wanted)
            case OptionType(inner), OptionType(below) if inner != below:
                none = terms.literal(table, None, value.type)
                is_none = terms.equal(table, value, none)
                some = self.likened(terms.unwrapped(table, value, inner), below)
                if some.type != below:
                    return value
                some = terms.apply(table, Op.WRAP, (some,), wanted)
                absent = terms.literal(table, None, wanted)
                return terms.conditional(table, is_none, absent, some, wanted)
            case _:
                return value

    # --- control

    def add_place(self, image: syntax.Image, place: syntax.Path, target: _Target) -> None:
        """Take a condition for a place of a process."""
        state = self.build.processes.get(target.entity)
        process = None if state is None else state.process
        if process is None or target.local is not None:
            self.refuse(image.target, f"`{image.target.span.text}` is no process")
            return
        points = points_at(self.build, process, place, self.scope)
        if points is None:
            return
        if len(points) > 1:
            self.refuse(
                place, f"`{place.text}` is {len(points)} places: {', '.join(sorted(points))}"
            )
            return
        if len(target.keys) != (process.index is not None):
            self.refuse(image.target, f"write `{_name(target.entity)}[p] at {place.text}`")
            return
        given = self.given(target, process, image)
        condition = self.condition(target, given, image)
        if condition is not None:
            given.cases.append((next(iter(points)), condition))

    def given(self, target: _Target, process: Process, image: syntax.Image) -> _Given:
        """Return what is known of a process, at first nothing."""
        local = None if process.index is None else terms.fresh(target.keys[0].text, process.index)
        return self.control.setdefault(target.entity, _Given(local, [], image))

    def condition(self, target: _Target, given: _Given, image: syntax.Image) -> Expr | None:
        """Return the right side as a condition, in terms of the local of the process."""
        context = self.context
        if given.local is not None:
            key = target.keys[0]
            here = terms.reference(self.build.terms, given.local)
            binding = Binding(here, given.local.type, None, "a key", key.span)
            context = context.bind(key.text, binding)
        return truth(self.build, image.value, context)

    def settle(self, entity: Entity, given: _Given) -> None:
        """Make the image of the control variable of a process."""
        process = self.build.processes[entity].process
        assert process is not None
        of = control_type(process)
        named = [point for point, _ in given.cases]
        left = [point for point in of.members if point not in named]
        if len(left) > 1 or len(set(named)) < len(named):
            twice = sorted({point for point in named if named.count(point) > 1})
            wrong = ", ".join(f"`{point}`" for point in twice or left)
            self.build.collector.error(
                "K195",
                given.image.span,
                f"{'more than one condition' if twice else 'no condition'} tells when "
                f"`{entity.name}` is at {wrong}",
                notes=(Note(entity.span, "the process"),),
                remedy="give each place one condition; a single place may be left out",
            )
            return
        cases = given.cases if left else given.cases[:-1]
        result: Expr = terms.literal(self.build.terms, (left or [named[-1]])[0], of)
        for point, condition in reversed(cases):
            there = terms.literal(self.build.terms, point, of)
            result = terms.conditional(self.build.terms, condition, there, result, of)
        whole = process.control.type
        self.found[process.control] = (
            result if given.local is None else self.over([given.local], whole, result)
        )


def _name(entity: Entity) -> str:
    return entity.name.removeprefix(entity.scope.prefix)
