"""Parse trees to syntax nodes.

The trees come from `grammar.parser`, which alone knows who made them; here they are seen through
the protocol `Tree`. A tree is named after its rule or alias in `k42.lark`, and its children are
trees, tokens (strings) and None for what was left out. The functions follow the sections of the
grammar.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from grammar import syntax
from grammar.diagnostics import Collector
from grammar.source import SourceFile, Span

_NAMED_KINDS: Final = frozenset({"invariant", "lemma", "step", "reachable", "property"})
_ESCAPES: Final = {'"': '"', "\\": "\\", "n": "\n", "t": "\t"}


class Place(Protocol):
    """Where a tree stands, in character offsets."""

    start_pos: int
    end_pos: int


class Tree(Protocol):
    """A parse tree."""

    data: str
    children: list[Any]

    @property
    def meta(self) -> Place:
        """Its place in the text."""


@dataclass(frozen=True, slots=True)
class Builder:
    """Makes the nodes of one file; `docs` maps the start of a declaration to its `///` text."""

    source: SourceFile
    collector: Collector
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

    def _span(self, tree: Tree) -> Span:
        return Span(self.source, tree.meta.start_pos, tree.meta.end_pos)

    def _token_span(self, token: Any) -> Span:
        return Span(self.source, token.start_pos, token.end_pos)

    def _doc(self, tree: Tree) -> str:
        return self.docs.get(tree.meta.start_pos, "")

    def _name(self, token: Any) -> syntax.Name:
        return syntax.Name(str(token), span=self._token_span(token))

    def _path(self, tree: Tree) -> syntax.Path:
        return syntax.Path(tuple(map(self._name, tree.children)), span=self._span(tree))

    def _string(self, token: Any) -> str:
        pieces = str(token)[1:-1].split("\\")
        result = pieces[0]
        rest = iter(pieces[1:])
        for piece in rest:
            if piece == "":  # an escaped backslash splits into two pieces
                result += "\\" + next(rest, "")
            elif piece[0] in _ESCAPES:
                result += _ESCAPES[piece[0]] + piece[1:]
            else:
                self.collector.error(
                    "K008",
                    self._token_span(token),
                    f"`\\{piece[0]}` means nothing in a string",
                    remedy='a string knows \\", \\\\, \\n and \\t',
                )
        return result

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

    def _type(self, tree: Tree) -> syntax.TypeExpr:
        span = self._span(tree)
        children = tree.children
        match tree.data:
            case "bool_type":
                return syntax.BoolTypeExpr(span=span)
            case "int_type":
                return syntax.IntTypeExpr(span=span)
            case "named":
                return syntax.NamedTypeExpr(self._named(tree), span=span)
            case "range_type":
                low, high = map(self._expression, children)
                return syntax.RangeTypeExpr(low, high, span=span)
            case "mod_type":
                return syntax.ModTypeExpr(self._expression(children[0]), span=span)
            case "option_type":
                return syntax.OptionTypeExpr(self._type(children[0]), span=span)
            case "map_type":
                key, value = map(self._type, children)
                return syntax.MapTypeExpr(key, value, span=span)
            case "set_type":
                return syntax.SetTypeExpr(self._type(children[0]), span=span)
            case "seq_type":
                bound, element = children
                return syntax.SeqTypeExpr(self._expression(bound), self._type(element), span=span)
            case "tuple_type":
                elements = tuple(map(self._type, children[0].children))
                return syntax.TupleTypeExpr(elements, span=span)
            case "group":
                return replace(self._type(children[0]), span=span)
            case other:
                raise AssertionError(f"no type is made from `{other}`")

    def _named(self, tree: Tree) -> syntax.Path:
        while tree.data == "named":
            tree = tree.children[0]
        return self._path(tree)

    def _optional_type(self, tree: Tree | None) -> syntax.TypeExpr | None:
        return None if tree is None else self._type(tree)

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
                name, index, _sign, bound, body = children
                return syntax.ProcessDecl(
                    self._name(name),
                    self._optional_type(index),
                    self._block(body),
                    is_interrupt=True,
                    bound=self._optional(bound),
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
            case "interface" | "cluster" | "protocol" | "check_object" | "check_swap":
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
            case _:
                return self._check(tree, span, doc)

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

    def _expressions(self, tree: Tree | None) -> tuple[syntax.Expr, ...]:
        return () if tree is None else tuple(map(self._expression, tree.children))

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

    # --- 5. Expressions ---------------------------------------------------------------------------

    def _optional(self, tree: Tree | None) -> syntax.Expr | None:
        return None if tree is None else self._expression(tree)

    def _number(self, token: Any) -> int:
        return int(str(token).replace("_", ""))

    def _expression(self, tree: Tree) -> syntax.Expr:
        span = self._span(tree)
        children = tree.children
        match tree.data:
            case "name":
                return syntax.NameRef(str(children[0]), span=span)
            case "number":
                return syntax.IntLit(self._number(children[0]), span=span)
            case "binary":
                left, operator, right = children
                return syntax.Binary(
                    str(operator), self._expression(left), self._expression(right), span=span
                )
            case "not_in":
                left, _not, _in, right = children
                return syntax.Binary(
                    "not in", self._expression(left), self._expression(right), span=span
                )
            case "unary":
                operator, operand = children
                return syntax.Unary(str(operator), self._expression(operand), span=span)
            case "group":
                return replace(self._expression(children[0]), span=span)
            case "true" | "false":
                return syntax.BoolLit(tree.data == "true", span=span)
            case "none":
                return syntax.NoneLit(span=span)
            case "any":
                return syntax.AnyLit(span=span)
            case "self":
                return syntax.SelfRef(span=span)
            case "named":
                return replace(self._reference(self._named(tree)), span=span)
            case "range":
                low, high = map(self._expression, children)
                return syntax.RangeExpr(low, high, span=span)
            case "at":
                process, place = children
                return syntax.At(self._expression(process), self._path(place), span=span)
            case "taken":
                _word, action, taken_at = children
                return syntax.Taken(
                    self._expression(action),
                    None if taken_at is None else self._path(taken_at),
                    span=span,
                )
            case "old":
                return syntax.Old(self._expression(children[0]), span=span)
            case "member" | "component" | "index" | "call":
                return self._suffixed(tree, span)
            case "quantified" | "conditional" | "let_in" | "temporal":
                return self._open(tree, span)
            case _:
                return self._bracketed(tree, span)

    def _reference(self, path: syntax.Path) -> syntax.Expr:
        """Read a path as an expression, in the bounds of a type."""
        first, *rest = path.parts
        result: syntax.Expr = syntax.NameRef(first.text, span=first.span)
        for part in rest:
            result = syntax.FieldAccess(result, part, span=first.span.to(part.span))
        return result

    def _suffixed(self, tree: Tree, span: Span) -> syntax.Expr:
        base, suffix = tree.children
        match tree.data:
            case "member":
                return syntax.FieldAccess(self._expression(base), self._name(suffix), span=span)
            case "component":
                return syntax.TupleAccess(self._expression(base), self._number(suffix), span=span)
            case "index":
                return syntax.IndexAccess(
                    self._expression(base), self._expression(suffix), span=span
                )
            case _:
                return self._call(tree)

    def _call(self, tree: Tree) -> syntax.Call:
        callee, arguments = tree.children
        return syntax.Call(
            self._expression(callee),
            tuple(map(self._argument, arguments.children if arguments else ())),
            span=self._span(tree),
        )

    def _argument(self, tree: Tree) -> syntax.Argument:
        name, value = tree.children
        return syntax.Argument(
            None if name is None else self._name(name),
            self._expression(value),
            span=self._span(tree),
        )

    def _open(self, tree: Tree, span: Span) -> syntax.Expr:
        children = tree.children
        match tree.data:
            case "quantified":
                kind, binder, condition, body = children
                return syntax.Quantified(
                    str(kind),
                    self._binder(binder),
                    self._optional(condition),
                    self._expression(body),
                    span=span,
                )
            case "conditional":
                condition, then, otherwise = map(self._expression, children)
                return syntax.Conditional(condition, then, otherwise, span=span)
            case "temporal":
                operator, operand = children
                return syntax.Temporal(str(operator), self._expression(operand), span=span)
            case _:
                name, value, body = children
                return syntax.LetIn(
                    self._name(name),
                    self._expression(value),
                    self._expression(body),
                    span=span,
                )

    def _binder(self, tree: Tree) -> syntax.Binder:
        names, domain = tree.children
        is_typed = tree.data == "typed_binder"
        return syntax.Binder(
            tuple(map(self._name, names.children)),
            self._type(domain) if is_typed else None,
            None if is_typed else self._expression(domain),
            span=self._span(tree),
        )

    def _bracketed(self, tree: Tree, span: Span) -> syntax.Expr:
        children = tree.children
        match tree.data:
            case "tuple":
                return syntax.TupleLit(tuple(map(self._expression, children)), span=span)
            case "set":
                return syntax.SetLit(self._expressions(children[0]), span=span)
            case "sequence":
                return syntax.SeqLit(self._expressions(children[0]), span=span)
            case "comprehension":
                element, binder, condition = children
                return syntax.SetComprehension(
                    self._expression(element),
                    self._binder(binder),
                    self._optional(condition),
                    span=span,
                )
            case "typed_selection":
                names, domain, condition = children
                binder = syntax.Binder(
                    self._selected(self._expressions(names)),
                    self._type(domain),
                    None,
                    span=self._span(names).to(self._span(domain)),
                )
                return syntax.SetComprehension(None, binder, self._optional(condition), span=span)
            case "set_selection":
                return self._set_selection(tree, span)
            case "map":
                name, domain, value = children
                binder = syntax.Binder(
                    (self._name(name),),
                    self._type(domain),
                    None,
                    span=self._token_span(name).to(self._span(domain)),
                )
                return syntax.MapComprehension(binder, self._expression(value), span=span)
            case other:
                raise AssertionError(f"no expression is made from `{other}`")

    def _set_selection(self, tree: Tree, span: Span) -> syntax.Expr:
        """`{x in s where p}`: what stands before `where` was read as an expression."""
        names, condition = tree.children
        *others, last = self._expressions(names)
        match last:
            case syntax.Binary("in", first, domain) if first.span.start == last.span.start:
                binder = syntax.Binder(
                    self._selected((*others, first)), None, domain, span=self._span(names)
                )
            case _:
                self._not_a_binder(self._span(names))
                binder = syntax.Binder((), None, last, span=self._span(names))
        return syntax.SetComprehension(None, binder, self._expression(condition), span=span)

    def _selected(self, expressions: Sequence[syntax.Expr]) -> tuple[syntax.Name, ...]:
        names = []
        for expression in expressions:
            match expression:
                case syntax.NameRef(text) if expression.span.text == text:
                    names.append(syntax.Name(text, span=expression.span))
                case _:
                    self._not_a_binder(expression.span)
        return tuple(names)

    def _not_a_binder(self, span: Span) -> None:
        self.collector.error(
            "K022",
            span,
            "a selection begins with plain names",
            remedy="write `{x: T where p}`, `{x in s where p}` or `{e for x: T where p}`",
        )
