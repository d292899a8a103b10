"""Small arrays drawn as tables: cells with their numbers, shaded by value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.colors import COLORS

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_array(
    ax: Axes, array: Any, title: str = "", color: str = "blue", format: str = "g", faint: Any = None
) -> None:
    """Draw an array of one or two axes as a table, one cell an entry.

    The larger an entry beside the others, the darker its cell. Where the mask `faint` is true the
    cell is left pale with a dashed border: a copy, or an entry that is not there yet.
    """
    from matplotlib.colors import to_rgb
    from matplotlib.patches import Rectangle

    values = np.atleast_2d(np.asarray(array, dtype=float))
    pale = np.zeros(values.shape, bool) if faint is None else np.atleast_2d(faint)
    strongest = np.abs(values).max(initial=0.0) or 1.0
    hue = np.array(to_rgb(COLORS[color]))
    for (row, column), value in np.ndenumerate(values):
        strength = 0.0 if pale[row, column] else 0.12 + 0.38 * abs(value) / strongest
        ax.add_patch(
            Rectangle(
                (column, row),
                1,
                1,
                facecolor=tuple(1 - strength * (1 - hue)),
                edgecolor=COLORS["gray"],
                linewidth=0.8,
                linestyle="--" if pale[row, column] else "-",
            )
        )
        ax.text(column + 0.5, row + 0.5, f"{value:{format}}", ha="center", va="center")
    rows, columns = values.shape
    ax.set(xlim=(-0.05, columns + 0.05), ylim=(rows + 0.05, -0.05), aspect="equal", title=title)
    ax.axis("off")
