"""Text to syntax: every construct once, and precedence against the table of operators."""

from __future__ import annotations

import importlib.resources
from itertools import product

import pytest

from grammar import syntax
from grammar.operators import BINARY, Grouping
from grammar.parser import keywords, make_tables, tokenize
from grammar.source import SourceFile
from grammar.syntax import (
    AnyLit,
    Argument,
    Assign,
    At,
    AtomicStmt,
    AwaitStmt,
    Binary,
    Binder,
    Block,
    BoolLit,
    BoolTypeExpr,
    Call,
    CallStmt,
    Conditional,
    FieldAccess,
    FieldDecl,
    IfStmt,
    IndexAccess,
    IntLit,
    IntTypeExpr,
    LabelStmt,
    LetIn,
    LetStmt,
    MapComprehension,
    MapTypeExpr,
    ModTypeExpr,
    Name,
    NamedTypeExpr,
    NameRef,
    NoneLit,
    Old,
    OptionTypeExpr,
    Path,
    Quantified,
    RangeExpr,
    RangeTypeExpr,
    ReturnStmt,
    SelfRef,
    SeqLit,
    SeqTypeExpr,
    SetComprehension,
    SetLit,
    SetTypeExpr,
    Skip,
    TupleAccess,
    TupleLit,
    TupleTypeExpr,
    Unary,
    VarDecl,
    VarStmt,
)
from tests.grammar.texts import (
    SPECIFICATIONS,
    declaration,
    diagnose,
    expression,
    specification,
    statement,
    statements,
    type_,
)

A, B, C, S, X = NameRef("a"), NameRef("b"), NameRef("c"), NameRef("s"), NameRef("x")
ONE, TWO = IntLit(1), IntLit(2)
N = NameRef("N")


def path(text: str) -> Path:
    return Path(tuple(map(Name, text.split("."))))


def named(text: str) -> NamedTypeExpr:
    return NamedTypeExpr(path(text))


def over_type(names: str, domain: syntax.TypeExpr) -> Binder:
    return Binder(tuple(map(Name, names.split())), domain, None)


def over_set(names: str, domain: syntax.Expr) -> Binder:
    return Binder(tuple(map(Name, names.split())), None, domain)


T = named("T")

TYPES: list[tuple[str, syntax.TypeExpr]] = [
    ("bool", BoolTypeExpr()),
    ("int", IntTypeExpr()),
    ("M.Index", named("M.Index")),
    ("0..N - 1", RangeTypeExpr(IntLit(0), Binary("-", N, ONE))),
    ("-1..(N)", RangeTypeExpr(Unary("-", ONE), N)),
    (
        "(N - 1)*2..M.k",
        RangeTypeExpr(Binary("*", Binary("-", N, ONE), TWO), FieldAccess(NameRef("M"), Name("k"))),
    ),
    ("mod 2 * N", ModTypeExpr(Binary("*", TWO, N))),
    ("T?", OptionTypeExpr(T)),
    ("T??", OptionTypeExpr(OptionTypeExpr(T))),
    ("[T] T?", MapTypeExpr(T, OptionTypeExpr(T))),
    ("([T] T)?", OptionTypeExpr(MapTypeExpr(T, T))),
    ("(0..1)?", OptionTypeExpr(RangeTypeExpr(IntLit(0), ONE))),
    ("((T))", T),
    ("set of set of T", SetTypeExpr(SetTypeExpr(T))),
    ("seq[N + 1] of T?", SeqTypeExpr(Binary("+", N, ONE), OptionTypeExpr(T))),
    ("tuple(T, bool)", TupleTypeExpr((T, BoolTypeExpr()))),
    ("[0..1] [T] bool", MapTypeExpr(RangeTypeExpr(IntLit(0), ONE), MapTypeExpr(T, BoolTypeExpr()))),
]

