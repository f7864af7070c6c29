"""Steps: declared cells, and the only ways in which kernel code may touch them.

All state that two threads can see lives in *cells*. A cell is a name with a finite domain; its
value is kept by whoever drives the kernel, so a cell can be shared, hashed and kept in a local
variable without ever being stale. Kernel code is `async def`; it reaches cells by awaiting:

    pred = await swap(lock.tail, me)

**One await of a primitive is one visible access, and between two awaits a thread touches nothing
shared.** A thread is therefore a deterministic function of the values it received. The driver
decides when an awaited access happens: the machine (`kernel_impl.machine`) simulates processors, an
explorer tries every order. There is no event loop; a driver calls `resume`.

A longer atomic section, such as code that runs with interrupts off on data of its own processor, is
a plain function whose first parameter is the `Memory`. `await atomic(function, ...)` performs it as
one step. So the keyword shows the atomicity: `def` is one step, `async def` can be preempted.

Waiting is never a loop. An access may carry a *guard* over cells and cannot happen until the guard
holds (`await_equal`, `await_not`, `await_until`, `atomic_when`), so that to spin is to be not
enabled, and a deadlock is "somebody is not finished and nobody is enabled".

*Marks* are no steps: `observe` names what the access before it meant to a specification; `fence` is
an order that sequentially consistent drivers may ignore. Both belong to the access before them, so
a thread performs at least one access (`pause` will do) before its first mark.

What an explorer may rely on, enforced by `kernel_impl.lint`: a suspended thread is known by its
chain of frames (code, offset, local variables), which is immutable and hashable; equal chains
continue equally. Kernel objects are frozen records of cells and compare by identity.

Source: K42 lib/libc/sync/atomic.h (the atomic operations and their `Synced` and `Volatile` forms).
    Differs: every access is sequentially consistent; waiting is a guard, not a loop.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator, Hashable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from kernel_impl.errors import require

Domain: TypeAlias = range | tuple[int, ...]
T = TypeVar("T")
Out = TypeVar("Out", covariant=True)  # noqa: PLC0105 - the usual suffix would be longer than the name


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One word of shared state: a place, not a value. Made by `system.Layout` only."""

    # Identity: position in the store, and the name that reports show.
    index: int
    name: str
    # What it may hold. An explorer packs cells by their domains.
    domain: Domain
    initial: int
    # Where it lies: node of the memory, and cache line. Cost only, never meaning.
    home: int
    line: int

    def __repr__(self) -> str:
        return self.name


class Memory(Protocol):
    """The values of the cells during one atomic step; valid only inside that step."""

    def read(self, cell: Cell) -> int:
        """Returns the value of a cell."""
        ...

    def write(self, cell: Cell, value: int) -> None:
        """Changes the value of a cell to one of its domain."""
        ...


class Kind(Enum):
    """How an access uses its first cell: what the cost model and a weak memory model must know."""

    LOAD = "load"
    STORE = "store"
    UPDATE = "update"  # read and write of one word, indivisible
    ATOMIC = "atomic"  # a plain function over any cells
    CHOOSE = "choose"  # no cell: the driver picks the result
    PAUSE = "pause"  # no cell


@dataclass(frozen=True, slots=True)
class Access(Generic[Out]):
    """A pending step of a thread: `action(memory, *args)`, once `guard(memory, *args)` holds."""

    kind: Kind
    action: Callable[..., Out]
    args: tuple[Hashable, ...]
    guard: Callable[..., bool] | None = None

    def __await__(self) -> Generator[Yielded, Any, Out]:
        """Hands the access to the driver and returns what the driver sends back."""
        # Any: the driver sends the action's own result, which the yield cannot express.
        result: Out = yield self
        return result

    def is_enabled(self, memory: Memory) -> bool:
        """Tells whether the step can be taken now."""
        return self.guard is None or self.guard(memory, *self.args)

    def perform(self, memory: Memory) -> Out:
        """Takes the step. The driver has seen that it is enabled; a choice is not performed."""
        return self.action(memory, *self.args)


@dataclass(frozen=True, slots=True)
class Observation:
    """A name for what the access before it did, in the words of a specification."""

    name: str
    values: tuple[int, ...]

    def __await__(self) -> Generator[Yielded, None, None]:
        """Hands the observation to the driver."""
        yield self


@dataclass(frozen=True, slots=True)
class Fence:
    """An order between the accesses before and after it, for drivers with weak memory."""

    def __await__(self) -> Generator[Yielded, None, None]:
        """Hands the fence to the driver."""
        yield self


Mark: TypeAlias = Observation | Fence
Yielded: TypeAlias = Access[Any] | Observation | Fence
Body: TypeAlias = Coroutine[Yielded, Any, None]

# ------------------------------------------------------------------------------------- one word


def load(cell: Cell) -> Access[int]:
    """Reads a cell."""
    return Access(Kind.LOAD, _load, (cell,))


def store(cell: Cell, value: int) -> Access[None]:
    """Writes a cell."""
    return Access(Kind.STORE, _store, (cell, value))


def swap(cell: Cell, value: int) -> Access[int]:
    """Writes a cell and returns its old value."""
    return Access(Kind.UPDATE, _swap, (cell, value))


