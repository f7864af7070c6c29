"""A system as a module of TLA+ (Lamport, "Specifying Systems", 2002).

It is written for TLC (Yu, Manolios, Lamport, "Model checking TLA+ specifications", CHARME 1999).
Values stay what they are: elements of sorts and members of enums are strings, maps are functions,
records, sets and sequences those of TLA+; none is a model value, which differs from all others.
Each way in which a step can go is a definition with its parameters, in which every variable is
given its new value or is UNCHANGED.

What keeps TLC's states those of the system:

    * Everything that is stored is defined, whatever a step does; there are no saved values.
    * A step that fails is an invariant that says that it cannot be taken. From a state in which it
      can, there is the action `Failing`, which changes nothing; from one in which having no
      successor is right, `Terminated`, as usual with TLC. So what TLC calls a deadlock is one, and
      no state is added.
    * A step property is `[][...]_vars`, which says nothing about steps that change nothing; where
      one of these could break it, an invariant says that none does.
    * TLC branches at a disjunction in an action, and evaluates both sides. Conditions are therefore
      written as implications and comparisons, which it evaluates from left to right.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from textwrap import wrap
from typing import TYPE_CHECKING, Final

from checker.export.exported import Exported, Wrong, about
from checker.export.expressions import Evaluator, Scope
from checker.export.formulas import NONE, Formulas
from checker.export.names import Namer, words
from checker.export.normal import normal_form
from checker.export.scalars import All, AnyOf, Quantified, Refused
from checker.export.updates import Updates, grouped
from checker.export.writes import Store
from checker.model.system import PropertyKind
from checker.model.types import (
    BoolType,
    EnumType,
    IntType,
    MapType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    TupleType,
)
from checker.model.verdict import FindingKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from checker.export.normal import Alarm, Move, NormalForm, Start
    from checker.export.scalars import Formula, Symbol, TruthSymbol
    from checker.model.ir import Variable
    from checker.model.system import Conjunct, System
    from checker.model.types import Type

WIDTH: Final = 96

RESERVED: Final = words(
    """
    ASSUME ASSUMPTION AXIOM BOOLEAN CASE CHOOSE CONSTANT CONSTANTS DOMAIN ELSE ENABLED EXCEPT
    EXTENDS FALSE IF IN INSTANCE LET LOCAL MODULE OTHER STRING SUBSET THEN THEOREM TRUE UNCHANGED
    UNION VARIABLE VARIABLES WITH
    ACTION ASSUMPTION BY COROLLARY DEF DEFINE DEFS HAVE HIDE LAMBDA LEMMA NEW OBVIOUS OMITTED ONLY
    PICK PROOF PROPOSITION PROVE QED RECURSIVE STATE SUFFICES TAKE TEMPORAL USE WITNESS
    Append Any Assert Cardinality Head Int IsFiniteSet JavaTime Len Nat Permutations Print PrintT
    RandomElement SelectSeq Seq SortSeq SubSeq TLCEval TLCGet TLCSet Tail ToString
    Failing Init Next None Spec Terminated TypeOK vars
    """
)


def to_tla(system: System, module: str | None = None) -> Exported:
    """Write the system as a module of TLA+, and what TLC is to check in it.

    Args:
        module: its name, which must be that of the file; that of the system if None.

    Raises:
        Refused: something cannot be expressed.
    """
    if not system.variables:
        raise Refused("a system without variables")
    namer = Namer(RESERVED, tells_case=True)
    title = namer.fresh(module or system.name)
    variables = {variable: namer.fresh(variable.name) for variable in system.variables}
    names = _Names(namer, system)
    depth = 1 + max(_depth(variable.type) for variable in system.variables)
    elements = tuple(namer.fresh("at") for _ in range(depth))
    # Step properties are written as such, and not as conditions on what steps do.
    judged = replace(
        system,
        properties=tuple(p for p in system.properties if p.kind is not PropertyKind.STEP),
    )
    form = normal_form(judged, namer, keeps_symbols=True)
    formulas = Formulas(form.views.scalars, namer, variables)
    writer = _Writer(system, form, formulas, Updates(formulas, elements), names)
    return writer.exported(title)


class _Names:
    """The names of what can be wrong, known before any parameter gets a name."""

    def __init__(self, namer: Namer, system: System) -> None:
        self._names: dict[tuple[FindingKind, str], str] = {}
        conjuncts = [each.name for p in system.properties for each in p.conjuncts]
        for name in dict.fromkeys(conjuncts):
            self._names[FindingKind.INVARIANT, name] = namer.fresh(name)
            self._names[FindingKind.STEP, name] = self._names[FindingKind.INVARIANT, name]
            self._add(namer, FindingKind.EVALUATION, name)
        for action in system.actions:
            for kind in FindingKind:
                self._add(namer, kind, action.name)
        self.stuttering = {name: namer.fresh(f"{name}_stuttering") for name in conjuncts}

    def _add(self, namer: Namer, kind: FindingKind, name: str) -> None:
        if (kind, name) not in self._names:
            self._names[kind, name] = namer.fresh(f"{kind.value}_{name}")

    def __getitem__(self, key: tuple[FindingKind, str]) -> str:
        return self._names[key]


@dataclass(slots=True)
class _Writer:
    system: System
    form: NormalForm
    formulas: Formulas
    updates: Updates
    names: _Names
    wrongs: dict[str, Wrong] = field(default_factory=dict)
    invariants: list[str] = field(default_factory=list)
    properties: list[str] = field(default_factory=list)

    # --- the whole

    def exported(self, module: str) -> Exported:
        """Write everything; names and sets are defined before what needs them."""
        init, moves = self.init(), [self.move(move) for move in self.form.moves]
        failing = [line for alarm in self.form.alarms for line in self.alarm(alarm)]
        alarms = tuple(self.invariants)
        claims = [line for claim in self.claims() for line in claim]
        steps = [line for claim in self.steps() for line in claim]
        type_ok = self.type_ok()
        ends = self.ends(alarms)
        for name in sorted(self.formulas.binders):
            self.formulas.namer.fresh(name)
        actions, calls = self.actions(moves)
        calls += [section[1].removesuffix(" ==") for section in ends]
        variables = ", ".join(self.formulas.variables[each] for each in self.system.variables)
        sections = [
            [*_comment(about(self.system, "tla", _notes(module)))],
            [f"{'-' * 28} MODULE {module} {'-' * 28}"],
            ["EXTENDS Integers, Sequences, FiniteSets, TLC"],
            [f"CONSTANT {NONE}  \\* no value"] if self.formulas.has_none else [],
            list(self.sets()),
            [*_wrapped(f"VARIABLES {variables}"), "", *_wrapped(f"vars == <<{variables}>>")],
            type_ok,
            init,
            *actions,
            failing,
            *ends,
            ["Next ==", *(f"  \\/ {call}" for call in calls or ["FALSE /\\ UNCHANGED vars"])],
            ["Spec == Init /\\ [][Next]_vars"],
            claims,
            steps,
            ["=" * 77],
        ]
        text = "\n\n".join("\n".join(lines) for lines in sections if lines)
        return Exported(
            text=f"{text}\n",
            extra_states=0,
            wrongs=self.wrongs,
            companions={".cfg": self.configuration()},
        )

    def configuration(self) -> str:
        """Return what TLC is to check."""
        lines = [f"CONSTANT {NONE} = {NONE}"] if self.formulas.has_none else []
        lines += ["SPECIFICATION Spec", "INVARIANT TypeOK"]
        lines += [f"INVARIANT {name}" for name in self.invariants]
        lines += [f"PROPERTY {name}" for name in self.properties]
        return "\n".join(lines) + "\n"

    def sets(self) -> Iterator[str]:
        """Define sorts and enums, and the order of those that are calculated with."""
        for of, name in self.formulas.types.items():
            members = self.formulas.members(of)
            yield f"{name} == {{{', '.join(members)}}}"
            if of in self.formulas.positions:
                pairs = " @@ ".join(f"({each} :> {i})" for i, each in enumerate(members))
                yield f"{self.formulas.positions[of]} == {pairs}"

    def type_ok(self) -> list[str]:
        parts = []
        for variable in self.system.variables:
            name = self.formulas.variables[variable]
            of = self.formulas.type(variable.type)
            parts.append(f"  /\\ {name} \\in {of}")
            if isinstance(variable.type, SeqType):
                parts.append(f"  /\\ Len({name}) <= {variable.type.bound}")
        return ["TypeOK ==", *parts]

    # --- initial states and steps

    def init(self) -> list[str]:
        starts = [self.start(start) for start in self.form.starts]
        if len(starts) == 1:
            return ["Init ==", *starts[0]]
        lines = ["Init =="]
        for start in starts:
            first, *others = start
            lines += [f"  \\/ {first.strip()}", *(f"   {line}" for line in others)]
        return lines

    def start(self, start: Start) -> list[str]:
        true = self.formulas.s.true
        stores = [Store(leaf.location, leaf.present, leaf.value, true) for leaf in start.leaves]
        lines = [
            f"  /\\ {self.formulas.variables[variable]} = {grouped(value)}"
            for variable, value in self.changed(stores).items()
        ]
        if not start.symbols:
            return lines
        return [f"  {self.bound(start.symbols, 'E')}", *(f"    {line}" for line in lines)]

    def changed(self, stores: Iterable[Store]) -> dict[Variable, str]:
        by_variable: dict[Variable, list[Store]] = {}
        for store in stores:
            by_variable.setdefault(store.location.variable, []).append(store)
        return {v: self.updates.value(v, stores) for v, stores in by_variable.items()}

    def move(self, move: Move) -> tuple[Move, list[str]]:
        """Return the conditions and equations of a step."""
        try:
            for symbol in move.symbols:
                self.formulas.binders.add(symbol.name)
            changed = self.changed(move.stores)
            lines = [f"  /\\ {each}" for each in self.conditions(move.guard)]
            names = self.formulas.variables
            lines += [f"  /\\ {names[v]}' = {grouped(text)}" for v, text in changed.items()]
            kept = [names[v] for v in self.system.variables if v not in changed]
            if kept:
                lines += _wrapped(f"  /\\ UNCHANGED <<{', '.join(kept)}>>")
            return move, lines
        except Refused as refused:
            raise Refused(refused.what, refused.site or move.action.site) from None

    def conditions(self, guard: Formula) -> list[str]:
        """Return the parts of a guard in a form in which TLC does not branch."""
        if isinstance(guard, All):
            return [text for each in guard.args for text in self.conditions(each)]
        s = self.formulas.s
        match guard:
            case AnyOf((first, *others)):
                premise = self.formulas.operand(s.negate(first))
                return [f"{premise} => {self.formulas.operand(s.any_of(others))}"]
            case Quantified(False, symbol, body):
                self.formulas.binders.add(symbol.name)
                domain = self.formulas.range(symbol)
                some = f"{{{symbol.name} \\in {domain} : {self.formulas.formula(body)}}}"
                return [f"{some} # {{}}"]
            case _:
                return [self.formulas.formula(guard)] if guard is not s.true else []

    def actions(self, moves: Sequence[tuple[Move, list[str]]]) -> tuple[list[list[str]], list[str]]:
        """Return the definitions of steps, and what calls them."""
        sections, calls = [], []
        for move, lines in moves:
            name = self.formulas.namer.fresh(move.action.name)
            names = [symbol.name for symbol in move.symbols]
            head = f"{name}({', '.join(names)})" if names else name
            picks = ", ".join(f"{local} = {value}" for local, value in move.picks)
            remark = [f"\\* {move.action.name}({picks})"] if picks else []
            sections.append([*remark, f"{head} ==", *lines])
            calls.append(f"{self.bound(move.symbols, 'E')} {head}" if names else head)
        return sections, calls

    def bound(self, symbols: Sequence[Symbol | TruthSymbol], word: str) -> str:
        """Return a quantifier over symbols."""
        for symbol in symbols:
            self.formulas.binders.add(symbol.name)
        each = (f"{symbol.name} \\in {self.formulas.range(symbol)}" for symbol in symbols)
        return f"\\{word} {', '.join(each)} :"

    # --- what can be wrong

    def alarm(self, alarm: Alarm) -> list[str]:
        """Return the invariant that a failing step cannot be taken."""
        negated = f"~{self.formulas.operand(alarm.when)}"
        if alarm.symbols:
            negated = f"{self.bound(alarm.symbols, 'A')} {negated}"
        name = self.names[alarm.kind, alarm.name]
        if name in self.wrongs:
            name = self.formulas.namer.fresh(name)
        return self.invariant(name, Wrong(alarm.kind, alarm.name), negated)

    def invariant(self, name: str, wrong: Wrong, text: str) -> list[str]:
        self.wrongs[name] = wrong
        self.invariants.append(name)
        return [f"{name} == {text}"]

    def claims(self) -> Iterator[list[str]]:
        for claim in self.form.claims:
            if claim.holds is not self.formulas.s.true:
                name, wrong = self.names[claim.kind, claim.name], Wrong(claim.kind, claim.name)
                yield self.invariant(name, wrong, self.formulas.formula(claim.holds))

    def steps(self) -> Iterator[list[str]]:
        """Write step properties, and that those steps keep them which change nothing."""
        primed = {v: replace(v, name=f"{v.name}'") for v in self.system.variables}
        for variable, after in primed.items():
            self.formulas.variables[after] = f"{self.formulas.variables[variable]}'"
        for each in self.system.properties:
            if each.kind is PropertyKind.STEP:
                for conjunct in each.conjuncts:
                    yield from self.step(conjunct, primed)

    def step(self, conjunct: Conjunct, primed: Mapping[Variable, Variable]) -> Iterator[list[str]]:
        after = self.judged(conjunct, primed)
        still = self.judged(conjunct, {v: v for v in primed})
        for kind, formula, rest in zip(
            (FindingKind.EVALUATION, FindingKind.STEP), after, still, strict=True
        ):
            wrong, name = Wrong(kind, conjunct.name), self.names[kind, conjunct.name]
            if formula is not self.formulas.s.true:
                self.wrongs[name] = wrong
                self.properties.append(name)
                yield [f"{name} == [][{self.formulas.formula(formula)}]_vars"]
            if rest is not self.formulas.s.true:
                quiet = self.names.stuttering[conjunct.name]
                if quiet in self.wrongs:
                    quiet = self.formulas.namer.fresh(quiet)
                text = f"(ENABLED (Next /\\ UNCHANGED vars)) => {self.formulas.operand(rest)}"
                yield self.invariant(quiet, wrong, text)

    def judged(
        self, conjunct: Conjunct, after: Mapping[Variable, Variable]
    ) -> tuple[Formula, Formula]:
        """Return that a step property has a value for a step, and that it holds if it has one."""
        views, s = self.form.views, self.formulas.s
        old = {v: views.stored(s.location(v)) for v in after}
        new = {v: views.stored(s.location(later)) for v, later in after.items()}
        evaluator = Evaluator(views, self.formulas.namer.scope())
        try:
            formula, fails = evaluator.condition(conjunct.expression, Scope(new, {}, old=old))
        except Refused as refused:
            raise Refused(refused.what, refused.site or conjunct.site) from None
        return s.negate(fails), s.any_of((fails, formula))

    def ends(self, alarms: Sequence[str]) -> list[list[str]]:
        """Return the steps that change nothing and keep a state from being a deadlock."""
        sections = []
        if self.form.ends is not self.formulas.s.false:
            lines = [f"  /\\ {each}" for each in self.conditions(self.form.ends)]
            sections.append(
                [
                    "\\* The end of the run, not a deadlock.",
                    "Terminated ==",
                    *lines,
                    "  /\\ UNCHANGED vars",
                ]
            )
        if alarms:
            wrong = " /\\ ".join(alarms)
            sections.append(
                [
                    "\\* A step that fails is one that could be taken.",
                    "Failing ==",
                    f"  /\\ ~({wrong})",
                    "  /\\ UNCHANGED vars",
                ]
            )
        return sections


def _notes(module: str) -> tuple[str, ...]:
    return (
        f"java -cp tla2tools.jar tlc2.TLC {module}",
        f"The module belongs into {module}.tla, and what is to be checked into {module}.cfg: `k42",
        "export --to tla -o FILE` writes both. Deadlocks are looked for unless one says -deadlock.",
        '"distinct states" is the number of states. Claims about runs are not in the module.',
    )


def _comment(text: str) -> list[str]:
    """Return a comment in the style of C as one of TLA+."""
    inner = [line.removeprefix(" *").removeprefix(" ") for line in text.splitlines()[1:-1]]
    return ["(*", *(f"  {line}".rstrip() for line in inner), "*)"]


def _wrapped(line: str) -> list[str]:
    """Break a long list of names."""
    indent = " " * (4 + len(line) - len(line.lstrip()))
    return wrap(line, WIDTH, subsequent_indent=indent, break_long_words=False)


def _depth(of: Type) -> int:
    """Return how deep maps and sequences are nested in a type."""
    match of:
        case BoolType() | IntType() | EnumType() | SortType() | SetType():
            return 0
        case OptionType(element):
            return _depth(element)
        case MapType(_, value):
            return 1 + _depth(value)
        case SeqType(_, element):
            return 1 + _depth(element)
        case RecordType(_, fields):
            return max((_depth(inner) for _, inner in fields), default=0)
        case TupleType(components):
            return max(map(_depth, components), default=0)
