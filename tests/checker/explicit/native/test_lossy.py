from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from checker.explicit.automatic import EngineOptions, engine_maker
from checker.explicit.native import engine as native
from checker.explicit.native import lossy
from checker.explicit.native.kernels import lossy as kernels
from checker.explicit.native.lossy import Bits, Fingerprints, Lossy, PairFingerprints, StoreName
from checker.explicit.native.memory import pack, unpack
from checker.explicit.search import SearchOptions, check
from checker.model.system import System
from checker.model.verdict import Verdict
from tests.support.engine_laws import drive
from tests.support.mcs_benchmark import COUNTS, mcs_benchmark
from tests.support.system_strategies import seeded_system
from tests.support.systems import composite, deadlocker, spin_lock
from tests.support.widened import widened

NAMES: tuple[StoreName, ...] = ("fingerprint64", "fingerprint128", "bitstate")
SYSTEMS = [spin_lock(3), composite(2), mcs_benchmark(3), widened(mcs_benchmark(2))]
SYSTEMS += map(seeded_system, range(4))


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lossy, "BITSTATE_BYTES", 1 << 24)


@pytest.mark.parametrize("words", [1, 3])
@pytest.mark.parametrize(
    "make", [Fingerprints, PairFingerprints, lambda words: Bits(words, 1 << 20)]
)
def test_what_is_remembered_is_not_new(words: int, make: Callable[[int], Lossy]) -> None:
    random = Random(words)
    seen = make(words)
    states = [random.choice((random.randrange(50), random.getrandbits(60))) for _ in range(900)]
    new = seen.admit(pack(states, words), lambda _: None)
    assert unpack(new, words) == list(dict.fromkeys(states))
    assert seen.count == len(set(states))
    assert len(seen.admit(pack(states, words), lambda _: None)) == 0


def test_pairs_survive_growth() -> None:
    random = Random(5)
    seen = PairFingerprints(2)
    states = [random.getrandbits(100) for _ in range(3_000)]
    seen.admit(pack(states, 2), lambda _: None)
    ((room, more, grow),) = seen.growth(100_000)
    grow(lambda _: None)
    assert room >= 100_000
    assert seen.nbytes == more
    assert len(seen.admit(pack(states, 2), lambda _: None)) == 0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_small_spaces_lose_nothing(system: System, name: StoreName) -> None:
    assert drive(system, engine_maker(EngineOptions(store=name, workers=2))) == drive(system)


@pytest.mark.parametrize("name", NAMES)
def test_the_verdict_is_bounded_at_best(name: StoreName) -> None:
    system = mcs_benchmark(3)
    result = check(system, make_engine=engine_maker(EngineOptions(store=name)))
    assert check(system).verdict is Verdict.HOLDS
    assert result.verdict is Verdict.BOUNDED
    assert (result.statistics.distinct, result.statistics.transitions) == COUNTS[3]
    (limit,) = result.limits
    assert "expected: " in limit.left


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("system", [deadlocker(3), spin_lock(3, broken=True)])
def test_a_trace_goes_through_levels_that_left_memory(
    system: System, name: StoreName, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native, "HISTORY", 0)
    found = check(system, make_engine=engine_maker(EngineOptions(store=name)))
    assert found.findings == check(system).findings
    assert found.verdict is Verdict.VIOLATED


def test_too_few_bits_lose_states_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lossy, "BITSTATE_BYTES", 0)
    system = mcs_benchmark(4)
    options = EngineOptions(store="bitstate", workers=1)
    found = check(system, make_engine=engine_maker(options)).statistics.distinct
    lost = COUNTS[4][0] - found
    assert lost > 10_000
    (limit,) = check(system, make_engine=engine_maker(options)).limits
    expected = float(limit.left.split("expected: ")[1].split(")")[0])
    # What only follows a lost state is lost as well, so that there may be many more.
    assert expected > 10_000


def test_memory_that_does_not_suffice_ends_the_search() -> None:
    options = EngineOptions(store="fingerprint64", memory_bytes=1 << 20)
    result = check(mcs_benchmark(4), SearchOptions(), make_engine=engine_maker(options))
    assert result.verdict is Verdict.INCOMPLETE
    assert "memory limit" in result.limits[0].what


def test_hashes_of_states_that_differ_in_one_bit_differ_everywhere() -> None:
    random = Random(9)
    for words in (1, 4):
        for _ in range(50):
            state = random.getrandbits(64 * words - 1)
            other = state ^ 1 << random.randrange(64 * words)
            hashes = [
                int(kernels.hash_state(pack([each], words), 0, words, kernels.SEEDS[0]))
                for each in (state, other)
            ]
            assert 10 < (hashes[0] ^ hashes[1]).bit_count() < 54
