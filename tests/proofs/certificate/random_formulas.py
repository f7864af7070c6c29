"""Random ground formulas of equality and differences."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from proofs.logic.terms import BOOL, INT, FiniteSort, Logic, OpenSort, Sort, Term

CPU = OpenSort("Cpu")
PHASE = FiniteSort("Phase", ("idle", "wait", "hold"))


@dataclass(slots=True)
class Formulas:
    """Makes formulas; the same seed makes the same ones."""

    seed: int
    logic: Logic = field(default_factory=Logic)
    rng: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)

    def several(self) -> list[Term]:
        """Returns a few formulas, which may or may not contradict each other."""
        return [self.formula(3) for _ in range(self.rng.randint(3, 16))]

    def formula(self, depth: int) -> Term:
        logic, rng = self.logic, self.rng
        if depth == 0 or rng.random() < 0.2:
            return self.atom()
        match rng.randrange(5):
            case 0:
                return logic.negate(self.formula(depth - 1))
            case 1:
                return logic.both(self.formula(depth - 1), self.formula(depth - 1))
            case 2:
                return logic.either(self.formula(depth - 1), self.formula(depth - 1))
            case 3:
                return logic.equal(self.formula(depth - 1), self.formula(depth - 1))
            case _:
                condition, then, otherwise = (self.formula(depth - 1) for _ in range(3))
                return logic.ite(condition, then, otherwise)

    def atom(self) -> Term:
        logic, rng = self.logic, self.rng
        match rng.randrange(6):
            case 0:
                return self.apply("flag", [CPU], BOOL)
            case 1:
                return self.apply("known", [INT, PHASE, BOOL], BOOL)
            case 2:
                return logic.at_most(self.number(), self.number())
            case 3:
                return logic.equal(self.number(), self.number())
            case 4:
                return logic.equal(self.term(CPU), self.term(CPU))
            case _:
                return logic.equal(self.term(PHASE), self.term(PHASE))

    def number(self) -> Term:
        """Returns a term with one integer variable at most, and a constant."""
        term = self.term(INT)
        offset = self.rng.randint(-2, 2)
        return self.logic.sum([term, self.logic.number(offset)])

    def term(self, sort: Sort, depth: int = 2) -> Term:
        logic, rng = self.logic, self.rng
        choice = rng.randrange(6)
        if depth and choice == 0:
            condition = self.apply("flag", [CPU], BOOL, depth - 1)
            return logic.ite(condition, self.term(sort, depth - 1), self.term(sort, depth - 1))
        if depth and choice <= 2:
            arguments: list[Sort] = [CPU] if sort is not CPU else [CPU, PHASE]
            return self.apply(f"of {sort}", arguments, sort, depth - 1)
        if sort is INT and choice == 3:
            return logic.number(rng.randint(-1, 2))
        if isinstance(sort, FiniteSort) and choice == 3:
            return logic.member(sort, rng.choice(sort.members))
        return logic.apply(logic.symbol(f"{rng.choice('ab')} {sort}", (), sort))

    def apply(self, name: str, arguments: list[Sort], result: Sort, depth: int = 1) -> Term:
        logic = self.logic
        args = [
            self.apply("flag", [CPU], BOOL, 0) if sort is BOOL else self.term(sort, depth)
            for sort in arguments
        ]
        return logic.apply(logic.symbol(name, arguments, result), args)
