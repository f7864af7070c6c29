"""What a run says about each single property: the rows of the text and of the JSON report.

The verdict speaks of the whole run. Of one property less may be known: when another one was
violated first, the search stopped there and this one is not decided.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias, assert_never

from checker.model.ir import Assert
from checker.model.rewrite import parts
from checker.model.system import PropertyKind
from checker.model.verdict import FindingKind, Verdict

if TYPE_CHECKING:
    from checker.model.ir import Effect
    from checker.model.system import Property
    from checker.model.temporal import Bypass, Refinement, TemporalProperty
    from checker.model.trace import Trace
    from checker.model.verdict import Result
    from grammar.source import Span


Claim: TypeAlias = "TemporalProperty | Bypass | Refinement"


class Standing(Enum):
    """What is known of a property."""

    PROVED = "proved"
    HOLDS = "holds"
    REACHED = "reached"
    UNVIOLATED = "no violation found"
    UNDECIDED = "not decided"
    UNREACHED = "not reached"
    VIOLATED = "violated"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Row:
    """One property, or one of the checks that need no declaration.

    Attributes:
        kind: the language's word, or `assertion` and `deadlock`.
        name: as declared; empty for assertions and deadlock.
        parts: names of the conjuncts that are violated, if there are several conjuncts.
        witness: a shortest way to what is to be reachable, or a run that shows the figure.
        figure: what was computed, in words.
    """

    kind: str
    name: str
    standing: Standing
    site: Span | None
    parts: tuple[str, ...] = ()
    witness: Trace | None = None
    figure: str = ""


def standings(result: Result) -> tuple[Row, ...]:
    """Return a row for every property in the order of declaration, assertions and deadlock last."""
    system = result.system
    rows = [Row("assume", a.name, _assumed(result, a.name), a.site) for a in system.assumptions]
    rows += [_declared(result, each) for each in system.properties]
    rows += [_claimed(result, "property", each, FindingKind.LIVENESS) for each in system.temporal]
    rows += [_bypass(result, each) for each in system.bypasses]
    rows += [
        _claimed(result, "refines", each, FindingKind.REFINEMENT) for each in system.refinements
    ]
    if any(_asserts(action.body) for action in system.actions):
        rows.append(Row("assertion", "", _unless_found(result, FindingKind.ASSERTION), None))
    rows.append(Row("deadlock", "", _unless_found(result, FindingKind.DEADLOCK), None))
    return tuple(rows)


def _assumed(result: Result, name: str) -> Standing:
    failed = any(f.kind is FindingKind.ASSUMPTION and f.name == name for f in result.findings)
    return Standing.VIOLATED if failed else Standing.HOLDS


def _declared(result: Result, declared: Property) -> Row:
    kind = declared.kind.value
    names = [c.name for c in declared.conjuncts]
    if any(f.kind is FindingKind.EVALUATION and f.name in names for f in result.findings):
        return Row(kind, declared.name, Standing.ERROR, declared.site)
    if declared.kind is PropertyKind.REACHABLE:
        traces = {w.property.name: w.trace for w in result.witnesses}
        trace = traces.get(declared.name)
        standing = Standing.REACHED if trace is not None else _unreached(result)
        return Row(kind, declared.name, standing, declared.site, witness=trace)
    kinds = (FindingKind.INVARIANT, FindingKind.STEP)
    broken = {f.name for f in result.findings if f.kind in kinds}
    parts = tuple(name for name in names if name in broken and name != declared.name)
    is_broken = bool(broken.intersection((declared.name, *names)))
    standing = Standing.VIOLATED if is_broken else _unharmed(result)
    return Row(kind, declared.name, standing, declared.site, parts)


def _claimed(result: Result, word: str, claim: Claim, kind: FindingKind) -> Row:
    """Return the row of a claim about whole runs, which may be left undecided."""
    name = claim.name
    found = {f.kind for f in result.findings if f.name.partition(",")[0] == name}
    if FindingKind.EVALUATION in found:
        standing = Standing.ERROR
    elif found & {kind, FindingKind.LIVENESS}:
        standing = Standing.VIOLATED
    else:
        standing = Standing.UNDECIDED if name in result.undecided else _unharmed(result)
    is_idle = any(sentence.startswith(f"in `{name}`,") for sentence in result.idle)
    figure = "vacuous" if is_idle and standing is Standing.HOLDS else ""
    return Row(word, name.removeprefix(f"{word} "), standing, claim.site, figure=figure)


def _bypass(result: Result, of: Bypass) -> Row:
    row = _claimed(result, "bypass", of, FindingKind.BYPASS)
    for figure in result.figures:
        if figure.name == of.name:
            count = "no bound" if figure.value is None else f"at most {figure.value}"
            is_shown = row.standing is not Standing.VIOLATED
            trace = figure.trace if is_shown else None
            doubt = f"{row.figure}; " if row.figure else ""
            return replace(row, figure=f"{doubt}{count}; {figure.remark}", witness=trace)
    return row


def _unless_found(result: Result, kind: FindingKind) -> Standing:
    is_found = any(finding.kind is kind for finding in result.findings)
    return Standing.VIOLATED if is_found else _unharmed(result)


def _unreached(result: Result) -> Standing:
    is_complete = result.verdict is Verdict.HOLDS or result.only_runs_fail
    return Standing.UNREACHED if is_complete else Standing.UNDECIDED


def _unharmed(result: Result) -> Standing:
    """Return what is known of a property against which nothing was found."""
    match result.verdict:
        case Verdict.PROVED:
            return Standing.PROVED
        case Verdict.HOLDS:
            return Standing.HOLDS
        case Verdict.BOUNDED | Verdict.INCOMPLETE:
            return Standing.UNVIOLATED
        case Verdict.VIOLATED | Verdict.ERROR:
            return Standing.HOLDS if result.only_runs_fail else Standing.UNDECIDED
        case _:
            assert_never(result.verdict)


def _asserts(effect: Effect) -> bool:
    return isinstance(effect, Assert) or any(map(_asserts, parts(effect)))
