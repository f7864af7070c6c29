"""A builder for systems made by hand: IR with little ceremony.

Types of operators come from `tests.support.term_types`. Every statement has a place of its own in a
made-up text, since coverage tells statements apart by their places.
"""

from __future__ import annotations

from collections.abc import Sequence

from checker.model.ir import (
    NOTHING,
    And,
    Apply,
    Assert,
    Assign,
    Bind,
    Choose,
    Conditional,
    Construct,
    Effect,
    Either,
    Expr,
    Field,
    Fold,
    Guard,
    If,
    Implies,
    Index,
    Let,
    Literal,
    Local,
    LocalRef,
    MapOf,
    Op,
    Or,
    Place,
    Quantifier,
    Read,
    ReadOld,
    Role,
    Seq,
    SetFilter,
    TermTable,
    Variable,
    While,
)
from checker.model.system import (
    Action,
    Assumption,
    Conjunct,
    ControlPoint,
    Process,
    Property,
    PropertyKind,
    System,
)
from checker.model.types import (
    BOOL,
    EnumType,
    IntType,
    MapType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    TupleType,
    Type,
    Value,
    cardinality,
    sorts_in,
)
from grammar.source import SourceFile, Span
from tests.support.term_types import component, fold_type, hull, part_type, result_type

_LINES = 5_000


