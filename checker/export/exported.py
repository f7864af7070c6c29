"""What an export is: the text, and what one must know to read the other tool's answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from checker.model.system import System
    from checker.model.verdict import FindingKind


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something that can be wrong, named as in a `Finding`."""

    kind: FindingKind
    name: str


@dataclass(frozen=True, slots=True)
class Exported:
    """A model for another tool.

    Attributes:
        extra_states: states that the tool counts and the system does not have.
        wrongs: by the text under which the tool reports it.
        vector_bytes: about how large a state is for the tool; 0 if nobody needs to know.
        companions: texts of further files by their suffix.
    """

    text: str
    extra_states: int
    wrongs: Mapping[str, Wrong]
    vector_bytes: int = 0
    companions: Mapping[str, str] = field(default_factory=dict)


def about(system: System, target: str, notes: Sequence[str]) -> str:
    """Return the comment at the head of a model, in the style of C."""
    sizes = ", ".join(f"{each.name} = {each.value}" for each in system.settings)
    title = f"{system.name} at {sizes}" if sizes else system.name
    lines = [f"{title}: written by `k42 export --to {target}`; change the specification instead."]
    lines += ["", *notes]
    body = "\n".join(f" * {line}".rstrip() for line in lines)
    return f"/*\n{body}\n */"
