"""The soundness lint: may an explorer trust this kernel code?

`python -m kernel_impl.lint [file or folder ...]` prints one line for each broken rule and leaves
with 1 if there is one. The rules make true what `kernel_impl.steps` promises: a suspended thread is
a function of the values it received, and is known by its frames alone.

    S1  an access is awaited where it is made              (else the step never happens)
    S2  nothing hides on the operand stack at an await     (`f(await x)`, `await` inside a `for`,
        `with`, `try` or comprehension: hidden operands and iterators are in no local variable)
    S3  an async function makes no mutable or unhashable local, and no function
    S4  an async function assigns no attribute, item, global or nonlocal name, and kernel code uses
        no object at module level that can change
    S5  the memory is used in atomic steps only: plain functions whose first parameter it is
    S6  an atomic step calls no async function and keeps no state of its own
    S7  no time, randomness, identity or environment
    S8  no iteration over a set, whose order is not part of the program
    S9  cells are declared through a Layout, with a domain
    S10 a class with async methods is a frozen dataclass that compares by identity or value
    S11 no mutable state at module level

Drivers are no kernel code: a module that says `LINT_DRIVER = True` may be seeded and may keep state
(S7 for `random` only, S11 not at all), but then must hold neither async functions nor atomic steps.

Limits: names are resolved by spelling; a mutable value that arrives through a call is not seen. The
explorer's nondeterminism check, which runs steps again, is the second net.

Source: design rule of this project; the prefixes `locked_` and `disabled_` are those of K42
    doc/Style.sgml.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

PRIMITIVES: Final = frozenset({
    "load", "store", "swap", "cas", "fetch_add", "fetch_or", "fetch_and", "await_equal",
    "await_not", "await_until", "atomic", "atomic_when", "choose", "pause", "observe", "fence",
})  # fmt: skip
FORBIDDEN_MODULES: Final = frozenset({
    "asyncio", "datetime", "multiprocessing", "os", "random", "secrets", "socket", "subprocess",
    "threading", "time", "uuid",
})  # fmt: skip
FORBIDDEN_CALLS: Final = frozenset({"id", "hash", "input", "open", "vars", "globals", "setattr"})
MUTABLE_CALLS: Final = frozenset({"list", "dict", "set", "bytearray", "deque", "defaultdict"})
ITERATORS: Final = frozenset({"iter", "zip", "map", "filter", "enumerate", "reversed", "count"})
FIRST_MUTABLE = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One broken rule at one place."""

    path: str
    line: int
    rule: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule} {self.text}"


def lint_source(source: str, path: str = "<source>") -> list[Finding]:
    """Checks one module and returns its findings, by line."""
    module = ast.parse(source, filename=path)
    return sorted(
        Finding(path, getattr(node, "lineno", 1), rule, text)
        for node, rule, text in _module_findings(module)
    )


def lint_paths(paths: list[Path]) -> list[Finding]:
    """Checks files, and the Python files below folders."""
    files = [f for p in paths for f in (sorted(p.rglob("*.py")) if p.is_dir() else [p])]
    return [found for f in files for found in lint_source(f.read_text("utf-8"), str(f))]


Found: TypeAlias = Iterator[tuple[ast.AST, str, str]]


def _module_findings(module: ast.Module) -> Found:
    driver = any(_is_driver_mark(node) for node in module.body)
    yield from _environment(module, driver=driver)
    yield from _hidden_inputs(module)
    yield from _set_iteration(module)
    yield from _access_awaited(module)
    yield from _cells_declared(module)
    if not driver:
        yield from _module_state(module)
    for node in ast.walk(module):
        match node:
            case ast.AsyncFunctionDef():
                if driver:
                    yield node, "S5", f"driver module holds kernel code: {node.name}"
                yield from _async_function(node)
            case ast.FunctionDef() if _takes_memory(node):
                if driver:
                    yield node, "S5", f"driver module holds kernel code: {node.name}"
                yield from _atomic_step(node)
            case ast.ClassDef():
                yield from _class(node)
            case _:
                pass


def _is_driver_mark(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign | ast.AnnAssign) and "LINT_DRIVER" in _assigned(node)


def _assigned(node: ast.Assign | ast.AnnAssign) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return {t.id for t in targets if isinstance(t, ast.Name)}


