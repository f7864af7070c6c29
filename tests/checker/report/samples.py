"""Small systems built by hand, with traces found by the reference interpreter.

`race` is the test-and-set lock without the hardware; `warehouse` has a value of every type and
actions instead of processes.
"""

from __future__ import annotations

from collections.abc import Callable

from checker.model.explain import explain
from checker.model.explore import explore
from checker.model.interpret import Moved, initial_states, state_scope, successors
from checker.model.ir import (
    NOTHING,
    And,
    Apply,
    Assign,
    Effect,
    Expr,
    Fold,
    Guard,
    Implies,
    Index,
    Literal,
    Local,
    LocalRef,
    Op,
    Place,
    Quantifier,
    Read,
    Role,
    Seq,
    TermTable,
    Variable,
)
from checker.model.system import (
    Action,
    Conjunct,
    ControlPoint,
    Process,
    Property,
    PropertyKind,
    Setting,
    State,
    System,
)
from checker.model.trace import Trace
from checker.model.types import BOOL, EnumType, MapType, SortType, Value
from checker.model.verdict import Finding, FindingKind, Result, Statistics, Verdict, Witness
from grammar.source import SourceFile, Span

RACE_TEXT = """\
spec race

processors Cpu

var taken: bool = false

procedure acquire() {
  await not taken
  taken := true                       // too late
}

process worker on Cpu {
  loop {
    acquire()
    critical: skip
    atomic taken := false
  }
}

invariant mutual_exclusion:
  forall a, b: Cpu. a != b -> not (worker[a] at critical and worker[b] at critical)
reachable contention: exists a: Cpu. worker[a] at critical and taken
"""
RACE_FILE = SourceFile("race.k42", RACE_TEXT)


def span(text: str, source: SourceFile = RACE_FILE) -> Span:
    """Finds the first occurrence of `text`."""
    start = source.text.index(text)
    return Span(source, start, start + len(text))


def race(size: int = 2, origin: str = "default") -> System:
    """Builds the race."""
    cpu = SortType("Cpu", size)
    points = EnumType("worker control", ("acquire.1", "acquire.2", "critical", "worker.1"))
    taken = Variable("taken", BOOL, Role.SHARED, None, span("taken"))
    control = Variable(
        "worker", MapType(cpu, points), Role.CONTROL, "worker", span("process worker")
    )
    places = (
        ControlPoint("acquire.1", frozenset({"acquire"}), span("await not taken")),
        ControlPoint("acquire.2", frozenset({"acquire"}), span("taken := true")),
        ControlPoint("critical", frozenset({"critical"}), span("critical: skip")),
        ControlPoint("worker.1", frozenset(), span("atomic taken := false")),
    )
    process = Process("worker", cpu, control, places, can_end=False, site=span("process worker"))
    terms = TermTable()
    me = Local("self", cpu)
    free = terms.intern(Apply(Op.NOT, (terms.intern(Read(taken, BOOL)),), BOOL))
    here = Index(Read(control, control.type), LocalRef(me, cpu), points)

    def step(number: int, after: int, effect: Effect) -> Action:
        source = places[number]
        at = Apply(Op.EQ, (here, Literal(source.name, points)), BOOL)
        place = Place(control, (LocalRef(me, cpu),), points)
        move = Assign(place, Literal(places[after].name, points), source.site)
        name = f"worker.{source.name.removeprefix('worker.')}"
        body = Seq((effect, move))
        return Action(name, process, source, (me,), at, body, source.site)

    def store(value: bool) -> Effect:
        return Assign(Place(taken, (), BOOL), Literal(value, BOOL), span("taken := true"))

    def at_critical(local: Local) -> Expr:
        subject = Index(Read(control, control.type), LocalRef(local, cpu), points)
        return Apply(Op.EQ, (subject, Literal("critical", points)), BOOL)

    a, b = Local("a", cpu), Local("b", cpu)
    distinct = Apply(Op.NOT, (Apply(Op.EQ, (LocalRef(a, cpu), LocalRef(b, cpu)), BOOL),), BOOL)
    both = Apply(Op.NOT, (And((at_critical(a), at_critical(b))),), BOOL)
    inner = Fold(Quantifier.FORALL, b, None, Implies(distinct, both), BOOL)
    exclusion = Fold(Quantifier.FORALL, a, None, inner, BOOL)
    contention = Fold(Quantifier.EXISTS, a, None, And((at_critical(a), Read(taken, BOOL))), BOOL)
    start = Assign(
        Place(control, (), control.type),
        Literal(("acquire.1",) * size, control.type),
        span("process worker"),
    )
    return System(
        name="race",
        doc="",
        sorts=(cpu,),
        variables=(taken, control),
        processes=(process,),
        init=start,
        actions=(
            step(0, 1, Guard(free, places[0].site)),
            step(1, 2, store(True)),
            step(2, 3, NOTHING),
            step(3, 0, store(False)),
        ),
        properties=(
            _property(PropertyKind.INVARIANT, "mutual_exclusion", exclusion),
            _property(PropertyKind.REACHABLE, "contention", contention),
        ),
        assumptions=(),
        terminal=None,
        settings=(Setting("Cpu", str(size), origin, is_size=True),),
        atomicity=(),
        terms=terms,
    )


