"""Mutants of a specification: small mistakes that somebody could have made.

Each mutant differs from the specification in one place. A guard or an effect is left out, a
condition is weakened, a branch is always taken, two statements change places, or what was one
step becomes several. What serves to check, properties, assertions and ghosts, is left as it is:
the question is whether it notices.

Source: DeMillo, Lipton, Sayward, "Hints on test data selection", Computer 1978; Jia, Harman, "An
analysis and survey of the development of mutation testing", TSE 2011. Splitting a step is the
mistake of concurrent code: what the author took for atomic is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from itertools import pairwise
from typing import Final, get_args

from checker.constructs.trees import rewritten, walk
from grammar import syntax
from grammar.printer import print_expression, print_statement
from grammar.source import Span


class MutationKind(Enum):
    """What was done, in the words of the docstring above."""

    GUARD = "guard"
    WEAKEN = "weaken"
    BRANCH = "branch"
    REORDER = "reorder"
    SPLIT = "split"
    EFFECT = "effect"


@dataclass(frozen=True, slots=True)
class Mutant:
    """A specification with one change.

    Attributes:
        what: the change, in a few words of the language.
    """

    kind: MutationKind
    span: Span
    what: str
    specification: syntax.Specification


_WEAKER: Final = {"<": "<=", ">": ">=", "<=": "<", ">=": ">"}
_STATEMENTS = get_args(syntax.Stmt)
_MOVABLE = (
    syntax.Assign,
    syntax.CallStmt,
    syntax.AwaitStmt,
    syntax.AtomicStmt,
    syntax.IfStmt,
    syntax.SwitchStmt,
)


def ghosts(specification: syntax.Specification) -> frozenset[str]:
    """Return the names of the ghost variables of a specification."""
    return frozenset(
        node.name.text
        for node in walk(specification)
        if isinstance(node, syntax.VarDecl) and node.is_ghost
    )


def mutants(specification: syntax.Specification, ghost: frozenset[str]) -> Iterator[Mutant]:
    """Yield the mutants in the order of the text.

    Args:
        ghost: names of ghost variables, which are not changed.
    """
    constants = frozenset(
        decl.name.text for decl in specification.declarations if isinstance(decl, syntax.ConstDecl)
    )
    for decl in specification.declarations:
        match decl:
            case syntax.PropertyDecl() | syntax.InterfaceDecl():
                continue
            case _:
                pass
        indivisible = _indivisible(decl)
        for node in walk(decl):
            if isinstance(node, syntax.IfStmt) and _is_constant(node.condition, constants):
                continue
            for kind, place, what, new in _changes(
                node, ghost, is_one_step=id(node) in indivisible
            ):
                yield Mutant(kind, place.span, what, _with(specification, node, new))


def _indivisible(decl: syntax.Decl) -> frozenset[int]:
    """Return the identities of the blocks of a declaration that are parts of one step."""
    return frozenset(
        id(block)
        for node in walk(decl)
        if isinstance(node, syntax.AtomicStmt | syntax.ActionDecl)
        for block in walk(node)
        if isinstance(block, syntax.Block)
    )


def _is_constant(condition: syntax.Expr, constants: frozenset[str]) -> bool:
    """Whether a condition selects code by constants, and so is no part of the system."""
    names = {node.name for node in walk(condition) if isinstance(node, syntax.NameRef)}
    return bool(names) and names <= constants


_Change = tuple[MutationKind, syntax.Node, str, syntax.Node]


def _with(
    specification: syntax.Specification, old: syntax.Node, new: syntax.Node
) -> syntax.Specification:
    return rewritten(specification, lambda node: new if node is old else None)


def _changes(node: syntax.Node, ghost: frozenset[str], *, is_one_step: bool) -> Iterator[_Change]:
    match node:
        case syntax.ActionDecl(guards=guards):
            yield from _guards(node, guards)
        case syntax.AwaitStmt(condition):
            yield MutationKind.GUARD, node, _short(node), syntax.Skip(span=node.span)
            for what, weaker in _weaker(condition):
                yield MutationKind.WEAKEN, node, what, replace(node, condition=weaker)
        case syntax.ChooseStmt(_, condition) if condition is not None:
            yield MutationKind.GUARD, node, _short(node), replace(node, condition=None)
        case syntax.IfStmt():
            yield from _branches(node)
        case syntax.WhileStmt(condition):
            for what, weaker in _weaker(condition):
                yield MutationKind.WEAKEN, node, what, replace(node, condition=weaker)
        case syntax.Block(statements):
            yield from _swaps(node, statements, ghost, is_one_step=is_one_step)
            yield from _split_reads(node, statements)
        case syntax.AtomicStmt(body) if _counted(body, ghost) > 1:
            yield MutationKind.SPLIT, node, _short(node), replace(body, span=node.span)
        case syntax.SwitchStmt():
            yield MutationKind.EFFECT, node, _short(node), syntax.Skip(span=node.span)
        case syntax.Assign() | syntax.CallStmt() if not _is_ghost(node, ghost):
            yield MutationKind.EFFECT, node, _short(node), syntax.Skip(span=node.span)
        case _:
            pass


def _guards(node: syntax.ActionDecl, guards: tuple[syntax.Expr, ...]) -> Iterator[_Change]:
    for number, guard in enumerate(guards):
        others = (*guards[:number], *guards[number + 1 :])
        what = f"requires {print_expression(guard)}"
        yield MutationKind.GUARD, guard, what, replace(node, guards=others)
        for told, weaker in _weaker(guard):
            changed = (*guards[:number], weaker, *guards[number + 1 :])
            yield MutationKind.WEAKEN, guard, told, replace(node, guards=changed)


def _branches(node: syntax.IfStmt) -> Iterator[_Change]:
    match node.condition:
        case syntax.Call(syntax.NameRef("cas"), (place, before, after)):
            compared = syntax.Binary("=", place.value, before.value, span=node.condition.span)
            stored = syntax.Assign((place.value,), (after.value,), span=node.condition.span)
            then = replace(node.then, statements=(stored, *node.then.statements))
            what = print_expression(node.condition)
            split = replace(node, condition=compared, then=then)
            yield MutationKind.SPLIT, node, what, split
        case syntax.Unary("not", syntax.Call(syntax.NameRef("test_and_set"), (place,))):
            was_free = syntax.Unary("not", place.value, span=node.condition.span)
            taken = syntax.BoolLit(True, span=node.condition.span)
            stored = syntax.Assign((place.value,), (taken,), span=node.condition.span)
            then = replace(node.then, statements=(stored, *node.then.statements))
            split = replace(node, condition=was_free, then=then)
            yield MutationKind.SPLIT, node, print_expression(node.condition), split
        case syntax.Call() | syntax.Unary("not", syntax.Call()):
            pass
        case condition:
            # Not `true`: the code after a branch that is always taken would be none.
            no = syntax.Unary("not", condition, span=condition.span)
            either = syntax.Binary("or", condition, no, span=condition.span)
            yes = replace(node, condition=either)
            yield MutationKind.BRANCH, condition, f"if {print_expression(condition)}", yes
            for what, weaker in _weaker(condition):
                yield MutationKind.WEAKEN, condition, what, replace(node, condition=weaker)


def _weaker(condition: syntax.Expr) -> Iterator[tuple[str, syntax.Expr]]:
    """Yield conditions with one conjunct less, or one comparison that is off by one."""
    match condition:
        case syntax.Binary("and", left, right):
            yield f"without `{print_expression(right)}`", left
            yield f"without `{print_expression(left)}`", right
            for what, weaker in _weaker(left):
                yield what, replace(condition, left=weaker)
            for what, weaker in _weaker(right):
                yield what, replace(condition, right=weaker)
        case syntax.Binary(op) if op in _WEAKER:
            weaker = replace(condition, op=_WEAKER[op])
            yield f"`{_WEAKER[op]}` in `{print_expression(condition)}`", weaker
        case _:
            pass


def _swaps(
    node: syntax.Block,
    statements: tuple[syntax.Stmt, ...],
    ghost: frozenset[str],
    *,
    is_one_step: bool,
) -> Iterator[_Change]:
    """Exchange neighbours that both do something, and within one step do not commute."""
    for number, (first, second) in enumerate(pairwise(statements)):
        both = (first, second)
        if not all(isinstance(each, _MOVABLE) for each in both):
            continue
        if any(_is_ghost(each, ghost) for each in both):
            continue
        if is_one_step and _commute(first, second):
            continue
        changed = (*statements[:number], second, first, *statements[number + 2 :])
        what = f"`{_short(second)}` before `{_short(first)}`"
        yield MutationKind.REORDER, first, what, replace(node, statements=changed)


_PLAIN = (syntax.Assign, syntax.IfStmt, syntax.Block, syntax.Skip)
_CHECKS = (syntax.AwaitStmt, syntax.ChooseStmt, syntax.AssertStmt)


def _commute(first: syntax.Stmt, second: syntax.Stmt) -> bool:
    """Whether it makes no difference in which order two statements of one step are carried out.

    Neither writes what the other mentions, and neither leaves the code or calls any other.
    """
    both = (first, second)
    statements = [n for each in both for n in walk(each) if isinstance(n, _STATEMENTS)]
    if not all(isinstance(each, (*_PLAIN, *_CHECKS)) for each in statements):
        return False
    if any(isinstance(node, syntax.Call) for each in both for node in walk(each)):
        return False
    mentioned = [
        {node.name for node in walk(each) if isinstance(node, syntax.NameRef)} for each in both
    ]
    written = [{name for node in walk(each) for name in _written(node)} for each in both]
    return not (written[0] & mentioned[1] or written[1] & mentioned[0])


def _written(node: syntax.Node) -> frozenset[str]:
    match node:
        case syntax.Assign(targets):
            return frozenset(name for target in targets for name in _base(target))
        case _:
            return frozenset()


def _split_reads(node: syntax.Block, statements: tuple[syntax.Stmt, ...]) -> Iterator[_Change]:
    """Write `let x = swap(place, value)`, and what is like it, as a load and a store."""
    for number, statement in enumerate(statements):
        let = statement.statement if isinstance(statement, syntax.LabelStmt) else statement
        halves = _halves(let) if isinstance(let, syntax.LetStmt) else None
        if halves is None:
            continue
        read, write = halves
        first = _relabelled(statement, read)
        changed = (*statements[:number], first, write, *statements[number + 1 :])
        what = _short(let)
        yield MutationKind.SPLIT, statement, what, replace(node, statements=changed)


def _relabelled(statement: syntax.Stmt, instead: syntax.Stmt) -> syntax.Stmt:
    """Return another statement with the label that a statement has, if any."""
    match statement:
        case syntax.LabelStmt():
            return replace(statement, statement=instead)
        case _:
            return instead


def _halves(let: syntax.LetStmt) -> tuple[syntax.Stmt, syntax.Stmt] | None:
    """Return the load and the store of a hardware primitive."""
    span = let.value.span
    match let.value:
        case syntax.Call(syntax.NameRef("swap"), (place, value)):
            stored = value.value
        case syntax.Call(syntax.NameRef("fetch_add"), (place, value)):
            before = syntax.NameRef(let.name.text, span=span)
            stored = syntax.Binary("+", before, value.value, span=span)
        case syntax.Call(syntax.NameRef("test_and_set"), (place,)):
            stored = syntax.BoolLit(True, span=span)
        case _:
            return None
    read = replace(let, value=place.value)
    return read, syntax.Assign((place.value,), (stored,), span=span)


def _counted(body: syntax.Block, ghost: frozenset[str]) -> int:
    """Count the statements of a block that are part of the system."""
    return sum(not _is_ghost(each, ghost) for each in body.statements)


def _is_ghost(node: syntax.Stmt, ghost: frozenset[str]) -> bool:
    """Whether a statement only serves to check."""
    match node:
        case syntax.Assign(targets):
            return any(_base(target) & ghost for target in targets)
        case syntax.AssertStmt():
            return True
        case syntax.AtomicStmt(body):
            return _counted(body, ghost) == 0
        case _:
            return False


def _base(target: syntax.Expr) -> frozenset[str]:
    """Return the names in the place of an assignment, without its indices."""
    match target:
        case syntax.NameRef(name):
            return frozenset({name})
        case syntax.FieldAccess(base, name):
            return _base(base) | {name.text}
        case syntax.IndexAccess(base):
            return _base(base)
        case _:
            return frozenset()


def _short(node: syntax.Stmt) -> str:
    text = " ".join(print_statement(node).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
