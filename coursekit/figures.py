"""Figures of the course: made in one style, shown as SVG, never without alternative text.

    fig, ax = figure(width=6, height=3.2)
    ax.plot(x, y)
    show(fig, alt="A parabola with its lowest point at 2.")

A figure is not registered with pyplot: nothing has to be closed, and nothing is shown twice.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from coursekit.colors import COLORS
from coursekit.interaction import interactive

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["COLORS", "figure", "interactive", "show"]

SVG_DATA = "data:image/svg+xml,"
_PLAIN = ' "/:;=,.()+-*!?@[]{}|$~'  # what may stand as it is in a quoted drawing


def figure(
    width: float = 6.0, height: float = 3.2, nrows: int = 1, ncols: int = 1, **options: Any
) -> tuple[Any, Any]:
    """Make an empty figure in the course's style: the figure, and its axes.

    `width` and `height` are in inches; 7.5 fill a notebook's column. One of the axes comes as it
    is, several come as an array: `fig, (left, right) = figure(ncols=2)`. Other options are those
    of Matplotlib's `subplots`: `sharey=True`, `width_ratios=[2, 1]`.
    """
    from coursekit.figure_style import new_figure

    return new_figure(width, height, nrows, ncols, **options)


def show(fig: Figure, *, alt: str) -> None:
    """Show a figure in the notebook, with a text for those who cannot see it.

    `alt` says what the figure shows, in a sentence or two. In a terminal, IPython prints that
    text; outside of IPython nothing appears.
    """
    data = bundle(fig, alt)
    if not in_ipython():
        return
    from IPython.display import display

    display(data, raw=True)


def bundle(fig: Figure, alt: str) -> dict[str, Any]:
    """A figure as a notebook shows it: an image in HTML, and its text.

    JupyterLab shows SVG outputs without alternative text, and not at all in a notebook that it
    does not trust. An image in HTML carries its text and is always shown. The drawing is quoted
    rather than packed in base64: that is smaller, and a change in it can be read.
    """
    from coursekit.svg import attribute, svg_text

    quoted = quote(svg_text(fig, alt).strip(), safe=_PLAIN)
    return {
        "text/html": f"<img alt=\"{attribute(alt)}\" src='{SVG_DATA}{quoted}'>",
        "text/plain": alt,
    }


def in_ipython() -> bool:
    """Tell whether there is a notebook or an IPython terminal to show something in."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and ipython.get_ipython() is not None