def cas(cell: Cell, old: int, new: int) -> Access[bool]:
    """Writes `new` if the cell holds `old`, and tells whether it did."""
    return Access(Kind.UPDATE, _cas, (cell, old, new))


def fetch_add(cell: Cell, amount: int) -> Access[int]:
    """Adds to a cell and returns its old value."""
    return Access(Kind.UPDATE, _fetch_add, (cell, amount))


def fetch_or(cell: Cell, bits: int) -> Access[int]:
    """Sets bits of a cell and returns its old value."""
    return Access(Kind.UPDATE, _fetch_or, (cell, bits))


def fetch_and(cell: Cell, bits: int) -> Access[int]:
    """Keeps only `bits` of a cell and returns its old value."""
    return Access(Kind.UPDATE, _fetch_and, (cell, bits))


# -------------------------------------------------------------------------------------- waiting


def await_equal(cell: Cell, value: int) -> Access[int]:
    """Waits until the cell holds `value`, and returns it."""
    return Access(Kind.LOAD, _load, (cell, value), _is_equal)


def await_not(cell: Cell, value: int) -> Access[int]:
    """Waits until the cell holds anything but `value`, and returns that."""
    return Access(Kind.LOAD, _load, (cell, value), _is_not)


def await_until(cell: Cell, condition: Callable[[int], bool]) -> Access[int]:
    """Waits until the value of the cell meets a pure, named condition, and returns it."""
    return Access(Kind.LOAD, _load, (cell, condition), _meets)


# --------------------------------------------------------------------------------------- others


def atomic(action: Callable[..., T], *args: Hashable) -> Access[T]:
    """Performs a plain function, with the memory as its first argument, as one step."""
    return Access(Kind.ATOMIC, action, args)


def atomic_when(guard: Callable[..., bool], action: Callable[..., T], *args: Hashable) -> Access[T]:
    """Performs a plain function as one step, once a guard over the same arguments holds."""
    return Access(Kind.ATOMIC, action, args, guard)


def choose(options: int) -> Access[int]:
    """Lets the driver pick one of `range(options)`: a choice of the environment."""
    return Access(Kind.CHOOSE, _chosen_by_driver, (options,))


def pause() -> Access[None]:
    """Takes one step that touches nothing."""
    return Access(Kind.PAUSE, _nothing, ())


def observe(name: str, *values: int) -> Observation:
    """Names what the access before it did; not a step."""
    return Observation(name, values)


def fence() -> Fence:
    """Orders the accesses before it against those after it; not a step."""
    return Fence()


# -------------------------------------------------------------------------------------- driving


@dataclass(frozen=True, slots=True)
class Paused:
    """A thread that waits for its next access to be performed."""

    access: Access[Any]
    marks: tuple[Mark, ...]
    """What the thread said about the access that was just performed."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A thread that has returned."""

    marks: tuple[Mark, ...]


def resume(body: Body, value: Hashable) -> Paused | Finished:
    """Gives a thread the result of its pending access and runs it to the next one.

    Args:
        value: the result; None to start the thread.
    """
    marks: list[Mark] = []
    try:
        item = body.send(value)
        while not isinstance(item, Access):
            marks.append(item)
            item = body.send(None)
    except StopIteration:
        return Finished(tuple(marks))
    return Paused(item, tuple(marks))


def _load(memory: Memory, cell: Cell, *_: Hashable) -> int:
    return memory.read(cell)


def _store(memory: Memory, cell: Cell, value: int) -> None:
    memory.write(cell, value)


def _swap(memory: Memory, cell: Cell, value: int) -> int:
    old = memory.read(cell)
    memory.write(cell, value)
    return old


def _cas(memory: Memory, cell: Cell, old: int, new: int) -> bool:
    if memory.read(cell) != old:
        return False
    memory.write(cell, new)
    return True


def _fetch_add(memory: Memory, cell: Cell, amount: int) -> int:
    old = memory.read(cell)
    memory.write(cell, old + amount)
    return old


def _fetch_or(memory: Memory, cell: Cell, bits: int) -> int:
    old = memory.read(cell)
    memory.write(cell, old | bits)
    return old


def _fetch_and(memory: Memory, cell: Cell, bits: int) -> int:
    old = memory.read(cell)
    memory.write(cell, old & bits)
    return old


def _nothing(*_: Hashable) -> None:
    return None


def _chosen_by_driver(_: Memory, options: int) -> int:
    require(False, f"a choice among {options} was performed instead of made")
    return 0


def _is_equal(memory: Memory, cell: Cell, value: int) -> bool:
    return memory.read(cell) == value


def _is_not(memory: Memory, cell: Cell, value: int) -> bool:
    return memory.read(cell) != value


def _meets(memory: Memory, cell: Cell, condition: Callable[[int], bool]) -> bool:
    return condition(memory.read(cell))


def check_domain(cell: Cell, value: int) -> None:
    """Stops the kernel when a value is outside the domain of its cell; every driver calls it."""
    if value not in cell.domain:
        require(False, f"{cell.name} := {value} is outside its domain {cell.domain}")
