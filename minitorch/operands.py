"""What stands on both sides of an operator: numbers become tensors, misfits are explained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minitorch import ops, shapes
from minitorch.errors import ShapeError, explain
from minitorch.tensor import Array, Tensor


def binary(operation: Callable[[Tensor, Tensor], Tensor], a: Any, b: Any) -> Tensor:
    """Apply an operation to two operands, one of which may be a plain number or array."""
    if type(a) is not type(b) or a.data.dtype is not b.data.dtype:
        a, b = as_tensors(a, b)
    try:
        return operation(a, b)
    except ShapeError:
        raise
    except ValueError as error:
        raise explain(operation.__name__, (a, b), error) from error


def as_tensors(a: Any, b: Any) -> tuple[Tensor, Tensor]:
    """Make tensors of two operands, of which at least one is a tensor already."""
    if not isinstance(b, Tensor):
        return a, as_tensor(b, like=a)
    if not isinstance(a, Tensor):
        return as_tensor(a, like=b), b
    return as_tensor(a, like=b), as_tensor(b, like=a)


def as_tensor(value: Any, like: Tensor) -> Tensor:
    """Make an operand a tensor that `like` can be combined with.

    Numbers, and tensors and arrays of whole numbers, take the dtype of `like` where that is a
    floating-point one, so that none of them turns a float32 result into float64.
    """
    array = value.data if isinstance(value, Tensor) else value
    if like.data.dtype.kind != "f" or (isinstance(array, Array) and array.dtype.kind == "f"):
        return value if isinstance(value, Tensor) else Tensor(value)
    return Tensor(array, dtype=like.data.dtype)


def explained(operation: Callable[..., Tensor], *inputs: Any) -> Tensor:
    """Call an operation; if the shapes do not fit, say which and what would."""
    try:
        return operation(*inputs)
    except ShapeError:
        raise
    except (ValueError, IndexError) as error:
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


def where(condition: Any, a: Any, b: Any) -> Tensor:
    """Take the entry of `a` where the condition holds, and of `b` elsewhere, with broadcasting.

    The condition is a tensor or array of True and False; `a` and `b` may be plain numbers.

    >>> where(np.array([True, False]), Tensor([1, 2]), 0)
    Tensor([1, 0], dtype=int64)
    """
    chosen = condition.data if isinstance(condition, Tensor) else np.asarray(condition)
    if not isinstance(a, Tensor) and not isinstance(b, Tensor):
        a = Tensor(a)
    return explained(shapes.where, chosen, *as_tensors(a, b))


def argmax(a: Tensor, axis: int | None = None) -> Tensor:
    """Find the position of the largest entry along an axis, or in the flattened tensor."""
    return Tensor(np.asarray(a.data.argmax(axis)))


def compare(ufunc: Callable[[Array, Array], Array], a: Tensor, b: Any) -> Tensor:
    """Compare entry by entry: a tensor of True and False."""
    other = b.data if isinstance(b, Tensor) else b
    try:
        return Tensor(np.asarray(ufunc(a.data, other)))
    except ValueError as error:
        raise explain("comparison", (a, np.asarray(other)), error) from error
