"""The tensors of a computation graph, and what is written about each of them in a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from minitorch import Tensor

LARGEST = 60  # tensors in one picture
MINUS = "\N{MINUS SIGN}"


@dataclass
class Graph:
    """Tensors, inputs before what is made from them, and who is made from whom."""

    tensors: list[Tensor]
    names: dict[int, str]
    edges: list[tuple[int, int]] = field(default_factory=list)

    def label(self, number: int) -> str:
        """What to call a tensor in a sentence: its name, its operation, or its value."""
        tensor = self.tensors[number]
        return self.names.get(number) or tensor.operation or text_of(tensor.data).split("\n")[0]


def graph_of(tensor: Tensor, names: Mapping[str, Tensor] | None) -> Graph:
    """Collect everything that a tensor was computed from, constants included."""
    order: list[Tensor] = []
    seen: set[int] = set()
    stack = [(tensor, False)]
    while stack:
        node, inputs_are_listed = stack.pop()
        if inputs_are_listed:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack += [(parent, False) for parent in reversed(node.parents)]
    _check(order)
    number = {id(node): place for place, node in enumerate(order)}
    edges = [(number[id(p)], place) for place, node in enumerate(order) for p in node.parents]
    named = {number[id(t)]: name for name, t in (names or {}).items() if id(t) in number}
    return Graph(order, named, edges)


def _check(order: list[Tensor]) -> None:
    if len(order) > LARGEST:
        raise ValueError(
            f"this graph has {len(order)} tensors, and a picture has room for {LARGEST}: "
            "draw a smaller computation"
        )
    if any(node.rule is not None and not node.parents for node in order):
        raise ValueError(
            "backward went through this graph and took it apart: draw it before, or call "
            "backward(keep_graph=True)"
        )


def text_of(array: np.ndarray) -> str:
    """A number as it is, a small array by its entries, a larger one by its shape."""
    if array.size == 0 or array.ndim > 2:
        return _shape(array)
    if array.ndim == 0:
        return _number(array.item(), 4)
    if array.ndim == 1:
        if len(array) > 4:
            return _shape(array)
        return "[" + ", ".join(_number(entry, 3) for entry in array.tolist()) + "]"
    if max(array.shape) > 3:
        return _shape(array)
    rows = [[_number(entry, 3) for entry in row] for row in array.tolist()]
    wide = max(len(entry) for row in rows for entry in row)
    return "\n".join("[" + " ".join(entry.rjust(wide) for entry in row) + "]" for row in rows)


def _shape(array: np.ndarray) -> str:
    return "shape " + str(array.shape)


def _number(value: float, digits: int) -> str:
    return f"{value + 0:.{digits}g}".replace("-", MINUS)  # + 0: there is no minus zero to read
