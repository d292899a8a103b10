"""Boxes and arrows of a computation graph, drawn with Matplotlib."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any

from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.path import Path
from matplotlib.textpath import text_to_path

from coursekit.colors import CARD, COLORS, INK, SOFT_INK
from coursekit.figure_style import course_style
from coursekit.graph_layout import Layout, Point, arrange
from coursekit.graph_nodes import Graph, text_of

LEAF, LEAF_EDGE = "#e6eff8", COLORS["blue"]
BAND = "#ecebe6"
FORWARD, BACKWARD = "#8b8f96", COLORS["orange"]
GLOW, GLOW_BAND = "#fdeadb", "#fad6bb"

OPERATION = FontProperties(family="DejaVu Sans", size=9.5)
VALUE = FontProperties(family="DejaVu Sans Mono", size=8.5)
PROSE = FontProperties(family="DejaVu Sans", size=10)
STRONG = FontProperties(family="DejaVu Sans", size=10, weight="bold")

LINE = 0.165  # inches from one line of text to the next
PAD = 0.09
HEAD = 0.24
MARGIN = 0.16  # around the whole picture


@dataclass
class State:
    """What a picture shows beyond the graph itself: gradients so far, and the step being made."""

    gradients: Mapping[int, str] = field(default_factory=dict)
    now: int | None = None
    done: frozenset[int] = frozenset()
    handed: Mapping[int, str] = field(default_factory=dict)  # by the edge's number


class Picture:
    """A graph with room in every box for each gradient text that may come to stand there."""

    def __init__(self, graph: Graph, texts: Mapping[int, Sequence[str]], gap: float) -> None:
        self.graph = graph
        self.values = [text_of(tensor.data) for tensor in graph.tensors]
        self.rows = {
            number: max(text.count("\n") + 1 for text in some)
            for number, some in texts.items()
            if some
        }
        sizes = [self._size(number, texts.get(number, ())) for number in range(len(self.values))]
        self.sizes: list[Point] = sizes
        self.layout: Layout = arrange(sizes, graph.edges, gap)

    def _size(self, number: int, gradients: Sequence[str]) -> Point:
        head = self._head_width(number)
        lines = self.values[number].split("\n")
        grads = [f"grad {line}" for text in gradients for line in text.split("\n")]
        width = max(head, *(width_of(line, VALUE) for line in [*lines, *grads]))
        height = len(lines) + self.rows.get(number, 0)
        return max(width + 2 * PAD, 0.55), (HEAD if head else 0.05) + height * LINE + PAD

    def _head_width(self, number: int) -> float:
        name, operation = self._head(number)
        gap = 0.08 if name and operation else 0
        return width_of(name, STRONG) + gap + width_of(operation, OPERATION)

    def _head(self, number: int) -> tuple[str, str]:
        return self.graph.names.get(number, ""), self.graph.tensors[number].operation

    def paint(self, ax: Axes, corner: Point, state: State) -> None:
        """Draw the graph with its lower left corner at `corner`."""
        with course_style():
            for number in range(len(self.graph.edges)):
                self._arrow(ax, corner, number, state)
            for number in range(len(self.sizes)):
                self._box(ax, corner, number, state)

    def _arrow(self, ax: Axes, corner: Point, number: int, state: State) -> None:
        route = [(x + corner[0], y + corner[1]) for x, y in self.layout.routes[number]]
        back = number in state.handed
        ax.add_patch(
            FancyArrowPatch(
                path=_curve(route),
                arrowstyle="<|-" if back else "-|>",
                mutation_scale=9,
                shrinkA=0,
                shrinkB=0,
                color=BACKWARD if back else FORWARD,
                linewidth=2 if back else 1.1,
                zorder=3 if back else 1,
            )
        )
        if back:
            (x, y), (_, toward) = route[0], route[1]
            start = self.graph.edges[number][0]
            above = self.layout.centers[start][1] + corner[1] - y or toward - y
            up = 1 if above > 0 else -1
            ax.text(
                x + 0.14,
                y - up * 0.05,
                state.handed[number],
                color=BACKWARD,
                fontproperties=VALUE,
                va="top" if up > 0 else "bottom",
                zorder=6,
                bbox={"facecolor": CARD, "edgecolor": "none", "pad": 0.6, "alpha": 0.9},
            )

    def _box(self, ax: Axes, corner: Point, number: int, state: State) -> None:
        tensor = self.graph.tensors[number]
        width, height = self.sizes[number]
        center, middle = (a + b for a, b in zip(self.layout.centers[number], corner, strict=True))
        left, top = center - width / 2, middle + height / 2
        leaf, constant = not tensor.parents, not tensor.requires_grad
        now = state.now == number
        fill = GLOW if now else LEAF if leaf and not constant else CARD
        line = BACKWARD if now or number in state.done else LEAF_EDGE if leaf else SOFT_INK
        shape = f"round,pad=0,rounding_size={0.13 if leaf else 0.04}"
        outline: dict[str, Any] = {
            "edgecolor": SOFT_INK if constant else line,
            "linestyle": (0, (3, 2)) if constant else "-",
            "linewidth": 2.2 if now else 1.2,
        }
        place = ((left, top - height), width, height)
        box = FancyBboxPatch(*place, boxstyle=shape, facecolor=fill, linewidth=0, zorder=4)
        ax.add_patch(box)
        if not leaf:
            color = GLOW_BAND if now else BAND
            band = Rectangle((left, top - HEAD), width, HEAD, color=color, lw=0, zorder=4.1)
            ax.add_patch(band)
            band.set_clip_path(box)
        rim = FancyBboxPatch(*place, boxstyle=shape, facecolor="none", zorder=4.2, **outline)
        ax.add_patch(rim)
        self._write(ax, (center, top), number, state)

    def _write(self, ax: Axes, top_center: Point, number: int, state: State) -> None:
        center, y = top_center
        name, operation = self._head(number)
        if name or operation:
            x = center - self._head_width(number) / 2
            ax.text(x, y - 0.165, name, fontproperties=STRONG, zorder=5)
            ax.text(
                center + self._head_width(number) / 2,
                y - 0.165,
                operation,
                fontproperties=OPERATION,
                color=SOFT_INK if name else INK,
                ha="right",
                zorder=5,
            )
            y -= HEAD
        else:
            y -= 0.05
        for text in self.values[number].split("\n"):
            y -= LINE
            ax.text(center, y + 0.035, text, fontproperties=VALUE, ha="center", zorder=5)
        gradient = state.gradients.get(number)
        for place, text in enumerate(gradient.split("\n") if gradient else ()):
            y -= LINE
            prefix = "grad " if place == 0 else "     "
            ax.text(
                center,
                y + 0.035,
                prefix + text,
                fontproperties=VALUE,
                color=BACKWARD,
                ha="center",
                zorder=5,
            )


def _curve(route: list[Point]) -> Path:
    """A smooth line through points that leaves and enters each of them level."""
    points, codes = [route[0]], [Path.MOVETO]
    for (x0, y0), (x1, y1) in pairwise(route):
        if y0 == y1:
            points.append((x1, y1))
            codes.append(Path.LINETO)
        else:
            bend = (x1 - x0) / 2
            points += [(x0 + bend, y0), (x1 - bend, y1), (x1, y1)]
            codes += [Path.CURVE4] * 3
    return Path(points, codes)


@cache
def _points_wide(text: str, size: float, weight: str, family: str) -> float:
    font = FontProperties(family=family, size=size, weight=weight)
    return text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]


def width_of(text: str, font: FontProperties) -> float:
    """How many inches a line of text takes."""
    if not text:
        return 0.0
    return _points_wide(text, font.get_size(), font.get_weight(), font.get_family()[0]) / 72


def wrapped(text: str, width: float, font: FontProperties) -> list[str]:
    """Break a text into lines that are no wider than `width` inches."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width_of(longer, font) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
