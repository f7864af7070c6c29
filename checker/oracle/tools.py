"""The witnesses that can be called, and what comes of calling them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from checker.explicit.automatic import EngineOptions, engine_maker
from checker.explicit.search import SearchOptions, check
from checker.export.murphi import to_murphi
from checker.export.promela import to_promela
from checker.export.scalars import Refused
from checker.export.tla import to_tla
from checker.model.verdict import Verdict
from checker.oracle import rumur, spin, tlc
from checker.oracle.answers import Answer, Cut, Missing, Refusal, Statement, differences
from checker.oracle.own import own_answer
from checker.oracle.process import Limits, missing

if TYPE_CHECKING:
    from pathlib import Path

    from checker.export.exported import Exported
    from checker.model.system import System

Asker: TypeAlias = "Callable[[System, Exported, Path, Limits, int], Answer | Cut]"


@dataclass(frozen=True, slots=True)
class Tool:
    """Another model checker.

    Attributes:
        programs: what must be installed.
        input: the name of the file that it is given.
        ask: searches an exported system in a folder.
        lacking: what else is missing.
    """

    name: str
    programs: tuple[str, ...]
    input: str
    export: Callable[[System], Exported]
    ask: Asker
    lacking: Callable[[], tuple[str, ...]] = tuple

    @property
    def missing(self) -> tuple[str, ...]:
        """What would have to be installed."""
        return (*missing(self.programs), *self.lacking())


TOOLS: Final = (
    Tool(spin.NAME, ("spin", "gcc"), spin.INPUT, to_promela, spin.ask),
    Tool(rumur.NAME, ("rumur", "gcc"), rumur.INPUT, to_murphi, rumur.ask),
    Tool(tlc.NAME, ("java",), tlc.INPUT, to_tla, tlc.ask, tlc.lacking),
)


@dataclass(frozen=True, slots=True)
class Testimony:
    """What a tool says, and where it contradicts us."""

    tool: str
    statement: Statement
    differences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that was said about one system.

    Attributes:
        own: our own full search; `doubts` are contradictions between it and `k42 check`.
    """

    own: Answer | Cut
    doubts: tuple[str, ...]
    testimonies: tuple[Testimony, ...]

    @property
    def is_contradicted(self) -> bool:
        """Whether anybody contradicts anybody."""
        return bool(self.doubts) or any(each.differences for each in self.testimonies)

    @property
    def is_confirmed(self) -> bool:
        """Whether somebody else came to the end and nobody contradicts."""
        confirmed = any(isinstance(each.statement, Answer) for each in self.testimonies)
        return confirmed and not self.is_contradicted


def compared(system: System, tools: tuple[Tool, ...], folder: Path, limits: Limits) -> Comparison:
    """Search a system ourselves and with each of the tools, which work in folders of their own."""
    own = own_answer(system, limits)
    doubts: tuple[str, ...] = ()
    testimonies = []
    if isinstance(own, Answer):
        doubts = _doubts(system, own, limits)
        for tool in tools:
            inside = folder / tool.name
            inside.mkdir(parents=True, exist_ok=True)
            testimonies.append(_testimony(system, tool, inside, limits, own))
    return Comparison(own, doubts, tuple(testimonies))


def _testimony(system: System, tool: Tool, folder: Path, limits: Limits, own: Answer) -> Testimony:
    if tool.missing:
        return Testimony(tool.name, Missing(tool.missing))
    try:
        exported = tool.export(system)
        statement = tool.ask(system, exported, folder, limits, own.states)
    except Refused as refused:
        return Testimony(tool.name, Refusal(refused.what, refused.site))
    found = differences(system, own, statement) if isinstance(statement, Answer) else ()
    return Testimony(tool.name, statement, found)


def _doubts(system: System, own: Answer, limits: Limits) -> tuple[str, ...]:
    """Return where `k42 check` says something else than our own full search.

    Claims about whole runs are left out: nobody here is asked about them.
    """
    system = replace(system, temporal=(), bypasses=(), refinements=())
    options = SearchOptions(seconds=limits.seconds, memory_bytes=limits.memory_bytes)
    result = check(system, options, make_engine=engine_maker(EngineOptions()))
    if result.verdict is Verdict.INCOMPLETE:
        return ()
    if (result.verdict is Verdict.HOLDS) is bool(own.wrongs):
        word = "nothing" if not own.wrongs else "something"
        return (f"`k42 check` says {result.verdict.value}; a full search finds {word} wrong",)
    known = {(each.kind, each.name) for each in own.wrongs}
    return tuple(
        f"`k42 check` finds {each.kind.value} {each.name}; a full search does not"
        for each in result.findings
        if (each.kind, each.name) not in known
    )
