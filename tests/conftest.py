"""Options, Hypothesis profiles and the selection of tests by marker.

The suite is deterministic: profile `fixed` derives every example from the test itself, so a red
run is red again. `pytest --hypothesis-profile=explore` looks further, with fresh seeds.
"""

from __future__ import annotations

import re

import pytest
from hypothesis import settings

settings.register_profile("fixed", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("explore", deadline=None, max_examples=2_000, print_blob=True)
settings.load_profile("fixed")

OPTIONAL_MARKERS = ("slow", "bench")
"""Tests with one of these run only when they are asked for."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options of this suite."""
    group = parser.getgroup("k42")
    group.addoption(
        "--slow", action="store_true", help="run the tests marked slow as well as the fast ones"
    )
    group.addoption(
        "--update-expected",
        action="store_true",
        help="rewrite the expected outputs instead of comparing with them",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselects the tests that run only on demand, unless `-m` names their marker."""
    expression: str = config.getoption("markexpr")
    left_out = {
        marker
        for marker in OPTIONAL_MARKERS
        if not re.search(rf"\b{marker}\b", expression)
        and not (marker == "slow" and config.getoption("--slow"))
    }
    deselected = [item for item in items if left_out & {mark.name for mark in item.iter_markers()}]
    if deselected:
        chosen = set(items) - set(deselected)
        config.hook.pytest_deselected(items=deselected)
        items[:] = [item for item in items if item in chosen]


@pytest.fixture(scope="session")
def update_expected(pytestconfig: pytest.Config) -> bool:
    """Whether expected outputs are to be rewritten instead of compared."""
    return bool(pytestconfig.getoption("--update-expected"))
