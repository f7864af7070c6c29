"""What is measured: models whose number of states is known, by everybody on the same system.

Each is searched as a specification of ours, as what `k42 export` makes of it, and as a model
that was written by hand in the idiom of the other tool, so that nobody is compared with clumsy
text only.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
MODELS: Final = Path(__file__).with_name("models")


@dataclass(frozen=True, slots=True)
class Subject:
    """One model at one size.

    Attributes:
        spec: the specification, from the root of the project.
        size: the constant that is set, and its value.
        states: distinct states, without reductions.
        invariant: what everybody checks.
        model: the name, without suffix, of the models written by hand.
        extra: states that SPIN counts beyond these in the model written by hand.
        is_long: whether it takes others minutes, and only the fastest of each are asked.
    """

    spec: str
    size: tuple[str, int]
    states: int
    invariant: str
    model: str
    extra: int = 0
    is_long: bool = False

    @property
    def name(self) -> str:
        """The name in tables."""
        constant, value = self.size
        return f"{self.model} {constant}={value}"


_LOCKS: Final = "spec/protocols/locks"

SUBJECTS: Final = (
    Subject(f"{_LOCKS}/mcs_benchmark.k42", ("N", 4), 503_089, "mutual_exclusion", "mcs_benchmark"),
    Subject(f"{_LOCKS}/n_peterson.k42", ("N", 4), 22_281, "mutual_exclusion", "n_peterson"),
    Subject(f"{_LOCKS}/n_peterson.k42", ("N", 5), 628_868, "mutual_exclusion", "n_peterson"),
    Subject("spec/protocols/consensus/two_phase.k42", ("N", 7), 296_448, "consistent", "two_phase"),
    Subject(f"{_LOCKS}/mcslock1.k42", ("N", 4), 554_221, "mutual_exclusion", "mcslock1"),
    Subject(
        "tests/bench/models/shootdown.k42",
        ("PAGES", 12),
        5_996_544,
        "no_stale_copy",
        "shootdown",
        extra=1,
    ),
    Subject(
        f"{_LOCKS}/mcs_benchmark.k42",
        ("N", 5),
        52_572_521,
        "mutual_exclusion",
        "mcs_benchmark",
        is_long=True,
    ),
)
