"""The page that tells what every specification claims: written from specifications and tables.

The figures are those of the tables, which tests of their own hold to the search; nothing is
searched here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from checker.load import load
from checker.model.ir import Assert, Effect
from checker.model.rewrite import parts
from checker.model.system import PropertyKind, System

TESTS = Path(__file__).parents[1]
SPECS = TESTS.parent / "spec"
TABLES = TESTS / "spec"

Entry = Mapping[str, Any]

SECTIONS: Final = (
    ("protocols/locks", "Locks"),
    ("protocols/sync", "Synchronization"),
    ("protocols/messages", "Messages"),
    ("protocols/consensus", "Agreement"),
    ("kernel/locks", "The kernel: locks and counts"),
    ("kernel/cobj", "The kernel: clustered objects"),
    ("kernel/adapt", "The kernel: objects that change while they are used"),
    ("kernel/mem", "The kernel: memory"),
    ("kernel/ipc", "The kernel: calls and messages"),
    ("kernel/sched", "The kernel: scheduling"),
    ("kernel/trace", "The kernel: tracing"),
    ("proofs", "Proved for every size"),
    ("examples", "Examples"),
)

HEAD: Final = """\
# What the specifications claim

Each file begins with what it promises in words, its source, and what it takes to be atomic. This
page lists the claims by their names, and what `k42 check` says of them at the size that the file
sets. It is written by `make expected` from the files and from the tables in
[tests/spec](../tests/spec), and a test keeps it true.

