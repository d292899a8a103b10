"""Gradients by finite differences: slow, simple, and independent of every rule."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minitorch.tensor import Array, Tensor


def numerical_gradient(function: Callable[[Array], float], x: Array, step: float = 1e-6) -> Array:
    """Measure the slope of `function` in every entry of `x`, by central differences.

    `function` takes an array of the shape of `x` (float64) and returns a number. For each
    entry in turn, move it up by `step` and down by `step`, all others kept, and divide the
    change of the function by the distance between the two points. `x` is left as it was.

    Returns an array of the shape of `x`.

    >>> numerical_gradient(lambda x: (x**2).sum(), np.array([1.0, 3.0])).round(4)
    array([2., 6.])
    """
    gradient = np.zeros_like(x)
    for position in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[position] += step
        down[position] -= step
        gradient[position] = (function(up) - function(down)) / (2 * step)
    return gradient


def check_gradients(
    function: Callable[..., Tensor],
    *arrays: Array,
    tolerance: float = 1e-6,
    seed: int = 0,
) -> float:
    """Compare the gradients of `function` with finite differences, in every input.

    `function` takes as many tensors as there are arrays and returns a tensor of any shape. Its
    result is weighted with random numbers, so that no entry's gradient can hide behind
    another's. Returns the largest difference relative to the size of the gradient; one above
    `tolerance` raises an error that names the input and the entry.
    """
    arrays = tuple(np.array(array, dtype=np.float64) for array in arrays)
    tensors = [Tensor(array, requires_grad=True) for array in arrays]
    out = function(*tensors)
    weights = np.random.default_rng(seed).uniform(0.5, 1.5, out.shape)
    out.backward(weights)
    worst = 0.0
    for number, tensor in enumerate(tensors):

        def weighted(x: Array, number: int = number) -> float:
            inputs = [*arrays[:number], x, *arrays[number + 1 :]]
            return float((function(*map(Tensor, inputs)).data * weights).sum())

        measured = numerical_gradient(weighted, arrays[number])
        computed = np.zeros_like(measured) if tensor.grad is None else tensor.grad
        error = np.abs(computed - measured) / (1 + np.abs(measured))
        if error.size and not error.max() <= tolerance:
            where = np.unravel_index(np.argmax(error), error.shape)  # the first NaN, if any
            at = tuple(int(i) for i in where)
            raise GradientError(
                f"input {number}, entry {at}: the rule says {computed[where]:.6g}, "
                f"finite differences say {measured[where]:.6g}"
            )
        worst = max(worst, float(error.max(initial=0.0)))
    return worst


class GradientError(AssertionError):
    """A rule's gradient is not the slope that finite differences measure."""
