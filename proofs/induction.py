"""Is a claim inductive: query by query, by ground instances first.

The hypotheses of a query are universals: the claims, and what types say. The negated claim gives
constants; the hypotheses are instantiated at these and at what the instances bring in, for a few
rounds, and the solver sees no quantifier. That is fast, the same in every run, and says which
instances were needed: a proof of record is made of these alone, in a fresh context.

When instances do not refute the negated claim and there are no more of them, it has a model: the
claim does not follow. When there would be more, nothing is known, and Z3 may try with quantifiers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final, TypeAlias

from grammar.cache import key_of
from proofs.archive import Archive, Contents, Entry, Use
from proofs.logic.compiled import Compiler
from proofs.logic.instantiate import Instantiator, Key
from proofs.logic.normal import Skolemizer, Universal
from proofs.obligation import Query
from proofs.solver.answers import Satisfiable, Unknown, Unsatisfiable
from proofs.solver.settings import Meter, Settings

if TYPE_CHECKING:
    from proofs.encode.model import Model
    from proofs.logic.instantiate import Instance
    from proofs.logic.terms import Term
    from proofs.solver.session import Session


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to go on; what is proved is proved early, mostly.

    Attributes:
        checks: questions to the solver.
        widenings: how often terms that functions lead out to are taken in.
    """

    checks: int
    widenings: int


# Of the proofs of MCS none takes more than 10 checks, and none a widening.
QUICK: Final = Effort(checks=20, widenings=0)
THOROUGH: Final = Effort(checks=100, widenings=3)


GOAL: Final = "negated claim"
"""The label of instances of the negated claim itself."""


class Method(Enum):
    """How a query was proved; the texts complete "by ...".

    The last three decide all claims together, without a query (`proofs.ladder`).
    """

    REWRITING = "rewriting"
    REPLAY = "the instances that a certificate names"
    INSTANCES = "quantifier instantiation"
    NATIVE = "Z3's own quantifier instantiation"
    VIEWS = "view abstraction"
    K_INDUCTION = "k-induction"
    REACHABILITY = "property-directed reachability"


@dataclass(frozen=True, slots=True)
class Proof:
    """The query holds.

    Attributes:
        instances: those of the hypotheses on which the proof rests, as reports name them.
        spent: elementary steps of the solver for the proof of record.
        uses: the instances, as certificates name them; none if Z3 found its own.
    """

    method: Method
    instances: tuple[str, ...]
    spent: int
    uses: tuple[Use, ...] = ()

    @property
    def hypotheses(self) -> frozenset[str]:
        """The claims on which the proof rests."""
        return frozenset(each.partition("(")[0] for each in self.instances)


@dataclass(frozen=True, slots=True)
class Countermodel:
    """The query does not hold: its negation has a model, which `answer` reads."""

    answer: Satisfiable


@dataclass(frozen=True, slots=True)
class Open:
    """It is not known whether the query holds; `is_limit` tells that the solver was stopped."""

    reason: str
    is_limit: bool


Judgement: TypeAlias = Proof | Countermodel | Open


