"""Small arrays drawn as tables: cells with their numbers, shaded by value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.colors import COLORS
from coursekit.figures import figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CELL = 0.62  # inches
GAP = 0.9  # cells between two tables


@dataclass
class Table:
    """An array of one or two axes to draw, with a title and a color.

    The larger an entry beside the others, the darker its cell. Where the mask `faint` is true the
    cell is pale with a dashed border: a copy, or an entry that is not there yet.
    """

    array: Any
    title: str = ""
    color: str = "blue"
    faint: Any = None
    format: str = "g"


def draw_tables(*tables: Table) -> Figure:
    """Draw tables side by side, with cells of one size."""
    values = [np.atleast_2d(np.asarray(table.array, dtype=float)) for table in tables]
    widths = [max(v.shape[1], 0.17 * len(t.title)) for v, t in zip(values, tables, strict=True)]
    height = max(v.shape[0] for v in values)
    total = sum(widths) + GAP * (len(tables) - 1)
    fig, ax = figure(width=CELL * total + 0.3, height=CELL * (height + 0.6) + 0.2)
    left = 0.0
    for table, array, width in zip(tables, values, widths, strict=True):
        ax.text(left, -0.25, table.title, va="bottom")
        _draw_cells(ax, array, table, left)
        left += width + GAP
    ax.set(xlim=(-0.05, total + 0.05), ylim=(height + 0.05, -0.7), aspect="equal")
    ax.axis("off")
    return fig


def _draw_cells(ax: Axes, values: np.ndarray, table: Table, left: float) -> None:
    from matplotlib.colors import to_rgb
    from matplotlib.patches import Rectangle

    pale = np.zeros(values.shape, bool) if table.faint is None else np.atleast_2d(table.faint)
    strongest = np.abs(values).max(initial=0.0) or 1.0
    hue = np.array(to_rgb(COLORS[table.color]))
    for (row, column), value in np.ndenumerate(values):
        strength = 0.0 if pale[row, column] else 0.1 + 0.4 * abs(value) / strongest
        cell = Rectangle(
            (left + column, row),
            1,
            1,
            facecolor=tuple(1 - strength * (1 - hue)),
            edgecolor=COLORS["gray"],
            linewidth=0.8,
            linestyle="--" if pale[row, column] else "-",
        )
        ax.add_patch(cell)
        text = f"{value:{table.format}}".replace("-", "−")
        ax.text(left + column + 0.5, row + 0.5, text, ha="center", va="center")
