"""Errors that say what did not fit, where, and what would."""

from __future__ import annotations

from typing import Any

import numpy as np

_BROADCAST = "counted from the right, axes must be equal, or one of them 1 or missing"


class ShapeError(ValueError, IndexError):
    """Shapes that an operation cannot take, or a place that a shape does not have."""


def explain(operation: str, inputs: tuple[Any, ...], error: Exception) -> ShapeError:
    """Put NumPy's complaint about some inputs into one sentence that names the operation."""
    shapes = [x.shape for x in inputs if hasattr(x, "shape") and not isinstance(x, np.generic)]
    given = " and ".join(str(shape) for shape in shapes)
    plural = "s" if len(shapes) > 1 else ""
    fit = _what_would_fit(operation, shapes, error)
    return ShapeError(f"{operation} of shape{plural} {given}: {fit}")


def _what_would_fit(operation: str, shapes: list[tuple[int, ...]], error: Exception) -> str:
    if operation == "matmul" and len(shapes) == 2:
        return _fits_matmul(*shapes)
    if len(shapes) == 2:
        return _fits_broadcast(*shapes)
    return str(error) if len(shapes) < 2 else _BROADCAST


def _fits_matmul(a: tuple[int, ...], b: tuple[int, ...]) -> str:
    if not a or not b:
        return "a matrix product needs at least one axis on both sides; use * for a number"
    if a[-1] == b[-2 if len(b) > 1 else -1]:
        return "the batch axes (all but the last two) must be equal or 1, counted from the right"
    return (
        f"the last axis of the left side ({a[-1]}) must equal the second to last "
        f"of the right side ({b[-2 if len(b) > 1 else -1]})"
    )


def _fits_broadcast(a: tuple[int, ...], b: tuple[int, ...]) -> str:
    for back in range(1, min(len(a), len(b)) + 1):
        if a[-back] != b[-back] and 1 not in (a[-back], b[-back]):
            return (
                f"axis -{back} is {a[-back]} on the left and {b[-back]} on the right; {_BROADCAST}"
            )
    return _BROADCAST
