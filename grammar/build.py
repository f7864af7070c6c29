"""Parse trees to syntax nodes.

The trees come from `grammar.parser`, which alone knows who made them; here they are seen through
the protocol `Tree`. A tree is named after its rule or alias in `k42.lark`, and its children are
trees, tokens (strings) and None for what was left out. The functions follow the sections of the
grammar.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from grammar import syntax
from grammar.build_terms import TermBuilder, Tree
from grammar.source import Span

_NAMED_KINDS: Final = frozenset({"invariant", "lemma", "step", "reachable", "property"})


@dataclass(frozen=True, slots=True)
class Builder(TermBuilder):
    """Makes the nodes of one file; `docs` maps the start of a declaration to its `///` text."""

    docs: Mapping[int, str]

    # --- 1. Specifications ------------------------------------------------------------------------

    def specification(self, tree: Tree) -> syntax.Specification:
        """Build the whole file."""
        name, *declarations = tree.children
        return syntax.Specification(
            self._name(name),
            tuple(map(self._declaration, declarations)),
            doc=self._doc(tree),
            span=self._span(tree),
        )

    def _doc(self, tree: Tree) -> str:
        return self.docs.get(tree.meta.start_pos, "")

    def _import(self, tree: Tree) -> syntax.ImportDecl:
        target, alias, bindings = tree.children
        is_file = isinstance(target, str)
        if alias is None and is_file:
            self.collector.error(
                "K020",
                self._span(tree),
                "an imported file needs a name",
                remedy='write `import "file.k42" as Name`',
            )
            alias = target
        return syntax.ImportDecl(
            self._string(target) if is_file else self._path(target).text,
            is_file,
            self._name(alias or target.children[-1]),
            tuple(
                syntax.Binding(self._name(name), self._expression(value), span=self._span(binding))
                for binding in (bindings.children if bindings else ())
                for name, value in [binding.children]
            ),
            doc=self._doc(tree),
            span=self._span(tree),
        )

    # --- 2. Constants and types -------------------------------------------------------------------

    def _field(self, tree: Tree) -> syntax.FieldDecl:
        name, type_ = tree.children
        return syntax.FieldDecl(self._name(name), self._type(type_), span=self._span(tree))

    def _fields(self, trees: Sequence[Tree | None]) -> tuple[syntax.FieldDecl, ...]:
        return tuple(self._field(tree) for tree in trees if tree is not None)

    # --- 3. State, code and properties ------------------------------------------------------------

    def _declaration(self, tree: Tree) -> syntax.Decl:
        span = self._span(tree)
        doc = self._doc(tree)
        children = tree.children
        match tree.data:
            case "import":
                return self._import(tree)
            case "constant":
                return syntax.ConstDecl(
                    self._name(children[0]),
                    self._optional_type(children[1]),
                    self._optional(children[2]),
                    doc=doc,
                    span=span,
                )
            case "sort":
                keyword, name, size = children
                return syntax.SortDecl(
                    str(keyword), self._name(name), self._optional(size), doc=doc, span=span
                )
            case "enum":
                name, *members = map(self._name, children)
                return syntax.EnumDecl(name, tuple(members), doc=doc, span=span)
            case "type_alias":
                name, type_ = children
                return syntax.TypeDecl(self._name(name), self._type(type_), doc=doc, span=span)
            case "record":
                name, *fields = children
                return syntax.RecordDecl(self._name(name), self._fields(fields), doc=doc, span=span)
            case "object":
                name, members = children
                return syntax.ObjectDecl(
                    self._name(name),
                    tuple(map(self._declaration, members.children)),
                    doc=doc,
                    span=span,
                )
            case "process":
                fairness, name, index, body = children
                return syntax.ProcessDecl(
                    self._name(name),
                    self._optional_type(index),
                    self._block(body),
                    self._fairness(fairness),
                    doc=doc,
                    span=span,
                )
            case "interrupt":
                name, index, _sign, bound, guards, body = children
                return syntax.ProcessDecl(
                    self._name(name),
                    self._optional_type(index),
                    self._block(body),
                    is_interrupt=True,
                    bound=self._optional(bound),
                    guards=self._expressions(guards),
                    doc=doc,
                    span=span,
                )
            case "failure":
                word, index, _sign, bound, body = children
                return syntax.FailureDecl(
                    str(word),
                    self._optional_type(index),
                    self._optional(bound),
                    self._block(body),
                    doc=doc,
                    span=span,
                )
            case "lock_order":
                chains = (tree for tree in children if not isinstance(tree, str))
                return syntax.LockOrderDecl(tuple(map(self._chain, chains)), doc=doc, span=span)
            case "refinement":
                return self._refinement(tree, span, doc)
            case "ranking":
                return self._ranking(tree, span, doc)
            case "interface" | "cluster" | "protocol" | "check_object" | "check_swap" | "channel":
                return self._construct(tree, span, doc)
            case _:
                return self._member(tree, span, doc)

    def _construct(self, tree: Tree, span: Span, doc: str) -> syntax.Construct:
        match tree.data:
            case "interface":
                name, *parts = tree.children
                return syntax.InterfaceDecl(
                    self._name(name), tuple(map(self._interface_part, parts)), doc=doc, span=span
                )
            case "cluster":
                name, processors, interface, *parts = tree.children
                return syntax.ClusterDecl(
                    self._name(name),
                    self._optional_type(processors),
                    self._name(interface),
                    tuple(map(self._cluster_part, parts)),
                    doc=doc,
                    span=span,
                )
            case "protocol":
                _word, name, source, target, *parts = tree.children
                return syntax.ProtocolDecl(
                    self._name(name),
                    self._name(source),
                    self._name(target),
                    tuple(map(self._protocol_part, parts)),
                    doc=doc,
                    span=span,
                )
            case "channel":
                name, capacity, index, type_, faults = tree.children
                return syntax.ChannelDecl(
                    self._name(name),
                    self._expression(capacity),
                    self._optional_type(index),
                    self._type(type_),
                    () if faults is None else tuple(map(self._fault, faults.children)),
                    doc=doc,
                    span=span,
                )
            case _:
                return self._check(tree, span, doc)

    def _fault(self, tree: Tree) -> syntax.Fault:
        name, _sign, bound = tree.children
        return syntax.Fault(self._name(name), self._optional(bound), span=self._span(tree))

    def _interface_part(self, tree: Tree) -> syntax.VarDecl | syntax.OperationDecl:
        if tree.data == "variable":
            return self._variable(tree)
        return syntax.OperationDecl(
            *self._callable(tree), doc=self._doc(tree), span=self._span(tree)
        )

    def _callable(
        self, tree: Tree
    ) -> tuple[syntax.Name, tuple[syntax.FieldDecl, ...], syntax.TypeExpr | None, syntax.Block]:
        name, parameters, result, body = tree.children
        return (
            self._name(name),
            self._fields(parameters.children),
            self._optional_type(result),
            self._block(body),
        )

    def _cluster_part(self, tree: Tree) -> syntax.ClusterPart:
        span = self._span(tree)
        children = tree.children
        match tree.data:
            case "root":
                return syntax.RootPart(tuple(map(self._variable, children)), span=span)
            case "representative":
                return syntax.RepPart(tuple(map(self._variable, children)), span=span)
            case "miss":
                self._word_is(children[0], "miss", "write `miss { ... }`, or a declaration")
                return syntax.MissPart(self._block(children[1]), span=span)
            case "represents":
                return syntax.RepresentsPart(tuple(map(self._setting, children)), span=span)
            case "method":
                return syntax.MethodDecl(*self._callable(tree), doc=self._doc(tree), span=span)
            case _:
                return self._declaration(tree)

    def _protocol_part(self, tree: Tree) -> syntax.OnCall | syntax.Decl:
        if tree.data != "on_call":
            return self._declaration(tree)
        word, body = tree.children
        self._word_is(word, "call", "write `on call { ... }`")
        return syntax.OnCall(self._block(body), span=self._span(tree))

    def _check(self, tree: Tree, span: Span, doc: str) -> syntax.CheckDecl:
        words = [part for part in tree.children if isinstance(part, str)]
        path, *parts = (part for part in tree.children if not isinstance(part, str))
        objects = self._path(path).parts[-1:]
        protocol = None
        if tree.data == "check_swap":
            word, *names = (token for token in words if str(token) != "->")
            self._word_is(word, "swap", "write `check swap Protocol: Old -> New { ... }`")
            protocol = self._path(path)
            objects = tuple(map(self._name, names))
        return syntax.CheckDecl(
            protocol, objects, tuple(map(self._check_part, parts)), doc=doc, span=span
        )

    def _check_part(self, tree: Tree) -> syntax.Binding | syntax.Transfer:
        if tree.data == "setting":
            return self._setting(tree)
        word, source, _arrow, target, body = tree.children
        self._word_is(word, "transfer", "write `transfer { ... }`, or a setting: `clients = 2`")
        pair = None if source is None else (self._name(source), self._name(target))
        return syntax.Transfer(pair, self._block(body), span=self._span(tree))

    def _setting(self, tree: Tree) -> syntax.Binding:
        name, value = tree.children
        return syntax.Binding(self._name(name), self._expression(value), span=self._span(tree))

    def _word_is(self, token: Any, word: str, remedy: str) -> None:
        """Hold that a name which the grammar cannot tell apart is the word that belongs here."""
        if str(token) != word:
            self.collector.error(
                "K044", self._token_span(token), f"`{token}` means nothing here", remedy=remedy
            )

    def _variable(self, tree: Tree) -> syntax.VarDecl:
        ghost, name, type_, initial = tree.children
        start = None if initial is None else self._expression(initial.children[0])
        is_choice = initial is not None and initial.data == "choices"
        return syntax.VarDecl(
            self._name(name),
            self._type(type_),
            None if is_choice else start,
            start if is_choice else None,
            ghost is not None,
            doc=self._doc(tree),
            span=self._span(tree),
        )

    def _member(self, tree: Tree, span: Span, doc: str) -> syntax.Decl:
        children = tree.children
        match tree.data:
            case "variable":
                return self._variable(tree)
            case "procedure":
                name, parameters, result, body = children
                return syntax.ProcedureDecl(
                    self._name(name),
                    self._fields(parameters.children),
                    self._optional_type(result),
                    self._block(body),
                    doc=doc,
                    span=span,
                )
            case "function":
                name, parameters, result, body = children
                return syntax.FunctionDecl(
                    self._name(name),
                    self._fields(parameters.children),
                    self._optional_type(result),
                    self._expression(body),
                    doc=doc,
                    span=span,
                )
            case "action":
                fairness, name, parameters, guards, body = children
                return syntax.ActionDecl(
                    self._name(name),
                    self._fields(parameters.children),
                    tuple(map(self._expression, guards.children)),
                    self._block(body),
                    self._fairness(fairness),
                    doc=doc,
                    span=span,
                )
            case "property":
                return self._property(tree, span, doc)
            case "bypass":
                kind, name, _at_most, bound, expression = children
                return syntax.PropertyDecl(
                    str(kind),
                    self._name(name),
                    self._expression(expression),
                    None if bound is None else self._expression(bound),
                    doc=doc,
                    span=span,
                )
            case other:
                raise AssertionError(f"no declaration is made from `{other}`")

    def _property(self, tree: Tree, span: Span, doc: str) -> syntax.PropertyDecl:
        kind, name, expression = tree.children
        if name is None and kind in _NAMED_KINDS:
            self.collector.error(
                "K021",
                self._token_span(kind),
                f"this `{kind}` has no name",
                remedy=f"write `{kind} some_name: ...`; reports refer to it by that name",
            )
        return syntax.PropertyDecl(
            str(kind),
            None if name is None else self._name(name),
            self._expression(expression),
            doc=doc,
            span=span,
        )

    def _fairness(self, tree: Tree | None) -> str | None:
        return None if tree is None else " ".join(map(str, tree.children))

    def _chain(self, tree: Tree) -> tuple[syntax.Path, ...]:
        return tuple(self._path(part) for part in tree.children if not isinstance(part, str))

    def _refinement(self, tree: Tree, span: Span, doc: str) -> syntax.RefinementDecl:
        fairness, abstract, word, *images = tree.children
        self._word_is(word, "with", "write `refines Abstract with { ... }`")
        demanded = self._fairness(fairness)
        if demanded not in {None, "fair"}:
            self.collector.error(
                "K045",
                self._span(fairness),
                f"`{demanded} refines` means nothing",
                remedy="write `fair refines` to have the fairness of the other kept as well",
            )
        return syntax.RefinementDecl(
            self._path(abstract), tuple(map(self._image, images)), demanded, doc=doc, span=span
        )

    def _image(self, tree: Tree) -> syntax.Image:
        target, place, value = tree.children
        return syntax.Image(
            self._expression(target),
            None if place is None else self._path(place),
            self._expression(value),
            span=self._span(tree),
        )

    def _ranking(self, tree: Tree, span: Span, doc: str) -> syntax.RankingDecl:
        _word, name, parameters, *helpers = tree.children
        names = () if parameters is None else tuple(map(self._name, parameters.children))
        return syntax.RankingDecl(
            self._name(name), names, tuple(map(self._helper, helpers)), doc=doc, span=span
        )

    def _helper(self, tree: Tree) -> syntax.Helper:
        _word, step, condition, word, measures = tree.children
        self._word_is(word, "decreases", "write `step ... where ... decreases ...`")
        return syntax.Helper(
            self._expression(step),
            self._expression(condition),
            self._expressions(measures),
            span=self._span(tree),
        )

    # --- 4. Statements ----------------------------------------------------------------------------

    def _block(self, tree: Tree) -> syntax.Block:
        statements = (child for child in tree.children if child is not None)
        return syntax.Block(tuple(map(self._statement, statements)), span=self._span(tree))

    def _as_block(self, tree: Tree) -> syntax.Block:
        """A block as it is, a statement alone in a block of its own."""
        if tree.data == "block":
            return self._block(tree)
        return syntax.Block((self._statement(tree),), span=self._span(tree))

    def _statement(self, tree: Tree) -> syntax.Stmt:
        span = self._span(tree)
        children = tree.children
        match tree.data:
            case "block":
                return self._block(tree)
            case "skip":
                return syntax.Skip(span=span)
            case "assign":
                targets, values = map(self._expressions, children)
                return syntax.Assign(targets, values, span=span)
            case "call_statement":
                return syntax.CallStmt(self._call(children[0]), span=span)
            case "local":
                name, type_, value = children
                return syntax.VarStmt(
                    self._name(name),
                    self._optional_type(type_),
                    self._optional(value),
                    span=span,
                )
            case "let":
                name, value = children
                return syntax.LetStmt(self._name(name), self._expression(value), span=span)
            case "choose":
                binder, condition = children
                return syntax.ChooseStmt(self._binder(binder), self._optional(condition), span=span)
            case "break":
                return syntax.BreakStmt(span=span)
            case "continue":
                return syntax.ContinueStmt(span=span)
            case "switch":
                return syntax.SwitchStmt(str(children[0]) == "enable", span=span)
            case "await":
                return syntax.AwaitStmt(self._expression(children[0]), span=span)
            case "assert":
                condition, message = children
                return syntax.AssertStmt(
                    self._expression(condition),
                    None if message is None else self._string(message),
                    span=span,
                )
            case "return_statement":
                return syntax.ReturnStmt(self._optional(children[0]), span=span)
            case "label":
                fairness, name, statement = children
                return syntax.LabelStmt(
                    self._name(name),
                    self._statement(statement),
                    self._fairness(fairness),
                    span=span,
                )
            case _:
                return self._compound(tree, span)

    def _compound(self, tree: Tree, span: Span) -> syntax.Stmt:
        children = tree.children
        match tree.data:
            case "if":
                condition, then, otherwise = children
                return syntax.IfStmt(
                    self._expression(condition),
                    self._block(then),
                    None if otherwise is None else self._as_block(otherwise),
                    span=span,
                )
            case "while":
                condition, body = children
                return syntax.WhileStmt(self._expression(condition), self._block(body), span=span)
            case "loop":
                return syntax.LoopStmt(self._block(children[0]), span=span)
            case "for":
                binder, body = children
                return syntax.ForStmt(self._binder(binder), self._block(body), span=span)
            case "either":
                return syntax.EitherStmt(tuple(map(self._block, children)), span=span)
            case "atomic":
                return syntax.AtomicStmt(self._as_block(children[0]), span=span)
            case other:
                raise AssertionError(f"no statement is made from `{other}`")
