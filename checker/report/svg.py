"""A small writer of SVG: text, boxes, lines and curves, each with its style written out.

No style sheets, scripts or fonts from elsewhere, so that a picture shows in a browser, on a code
host and in print alike. Text is set in a fixed-width font, whose width is known beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import Final

FONT: Final = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
SIZE: Final = 12
"""Height of the font, in pixels."""
CELL: Final = 7.25
"""Width of a character: that of the widest of the fonts."""


@dataclass(slots=True)
class Canvas:
    """A picture that is being drawn; what is drawn later lies above."""

    width: float
    parts: list[str] = field(default_factory=list)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        colour: str,
        *,
        is_bold: bool = False,
        anchor: str = "start",
    ) -> None:
        """Set a line, its base line at `y`."""
        if not text:
            return
        weight = ' font-weight="600"' if is_bold else ""
        place = f' text-anchor="{anchor}"' if anchor != "start" else ""
        self.parts.append(
            f'<text x="{x:g}" y="{y:g}" fill="{colour}"{weight}{place} xml:space="preserve">'
            f"{escape(text, quote=False)}</text>"
        )

    def veil(self, x: float, y: float, width: float, height: float) -> None:
        """Make what lies below a text fainter, so that it can be read."""
        self.parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="#ffffff" '
            f'fill-opacity="0.8"/>'
        )

    def box(
        self, x: float, y: float, size: tuple[float, float], *, fill: str, stroke: str = "none"
    ) -> None:
        """Draw a rectangle with rounded corners; `size` is its width and height."""
        width, height = size
        radius = min(4.0, width / 2)
        self.parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{radius:g}" '
            f'fill="{fill}" stroke="{stroke}"/>'
        )

    def line(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        colour: str,
        *,
        is_dashed: bool = False,
    ) -> None:
        """Draw a thin straight line."""
        dashes = ' stroke-dasharray="2 4"' if is_dashed else ""
        self.parts.append(
            f'<line x1="{start[0]:g}" y1="{start[1]:g}" x2="{end[0]:g}" y2="{end[1]:g}" '
            f'stroke="{colour}"{dashes}/>'
        )

    def arrow(self, start: tuple[float, float], end: tuple[float, float], colour: str) -> None:
        """Draw a curve that leaves and arrives sideways, with a head."""
        x, y = start
        to_x, to_y = end
        ahead = 1.0 if to_x > x else -1.0
        neck = to_x - ahead * 6
        bend = min(abs(to_x - x) / 2, 60.0)
        self.parts.append(
            f'<path d="M{x:g} {y:g} C{x + ahead * bend:g} {y:g} {neck - ahead * bend:g} {to_y:g} '
            f'{neck:g} {to_y:g}" fill="none" stroke="{colour}" stroke-width="1.5" '
            f'stroke-opacity="0.7"/>'
        )
        self.parts.append(
            f'<path d="M{to_x:g} {to_y:g} l{-ahead * 8:g} -4 l0 8 z" fill="{colour}"/>'
        )

    def document(self, height: float, title: str) -> str:
        """Return the whole picture; `title` is for those who cannot see it."""
        body = "\n".join(self.parts)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width:g}" height="{height:g}" '
            f'viewBox="0 0 {self.width:g} {height:g}" font-family="{FONT}" font-size="{SIZE}">\n'
            f"<title>{escape(title, quote=False)}</title>\n"
            f'<rect width="100%" height="100%" fill="#ffffff"/>\n{body}\n</svg>\n'
        )
