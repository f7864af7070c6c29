"""The gallery of defects: a page with a picture of the shortest trace of each, and its repair.

    python -m tests.support.gallery           writes docs/gallery anew (`make gallery`)
    python -m tests.support.gallery lk-4      only the entries with that in their names

What there is to show stands in the tables of the tests: the defects of K42 as built in 2005 in
`tests/spec/kernel.toml`, the broken twins of protocols in `tests/spec/published.toml`. What a
defect is, the head of its specification says. The repair is the difference between the two
specifications; where one file holds both, under constants, each is what is left of the file when
its constants are known.
"""

from __future__ import annotations

import difflib
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from checker.constructs.trees import rewritten
from checker.explicit.automatic import EngineOptions, engine_maker
from checker.explicit.search import check
from checker.load import load
from checker.model.verdict import Result
from checker.report.finding_text import headline
from checker.report.sequence_svg import sequence_svg
from grammar import syntax
from grammar.diagnostics import Collector
from grammar.modules import read_source
from grammar.parser import parse
from grammar.printer import print_specification

ROOT: Final = Path(__file__).parents[2]
SPECS: Final = ROOT / "spec"
FOLDER: Final = ROOT / "docs" / "gallery"
TABLES: Final = ROOT / "tests" / "spec"
ENDINGS: Final = ("_broken", "_starving", "_stuck", "_livelock", "_blocking", "_deadlock")
TWINS: Final = {"protocols/locks/mcs_lost_wakeup": "protocols/locks/mcs_benchmark"}
CLAIMS: Final = (
    *("invariant", "lemma", "step", "reachable", "property", "bypass", "terminal"),
    *("fair refines", "refines", "assume"),
)
"""How claims begin."""
CONTEXT: Final = 2
"""Lines around each difference."""

Constants = Mapping[str, int | bool | str]


@dataclass(frozen=True, slots=True)
class Entry:
    """One defect.

    Attributes:
        path: of the specification, below `spec`, without suffix.
        title: what it is, in a few words.
        constants: those under which it shows.
        switch: the constant that makes the defect; None of a broken twin.
        repaired: path of the specification as it should be.
    """

    path: str
    title: str
    constants: Constants
    switch: str | None
    repaired: str
    is_slow: bool = False

    @property
    def name(self) -> str:
        """The name of its picture."""
        path = Path(self.path)
        stem = f"{path.name} {self.title}" if self.switch else f"{path.parent.name} {path.name}"
        return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")

    @property
    def file(self) -> Path:
        """The specification."""
        return SPECS / f"{self.path}.k42"


def entries() -> list[Entry]:
    """Return all defects: those of K42, then the broken twins, each in the order of its table."""
    return [*_as_built(), *_twins()]


def _as_built() -> Iterator[Entry]:
    for row in _table("kernel", "built"):
        path = f"kernel/{row['path'].removesuffix('.k42')}"
        constants = row["constants"]
        switch = next(name for name, value in constants.items() if isinstance(value, bool))
        title = row["title"][:1].upper() + row["title"][1:]
        yield Entry(path, title, constants, switch, path, row.get("slow", False))


def _twins() -> Iterator[Entry]:
    seen = set()
    for row in _table("published", "spec"):
        path = row["path"].removesuffix(".k42")
        repaired = _repaired(path)
        if row["verdict"] == "holds" or repaired is None or path in seen:
            continue
        seen.add(path)
        title = f"{path.rpartition('/')[0]}: {Path(path).name.replace('_', ' ')}"
        constants = row.get("constants", {})
        yield Entry(path, title, constants, None, repaired, row.get("slow", False))


def _repaired(path: str) -> str | None:
    """Return the specification of which another one is the broken twin."""
    if path in TWINS:
        return TWINS[path]
    for ending in ENDINGS:
        if path.endswith(ending) and (SPECS / f"{path.removesuffix(ending)}.k42").exists():
            return path.removesuffix(ending)
    return None


