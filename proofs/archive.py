"""What was proved before, kept by content, so that it need not be proved again.

A query is known by the text of its negation, with the declarations of what occurs in it; beside it
stands what the proof needed: of each hypothesis in the core the label and, likewise, the content.
Nothing else is part of the key. So an edit of a lemma makes those queries unknown that used it, and
an edit of one that nothing used makes none. What the translation into logic has become is part of
every text; the version of the solver is told by whoever keeps an archive.

Only proofs are kept: a counterexample depends on all hypotheses, and unknown on patience.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from proofs.logic.terms import FiniteSort, Kind
from proofs.logic.text import sort_name, text

if TYPE_CHECKING:
    from proofs.logic.terms import Sort, Term

FORMAT: Final = "k42-archive 1"
MAX_ENTRIES: Final = 20_000


@dataclass(frozen=True, slots=True)
class Use:
    """One instance of a hypothesis, as certificates name it.

    Attributes:
        number: which of the universals that the hypothesis is divided into, from 1.
        terms: the texts of what its variables stand for.
    """

    label: str
    number: int
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A proof of a query.

    Attributes:
        method: the name of the method.
        instances: as reports name them.
        core: label and content of the hypotheses that it needs.
    """

    method: str
    instances: tuple[str, ...]
    uses: tuple[Use, ...]
    spent: int
    core: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Archive:
    """Entries by the content of the query, of which there may be several.

    Attributes:
        fresh: what was added, in order, to be sent from one process to another.
        verdicts: other answers that depend on all of a model, by its content.
        is_changed: whether anything was added.
    """

    entries: dict[str, tuple[Entry, ...]] = field(default_factory=dict)
    verdicts: dict[str, list[str]] = field(default_factory=dict)
    fresh: list[tuple[str, Entry]] = field(default_factory=list)
    is_changed: bool = False
    _met: dict[str, None] = field(default_factory=dict)

    def find(self, key: str, content_of: Callable[[str], str | None]) -> Entry | None:
        """Return a proof of a query whose hypotheses are there and say the same.

        Args:
            content_of: the content of the hypothesis with a label, None if there is none.
        """
        for entry in self.entries.get(key, ()):
            if all(content_of(label) == content for label, content in entry.core):
                self._met[key] = None
                return entry
        return None

    def add(self, key: str, entry: Entry) -> None:
        """Keep a proof."""
        others = (each for each in self.entries.get(key, ()) if each.core != entry.core)
        self.entries[key] = (*others, entry)
        self.fresh.append((key, entry))
        self.is_changed = True
        self._met[key] = None

    def take(self) -> tuple[tuple[str, Entry], ...]:
        """Return what was added since this was asked last."""
        taken = tuple(self.fresh)
        self.fresh.clear()
        return taken

    def keep(self, key: str, names: list[str]) -> None:
        """Keep an answer that is a list of names."""
        self.verdicts[key] = names
        self.is_changed = True

    def extend(self, found: Iterable[tuple[str, Entry]]) -> None:
        """Keep what another process has added."""
        for key, entry in found:
            self.add(key, entry)

    # --- as text

    def dump(self) -> bytes:
        """Return the text of the archive; what was met in this run comes first, and stays."""
        order = [*self._met, *(key for key in self.entries if key not in self._met)]
        document = {
            "format": FORMAT,
            "entries": {key: [_row(e) for e in self.entries[key]] for key in order[:MAX_ENTRIES]},
            "verdicts": dict(list(self.verdicts.items())[-MAX_ENTRIES:]),
        }
        return json.dumps(document, separators=(",", ":")).encode()


def read_archive(data: bytes | None) -> Archive:
    """Return the archive that a text holds; an empty one if it holds none of this format."""
    if data is None:
        return Archive()
    document = json.loads(data)
    if document.get("format") != FORMAT:
        return Archive()
    entries = {key: tuple(map(_entry, rows)) for key, rows in document["entries"].items()}
    return Archive(entries, document["verdicts"])


def _row(entry: Entry) -> list[object]:
    uses = [[use.label, use.number, *use.terms] for use in entry.uses]
    return [entry.method, entry.instances, uses, entry.spent, entry.core]


def _entry(row: list[object]) -> Entry:
    method, instances, uses, spent, core = row
    assert isinstance(method, str)
    assert isinstance(spent, int)
    assert isinstance(instances, list)
    assert isinstance(uses, list)
    assert isinstance(core, list)
    return Entry(
        method=method,
        instances=tuple(instances),
        uses=tuple(Use(label, number, tuple(terms)) for label, number, *terms in uses),
        spent=spent,
        core=tuple((label, content) for label, content in core),
    )


# --- content --------------------------------------------------------------------------------------


class Contents:
    """The contents of formulas of one logic, each worked out once."""

    def __init__(self) -> None:
        """Start with none."""
        self._known: dict[Term, str] = {}
        self._texts: dict[Term, str] = {}
        self._declared: dict[Term, frozenset[str]] = {}

    def of(self, formula: Term) -> str:
        """Return what stands for a formula with its declarations."""
        found = self._known.get(formula)
        if found is None:
            lines = [text(formula, self._texts), *sorted(self._declarations(formula))]
            found = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]
            self._known[formula] = found
        return found

    def _declarations(self, formula: Term) -> frozenset[str]:
        """Return what the names in a formula mean; the parts of conjunctions occur in many."""
        found = self._declared.get(formula)
        if found is None:
            if formula.kind is Kind.AND:
                parts = (self._declarations(each) for each in formula.args)
                found = frozenset({_sort(formula.sort)}).union(*parts)
            else:
                found = _declarations(formula)
            self._declared[formula] = found
        return found


def _declarations(formula: Term) -> frozenset[str]:
    found: set[str] = set()
    pending, seen = [formula], {formula}
    while pending:
        term = pending.pop()
        inner = [arg for arg in term.args if arg not in seen]
        seen.update(inner)
        pending += inner
        found.add(_sort(term.sort))
        if term.kind is Kind.APPLY:
            symbol = term.symbol
            sorts = [sort_name(sort) for sort in (*symbol.arguments, symbol.result)]
            found.add(f"{symbol.name}: {' '.join(sorts)}")
            found.update(_sort(sort) for sort in symbol.arguments)
    return frozenset(found)


def _sort(sort: Sort) -> str:
    if isinstance(sort, FiniteSort):
        return f"{sort.name} = {' '.join(sort.members)}"
    return sort_name(sort)