def _called(node: ast.AST) -> str:
    """Returns the plain name that a call calls, or nothing."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id
    return ""


def _takes_memory(node: Function) -> bool:
    arguments = [*node.args.posonlyargs, *node.args.args]
    if arguments and arguments[0].arg in {"self", "cls"}:
        arguments = arguments[1:]
    first = arguments[0].annotation if arguments else None
    return isinstance(first, ast.Name) and first.id == "Memory"


def _own(function: Function) -> Iterator[ast.AST]:
    """Walks the body of a function, without functions and classes nested in it."""
    stack: list[ast.AST] = list(function.body)
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, Function | ast.ClassDef | ast.Lambda):
            stack.extend(ast.iter_child_nodes(node))


# --------------------------------------------------------------------------------- async functions


def _async_function(function: ast.AsyncFunctionDef) -> Found:
    allowed = set(_open_awaits(function.body))
    for node in _own(function):
        match node:
            case ast.Await() if node not in allowed:
                yield node, "S2", "operands or an iterator are hidden at this await"
            case ast.AsyncFor() | ast.AsyncWith() | ast.Yield() | ast.YieldFrom():
                yield node, "S2", "only plain awaits suspend a thread"
            case ast.Lambda() | ast.FunctionDef() | ast.AsyncFunctionDef() | ast.GeneratorExp():
                if not isinstance(node, ast.GeneratorExp) or not _is_consumed(function, node):
                    yield node, "S3", "a function made here is never equal to itself when run again"
            case ast.Global() | ast.Nonlocal():
                yield node, "S4", "global state is hidden from the explorer"
            case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()):
                yield node, "S4", "objects are frozen: state that is shared lives in cells"
            case ast.Attribute(ctx=ast.Del()) | ast.Subscript(ctx=ast.Del()):
                yield node, "S4", "objects are frozen: state that is shared lives in cells"
            case ast.Assign(value=value) | ast.AnnAssign(value=value) | ast.NamedExpr(value=value):
                if value is not None and _is_mutable(value):
                    yield node, "S3", "a local that can change: use a tuple or an integer"
            case _:
                pass
    if _takes_memory(function):
        yield function, "S5", "an async function has no memory: it awaits accesses"


def _is_mutable(value: ast.expr) -> bool:
    return isinstance(value, FIRST_MUTABLE) or _called(value) in MUTABLE_CALLS | ITERATORS


def _is_consumed(function: Function, generator: ast.GeneratorExp) -> bool:
    """Tells whether a generator expression is used up by the call that it is given to."""
    return any(
        isinstance(node, ast.Call) and generator in node.args and isinstance(node.func, ast.Name)
        for node in _own(function)
    )


def _open_awaits(body: list[ast.stmt]) -> Iterator[ast.Await]:
    """Yields the awaits at which the operand stack of their frame is empty."""
    for statement in body:
        match statement:
            case ast.Expr(value=value) | ast.Return(value=value) | ast.AnnAssign(value=value):
                yield from _leading(value)
            case ast.Assign(value=value, targets=targets):
                if all(isinstance(target, ast.Name | ast.Tuple) for target in targets):
                    yield from _leading(value)
            case ast.If(test=test) | ast.While(test=test):
                yield from _leading(test)
                yield from _open_awaits(statement.body)
                yield from _open_awaits(statement.orelse)
            case ast.Match(subject=subject, cases=cases):
                yield from _leading(subject)
                for case in cases:
                    yield from _open_awaits(case.body)
            case _:
                pass


def _leading(value: ast.expr | None) -> Iterator[ast.Await]:
    """Yields the awaits of an expression that run before any operand is put aside."""
    match value:
        case ast.Await(value=inner):
            if not any(isinstance(node, ast.Await) for node in ast.walk(inner)):
                yield value
        case ast.UnaryOp(operand=inner) | ast.NamedExpr(value=inner):
            yield from _leading(inner)
        case ast.Compare(left=left) | ast.BinOp(left=left):
            yield from _leading(left)
        case ast.BoolOp(values=values):
            for operand in values:
                yield from _leading(operand)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            for part in (test, body, orelse):
                yield from _leading(part)
        case _:
            pass


# ------------------------------------------------------------------------------------ atomic steps


def _atomic_step(function: ast.FunctionDef) -> Found:
    for node in _own(function):
        stores = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        if stores or isinstance(node, ast.Global | ast.Nonlocal):
            yield node, "S6", "a step has no state besides the cells"
        elif _called(node) in PRIMITIVES:
            yield node, "S6", "a step is one access itself: use memory.read and memory.write"


def _access_awaited(module: ast.Module) -> Found:
    awaited = {a.value for a in ast.walk(module) if isinstance(a, ast.Await)}
    imported = {
        alias.asname or alias.name
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom) and node.module == "kernel_impl.steps"
        for alias in node.names
    }
    for node in ast.walk(module):
        name = _called(node)
        if name in PRIMITIVES & imported and node not in awaited:
            yield node, "S1", f"`{name}` is not awaited where it is made"


def _cells_declared(module: ast.Module) -> Found:
    for node in ast.walk(module):
        if _called(node) == "Cell" and not any(
            isinstance(c, ast.ClassDef) and c.name == "Layout" for c in module.body
        ):
            yield node, "S9", "cells are declared through a Layout"
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "layout"
        ):
            needed = {"cell": 2, "padded": 3, "packed": 3}.get(node.func.attr, 0)
            if len(node.args) < needed and not any(k.arg == "domain" for k in node.keywords):
                yield node, "S9", "a cell needs a finite domain"


# -------------------------------------------------------------------------------------- everywhere


def _environment(module: ast.Module, *, driver: bool) -> Found:
    allowed = {"random"} if driver else set()
    for node in ast.walk(module):
        match node:
            case ast.Import(names=names):
                roots = {alias.name.split(".", 1)[0] for alias in names}
            case ast.ImportFrom(module=name):
                roots = {(name or "").split(".", 1)[0]}
            case _:
                roots = set()
        for root in sorted(roots & FORBIDDEN_MODULES - allowed):
            yield node, "S7", f"`{root}` is an input that no explorer sees"
        if not driver and _called(node) in FORBIDDEN_CALLS:
            yield node, "S7", f"`{_called(node)}` is an input that no explorer sees"


def _hidden_inputs(module: ast.Module) -> Found:
    """Yields where kernel code uses an object of the module that can change, or a forbidden one."""
    changing = {
        name
        for node in module.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and node.value is not None
        and not _is_driver_mark(node)
        and (_is_mutable(node.value) or _makes_object(node.value))
        for name in _assigned(node)
    }
    forbidden = {
        (alias.asname or alias.name).split(".", 1)[0]
        for node in ast.walk(module)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name.split(".", 1)[0] in FORBIDDEN_MODULES
    }
    for function in ast.walk(module):
        is_step = isinstance(function, ast.FunctionDef) and _takes_memory(function)
        if isinstance(function, ast.AsyncFunctionDef) or is_step:
            assert isinstance(function, Function)
            for node in _own(function):
                if isinstance(node, ast.Name) and node.id in changing:
                    yield node, "S4", f"`{node.id}` is shared and no cell"
                elif isinstance(node, ast.Name) and node.id in forbidden:
                    yield node, "S7", f"`{node.id}` is an input that no explorer sees"


def _makes_object(value: ast.expr) -> bool:
    """Tells whether a value is made by calling a class that is spelled as one that can change."""
    return _called(value) in {"Random", "deque", "Counter", "OrderedDict", "StringIO", "Lock"}


def _set_iteration(module: ast.Module) -> Found:
    for node in ast.walk(module):
        iterated = node.iter if isinstance(node, ast.For | ast.comprehension) else None
        if isinstance(iterated, ast.Set | ast.SetComp) or (
            iterated is not None and _called(iterated) in {"set", "frozenset"}
        ):
            yield iterated, "S8", "the order of a set is not part of the program: sort it"


def _module_state(module: ast.Module) -> Found:
    for node in module.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            if _assigned(node) == {"__all__"}:
                continue
            if _is_mutable(node.value):
                yield node, "S11", "state at module level: declare a cell or use a tuple"


def _class(node: ast.ClassDef) -> Found:
    is_protocol = any("Protocol" in ast.unparse(base) for base in node.bases)
    has_async = any(isinstance(member, ast.AsyncFunctionDef) for member in node.body)
    frozen = any(
        _called(decorator) == "dataclass"
        and any(k.arg == "frozen" and ast.unparse(k.value) == "True" for k in decorator.keywords)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call)
    )
    if has_async and not is_protocol and not frozen:
        yield node, "S10", f"{node.name} has async methods and is not a frozen dataclass"


def main(arguments: list[str]) -> int:
    """Checks the given paths, or the kernel itself, and prints the findings."""
    here = Path(__file__).resolve().parent
    findings = lint_paths([Path(argument) for argument in arguments] or [here])
    for finding in findings:
        sys.stdout.write(f"{finding}\n")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
