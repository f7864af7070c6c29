"""Kernels: functions that are compiled by Numba once, kept as machine code, and called without it.

Importing Numba takes a second, and so does making it ready to load what it has kept itself. So it
only compiles here: a kernel is compiled when it is called with arguments of a signature for the
first time on a machine; its object code is kept by `grammar.cache`, under all that determines it,
and loaded by llvmlite. Where nothing can be written, kernels are compiled in every run.

How a function takes its arguments is Numba's convention for calls between compiled functions:

    status = f(result*, exception*, arguments...)

An array is passed as seven or more words (two owners, elements, bytes of one, address, shape,
strides), a tuple as its parts.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module, metadata
from pathlib import Path
from threading import Lock
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final

import llvmlite.binding as llvm
import numpy as np

from grammar.cache import cache_directory, keep_newest, key_of, read_cached, write_cached

if TYPE_CHECKING:
    from collections.abc import Sequence

COMPILING_TAKES: Final = 8
"""Seconds it takes to compile what one search needs, about."""

MOST_KEPT: Final = 1_000
"""Compiled kernels that stay when another one is added."""

_LOCK: Final = Lock()
"""Held while code is loaded or compiled: all threads of a search begin at the same time."""

PRIMITIVES: Final = "checker.explicit.native.kernels.primitives"


def kernel(function: Callable[..., Any]) -> Any:
    """Make a kernel of a function.

    It runs without the interpreter's lock. It cannot allocate arrays: without reference counts,
    which Numba would write into inner loops, those are as fast as in C.
    """
    assert isinstance(function, FunctionType)
    return Kernel(function)


@dataclass(frozen=True, slots=True)
class Intrinsic:
    """Something that kernels call and that is written in LLVM; it is not called from elsewhere."""

    name: str

    def for_numba(self) -> object:
        """Return what Numba calls."""
        return getattr(import_module(PRIMITIVES), self.name)


class Kernel:
    """A function with machine code for each signature."""

    def __init__(self, function: FunctionType) -> None:
        """Compile nothing yet."""
        self._function = function
        self._name = function.__name__
        self._dispatcher: object = None
        self._codes: dict[str, _Code] = {}
        self.__doc__ = function.__doc__

    def __call__(self, *arguments: object) -> Any:
        """Call it with arrays, numbers and tuples of these, none of which it keeps."""
        signature = ",".join(map(_kind, arguments))
        code = self._codes.get(signature)
        if code is None:
            with _LOCK:
                code = self._codes.get(signature) or self._code(signature, arguments)
                self._codes[signature] = code
        return code.call(arguments)

    def _code(self, signature: str, arguments: Sequence[object]) -> _Code:
        kind, key = f"kernel-{self._name}", f"{_base()}{key_of(signature)}"
        kept = read_cached(kind, key)
        code = None if kept is None else _loaded(kept)
        if code is None:
            made = self._compiled(arguments)
            write_cached(kind, key, made)
            keep_newest("kernel", MOST_KEPT)
            code = _loaded(made)
        assert code is not None, self._name
        return code

    def _compiled(self, arguments: Sequence[object]) -> bytes:
        """Return the kind of the result, the name of the function, and object code."""
        from numba.core import compiler
        from numba.core.registry import cpu_target

        flags = compiler.Flags()
        flags.nrt = False
        flags.no_cpython_wrapper = flags.no_cfunc_wrapper = True
        typing, target = cpu_target.typing_context, cpu_target.target_context
        typing.refresh()
        target.refresh()
        types = tuple(map(_numba_type, arguments))
        made = compiler.compile_extra(typing, target, self._own(), types, None, flags, {})
        module = llvm.parse_assembly(made.library.get_llvm_str())
        missing = [each.name for each in module.functions if each.is_declaration]
        # What only Numba has would not be there when the code is loaded without it.
        assert all(each.startswith("llvm.") for each in missing), missing
        name = made.fndesc.llvm_func_name
        head = f"{_kind_of_type(made.signature.return_type)} {name}\n"
        code: bytes = _machine().emit_object(module)
        return head.encode() + code

    def _own(self) -> FunctionType:
        """Return the function, in which names of kernels and intrinsics mean what Numba knows."""
        known = dict(self._function.__globals__)
        for name in self._function.__code__.co_names:
            value = known.get(name)
            if isinstance(value, Kernel | Intrinsic):
                known[name] = value.for_numba()
        return FunctionType(self._function.__code__, known, self._name)

    def for_numba(self) -> object:
        """Return what other kernels call while they are compiled."""
        if self._dispatcher is None:
            import numba

            self._dispatcher = numba.njit(nogil=True, _nrt=False)(self._own())
        return self._dispatcher


def is_compiled(name: str) -> bool:
    """Tell whether a kernel need not be compiled any more, as far as that can be known."""
    try:
        return any(cache_directory().glob(f"kernel-{name}-{_base()}*"))
    except (OSError, RuntimeError):
        return False


@cache
def _base() -> str:
    """Return a name for all that determines the code of all kernels."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    texts = [source.read_text(encoding="utf-8") for source in sources]
    versions = [sys.version, metadata.version("numba"), metadata.version("llvmlite")]
    return key_of(*_processor(), *versions, *texts)