@dataclass(slots=True)
class Inductor:
    """Judges the queries of one model.

    Attributes:
        archive: proofs made before, and where those that are made go.
        meter: counts what the solver is asked.
    """

    model: Model
    settings: Settings = field(default_factory=Settings)
    archive: Archive = field(default_factory=Archive)
    meter: Meter = field(default_factory=Meter)
    _compiler: Compiler = field(default_factory=Compiler)
    _instances: dict[Key, Term] = field(default_factory=dict)
    _universals: dict[str, tuple[Universal, ...]] = field(default_factory=dict)
    _contents: Contents = field(default_factory=Contents)
    _labelled: dict[str, str] = field(default_factory=dict)

    def judge(self, query: Query, *, is_step: bool, effort: Effort = THOROUGH) -> Judgement:
        """Tell whether a query holds, without Z3's own treatment of quantifiers."""
        known = self.known(query, is_step=is_step)
        if known is not None:
            return known
        negated = self.negated(query)
        goal = Skolemizer(self.model.logic, "some").universals(negated)
        hypotheses = self.hypotheses(is_step=is_step)
        judgement = self._refuted(goal, hypotheses, effort)
        if isinstance(judgement, Proof):
            self._keep(negated, judgement, is_step=is_step)
        return judgement

    def negated(self, query: Query) -> Term:
        """Return what must have no model."""
        logic = self.model.logic
        return logic.both(*query.conditions, logic.negate(query.claim))

    # --- what needs no solver

    def known(self, query: Query, *, is_step: bool) -> Proof | None:
        """Return a proof that needs no solver: by rewriting, or one that was made before."""
        rewritten = self.by_rewriting(query, is_step=is_step)
        if rewritten is not None:
            return rewritten
        entry = self.evidence(self.negated(query), is_step=is_step)
        if entry is None:
            return None
        return Proof(Method(entry.method), entry.instances, entry.spent, entry.uses)

    def by_rewriting(self, query: Query, *, is_step: bool) -> Proof | None:
        """Return a proof by rewriting alone, if there is one."""
        if self.negated(query) is self.model.logic.false:
            return Proof(Method.REWRITING, (), 0)
        if is_step and (name := self._unchanged(query.claim)) is not None:
            return Proof(Method.REWRITING, (f"{name}()",), 0)
        return None

    def evidence(self, negated: Term, *, is_step: bool) -> Entry | None:
        """Return the entry of the archive for what must have no model, if there is one."""
        contents = self.contents if is_step else {}
        return self.archive.find(self._contents.of(negated), contents.get)

    @property
    def contents(self) -> dict[str, str]:
        """The content of each hypothesis by its label."""
        if not self._labelled:
            formulas = [*self.model.typing, *((c.name, c.formula) for c in self.model.claims)]
            self._labelled.update((label, self._contents.of(term)) for label, term in formulas)
        return self._labelled

    def content(self) -> str:
        """Return what stands for the hypotheses and the conditions of all steps."""
        model = self.model
        parts = [f"{label} {content}" for label, content in self.contents.items()]
        for move in (*(() if model.start is None else (model.start,)), *model.moves):
            parts.append(move.action.name)
            parts += [self._contents.of(model.logic.both(*p.conditions)) for p in move.paths]
        return key_of(*parts)

    def keep(self, query: Query, proof: Proof, *, is_step: bool) -> None:
        """Keep a proof in the archive."""
        self._keep(self.negated(query), proof, is_step=is_step)

    def _keep(self, negated: Term, proof: Proof, *, is_step: bool) -> None:
        contents = self.contents if is_step else {}
        used = [use.label for use in proof.uses] or list(proof.hypotheses)
        core = tuple((name, contents[name]) for name in dict.fromkeys(used) if name in contents)
        entry = Entry(proof.method.value, proof.instances, proof.uses, proof.spent, core)
        self.archive.add(self._contents.of(negated), entry)

    def _unchanged(self, claim: Term) -> str | None:
        """Return the name of the claim that says just this, before the step."""
        for each in self.model.claims:
            if each.formula is claim:
                return each.name
        return None

    def hypotheses(self, *, is_step: bool) -> list[tuple[str, Universal]]:
        """Return what may be assumed, each with its label."""
        if not is_step:
            return []
        found: list[tuple[str, Universal]] = []
        labelled = [(label, term) for label, term in self.model.typing]
        labelled += [(each.name, each.formula) for each in self.model.claims]
        for label, formula in labelled:
            if label not in self._universals:
                self._universals[label] = Skolemizer(self.model.logic, label).universals(formula)
            found += [(label, each) for each in self._universals[label]]
        return found

    def is_possible(self, conditions: Sequence[Term], *, is_step: bool) -> bool | None:
        """Tell whether the hypotheses admit the conditions; None if that is not known."""
        query = Query(tuple(conditions), self.model.logic.false, None)
        match self.judge(query, is_step=is_step):
            case Proof():
                return False
            case Countermodel():
                return True
            case Open():
                return None

    def native(self, query: Query, *, is_step: bool) -> Judgement:
        """Let Z3 do it with quantifiers."""
        session = self._session()
        negated = self.negated(query)
        names = []
        if is_step:
            for label, formula in self.model.typing:
                session.label(label, formula)
                names.append(label)
            for claim in self.model.claims:
                session.label(claim.name, claim.formula)
                names.append(claim.name)
        session.assume((negated,))
        match session.check(names):
            case Unsatisfiable(core):
                proof = Proof(Method.NATIVE, core, session.spent)
                self._keep(negated, proof, is_step=is_step)
                return proof
            case Satisfiable() as answer:
                return Countermodel(answer)
            case Unknown(reason, is_limit):
                return Open(reason, is_limit)

    def _session(self) -> Session:
        """Return a session of Z3, which is imported when the first is needed."""
        from proofs.solver.session import Session

        return Session(self.settings, meter=self.meter)

    def _refuted(
        self,
        goal: Sequence[Universal],
        hypotheses: Sequence[tuple[str, Universal]],
        effort: Effort,
    ) -> Judgement:
        """Look for instances that contradict the negated claim."""
        session = self._session()
        ground = [each.body for each in goal if not each.variables]
        session.assume(self.settings.ordered(ground))
        hypotheses = self.settings.ordered(hypotheses)
        named = [(GOAL, each) for each in goal if each.variables]
        instantiator = Instantiator(
            self.model.logic, self._compiler, [*named, *hypotheses], self._instances
        )
        instantiator.start(ground)
        used: dict[str, Instance] = {}
        widenings = 0
        for _ in range(effort.checks):
            match session.check(tuple(used)):
                case Unsatisfiable(core):
                    return self._recorded(session, ground, [used[label] for label in core])
                case Unknown(reason, is_limit):
                    return Open(reason, is_limit)
                case Satisfiable() as answer:
                    pass
            fresh = instantiator.broken(answer.structure)
            for instance in fresh:
                label = f"instance {len(used)}"
                used[label] = instance
                session.label(label, instance.formula)
            if fresh:
                continue
            if not instantiator.widen(answer.structure):
                if instantiator.has_integers:
                    return Open("a lemma quantifies over integers", is_limit=False)
                return Countermodel(answer)
            widenings += 1
            if widenings > effort.widenings:
                return Open("the lemmas have no end of instances", is_limit=False)
        return Open("the lemmas have too many instances", is_limit=False)

    def _recorded(
        self, beside: Session, ground: Iterable[Term], core: Sequence[Instance]
    ) -> Judgement:
        """Prove it again from the instances in the core alone, as few as will do."""
        start = tuple(ground)
        kept = list(core)
        session = beside.another()
        session.assume(start)
        for number, instance in enumerate(kept):
            session.label(str(number), instance.formula)
        needed = list(range(len(kept)))
        for each in list(needed):
            if each not in needed:
                continue
            fewer = [number for number in needed if number != each]
            answer = session.check([str(number) for number in fewer])
            if isinstance(answer, Unsatisfiable):
                needed = [number for number in fewer if str(number) in answer.core]
        kept = [kept[number] for number in needed]
        record = beside.another()
        record.assume((*start, *(each.formula for each in kept)))
        match record.check():
            case Unsatisfiable():
                names = tuple(each.name for each in kept)
                uses = tuple(Use(e.label, e.number, e.texts) for e in kept)
                return Proof(Method.INSTANCES, names, record.spent, uses)
            case Satisfiable():
                raise AssertionError("the solver contradicts itself about a core")
            case Unknown(reason, is_limit):
                return Open(reason, is_limit)
