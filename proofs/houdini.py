"""Lemmas found by themselves: all small ones that no reachable state at small sizes refutes.

Facts about two elements of each sort are joined to *cubes* of up to three that never hold together
in a reachable state at two small sizes. Of these guesses the largest subset that is inductive is
what remains when everything that a step breaks is dropped, again and again, until nothing is
(Flanagan and Leino, "Houdini, an annotation assistant for ESC/Java", 2001). That is done at the
small sizes, where one counterexample refutes many guesses at once; what remains is proved for every
size, backwards from the goals, so that only lemmas on which the goals rest are kept. The result is
checked once more, as if somebody had written it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import TYPE_CHECKING, Final, TypeAlias

from checker.model.system import Conjunct, Property, PropertyKind
from proofs.encode.model import encode
from proofs.facts import Fact, Places, Vocabulary
from proofs.induction import QUICK, Inductor, Proof
from proofs.obligation import obligations
from proofs.refinement import refinements
from proofs.response import responses
from proofs.rungs import PREFIX
from proofs.solver.answers import Satisfiable, Unknown

if TYPE_CHECKING:
    from checker.model.system import State, System
    from proofs.encode.effects import Path
    from proofs.encode.model import Claim, Model, Move
    from proofs.logic.terms import Term
    from proofs.obligation import Obligation
    from proofs.solver.settings import Settings

NAMED: Final = 2
"""Elements of each sort that a guess speaks of."""

MAX_LITERALS: Final = 3
MAX_GUESSES: Final = 4_000
MAX_SAMPLES: Final = 60_000

Cube: TypeAlias = tuple[tuple[int, bool], ...]
"""Facts by number, each with whether it holds; they never hold together."""


@dataclass(frozen=True, slots=True)
class Guesses:
    """Cubes, which mean something in every system of one specification."""

    cubes: tuple[Cube, ...]

    def in_system(self, system: System) -> System:
        """Return the system with the guesses as further lemmas."""
        vocabulary = Vocabulary(system, {sort.name: NAMED for sort in system.sorts})
        facts = vocabulary.facts()
        lemmas = []
        for number, cube in enumerate(self.cubes, start=1):
            expr = vocabulary.never_together([(facts[i], truth) for i, truth in cube])
            name = f"{PREFIX}{number}"
            site = system.properties[0].site
            conjunct = Conjunct(name, expr, site)
            lemmas.append(
                Property(PropertyKind.INVARIANT, name, (conjunct,), "", site, is_lemma=True)
            )
        return replace(system, properties=(*system.properties, *lemmas))

    def texts(self, system: System) -> tuple[str, ...]:
        """Return the guesses as the language writes them."""
        vocabulary = Vocabulary(system, {sort.name: NAMED for sort in system.sorts})
        facts = vocabulary.facts()
        return tuple(
            vocabulary.text(vocabulary.never_together([(facts[i], t) for i, t in cube]))
            for cube in self.cubes
        )

    def only(self, names: set[str]) -> Guesses:
        """Return the guesses of these names."""
        kept = [cube for n, cube in enumerate(self.cubes, start=1) if f"{PREFIX}{n}" in names]
        return Guesses(tuple(kept))


# --- guesses --------------------------------------------------------------------------------------


def guesses(system: System, spaces: Sequence[tuple[System, Sequence[State]]]) -> Guesses | None:
    """Return all minimal cubes that never hold in the spaces; None if they are too many.

    Args:
        spaces: systems at small sizes with their reachable states.
    """
    vocabulary = Vocabulary(system, {sort.name: NAMED for sort in system.sorts})
    facts = vocabulary.facts()
    samples = list(_samples(vocabulary, spaces))
    if len(samples) > MAX_SAMPLES:
        return None
    literals = [(n, True) for n in range(len(facts))]
    literals += [(n, False) for n, fact in enumerate(facts) if fact.has_opposite]
    seen = {literal: _where(facts[literal[0]], literal[1], samples) for literal in literals}
    turned = _turned(vocabulary, facts)
    found: dict[Cube, None] = {}
    for cube in _never(literals, seen):
        other = tuple(sorted((turned.get(n, n), truth) for n, truth in cube))
        if other not in found:
            found[cube] = None
        if len(found) > MAX_GUESSES:
            return None
    return Guesses(tuple(found))


def _samples(
    vocabulary: Vocabulary, spaces: Sequence[tuple[System, Sequence[State]]]
) -> Iterator[tuple[State, Places]]:
    for system, states in spaces:
        choices = list(vocabulary.choices(system))
        for state in states:
            for places in choices:
                yield state, places


def _where(fact: Fact, truth: bool, samples: Sequence[tuple[State, Places]]) -> int:  # noqa: FBT001
    """Return as bits the samples in which a literal is true."""
    return sum(1 << i for i, (s, p) in enumerate(samples) if fact.holds(s, p) is truth)


def _never(
    literals: Sequence[tuple[int, bool]], seen: Mapping[tuple[int, bool], int]
) -> Iterator[Cube]:
    """Yield the minimal cubes that no sample has, the short ones first."""
    some = [literal for literal in literals if seen[literal]]
    yield from ((literal,) for literal in literals if not seen[literal])
    pairs: set[tuple[tuple[int, bool], tuple[int, bool]]] = set()
    for a, b in combinations(some, 2):
        if not seen[a] & seen[b]:
            pairs.add((a, b))
            if a[0] != b[0]:
                yield tuple(sorted((a, b)))
    if MAX_LITERALS < 3:
        return
    for i, a in enumerate(some):
        rest = [b for b in some[i + 1 :] if (a, b) not in pairs]
        for b, c in combinations(rest, 2):
            if (b, c) not in pairs and not seen[a] & seen[b] & seen[c]:
                yield tuple(sorted((a, b, c)))


def _turned(vocabulary: Vocabulary, facts: Sequence[Fact]) -> dict[int, int]:
    """Map each fact to the one that says the same with the two elements exchanged."""
    texts = {vocabulary.text(fact.expr): number for number, fact in enumerate(facts)}
    found = {}
    for number, fact in enumerate(facts):
        other = vocabulary.text(vocabulary.exchanged(fact.expr))
        if other in texts:
            found[number] = texts[other]
    return found


# --- what is inductive at a size ------------------------------------------------------------------


@dataclass(slots=True)
class _Houdini:
    """Drops guesses that steps break, at one size."""

    model: Model
    settings: Settings
    alive: dict[str, Claim] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.alive = {claim.name: claim for claim in self.model.claims}

    def run(self) -> set[str] | None:
        """Return the names of what remains; None if a goal does not, or nobody knows."""
        is_changed = True
        while is_changed:
            is_changed = False
            for move in self.model.moves:
                for path in move.paths:
                    dropped = self._break(move, path)
                    if dropped is None:
                        return None
                    is_changed = is_changed or dropped
        goals = {c.name for c in self.model.claims if not c.name.startswith(PREFIX)}
        return set(self.alive) if goals <= set(self.alive) else None

    def _break(self, move: Move, path: Path) -> bool | None:
        """Drop what a path breaks; tell whether anything was, None if the solver gave up."""
        logic = self.model.logic
        from proofs.solver.session import Session

        session = Session(self.settings)
        session.assume(path.conditions)
        session.assume(term for _, term in self.model.typing)
        after: dict[str, Term] = {}
        for name, claim in self.alive.items():
            session.label(name, claim.formula)
            term = self.model.claim_after(claim, path)
            if term is not claim.formula:
                after[name] = term
        has_dropped = False
        while True:
            open_ = [name for name in after if name in self.alive]
            session.push()
            session.assume([logic.negate(logic.conjunction(after[name] for name in open_))])
            answer = session.check(list(self.alive)) if open_ else None
            session.pop()
            if not isinstance(answer, Satisfiable):
                return None if isinstance(answer, Unknown) else has_dropped
            for name in open_:
                if not answer.read(after[name]):
                    del self.alive[name]
                    has_dropped = True


# --- for every size -------------------------------------------------------------------------------


@dataclass(slots=True)
class _Backwards:
    """Proves goals for every size, then what they rest on."""

    system: System
    settings: Settings

    def needed(self, candidates: Guesses) -> Guesses | None:
        """Return the guesses on which the goals rest; None if they cannot be proved."""
        while True:
            found = self._try(candidates)
            if not isinstance(found, str):
                return found
            if not found.startswith(PREFIX):
                return None
            names = {f"{PREFIX}{n}" for n in range(1, len(candidates.cubes) + 1)}
            candidates = candidates.only(names - {found})

    def _try(self, candidates: Guesses) -> Guesses | str:
        """Return the needed guesses, or the name of a claim that is not proved."""
        model = encode(candidates.in_system(self.system), is_open=bool(self.system.sorts))
        stated, refused = obligations(model)
        if refused:
            return refused[0].name
        inductor = Inductor(model, self.settings)
        by_subject: dict[str, list[Obligation]] = {}
        for each in stated:
            by_subject.setdefault(each.subject, []).append(each)
        wanted = [subject for subject in by_subject if not subject.startswith(PREFIX)]
        wanted += self._beyond(model, inductor)
        done: set[str] = set()
        while wanted:
            subject = wanted.pop()
            if subject in done:
                continue
            done.add(subject)
            for obligation in by_subject[subject]:
                for query in obligation.queries:
                    proof = inductor.judge(query, is_step=obligation.is_step, effort=QUICK)
                    if not isinstance(proof, Proof):
                        return subject
                    wanted += [name for name in proof.hypotheses if name.startswith(PREFIX)]
        return candidates.only(done)

    def _beyond(self, model: Model, inductor: Inductor) -> list[str]:
        """Return the guesses on which claims about runs and refinements rest, if they do."""
        found: list[str] = []
        for each in (*responses(model)[0], *refinements(model)[0]):
            for query in each.queries:
                proof = inductor.judge(query, is_step=each.is_step, effort=QUICK)
                if isinstance(proof, Proof):
                    found += [name for name in proof.hypotheses if name.startswith(PREFIX)]
        return found


def infer(
    system: System,
    spaces: Sequence[tuple[System, Sequence[State]]],
    settings: Settings,
    told: Callable[[str], None] = lambda _: None,
) -> Guesses | None:
    """Return lemmas with which the goals of a system are proved for every size, if any."""
    made = guesses(system, spaces)
    if made is None:
        return None
    told(f"{len(made.cubes)} guesses")
    for small, _ in spaces:
        model = encode(made.in_system(small), is_open=False)
        if model.refusals:
            return None
        left = _Houdini(model, settings).run()
        if left is None:
            return None
        made = made.only(left)
        told(
            f"{len(made.cubes)} of them inductive at {', '.join(str(s.size) for s in small.sorts)}"
        )
    return _Backwards(system, settings).needed(made)
