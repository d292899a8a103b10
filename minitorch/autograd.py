"""The way back: the order of a graph, and the gradients that walk through it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from minitorch.errors import ShapeError

if TYPE_CHECKING:
    from minitorch.tensor import Tensor

Array = np.ndarray


def unbroadcast(gradient: Array, shape: tuple[int, ...]) -> Array:
    """Sum `gradient` back to `shape`, the shape its array had before NumPy broadcast it.

    Broadcasting repeats an array along axes that it lacks on the left and along axes of
    length 1. Whatever was repeated receives the sum of the gradients of its copies.

    `gradient` has the broadcast shape; the result has `shape` and the same dtype.

    >>> unbroadcast(np.ones((2, 3)), (3,))
    array([2., 2., 2.])
    >>> unbroadcast(np.ones((2, 3)), (2, 1))
    array([[3.],
           [3.]])
    """
    added = gradient.ndim - len(shape)
    gradient = gradient.sum(axis=tuple(range(added)))
    stretched = tuple(axis for axis, size in enumerate(shape) if size == 1)
    return gradient.sum(axis=stretched, keepdims=True)


def topological_order(root: Tensor) -> list[Tensor]:
    """List `root` and every tensor it was computed from, parents before children.

    Only tensors with `requires_grad` are listed, each of them once, however many paths lead to
    it; `root` comes last. `tensor.parents` are the tensors that an operation was applied to.
    The graph may be 100,000 tensors deep. Its tensors are told apart by identity, as sets and
    dictionaries do with tensors, and not by `==`, which compares their values.
    """
    order: list[Tensor] = []
    visited: set[Tensor] = set()
    stack = [(root, False)]
    while stack:
        node, parents_are_listed = stack.pop()
        if parents_are_listed:
            order.append(node)
        elif node not in visited:
            visited.add(node)
            stack.append((node, True))
            for parent in node.parents:
                if parent.requires_grad and parent not in visited:
                    stack.append((parent, False))
    return order


def backward(root: Tensor, gradient: Array, keep_graph: bool = False) -> None:
    """Send `gradient` back from `root` to every leaf that it was computed from.

    A leaf is a tensor without a `rule`: nobody computed it. Every other tensor has a `rule`, a
    function from the gradient of the tensor to the gradients of its `parents`, in their order
    (`None` where a parent gets none). A tensor that was used more than once gets the sum, and
    must have all of it before its own rule is called.

    Afterwards each leaf with `requires_grad` has the gradient *added* to its `grad` (`None`
    counts as nothing there yet), in the leaf's own shape and dtype: `fitted(g, parent)` undoes
    broadcasting and conversion. With `keep_graph` the tensors in between keep their
    gradient in `grad` too and the graph stays; without, `node.release()` takes each of them
    out of the graph as soon as its rule has been called, so that its memory is free.
    """
    order = topological_order(root)
    gradients = {root: gradient}
    summed: set[Tensor] = set()  # their gradient is a sum made here: safe to add to in place
    while order:
        node = order.pop()
        g = gradients.pop(node, None)
        summed.discard(node)
        if g is None:
            continue
        if node.rule is None:
            node.grad = np.asarray(g if node.grad is None else node.grad + g)
            continue
        for parent, part in zip(node.parents, node.rule(g), strict=True):
            if part is None or not parent.requires_grad:
                continue
            part = fitted(part, parent)
            if parent not in gradients:
                gradients[parent] = part if parent.rule else _unshared(part, g)
            elif parent in summed:
                gradients[parent] += part
            else:
                gradients[parent] = gradients[parent] + part
                summed.add(parent)
        if keep_graph:
            node.grad = np.asarray(g)
        else:
            node.release()


def fitted(gradient: Array, parent: Tensor) -> Array:
    """Bring a gradient to the shape and dtype of the tensor that it is for."""
    data = parent.data
    if gradient.shape != data.shape:
        gradient = unbroadcast(gradient, data.shape)
        if gradient.shape != data.shape:
            raise ShapeError(
                f"a rule returned a gradient that comes to shape {gradient.shape} "
                f"for an input of shape {data.shape}"
            )
    if gradient.dtype is not data.dtype:
        gradient = gradient.astype(data.dtype)
    return gradient


def _unshared(part: Array, g: Array) -> Array:
    """Copy a gradient that a leaf would otherwise share with another tensor.

    A rule may hand the gradient it was given to several parents, or a view of it. A leaf's
    `grad` belongs to the leaf: scaling it in place must not scale another one's.
    """
    return part.copy() if part is g or part.base is not None else part
