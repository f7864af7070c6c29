"""A builder for stepwise code made by hand, and for systems of the processes cut from it."""

from __future__ import annotations

from collections.abc import Sequence

from checker.model.ir import (
    Effect,
    Expr,
    Local,
    Role,
    Seq,
    Variable,
)
from checker.model.system import System
from checker.model.types import MapType, Type
from checker.steps.code import (
    Atomic,
    Block,
    Branch,
    Break,
    Code,
    Continue,
    Do,
    Fork,
    Inline,
    Label,
    Pause,
    Pick,
    Repeat,
    Return,
    Wait,
)
from checker.steps.cut import LoweredProcess, ProcessCode, lower_process
from grammar.diagnostics import Collector
from tests.support.builder import Builder


class CodeBuilder:
    """Makes code for one process over `index`, or a single one.

    `b` makes the terms; variables are declared here, so that a system can be made of them.
    """

    def __init__(self, name: str = "p", index: Type | None = None) -> None:
        """Start with no variables."""
        self.b = Builder("code")
        self.name = name
        self.index = index
        self.self_local = None if index is None else Local("self", index)
        self.variables: list[Variable] = []
        self.collector = Collector()

    @property
    def me(self) -> Expr:
        """`self`."""
        assert self.self_local is not None
        return self.b.ref(self.self_local)

    def var(self, name: str, of: Type, *, role: Role = Role.SHARED) -> Variable:
        """Declare a shared or ghost variable."""
        self.variables.append(Variable(name, of, role, None, self.b.site()))
        return self.variables[-1]

    def own(self, name: str, of: Type) -> Variable:
        """Declare a variable of the process's outermost scope."""
        whole = of if self.index is None else MapType(self.index, of)
        name = f"{self.name}.{name}"
        self.variables.append(Variable(name, whole, Role.LOCAL, self.name, self.b.site()))
        return self.variables[-1]

    # --- statements

    def do(self, *effects: Effect) -> Do:
        """Make a plain statement."""
        return Do(Seq(effects), False, self.b.site())

    def assign(self, variable: Variable, value: Expr, *path: Expr | int) -> Do:
        """Make an assignment to a variable."""
        return self.do(self.b.assign(variable, value, *path))

    def bind(self, local: Local, value: Expr) -> Do:
        """Make an assignment to a local."""
        return self.do(self.b.bind(local, value))

    def check(self, condition: Expr) -> Do:
        """Make an `assert`."""
        return self.do(self.b.check(condition))

    def swap(self, into: Local, variable: Variable, value: Expr, *path: Expr | int) -> Do:
        """Make `into := swap(variable, value)`."""
        old = self.b.bind(into, self.b.read(variable, *path))
        return Do(Seq((old, self.b.assign(variable, value, *path))), True, self.b.site())

    def cas(self, into: Local, variable: Variable, expected: Expr, value: Expr) -> Do:
        """Make `into := cas(variable, expected, value)`."""
        b = self.b
        test = b.bind(into, b.eq(b.read(variable), expected))
        store = b.branch(b.ref(into), b.assign(variable, value))
        return Do(Seq((test, store)), True, b.site())

    def block(self, *statements: Code, locals_: Sequence[Local] = ()) -> Block:
        """Make a block."""
        return Block(statements, tuple(locals_))

    def when(
        self,
        condition: Expr,
        then: Sequence[Code],
        otherwise: Sequence[Code] = (),
        *,
        prelude: Do | None = None,
    ) -> Branch:
        """Make an `if`."""
        site = self.b.site()
        return Branch(prelude, condition, self.block(*then), self.block(*otherwise), site)

    def repeat(self, condition: Expr | None, *body: Code, prelude: Do | None = None) -> Repeat:
        """Make a `while`, or a `loop` without condition."""
        return Repeat(prelude, condition, self.block(*body), self.b.site())

    def loop(self, *body: Code) -> Repeat:
        """Make a `loop`."""
        return self.repeat(None, *body)

    def fork(self, *branches: Sequence[Code]) -> Fork:
        """Make an `either`."""
        return Fork(tuple(self.block(*branch) for branch in branches), self.b.site())

    def choose(
        self, local: Local, *, domain: Expr | None = None, where: Expr | None = None
    ) -> Pick:
        """Make a `choose`."""
        return Pick(local, domain, where, self.b.site())

    def wait(self, condition: Expr) -> Wait:
        """Make an `await`."""
        return Wait(condition, self.b.site())

    def atomic(self, *body: Code) -> Atomic:
        """Make an `atomic` block."""
        return Atomic(self.block(*body), self.b.site())

    def label(self, name: str, body: Code | None = None) -> Label:
        """Label a statement, or a `skip`."""
        site = self.b.site()
        return Label(name, Pause(site) if body is None else body, site)

    def call(self, place: str, *body: Code, params: Sequence[Local] = ()) -> Inline:
        """Inline a procedure."""
        return Inline(place, self.block(*body), tuple(params), self.b.site())

    def leave(self) -> Break:
        """Make a `break`."""
        return Break(self.b.site())

    def again(self) -> Continue:
        """Make a `continue`."""
        return Continue(self.b.site())

    def give_back(self, local: Local | None = None, value: Expr | None = None) -> Return:
        """Make a `return`; its value goes to `local`."""
        result = None if local is None or value is None else self.bind(local, value)
        return Return(result, self.b.site())

    # --- results

    def lower(self, *statements: Code, locals_: Sequence[Local] = ()) -> LoweredProcess:
        """Cut the process into steps."""
        return lower_process(
            ProcessCode(
                name=self.name,
                index=self.index,
                self_local=self.self_local,
                code=self.block(*statements, locals_=locals_),
                terms=self.b.terms,
                collector=self.collector,
                site=self.b.site(),
            )
        )

    def codes(self) -> list[str]:
        """List the codes of what was diagnosed."""
        return [diagnostic.code for diagnostic in self.collector.sorted()]

    def system(self, *lowered: LoweredProcess) -> System:
        """Make a system of processes."""
        return System(
            name="code",
            doc="",
            sorts=(),
            variables=(*self.variables, *(v for each in lowered for v in each.variables)),
            processes=tuple(each.process for each in lowered),
            init=Seq(tuple(each.init for each in lowered)),
            actions=tuple(action for each in lowered for action in each.actions),
            properties=(),
            assumptions=(),
            terminal=None,
            settings=(),
            atomicity=tuple(note for each in lowered for note in each.atomicity),
            terms=self.b.terms,
        )
