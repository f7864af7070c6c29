"""What the commands have in common: the parser, and values such as `10m`, `4G` and `N=3`.

A mistake on the command line is a diagnostic like any other (exit code 150), so that scripts need
to know one code only for input that is wrong.
"""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Final, NoReturn

from grammar.diagnostics import Diagnostic, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

_UNITS_OF_TIME: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_UNITS_OF_SIZE: Final = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_DURATION: Final = re.compile(r"(?:\d+(?:\.\d+)?[smhd])+", re.ASCII)
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)([smhd])", re.ASCII)
_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)([KMGT]?)(?:i?B)?", re.IGNORECASE | re.ASCII)
_SETTING: Final = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)=(\S.*)", re.ASCII)


class UsageError(Exception):
    """The command cannot be carried out as it was given; holds the diagnostics that say why."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        """Take at least one diagnostic."""
        super().__init__(*diagnostics)
        self.diagnostics = diagnostics


def mistake(code: str, message: str, remedy: str | None = None) -> UsageError:
    """Return the error for one mistake that no text can be shown of."""
    return UsageError(Diagnostic(code, Severity.ERROR, None, message, remedy=remedy))


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are diagnostics."""

    def error(self, message: str) -> NoReturn:
        """Raise the complaint as a usage error."""
        raise mistake("K300", message, f"see `{self.prog} --help`")


def parser_for(command: str, summary: str, epilog: str = "") -> Parser:
    """Return the empty parser of a command."""
    return Parser(
        prog=f"k42 {command}",
        description=summary,
        epilog=epilog or None,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add `-c NAME=VALUE`."""
    parser.add_argument(
        "-c",
        dest="settings",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="give a constant its value, or a sort its size; may be repeated",
    )


def parse_settings(texts: Sequence[str]) -> dict[str, str]:
    """Return the values of `-c` by name.

    Raises:
        UsageError: one is not NAME=VALUE, or a name is given twice with different values.
    """
    found: dict[str, str] = {}
    for text in texts:
        match = _SETTING.fullmatch(text)
        if match is None:
            raise mistake("K301", f"`-c {text}` is not of the form NAME=VALUE", "as in `-c Cpu=4`")
        name, value = match.groups()
        if found.setdefault(name, value) != value:
            message = f"`-c` gives `{name}` both {found[name]} and {value}"
            raise mistake("K301", message, "give every name once")
    return found


def duration(text: str) -> float:
    """Read `90`, `90s`, `10m` or `1h30m` as seconds."""
    try:
        if _DURATION.fullmatch(text):
            return sum(float(n) * _UNITS_OF_TIME[unit] for n, unit in _PART.findall(text))
        if re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII):
            return float(text)
    except OverflowError:
        pass
    raise argparse.ArgumentTypeError(f"`{text}` is not a time; write 90s, 10m or 1h30m")


def size(text: str) -> int:
    """Read `512M` or `4G` as bytes, K being 1,024."""
    match = _SIZE.fullmatch(text)
    amount = 0 if match is None else int(float(match[1]) * _UNITS_OF_SIZE[match[2].upper()])
    if amount <= 0:
        raise argparse.ArgumentTypeError(f"`{text}` is not a size; write 512M or 4G")
    return amount


def shown_size(amount: int) -> str:
    """Return an amount of bytes as `size` reads it: `512M`."""
    for unit, factor in sorted(_UNITS_OF_SIZE.items(), key=lambda item: -item[1]):
        if amount % factor == 0:
            return f"{amount // factor}{unit}"
    return str(amount)


def positive(text: str) -> int:
    """Read a whole number from 1; `_` and `,` may group its digits."""
    digits = text.replace("_", "").replace(",", "")
    if not (digits.isascii() and digits.isdecimal() and int(digits) > 0):
        raise argparse.ArgumentTypeError(f"`{text}` is not a whole number from 1")
    return int(digits)


def natural(text: str) -> int:
    """Read a whole number from 0."""
    return 0 if text == "0" else positive(text)


REDUCTIONS: Final = ("dead", "owned", "symmetry", "partial-order")
"""What `--reduce` takes, beside `none` and `all`."""


def reductions(text: str) -> tuple[str, ...]:
    """Read `none`, `all`, or a list of reductions separated by commas."""
    if text in {"none", "all"}:
        return REDUCTIONS if text == "all" else ()
    found = names(text)
    for name in found:
        if name not in REDUCTIONS:
            known = ", ".join(REDUCTIONS)
            raise argparse.ArgumentTypeError(f"`{name}` is no reduction; there are {known}")
    return tuple(name for name in REDUCTIONS if name in found)


def names(text: str) -> tuple[str, ...]:
    """Read a list of names separated by commas."""
    found = tuple(name for name in text.replace(" ", "").split(",") if name)
    if not found:
        raise argparse.ArgumentTypeError("at least one name is needed")
    return found
