"""What stands on both sides of an operator: numbers become tensors, misfits are explained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minitorch import ops
from minitorch.errors import ShapeError, explain
from minitorch.tensor import Array, Tensor


def binary(operation: Callable[[Tensor, Tensor], Tensor], a: Any, b: Any) -> Tensor:
    """Apply an operation to two operands, one of which may be a plain number or array."""
    if not (
        isinstance(a, Tensor) and isinstance(b, Tensor) and a.data.dtype is b.data.dtype
    ):
        tensor = a if isinstance(a, Tensor) else b
        a, b = (
            as_tensor(a, like=b if isinstance(b, Tensor) else tensor),
            as_tensor(b, like=tensor),
        )
    return explained(operation, a, b)


def as_tensor(value: Any, like: Tensor) -> Tensor:
    """Make an operand a tensor that `like` can be combined with.

    Numbers, and tensors and arrays of whole numbers, take the dtype of `like` where that is a
    floating-point one, so that none of them turns a float32 result into float64.
    """
    if isinstance(value, Tensor):
        if value.data.dtype.kind == "f" or like.data.dtype.kind != "f":
            return value
        return Tensor(value.data, dtype=like.data.dtype)
    if isinstance(value, Array) and value.dtype.kind == "f":
        return Tensor(value)
    return Tensor(value, dtype=like.data.dtype if like.data.dtype.kind == "f" else None)


def explained(operation: Callable[..., Tensor], *inputs: Any) -> Tensor:
    """Call an operation; if the shapes do not fit, say which and what would."""
    try:
        return operation(*inputs)
    except (ValueError, IndexError) as error:
        if isinstance(error, ShapeError):
            raise
        raise explain(operation.__name__, inputs, error) from error


def matmul(a: Tensor, b: Tensor) -> Tensor:
    """Compute `a @ b` with NumPy's rule for vectors: a row on the left, a column on the right."""
    left = a.reshape(1, -1) if a.ndim == 1 else a
    right = b.reshape(-1, 1) if b.ndim == 1 else b
    out = ops.matmul(left, right)
    if left is a and right is b:
        return out
    rows = out.shape[-2:-1] if left is a else ()
    columns = out.shape[-1:] if right is b else ()
    return out.reshape(*out.shape[:-2], *rows, *columns)


def compare(ufunc: Callable[[Array, Array], Array], a: Tensor, b: Any) -> Tensor:
    """Compare entry by entry: a tensor of True and False."""
    other = b.data if isinstance(b, Tensor) else b
    try:
        return Tensor(np.asarray(ufunc(a.data, other)))
    except ValueError as error:
        raise explain("comparison", (a, np.asarray(other)), error) from error