EXPRESSIONS: list[tuple[str, syntax.Expr]] = [
    ("1_000", IntLit(1000)),
    ("true", BoolLit(True)),
    ("none", NoneLit()),
    ("any", AnyLit()),
    ("self", SelfRef()),
    ("a.b.c", FieldAccess(FieldAccess(A, Name("b")), Name("c"))),
    ("a.0.1", TupleAccess(TupleAccess(A, 0), 1)),
    ("a[b].c", FieldAccess(IndexAccess(A, B), Name("c"))),
    ("a()", Call(A, ())),
    ("a(b, c)", Call(A, (Argument(None, B), Argument(None, C)))),
    (
        "a(b = c, s = x and c)",
        Call(A, (Argument(Name("b"), C), Argument(Name("s"), Binary("and", X, C)))),
    ),
    ("a((b = c))", Call(A, (Argument(None, Binary("=", B, C)),))),
    ("a(b.c = c)", Call(A, (Argument(None, Binary("=", FieldAccess(B, Name("c")), C)),))),
    ("old(a = b)", Old(Binary("=", A, B))),
    ("(a = b)", Binary("=", A, B)),
    ("(a, b)", TupleLit((A, B))),
    ("((a), b)", TupleLit((A, B))),
    ("{}", SetLit(())),
    ("{a, b}", SetLit((A, B))),
    ("[]", SeqLit(())),
    ("[a, b]", SeqLit((A, B))),
    ("[x: T => a]", MapComprehension(over_type("x", T), A)),
    ("{x: T where a}", SetComprehension(None, over_type("x", T), A)),
    ("{a, b: T}", SetComprehension(None, over_type("a b", T), None)),
    ("{x in s where a}", SetComprehension(None, over_set("x", S), A)),
    ("{a for x: T}", SetComprehension(A, over_type("x", T), None)),
    ("{a for x in s where b}", SetComprehension(A, over_set("x", S), B)),
    ("{x in s}", SetLit((Binary("in", X, S),))),
    ("1..2", RangeExpr(ONE, TWO)),
    ("a at b.c", At(A, path("b.c"))),
    ("a[b] at c or a", Binary("or", At(IndexAccess(A, B), path("c")), A)),
    ("not a at b", Unary("not", At(A, path("b")))),
    ("a not in s", Binary("not in", A, S)),
    ("not a in s", Unary("not", Binary("in", A, S))),
    ("-a * b", Binary("*", Unary("-", A), B)),
    ("- -a", Unary("-", Unary("-", A))),
    ("forall x: T. a", Quantified("forall", over_type("x", T), None, A)),
    ("forall a, b: T.\na", Quantified("forall", over_type("a b", T), None, A)),
    ("exists x in s where a. b", Quantified("exists", over_set("x", S), A, B)),
    (
        "count x: 0..1.(a)",
        Quantified("count", over_type("x", RangeTypeExpr(IntLit(0), ONE)), None, A),
    ),
    (
        "a + sum x: T. b + c",
        Binary("+", A, Quantified("sum", over_type("x", T), None, Binary("+", B, C))),
    ),
    (
        "not forall x: T. a and b",
        Unary("not", Quantified("forall", over_type("x", T), None, Binary("and", A, B))),
    ),
    ("if a then b else c or x", Conditional(A, B, Binary("or", C, X))),
    ("if if a then b else c then a else b", Conditional(Conditional(A, B, C), A, B)),
    ("let x = a in b", LetIn(Name("x"), A, B)),
    ("let x = (a in s) in b", LetIn(Name("x"), Binary("in", A, S), B)),
    ("let x = let a = b in c in a", LetIn(Name("x"), LetIn(Name("a"), B, C), A)),
    ("let x = a and b in c in s", LetIn(Name("x"), Binary("and", A, B), Binary("in", C, S))),
    ("let x = {a in s} in b", LetIn(Name("x"), SetLit((Binary("in", A, S),)), B)),
    (
        "let x = forall a in s. b in c",
        LetIn(Name("x"), Quantified("forall", over_set("a", S), None, B), C),
    ),
]

STATEMENTS: list[tuple[str, syntax.Stmt]] = [
    ("skip", Skip()),
    ("a := b", Assign((A,), (B,))),
    ("a, b[c] := b, a", Assign((A, IndexAccess(B, C)), (B, A))),
    ("a().b := c", Assign((FieldAccess(Call(A, ()), Name("b")),), (C,))),
    ("a.b(c)", CallStmt(Call(FieldAccess(A, Name("b")), (Argument(None, C),)))),
    ("var a: T?", VarStmt(Name("a"), OptionTypeExpr(T), None)),
    ("var a = b", VarStmt(Name("a"), None, B)),
    ("let a = b in s", LetStmt(Name("a"), Binary("in", B, S))),
    ("let a = let b = c in x", LetStmt(Name("a"), LetIn(Name("b"), C, X))),
    ("choose x: T where a", syntax.ChooseStmt(over_type("x", T), A)),
    ("if a { }", IfStmt(A, Block(()), None)),
    ("if a { skip } else { }", IfStmt(A, Block((Skip(),)), Block(()))),
    ("if a { } else if b { }", IfStmt(A, Block(()), Block((IfStmt(B, Block(()), None),)))),
    ("if a = {b} { }", IfStmt(Binary("=", A, SetLit((B,))), Block(()), None)),
    ("while a { }", syntax.WhileStmt(A, Block(()))),
    ("loop { }", syntax.LoopStmt(Block(()))),
    ("for x: T { }", syntax.ForStmt(over_type("x", T), Block(()))),
    ("for x in 1..2 { }", syntax.ForStmt(over_set("x", RangeExpr(ONE, TWO)), Block(()))),
    ("break", syntax.BreakStmt()),
    ("continue", syntax.ContinueStmt()),
    ("either { } or { skip } or { }", syntax.EitherStmt((Block(()), Block((Skip(),)), Block(())))),
    ("await a", AwaitStmt(A)),
    ("assert a", syntax.AssertStmt(A, None)),
    ('assert a, "b \\"c\\" \\\\n\\n"', syntax.AssertStmt(A, 'b "c" \\n\n')),
    ("return", ReturnStmt(None)),
    ("return a", ReturnStmt(A)),
    ("return {a}", ReturnStmt(SetLit((A,)))),
    ("atomic { a := b }", AtomicStmt(Block((Assign((A,), (B,)),)))),
    ("atomic a := b", AtomicStmt(Block((Assign((A,), (B,)),)))),
    ("a: b: skip", LabelStmt(Name("a"), LabelStmt(Name("b"), Skip()))),
    ("a: return b", LabelStmt(Name("a"), ReturnStmt(B))),
    ("a: { }", LabelStmt(Name("a"), Block(()))),
    ("{ { } }", Block((Block(()),))),
]

