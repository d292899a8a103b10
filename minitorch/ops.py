"""Operations on values: each computes its result and says how gradients go back through it.

Every function here has one form. It computes an array; a nested function `backward(g)` takes
the gradient `g` of the result to the gradients of the inputs, in their order; `record` ties the
two into a new tensor. A rule may ignore broadcasting: the engine sums each gradient back to
the shape of its input. It must not change `g`, which other tensors may share.
"""

from __future__ import annotations

import math

import numpy as np

from minitorch.recording import record
from minitorch.tensor import Array, Axis, Tensor


def add(a: Tensor, b: Tensor) -> Tensor:
    """Add two tensors entry by entry, with broadcasting."""

    def backward(g: Array) -> tuple[Array, Array]:
        return g, g

    return record(a.data + b.data, (a, b), backward)


def sub(a: Tensor, b: Tensor) -> Tensor:
    """Subtract `b` from `a` entry by entry, with broadcasting."""

    def backward(g: Array) -> tuple[Array, Array]:
        return g, -g

    return record(a.data - b.data, (a, b), backward)


def neg(a: Tensor) -> Tensor:
    """Change the sign of every entry."""

    def backward(g: Array) -> tuple[Array]:
        return (-g,)

    return record(-a.data, (a,), backward)


def mul(a: Tensor, b: Tensor) -> Tensor:
    """Multiply two tensors entry by entry, with broadcasting."""

    def backward(g: Array) -> tuple[Array, Array]:
        return g * b.data, g * a.data

    return record(a.data * b.data, (a, b), backward)


def div(a: Tensor, b: Tensor) -> Tensor:
    """Divide `a` by `b` entry by entry, with broadcasting."""
    out = a.data / b.data

    def backward(g: Array) -> tuple[Array, Array]:
        grad_a = g / b.data
        return grad_a, -grad_a * out

    return record(out, (a, b), backward)


def power(a: Tensor, exponent: float) -> Tensor:
    """Raise every entry to a fixed power, which is a plain number."""
    if isinstance(exponent, np.generic):
        exponent = exponent.item()  # a NumPy float64 would make the result float64
    if not isinstance(exponent, int | float):
        raise TypeError("power takes a number as exponent; for a tensor write (a.log() * b).exp()")

    def backward(g: Array) -> tuple[Array]:
        if exponent == 0:
            return (np.zeros_like(g),)  # at 0 the formula below would give 0 * inf
        return (g * (exponent * _power(a.data, exponent - 1)),)

    return record(_power(a.data, exponent), (a,), backward)


def _power(x: Array, exponent: float) -> Array:
    # NumPy's float32 ** 3 is about a hundred times slower than two products.
    if exponent == 0:
        return np.ones_like(x)
    if exponent == 3:
        return x * x * x
    return x**exponent


def exp(a: Tensor) -> Tensor:
    """Raise e to the power of every entry."""
    out = np.exp(a.data)

    def backward(g: Array) -> tuple[Array]:
        return (g * out,)

    return record(out, (a,), backward)


def log(a: Tensor) -> Tensor:
    """Take the natural logarithm of every entry."""

    def backward(g: Array) -> tuple[Array]:
        return (g / a.data,)

    return record(np.log(a.data), (a,), backward)


def sqrt(a: Tensor) -> Tensor:
    """Take the square root of every entry."""
    out = np.sqrt(a.data)

    def backward(g: Array) -> tuple[Array]:
        return (g / (2 * out),)

    return record(out, (a,), backward)


def tanh(a: Tensor) -> Tensor:
    """Squash every entry between -1 and 1 with the hyperbolic tangent."""
    out = np.tanh(a.data)

    def backward(g: Array) -> tuple[Array]:
        return (g - g * out * out,)

    return record(out, (a,), backward)


def relu(a: Tensor) -> Tensor:
    """Replace every negative entry by zero. At zero itself the gradient is zero."""
    out = np.maximum(a.data, 0)

    def backward(g: Array) -> tuple[Array]:
        return (g * (out > 0),)

    return record(out, (a,), backward)


