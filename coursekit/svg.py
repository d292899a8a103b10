"""A figure as the text of an SVG image: the same bytes on every run, and few of them."""

from __future__ import annotations

import re
from html import escape
from io import StringIO

import numpy as np
from matplotlib.collections import Collection, PathCollection, QuadMesh
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from coursekit.figure_style import course_style

MANY = 2000  # points or cells, above which an artist is smaller as pixels than as paths
SHARP = 150  # pixels an inch, for artists drawn as pixels

_long_number = re.compile(r"-?\d+\.\d{3,}")
_coordinates = re.compile(r' (?:d|x|y|points)="[^"]*"|translate\([^)]*\)')
_sheet = re.compile(r"\s*<defs>\s*<style[^>]*>\*{([^}]*)}</style>\s*</defs>")
_group_name = re.compile(r'<g id="[^"]*"')
_indent = re.compile(r"\n +")


def svg_text(fig: Figure, alt: str) -> str:
    """Draw a figure as SVG: letters as outlines, no date, no version, coordinates to 0.01 point.

    `alt` becomes the image's accessible name. Lines and clouds of more than 2,000 points are
    drawn as pixels inside it.
    """
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError(
            "a figure needs alternative text: show(fig, alt=...) with a sentence that says "
            "what a reader who cannot see it should know"
        )
    if not isinstance(fig, Figure):
        raise TypeError(f"only a Matplotlib figure can be shown, not {type(fig).__name__}")
    for artist in fig.findobj(_is_dense):
        artist.set_rasterized(True)
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    page = StringIO()
    with course_style():
        fig.savefig(page, format="svg", dpi=SHARP, metadata=nothing)
    return _tidied(page.getvalue(), alt)


def _tidied(svg: str, alt: str) -> str:
    """Make an image of Matplotlib's fit to stand inside a page: small, and without effect on it.

    Matplotlib's style sheet speaks of every element, which would include those of the page; as
    the style of the outermost element it is inherited by the image alone.
    """
    sheet = _sheet.search(svg)
    style = sheet[1] if sheet else ""
    svg = _sheet.sub("", svg[svg.index("<svg") :], count=1)
    svg = _indent.sub("\n", _group_name.sub("<g", _coordinates.sub(_rounded, svg)))
    opening = f'<svg role="img" aria-label="{attribute(alt)}" style="{style}" '
    return svg.replace("<svg ", opening, 1)


def attribute(text: str) -> str:
    """A text on one line, as the value of an attribute."""
    return escape(" ".join(text.split()))


def _rounded(match: re.Match[str]) -> str:
    """Shorten the numbers of one attribute; the last digits differ between machines anyway."""
    return _long_number.sub(lambda number: _short(float(number[0])), match[0])


def _short(number: float) -> str:
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _is_dense(artist: object) -> bool:
    if isinstance(artist, Line2D):
        return np.size(artist.get_xdata()) > MANY
    if isinstance(artist, PathCollection):
        return len(np.asarray(artist.get_offsets())) > MANY
    if isinstance(artist, QuadMesh):
        return np.asarray(artist.get_coordinates()).size > 2 * MANY
    return isinstance(artist, Collection) and len(artist.get_paths()) > MANY