def _table(name: str, kind: str) -> list[dict[str, Any]]:
    with (TABLES / f"{name}.toml").open("rb") as file:
        rows: list[dict[str, Any]] = tomllib.load(file)[kind]
    return rows


# --- what it is -----------------------------------------------------------------------------------


def description(entry: Entry) -> str:
    """Return what the head of the specification says about the defect, as one paragraph."""
    if entry.switch is None:
        told = re.split(r"(?m)^(?:Counts|Source|Atomicity)\b", "\n".join(_head(entry.file)))[0]
        paragraphs = told.replace("`", "").split("\n\n")
        return " ".join(" ".join(paragraphs[:2]).split())
    mark = f"{entry.switch} = {str(entry.constants[entry.switch]).lower()}"
    for file in _files(entry.file):
        said = _behind(_head(file), mark) or _sentence(_head(file), mark)
        if said is not None:
            return said
    raise AssertionError(f"{entry.path} does not say what {mark} is")


def _files(file: Path) -> list[Path]:
    """Return a specification and the modules of the library that it imports."""
    imported = re.findall(r"(?m)^import lib\.(\w+)", file.read_text(encoding="utf-8"))
    return [file, *(SPECS / "lib" / f"{name}.k42" for name in imported)]


def _head(file: Path) -> list[str]:
    text = file.read_text(encoding="utf-8").partition("\nspec ")[0]
    return [line.removeprefix("///").removeprefix(" ") for line in text.splitlines()]


def _behind(head: list[str], mark: str) -> str | None:
    """Return what stands behind `SWITCH = value:`, to the next line that is indented less."""
    form = re.compile(rf"(?P<margin> *){mark}\b *(\([^)]*\))?: *(?P<rest>.*)")
    for number, line in enumerate(head):
        found = form.fullmatch(line)
        if found is None:
            continue
        parts = [found["rest"]]
        for following in head[number + 1 :]:
            margin = len(following) - len(following.lstrip())
            if not following.strip() or margin <= len(found["margin"]):
                break
            parts.append(following)
        said = " ".join(" ".join(parts).split())
        return said[:1].upper() + said[1:]
    return None


def _sentence(head: list[str], mark: str) -> str | None:
    """Return the sentence in which something is mentioned."""
    text = " ".join(" ".join(head).split())
    return next((part for part in re.split(r"(?<=\.) (?=[A-Z])", text) if mark in part), None)


# --- its repair -----------------------------------------------------------------------------------


def repair(entry: Entry) -> str:
    """Return the difference that mends it, without the lines that name the texts."""
    if entry.switch is None:
        texts = [
            (SPECS / f"{path}.k42").read_text(encoding="utf-8")
            for path in (entry.path, entry.repaired)
        ]
        before, after = map(_code, texts)
        if before == after:  # the mistake is a claim
            before, after = (text.splitlines() for text in texts)
        return "\n".join(_difference(before, after))
    built = {name: value for name, value in entry.constants.items() if isinstance(value, bool)}
    repaired = {**built, entry.switch: not built[entry.switch]}
    differences = [
        _difference(_selected(file, built), _selected(file, repaired))
        for file in _files(entry.file)
    ]
    return "\n  ...\n".join("\n".join(lines) for lines in differences if lines)


def _difference(before: list[str], after: list[str]) -> list[str]:
    """Return the lines that differ, with some around them."""
    lines = difflib.unified_diff(before, after, n=CONTEXT, lineterm="")
    return list(_without_places(list(lines)[2:]))


