"""A system as a Promela model for SPIN (Holzmann, "The SPIN model checker", 2004).

One process whose only loop has an option for every way in which a step can go, each within
`d_step`, so that it is one transition of SPIN's. Parameters and choices are unfolded. Nothing is in
the state vector but the variables of the system: values that must be saved within a step are
`hidden`.

What keeps SPIN's states those of the system:

    * A single initial state is declared, and the process begins at the head of its loop, so that
      SPIN's first state is the system's. With several, SPIN stores one state more, the one before
      the initial choice; `Exported.extra_states` says so.
    * Places that hold nothing (the content of none, elements beyond the end of a sequence) hold
      one fixed number.
    * A step that fails, and a state that breaks an invariant, run into an `assert` in an option of
      its own, which changes nothing. Each has a number, by which it is known in SPIN's output.
    * A state in which having no successor is right has an option that does nothing, so that what
      SPIN calls an invalid end state is a deadlock. Only in a state that breaks an invariant, which
      has an option because of that, a deadlock goes unnoticed.
    * SPIN hides variables that are only written, unless told not to (-o2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from checker.export.columns import Column, Columns
from checker.export.exported import Exported, Wrong, about
from checker.export.ltl import LtlWriter
from checker.export.names import Namer, words
from checker.export.normal import normal_form
from checker.export.notation import COMPARISON, SUM, Notation
from checker.export.scalars import (
    All,
    AnyOf,
    Compare,
    Constant,
    Flag,
    Holds,
    Not,
    Refused,
    Relation,
    Stored,
    Symbol,
    Truth,
    TruthSymbol,
    plain,
)
from checker.export.views import is_scalar
from checker.export.writes import scheduled
from checker.model.types import BoolType, EnumType, IntType, OptionType, SortType

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from checker.export.ltl import RunClaim
    from checker.export.normal import Alarm, Claim, Move, NormalForm, Start
    from checker.export.scalars import Formula, Location, Number, Quantified
    from checker.export.views import Leaf
    from checker.export.writes import Save, Schedule, Store
    from checker.model.system import System
    from checker.model.verdict import FindingKind

WIDTH: Final = 96

RESERVED: Final = words(
    """
    active assert atomic bit bool break byte chan d_step d_proctype do else empty enabled eval false
    fi for full get_priority goto hidden if in init inline int len local ltl mtype nempty never
    nfull notrace np od of pc_value pid printf printm priority proctype provided return run
    select set_priority short show skip timeout trace true typedef unless unsigned xr xs
    auto case char const continue default double enum extern float long register signed sizeof
    static struct switch union void volatile while now main
    """
)


def to_promela(system: System, claim: RunClaim | None = None) -> Exported:
    """Write the system as a Promela model.

    Args:
        claim: about runs, to be written beside it; the model then tells states apart by the
            requirement of fairness that the step into them serves, and has no deadlock.

    Raises:
        Refused: something cannot be expressed.
    """
    namer = Namer(RESERVED)
    columns = Columns(system, namer)
    form = normal_form(system, namer, keeps_symbols=False)
    writer = _Writer(form, columns, namer)
    if claim is not None:
        writer.claim_runs(claim)
    return writer.exported()


@dataclass(slots=True)
class _Writer:
    form: NormalForm
    columns: Columns
    namer: Namer
    nones: dict[str, tuple[str, int]] = field(default_factory=dict)
    members: dict[tuple[EnumType, int], str] = field(default_factory=dict)
    wrongs: dict[str, Wrong] = field(default_factory=dict)
    names: dict[tuple[FindingKind, str], str] = field(default_factory=dict)
    hidden: dict[str, str] = field(default_factory=dict)
    served: str = ""
    ltl: LtlWriter | None = None
    notation: Notation = field(init=False)

    # What `Notation` asks for.
    equal: str = "=="
    unequal: str = "!="
    conjunction: str = "&&"
    disjunction: str = "||"
    then: str = "->"
    least: int = -(2**31)
    greatest: int = 2**31 - 1

    def __post_init__(self) -> None:
        self.notation = Notation(self)

    # --- the whole

    def claim_runs(self, claim: RunClaim) -> None:
        """Write a claim about runs, too."""
        self.served = self.namer.fresh("served")
        self.ltl = LtlWriter(self.form, claim, served=self.served, spell=self.notation.text)

    def exported(self) -> Exported:
        form = self.form
        once = form.is_started_once
        first = self.initial(form.starts[0].leaves) if once else {}
        declarations = [self.declaration(column, first) for column in self.columns]
        chosen = [] if once else list(self.initial_choice(form.starts))
        options = [line for move in form.moves for line in self.move(move)]
        options += [line for each in form.alarms for line in self.alarm(each)]
        options += [line for each in form.claims for line in self.claim(each)]
        if form.ends is not form.views.scalars.false:
            options += self.option("the end of the run, not a deadlock", form.ends, ["skip"])
        ltl = []
        if self.ltl is not None:
            declarations.append(f"byte {self.served} = 0;  /* a requirement of fairness */")
            options += ["  :: /* nothing happens */", f"     d_step {{ {self.served} = 0 }}"]
            ltl = [f"ltl claim {{ {self.ltl.formula()} }}"]
        if not options:
            options = ["  :: false -> skip"]
        sections = [
            [about(form.system, "promela", self.notes(once=once))],
            [f"#define {name} {value}" for name, value in self.definitions()],
            declarations,
            [f"hidden {of} {name};" for name, of in self.hidden.items()],
            ["active proctype system() {", *chosen, "  do", *options, "  od", "}"],
            ltl,
        ]
        text = "\n\n".join("\n".join(lines) for lines in sections if lines)
        return Exported(
            text=f"{text}\n",
            extra_states=0 if once else 1,
            wrongs=self.wrongs,
            vector_bytes=sum(_bytes(column) * column.size for column in self.columns),
        )

    def definitions(self) -> list[tuple[str, int]]:
        """Return the names of numbers: none, members of enums, what can be wrong."""
        members = sorted(self.members.items(), key=lambda item: (item[0][0].name, item[0][1]))
        return [
            *((name, value) for name, value in self.nones.values()),
            *((name, value) for (_, value), name in members),
            *((name, number) for number, name in enumerate(self.names.values(), 1)),
        ]

    def notes(self, *, once: bool) -> list[str]:
        if self.ltl is not None:
            return [
                "spin -o1 -o2 -o3 -a FILE && gcc -O2 -DNOREDUCE -o pan pan.c && ./pan -a",
                "The claim is violated if pan finds an acceptance cycle. States are told apart by",
                f"the requirement of fairness that the step into them serves (`{self.served}`).",
            ]
        size = "states, stored"
        counts = (
            f'"{size}" is the number of states.'
            if once
            else f'"{size}" is one more than the number of states: it counts the state before the '
            "initial choice."
        )
        return [
            "spin -o1 -o2 -o3 -a FILE && gcc -O2 -DNOREDUCE -DSAFETY -o pan pan.c && ./pan -c0",
            "(with -DVECTORSZ=N, N beyond 1024, if pan says so; -o2 keeps variables that are only "
            "written)",
            counts,
        ]

    # --- the state

    def initial(self, leaves: Sequence[Leaf]) -> dict[Column, list[str]]:
        """Return the initial numbers of every column."""
        s = self.form.views.scalars
        values: dict[Column, list[str]] = {}
        for leaf in leaves:
            column, index = self.columns.at(leaf.location), self.columns.index(s, leaf.location)
            row = values.setdefault(column, ["0"] * column.size)
            at = index.value if isinstance(index, Constant) else 0
            row[at] = self.stored_value(column, leaf.present, leaf.value)
        return values

    def declaration(self, column: Column, first: dict[Column, list[str]]) -> str:
        row = first.get(column, [self.absent(column)] * column.size)
        size = f"[{column.size}]" if column.dimensions else ""
        value = row[0] if len(set(row)) == 1 else f"{{ {', '.join(row)} }}"
        of = self.storage(column)
        return f"{of} {column.name}{size} = {value};{self.remark(column)}"

    def remark(self, column: Column) -> str:
        match column.type:
            case SortType(name, size):
                inner = f"{name}: 0..{size - 1}"
            case EnumType(name):
                inner = name
            case IntType(low, high):
                inner = f"{low}..{high}"
            case BoolType():
                return ""
        none = f", {column.none} is none" if column.is_optional else ""
        return f"  /* {inner}{none} */"

    def storage(self, column: Column) -> str:
        low, high = column.bounds
        if isinstance(column.type, BoolType) and not column.is_optional:
            return "bool"
        high += column.is_optional
        for name, least, greatest in (
            ("bit", 0, 1),
            ("byte", 0, 255),
            ("short", -(2**15), 2**15 - 1),
            ("int", self.least, self.greatest),
        ):
            if least <= low and high <= greatest:
                return name
        variable = self.columns.variable_of(column)
        what = f"`{variable.name}`: numbers of more than 32 bits"
        raise Refused(what, variable.site)

    def stored_value(self, column: Column, present: Formula, value: Number | Formula) -> str:
        """Return what is stored for a value that may be absent."""
        absent = self.absent(column)
        if isinstance(present, Truth):
            return self.notation.text(value) if present.value else absent
        present = self.without_flag(column, present, value)
        if present is self.form.views.scalars.true:
            return self.notation.text(value)
        return f"({self.notation.text(present, 1)} -> {self.notation.text(value, 1)} : {absent})"

    def without_flag(self, column: Column, present: Formula, value: Number | Formula) -> Formula:
        """Leave out that an option elsewhere is not none, if none is stored there as it is here."""
        args = present.args if isinstance(present, All) else (present,)
        kept = [each for each in args if not self.is_copied(column, each, value)]
        return self.form.views.scalars.all_of(kept)

    def is_copied(self, column: Column, condition: Formula, value: Number | Formula) -> bool:
        match condition, value:
            case Holds(flag), Stored(content) if column.is_optional and _is_flag(flag):
                source = self.columns.at(flag)
                return source.none == column.none and self.is_same(flag, content)
            case _:
                return False

    def is_same(self, one: Location, other: Location) -> bool:
        """Tell whether two places are the same in the state."""
        is_one_column = self.columns.at(one) is self.columns.at(other)
        return is_one_column and self.place(one) == self.place(other)

    def absent(self, column: Column) -> str:
        """Return the number that is stored where nothing is."""
        if column.is_optional:
            return self.none(column)
        low, _ = column.bounds
        match column.type:
            case BoolType():
                return "false"
            case EnumType() as of:
                return self.member(of, 0)
            case _:
                return str(low)

    def none(self, column: Column) -> str:
        match column.type:
            case SortType(name) | EnumType(name):
                wanted = f"none_{name}"
            case IntType():
                wanted = f"none_{column.none}"
            case BoolType():
                wanted = "none_bool"
        if wanted not in self.nones:
            self.nones[wanted] = (self.namer.fresh(wanted), column.none)
        return self.nones[wanted][0]

    def member(self, of: EnumType, value: int) -> str:
        if (of, value) not in self.members:
            name = self.namer.fresh(of.members[value], of.name)
            self.members[of, value] = name
        return self.members[of, value]

    def place(self, location: Location) -> str:
        column = self.columns.at(location)
        index = self.columns.index(self.form.views.scalars, location)
        return column.name if index is None else f"{column.name}[{self.notation.text(index)}]"

    # --- options

    def initial_choice(self, starts: Sequence[Start]) -> Iterator[str]:
        yield "  atomic { /* the initial states */"
        yield "    if"
        for start in starts:
            yield "    :: true ->"
            for symbol in start.symbols:
                self.hidden[symbol.name] = "byte" if isinstance(symbol, TruthSymbol) else "int"
                yield f"         if {self.selection(symbol)} fi;"
            stores = "; ".join(
                f"{self.place(leaf.location)} = "
                f"{self.stored_value(self.columns.at(leaf.location), leaf.present, leaf.value)}"
                for leaf in start.leaves
            )
            yield f"         d_step {{ {stores or 'skip'} }}"
        yield "    fi"
        yield "  };"

    def selection(self, symbol: Symbol | TruthSymbol) -> str:
        match symbol:
            case TruthSymbol(name):
                return f":: {name} = false :: {name} = true"
            case Symbol(name, _, low, high):
                return " ".join(f":: {name} = {value}" for value in range(low, high + 1))

    def option(self, remark: str, guard: Formula, statements: Sequence[str]) -> list[str]:
        conditions = self.notation.conditions(guard)
        line = f"{' && '.join(conditions)} -> {'; '.join(statements)}"
        head = f"  :: /* {remark} */"
        if len(line) + 14 <= WIDTH:
            return [head, f"     d_step {{ {line} }}"]
        return [
            head,
            # A line that could end a statement ends it, so the operators come last.
            f"     d_step {{ {(' &&' + chr(10) + ' ' * 14).join(conditions)} ->",
            *(f"       {each}{';' * (each is not statements[-1])}" for each in statements),
            "     }",
        ]

    def move(self, move: Move) -> list[str]:
        try:
            schedule = scheduled(self.form.views.scalars, move.stores, "saved")
            statements = list(self.statements(schedule))
            if self.ltl is not None:
                statements.append(f"{self.served} = {self.ltl.number(move)}")
            statements = statements or ["skip"]
            return self.option(_title(move.action.name, move.picks), move.guard, statements)
        except Refused as refused:
            raise Refused(refused.what, refused.site or move.action.site) from None

    def statements(self, schedule: Schedule) -> Iterator[str]:
        for save in schedule.saves:
            yield self.save(save)
        pending: list[str] = []
        when: Formula = self.form.views.scalars.true
        for store in (*schedule.stores, None):
            if store is None or store.when is not when:
                if pending:
                    yield from self.under(when, pending)
                pending = []
            if store is not None:
                when = store.when
                pending.append(self.store(store))

    def under(self, when: Formula, statements: list[str]) -> Iterator[str]:
        if when is self.form.views.scalars.true:
            yield from statements
        else:
            yield f"if :: {self.notation.text(when)} -> {'; '.join(statements)} :: else fi"

    def save(self, save: Save) -> str:
        name = save.symbol.name
        self.hidden[name] = "int"
        return f"{name} = {self.notation.text(save.value)}"

    def store(self, store: Store) -> str:
        column = self.columns.at(store.location)
        value = self.stored_value(column, store.present, store.value)
        return f"{self.place(store.location)} = {value}"

    def alarm(self, alarm: Alarm) -> list[str]:
        name = self.wrong(alarm.kind, alarm.name)
        title = f"{alarm.kind.value}: {_title(alarm.name, alarm.picks)}"
        return self.option(title, alarm.when, [f"assert(!{name})"])

    def claim(self, claim: Claim) -> list[str]:
        broken = self.form.views.scalars.negate(claim.holds)
        if broken is self.form.views.scalars.false:
            return []
        name = self.wrong(claim.kind, claim.name)
        return self.option(f"{claim.kind.value}: {claim.name}", broken, [f"assert(!{name})"])

    def wrong(self, kind: FindingKind, name: str) -> str:
        """Return the name of the number that stands for something wrong."""
        if (kind, name) not in self.names:
            number = len(self.wrongs) + 1
            self.wrongs[str(number)] = Wrong(kind, name)
            self.names[kind, name] = self.namer.fresh(f"{kind.value}_{name}")
        return self.names[kind, name]

    # --- the target of the notation

    def constant(self, constant: Constant) -> str:
        if isinstance(constant.of, EnumType):
            return self.member(constant.of, constant.value)
        return str(constant.value)

    def stored(self, stored: Stored) -> str:
        return self.place(stored.location)

    def holds(self, holds: Holds) -> tuple[str, int]:
        column = self.columns.at(holds.location)
        if _is_flag(holds.location):
            return f"{self.place(holds.location)} != {self.none(column)}", COMPARISON
        return self.place(holds.location), 6

    def one_if(self, formula: str) -> str:
        return formula if re.fullmatch(r"\w+(\[\w+\])?", formula) else f"({formula})"

    def note(self, low: int, high: int) -> None:
        pass

    def operand(self, number: Number, text: str) -> str:
        return text

    def quantified(self, quantified: Quantified, body: str) -> str:
        raise AssertionError(f"a quantifier that was not written out: {body} ({quantified})")

    def special(self, formula: Formula, notation: Notation) -> tuple[str, int] | None:
        match formula:
            case Not(Holds(location)) if _is_flag(location):
                none = self.none(self.columns.at(location))
                return f"{self.place(location)} == {none}", COMPARISON
            case All((Holds(location), Compare(Relation.EQ, left, right) as equation)):
                if self.is_implied(location, left, right):
                    return notation.text(equation, COMPARISON), COMPARISON
            case Not(All((Holds(location), Compare(Relation.EQ, left, right)))):
                if self.is_implied(location, left, right):
                    texts = (notation.text(left, SUM), notation.text(right, SUM))
                    return f"{texts[0]} != {texts[1]}", COMPARISON
            case AnyOf(
                (
                    All((Holds(a), Holds(b), Compare(Relation.EQ, _, _))),
                    All((Not(Holds(c)), Not(Holds(d)))),
                )
            ) if a is c and b is d and _is_flag(a) and _is_flag(b):
                if self.columns.at(a).none == self.columns.at(b).none:
                    return f"{self.place(a)} == {self.place(b)}", COMPARISON
            case _:
                pass
        return None

    def is_implied(self, flag: Location, left: Number, right: Number) -> bool:
        """Tell whether an equation cannot hold for none, so that the flag need not be looked at."""
        if not _is_flag(flag):
            return False
        column = self.columns.at(flag)
        for content, other in ((plain(left), right), (plain(right), left)):
            if isinstance(content, Stored) and self.is_same(content.location, flag):
                return other.high < column.none
        return False


def _is_flag(location: Location) -> bool:
    """Tell whether a place is the flag of an option that has no column for it."""
    if not location.selectors or not isinstance(location.selectors[-1], Flag):
        return False
    above = location.types[-2]
    return isinstance(above, OptionType) and is_scalar(above.element)


def _title(name: str, picks: Sequence[tuple[str, str]]) -> str:
    chosen = ", ".join(f"{local} = {value}" for local, value in picks)
    return f"{name}({chosen})" if chosen else name


def _bytes(column: Column) -> int:
    """Return how many bytes SPIN takes for one scalar of a column, arrays of bits included."""
    low, high = column.bounds
    if low >= 0 and high + column.is_optional <= 255:
        return 1
    return 2 if low >= -(2**15) and high + column.is_optional < 2**15 else 4
