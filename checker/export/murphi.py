"""A system as a Murphi model for rumur (Dill, "The Murphi verification system", 1996).

The types of the system stay: enums, records, arrays; a set is an array of booleans, a sequence a
record of its length and its elements. None, and elements beyond the end, are `undefined`, which
rumur counts as a value of the state and forbids to read. Parameters and choices among scalars are
rulesets. Sorts are ranges and not scalarsets, whose elements cannot be named and with which rumur
reduces by symmetry, so that its counts are those of the system.

A step that fails is a rule of its own that runs into `error`. A state in which having no successor
is right has a rule that does nothing, so that a state without rules (`--deadlock-detection stuck`)
is a deadlock. rumur does not look beyond a state that breaks an invariant.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, assert_never

from checker.export.exported import Exported, Wrong, about
from checker.export.names import Namer, words
from checker.export.normal import normal_form
from checker.export.notation import ATOM, Notation
from checker.export.scalars import (
    Bit,
    Constant,
    Content,
    Flag,
    Holds,
    Key,
    Length,
    Not,
    OneIf,
    Operation,
    Part,
    Refused,
    Slot,
    Stored,
    Symbol,
    Truth,
    TruthSymbol,
    named_type,
)
from checker.export.views import is_scalar
from checker.export.writes import scheduled
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
    cardinality,
)
from checker.model.verdict import FindingKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from checker.export.normal import Alarm, Claim, Move, NormalForm, Start
    from checker.export.scalars import Formula, Location, Number, Quantified, Selector
    from checker.export.writes import Save, Schedule, Store
    from checker.model.ir import Variable
    from checker.model.system import System
    from checker.model.types import Type

WIDTH: Final = 96

RESERVED: Final = words(
    """
    alias array assert assume begin boolean by case clear const cover do else elsif end endalias
    endexists endfor endforall endfunction endif endprocedure endrecord endrule endruleset
    endstartstate endswitch endwhile enum error exists false for forall function if in interleaved
    invariant isundefined liveness log_error multiset multisetadd multisetcount multisetremove of
    procedure process program property put record return rule ruleset scalarset startstate switch
    then to traceuntil true type undefine undefined union var while
    """
)


def to_murphi(system: System) -> Exported:
    """Write the system as a Murphi model.

    Raises:
        Refused: something cannot be expressed.
    """
    namer = Namer(RESERVED)
    names = {variable: namer.fresh(variable.name) for variable in system.variables}
    writer = _Writer(names, namer)
    writer.declare_types(system)
    return writer.exported(normal_form(system, namer, keeps_symbols=True))


@dataclass(slots=True)
class _Writer:
    names: dict[Variable, str]
    namer: Namer
    types: dict[Type, str] = field(default_factory=dict)
    declared: list[str] = field(default_factory=list)
    members: dict[tuple[EnumType, int], str] = field(default_factory=dict)
    fields: dict[RecordType, tuple[str, ...]] = field(default_factory=dict)
    wrongs: dict[str, Wrong] = field(default_factory=dict)
    reach: list[int] = field(default_factory=lambda: [0, 0])
    notation: Notation = field(init=False)
    form: NormalForm = field(init=False)

    # What `Notation` asks for.
    equal: str = "="
    unequal: str = "!="
    conjunction: str = "&"
    disjunction: str = "|"
    then: str = "?"
    least: int = -(2**62)
    greatest: int = 2**62

    def __post_init__(self) -> None:
        self.notation = Notation(self)

    # --- types

    def declare_types(self, system: System) -> None:
        """Name the named types of all variables and parameters, inner ones first."""
        for variable in system.variables:
            self.declare(variable.type)
        for action in system.actions:
            for param in action.params:
                self.declare(param.type)

    def declare(self, of: Type) -> None:
        match of:
            case BoolType() | IntType():
                return
            case EnumType() | SortType():
                self.name(of)
            case OptionType(element) | SetType(element) | SeqType(_, element):
                self.declare(element)
            case MapType(key, value):
                self.declare(key)
                self.declare(value)
            case RecordType(_, fields):
                for _, inner in fields:
                    self.declare(inner)
                self.name(of)
            case TupleType(components):
                for inner in components:
                    self.declare(inner)
            case _:
                assert_never(of)

    def name(self, of: EnumType | SortType | RecordType) -> str:
        """Return the name of a type, declared at first use."""
        if of not in self.types:
            name = self.namer.fresh(of.name)
            self.types[of] = name
            self.declared.append(f"  {name}: {self.definition(of)};")
        return self.types[of]

    def definition(self, of: EnumType | SortType | RecordType) -> str:
        match of:
            case EnumType(name, members):
                made = [self.namer.fresh(member, name) for member in members]
                self.members |= {(of, i): member for i, member in enumerate(made)}
                return f"enum {{ {', '.join(made)} }}"
            case SortType(_, size):
                return f"0..{size - 1}"
            case RecordType(_, fields):
                within = Namer(RESERVED)
                self.fields[of] = tuple(within.fresh(name) for name, _ in fields)
                types = [self.type(inner) for _, inner in fields]
                return self.record(zip(self.fields[of], types, strict=True))
            case _:
                assert_never(of)

    def record(self, fields: Iterable[tuple[str, str]]) -> str:
        return f"record {' '.join(f'{name}: {of};' for name, of in fields)} end"

    def type(self, of: Type) -> str:
        match of:
            case BoolType():
                return "boolean"
            case IntType(low, high):
                self.note(low, high)
                return f"{low}..{high}"
            case EnumType() | SortType() | RecordType():
                return self.name(of)
            case OptionType(element):
                if is_scalar(element):
                    return self.type(element)
                return self.record((("some", "boolean"), ("content", self.type(element))))
            case MapType(key, value):
                return f"array[{self.index_type(key)}] of {self.type(value)}"
            case SetType(element):
                return f"array[{self.index_type(element)}] of boolean"
            case SeqType(bound, element):
                # rumur has no empty arrays; nothing is ever stored in the one element.
                items = f"array[0..{max(bound - 1, 0)}] of {self.type(element)}"
                return self.record((("length", f"0..{bound}"), ("items", items)))
            case TupleType(components):
                each = enumerate(components)
                return self.record((f"part_{i}", self.type(inner)) for i, inner in each)
            case _:
                assert_never(of)

    def index_type(self, of: Type) -> str:
        return self.type(of) if is_scalar(of) else f"0..{cardinality(of) - 1}"

    # --- the whole

    def exported(self, form: NormalForm) -> Exported:
        """Write everything."""
        self.form = form
        variables = [
            f"  {name}: {self.type(variable.type)};" for variable, name in self.names.items()
        ]
        rules = [
            *(self.start(start) for start in form.starts),
            *(self.move(move) for move in form.moves),
            *(self.alarm(alarm) for alarm in form.alarms),
        ]
        if form.ends is not form.views.scalars.false:
            rules.append(self.rule("the end of the run, not a deadlock", form.ends, [], ()))
        if not form.moves:
            rules.append(['rule "nothing" false ==> begin end;'])
        sections = [
            [about(form.system, "murphi", NOTES)],
            self.type_section(),
            ["var", *variables] if variables else [],
            *rules,
            [line for claim in form.claims for line in self.claim(claim)],
        ]
        text = "\n\n".join("\n".join(lines) for lines in sections if lines)
        return Exported(text=f"{text}\n", extra_states=0, wrongs=self.wrongs)

    def type_section(self) -> list[str]:
        low, high = self.reach
        # rumur computes in the smallest machine numbers that hold everything declared.
        numbers = self.namer.fresh("every_number")
        return ["type", *self.declared, f"  {numbers}: {low}..{high};"]

    def start(self, start: Start) -> list[str]:
        body = []
        for leaf in start.leaves:
            place = self.place(leaf.location)
            body += self.stored_if(leaf.present, place, leaf.value, is_fresh=True)
        title = ", ".join(f"{local} = {value}" for local, value in start.picks) or "start"
        lines = [f'startstate "{_quoted(title)}"', *_begun(body)]
        return self.ruleset(start.symbols, lines)

    def move(self, move: Move) -> list[str]:
        try:
            schedule = scheduled(self.form.views.scalars, move.stores)
            local = [self.local(save) for save in schedule.saves]
            title = _title(move.action.name, move.picks)
            body = list(self.statements(schedule))
            lines = self.rule(title, move.guard, body, local)
            return self.ruleset(move.symbols, lines)
        except Refused as refused:
            raise Refused(refused.what, refused.site or move.action.site) from None

    def alarm(self, alarm: Alarm) -> list[str]:
        name = self.wrong(alarm.kind, alarm.name)
        title = f"{alarm.kind.value}: {_title(alarm.name, alarm.picks)}"
        lines = self.rule(title, alarm.when, [f'error "{name}";'], ())
        if alarm.kind is not FindingKind.STEP:
            # To rumur a rule that runs into an error was not possible; a step that fails was.
            lines += ["", *self.rule(f"{title}, no deadlock", alarm.when, [], ())]
        return self.ruleset(alarm.symbols, lines)

    def claim(self, claim: Claim) -> list[str]:
        if claim.holds is self.form.views.scalars.true:
            return []
        name = self.wrong(claim.kind, claim.name)
        return [f'invariant "{name}"', *_joined(self.notation.conditions(claim.holds), "  ", ";")]

    def wrong(self, kind: FindingKind, name: str) -> str:
        text = _quoted(f"{kind.value}: {name}")
        self.wrongs[text] = Wrong(kind, name)
        return text

    def rule(
        self, title: str, guard: Formula, body: Sequence[str], local: Sequence[str]
    ) -> list[str]:
        conditions = self.notation.conditions(guard)
        return [
            f'rule "{_quoted(title)}"',
            *_joined(conditions, "  ", ""),
            "==>",
            *([f"var {' '.join(local)}"] if local else []),
            *_begun(body),
        ]

    def ruleset(self, symbols: Sequence[Symbol | TruthSymbol], lines: list[str]) -> list[str]:
        if not symbols:
            return lines
        names = "; ".join(f"{each.name}: {self.symbol_type(each)}" for each in symbols)
        return [f"ruleset {names} do", *(f"  {line}".rstrip() for line in lines), "end;"]

    def symbol_type(self, symbol: Symbol | TruthSymbol) -> str:
        return "boolean" if isinstance(symbol, TruthSymbol) else self.type(symbol.of)

    # --- statements

    def local(self, save: Save) -> str:
        symbol = save.symbol
        if isinstance(symbol, TruthSymbol):
            return f"{symbol.name}: boolean;"
        assert not isinstance(save.value, Truth)
        of = named_type(save.value)  # type: ignore[arg-type]  # a symbol for a number
        return f"{symbol.name}: {self.type(of or symbol.of)};"

    def statements(self, schedule: Schedule) -> Iterator[str]:
        for save in schedule.saves:
            yield f"{save.symbol.name} := {self.notation.text(save.value)};"
        for store in schedule.stores:
            yield from self.store(store)

    def store(self, store: Store) -> Iterator[str]:
        place = self.place(store.location)
        is_kept = isinstance(store.value, Holds | Stored) and store.value.location is store.location
        if is_kept and not isinstance(store.present, Truth):
            gone = self.form.views.scalars.negate(store.present)
            lines = [f"if {self.notation.text(gone)} then", f"  undefine {place};", "end;"]
        else:
            lines = self.stored_if(store.present, place, store.value)
        if store.when is self.form.views.scalars.true:
            yield from lines
        else:
            yield f"if {self.notation.text(store.when)} then"
            yield from (f"  {line}" for line in lines)
            yield "end;"

    def stored_if(
        self, present: Formula, place: str, value: Number | Formula, *, is_fresh: bool = False
    ) -> list[str]:
        """Store a value that may be absent; a fresh place holds nothing already."""
        stored = f"{place} := {self.notation.text(value)};"
        if isinstance(present, Truth):
            if present.value:
                return [stored]
            return [] if is_fresh else [f"undefine {place};"]
        condition = self.notation.text(present)
        return [f"if {condition} then", f"  {stored}", "else", f"  undefine {place};", "end;"]

    # --- places

    def place(self, location: Location) -> str:
        text = self.names[location.variable]
        for selector, above in zip(location.selectors, location.types, strict=False):
            text += self.selected(selector, above)
        return text

    def selected(self, selector: Selector, above: Type) -> str:
        match selector, above:
            case Key(index), MapType(key):
                return f"[{self.index(key, index)}]"
            case Bit(index), SetType(element):
                return f"[{self.index(element, index)}]"
            case Slot(index), _:
                return f".items[{self.notation.text(index)}]"
            case Length(), _:
                return ".length"
            case Part(index), RecordType():
                return f".{self.fields[above][index]}"
            case Part(index), _:
                return f".part_{index}"
            case ((Flag() | Content()), OptionType(element)):
                if is_scalar(element):
                    return ""
                return ".some" if isinstance(selector, Flag) else ".content"
            case _:
                raise AssertionError(f"{selector} into {above}")

    def index(self, key: Type, position: Number) -> str:
        """Return the index of an array from the position of a key."""
        s = self.form.views.scalars
        match key, position:
            case IntType(low, high), _:
                number = s.arithmetic(Operation.ADD, position, s.number(low))
                return self.notation.text(s.narrowed(number, low, high))
            case EnumType(), Constant(value):
                return self.members[key, value]
            case BoolType(), OneIf(formula):
                return self.notation.text(formula)
            case BoolType(), _:
                return self.notation.text(s.equal(position, s.number(1)))
            case _:
                return self.notation.text(position)

    # --- the target of the notation

    def constant(self, constant: Constant) -> str:
        if isinstance(constant.of, EnumType):
            self.name(constant.of)
            return self.members[constant.of, constant.value]
        return str(constant.value)

    def stored(self, stored: Stored) -> str:
        return self.place(stored.location)

    def holds(self, holds: Holds) -> tuple[str, int]:
        if _is_flag(holds.location):
            return f"!isundefined({self.place(holds.location)})", ATOM
        return self.place(holds.location), ATOM

    def note(self, low: int, high: int) -> None:
        self.reach = [min(low, self.reach[0]), max(high, self.reach[1])]

    def operand(self, number: Number, text: str) -> str:
        of = named_type(number)
        if not isinstance(of, EnumType):
            return text
        chain = str(len(of.members) - 1)
        for value in reversed(range(len(of.members) - 1)):
            chain = f"({text} = {self.members[of, value]} ? {value} : {chain})"
        return chain

    def one_if(self, formula: str) -> str:
        return f"({formula} ? 1 : 0)"

    def quantified(self, quantified: Quantified, body: str) -> str:
        word = "forall" if quantified.is_forall else "exists"
        of = self.symbol_type(quantified.symbol)
        return f"({word} {quantified.symbol.name}: {of} do {body} end)"

    def special(self, formula: Formula, notation: Notation) -> tuple[str, int] | None:
        match formula:
            case Not(Holds(location)) if _is_flag(location):
                return f"isundefined({self.place(location)})", ATOM
            case _:
                return None


NOTES: Final = (
    "rumur --symmetry-reduction off --deadlock-detection stuck --output model.c FILE",
    "cc -std=c11 -O3 -mcx16 -o model model.c -lpthread && ./model",
    "The states explored are those of the system, if no invariant is broken.",
)


def _is_flag(location: Location) -> bool:
    """Tell whether a place is the flag of an option that is undefined for none."""
    if not location.selectors or not isinstance(location.selectors[-1], Flag):
        return False
    above = location.types[-2]
    return isinstance(above, OptionType) and is_scalar(above.element)


def _begun(body: Sequence[str]) -> list[str]:
    return ["begin", *(f"  {line}" for line in body), "end;"]


def _joined(conditions: Sequence[str], indent: str, last: str) -> list[str]:
    """Put conditions on one line if they fit, or one below the other."""
    line = f"{indent}{' & '.join(conditions)}{last}"
    if len(line) <= WIDTH:
        return [line]
    head = [f"{indent}{each} &" for each in conditions[:-1]]
    return [*head, f"{indent}{conditions[-1]}{last}"]


def _title(name: str, picks: Sequence[tuple[str, str]]) -> str:
    chosen = ", ".join(f"{local} = {value}" for local, value in picks)
    return f"{name}({chosen})" if chosen else name


def _quoted(text: str) -> str:
    return text.replace("\\", "/").replace('"', "'")