def _without_places(lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        if not line.startswith("@@"):
            yield line
        elif number:
            yield "  ..."


def _code(text: str) -> list[str]:
    """Return the lines of a text between its header and its claims, without comments of their own.

    A mistake lies in what is done, not in what is claimed.
    """
    body = text.partition("\nspec ")[2].partition("\n")[2]
    code = re.split(rf"(?m)^(?:{'|'.join(CLAIMS)})\b", body)[0]
    lines = [line for line in code.splitlines() if not line.lstrip().startswith("//")]
    return [line for line, before in zip(lines, ["", *lines], strict=False) if line or before]


def _selected(path: Path, flags: Mapping[str, bool]) -> list[str]:
    """Return the code that is left of a file when some of its constants are known."""
    collector = Collector()
    source = read_source(path, collector)
    tree = None if source is None else parse(source, collector)
    assert tree is not None, collector.sorted()
    kept = tuple(
        decl
        for decl in tree.declarations
        if not isinstance(decl, syntax.ConstDecl) or decl.name.text not in flags
    )
    chosen = rewritten(replace(tree, declarations=kept), _Chooser(flags))
    return print_specification(chosen).splitlines()


@dataclass(frozen=True, slots=True)
class _Chooser:
    """Takes the branches that known constants select."""

    flags: Mapping[str, bool]

    def __call__(self, node: syntax.Node) -> syntax.Node | None:
        match node:
            case syntax.Block(statements):
                spread = tuple(part for each in statements for part in self.statements(each))
                return replace(node, statements=spread)
            case syntax.Conditional() | syntax.Binary() | syntax.Unary() | syntax.NameRef():
                return self.expression(node)
            case _:
                return None

    def statements(self, statement: syntax.Stmt) -> tuple[syntax.Stmt, ...]:
        """Return what is left of a statement."""
        match statement:
            case syntax.IfStmt(condition, then, otherwise):
                match self.expression(condition):
                    case syntax.BoolLit(True):
                        return self.block(then).statements
                    case syntax.BoolLit(False):
                        return () if otherwise is None else self.block(otherwise).statements
                    case left:
                        changed = replace(
                            statement,
                            condition=left,
                            then=self.block(then),
                            otherwise=None if otherwise is None else self.block(otherwise),
                        )
                        return (changed,)
            case _:
                return (rewritten(statement, self),)

    def block(self, block: syntax.Block) -> syntax.Block:
        return rewritten(block, self)

    def expression(self, expr: syntax.Expr) -> syntax.Expr:
        """Return what is left of an expression."""
        match expr:
            case syntax.NameRef(name) if name in self.flags:
                return syntax.BoolLit(self.flags[name], span=expr.span)
            case syntax.NameRef():
                return expr
            case syntax.Unary("not", operand):
                match self.expression(operand):
                    case syntax.BoolLit(value):
                        return syntax.BoolLit(not value, span=expr.span)
                    case left:
                        return replace(expr, operand=left)
            case syntax.Binary("and" | "or" as op, left, right):
                return self.connected(expr, op, self.expression(left), self.expression(right))
            case syntax.Conditional(condition, then, otherwise):
                match self.expression(condition):
                    case syntax.BoolLit(True):
                        return self.expression(then)
                    case syntax.BoolLit(False):
                        return self.expression(otherwise)
                    case _:
                        return expr
            case _:
                return rewritten(expr, lambda node: self(node) if node is not expr else None)

    def connected(
        self, expr: syntax.Binary, op: str, left: syntax.Expr, right: syntax.Expr
    ) -> syntax.Expr:
        """Return what is left of a conjunction or disjunction."""
        decides = op == "or"
        for one, other in ((left, right), (right, left)):
            match one:
                case syntax.BoolLit(value):
                    return one if value == decides else other
                case _:
                    pass
        return replace(expr, left=left, right=right)


# --- the page -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry as it stands on the page, and its picture."""

    section: str
    picture: str


def shown(entry: Entry) -> Shown:
    """Search for the defect, and draw and describe it."""
    settings = {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in entry.constants.items()
    }
    system, diagnostics = load(entry.file, settings, (SPECS / "lib", SPECS))
    assert system is not None, diagnostics
    result = check(system, make_engine=engine_maker(EngineOptions()))
    finding = result.findings[0]
    assert finding.trace is not None
    spec = f"spec/{entry.path}.k42"
    picture = sequence_svg(system, finding.trace, finding, spec=str(entry.file), title=entry.title)
    flags = " ".join(f"-c {name}={value}" for name, value in settings.items())
    command = f"k42 check {spec} {flags}".strip()
    return Shown(_section(entry, result, command), picture)


def _section(entry: Entry, result: Result, command: str) -> str:
    finding = result.findings[0]
    assert finding.trace is not None
    count = len(finding.trace.steps) + (finding.trace.failed is not None)
    spec = f"spec/{entry.path}.k42"
    repaired = f"spec/{entry.repaired}.k42"
    link = f"[{repaired}](../../{repaired})"
    mended = (
        f"Repaired in {link}:"
        if entry.switch is None
        else f"Repaired in the same file, with `{entry.switch} = "
        f"{str(not entry.constants[entry.switch]).lower()}`:"
    )
    return (
        "\n".join(
            [
                f"### {entry.title}",
                "",
                description(entry),
                "",
                f"*{headline(finding)}*: {_plural(count, 'step')}, "
                f"{_plural(finding.trace.context_switches(), 'context switch')}; "
                f"[{spec}](../../{spec})",
                "",
                f"![{entry.title}: the shortest trace]({entry.name}.svg)",
                "",
                f"    {command}",
                "",
                mended,
                "",
                "```diff",
                repair(entry),
                "```",
            ]
        )
        + "\n"
    )


def _plural(count: int, noun: str) -> str:
    ending = "es" if noun.endswith("ch") else "s"
    return f"{count} {noun}" if count == 1 else f"{count} {noun}{ending}"


def page(sections: Mapping[str, str]) -> str:
    """Return the whole page; sections by the names of their entries."""
    listed = entries()
    built = [entry for entry in listed if entry.switch is not None]
    twins = [entry for entry in listed if entry.switch is None]
    lines = [
        "# Gallery of defects",
        "",
        "Each picture is the shortest run that shows a defect, found by `k42 check`: a column for",
        "each thread or processor, time running down, and an arrow wherever one reads what another",
        "has written. This page is made by `make gallery`, and a test holds it to the",
        "specifications.",
        "",
        f"* [K42 as built](#k42-as-built): {len(built)} defects in the source of 2005, with their",
        "  repairs.",
        f"* [Broken twins](#broken-twins): {len(twins)} well-known protocols, each with one",
        "  mistake.",
        "",
        "## K42 as built",
        "",
        *(sections[entry.name] for entry in built if entry.name in sections),
        "## Broken twins",
        "",
        *(sections[entry.name] for entry in twins if entry.name in sections),
    ]
    return "\n".join(lines)


def sections_of(text: str) -> dict[str, str]:
    """Return the sections of a page by the names of their pictures."""
    found = {}
    for part in re.split(r"(?m)^(?=### )", text)[1:]:
        section = re.split(r"(?m)^## ", part)[0]
        name = re.search(r"\]\(([a-z0-9-]+)\.svg\)", section)
        assert name is not None, section
        found[name[1]] = f"{section.rstrip()}\n"
    return found


def main(wanted: list[str]) -> None:
    """Write the page, with the wanted entries made anew (all if none are named)."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    readme = FOLDER / "README.md"
    sections = sections_of(readme.read_text(encoding="utf-8")) if readme.exists() else {}
    listed = entries()
    for entry in listed:
        is_wanted = not wanted or any(word in entry.name for word in wanted)
        if is_wanted or entry.name not in sections:
            made = shown(entry)
            sections[entry.name] = made.section
            (FOLDER / f"{entry.name}.svg").write_text(made.picture, encoding="utf-8")
            sys.stdout.write(f"{entry.name}\n")
            readme.write_text(page(sections), encoding="utf-8")
    names = {f"{entry.name}.svg" for entry in listed}
    for old in FOLDER.glob("*.svg"):
        if old.name not in names:
            old.unlink()
    readme.write_text(page(sections), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
