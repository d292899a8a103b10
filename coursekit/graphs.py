"""Pictures of the graph that the reader's own tensors have built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from coursekit.graph_nodes import graph_of, text_of
from coursekit.graph_steps import backward_steps

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from minitorch import Tensor


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
    from coursekit.graph_drawing import MARGIN, Picture, State

    graph = graph_of(tensor, names)
    texts = {
        number: text_of(node.grad)
        for number, node in enumerate(graph.tensors)
        if gradients and node.grad is not None
    }
    picture = Picture(graph, {number: [text] for number, text in texts.items()}, gap=0.38)
    layout = picture.layout
    fig, ax = new_canvas(layout.width + 2 * MARGIN, layout.height + 2 * MARGIN)
    picture.paint(ax, (MARGIN, MARGIN), State(texts))
    return fig


def step_backward(
    tensor: Tensor, names: Mapping[str, Tensor] | None = None, gradient: Any = 1.0
) -> None:
    """Show the backward pass from a tensor, one rule at a time, with buttons to go back and forth.

    The order is the reader's own `autograd.topological_order`, the gradients come from the
    reader's own rules. The tensors stay as they are: no `grad` changes, and the graph is kept.
    `gradient` is the gradient to start with. Pages that cannot run Python show three steps of a
    low graph, one of a high one.
    """
    from coursekit.stepper import Stepper

    graph = graph_of(tensor, names)
    Stepper(graph, backward_steps(graph, gradient)).publish()