DECLARATIONS: list[tuple[str, syntax.Decl]] = [
    ("const N", syntax.ConstDecl(Name("N"), None, None)),
    ("const N: 1..2 = 1", syntax.ConstDecl(Name("N"), RangeTypeExpr(ONE, TWO), ONE)),
    ("processors Cpu", syntax.SortDecl("processors", Name("Cpu"), None)),
    ("sort Node[N]", syntax.SortDecl("sort", Name("Node"), N)),
    ("enum E { a, b, }", syntax.EnumDecl(Name("E"), (Name("a"), Name("b")))),
    ("type U = T", syntax.TypeDecl(Name("U"), T)),
    ("record R { a: T }", syntax.RecordDecl(Name("R"), (FieldDecl(Name("a"), T),))),
    ("var a: T", VarDecl(Name("a"), T, None, None, False)),
    ("var a: T = b", VarDecl(Name("a"), T, B, None, False)),
    ("var a: T in {b}", VarDecl(Name("a"), T, None, SetLit((B,)), False)),
    ("ghost var a: T = any", VarDecl(Name("a"), T, AnyLit(), None, True)),
    (
        "object O { var a: T }",
        syntax.ObjectDecl(Name("O"), (VarDecl(Name("a"), T, None, None, False),)),
    ),
    ("procedure p() { }", syntax.ProcedureDecl(Name("p"), (), None, Block(()))),
    (
        "procedure p(a: T): T? { }",
        syntax.ProcedureDecl(Name("p"), (FieldDecl(Name("a"), T),), OptionTypeExpr(T), Block(())),
    ),
    ("function f(): T = a", syntax.FunctionDecl(Name("f"), (), T, A)),
    ("action a() { }", syntax.ActionDecl(Name("a"), (), (), Block(()))),
    (
        "action a(b: T, c: T) requires a requires b { }",
        syntax.ActionDecl(
            Name("a"), (FieldDecl(Name("b"), T), FieldDecl(Name("c"), T)), (A, B), Block(())
        ),
    ),
    ("process p { }", syntax.ProcessDecl(Name("p"), None, Block(()))),
    ("process p on 1..2 { }", syntax.ProcessDecl(Name("p"), RangeTypeExpr(ONE, TWO), Block(()))),
    ("step s: old(a) = a", syntax.PropertyDecl("step", Name("s"), Binary("=", Old(A), A))),
    ("initially a", syntax.PropertyDecl("initially", None, A)),
    ("lemma p: a", syntax.PropertyDecl("lemma", Name("p"), A)),
    ("terminal a = b", syntax.PropertyDecl("terminal", None, Binary("=", A, B))),
    (
        'import "x/y.k42" as M(N = 1, T = T)',
        syntax.ImportDecl(
            "x/y.k42",
            True,
            Name("M"),
            (syntax.Binding(Name("N"), ONE), syntax.Binding(Name("T"), NameRef("T"))),
        ),
    ),
    ("import x.y", syntax.ImportDecl("x.y", False, Name("y"), ())),
    ("import x.y as z", syntax.ImportDecl("x.y", False, Name("z"), ())),
]


@pytest.mark.parametrize(("text", "tree"), TYPES)
def test_type_is_parsed(text: str, tree: syntax.TypeExpr) -> None:
    assert type_(text) == tree


