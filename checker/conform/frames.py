"""Suspended threads: what identifies one, and where it stands in the source.

A suspended coroutine is a chain of frames, each waiting for the next, and the access that the last
one hands out. Equal chains continue equally, if all that a frame holds is in its local variables
and none of these can change. Both are checked whenever a thread is named:

* an operand or an iterator that is hidden on the stack at an `await`, and
* a local variable that is a list, an iterator or anything else that can change

stop the exploration: what it has learned of this thread would not be true. `kernel_impl.lint` finds
the same in the source; this net also holds code that was never linted.

Which variables count is the *naming*. LIVE takes those that may still be read, which is exact for
every property, as properties read no locals. FRAMES takes all variables of the living frames. A
*kept* variable counts even after its frame is gone, as the variables of a flat model do; that is
for comparing numbers of states with such models.
"""

from __future__ import annotations

import sys
from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import CodeType, CoroutineType, FrameType, GeneratorType
from typing import TYPE_CHECKING, Final, TypeAlias

from checker.conform.bytecode import AWAIT_OPERANDS, live_after, operands_at

if TYPE_CHECKING:
    from kernel_impl.port import Body

Chain: TypeAlias = "tuple[Hashable, ...]"
"""What identifies a suspended thread."""

_CHANGEABLE: Final = (list, dict, set, bytearray, GeneratorType, CoroutineType)


class Variables(Enum):
    """Which local variables of its frames tell one suspended thread from another."""

    LIVE = "live"
    FRAMES = "frames"


@dataclass(frozen=True, slots=True)
class Naming:
    """How suspended threads are told apart.

    Attributes:
        kept: variables that keep their last value when their frame is gone, by qualified name such
            as `McsLock.acquire.predecessor`, with the value they begin with.
    """

    variables: Variables = Variables.LIVE
    kept: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """A line of source; `path` is the file's path."""

    path: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{Path(self.path).name}:{self.line}"


class UnsoundError(Exception):
    """A thread cannot be explored, because it is not what its frames show."""

    def __init__(self, place: Place, reason: str) -> None:
        """Take where it is suspended, and why that hides something."""
        super().__init__(f"{place}: {reason}")
        self.place = place
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Standing:
    """One frame of a suspended thread: where it is, and its variables as text."""

    place: Place
    variables: tuple[tuple[str, str], ...]


def chain_of(body: Body, variables: Variables) -> Chain:
    """Return what identifies a suspended thread: frame by frame, then its pending access.

    Raises:
        UnsoundError: a frame holds something that does not show.
    """
    found: list[Hashable] = []
    for frame in frames_of(body):
        code, at = frame.f_code, frame.f_lasti
        if operands_at(code).get(at) != AWAIT_OPERANDS:
            raise UnsoundError(place_of(frame), "something is hidden on the stack at this await")
        names = None if variables is Variables.FRAMES else live_after(code)[at]
        found.append((code, at, _kept(frame, names)))
    return (*found, pending_of(body))


def frames_of(body: Body) -> Iterator[FrameType]:
    """Yield the frames of a suspended thread, outermost first."""
    item: object = body
    while isinstance(item, CoroutineType):
        assert item.cr_frame is not None, "the thread has returned"
        yield item.cr_frame
        item = item.cr_await


def pending_of(body: Body) -> Hashable:
    """Return the access that a suspended thread hands out."""
    item: object = body
    while isinstance(item, CoroutineType):
        item = item.cr_await
    assert isinstance(item, GeneratorType), "a thread waits for something that is no primitive"
    assert item.gi_frame is not None
    access: Hashable = item.gi_frame.f_locals["self"]
    return access


def place_of(frame: FrameType) -> Place:
    """Return the line that a frame is at."""
    return Place(frame.f_code.co_filename, frame.f_lineno or 0, frame.f_code.co_qualname)


def standing(body: Body) -> tuple[Standing, ...]:
    """Tell where a suspended thread stands, outermost frame first; objects go by their class."""
    return tuple(
        Standing(
            place_of(frame),
            tuple((name, _shown(value)) for name, value in sorted(frame.f_locals.items())),
        )
        for frame in frames_of(body)
    )


def place_of_error(error: BaseException) -> Place:
    """Return the innermost line of kernel code that an exception came through."""
    trace = error.__traceback__
    places = []
    while trace is not None:
        frame = trace.tb_frame
        if frame.f_globals.get("__name__", "").split(".")[0] not in {"checker"}:
            places.append(Place(frame.f_code.co_filename, trace.tb_lineno, _name(frame)))
        trace = trace.tb_next
    told = [p for p in places if Path(p.path).name not in {"errors.py", "steps.py"}]
    return (told or places or [Place("", 0, "")])[-1]


@contextmanager
def noting(kept: dict[str, int]) -> Iterator[None]:
    """Follow the values of kept variables, also past the return of their function."""
    if not kept:
        yield
        return

    names: dict[str, list[tuple[str, str]]] = {}
    for qualified in kept:
        function, _, name = qualified.rpartition(".")
        names.setdefault(function, []).append((name, qualified))

    def note(frame: FrameType, event: str, _value: object) -> None:
        if event == "return":  # also when a coroutine is suspended
            for name, qualified in names.get(frame.f_code.co_qualname, ()):
                if name in frame.f_locals:
                    kept[qualified] = frame.f_locals[name]

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(before)


def _kept(frame: FrameType, names: frozenset[str] | None) -> tuple[tuple[str, Hashable], ...]:
    kept = []
    for name, value in sorted(frame.f_locals.items()):
        if names is None or name in names:
            if _is_changeable(value):
                kind = type(value).__name__
                raise UnsoundError(place_of(frame), f"the local `{name}` is a {kind}")
            kept.append((name, value))
    return tuple(kept)


def _is_changeable(value: object) -> bool:
    if isinstance(value, tuple):
        return any(map(_is_changeable, value))
    return isinstance(value, _CHANGEABLE) or hasattr(type(value), "__next__")


def _shown(value: object) -> str:
    if isinstance(value, bool | int | str | tuple | frozenset) or value is None:
        return repr(value)
    text = repr(value)
    # Objects of the kernel are large; a cell or an enumeration shows its name.
    return text if len(text) <= 30 and "object at" not in text else type(value).__name__


def _name(frame: FrameType) -> str:
    code: CodeType = frame.f_code
    return code.co_qualname
