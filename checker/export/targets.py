"""The languages that a system can be written in, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from checker.export.exported import Exported
from checker.export.murphi import to_murphi
from checker.export.promela import to_promela
from checker.export.scalars import Refused
from checker.export.tla import to_tla
from grammar.diagnostics import Diagnostic, Severity

if TYPE_CHECKING:
    from checker.export.ltl import RunClaim
    from checker.model.system import System

INEXPRESSIBLE: Final = "K320"

TARGETS: Final[dict[str, Callable[[System], Exported]]] = {
    "promela": to_promela,
    "murphi": to_murphi,
    "tla": to_tla,
}


def export(
    system: System, target: str, claim: RunClaim | None = None, *, name: str | None = None
) -> Exported | Diagnostic:
    """Write a system in the language of another tool, or tell what it cannot express.

    Args:
        claim: about runs, to be written beside the system.
        name: of the file to be written, without its suffix, where the language asks for it.
    """
    try:
        if claim is None and target == "tla":
            return to_tla(system, name)
        if claim is None:
            return TARGETS[target](system)
        if target != "promela":
            raise Refused("a claim about runs", claim.property.site)
        return to_promela(system, claim)
    except Refused as refused:
        message = f"{refused.what}; {target} cannot express it"
        return Diagnostic(INEXPRESSIBLE, Severity.ERROR, refused.site, message)
