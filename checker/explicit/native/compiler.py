"""The façade of llvmlite: text in, addresses of functions out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import llvmlite.binding as llvm

LIGHT: Final = 20_000
SLOW: Final = frozenset({"bdver4", "znver1", "znver2"})
"""Processors on which PEXT and PDEP take a hundred cycles."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """Machine code; the addresses are valid as long as this object is.

    Attributes:
        gather: 0, like `scatter`, if states are narrow.
    """

    owner: object
    expand: int
    inspect: int
    gather: int
    scatter: int


@cache
def _start() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


def compile_module(text: str, *, weight: int = 0) -> Compiled:
    """Compile a module for this processor.

    Args:
        weight: operations in it; where there are many, compile time counts more than speed.
    """
    _start()
    module = llvm.parse_assembly(text)
    _optimise(module)
    engine = llvm.create_mcjit_compiler(module, _machine(1 if weight > LIGHT else 2))
    engine.finalize_object()
    return Compiled(
        (engine, module),
        expand=engine.get_function_address("expand"),
        inspect=engine.get_function_address("inspect"),
        gather=engine.get_function_address("gather"),
        scatter=engine.get_function_address("scatter"),
    )


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


def _optimise(module: llvm.ModuleRef) -> None:
    """Inline what says that it wants to be, then simplify each function by itself.

    That takes half of the time of the standard passes for whole modules, which look for more to
    inline. There are no loops worth more than straight code.
    """
    options = llvm.create_pipeline_tuning_options(speed_level=1)
    options.loop_unrolling = options.loop_interleaving = False
    options.loop_vectorization = options.slp_vectorization = False
    builder = llvm.create_pass_builder(_machine(2), options)
    inlining = llvm.create_new_module_pass_manager()
    inlining.add_sroa_pass()
    inlining.add_simplify_cfg_pass()
    inlining.add_always_inliner_pass()
    inlining.run(module, builder)
    simplifying = builder.getFunctionPassManager()
    for function in module.functions:
        if not function.is_declaration:
            simplifying.run(function, builder)
