"""Where a layer's weights begin: random numbers of the right size.

A weight is (outputs, inputs). Each result of a layer is a sum over its inputs, so its variance is
`inputs * variance of a weight * mean square of an input`. The schemes below choose the variance
of a weight so that numbers neither grow nor shrink from layer to layer.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minitorch.tensor import Array


def normal(
    shape: tuple[int, ...], rng: np.random.Generator, std: float = 1.0, dtype: Any = np.float32
) -> Array:
    """Draw from a normal distribution with mean 0 and standard deviation `std`.

    With a small `std`, such as 0.02, it is where language models begin: their layers add to a
    stream of numbers, and each should change it a little.
    """
    return (rng.standard_normal(shape) * std).astype(dtype)


def scaled(shape: tuple[int, int], rng: np.random.Generator, dtype: Any = np.float32) -> Array:
    """Draw with variance 1 / inputs: a linear layer keeps the size of what it is given.

    It also fits a tanh near zero, where tanh changes nothing.
    """
    return normal(shape, rng, math.sqrt(1 / shape[1]), dtype)


def kaiming(shape: tuple[int, int], rng: np.random.Generator, dtype: Any = np.float32) -> Array:
    """Draw the weights of a layer whose inputs come from a relu: normal, with mean 0.

    `shape` is (outputs, inputs). A relu sets half of its numbers to zero, which halves their
    mean square; a variance of 2 / inputs makes up for that. The numbers are drawn from `rng`; the
    result is an array of `shape` and `dtype`.
    """
    return normal(shape, rng, math.sqrt(2 / shape[1]), dtype)


def xavier(shape: tuple[int, int], rng: np.random.Generator, dtype: Any = np.float32) -> Array:
    """Draw with variance 2 / (inputs + outputs): a compromise between the two directions.

    Going forward the sums run over the inputs, and 1 / inputs would be right; going backward,
    gradients are summed over the outputs, and 1 / outputs would be.
    """
    return normal(shape, rng, math.sqrt(2 / sum(shape)), dtype)