Claims about whole runs are in *italics*. A `_broken` twin has one mistake in it; a `_starving` one
keeps its invariants and has a run in which somebody waits for ever.
"""


@dataclass(frozen=True, slots=True)
class Tables:
    """The rows of the tables by the path of the specification, below `spec`."""

    rows: Mapping[str, Sequence[Entry]]
    built: Sequence[Entry]
    starves: Sequence[Entry]
    library: Mapping[str, Sequence[Entry]]


def read_tables() -> Tables:
    """Read published.toml, kernel.toml and library.toml."""
    kernel = _table("kernel.toml")
    library = _table("library.toml")
    rows: dict[str, list[Entry]] = {}
    for row in _table("published.toml")["spec"]:
        rows.setdefault(row["path"], []).append(row)
    for row in kernel["repaired"]:
        distinct = {"distinct": row["counts"][0]} if "counts" in row else {}
        rows.setdefault(f"kernel/{row['path']}", []).append({**row, **distinct})
    used: dict[str, list[Entry]] = {}
    for row in (*library["holds"], *library["starves"]):
        used.setdefault(Path(row["path"]).stem, []).append(row)
    return Tables(rows, kernel["built"], kernel["starves"], used)


def page() -> str:
    """Return the text of spec/README.md."""
    tables = read_tables()
    parts = [HEAD]
    for folder, title in SECTIONS:
        paths = sorted((SPECS / folder).glob("*.k42"))
        lines = [_line(path, tables.rows.get(_name(path), ())) for path in paths]
        head = ("specification", "claims", "states", "verdict")
        parts.append(f"## {title}\n\n{_listed(head, lines)}")
    parts.append(_library(tables))
    parts.append(_defects(tables))
    parts.append(_starving(tables))
    return "\n".join(parts)


@cache
def system_of(path: Path) -> System:
    """Return a specification at the sizes that it sets."""
    system, diagnostics = load(path, {}, (SPECS,))
    assert system is not None, diagnostics
    return system


def claims(system: System) -> Iterator[str]:
    """Yield the names of what a specification claims, without the modules that it imports."""
    for each in system.properties:
        if each.kind is not PropertyKind.REACHABLE and not each.is_lemma and "." not in each.name:
            yield f"`{each.name}`"
    for temporal in system.temporal:
        yield f"*{temporal.name}*"
    for bypass in system.bypasses:
        most = "" if bypass.bound is None else f" at most {bypass.bound}"
        yield f"*{bypass.name}*{most}"
    for refinement in system.refinements:
        yield f"*{'fair ' if refinement.is_fair else ''}{refinement.name}*"
    if any(asserts(action.body) for action in system.actions):
        yield "assertions"


def asserts(effect: Effect) -> bool:
    """Tell whether an assertion is made in a step."""
    return isinstance(effect, Assert) or any(map(asserts, parts(effect)))


def _table(name: str) -> dict[str, list[Entry]]:
    with (TABLES / name).open("rb") as file:
        return tomllib.load(file)


def _name(path: Path) -> str:
    return path.relative_to(SPECS).as_posix()


def _line(path: Path, rows: Sequence[Entry]) -> tuple[str, ...]:
    system = system_of(path)
    found = ", ".join(claims(system)) or "no deadlock"
    states, verdict = _verdict(system, rows)
    return (f"[{path.stem}]({_name(path)}): {_sentence(system.doc)}", found, states, verdict)


def _verdict(system: System, rows: Sequence[Entry]) -> tuple[str, str]:
    if not rows:
        return "", ""
    settings = {each.name: each.value for each in system.settings}
    own = [row for row in rows if _is_default(row, settings)]
    row = next((row for row in own if "distinct" in row), own[0] if own else rows[0])
    if row["verdict"] != "holds":
        return "", _violated(row)
    states = f"{row['distinct']:,}" if "distinct" in row else ""
    if not own:
        states += f" at {_sizes(row)}"
    return states, "holds"


def _violated(row: Entry) -> str:
    kind, _, name = row["finding"].partition(" ")
    mark = "*" if kind == "liveness" else "`"
    what = kind if kind == "deadlock" else f"{mark}{name}{mark}"
    return f"{row.get('verdict', 'violated')}: {what}, {row['length']} states"


def _is_default(row: Entry, settings: Mapping[str, str]) -> bool:
    given = row.get("constants", {})
    return all(settings.get(name) == str(value).lower() for name, value in given.items())


def _sizes(row: Entry) -> str:
    return ", ".join(f"{name} = {value}" for name, value in row["constants"].items())


def _library(tables: Tables) -> str:
    lines = []
    for path in sorted((SPECS / "lib").glob("*.k42")):
        rows = tables.library.get(path.stem, ())
        users = (TABLES / "library" / path.name, *SPECS.glob(f"kernel/*/{path.name}"))
        user = next((each for each in users if each.exists()), None)
        found = ", ".join(claims(system_of(user))) if user else ""
        lacks = "; ".join(row["title"] for row in rows if row.get("verdict") is None)
        lines.append(
            (f"[{path.stem}]({_name(path)}): {_sentence(system_of(path).doc)}", found, lacks)
        )
    head = ("module", "claims of its users", "who may wait for ever")
    return f"## The library\n\n{_listed(head, lines)}"


def _defects(tables: Tables) -> str:
    lines = [
        (f"[{Path(row['path']).stem}](kernel/{row['path']})", row["title"], _violated(row))
        for row in tables.built
    ]
    text = "What the tree of 2005 does wrong, at the smallest size that shows it; the repairs hold."
    head = ("protocol", "defect", "verdict")
    return f"## The kernel as built\n\n{text}\n\n{_listed(head, lines)}"


def _starving(tables: Tables) -> str:
    lines = [
        (
            f"[{Path(row['path']).stem}](kernel/{row['path']})",
            row["title"],
            f"{row['length']} states",
        )
        for row in tables.starves
    ]
    text = "What nobody promised, and what a run that goes round for ever shows not to hold."
    head = ("protocol", "who waits for ever", "run")
    return f"## The kernel: who may wait for ever\n\n{text}\n\n{_listed(head, lines)}"


def _sentence(doc: str) -> str:
    """Return the first sentence of a documentation comment, on one line."""
    first = " ".join(doc.split("\n\n", 1)[0].split())
    return re.split(r"(?<=[.:])\s", first, maxsplit=1)[0].rstrip(".:")


def _listed(head: tuple[str, ...], lines: Sequence[tuple[str, ...]]) -> str:
    """Return a table, without columns that would be empty."""
    kept = [i for i in range(len(head)) if any(line[i] for line in lines)]
    rows = [[head[i] for i in kept], ["---"] * len(kept)]
    rows += [[line[i].replace("|", "\\|") for i in kept] for line in lines]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)
