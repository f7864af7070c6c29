"""The built-in checker: textbook cases, and random formulas beside Z3."""

from __future__ import annotations

import pytest

from proofs.certificate.differences import contradiction
from proofs.certificate.search import Finding, OutsideError, refute
from proofs.logic.terms import BOOL, INT, Logic, Term
from proofs.solver.answers import Satisfiable, Unsatisfiable
from proofs.solver.session import Session
from proofs.solver.settings import Settings
from tests.proofs.certificate.random_formulas import CPU, PHASE, Formulas

SEEDS = 16
MANY_SEEDS = 300


def _agrees(seed: int) -> Finding:
    formulas = Formulas(seed).several()
    found = refute(formulas)
    session = Session(Settings())
    session.assume(formulas)
    expected = {Finding.REFUTED: Unsatisfiable, Finding.OPEN: Satisfiable}[found]
    assert isinstance(session.check(), expected), seed
    return found


def test_random_formulas_have_a_model_exactly_if_z3_says_so() -> None:
    found = [_agrees(seed) for seed in range(SEEDS)]
    assert 1 < found.count(Finding.REFUTED) < SEEDS - 1


@pytest.mark.slow
def test_many_random_formulas_have_a_model_exactly_if_z3_says_so() -> None:
    for seed in range(SEEDS, MANY_SEEDS):
        _agrees(seed)


class _World:
    """A few names."""

    def __init__(self) -> None:
        self.logic = logic = Logic()
        self.a, self.b, self.c = (logic.apply(logic.symbol(n, (), CPU)) for n in "abc")
        self.x, self.y, self.z = (logic.apply(logic.symbol(n, (), INT)) for n in "xyz")
        self.next = logic.symbol("next", [CPU], CPU)
        self.holds = logic.symbol("holds", [CPU], BOOL)
        self.at = logic.symbol("at", [INT], CPU)
        self.phase = logic.symbol("phase", [CPU], PHASE)

    def go(self, term: Term, times: int) -> Term:
        for _ in range(times):
            term = self.logic.apply(self.next, [term])
        return term

    def plus(self, term: Term, number: int) -> Term:
        return self.logic.sum([term, self.logic.number(number)])


def test_congruence() -> None:
    world = _World()
    logic = world.logic
    # f(f(f(a))) = a and f(f(f(f(f(a))))) = a imply f(a) = a.
    given = [logic.equal(world.go(world.a, n), world.a) for n in (3, 5)]
    goal = logic.equal(world.go(world.a, 1), world.a)
    assert refute([*given, logic.negate(goal)]) is Finding.REFUTED
    for one in given:
        assert refute([one, logic.negate(goal)]) is Finding.OPEN
    yes, no = (logic.apply(world.holds, [each]) for each in (world.a, world.b))
    same = logic.equal(world.a, world.b)
    assert refute([same, yes, logic.negate(no)]) is Finding.REFUTED
    assert refute([yes, logic.negate(no)]) is Finding.OPEN


def test_differences_of_integers() -> None:
    world = _World()
    logic = world.logic
    chain = [
        logic.less(world.x, world.y),
        logic.less(world.y, world.z),
        logic.less(world.z, world.plus(world.x, 2)),
    ]
    assert refute(chain) is Finding.REFUTED
    # Over the rationals there would be a number between.
    between = [logic.less(world.x, world.y), logic.less(world.y, world.plus(world.x, 1))]
    assert refute(between) is Finding.REFUTED
    assert refute(chain[:2]) is Finding.OPEN


def test_the_theories_tell_each_other_of_equations() -> None:
    world = _World()
    logic = world.logic
    left, right = (logic.apply(world.at, [each]) for each in (world.x, world.y))
    different = logic.negate(logic.equal(left, right))
    meet = [logic.at_most(world.x, world.y), logic.at_most(world.y, world.x)]
    assert refute([*meet, different]) is Finding.REFUTED
    assert refute([meet[0], different]) is Finding.OPEN
    # x is 1 or 2, and the function differs from both.
    one, two = logic.number(1), logic.number(2)
    among = [logic.at_most(one, world.x), logic.at_most(world.x, two)]
    apart = [
        logic.negate(logic.equal(left, logic.apply(world.at, [number]))) for number in (one, two)
    ]
    assert refute([*among, *apart]) is Finding.REFUTED


def test_a_finite_sort_has_no_other_members() -> None:
    world = _World()
    logic = world.logic
    phase = logic.apply(world.phase, [world.a])
    others = [logic.negate(logic.equal(phase, logic.member(PHASE, m))) for m in PHASE.members]
    assert refute(others) is Finding.REFUTED
    assert refute(others[:-1]) is Finding.OPEN


def test_choices_and_sums_as_arguments() -> None:
    world = _World()
    logic = world.logic
    condition = logic.apply(world.holds, [world.a])
    chosen = logic.ite(condition, world.x, world.plus(world.x, 1))
    later = logic.apply(world.at, [world.plus(world.x, 1)])
    found = logic.apply(world.at, [chosen])
    different = logic.negate(logic.equal(found, later))
    assert refute([logic.negate(condition), different]) is Finding.REFUTED
    assert refute([condition, different]) is Finding.OPEN


def test_what_is_no_difference_is_outside() -> None:
    world = _World()
    logic = world.logic
    with pytest.raises(OutsideError):
        refute([logic.at_most(logic.sum([world.x, world.y]), world.z)])
    with pytest.raises(OutsideError):
        refute([logic.equal(logic.product(world.x, world.y), world.z)])
    pair = [world.x, world.y]
    sums = [logic.sum([*pair, *more]) for more in ([], [world.z], [world.z, world.x])]
    same = [logic.equal(each, logic.product(each, world.z)) for each in sums]
    with pytest.raises(OutsideError, match="a product, a sum"):
        refute(same)
    # What contradicts itself without the meaning of a product does so with it.
    product, other = (logic.product(world.x, each) for each in (world.y, world.z))
    given = [logic.equal(world.y, world.z), logic.less(product, other)]
    assert refute(given) is Finding.REFUTED


def test_the_reason_of_a_contradiction_is_a_cycle() -> None:
    constraints = [
        (1, 2, -1, frozenset({10})),
        (2, 3, 0, frozenset({20})),
        (3, 1, 0, frozenset({30})),
        (4, 1, 5, frozenset({40})),
    ]
    assert contradiction(constraints) == {10, 20, 30}
    assert contradiction(constraints[1:]) is None
