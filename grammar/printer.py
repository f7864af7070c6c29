"""Syntax to text: `print_specification` and its likes keep the law `parse(print(tree)) == tree`.

`StatementPrinter` sets statements and declarations as `grammar.print_expressions` sets expressions;
`Invented` tokens make a text of a tree that none wrote. `grammar.formatter` is the other source.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias, TypeVar, assert_never

from grammar import syntax
from grammar.layout import (
    BLANK,
    NOTHING,
    Break,
    Layout,
    LineEnd,
    Remark,
    Text,
    broken,
    group,
    hang,
    indent,
    join,
    must_break,
    render,
)
from grammar.operators import BINARY
from grammar.print_expressions import Bracketable, ExpressionPrinter, Room, Tokens

ONE_LINE: Final = sys.maxsize
"""A width that no text reaches."""

T = TypeVar("T")
Part: TypeAlias = (
    syntax.ClusterPart
    | syntax.OperationDecl
    | syntax.OnCall
    | syntax.Transfer
    | syntax.Binding
    | syntax.Image
    | syntax.Helper
)
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}


class Lines(Tokens, Protocol):
    """Tokens, and what stands between the lines that they make.

    An item is a declaration or a statement that begins a line, or the header of the file.
    """

    def before(self, item: syntax.Node, previous: syntax.Node | None) -> Layout:
        """Begin the line of an item; `previous` is None for the first one inside of braces."""

    def after(self) -> Layout:
        """End an item, not its line."""

    def documentation(self, doc: str) -> Layout:
        """Set `///` lines."""

    def at_end(self) -> Layout:
        """Set what stands between the last item and what ends its surroundings."""

    def is_on_line(self, *, otherwise: bool) -> bool:
        """Whether the bracket that comes next is closed on its line."""


@dataclass(frozen=True, slots=True)
class StatementPrinter:
    """Sets statements and declarations."""

    tokens: Lines
    inner: ExpressionPrinter

    # --- declarations -----------------------------------------------------------------------------

    def specification(self, node: syntax.Specification) -> Layout:
        """Set a whole file."""
        pieces = [
            self.tokens.before(node.name, None),
            self.inner.words("spec", node.name.text),
            self.tokens.after(),
            self.tokens.documentation(node.doc),
            self._declarations(node.declarations, node.name),
            self.tokens.at_end(),
        ]
        return join(pieces)

    def _declarations(self, nodes: Sequence[syntax.Decl], previous: syntax.Node | None) -> Layout:
        pieces = []
        for node in nodes:
            pieces += [self.tokens.before(node, previous), self.tokens.documentation(node.doc)]
            pieces += [self.declaration(node), self.tokens.after()]
            previous = node
        return join(pieces)

    def declaration(self, node: syntax.Decl) -> Layout:
        """Set a declaration without its documentation."""
        match node:
            case syntax.ImportDecl():
                return self._import(node)
            case syntax.ConstDecl(name, type_, value):
                head = self._head("const", name)
                return group(head, self._typed(type_), self._assigned("=", value))
            case syntax.SortDecl(keyword, name, size):
                return join((self._head(keyword, name), self._size(size)))
            case syntax.EnumDecl(name, members):
                head = self._head("enum", name)
                return join((head, BLANK, self._braced(members, self.inner.name)))
            case syntax.TypeDecl(name, type_):
                head = join((self._head("type", name), BLANK, self.tokens.take("="), BLANK))
                return join((head, self.inner.type(type_)))
            case syntax.RecordDecl(name, fields):
                head = self._head("record", name)
                return join((head, BLANK, self._braced(fields, self._field)))
            case syntax.VarDecl():
                return self._variable(node)
            case syntax.ObjectDecl(name, members):
                return self._enclosed(join((self._head("object", name), BLANK)), members)
            case syntax.PropertyDecl():
                return self._property(node)
            case syntax.FailureDecl(kind, index, bound, body):
                head = join((self.tokens.take(kind), self._where(index, bound)))
                return join((head, BLANK, self.block(body)))
            case syntax.LockOrderDecl(chains):
                word = join((self.tokens.take("lock order"), BLANK))
                return join((word, group(indent(self.inner.listed(chains, self._chain)))))
            case syntax.RefinementDecl(abstract, images, fairness):
                word = join((self._fairness(fairness), self.tokens.take("refines"), BLANK))
                whole = (self.inner.path(abstract), BLANK, self.tokens.take("with"), BLANK)
                return self._enclosed(join((word, *whole)), images)
            case syntax.RankingDecl(name, parameters, helpers):
                head = join((self.tokens.take("rank of"), BLANK, self.inner.name(name)))
                if parameters:
                    head = join((head, self.inner.bracketed("(", parameters, self.inner.name, ")")))
                return self._enclosed(join((head, BLANK)), helpers)
            case (
                syntax.InterfaceDecl()
                | syntax.ClusterDecl()
                | syntax.ProtocolDecl()
                | syntax.CheckDecl()
                | syntax.ChannelDecl()
            ):
                return self._construct(node)
            case _:
                return self._code(node)

    def _enclosed(self, head: Layout, parts: Sequence[Part], *, may_stay: bool = False) -> Layout:
        """Set parts in braces, each on lines of its own.

        Args:
            may_stay: a single part without documentation stays on the line of its braces if it
                stands there.
        """
        stays = may_stay and self.tokens.is_on_line(otherwise=False)
        opening = join((head, self.tokens.take("{")))
        match parts:
            case (part,) if stays:
                inside = indent(Break.BLANK, self._part(part))
                return group(opening, inside, Break.BLANK, self.tokens.take("}"))
            case _:
                inside = indent(*self._lines_of(parts), self.tokens.at_end())
                return join((opening, inside, self._end_of(inside), self.tokens.take("}")))

    def _lines_of(self, parts: Sequence[Part]) -> list[Layout]:
        lines = []
        previous: Part | None = None
        for part in parts:
            lines += [self.tokens.before(part, previous), self._part(part), self.tokens.after()]
            previous = part
        return lines

    def _part(self, node: Part) -> Layout:
        """Set what stands in the braces of a declaration, with its documentation."""
        match node:
            case syntax.RootPart(variables):
                head = join((self.tokens.take("root"), BLANK))
                return self._enclosed(head, variables, may_stay=True)
            case syntax.RepPart(variables):
                head = join((self.tokens.take("rep"), BLANK))
                return self._enclosed(head, variables, may_stay=True)
            case syntax.MissPart(body):
                return join((self.tokens.take("miss"), BLANK, self.block(body)))
            case syntax.RepresentsPart(bindings):
                word = join((self.tokens.take("represents"), BLANK))
                return join((word, group(indent(self.inner.listed(bindings, self._binding)))))
            case syntax.OnCall(body):
                return join((self.inner.words("on", "call"), BLANK, self.block(body)))
            case syntax.Transfer(pair, body):
                head = self.tokens.take("transfer")
                if pair is not None:
                    head = join((head, BLANK, self._arrows(pair)))
                return join((head, BLANK, self.block(body)))
            case syntax.Binding():
                return self._binding(node)
            case syntax.Image():
                return self._image(node)
            case syntax.Helper(step, condition, measures):
                head = join((self.tokens.take("step"), BLANK, self.inner.expression(step)))
                where = join((self.tokens.take("where"), self.inner.hanging(condition)))
                word = join((self.tokens.take("decreases"), BLANK))
                ranks = group(word, indent(self.inner.listed(measures, self.inner.expression)))
                return group(head, indent(Break.BLANK, where, Break.BLANK, ranks))
            case syntax.OperationDecl() | syntax.MethodDecl():
                return join((self.tokens.documentation(node.doc), self._callable(node)))
            case _:
                return join((self.tokens.documentation(node.doc), self.declaration(node)))

    def _callable(self, node: syntax.OperationDecl | syntax.MethodDecl) -> Layout:
        keyword = "op" if isinstance(node, syntax.OperationDecl) else "method"
        head = join((self._head(keyword, node.name), self._parameters(node.parameters)))
        return join((head, self._typed(node.result), BLANK, self.block(node.body)))

    def _construct(self, node: syntax.Construct) -> Layout:
        take, words = self.tokens.take, self.inner.words
        match node:
            case syntax.InterfaceDecl(name, parts):
                return self._enclosed(join((self._head("interface", name), BLANK)), parts)
            case syntax.ClusterDecl(name, processors, interface, parts):
                head = words("clustered", "object", name.text)
                if processors is not None:
                    head = join((head, BLANK, take("on"), BLANK, self.inner.type(processors)))
                head = join((head, BLANK, words("implements", interface.text), BLANK))
                return self._enclosed(head, parts)
            case syntax.ProtocolDecl(name, source, target, parts):
                head = join((take("swap protocol"), BLANK, self.inner.name(name)))
                names = self.inner.bracketed("(", (source, target), self.inner.name, ")")
                return self._enclosed(join((head, names, BLANK)), parts)
            case syntax.ChannelDecl(name, capacity, index, type_, faults):
                head = join((words("channel", name.text), self._size(capacity)))
                head = join((head, self._where(index, None), take(":"), BLANK))
                head = join((head, self.inner.type(type_)))
                if not faults:
                    return head
                return group(head, indent(Break.BLANK, self.inner.listed(faults, self._fault)))
            case syntax.CheckDecl(None, objects, parts):
                head = join((words("check", objects[0].text), BLANK))
                return self._enclosed(head, parts, may_stay=True)
            case syntax.CheckDecl(protocol, objects, parts):
                assert protocol is not None
                head = join((words("check", "swap"), BLANK, self.inner.path(protocol), take(":")))
                return self._enclosed(join((head, BLANK, self._arrows(objects), BLANK)), parts)
            case _:
                assert_never(node)

    def _fault(self, node: syntax.Fault) -> Layout:
        return join((self.inner.name(node.name), self._where(None, node.bound)))

    def _chain(self, locks: Sequence[syntax.Path]) -> Layout:
        pieces: list[Layout] = [self.inner.path(locks[0])]
        for lock in locks[1:]:
            pieces += [BLANK, self.tokens.take("<"), BLANK, self.inner.path(lock)]
        return join(pieces)

    def _arrows(self, names: Sequence[syntax.Name]) -> Layout:
        pieces: list[Layout] = [self.inner.name(names[0])]
        for name in names[1:]:
            pieces += [BLANK, self.tokens.take("->"), BLANK, self.inner.name(name)]
        return join(pieces)

    def _code(
        self,
        node: syntax.ProcedureDecl | syntax.FunctionDecl | syntax.ActionDecl | syntax.ProcessDecl,
    ) -> Layout:
        match node:
            case syntax.ProcedureDecl(name, parameters, result, body):
                head = join((self._head("procedure", name), self._parameters(parameters)))
                return join((head, self._typed(result), BLANK, self.block(body)))
            case syntax.FunctionDecl(name, parameters, result, body):
                head = join((self._head("function", name), self._parameters(parameters)))
                return join((head, self._typed(result), self._assigned("=", body)))
            case syntax.ActionDecl(name, parameters, guards, body, fairness):
                word = self._fairness(fairness)
                head = join((word, self._head("action", name), self._parameters(parameters)))
                return join((self._guarded(head, guards), self.block(body)))
            case syntax.ProcessDecl():
                return self._process(node)
            case _:
                assert_never(node)

    def _process(self, node: syntax.ProcessDecl) -> Layout:
        word = "interrupt" if node.is_interrupt else "process"
        head = join((self._fairness(node.fairness), self._head(word, node.name)))
        head = join((head, self._where(node.index, node.bound)))
        return join((self._guarded(head, node.guards), self.block(node.body)))

    def _where(self, index: syntax.TypeExpr | None, bound: syntax.Expr | None) -> Layout:
        """Set on which processors something happens, and how often at most."""
        pieces: list[Layout] = []
        if index is not None:
            pieces += [BLANK, self.tokens.take("on"), BLANK, self.inner.type(index)]
        if bound is not None:
            pieces.append(self._at_most(bound))
        return join(pieces)

    def _at_most(self, bound: syntax.Expr) -> Layout:
        room = Room(BINARY["+"].level, is_last=False)
        return join((BLANK, self.tokens.take("<="), BLANK, self.inner.expression(bound, room)))

    def _fairness(self, fairness: str | None) -> Layout:
        return NOTHING if fairness is None else join((self.inner.words(*fairness.split()), BLANK))

    def _image(self, node: syntax.Image) -> Layout:
        target = self.inner.expression(node.target)
        if node.place is not None:
            at = (BLANK, self.tokens.take("at"), BLANK, self.inner.path(node.place))
            target = join((target, *at))
        return join((target, BLANK, self.tokens.take("="), self.inner.hanging(node.value)))

    def _head(self, keyword: str, name: syntax.Name) -> Layout:
        return self.inner.words(keyword, name.text)

    def _import(self, node: syntax.ImportDecl) -> Layout:
        pieces = [self.tokens.take("import"), BLANK]
        if node.is_file:
            pieces.append(self.tokens.take(quoted(node.target)))
        else:
            names = tuple(syntax.Name(part) for part in node.target.split("."))
            pieces.append(self.inner.path(syntax.Path(names)))
        is_renamed = node.is_file or node.alias.text != node.target.rsplit(".", 1)[-1]
        if self.tokens.sees("as", otherwise=is_renamed):
            pieces += [BLANK, self.inner.words("as", node.alias.text)]
        if node.bindings:
            pieces.append(self.inner.bracketed("(", node.bindings, self._binding, ")"))
        return join(pieces)

    def _binding(self, node: syntax.Binding) -> Layout:
        name = self.inner.name(node.name)
        return join((name, BLANK, self.tokens.take("="), self.inner.hanging(node.value)))

    def _typed(self, type_: syntax.TypeExpr | None) -> Layout:
        if type_ is None:
            return NOTHING
        return join((self.tokens.take(":"), BLANK, self.inner.type(type_)))

    def _assigned(self, sign: str, value: syntax.Expr | None) -> Layout:
        if value is None:
            return NOTHING
        return join((BLANK, self.tokens.take(sign), self.inner.hanging(value)))

    def _size(self, size: syntax.Expr | None) -> Layout:
        if size is None:
            return NOTHING
        return join((self.tokens.take("["), self.inner.expression(size), self.tokens.take("]")))

    def _field(self, node: syntax.FieldDecl) -> Layout:
        return join((self.inner.name(node.name), self._typed(node.type)))

    def _parameters(self, nodes: Sequence[syntax.FieldDecl]) -> Layout:
        return self.inner.bracketed("(", nodes, self._field, ")")

    def _braced(self, nodes: Sequence[T], setter: Callable[[T], Layout]) -> Layout:
        """Set a list in braces; a comma may follow the last one where the text has it."""
        is_on_line = self.tokens.is_on_line(otherwise=True)
        opening = self.tokens.take("{")
        listed = self.inner.listed(nodes, setter)
        comma = self.tokens.take(",") if self.tokens.sees(",", otherwise=False) else NOTHING
        whole = join((opening, indent(Break.BLANK, listed, comma), Break.BLANK))
        whole = join((whole, self.tokens.take("}")))
        return group(whole) if is_on_line else broken(whole)

    def _variable(self, node: syntax.VarDecl) -> Layout:
        ghost = join((self.tokens.take("ghost"), BLANK)) if node.is_ghost else NOTHING
        head = join((ghost, self._head("var", node.name), self._typed(node.type)))
        value = self._assigned("=", node.value)
        return join((head, value, self._assigned("in", node.choices)))

    def _guarded(self, head: Layout, guards: Sequence[syntax.Expr]) -> Layout:
        """Set the guards of an action on the line of its head, or on lines of their own."""
        is_broken = False
        pieces = []
        for guard in guards:
            is_broken |= self.tokens.starts_line()
            word = self.tokens.take("requires")
            pieces += [Break.BLANK, word, BLANK, indent(self.inner.expression(guard))]
        if not pieces:
            return join((head, BLANK))
        whole = join((head, indent(*pieces), Break.BLANK))
        return broken(whole) if is_broken else group(whole)

    def _property(self, node: syntax.PropertyDecl) -> Layout:
        if node.name is None:
            word = self.tokens.take(node.kind)
            return join((word, BLANK, indent(self.inner.expression(node.expression))))
        head = self._head(node.kind, node.name)
        if node.bound is not None:
            head = join((head, self._at_most(node.bound)))
        head = join((head, self.tokens.take(":")))
        return join((head, self.inner.hanging(node.expression)))

    # --- statements -------------------------------------------------------------------------------

    def block(self, node: syntax.Block) -> Layout:
        """Set a block; a single statement stays on the line of its braces if it stands there."""
        is_on_line = self.tokens.is_on_line(otherwise=False)
        opening = self.tokens.take("{")
        match node.statements:
            case (statement,) if is_on_line:
                inside = indent(Break.BLANK, self.statement(statement))
                return group(opening, inside, Break.BLANK, self.tokens.take("}"))
            case statements:
                inside = indent(self._statements(statements), self.tokens.at_end())
                return join((opening, inside, self._end_of(inside), self.tokens.take("}")))

    def _end_of(self, inside: Layout) -> Layout:
        """What stands before the brace that ends `inside`; empty braces are `{ }`."""
        return LineEnd(is_double=False) if must_break(inside) else BLANK

    def _statements(self, nodes: Sequence[syntax.Stmt]) -> Layout:
        pieces = []
        previous = None
        for node in nodes:
            pieces.append(self.tokens.before(node, previous))
            pieces += [self.statement(node), self.tokens.after()]
            previous = node
        return join(pieces)

    def statement(self, node: syntax.Stmt) -> Layout:
        """Set one statement."""
        take = self.tokens.take
        match node:
            case syntax.Block():
                return self.block(node)
            case syntax.Skip():
                return take("skip")
            case syntax.Assign(targets, values):
                return self._assign(targets, values)
            case syntax.VarStmt(name, type_, value):
                head = join((self._head("var", name), self._typed(type_)))
                return join((head, self._assigned("=", value)))
            case syntax.LetStmt(name, value):
                return join((self._head("let", name), self._assigned("=", value)))
            case syntax.ChooseStmt(binder, condition):
                head = join((take("choose"), BLANK, self.inner.binder(binder)))
                return group(head, self.inner.where(condition))
            case syntax.BreakStmt():
                return take("break")
            case syntax.ContinueStmt():
                return take("continue")
            case syntax.SwitchStmt(is_on):
                return take("enable" if is_on else "disable")
            case syntax.AwaitStmt(condition):
                return join((take("await"), BLANK, indent(self.inner.expression(condition))))
            case syntax.AssertStmt(condition, message):
                claim = join((take("assert"), BLANK, indent(self.inner.expression(condition))))
                if message is None:
                    return claim
                return join((claim, take(","), BLANK, take(quoted(message))))
            case syntax.ReturnStmt(value):
                word = take("return")
                if value is None:
                    return word
                return join((word, BLANK, indent(self.inner.expression(value))))
            case syntax.LabelStmt(label, statement, fairness):
                word = self._fairness(fairness)
                head = join((word, self.inner.name(label), take(":"), BLANK))
                return join((head, self.statement(statement)))
            case syntax.CallStmt(call):
                return self.inner.call(call)
            case _:
                return self._compound(node)

    def _assign(self, targets: Sequence[syntax.Expr], values: Sequence[syntax.Expr]) -> Layout:
        left = group(indent(self.inner.listed(targets, self.inner.expression)))
        sign = join((left, BLANK, self.tokens.take(":=")))
        if len(values) == 1:
            return join((sign, self.inner.hanging(values[0])))
        is_below = self.tokens.starts_line()
        right = group(self.inner.listed(values, self.inner.expression))
        return join((sign, hang(right, hugs=False, is_below=is_below)))

    def _compound(
        self,
        node: syntax.IfStmt
        | syntax.WhileStmt
        | syntax.LoopStmt
        | syntax.ForStmt
        | syntax.EitherStmt
        | syntax.AtomicStmt,
    ) -> Layout:
        take = self.tokens.take
        match node:
            case syntax.IfStmt():
                return self._if(node)
            case syntax.WhileStmt(condition, body):
                return join((self._condition("while", condition), self.block(body)))
            case syntax.LoopStmt(body):
                return join((take("loop"), BLANK, self.block(body)))
            case syntax.ForStmt(binder, body):
                head = join((take("for"), BLANK, self.inner.binder(binder), BLANK))
                return join((head, self.block(body)))
            case syntax.EitherStmt(branches):
                pieces: list[Layout] = []
                for branch in branches:
                    word = join((BLANK, take("or"))) if pieces else take("either")
                    pieces += [word, BLANK, self.block(branch)]
                return join(pieces)
            case syntax.AtomicStmt(body):
                word = take("atomic")
                if self.tokens.sees("{", otherwise=True):
                    return join((word, BLANK, self.block(body)))
                return join((word, BLANK, self.statement(body.statements[0])))
            case _:
                assert_never(node)

    def _condition(self, word: str, condition: syntax.Expr) -> Layout:
        """Set a condition before a block; its lines are indented more than those of the block."""
        return join(
            (self.tokens.take(word), BLANK, indent(indent(self.inner.expression(condition))), BLANK)
        )

    def _if(self, node: syntax.IfStmt) -> Layout:
        head = join((self._condition("if", node.condition), self.block(node.then)))
        if node.otherwise is None:
            return head
        word = join((BLANK, self.tokens.take("else"), BLANK))
        match node.otherwise.statements:
            case (syntax.IfStmt() as following,) if self.tokens.sees("if", otherwise=True):
                return join((head, word, self._if(following)))
            case _:
                return join((head, word, self.block(node.otherwise)))


# --- trees without a text -------------------------------------------------------------------------


class Invented:
    """Tokens for a tree that no text wrote."""

    def take(self, text: str) -> Layout:
        """Set the token as it is."""
        return Text(text)

    def sees(self, text: str, *, otherwise: bool) -> bool:
        """No text tells."""
        return otherwise

    def starts_line(self) -> bool:
        """No text has lines."""
        return False

    def parentheses(self, node: Bracketable, *, needed: bool) -> int:
        """One pair where the grammar asks for it."""
        return int(needed)

    def before(self, item: syntax.Node, previous: syntax.Node | None) -> Layout:
        """Keep large declarations, and those of different kinds, apart."""
        is_apart = isinstance(item, syntax.DeclNode) and previous is not None
        large = (
            syntax.ObjectDecl,
            syntax.ProcedureDecl,
            syntax.ActionDecl,
            syntax.ProcessDecl,
            syntax.InterfaceDecl,
            syntax.OperationDecl,
            syntax.ClusterDecl,
            syntax.MethodDecl,
            syntax.ProtocolDecl,
            syntax.CheckDecl,
        )
        is_alike = type(item) is type(previous) and not isinstance(item, large)
        return LineEnd(is_double=is_apart and not is_alike)

    def after(self) -> Layout:
        """Nothing."""
        return NOTHING

    def documentation(self, doc: str) -> Layout:
        """Write the lines of a declaration's documentation."""
        if not doc:
            return NOTHING
        return join(Remark(f"/// {line}".rstrip(), owns_line=True) for line in doc.split("\n"))

    def at_end(self) -> Layout:
        """Nothing."""
        return NOTHING

    def is_on_line(self, *, otherwise: bool) -> bool:
        """No text tells."""
        return otherwise


def quoted(text: str) -> str:
    """Write a string as the language does."""
    return '"' + "".join(_ESCAPES.get(char, char) for char in text) + '"'


def _printer() -> StatementPrinter:
    tokens = Invented()
    return StatementPrinter(tokens, ExpressionPrinter(tokens))


def print_specification(node: syntax.Specification) -> str:
    """Return the text of a whole file."""
    return render(_printer().specification(node))


def print_statement(node: syntax.Stmt) -> str:
    """Return the text of a statement, without a line end."""
    return render(_printer().statement(node)).removesuffix("\n")


def print_expression(node: syntax.Expr) -> str:
    """Return the text of an expression on one line, as messages quote it."""
    return render(_printer().inner.expression(node), ONE_LINE).removesuffix("\n")


def print_type(node: syntax.TypeExpr) -> str:
    """Return the text of a type."""
    return render(_printer().inner.type(node), ONE_LINE).removesuffix("\n")
