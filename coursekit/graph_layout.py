"""Where the boxes and arrows of a computation graph go: from left to right, in columns.

A box stands one column to the right of the last of its inputs; a leaf stands just left of its
first use. An arrow that skips columns passes through them at points of its own, which take part
in the layout like small boxes: so arrows do not run through boxes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Point = tuple[float, float]

ROW_GAP = 0.16  # inches, as all lengths here
PASSAGE = 0.14  # the height that an arrow needs for itself
SWEEPS = 12
MAIN = 4.0  # how much more an arrow between two operations wants to be level than one from a leaf


@dataclass(frozen=True)
class Layout:
    """Centers of the boxes, the points that each arrow goes through, and the whole size."""

    centers: list[Point]
    routes: list[list[Point]]
    width: float
    height: float


def arrange(
    sizes: Sequence[Point], edges: Sequence[tuple[int, int]], column_gap: float = 0.45
) -> Layout:
    """Lay out boxes with these sizes, `edges` going from a box to one that is made from it.

    Boxes come in an order in which inputs stand before what is made from them. An edge may
    occur twice. The origin is the lower left corner.
    """
    columns = _columns(len(sizes), edges)
    vertices = [(column, height) for column, (_, height) in zip(columns, sizes, strict=True)]
    chains = []
    for start, end in edges:
        passing = range(columns[start] + 1, columns[end])
        chains.append([start, *range(len(vertices), len(vertices) + len(passing)), end])
        vertices += [(column, PASSAGE) for column in passing]
    links = [pair for chain in chains for pair in pairwise(chain)]
    rows = _ordered([column for column, _ in vertices], links)
    made = {end for _, end in edges}
    pulls = [1.0 if v < len(sizes) and v not in made else MAIN for v in range(len(vertices))]
    y = _heights([height for _, height in vertices], pulls, rows, links)

    widths = [0.0] * len(rows)
    for column, (width, _) in zip(columns, sizes, strict=True):
        widths[column] = max(widths[column], width)
    lefts = [sum(widths[:column]) + column * column_gap for column in range(len(widths))]
    low = min(y[v] - vertices[v][1] / 2 for v in range(len(vertices)))
    high = max(y[v] + vertices[v][1] / 2 for v in range(len(vertices)))
    y = [height - low for height in y]
    centers = [(lefts[column] + widths[column] / 2, y[box]) for box, column in enumerate(columns)]
    routes = []
    for start, *inner, end in chains:
        route = [(centers[start][0] + sizes[start][0] / 2, centers[start][1])]
        for vertex in inner:
            column = vertices[vertex][0]
            route += [(lefts[column], y[vertex]), (lefts[column] + widths[column], y[vertex])]
        route.append((centers[end][0] - sizes[end][0] / 2, centers[end][1]))
        routes.append(route)
    _spread_arrivals(routes, edges, sizes)
    return Layout(centers, routes, lefts[-1] + widths[-1], high - low)


def _columns(boxes: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The column of each box: the length of the longest way to it."""
    columns = [0] * boxes
    for start, end in sorted(edges, key=lambda edge: edge[1]):
        columns[end] = max(columns[end], columns[start] + 1)
    made = {end for _, end in edges}
    for leaf in set(range(boxes)) - made:
        uses = [columns[end] for start, end in edges if start == leaf]
        columns[leaf] = min(uses, default=1) - 1
    return columns


def _ordered(column_of: list[int], links: list[tuple[int, int]]) -> list[list[int]]:
    """The vertices of each column from bottom to top, with few crossings of arrows.

    Each column in turn is sorted by the average place of its neighbors in the column before, to
    the right and back again; the best order seen is kept.
    """
    rows: list[list[int]] = [[] for _ in range(max(column_of) + 1)]
    for vertex in reversed(range(len(column_of))):
        rows[column_of[vertex]].append(vertex)
    best = [list(row) for row in rows]
    fewest = _crossings(rows, links)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        for column in range(len(rows)) if forward else range(len(rows) - 1, -1, -1):
            place = {v: i / len(row) for row in rows for i, v in enumerate(row)}
            near = {
                v: [s if forward else e for s, e in links if v == (e if forward else s)]
                for v in rows[column]
            }
            wish = {v: _mean([place[n] for n in ns], place[v]) for v, ns in near.items()}
            rows[column].sort(key=wish.__getitem__)
        crossings = _crossings(rows, links)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    return best


