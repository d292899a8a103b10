"""The work that is timed, written once for all libraries, and the numbers that it is done on.

`m` is a library's names for the functions that are not operators.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray
CHAIN = 1000  # operations


def chain(m: Any, x: Any, w: Any, b: Any) -> Any:
    """A thousand operations, each on the result of the one before."""
    for _ in range(CHAIN // 4):
        x = m.tanh(x * w + b) - b
    return x


# Each takes as many of the inputs as it names.
SMALL: dict[str, Callable[..., Any]] = {
    "x + w": lambda m, x, w: x + w,
    "x * w": lambda m, x, w: x * w,
    "x / w": lambda m, x, w: x / w,
    "x * 2.0": lambda m, x: x * 2.0,
    "exp": lambda m, x: m.exp(x),
    "tanh": lambda m, x: m.tanh(x),
    "sum": lambda m, x: m.sum(x),
    "x[2:6]": lambda m, x: x[2:6],
    "log_softmax": lambda m, x: m.log_softmax(x),
    "chain": chain,
}
MATRIX: dict[str, Callable[..., Any]] = {"x @ w, 8 by 8": lambda m, x, w: m.matmul(x, w)}


def vectors() -> list[Array]:
    """Three vectors of eight floats; none of their entries is near zero."""
    rng = np.random.default_rng(0)
    return [rng.uniform(0.5, 1.5, 8).astype(np.float32) for _ in range(3)]


def matrices() -> list[Array]:
    """Two matrices of eight by eight floats."""
    rng = np.random.default_rng(1)
    return [rng.standard_normal((8, 8)).astype(np.float32) for _ in range(2)]


def cotangent(shape: tuple[int, ...]) -> Array:
    """The gradient that the way back starts from."""
    return np.random.default_rng(2).standard_normal(shape).astype(np.float32)


RATE = 1e-4  # of learning, while timing: so small that every sample does the same work


def batch() -> tuple[Array, Array]:
    """64 random pictures of 784 pixels, and a class out of ten for each."""
    rng = np.random.default_rng(3)
    return rng.standard_normal((64, 784)).astype(np.float32), rng.integers(0, 10, 64)


def mlp_weights() -> list[Array]:
    """The weights and biases of a network 784-256-10."""
    rng = np.random.default_rng(4)
    first = rng.standard_normal((784, 256)) / 28
    second = rng.standard_normal((256, 10)) / 16
    return [a.astype(np.float32) for a in (first, np.zeros(256), second, np.zeros(10))]


def mlp_loss(m: Any, x: Any, rows: Any, labels: Any, parameters: Any) -> Any:
    """The mean cross-entropy of the network on a batch."""
    w1, b1, w2, b2 = parameters
    logits = m.matmul(m.relu(m.matmul(x, w1) + b1), w2) + b2
    return -m.mean(m.log_softmax(logits)[rows, labels])
