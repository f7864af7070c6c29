"""Checkpoints: what it takes to go on with a search that was cut short, by whatever.

A folder holds two files. `states` has the states of all levels, one behind the other, and only ever
grows. `checkpoint.json` says how much of it counts, and what else was known at that time; it is
replaced as a whole: written anew, forced to disk, renamed. So a process may be killed at any moment
and leaves a checkpoint that is good, perhaps an older one.

States are written when their level is complete; the account is renewed between two levels, but not
more often than pays. A search that is interrupted renews it once more.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, BinaryIO, Final

from checker.explicit.engine import Exhausted

FORMAT: Final = 1
STATES: Final = "states"
ACCOUNT: Final = "checkpoint.json"

INTERVAL: Final = 2.0
"""Seconds between two checkpoints, at least."""

SHARE: Final = 0.05
"""The part of the time that may be spent on checkpoints."""

CHUNK: Final = 1 << 22
"""Bytes of states read at a time, about."""


@dataclass(frozen=True, slots=True)
class Account:
    """How far a search was.

    Attributes:
        sizes: of all levels; all but the last are expanded.
        transitions: by action.
        reached: levels of the `reachable`s that hold somewhere, by name.
        taken: branches, as bits; `tested` likewise implications.
        seconds: that it took.
    """

    sizes: tuple[int, ...] = ()
    transitions: tuple[int, ...] = ()
    reached: Mapping[str, int] = field(default_factory=dict)
    taken: int = 0
    tested: int = 0
    seconds: float = 0.0


class CannotResume(Exception):  # noqa: N818  # a mistake of the user, told in words
    """The folder has no checkpoint of this search; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class SavedLevel:
    """The states of one level in the file: so many of `width` bytes each from byte `start` on."""

    path: Path
    start: int
    size: int
    width: int

    def chunks(self) -> Iterator[bytes]:
        """Yield the states, many at a time, each as a number with the lowest byte first."""
        step = max(1, CHUNK // self.width) * self.width
        left = self.size * self.width
        with self.path.open("rb") as file:
            file.seek(self.start)
            while left:
                data = file.read(min(step, left))
                assert data, "the account promises more states than there are"
                left -= len(data)
                yield data

    def states(self) -> Iterator[int]:
        """Yield the states one by one."""
        for data in self.chunks():
            yield from unpacked(data, self.width)


def unpacked(data: bytes, width: int) -> Iterator[int]:
    """Yield numbers of so many bytes each."""
    for at in range(0, len(data), width):
        yield int.from_bytes(data[at : at + width], "little")


def packed(states: Sequence[int], width: int) -> bytes:
    """Return numbers as so many bytes each; the inverse of `unpacked`."""
    return b"".join(state.to_bytes(width, "little") for state in states)


class Keeper:
    """Keeps the checkpoint of one search in a folder."""

    def __init__(self, folder: Path, *, resumes: bool) -> None:
        """Look at a folder.

        Raises:
            CannotResume: there is a checkpoint and it is not to be resumed, or the other way round.
        """
        self._folder = folder
        self._saved: dict[str, Any] | None = None
        exists = (folder / ACCOUNT).exists()
        if resumes and not exists:
            raise CannotResume(f"there is no checkpoint in `{folder}`")
        if exists and not resumes:
            raise CannotResume(f"there is a checkpoint in `{folder}` already")
        if resumes:
            self._saved = _read(folder / ACCOUNT)
        self._file: BinaryIO | None = None
        self._length = 0
        self._levels = 0
        self._latest: Account | None = None
        self._written = perf_counter()
        self._pause = 0.0
        self._identity = ""
        self._width = 0

    def open(self, identity: str, width: int) -> tuple[Account, list[SavedLevel]] | None:
        """Begin; return what there is to go on with, None at the start of a search.

        Args:
            identity: of the system.
            width: bytes of a state.

        Raises:
            CannotResume: the checkpoint is of another system.
            Exhausted: the folder cannot be written to.
        """
        self._identity, self._width = identity, width
        saved = self._saved
        if saved is not None and saved["identity"] != identity:
            what = "another specification, or other sizes or properties"
            raise CannotResume(f"the checkpoint in `{self._folder}` is of {what}")
        path = self._folder / STATES
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._file = path.open("wb" if saved is None else "r+b")
            if saved is None:
                return None
            account = _account(saved["account"])
            self._length = sum(account.sizes) * width
            self._file.truncate(self._length)
            self._file.seek(self._length)
        except OSError as error:
            raise Exhausted(f"`{self._folder}` cannot be written: {error.strerror}") from None
        self._levels = len(account.sizes)
        levels, start = [], 0
        for size in account.sizes:
            levels.append(SavedLevel(path, start, size, width))
            start += size * width
        return account, levels

    def keep(self, account: Account, pack: Callable[[int], Iterator[bytes]]) -> None:
        """Write the levels that are new; renew the account if it is time.

        Args:
            pack: returns the states of a level, given by its number.

        Raises:
            Exhausted: the disk is full.
        """
        assert self._file is not None
        begin = perf_counter()
        try:
            for number in range(self._levels, len(account.sizes)):
                for data in pack(number):
                    self._file.write(data)
                    self._length += len(data)
            self._levels = len(account.sizes)
            self._latest = account
            assert self._length == sum(account.sizes) * self._width
            if begin - self._written > max(INTERVAL, self._pause):
                self._renew()
        except OSError as error:
            raise Exhausted(f"no room in `{self._folder}`: {error.strerror}") from None
        self._pause = (perf_counter() - begin) / SHARE

    def close(self) -> None:
        """Renew the account at the end of a search, if anything was kept since."""
        if self._file is None:
            return
        try:
            if self._latest is not None:
                self._renew()
        except OSError as error:
            raise Exhausted(f"no room in `{self._folder}`: {error.strerror}") from None
        finally:
            self._file.close()

    def _renew(self) -> None:
        """Force the states to disk, then put a new account in the place of the old one."""
        assert self._file is not None
        assert self._latest is not None
        self._file.flush()
        os.fsync(self._file.fileno())
        written = {
            "format": FORMAT,
            "identity": self._identity,
            "account": asdict(self._latest),
        }
        _replace(self._folder / ACCOUNT, json.dumps(written))
        self._latest = None
        self._written = perf_counter()


def _replace(path: Path, text: str) -> None:
    """Put a file in the place of another, at once and for good."""
    new = path.with_name(f"{path.name}.new")
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    with suppress(OSError):  # Not every file system lets a folder be forced to disk.
        handle = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _read(path: Path) -> dict[str, Any]:
    """Return the content of an account."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise CannotResume(f"`{path}` was written by another version of this tool")
        _account(content["account"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CannotResume(f"`{path}` cannot be read") from error
    return dict(content)


def _account(fields: Mapping[str, Any]) -> Account:
    values = dict(fields)
    values["sizes"] = tuple(values["sizes"])
    values["transitions"] = tuple(values["transitions"])
    return Account(**values)


def state_bytes(bits: int) -> int:
    """Return the bytes of a state in a checkpoint: whole words, as native code has them."""
    return 8 * (bits // 64 + 1)
