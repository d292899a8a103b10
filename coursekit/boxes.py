"""Pieces of text in boxes: how a text is cut into tokens, and what each token is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from coursekit.colors import COLORS, INK, SOFT_INK
from coursekit.figure_style import course_style, new_canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LETTER = 0.0836  # inches: the width of a letter of the monospaced font at 10 points
PAD = 0.05  # beside the text of a box
GAP = 0.05  # between boxes
BOX = 0.27  # a box's height
NOTE = 0.18  # the height of the small text below a box
LINE = 0.14  # from one line of boxes to the next
MARGIN = 0.16


@dataclass(frozen=True)
class Box:
    """A piece of text. A box that is not `filled` is an outline; `note` stands below it."""

    text: str
    color: str = "blue"
    filled: bool = True
    note: str = ""

    @property
    def shown(self) -> str:
        """The text with spaces and line ends made visible."""
        return self.text.replace(" ", "\u00b7").replace("\n", "\u00b6") or " "

    @property
    def width(self) -> float:
        """In inches: room for the text and for the smaller note below it."""
        return max(len(self.shown), 0.78 * len(self.note)) * LETTER + 2 * PAD


@dataclass(frozen=True)
class Line:
    """Boxes beside each other, with a title above them. They go on below where the card ends."""

    boxes: Sequence[Box]
    title: str = ""


def draw_boxes(*lines: Line, width: float = 7.5) -> Figure:
    """Draw lines of boxes below each other."""
    placed = [(line, _rows(line.boxes, width - 2 * MARGIN)) for line in lines]
    height = 2 * MARGIN - LINE
    for line, rows in placed:
        height += BOX * bool(line.title) + sum(_height(row) + LINE for row in rows)
    fig, ax = new_canvas(width, max(height, 2 * MARGIN))
    top = height - MARGIN
    with course_style():
        for line, rows in placed:
            if line.title:
                ax.text(MARGIN, top - 0.1, line.title, va="center", color=INK)
                top -= BOX
            for row in rows:
                _draw_row(ax, row, top)
                top -= _height(row) + LINE
    return fig


def _rows(boxes: Sequence[Box], room: float) -> list[list[Box]]:
    """The boxes in rows that fit into a width; a box alone may be wider."""
    rows: list[list[Box]] = [[]]
    used = 0.0
    for box in boxes:
        if rows[-1] and used + box.width > room:
            rows.append([])
            used = 0.0
        rows[-1].append(box)
        used += box.width + GAP
    return rows


def _height(row: Sequence[Box]) -> float:
    return BOX + (NOTE if any(box.note for box in row) else 0.0)


def _draw_row(ax: Axes, row: Sequence[Box], top: float) -> None:
    from matplotlib.patches import Rectangle

    left = MARGIN
    for box in row:
        color = COLORS[box.color]
        corner = (left, top - BOX)
        if box.filled:
            ax.add_patch(Rectangle(corner, box.width, BOX, facecolor=color, alpha=0.2, linewidth=0))
        edge: dict[str, Any] = {
            "edgecolor": color,
            "linewidth": 0.8,
            "linestyle": "-" if box.filled else "--",
        }
        ax.add_patch(Rectangle(corner, box.width, BOX, fill=False, **edge))
        middle = left + box.width / 2
        mono: dict[str, Any] = {"family": "DejaVu Sans Mono", "ha": "center", "va": "center"}
        ax.text(middle, top - BOX / 2 - 0.01, box.shown, size=10, color=INK, **mono)
        if box.note:
            ax.text(middle, top - BOX - NOTE / 2, box.note, size=7.8, color=SOFT_INK, **mono)
        left += box.width + GAP