# --- machine code ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Code:
    """The machine code of a kernel for one signature.

    Attributes:
        owner: what it lives in.
        result: the kind of the result, see `_kind`.
    """

    owner: object
    address: int
    result: str

    def call(self, arguments: tuple[object, ...]) -> Any:
        words: list[int] = []
        _add_words(arguments, words)
        result, failure = (ctypes.c_uint64 * 8)(), ctypes.c_void_p()
        function = _type(len(words))(self.address)
        status = function(ctypes.addressof(result), ctypes.addressof(failure), *words)
        assert status in _SUCCESSES, f"a kernel failed with status {status}"
        return _told(self.result, result[:])


_SUCCESSES: Final = (0, -2)
"""The second one says that the result is None."""


@cache
def _type(words: int) -> Any:
    """Return the type of functions that are given so many words; on the way the lock is free."""
    addresses = [ctypes.c_void_p] * 2
    return ctypes.CFUNCTYPE(ctypes.c_int32, *addresses, *[ctypes.c_uint64] * words)


def _loaded(kept: bytes) -> _Code | None:
    """Return what was kept as code, None if it is none."""
    head, _, data = kept.partition(b"\n")
    result, _, name = head.decode("utf-8", "replace").partition(" ")
    try:
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _machine())
        engine.add_object_file(llvm.ObjectFileRef.from_data(data))
    except (OSError, RuntimeError, ValueError):
        return None
    engine.finalize_object()
    address = engine.get_function_address(name)
    return _Code(engine, address, result) if address else None


def _processor() -> tuple[str, str]:
    return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


def _machine() -> llvm.TargetMachine:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    cpu, features = _processor()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=cpu, features=features, opt=3, reloc="pic", codemodel="jitdefault", jit=True
    )


# --- arguments ------------------------------------------------------------------------------------


def _kind(argument: object) -> str:
    """Return what a signature says of an argument: i, u or b, with dimensions if it is an array."""
    if isinstance(argument, np.ndarray):
        assert argument.flags.c_contiguous
        return f"{argument.dtype.char}{argument.ndim}"
    if isinstance(argument, tuple):
        return f"({','.join(map(_kind, argument))})"
    if isinstance(argument, bool | np.bool_):
        return "b"
    if isinstance(argument, np.uint64):
        return "u"
    assert isinstance(argument, int | np.integer), type(argument)
    return "i"


def _add_words(argument: Any, words: list[int]) -> None:
    """Add the words as which an argument is passed."""
    if isinstance(argument, np.ndarray):
        address = argument.__array_interface__["data"][0]
        words += (0, 0, argument.size, argument.itemsize, address)
        words += argument.shape
        words += argument.strides
    elif isinstance(argument, tuple):
        for part in argument:
            _add_words(part, words)
    else:
        words.append(int(argument))


def _numba_type(argument: object) -> object:
    from numba import types
    from numba.np.numpy_support import from_dtype

    if isinstance(argument, np.ndarray):
        return types.Array(from_dtype(argument.dtype), argument.ndim, "C")
    if isinstance(argument, tuple):
        return types.BaseTuple.from_types(tuple(map(_numba_type, argument)))
    if isinstance(argument, bool | np.bool_):
        return types.boolean
    return types.uint64 if isinstance(argument, np.uint64) else types.int64


def _kind_of_type(of: object) -> str:
    """Return the kind of a result: a number, or some of them."""
    from numba import types

    kinds = {types.none: "-", types.boolean: "b", types.int64: "i", types.uint64: "u"}
    if isinstance(of, types.BaseTuple):
        return "".join(kinds[each] for each in of)
    return kinds[of]


def _told(kind: str, words: Sequence[int]) -> Any:
    """Return a result."""
    match kind:
        case "-":
            return None
        case "b":
            return bool(words[0] & 0xFF)
        case _:
            numbers = tuple(map(_number, kind, words))
            return numbers if len(kind) > 1 else numbers[0]


def _number(kind: str, word: int) -> int:
    return word - (1 << 64) if kind == "i" and word >> 63 else word
