"""The façade of llvmlite: text in, addresses of functions out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from time import monotonic
from typing import Final

import llvmlite.binding as llvm

LIGHT: Final = 2_000
"""A module of so many operations is optimised at once: that takes a quarter of a second."""

PRICE: Final = 150e-6
"""Seconds that it takes to optimise one operation (13,200 of them took 2.0 s)."""

PAYS: Final = 3
"""A search that took so many times the price is worth paying it: optimised code is at most 1.6
times as fast (MCS benchmark lock, N = 5), and often no faster (wide states)."""

SLOW: Final = frozenset({"bdver4", "znver1", "znver2"})
"""Processors on which PEXT and PDEP take a hundred cycles."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """Machine code; the addresses are valid as long as this object is."""

    owner: object
    expand: int
    inspect: int


@dataclass(frozen=True, slots=True)
class Folding:
    """Machine code that folds states of several words; see `halves`."""

    owner: object
    gather: int
    scatter: int
    step: int


@cache
def _start() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


class Code:
    """The machine code of a module, which may become faster while it is in use.

    Where there is much to compile it is first translated as it stands, in a tenth of the time, and
    optimised when the search has gone on for long enough. What it computes is the same.

    Attributes:
        compiled: what to call now; what it was before stays callable.
    """

    def __init__(self, text: str, weight: int) -> None:
        """Compile.

        Args:
            weight: operations in the module.
        """
        self._text = text
        self._is_optimised = weight <= LIGHT
        self._due = monotonic() + PAYS * PRICE * weight
        self.compiled = self._first = compile_module(text, optimised=self._is_optimised)

    def improve(self) -> None:
        """Optimise, if that is due."""
        if not self._is_optimised and monotonic() >= self._due:
            self._is_optimised = True
            self.compiled = compile_module(self._text, optimised=True)


def compile_module(text: str, *, optimised: bool = True) -> Compiled:
    """Compile a module for this processor."""
    engine = _engine(text, optimised=optimised)
    return Compiled(
        engine,
        expand=engine.get_function_address("expand"),
        inspect=engine.get_function_address("inspect"),
    )


def compile_folding(text: str) -> Folding:
    """Compile what folds states."""
    engine = _engine(text, optimised=True)
    return Folding(
        engine,
        gather=engine.get_function_address("gather"),
        scatter=engine.get_function_address("scatter"),
        step=engine.get_function_address("step"),
    )


def _engine(text: str, *, optimised: bool) -> llvm.ExecutionEngine:
    """Return compiled code, which lives as long as this object."""
    _start()
    module = llvm.parse_assembly(text)
    _inline(module)
    if optimised:
        _optimise(module)
    engine = llvm.create_mcjit_compiler(module, _machine(2 if optimised else 0))
    engine.finalize_object()
    return engine


def has_compression() -> bool:
    """Tell whether the processor compresses and expands bits, and not by microcode."""
    _start()
    is_slow = llvm.get_host_cpu_name() in SLOW
    return not is_slow and bool(llvm.get_host_cpu_features().get("bmi2"))


def _machine(level: int) -> llvm.TargetMachine:
    return llvm.Target.from_default_triple().create_target_machine(
        opt=level,
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
    )


def _inline(module: llvm.ModuleRef) -> None:
    """Inline what says that it wants to be."""
    passes = llvm.create_new_module_pass_manager()
    passes.add_sroa_pass()
    passes.add_simplify_cfg_pass()
    passes.add_always_inliner_pass()
    passes.run(module, _builder())


def _optimise(module: llvm.ModuleRef) -> None:
    """Simplify each function by itself.

    That takes half of the time of the standard passes for whole modules, which look for more to
    inline. There are no loops worth more than straight code.
    """
    builder = _builder()
    passes = builder.getFunctionPassManager()
    for function in module.functions:
        if not function.is_declaration:
            passes.run(function, builder)


def _builder() -> llvm.PassBuilder:
    options = llvm.create_pipeline_tuning_options(speed_level=1)
    options.loop_unrolling = options.loop_interleaving = False
    options.loop_vectorization = options.slp_vectorization = False
    return llvm.create_pass_builder(_machine(2), options)
