"""Two questions about the text of a body: does control reach its end, and what does it assign?

Both are answered from the syntax alone, before anything is elaborated.
"""

from __future__ import annotations

from typing import assert_never

from grammar import syntax


def completes(statement: syntax.Stmt) -> bool:
    """Tell whether control can reach the end of the statement."""
    match statement:
        case syntax.ReturnStmt() | syntax.BreakStmt() | syntax.ContinueStmt():
            return False
        case syntax.LoopStmt(body) | syntax.WhileStmt(syntax.BoolLit(True), body):
            return _breaks(body)
        case syntax.IfStmt(otherwise=None):
            return True
        case syntax.Block():
            return all(completes(each) for each in _inside(statement))
        case syntax.IfStmt() | syntax.EitherStmt() | syntax.AtomicStmt() | syntax.LabelStmt():
            return any(completes(each) for each in _inside(statement))
        case _:
            return True


def _breaks(statement: syntax.Stmt) -> bool:
    """Tell whether the statement can leave the loop around it by `break`."""
    match statement:
        case syntax.BreakStmt():
            return True
        case syntax.LoopStmt() | syntax.WhileStmt() | syntax.ForStmt():
            return False
        case _:
            return any(_breaks(each) for each in _inside(statement))


def names_assigned(statement: syntax.Stmt) -> frozenset[str]:
    """Return the names that are assigned in the statement, wholly or in part."""
    if isinstance(statement, syntax.Assign):
        roots = (_root(target) for target in statement.targets)
        return frozenset(root for root in roots if root is not None)
    return frozenset[str]().union(*(names_assigned(each) for each in _inside(statement)))


def _root(node: syntax.Expr) -> str | None:
    match node:
        case syntax.NameRef(name):
            return name
        case syntax.IndexAccess(base) | syntax.FieldAccess(base) | syntax.TupleAccess(base):
            return _root(base)
        case _:
            return None


def _inside(statement: syntax.Stmt) -> tuple[syntax.Stmt, ...]:
    """Return the statements directly within this one."""
    match statement:
        case syntax.Block(statements):
            return statements
        case syntax.IfStmt(_, then, otherwise):
            return (then,) if otherwise is None else (then, otherwise)
        case syntax.EitherStmt(branches):
            return branches
        case syntax.LabelStmt(_, inner):
            return (inner,)
        case (
            syntax.WhileStmt(body=body)
            | syntax.LoopStmt(body)
            | syntax.ForStmt(body=body)
            | syntax.AtomicStmt(body)
        ):
            return (body,)
        case (
            syntax.Skip()
            | syntax.Assign()
            | syntax.VarStmt()
            | syntax.LetStmt()
            | syntax.ChooseStmt()
            | syntax.BreakStmt()
            | syntax.ContinueStmt()
            | syntax.AwaitStmt()
            | syntax.SwitchStmt()
            | syntax.AssertStmt()
            | syntax.ReturnStmt()
            | syntax.CallStmt()
        ):
            return ()
        case _:
            assert_never(statement)
