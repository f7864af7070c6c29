"""What the diagnostic codes K100-K199 mean: names, types, values, statements and constructs.

Every `wrong` example produces its code, and every `right` one no diagnostic; tests hold both.
"""

from __future__ import annotations

from typing import Final

from checker.constructs.codes import CONSTRUCT_CODES
from checker.discipline.codes import DISCIPLINE_CODES
from checker.elaborate.codes.names import NAME_CODES
from checker.elaborate.codes.runs import RUN_CODES
from checker.elaborate.codes.statements import STATEMENT_CODES
from checker.elaborate.codes.values import VALUE_CODES
from grammar.codes import CodeInfo

MEANING_CODES: Final[tuple[CodeInfo, ...]] = (
    *NAME_CODES,
    *VALUE_CODES,
    *STATEMENT_CODES,
    *CONSTRUCT_CODES,
    *RUN_CODES,
    *DISCIPLINE_CODES,
)