def _property(kind: PropertyKind, name: str, expression: Expr) -> Property:
    site = span(f"{kind.value} {name}")
    colon = RACE_TEXT.index(":", site.start)
    end = RACE_TEXT.index("\n", colon + 5)
    body = Span(RACE_FILE, colon + 1, end)
    stripped = len(body.text) - len(body.text.lstrip())
    quoted = Span(RACE_FILE, body.start + stripped, end)
    return Property(kind, name, (Conjunct(name, expression, quoted),), "", site)


def shortest(system: System, wanted: Callable[[State], bool]) -> Trace:
    """Searches breadth first, in the interpreter's order, for a state that is wanted."""
    frontier = [
        Trace((outcome.state,), ())
        for outcome in initial_states(system)
        if isinstance(outcome, Moved)
    ]
    seen = {trace.states[-1] for trace in frontier}
    for trace in frontier:
        if wanted(trace.states[-1]):
            return trace
        for outcome in successors(system, trace.states[-1]):
            if isinstance(outcome, Moved) and outcome.state not in seen:
                seen.add(outcome.state)
                frontier.append(Trace((*trace.states, outcome.state), (*trace.steps, outcome.step)))
    raise AssertionError("not reachable")


def race_trace(system: System) -> Trace:
    """Finds two processors in the critical section."""

    def is_violated(state: State) -> bool:
        control: Value = state[1]
        assert isinstance(control, tuple)
        return control.count("critical") > 1

    return shortest(system, is_violated)


def race_result(size: int = 2, origin: str = "default") -> Result:
    """Reports the race as an engine would."""
    system = race(size, origin)
    trace = race_trace(system)
    exclusion, contention = system.properties
    conjunct = exclusion.conjuncts[0]
    scope = state_scope(system, trace.states[-1])
    finding = Finding(
        FindingKind.INVARIANT,
        "mutual_exclusion",
        "does not hold",
        conjunct.site,
        explain(conjunct.expression, scope),
        trace,
    )
    witness = Witness(contention, Trace(trace.states[:3], trace.steps[:2]))
    statistics = Statistics(9, 12, 1, len(trace.states), 0.0123)
    return Result(system, Verdict.VIOLATED, (finding,), (witness,), (), statistics, None, "python")


def explored(system: System) -> Result:
    """Reports what the reference exploration finds, as an engine would; times are made up."""
    found = explore(system)
    findings = found.findings[:1]
    verdict = Verdict.HOLDS
    if findings:
        is_error = findings[0].kind is FindingKind.EVALUATION
        verdict = Verdict.ERROR if is_error else Verdict.VIOLATED
    transitions = sum(found.transitions)
    statistics = Statistics(
        found.distinct, transitions, found.initial if found.levels else 0, found.depth, 0.0123
    )
    return Result(
        system,
        verdict,
        findings,
        found.witnesses,
        (),
        statistics,
        found.coverage if verdict is Verdict.HOLDS else None,
        "python",
    )
