"""The work in HIPS autograd."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np

from benchmarks import work


class Names:
    exp = anp.exp
    tanh = anp.tanh
    sum = anp.sum
    mean = anp.mean
    matmul = anp.matmul

    @staticmethod
    def relu(x: Any) -> Any:
        return anp.maximum(x, 0)

    @staticmethod
    def log_softmax(x: Any) -> Any:
        shifted = x - anp.max(x, axis=-1, keepdims=True)
        return shifted - anp.log(anp.sum(anp.exp(shifted), axis=-1, keepdims=True))


def there(compute: Callable[..., Any], arrays: list[np.ndarray]) -> Callable[[], Any]:
    """The computation alone, with its graph."""
    trace = _tracer(compute, arrays)
    return lambda: [trace()[1]]


def there_and_back(compute: Callable[..., Any], arrays: list[np.ndarray]) -> Callable[[], Any]:
    """The computation and the gradients of its inputs."""
    trace = _tracer(compute, arrays)
    g = work.cotangent(np.shape(trace()[1]))

    def run() -> list[Any]:
        back, value = trace()
        return [value, *back(g)]

    return run


def _tracer(compute: Callable[..., Any], arrays: list[np.ndarray]) -> Callable[[], Any]:
    every = tuple(range(len(arrays)))
    make = autograd.make_vjp(lambda *inputs: compute(Names, *inputs), every)
    return lambda: make(*arrays)


def mlp_step(rate: float) -> Callable[[], Any]:
    """One step of gradient descent; what is returned does the next one."""
    images, labels = work.batch()
    rows = np.arange(len(labels))
    parameters = work.mlp_weights()
    value_and_grad = autograd.value_and_grad(
        lambda weights: work.mlp_loss(Names, images, rows, labels, weights)
    )

    def run() -> list[Any]:
        loss, gradients = value_and_grad(parameters)
        for parameter, gradient in zip(parameters, gradients):
            parameter -= rate * gradient
        return [loss]

    return run