def matmul(a: Tensor, b: Tensor) -> Tensor:
    """Multiply matrices: `(..., n, k) @ (..., k, m)` is `(..., n, m)`.

    Axes before the last two are a batch of matrices and broadcast like any others. The rule
    computes a gradient only for an input with `requires_grad` and returns `None` for the other.
    """

    def backward(g: Array) -> tuple[Array | None, Array | None]:
        grad_a = g @ b.data.swapaxes(-1, -2) if a.requires_grad else None
        grad_b = a.data.swapaxes(-1, -2) @ g if b.requires_grad else None
        return grad_a, grad_b

    return record(a.data @ b.data, (a, b), backward)


def sum(a: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Sum over `axis`: one axis, a tuple of axes, or all of them (`None`).

    The summed axes disappear from the shape, or stay with length 1 if `keepdims` is true.
    """

    def backward(g: Array) -> tuple[Array]:
        return (np.broadcast_to(_restored(g, axis, keepdims), a.shape),)

    return record(a.data.sum(axis, keepdims=keepdims), (a,), backward)


def mean(a: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Average over `axis`: one axis, a tuple of axes, or all of them (`None`)."""
    out = a.data.mean(axis, keepdims=keepdims)
    count = _joined(a.shape, axis)

    def backward(g: Array) -> tuple[Array]:
        return (np.broadcast_to(_restored(g / count, axis, keepdims), a.shape),)

    return record(out, (a,), backward)


def var(a: Tensor, axis: Axis = None, keepdims: bool = False, correction: int = 0) -> Tensor:
    """Average the squared distance from the mean over `axis`.

    The sum of squares is divided by the number of entries minus `correction`.
    """
    centered = a.data - a.data.mean(axis, keepdims=True)
    out = (centered * centered).sum(axis, keepdims=keepdims)
    count = _joined(a.shape, axis) - correction

    def backward(g: Array) -> tuple[Array]:
        return (_restored(g, axis, keepdims) * (2 * centered / count),)

    return record(out / count, (a,), backward)


def max(a: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Take the largest entry along `axis`: one axis, a tuple of axes, or all of them (`None`).

    The gradient goes to the entry that won. Where several share the first place, each gets an
    equal part of it. The other entries get zero.
    """
    out = a.data.max(axis, keepdims=True)

    def backward(g: Array) -> tuple[Array]:
        winners = a.data == out
        share = winners / winners.sum(axis, keepdims=True)
        return (share * _restored(g, axis, keepdims),)

    return record(out if keepdims else out.squeeze(axis), (a,), backward)


def softmax(a: Tensor, axis: int = -1) -> Tensor:
    """Turn the entries along `axis` into positive numbers that sum to 1."""
    out = np.exp(a.data - a.data.max(axis, keepdims=True))
    out /= out.sum(axis, keepdims=True)

    def backward(g: Array) -> tuple[Array]:
        return (out * (g - (g * out).sum(axis, keepdims=True)),)

    return record(out, (a,), backward)


def log_softmax(a: Tensor, axis: int = -1) -> Tensor:
    """Compute the logarithm of softmax along `axis`, without overflow and without log(0).

    With x along the axis: log_softmax(x) = x - log(sum(exp(x))). Entries as large as 1000 and as
    different as 0 and 1000 give finite results.
    """
    shifted = a.data - a.data.max(axis, keepdims=True)
    out = shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))

    def backward(g: Array) -> tuple[Array]:
        return (g - np.exp(out) * g.sum(axis, keepdims=True),)

    return record(out, (a,), backward)


def _restored(g: Array, axis: Axis, keepdims: bool) -> Array:
    """Give a reduction's gradient its lost axes back, with length 1."""
    return g if keepdims or axis is None else np.expand_dims(g, axis)


def _joined(shape: tuple[int, ...], axis: Axis) -> int:
    """Count the entries that a reduction over `axis` joins into one."""
    if axis is None:
        return math.prod(shape)
    return math.prod(shape[i] for i in (axis if isinstance(axis, tuple) else (axis,)))
