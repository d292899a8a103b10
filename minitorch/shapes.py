"""Operations on shape: they move, pick, repeat and join entries without computing new ones."""

from __future__ import annotations

from collections.abc import Sequence
from types import EllipsisType, NoneType
from typing import Any

import numpy as np

from minitorch.errors import ShapeError
from minitorch.recording import record
from minitorch.tensor import Array, Tensor

_PICKS_ONCE = (int, np.integer, slice, EllipsisType, NoneType)  # parts of a key, not arrays


def reshape(a: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Lay the same entries out in another shape; one length may be -1: whatever is left."""

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
        not isinstance(part, _PICKS_ONCE) and np.asarray(part).dtype.kind != "b" for part in parts
    )


def unpacked(sizes: tuple[Any, ...]) -> tuple[int, ...]:
    """Read `(2, 3)` from both ways to write it, `reshape(2, 3)` and `reshape((2, 3))`."""
    return tuple(sizes[0]) if len(sizes) == 1 and isinstance(sizes[0], tuple | list) else sizes


def plain_key(key: Any) -> Any:
    """Replace the tensors in a key by their arrays."""
    if isinstance(key, tuple):
        return tuple(plain_key(part) for part in key)
    return key.data if isinstance(key, Tensor) else key


def concatenate(tensors: Sequence[Tensor], axis: int = 0) -> Tensor:
    """Join tensors along an axis that they have; all other axes must agree."""
    arrays = [tensor.data for tensor in tensors]

    def backward(g: Array) -> tuple[Array, ...]:
        ends = np.cumsum([array.shape[axis] for array in arrays])
        return tuple(np.split(g, ends[:-1], axis))

    return record(_joined(np.concatenate, arrays, axis), tuple(tensors), backward)


def stack(tensors: Sequence[Tensor], axis: int = 0) -> Tensor:
    """Join tensors of one shape along a new axis."""
    arrays = [tensor.data for tensor in tensors]

    def backward(g: Array) -> tuple[Array, ...]:
        return tuple(np.moveaxis(g, axis, 0))

    return record(_joined(np.stack, arrays, axis), tuple(tensors), backward)


def where(condition: Array, a: Tensor, b: Tensor) -> Tensor:
    """Take the entry of `a` where the condition holds, and of `b` elsewhere, with broadcasting."""

    def backward(g: Array) -> tuple[Array, Array]:
        return np.where(condition, g, 0), np.where(condition, 0, g)

    return record(np.where(condition, a.data, b.data), (a, b), backward)


def _joined(join: Any, arrays: list[Array], axis: int) -> Array:
    if not arrays:
        raise ShapeError(f"{join.__name__} of no tensors: at least one is needed")
    try:
        return join(arrays, axis)
    except ValueError as error:
        given = ", ".join(str(array.shape) for array in arrays)
        fit = "all shapes must be equal" if join is np.stack else "all other axes must agree"
        if isinstance(error, np.exceptions.AxisError):
            fit = str(error)
        raise ShapeError(f"{join.__name__} along axis {axis} of shapes {given}: {fit}") from error
