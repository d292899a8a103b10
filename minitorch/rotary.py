"""Rotary positions: a query and a key are turned by angles that grow with their places.

The product of two turned vectors depends on how far apart they stand, not on where. The numbers
of a head are paired as in Hugging Face's LLaMA: number i of the first half with number i of the
second.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch.recording import record
from minitorch.tensor import Array, Tensor


def rotary_angles(positions: Array | list[int], dim: int, theta: float = 10000.0) -> Array:
    """Compute the angle by which each pair of numbers turns at each position.

    Pair i of the `dim // 2` pairs turns by position * theta ** (-2 * i / dim): the first pair by
    one radian a place, the last by almost nothing. `positions` is (...), an array or a list; the
    result is (..., dim // 2) in float64.

    >>> rotary_angles(np.array([0, 1, 2]), dim=4, theta=100.0)
    array([[0. , 0. ],
           [1. , 0.1],
           [2. , 0.2]])
    """
    frequencies = theta ** (-np.arange(0, dim, 2) / dim)
    return np.asarray(positions)[..., None] * frequencies


def rotary_turns(positions: Array, dim: int, theta: float, dtype: Any) -> tuple[Array, Array]:
    """The cosines and sines of the angles, each (..., dim // 2), ready for `rotate`."""
    angles = rotary_angles(positions, dim, theta)
    return np.cos(angles).astype(dtype), np.sin(angles).astype(dtype)


def rotate(x: Tensor, cos: Array, sin: Array) -> Tensor:
    """Turn each pair of numbers by its angle, as `turned` does: one operation with one parent.

    `x` is (..., places, dim); `cos` and `sin` are (..., places, dim // 2). The gradient is turned
    by the opposite angle.
    """

    def backward(g: Array) -> tuple[Array]:
        return (turned(g, cos, -sin),)  # to undo a turn, turn the other way

    return record(turned(x.data, cos, sin), (x,), backward)


def turned(x: Array, cos: Array, sin: Array) -> Array:
    """Turn each pair of numbers of an array by its angle.

    `x` is (..., places, dim); `cos` and `sin` are (..., places, dim // 2). A pair (a, b), number i
    of the first half and number i of the second, becomes (a cos - b sin, b cos + a sin), in the
    same two places of a new array with the dtype of `x`.
    """
    half = x.shape[-1] // 2
    out = np.concatenate((x[..., half:], x[..., :half]), axis=-1)  # (b, a) where x has (a, b)
    out *= np.concatenate((-sin, sin), axis=-1)
    out += x * np.concatenate((cos, cos), axis=-1)
    return out
