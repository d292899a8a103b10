"""Operations that could be put together from others, written as one: faster, and safer.

Each does in one step, with one rule, what its plain twin does in several. The twins are in the
chapters, and tests keep them equal.
"""

from __future__ import annotations

import numpy as np

from minitorch.recording import record
from minitorch.tensor import Array, Tensor


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Multiply each row of `x` by the transposed `weight` and add `bias`: `x @ weight.T + bias`.

    `x` is (..., inputs), `weight` is (outputs, inputs), `bias` is (outputs,) or None; the result
    is (..., outputs). The parents are `x`, `weight` and, if there is one, `bias`. The rule
    returns their gradients in that order, with None for a parent without `requires_grad`.
    """
    rows = x.data.reshape(-1, x.shape[-1])  # every axis but the last is a batch of rows
    out = rows @ weight.data.T
    if bias is not None:
        out += bias.data

    def backward(g: Array) -> tuple[Array | None, ...]:
        g = g.reshape(out.shape)
        grad_x = (g @ weight.data).reshape(x.shape) if x.requires_grad else None
        grad_weight = g.T @ rows if weight.requires_grad else None
        if bias is None:
            return grad_x, grad_weight
        return grad_x, grad_weight, g.sum(axis=0) if bias.requires_grad else None

    parents = (x, weight) if bias is None else (x, weight, bias)
    return record(out.reshape(*x.shape[:-1], len(weight)), parents, backward)


def rms_norm(x: Tensor, weight: Tensor, eps: float = 1e-6) -> Tensor:
    """Divide each row by its root mean square, then multiply by `weight`.

    `x` is (..., width), `weight` is (width,). With r = 1 / sqrt(mean(x * x) + eps), the mean being
    over the last axis, the result is x * r * weight. For a gradient g of the result and
    h = g * weight, the gradients are

        of x:       r * (h - y * mean(h * y)),  with y = x * r
        of weight:  g * y, summed over all rows
    """
    width = x.shape[-1]
    rows = x.data.reshape(-1, width)
    squares = np.vecdot(rows, rows)[:, None]
    scale = 1 / np.sqrt(squares / width + np.asarray(eps, x.dtype))
    normed = rows * scale

    def backward(g: Array) -> tuple[Array, Array]:
        g = g.reshape(-1, width)
        grad_weight = np.einsum("rw,rw->w", g, normed)
        grad = g * weight.data
        grad -= normed * (np.vecdot(grad, normed)[:, None] / width)
        grad *= scale
        return grad.reshape(x.shape), grad_weight

    return record((normed * weight.data).reshape(x.shape), (x, weight), backward)


def swiglu(gate: Tensor, up: Tensor) -> Tensor:
    """Multiply `up` by silu(gate), entry by entry; silu(x) = x / (1 + exp(-x)).

    Both have one shape. With s = 1 / (1 + exp(-gate)), a gradient g of the result becomes

        of gate:  g * up * s * (1 + gate * (1 - s))
        of up:    g * gate * s
    """
    sigmoid = 0.5 * np.tanh(0.5 * gate.data) + 0.5  # 1 / (1 + exp(-x)), without overflow
    silu = gate.data * sigmoid

    def backward(g: Array) -> tuple[Array, Array]:
        slope = sigmoid + silu * (1 - sigmoid)
        return g * up.data * slope, g * silu

    return record(silu * up.data, (gate, up), backward)


def embedding(weight: Tensor, ids: Array) -> Tensor:
    """Look up rows: entry `ids[i, j]` picks row `ids[i, j]` of `weight`.

    `weight` is (rows, width), `ids` holds whole numbers and has any shape; the result has one
    more axis, (..., width). A row that was picked several times gets the sum of its gradients.
    """

    def backward(g: Array) -> tuple[Array]:
        return (sum_by_id(g.reshape(-1, g.shape[-1]), ids.reshape(-1), len(weight)),)

    return record(weight.data[ids], (weight,), backward)


def sum_by_id(values: Array, ids: Array, count: int) -> Array:
    """Add up the rows of `values` that have the same id: row `i` of the result is that of id `i`.

    `values` is (n, width) and `ids` is (n,), with numbers below `count`; the result is
    (count, width). It is what `np.add.at(zeros, ids, values)` does, five times faster.

    >>> sum_by_id(np.array([[1.0], [10.0], [100.0]]), np.array([2, 0, 2]), count=3)
    array([[ 10.],
           [  0.],
           [101.]])
    """
    width = values.shape[1]
    out = np.zeros((count, width), values.dtype)
    # add.at is quick with flat arrays alone, so every number gets a place of its own.
    places = ids.astype(np.intp)[:, None] * width + np.arange(width)
    np.add.at(out.reshape(-1), places.reshape(-1), values.reshape(-1))
    return out
