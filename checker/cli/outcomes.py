"""What came of a command on one specification."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.model.verdict import Result
    from checker.report.proof_text import Findings
    from checker.report.values_json import Json
    from grammar.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a search; there is no result if the text has a mistake."""

    spec: str
    reproduce: str
    code: int
    result: Result | None
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of a proof; if the text could not be read, only `json` tells of it."""

    spec: str
    reproduce: str
    code: int
    diagnostics: tuple[Diagnostic, ...]
    text: str | None
    json: Json | None
    findings: Findings | None