@pytest.mark.parametrize(("text", "tree"), EXPRESSIONS)
def test_expression_is_parsed(text: str, tree: syntax.Expr) -> None:
    assert expression(text) == tree


@pytest.mark.parametrize(("text", "tree"), STATEMENTS)
def test_statement_is_parsed(text: str, tree: syntax.Stmt) -> None:
    assert statement(text) == tree


@pytest.mark.parametrize(("text", "tree"), DECLARATIONS)
def test_declaration_is_parsed(text: str, tree: syntax.Decl) -> None:
    assert declaration(text) == tree


@pytest.mark.parametrize("path", SPECIFICATIONS, ids=lambda path: path.stem)
def test_shipped_specification_has_no_mistakes(path: object) -> None:
    tree, found = diagnose(path.read_text(encoding="utf-8"))  # type: ignore[attr-defined]
    assert [d.message for d in found] == []
    assert tree is not None


# --- precedence -----------------------------------------------------------------------------------


def reading(first: str, second: str) -> str:
    """Tells how `a first b second c` groups, by the table."""
    one, two = BINARY[first], BINARY[second]
    if one.level != two.level:
        return "left" if one.level > two.level else "right"
    return one.grouping.value


@pytest.mark.parametrize(("first", "second"), [*product(BINARY, BINARY)])
def test_operators_group_as_the_table_says(first: str, second: str) -> None:
    tree, found = diagnose(f"spec test\ninvariant i: a {first} b {second} c")
    match reading(first, second):
        case Grouping.NONE.value:
            assert [d.code for d in found] == ["K029"]
        case Grouping.LEFT.value:
            assert tree == specification(f"spec test\ninvariant i: (a {first} b) {second} c")
        case _:
            assert tree == specification(f"spec test\ninvariant i: a {first} (b {second} c)")


# --- what stands around -------------------------------------------------------------------------


def test_statements_need_no_line_ends() -> None:
    one_line = statements("a := b c := a await a { } skip")
    assert one_line == statements("a:=b\nc:=a\nawait a\n{}\nskip")


def test_crlf_and_tabs_are_blanks() -> None:
    assert specification("spec\ttest\r\nvar a: T\r\n") == specification("spec test var a: T")


def test_comments_are_blanks() -> None:
    assert expression("a // b\n //// c\n + // d\n b") == expression("a + b")


def test_documentation_belongs_to_what_follows() -> None:
    tree = specification(
        "spec test\n/// The file.\n\n/// One\n/// two.\nvar a: T\nvar b: T\n"
        "object O {\n  /// Inner.\n  var c: T\n}\n/// far\n\nvar d: T\n/// left over\n"
    )
    assert tree.doc == "The file."
    one, two, outer, far = tree.declarations
    assert isinstance(outer, syntax.ObjectDecl)
    assert [d.doc for d in (one, two, outer, *outer.members, far)] == [
        "One\ntwo.",
        "",
        "",
        "Inner.",
        "",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "/// The file.\nspec test",
        "/// The file.\n// expect: exit 0\nspec test",
        "spec test /// no\n/// The file.",
        "spec test\n\n/// The file.\n\nvar a: T",
    ],
)
def test_file_is_documented_before_or_after_its_first_line(text: str) -> None:
    assert specification(text).doc == "The file."


def test_nodes_know_their_places() -> None:
    text = "spec test\ninvariant i: a + (b * c)\n"
    tree = specification(text)
    (decl,) = tree.declarations
    assert isinstance(decl, syntax.PropertyDecl)
    assert isinstance(decl.expression, Binary)
    assert decl.span.text == "invariant i: a + (b * c)"
    assert str(decl.span) == "test.k42:2:1"
    assert decl.name is not None
    assert decl.name.span.text == "i"
    assert decl.expression.span.text == "a + (b * c)"
    assert decl.expression.right.span.text == "(b * c)"


def test_tokens_cover_the_text() -> None:
    source = SourceFile("test.k42", 'spec test // a\nvar x: "b" ; é\0 0x1')
    tokens = tokenize(source)
    assert [source.text[t.start : t.end] for t in tokens] == [t.text for t in tokens]
    assert " ".join(t.text for t in tokens) == 'spec test var x : "b" ; é\0 0x1 '


def test_keywords_are_words() -> None:
    words = keywords()
    assert {"forall", "step", "processors", "at"} <= set(words)
    assert "swap" not in words


def test_grammar_has_neither_conflicts_nor_ambiguous_tokens() -> None:
    text = importlib.resources.files("grammar").joinpath("k42.lark").read_text(encoding="utf-8")
    make_tables(text, is_strict=True)