def _crossings(rows: list[list[int]], links: list[tuple[int, int]]) -> int:
    place = {v: i for row in rows for i, v in enumerate(row)}
    column = {v: number for number, row in enumerate(rows) for v in row}
    return sum(
        column[a] == column[c] and (place[a] - place[c]) * (place[b] - place[d]) < 0
        for number, (a, b) in enumerate(links)
        for c, d in links[:number]
    )


def _heights(
    sizes: list[float], pulls: list[float], rows: list[list[int]], links: list[tuple[int, int]]
) -> list[float]:
    """The height of each vertex's center: near its neighbors', none overlapping.

    A vertex goes where the average of its neighbors is, weighted with their pulls.
    """
    neighbors: list[list[int]] = [[] for _ in sizes]
    for start, end in links:
        neighbors[start].append(end)
        neighbors[end].append(start)
    y = [0.0] * len(sizes)
    for sweep in range(4 * SWEEPS):
        for row in rows if sweep % 2 else rows[::-1]:
            wishes = []
            for vertex in row:
                near = neighbors[vertex]
                pull = sum(pulls[n] for n in near)
                wishes.append(sum(pulls[n] * y[n] for n in near) / pull if near else y[vertex])
            heights = _apart(wishes, [sizes[v] for v in row], [pulls[v] for v in row])
            for vertex, height in zip(row, heights, strict=True):
                y[vertex] = height
    return y


def _apart(wishes: list[float], sizes: list[float], weights: list[float]) -> list[float]:
    """Heights as near as possible to the wished ones, in the same order, without overlap.

    Neighbors that would overlap form a block, which stands at the weighted average of their
    wishes: this minimizes the sum of the squared distances.
    """
    stacked = [0.0]
    for below, above in pairwise(sizes):
        stacked.append(stacked[-1] + (below + above) / 2 + ROW_GAP)
    blocks: list[tuple[float, float, int]] = []  # (height of the first member, weight, members)
    for wish, offset, weight in zip(wishes, stacked, weights, strict=True):
        mean, members = wish - offset, 1
        while blocks and blocks[-1][0] > mean:
            other, more_weight, more = blocks.pop()
            mean = (mean * weight + other * more_weight) / (weight + more_weight)
            weight += more_weight
            members += more
        blocks.append((mean, weight, members))
    bases = [mean for mean, _, members in blocks for _ in range(members)]
    return [base + offset for base, offset in zip(bases, stacked, strict=True)]


def _spread_arrivals(
    routes: list[list[Point]], edges: Sequence[tuple[int, int]], sizes: Sequence[Point]
) -> None:
    """Let the arrows into one box arrive side by side, in the order of where they come from.

    Arrows between the same two boxes leave side by side as well.
    """
    for box in {end for _, end in edges}:
        arriving = [n for n, (_, end) in enumerate(edges) if end == box]
        arriving.sort(key=lambda n: routes[n][-2][1])
        step = min(0.22, sizes[box][1] / (len(arriving) + 1))
        for place, number in enumerate(arriving):
            off = (place - (len(arriving) - 1) / 2) * step
            (x, y), twin = routes[number][-1], edges.count(edges[number]) > 1
            routes[number][-1] = (x, y + off)
            if twin and len(routes[number]) == 2:
                x, y = routes[number][0]
                routes[number][0] = (x, y + off)


def _mean(numbers: list[float], default: float) -> float:
    return sum(numbers) / len(numbers) if numbers else default
