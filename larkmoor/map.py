"""Draw the map of the town: `python -m larkmoor.map --out course/images/larkmoor-map.svg`.

The streets are the 24 edges of a four-by-four lattice of crossings, bent a little. Every shop and
every house of someone who is mentioned in the corpus stands on its street.
"""

from __future__ import annotations

import argparse
import io
import math
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from larkmoor.names import STREETS
from larkmoor.town import World, world

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Point = tuple[float, float]

CROSSINGS = 4
INK, PAPER, WATER, GREEN = "#3b3a36", "#f7f3e8", "#a9c7d8", "#d5dfc3"
STREET, HOUSE, SHOP = "#ffffff", "#b9a78c", "#b3402e"


def crossing(column: float, row: float) -> Point:
    """Return the place of a crossing; fractions lie between crossings."""
    x = 2.6 * column + 0.22 * math.sin(1.7 * row + 0.4)
    y = 2.0 * row + 0.26 * math.sin(1.3 * column + 0.9)
    return x, y


def street_ends() -> dict[str, tuple[Point, Point]]:
    """Return the (column, row) of both ends of every street."""
    last = CROSSINGS - 1
    across = [((c, r), (c + 1, r)) for r in range(CROSSINGS) for c in range(last)]
    along = [((c, r), (c, r + 1)) for c in range(CROSSINGS) for r in range(last)]
    return dict(zip(STREETS, across + along))


def point_on(street: str, part: float, aside: float = 0.0) -> Point:
    """Return a point of a street, `part` of the way along it and `aside` of its middle."""
    (c0, r0), (c1, r1) = street_ends()[street]
    x, y = crossing(c0 + part * (c1 - c0), r0 + part * (r1 - r0))
    return (x, y + aside) if r0 == r1 else (x + aside, y)


def draw(town: World) -> str:
    """Return the map of a town as SVG text; the same town gives the same text."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    settings: Any = {
        "svg.hashsalt": "larkmoor",
        "svg.fonttype": "none",
        "font.family": "sans-serif",
    }
    with plt.rc_context(settings):
        figure, axes = plt.subplots(figsize=(9, 7.4), facecolor=PAPER)
        axes.set_axis_off()
        axes.set_aspect("equal")
        axes.set_xlim(-1.0, 9.0)
        axes.set_ylim(-1.7, 7.8)
        _draw_land(axes)
        for street in STREETS:
            _draw_street(axes, street)
        _draw_houses(axes, town)
        for shop in town.shops:
            _draw_shop(axes, shop.name, shop.facts["shop_street"])
        axes.text(4, 7.24, "LARKMOOR", ha="center", size=20, color=INK, family="serif")
        buffer = io.StringIO()
        nothing = {"Date": None, "Creator": None}
        figure.savefig(buffer, format="svg", bbox_inches="tight", metadata=nothing)
        plt.close(figure)
    # A hundredth of a point cannot be seen; without more digits the file is small and the same on
    # another CPU.
    short = re.sub(r"(\d\.\d\d)\d+", r"\1", buffer.getvalue())
    return "\n".join(line.rstrip() for line in short.splitlines()) + "\n"


def _draw_land(axes: Axes) -> None:
    steps = [i / 20 for i in range(-24, 190)]
    bank = [-0.72 + 0.1 * math.sin(0.9 * x) for x in steps]
    axes.fill_between(steps, [y - 0.62 for y in bank], bank, color=WATER, lw=0)
    axes.fill_between(steps, 7.0, 7.8, color=GREEN, lw=0)
    axes.text(0.1, -1.12, "the river", size=9, style="italic", color=INK)
    axes.text(-0.8, 7.3, "the moor", size=9, style="italic", color=INK)
    x, y = crossing(2, 0)
    axes.plot([x, x], [y, -1.45], color=INK, lw=5, solid_capstyle="butt", zorder=1)
    axes.plot([x, x], [y, -1.45], color=STREET, lw=3, solid_capstyle="butt", zorder=1)
    axes.text(x + 0.12, -1.55, "footbridge", size=8, style="italic", color=INK)
    axes.plot([7.2, 7.2], [-0.5, -1.1], color=INK, lw=3, zorder=1)
    axes.text(7.3, -1.05, "pier", size=8, style="italic", color=INK)


def _draw_street(axes: Axes, street: str) -> None:
    xs, ys = zip(*(point_on(street, i / 16) for i in range(17)))
    axes.plot(xs, ys, color=INK, lw=10, solid_capstyle="round", zorder=2)
    axes.plot(xs, ys, color=STREET, lw=8.6, solid_capstyle="round", zorder=3)
    (x0, y0), (x1, y1) = point_on(street, 0.2), point_on(street, 0.8)
    angle = math.degrees(math.atan2(y1 - y0, x1 - x0))
    place = point_on(street, 0.5)
    style: dict[str, Any] = {"ha": "center", "va": "center", "rotation_mode": "anchor"}
    label = street.removesuffix(" Street")
    axes.text(*place, label, size=7, color=INK, rotation=angle, zorder=5, **style)


def _draw_houses(axes: Axes, town: World) -> None:
    """Draw a square for everyone who is mentioned, on the street where they live."""
    residents: dict[str, int] = dict.fromkeys(STREETS, 0)
    for person in town.people:
        if person.group != "never":
            residents[person.facts["street"]] += 1
    places = []
    for street, count in residents.items():
        for i in range(count):
            part = 0.2 + 0.6 * (i // 2 + 0.5) / -(-count // 2)
            places.append(point_on(street, part, aside=0.2 if i % 2 else -0.2))
    xs, ys = zip(*places)
    axes.scatter(xs, ys, marker="s", s=16, color=HOUSE, linewidths=0, zorder=4)


def _draw_shop(axes: Axes, name: str, street: str) -> None:
    (_, r0), (_, r1) = street_ends()[street]
    x, y = point_on(street, 0.5, aside=0.42)
    axes.plot([x], [y], marker="D", ms=5, color=SHOP, zorder=6)
    label = name.removeprefix("the ")
    if r0 == r1:
        axes.text(x, y + 0.12, label, size=8, ha="center", va="bottom", color=SHOP, zorder=6)
    else:
        axes.text(x + 0.13, y, label, size=8, ha="left", va="center", color=SHOP, zorder=6)


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m larkmoor.map", description="Draw the map.")
    parser.add_argument("--out", type=Path, required=True, help="the SVG file to write")
    parser.add_argument("--seed", type=int, default=0, help="which town (default: 0)")
    options = parser.parse_args(arguments)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(draw(world(options.seed)), encoding="utf-8")
    print(f"wrote {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
