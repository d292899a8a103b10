"""New tensors: of zeros, of ones, of one value, of a range, of random numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch.tensor import Tensor


def zeros(*shape: int, requires_grad: bool = False, dtype: Any = np.float32) -> Tensor:
    """A tensor of zeros."""
    return Tensor(np.zeros(shape, dtype), requires_grad)


def ones(*shape: int, requires_grad: bool = False, dtype: Any = np.float32) -> Tensor:
    """A tensor of ones."""
    return Tensor(np.ones(shape, dtype), requires_grad)


def full(
    shape: tuple[int, ...],
    value: float,
    requires_grad: bool = False,
    dtype: Any = np.float32,
) -> Tensor:
    """A tensor in which every entry is `value`."""
    return Tensor(np.full(shape, value, dtype), requires_grad)


def arange(start: int, stop: int | None = None, step: int = 1) -> Tensor:
    """The whole numbers from `start` (or 0) up to `stop`, which is left out."""
    return Tensor(np.arange(start, stop, step) if stop is not None else np.arange(start))


def randn(
    *shape: int,
    rng: np.random.Generator,
    scale: float = 1.0,
    requires_grad: bool = False,
    dtype: Any = np.float32,
) -> Tensor:
    """Random numbers from a normal distribution with mean 0 and standard deviation `scale`."""
    return Tensor((rng.standard_normal(shape) * scale).astype(dtype), requires_grad)
