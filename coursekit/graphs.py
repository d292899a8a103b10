"""Pictures of the graph that the reader's own tensors have built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from coursekit.graph_nodes import graph_of, text_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from minitorch import Tensor

MARGIN = 0.16


def draw_graph(
    tensor: Tensor, names: Mapping[str, Tensor] | None = None, gradients: bool = True
) -> Figure:
    """Draw how a tensor was computed: its inputs on the left, itself on the right.

    Leaves are round boxes, blue where they want a gradient and dashed where they are constants.
    Other boxes carry the operation that made them. Each shows its value, and below it, if
    `gradients` is set and there is one, its gradient. `names` says what tensors are called:
    `{"a": a, "loss": loss}`.
    """
    from coursekit.figure_style import new_canvas
    from coursekit.graph_drawing import Picture, State

    graph = graph_of(tensor, names)
    texts = {
        number: text_of(node.grad)
        for number, node in enumerate(graph.tensors)
        if gradients and node.grad is not None
    }
    picture = Picture(graph, {number: [text] for number, text in texts.items()}, gap=0.42)
    layout = picture.layout
    fig, ax = new_canvas(layout.width + 2 * MARGIN, layout.height + 2 * MARGIN)
    picture.paint(ax, (MARGIN, MARGIN), State(texts))
    return fig
