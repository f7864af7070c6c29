from __future__ import annotations

import argparse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.cli.arguments import (
    UsageError,
    duration,
    names,
    natural,
    parse_settings,
    parser_for,
    positive,
    size,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("0.5", 0.5), ("90s", 90), ("10m", 600), ("1h30m", 5400), ("1.5h", 5400),
     ("1d", 86400)],
)  # fmt: skip
def test_duration(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "m", "10x", "-1", "1h 30m", "1e3", "٣s", "10m5"])
def test_no_duration(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        duration(text)


@pytest.mark.parametrize(
    ("text", "amount"),
    [("4G", 4 * 2**30), ("4g", 4 * 2**30), ("512M", 2**29), ("1.5K", 1536), ("2GiB", 2**31),
     ("100", 100), ("1TB", 2**40)],
)  # fmt: skip
def test_size(text: str, amount: int) -> None:
    assert size(text) == amount


@pytest.mark.parametrize("text", ["", "G", "4X", "-4G", "4 G", "0", "0.1", "4GG", "nan"])
def test_no_size(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        size(text)


@given(st.text(max_size=8))
def test_values_are_read_or_refused(text: str) -> None:
    for read in (duration, size, positive, natural, names):
        try:
            read(text)
        except argparse.ArgumentTypeError:
            continue


@pytest.mark.parametrize(("text", "number"), [("1", 1), ("1_000", 1000), ("1,000", 1000)])
def test_positive(text: str, number: int) -> None:
    assert positive(text) == number


@pytest.mark.parametrize("text", ["0", "-1", "x", "", "²", "1.0"])
def test_not_positive(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        positive(text)


def test_settings() -> None:
    texts = ["N=4", "Lock.N=2", "Lazy=true", "N=4"]
    assert parse_settings(texts) == {"N": "4", "Lock.N": "2", "Lazy": "true"}


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["N"], "`-c N` is not of the form NAME=VALUE"),
        (["=4"], "`-c =4` is not of the form NAME=VALUE"),
        (["N="], "`-c N=` is not of the form NAME=VALUE"),
        (["4=N"], "`-c 4=N` is not of the form NAME=VALUE"),
        (["N =4"], "`-c N =4` is not of the form NAME=VALUE"),
        (["N=3", "N=4"], "`-c` gives `N` both 3 and 4"),
    ],
)
def test_bad_settings(texts: list[str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_settings(texts)
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.message) == ("K301", message)


def test_complaints_of_the_parser_are_diagnostics() -> None:
    parser = parser_for("check", "summary")
    parser.add_argument("--max-depth", type=positive)
    for arguments in (["--max-depth", "x"], ["--max"], ["extra"]):
        with pytest.raises(UsageError) as caught:
            parser.parse_args(arguments)
        assert caught.value.diagnostics[0].code == "K300"
