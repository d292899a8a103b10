"""Operations on shape: they move, pick, repeat and join entries without computing new ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minitorch.errors import ShapeError
from minitorch.tensor import Array, Tensor, record


def reshape(a: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Lay the same entries out in another shape; one length may be -1: whatever is left."""
    if len(shape) == 1 and isinstance(shape[0], tuple | list):
        shape = tuple(shape[0])

    def backward(g: Array) -> tuple[Array]:
        return (g.reshape(a.shape),)

    return record(a.data.reshape(shape), (a,), backward)


def transpose(a: Tensor, first: int = -2, second: int = -1) -> Tensor:
    """Swap two axes, the last two unless told otherwise."""

    def backward(g: Array) -> tuple[Array]:
        return (g.swapaxes(first, second),)

    return record(a.data.swapaxes(first, second), (a,), backward)


def permute(a: Tensor, axes: tuple[int, ...]) -> Tensor:
    """Reorder the axes: axis `i` of the result is axis `axes[i]` of `a`.

    `axes` names every axis of `a` once; negative numbers count from the end.

    >>> permute(Tensor(np.zeros((2, 3, 4))), (2, 0, 1)).shape
    (4, 2, 3)
    """

    def backward(g: Array) -> tuple[Array]:
        return (g.transpose(np.argsort([axis % a.ndim for axis in axes])),)

    return record(a.data.transpose(axes), (a,), backward)


def index(a: Tensor, key: Any) -> Tensor:
    """Pick entries: `a[key]` for any key that NumPy takes.

    The entries that were picked receive the gradient, all others zero. An entry that was
    picked several times, as with `a[[0, 0, 2]]`, receives the sum.
    """

    def backward(g: Array) -> tuple[Array]:
        grad = np.zeros_like(a.data)
        if may_repeat(key):
            np.add.at(grad, key, g)
        else:
            grad[key] = g
        return (grad,)

    return record(a.data[key], (a,), backward)


def may_repeat(key: Any) -> bool:
    """Tell whether a key could pick an entry twice: only lists and arrays of numbers can."""
    parts = key if isinstance(key, tuple) else (key,)
    return any(
        isinstance(part, list) or (isinstance(part, Array) and part.dtype.kind != "b")
        for part in parts
    )


def plain_key(key: Any) -> Any:
    """Replace the tensors in a key by their arrays."""
    if isinstance(key, tuple):
        return tuple(plain_key(part) for part in key)
    return key.data if isinstance(key, Tensor) else key


def concatenate(tensors: Sequence[Tensor], axis: int = 0) -> Tensor:
    """Join tensors along an axis that they have; all other axes must agree."""
    arrays = [tensor.data for tensor in tensors]
    ends = np.cumsum([array.shape[axis] for array in arrays])

    def backward(g: Array) -> tuple[Array, ...]:
        return tuple(np.split(g, ends[:-1], axis))

    return record(_joined(np.concatenate, arrays, axis), tuple(tensors), backward)


def stack(tensors: Sequence[Tensor], axis: int = 0) -> Tensor:
    """Join tensors of one shape along a new axis."""
    arrays = [tensor.data for tensor in tensors]

    def backward(g: Array) -> tuple[Array, ...]:
        return tuple(np.moveaxis(g, axis, 0))

    return record(_joined(np.stack, arrays, axis), tuple(tensors), backward)


def where(condition: Tensor | Array, a: Tensor, b: Tensor) -> Tensor:
    """Take the entry of `a` where the condition holds, and of `b` elsewhere, with broadcasting."""
    chosen = condition.data if isinstance(condition, Tensor) else condition

    def backward(g: Array) -> tuple[Array, Array]:
        return np.where(chosen, g, 0), np.where(chosen, 0, g)

    return record(np.where(chosen, a.data, b.data), (a, b), backward)


def _joined(join: Any, arrays: list[Array], axis: int) -> Array:
    try:
        return join(arrays, axis)
    except ValueError as error:
        given = ", ".join(str(array.shape) for array in arrays)
        fit = (
            "all shapes must be equal"
            if join is np.stack
            else "all other axes must agree"
        )
        raise ShapeError(
            f"{join.__name__} along axis {axis} of shapes {given}: {fit}"
        ) from error
