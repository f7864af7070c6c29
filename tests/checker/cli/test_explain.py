from __future__ import annotations

import re

import pytest

from checker.cli.arguments import UsageError
from checker.cli.codes import COMMAND_CODES, EXIT_CODES, VERDICTS, WORST_FIRST, worst
from checker.cli.explain import all_codes, explanation
from checker.model.verdict import Verdict


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_is_explained(verdict: Verdict) -> None:
    assert explanation(verdict.value).startswith(f"{verdict.value}: ")


@pytest.mark.parametrize("code", [code for code, _ in EXIT_CODES])
def test_every_exit_code_is_explained(code: int) -> None:
    assert explanation(str(code)).startswith(f"exit code {code}: ")


def test_every_exit_code_has_a_rank() -> None:
    assert sorted(WORST_FIRST) == sorted(code for code, _ in EXIT_CODES)


def test_codes_are_unique_and_explained() -> None:
    codes = [info.code for info in all_codes()] + [topic.word for topic in COMMAND_CODES]
    assert len(codes) == len(set(codes))
    for code in codes:
        assert re.fullmatch(r"K\d{3}", code)
        assert explanation(code.lower()).startswith(f"{code}: ")


def test_the_worst_code_counts() -> None:
    assert worst([]) == 0
    assert worst([0, 0]) == 0
    assert worst([0, 20, 12, 22]) == 12
    assert worst([12, 150, 0]) == 150
    assert worst([13, 11]) == 11


def test_lines_are_not_too_long() -> None:
    words = [*(t.word for t in (*VERDICTS, *COMMAND_CODES)), "exit", None]
    texts = [explanation(word) for word in words]
    assert [line for text in texts for line in text.splitlines() if len(line) > 90] == []


def test_an_unknown_word_is_a_mistake() -> None:
    with pytest.raises(UsageError):
        explanation("K999")


def test_exit_code_names_the_verdicts() -> None:
    assert explanation("22") == (
        "exit code 22: a `reachable` was not reached, or, under --strict, something was vacuous\n"
        "\n"
        "see also:\n"
        "  k42 explain holds\n"
        "  k42 explain vacuous\n"
    )
