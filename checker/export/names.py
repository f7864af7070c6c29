"""Names for a target: plain identifiers, none twice, none that the target or C takes for itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


class Namer:
    """Hands out identifiers, as close to the wanted ones as possible.

    Unless told otherwise, whether a name is taken is asked without regard to case, since some
    targets do not tell `Cpu` from `cpu`.
    """

    def __init__(self, reserved: Iterable[str], *, tells_case: bool = False) -> None:
        """Keep the reserved words out."""
        self._tells_case = tells_case
        self._taken = set(map(self._key, reserved))

    def fresh(self, wanted: str, prefix: str = "") -> str:
        """Return an identifier like `wanted`, with the prefix in front if that is taken."""
        plain = _identifier(wanted)
        candidates = [plain, *([f"{_identifier(prefix)}_{plain}"] if prefix else [])]
        base, number = candidates[-1], 2
        while self._key(candidates[0]) in self._taken:
            candidates.pop(0)
            if not candidates:
                candidates.append(f"{base}_{number}")
                number += 1
        self._taken.add(self._key(candidates[0]))
        return candidates[0]

    def scope(self) -> Namer:
        """Return a namer for an inner scope, in which the names so far are taken."""
        return Namer(self._taken, tells_case=self._tells_case)

    def release(self, name: str) -> None:
        """Let an identifier that is out of scope be used again."""
        self._taken.discard(self._key(name))

    def _key(self, name: str) -> str:
        return name if self._tells_case else name.lower()


def _identifier(text: str) -> str:
    plain = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_") or "x"
    # TLA+ takes what begins with WF_ or SF_ for a requirement of fairness.
    is_fairness = plain.startswith(("WF_", "SF_"))
    return f"n{plain}" if plain[0].isdigit() or is_fairness else plain
