"""The look of the course's figures, kept apart from the reader's own Matplotlib settings.

Matplotlib takes its settings from one global table, at the moment when something is drawn.
The figures and axes here wear the course's settings for that moment only, so a figure looks the
same whatever the reader's table says, and the table stays the reader's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import matplotlib
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.projections import register_projection

from coursekit.colors import CARD, COLORS, EDGE, GRID, INK, SOFT_INK

STYLE: Any = {
    "font.family": "DejaVu Sans",  # comes with Matplotlib: the same letters everywhere
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "axes.labelsize": 10,
    "axes.facecolor": "none",
    "axes.edgecolor": SOFT_INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.prop_cycle": cycler(color=list(COLORS.values())),
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": SOFT_INK,
    "ytick.color": SOFT_INK,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "lines.linewidth": 2,
    "lines.solid_capstyle": "round",
    "lines.markersize": 6,
    "hatch.color": SOFT_INK,
    "legend.frameon": False,
    "legend.fontsize": 9.5,
    "legend.handlelength": 1.6,
    "image.cmap": "cividis",
    "figure.dpi": 72,
    "figure.facecolor": CARD,
    "svg.fonttype": "path",
    "svg.hashsalt": "mini-claude",
}

CREATES = {
    Axes: (
        *("plot", "scatter", "bar", "barh", "hist", "stem", "step", "errorbar", "fill_between"),
        *("fill", "imshow", "pcolormesh", "contour", "contourf", "quiver", "matshow", "hlines"),
        *("vlines", "axhline", "axvline", "axline", "axhspan", "axvspan", "text", "annotate"),
        *("arrow", "legend", "table", "boxplot", "violinplot", "set_title", "grid", "inset_axes"),
        *("twinx", "twiny", "secondary_xaxis", "secondary_yaxis", "bar_label", "loglog"),
    ),
    Figure: ("text", "suptitle", "supxlabel", "supylabel", "legend", "colorbar", "add_subplot"),
}


@contextmanager
def course_style() -> Iterator[None]:
    """For a while, Matplotlib's settings are the course's, whatever they were before."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        yield


def _in_style(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def styled(*arguments: Any, **options: Any) -> Any:
        with course_style():
            return method(*arguments, **options)

    return styled


def _styled_methods(base: type) -> dict[str, Callable[..., Any]]:
    return {name: _in_style(getattr(base, name)) for name in CREATES[base]}


CourseAxes = type("CourseAxes", (Axes,), {**_styled_methods(Axes), "name": "course"})
CourseFigure = type("CourseFigure", (Figure,), _styled_methods(Figure))
register_projection(CourseAxes)


def new_figure(width: float, height: float, nrows: int, ncols: int, **options: Any) -> tuple:
    """An empty figure on a card, and its axes as Matplotlib's `subplots` returns them."""
    with course_style():
        fig = CourseFigure(figsize=(width, height), layout="constrained")
        fig.get_layout_engine().set(w_pad=0.1, h_pad=0.1, wspace=0.06, hspace=0.06)
        options["subplot_kw"] = {"projection": "course", **options.get("subplot_kw", {})}
        axes = fig.subplots(nrows, ncols, **options)
        put_on_card(fig)
    return fig, axes


def put_on_card(fig: Figure) -> None:
    """Lay a figure on a light card with round corners, to be read on any page, dark or light."""
    width, height = fig.get_size_inches()
    card = FancyBboxPatch(
        (0.01, 0.01),
        width - 0.02,
        height - 0.02,
        boxstyle="round,pad=0,rounding_size=0.09",
        transform=fig.dpi_scale_trans,
        facecolor=CARD,
        edgecolor=EDGE,
        linewidth=0.8,
        zorder=-10,
    )
    card.set_in_layout(False)
    fig.patch.set_visible(False)
    fig.add_artist(card)


def new_canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """An empty card to draw on, in inches from its lower left corner."""
    with course_style():
        fig = CourseFigure(figsize=(width, height))
        ax = fig.add_axes((0, 0, 1, 1), projection="course")
        ax.set(xlim=(0, width), ylim=(0, height))
        ax.set_axis_off()
        put_on_card(fig)
    return fig, ax