class Builder:
    """Collects the parts of one system and makes its terms."""

    def __init__(self, name: str) -> None:
        """Start an empty system."""
        self.name = name
        self.terms = TermTable()
        self._source = SourceFile(f"{name}.k42", "x\n" * _LINES)
        self._lines = 0
        self._variables: list[Variable] = []
        self._processes: list[Process] = []
        self._actions: list[Action] = []
        self._properties: list[Property] = []
        self._assumptions: list[Assumption] = []

    def site(self) -> Span:
        """Return a place on a line of its own."""
        self._lines += 1
        assert self._lines < _LINES
        return Span(self._source, 2 * self._lines, 2 * self._lines + 1)

    # --- declarations

    def variable(
        self, name: str, of: Type, *, role: Role = Role.SHARED, owner: str | None = None
    ) -> Variable:
        """Declare a variable of the state."""
        self._variables.append(Variable(name, of, role, owner, self.site()))
        return self._variables[-1]

    def process(
        self, name: str, index: Type | None, points: Sequence[str], *, can_end: bool = False
    ) -> Process:
        """Declare a process; a point may be written `name@place` to be inside a place as well."""
        split = [point.partition("@") for point in points]
        control: Type = EnumType(f"{name}.control", tuple(point for point, _, _ in split))
        if index is not None:
            control = MapType(index, control)
        variable = self.variable(name, control, role=Role.CONTROL, owner=name)
        made = tuple(
            ControlPoint(point, frozenset({point, place or point}), self.site())
            for point, _, place in split
        )
        self._processes.append(Process(name, index, variable, made, can_end, self.site()))
        return self._processes[-1]

    def action(
        self,
        name: str,
        *effects: Effect,
        params: Sequence[Local] = (),
        guard: Expr | None = None,
        step_of: tuple[Process, str] | None = None,
    ) -> Action:
        """Declare an action; `step_of` gives the process and the point from which it leaves."""
        process, source = None, None
        if step_of is not None:
            process = step_of[0]
            source = next(point for point in process.points if point.name == step_of[1])
        self._actions.append(
            Action(
                name,
                process,
                source,
                tuple(params),
                guard or self.true,
                Seq(effects),
                self.site(),
            )
        )
        return self._actions[-1]

    def require(self, kind: PropertyKind, name: str, *conditions: Expr) -> Property:
        """Declare a property; several conditions are numbered conjuncts."""
        names = (
            [name] if len(conditions) == 1 else [f"{name}.{i + 1}" for i in range(len(conditions))]
        )
        conjuncts = tuple(
            Conjunct(each, condition, self.site())
            for each, condition in zip(names, conditions, strict=True)
        )
        self._properties.append(Property(kind, name, conjuncts, "", self.site()))
        return self._properties[-1]

    def assume(self, name: str, condition: Expr) -> Assumption:
        """Declare an assumption."""
        self._assumptions.append(Assumption(name, condition, self.site()))
        return self._assumptions[-1]

    def build(self, *init: Effect, terminal: Expr | None = None) -> System:
        """Make the system."""
        sorts: set[SortType] = set()
        for variable in self._variables:
            sorts |= sorts_in(variable.type)
        for action in self._actions:
            for param in action.params:
                sorts |= sorts_in(param.type)
        return System(
            name=self.name,
            doc="",
            sorts=tuple(sorted(sorts, key=lambda sort: sort.name)),
            variables=tuple(self._variables),
            processes=tuple(self._processes),
            init=Seq(init),
            actions=tuple(self._actions),
            properties=tuple(self._properties),
            assumptions=tuple(self._assumptions),
            terminal=terminal,
            settings=(),
            atomicity=(),
            terms=self.terms,
        )

    # --- effects

    def assign(self, variable: Variable, value: Expr, *path: Expr | int) -> Effect:
        """Assign to the part of a variable at the end of the path, converting if needed."""
        of = variable.type
        for selector in path:
            of = component(of, selector)
        return Assign(Place(variable, path, of), self.convert(value, of), self.site())

    def bind(self, local: Local, value: Expr) -> Effect:
        """Bind a local."""
        return Bind(local, self.convert(value, local.type), self.site())

    def branch(self, condition: Expr, then: Effect, otherwise: Effect = NOTHING) -> Effect:
        """Make an `if`."""
        return If(condition, then, otherwise, self.site())

    def loop(self, condition: Expr, *body: Effect) -> Effect:
        """Make a `while`."""
        return While(condition, Seq(body), self.site())

    def choose(self, local: Local, *body: Effect, domain: Expr | None = None) -> Effect:
        """Make a `choose`."""
        return Choose(local, domain, Seq(body), self.site())

    def either(self, *branches: Effect) -> Effect:
        """Make an `either`."""
        return Either(branches, self.site())

    def guard(self, condition: Expr) -> Effect:
        """Make an `await`."""
        return Guard(condition, self.site())

    def check(self, condition: Expr, message: str = "") -> Effect:
        """Make an `assert`."""
        return Assert(condition, message, self.site())

    # --- terms

    @property
    def true(self) -> Expr:
        """The condition that always holds."""
        return self.literal(True, BOOL)

    def literal(self, value: Value, of: Type) -> Expr:
        """Make a constant."""
        return self.terms.intern(Literal(value, of))

    def number(self, value: int) -> Expr:
        """Make an integer constant."""
        return self.literal(value, IntType(value, value))

    def read(self, variable: Variable, *path: Expr | int) -> Expr:
        """Read a variable, or the part of it at the end of the path."""
        return self.at(self.terms.intern(Read(variable, variable.type)), *path)

    def old(self, variable: Variable, *path: Expr | int) -> Expr:
        """Read a variable as it was before the step."""
        return self.at(self.terms.intern(ReadOld(variable, variable.type)), *path)

    def at(self, base: Expr, *path: Expr | int) -> Expr:
        """Select a part of a value."""
        for selector in path:
            of = component(base.type, selector)
            if isinstance(selector, int):
                base = self.terms.intern(Field(base, selector, of))
            else:
                base = self.terms.intern(Index(base, selector, of))
        return base

    def ref(self, local: Local) -> Expr:
        """Read a local."""
        return self.terms.intern(LocalRef(local, local.type))

    def op(self, op: Op, *args: Expr) -> Expr:
        """Apply an operator whose type follows from its arguments."""
        return self.terms.intern(Apply(op, args, result_type(op, args)))

    def eq(self, left: Expr, right: Expr) -> Expr:
        """Compare two values."""
        return self.op(Op.EQ, left, right)

    def negate(self, condition: Expr) -> Expr:
        """Make `not`."""
        return self.op(Op.NOT, condition)

    def convert(self, value: Expr, of: Type) -> Expr:
        """Make a value fit a type: unchanged if it has it, wrapped or converted if it must be."""
        if value.type == of:
            return value
        if isinstance(of, OptionType) and not isinstance(value.type, OptionType):
            return self.terms.intern(Apply(Op.WRAP, (self.convert(value, of.element),), of))
        return self.terms.intern(Apply(Op.CONVERT, (value,), of))

    def all_of(self, *args: Expr) -> Expr:
        """Make `and`."""
        return self.terms.intern(And(args))

    def any_of(self, *args: Expr) -> Expr:
        """Make `or`."""
        return self.terms.intern(Or(args))

    def implies(self, left: Expr, right: Expr) -> Expr:
        """Make `->`."""
        return self.terms.intern(Implies(left, right))

    def select(self, condition: Expr, then: Expr, otherwise: Expr) -> Expr:
        """Make `if then else`."""
        of = hull(then.type, otherwise.type)
        both = (self.convert(then, of), self.convert(otherwise, of))
        return self.terms.intern(Conditional(condition, *both, of))

    def fold(
        self, quantifier: Quantifier, local: Local, body: Expr, *, domain: Expr | None = None
    ) -> Expr:
        """Make a quantifier."""
        of = fold_type(quantifier, cardinality(local.type), body.type)
        return self.terms.intern(Fold(quantifier, local, domain, body, of))

    def construct(self, of: SetType | SeqType | RecordType | TupleType, *components: Expr) -> Expr:
        """Make a composite value, converting its parts."""
        return self.terms.intern(
            Construct(
                tuple(self.convert(p, part_type(of, i)) for i, p in enumerate(components)), of
            )
        )

    def set_of(
        self, local: Local, condition: Expr, image: Expr, *, domain: Expr | None = None
    ) -> Expr:
        """Make a set comprehension."""
        of = SetType(image.type)
        return self.terms.intern(SetFilter(local, domain, condition, image, of))

    def map_of(self, local: Local, body: Expr) -> Expr:
        """Make a map."""
        return self.terms.intern(MapOf(local, body, MapType(local.type, body.type)))

    def let(self, local: Local, value: Expr, body: Expr) -> Expr:
        """Make `let in`."""
        return self.terms.intern(Let(local, self.convert(value, local.type), body, body.type))
