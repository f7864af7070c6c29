"""`prove`: every obligation of a system, and what it covers.

Of each obligation, in this order, the first decisive answer counts:

1. it holds by rewriting alone;
2. ground instances refute its negation (`proofs.induction`): proved, for every size;
3. a counterexample at sizes 1, 2, ...: not inductive;
4. more instances, with more patience;
5. Z3, with quantifiers, refutes its negation: proved, but by a search that may not come out the
   same with another version of Z3;
6. nothing: unknown, with the reason.

A system that cannot be stated for every size (its constants depend on a size, it compares a number
of elements with a variable) is proved at each size up to a bound instead, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final, TypeAlias

from checker.model.findings import assumption_findings
from grammar.cache import key_of
from proofs.archive import Archive
from proofs.claims import all_obligations
from proofs.encode.model import Model, encode
from proofs.induction import QUICK, THOROUGH, Countermodel, Inductor, Method, Open, Proof
from proofs.obligation import Goal, Obligation
from proofs.solver.settings import Meter, Reading, Settings
from proofs.solver.worker import Done, Lost, load_solver, run_all

if TYPE_CHECKING:
    from checker.model.system import System
    from grammar.source import Span
    from proofs.archive import Entry
    from proofs.counterexample import Counterexample
    from proofs.induction import Judgement
    from proofs.obligation import Query, Refused

MAX_SCOPE: Final = 4


@dataclass(frozen=True, slots=True)
class EverySize:
    """Whatever the sizes of the symmetric sorts."""


@dataclass(frozen=True, slots=True)
class EachSize:
    """Each symmetric sort at every size from 1 to `most`, all at the same size.

    `reasons` say why not at every size.
    """

    most: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OneSystem:
    """There is no symmetric sort: the system is what it is."""


Domain: TypeAlias = EverySize | EachSize | OneSystem


# --- what becomes of an obligation ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Proved:
    """It holds.

    Attributes:
        instances: of the hypotheses, on which the proof rests.
        spent: elementary steps of the solver for the proofs of record.
    """

    method: Method
    instances: tuple[str, ...]
    spent: int

    @property
    def hypotheses(self) -> frozenset[str]:
        """The claims on which the proof rests."""
        return frozenset(each.partition("(")[0] for each in self.instances)


@dataclass(frozen=True, slots=True)
class Refuted:
    """It does not hold: a counterexample to induction, or one at the start."""

    counterexample: Counterexample


class Why(Enum):
    """Why an obligation is not decided."""

    LIMIT = "limit"
    INCOMPLETE = "incomplete"
    UNSTATED = "unstated"
    LOST = "lost"
    UNCERTIFIED = "uncertified"


@dataclass(frozen=True, slots=True)
class Undecided:
    """It is not known whether it holds."""

    why: Why
    reason: str


Fate: TypeAlias = Proved | Refuted | Undecided


@dataclass(frozen=True, slots=True)
class Judged:
    """An obligation and what became of it."""

    name: str
    goal: Goal
    action: str
    subject: str
    site: Span
    is_lemma: bool
    fate: Fate


@dataclass(frozen=True, slots=True)
class Report:
    """All obligations of a system, in the order of the text.

    Attributes:
        fresh: how many of them were not known from an archive or by rewriting alone.
        content: stands for what the claims, the types, and the conditions of all steps say.
        asked: what the solver was asked for that.
    """

    system: System
    domain: Domain
    judged: tuple[Judged, ...]
    fresh: int = 0
    content: str = ""
    asked: Reading = field(default_factory=Reading)

    def of(self, fate: type[Proved] | type[Refuted] | type[Undecided]) -> tuple[Judged, ...]:
        """Return the obligations with such a fate."""
        return tuple(each for each in self.judged if isinstance(each.fate, fate))

    @property
    def is_proved(self) -> bool:
        """Whether everything is."""
        return len(self.of(Proved)) == len(self.judged)

    @property
    def is_safe(self) -> bool:
        """Whether all is proved but claims about runs and refinements."""
        return all(each.goal in BEYOND for each in self.judged if not isinstance(each.fate, Proved))


BEYOND: Final = frozenset({Goal.RESPONSE, Goal.REFINEMENT})
"""Goals that rest on invariants, and that nothing else rests on."""

LoadAt: TypeAlias = "Callable[[Mapping[str, int]], System | None]"
"""Returns the system at other sizes of its sorts, None if there is none."""


@dataclass(frozen=True, slots=True)
class Options:
    """How hard to try.

    Attributes:
        max_scope: the largest size at which a counterexample is looked for.
        is_native: whether Z3 may try with quantifiers.
    """

    settings: Settings = field(default_factory=Settings)
    max_scope: int = MAX_SCOPE
    is_native: bool = True


def prove(
    system: System,
    load_at: LoadAt,
    options: Options | None = None,
    *,
    archive: Archive | None = None,
) -> Report:
    """Try to prove all claims of a system.

    Args:
        archive: what was proved before; what is proved now is added to it.
    """
    return proved(Prover(system, load_at, options, archive))


def proved(prover: Prover, told: Callable[[int, int], None] | None = None) -> Report:
    """Try to prove all obligations of a prover.

    Args:
        told: called with the number of obligations that are done, and of all.
    """
    work = prover.obligations
    known = {each.name: prover.known(each) for each in work}
    rest = [each for each in work if known[each.name] is None]
    outcomes = prover.decided(
        rest,
        told=None if told is None else lambda done: told(done + len(work) - len(rest), len(work)),
    )
    fates = {name: fate for name, fate in known.items() if fate is not None} | outcomes
    return prover.report(fates, len(rest))


# --- the ladder -----------------------------------------------------------------------------------


class Prover:
    """Decides obligations of one system; makes models of other sizes when it needs them."""

    def __init__(
        self,
        system: System,
        load_at: LoadAt,
        options: Options | None = None,
        archive: Archive | None = None,
    ) -> None:
        """State the system, for every size if that is possible."""
        self.archive = Archive() if archive is None else archive
        self.system = system
        self.options = options or Options()
        self.meter = Meter()
        self._load_at = load_at
        self._scopes: dict[int, _Scope | None] = {}
        self._inductor: Inductor | None = None
        self._refused: tuple[Refused, ...] = ()
        self.domain: Domain = OneSystem()
        self.obligations: tuple[Obligation, ...] = ()
        if not system.sorts:
            self._state(encode(system, is_open=False))
            return
        self.domain = EverySize()
        reasons = tuple(
            f"a constant at {site} depends on the size of a sort" for site in system.sized
        )
        if not reasons:
            self._state(encode(system, is_open=True))
            reasons = self._reasons()
        if reasons:
            self._inductor = None
            self.domain = EachSize(self.options.max_scope, reasons)
            scopes = [self.scope(size) for size in range(1, self.options.max_scope + 1)]
            for scope in scopes:
                if scope is not None:
                    # What is impossible at one size may be possible at a larger one.
                    self.obligations = tuple(scope.obligations.values())
                    self._refused = scope.refused

    def _reasons(self) -> tuple[str, ...]:
        return tuple(f"{each.name}: {each.reason}" for each in self._refused)

    def _state(self, model: Model) -> None:
        self._inductor = self._inductor_of(model)
        self.obligations, self._refused = all_obligations(model)

    def _inductor_of(self, model: Model) -> Inductor:
        return Inductor(model, self.options.settings, self.archive, self.meter)

    @property
    def stated(self) -> Inductor:
        """The model of the whole claim, where it is not proved size by size."""
        assert self._inductor is not None
        return self._inductor

    def report(self, fates: Mapping[str, Fate], fresh: int = 0) -> Report:
        """Return the report, given what became of each obligation."""
        judged = tuple(_judged(each, fates[each.name]) for each in self.obligations)
        judged += self.unstated()
        return Report(self.system, self.domain, judged, fresh, self.content(), self.meter.reading())

    def unstated(self) -> tuple[Judged, ...]:
        """Return what cannot even be stated."""
        return tuple(
            Judged(
                each.name,
                Goal.PRESERVED,
                each.name.partition("/")[0],
                each.name.rpartition("/")[2],
                each.site,
                False,
                Undecided(Why.UNSTATED, each.reason),
            )
            for each in self._refused
        )

    def decided(
        self, work: Sequence[Obligation], told: Callable[[int], None] | None = None
    ) -> dict[str, Fate]:
        """Decide obligations in another process; return what becomes of each, by its name."""

        def decide(number: int) -> tuple[Fate, tuple[tuple[str, Entry], ...], Reading]:
            before = self.meter.reading()
            fate = self.fate(work[number])
            return fate, self.archive.take(), self.meter.since(before)

        if work:
            load_solver()
        found: dict[str, Fate] = {}
        for each, outcome in zip(work, run_all(len(work), decide, told=told), strict=True):
            match outcome:
                case Done((fate, entries, reading)):
                    self.archive.extend(entries)
                    self.meter.add(reading)
                    found[each.name] = fate
                case Lost(reason):
                    found[each.name] = Undecided(Why.LOST, reason)
        return found

    def judged(self, work: Sequence[Obligation]) -> tuple[Judged, ...]:
        """Decide obligations, and put them and what became of them together."""
        fates = self.decided(work)
        return tuple(_judged(each, fates[each.name]) for each in work)

    def content(self) -> str:
        """Return what stands for the claims, the types, and the conditions of all steps."""
        models = [self._inductor] if self._inductor is not None else []
        models += [scope.inductor for scope in self._scopes.values() if scope and not models]
        return key_of(*(each.content() for each in models))

    def known(self, obligation: Obligation) -> Proved | None:
        """Return a proof that needs no solver, if every query has one."""
        if self._inductor is not None:
            return _known(self._inductor, obligation)
        proofs: list[Proof] = []
        for size in range(1, self.options.max_scope + 1):
            scope = self.scope(size)
            stated = None if scope is None else scope.obligations.get(obligation.name)
            if scope is None or stated is None:
                continue
            found = _known(scope.inductor, stated)
            if found is None:
                return None
            proofs.append(Proof(found.method, found.instances, found.spent))
        return _together(proofs)

    def inductors(self) -> Iterator[Inductor]:
        """Yield the models at hand: at the sizes first, which are quick, then for every size."""
        for size in range(1, self.options.max_scope + 1):
            scope = self.scope(size) if self.system.sorts else None
            if scope is not None:
                yield scope.inductor
        if self._inductor is not None:
            yield self._inductor

    def fate(self, obligation: Obligation) -> Fate:
        """Decide one obligation."""
        if self._inductor is None:
            return self._at_each_size(obligation)
        proofs: list[Proof] = []
        for query in obligation.queries:
            judgement = self._inductor.judge(query, is_step=obligation.is_step, effort=QUICK)
            if isinstance(judgement, Proof):
                proofs.append(judgement)
                continue
            other = self._otherwise(obligation, query, judgement)
            if not isinstance(other, Proof):
                return other
            proofs.append(other)
        return _together(proofs)

    def _otherwise(
        self, obligation: Obligation, query: Query, first: Judgement
    ) -> Proof | Refuted | Undecided:
        """Look for a counterexample, then try harder, then let Z3 try.

        Args:
            first: what came of a quick try.
        """
        assert self._inductor is not None
        if isinstance(first, Countermodel) and not self.system.sorts:
            return _refuted(self._inductor, obligation, query, first)
        found = self._counterexample(obligation)
        if found is not None:
            return found
        judgement = self._inductor.judge(query, is_step=obligation.is_step, effort=THOROUGH)
        if isinstance(judgement, Proof):
            return judgement
        if not self.options.is_native:
            return _undecided(judgement)
        native = self._inductor.native(query, is_step=obligation.is_step)
        if isinstance(native, Proof):
            return native
        # Where instances have no end a higher limit does not help, although it is what stops us.
        return _undecided(first if isinstance(first, Open) and not first.is_limit else native)

    # --- sizes

    def scope(self, size: int) -> _Scope | None:
        """Return the system with all its sorts at one size, None if its assumptions forbid it."""
        if size not in self._scopes:
            self._scopes[size] = self._at(size)
        return self._scopes[size]

    def _at(self, size: int) -> _Scope | None:
        system = self._load_at({sort.name: size for sort in self.system.sorts})
        if system is None or any(True for _ in assumption_findings(system)):
            return None
        return _Scope(self._inductor_of(encode(system, is_open=False)))

    def _counterexample(self, obligation: Obligation) -> Refuted | None:
        if not self.system.sorts:
            return None
        for size in range(1, self.options.max_scope + 1):
            scope = self.scope(size)
            if scope is not None:
                found = scope.fate(obligation.name)
                if isinstance(found, Refuted):
                    return found
        return None

    def _at_each_size(self, obligation: Obligation) -> Fate:
        proofs: list[Proof] = []
        for size in range(1, self.options.max_scope + 1):
            scope = self.scope(size)
            if scope is None:
                continue
            found = scope.fate(obligation.name)
            if not isinstance(found, Proved):
                return found
            proofs.append(Proof(found.method, found.instances, found.spent))
        return _together(proofs)


class _Scope:
    """A system at one size; its obligations are stated when they are asked for."""

    def __init__(self, inductor: Inductor) -> None:
        self.inductor = inductor
        self._stated: tuple[Mapping[str, Obligation], tuple[Refused, ...]] | None = None

    @property
    def obligations(self) -> Mapping[str, Obligation]:
        """What must be proved, by its name."""
        return self._all()[0]

    @property
    def refused(self) -> tuple[Refused, ...]:
        """What cannot be stated."""
        return self._all()[1]

    def _all(self) -> tuple[Mapping[str, Obligation], tuple[Refused, ...]]:
        if self._stated is None:
            stated, refused = all_obligations(self.inductor.model)
            self._stated = {each.name: each for each in stated}, refused
        return self._stated

    def fate(self, name: str) -> Fate:
        """Decide an obligation at this size."""
        obligation = self.obligations.get(name)
        if obligation is None:
            # An action may be impossible at one size and possible at another.
            return Proved(Method.REWRITING, (), 0)
        proofs: list[Proof] = []
        for query in obligation.queries:
            judgement = self.inductor.judge(query, is_step=obligation.is_step)
            if isinstance(judgement, Open):
                judgement = self.inductor.native(query, is_step=obligation.is_step)
            match judgement:
                case Countermodel():
                    return _refuted(self.inductor, obligation, query, judgement)
                case Open():
                    return _undecided(judgement)
                case Proof():
                    proofs.append(judgement)
        return _together(proofs)


def _judged(each: Obligation, fate: Fate) -> Judged:
    return Judged(each.name, each.goal, each.action, each.subject, each.site, each.is_lemma, fate)


def _known(inductor: Inductor, obligation: Obligation) -> Proved | None:
    proofs: list[Proof] = []
    for query in obligation.queries:
        found = inductor.known(query, is_step=obligation.is_step)
        if found is None:
            return None
        proofs.append(found)
    return _together(proofs)


def _refuted(
    inductor: Inductor, obligation: Obligation, query: Query, judgement: Countermodel
) -> Refuted:
    from proofs.counterexample import find

    return Refuted(find(inductor, obligation, query, judgement.answer))


def _undecided(judgement: Countermodel | Open) -> Undecided:
    match judgement:
        case Countermodel():
            return Undecided(
                Why.INCOMPLETE, "there is a counterexample, but at no size that was tried"
            )
        case Open(reason, is_limit):
            return Undecided(Why.LIMIT if is_limit else Why.INCOMPLETE, reason)


def _together(proofs: Sequence[Proof]) -> Proved:
    order = list(Method)
    method = max((each.method for each in proofs), key=order.index, default=Method.REWRITING)
    instances = dict.fromkeys(name for each in proofs for name in each.instances)
    return Proved(method, tuple(instances), sum(each.spent for each in proofs))
