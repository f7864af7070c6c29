"""The renderer: groups, indentation, comments."""

from __future__ import annotations

import pytest

from grammar.layout import (
    BLANK,
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
    render,
)

END = LineEnd(is_double=False)


def call(*arguments: str) -> Layout:
    pieces: list[Layout] = []
    for argument in arguments:
        pieces += [Text(","), Break.BLANK, Text(argument)] if pieces else [Text(argument)]
    return group(Text("f("), indent(Break.NOTHING, *pieces), Break.NOTHING, Text(")"))


def equation(body: Layout, *, hugs: bool = False, is_below: bool = False) -> Layout:
    return join((Text("x ="), hang(body, hugs=hugs, is_below=is_below)))


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        (call("aa", "bb"), "f(aa, bb)\n"),
        (call("aaaa", "bbbb"), "f(\n  aaaa,\n  bbbb\n)\n"),
        (broken(call("a")), "f(a)\n"),
        (group(call("aaaa"), Break.BLANK, call("bbbb")), "f(aaaa)\nf(bbbb)\n"),
        (equation(Text("aaaaaa")), "x = aaaaaa\n"),
        (equation(Text("aaaaaaa")), "x =\n  aaaaaaa\n"),
        (equation(Text("a"), is_below=True), "x =\n  a\n"),
        (equation(call("aaaaaaaa"), hugs=True), "x = f(\n  aaaaaaaa\n)\n"),
        (equation(call("aaaa"), hugs=True), "x =\n  f(aaaa)\n"),
        (equation(call("aaaaaaaa")), "x =\n  f(\n    aaaaaaaa\n  )\n"),
        (join((Text("a"), BLANK, END, Text("b"))), "a\nb\n"),
        (join((Remark("// cc", owns_line=True), call("aa", "bb"))), "// cc\nf(aa, bb)\n"),
        (join((Remark("// cc", owns_line=True), equation(Text("aaaaaa")))), "// cc\nx = aaaaaa\n"),
        (join((Text("a"), END, END, Text("b"))), "a\nb\n"),
        (join((Text("a"), LineEnd(is_double=True), Text("b"))), "a\n\nb\n"),
    ],
)
def test_lines_break_where_they_must(layout: Layout, text: str) -> None:
    assert render(layout, 10) == text


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        ((Text("a"), Remark("// c", owns_line=False)), "a  // c\n"),
        ((Text("a"), Remark("// c", owns_line=False, column=6)), "a     // c\n"),
        ((Text("abcdef"), Remark("// c", owns_line=False, column=6)), "abcdef  // c\n"),
        ((Text("a"), Remark("// c", owns_line=True), Text("b")), "a\n// c\nb\n"),
        ((Text("a"), Remark("// c", owns_line=False), BLANK, Text("b")), "a  // c\nb\n"),
        ((Remark("// c", owns_line=False), Remark("// d", owns_line=False)), "// c\n// d\n"),
    ],
)
def test_nothing_follows_a_comment_on_its_line(pieces: tuple[Layout, ...], text: str) -> None:
    assert render(join(pieces)) == text


def test_comment_breaks_the_groups_around_it() -> None:
    inner = group(Text("b"), Break.BLANK, Text("c"))
    layout = group(Text("a"), Remark("// r", owns_line=False), Break.BLANK, inner)
    assert render(layout) == "a  // r\nb c\n"


def test_depth_needs_no_recursion() -> None:
    layout: Layout = Text("x")
    for _ in range(5_000):
        layout = group(Text("("), indent(Break.NOTHING, layout), Text(")"))
    assert render(layout, 10**6) == "(" * 5_000 + "x" + ")" * 5_000 + "\n"
