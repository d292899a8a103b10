"""The work in minitorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import work
from minitorch import Tensor


class Names:
    exp = Tensor.exp
    tanh = Tensor.tanh
    relu = Tensor.relu
    sum = Tensor.sum
    mean = Tensor.mean
    matmul = Tensor.__matmul__
    log_softmax = Tensor.log_softmax


def there(compute: Callable[..., Any], arrays: list[np.ndarray]) -> Callable[[], Any]:
    """The computation alone, with its graph."""
    leaves = [Tensor(array, requires_grad=True) for array in arrays]
    return lambda: [compute(Names, *leaves).data]


def there_and_back(compute: Callable[..., Any], arrays: list[np.ndarray]) -> Callable[[], Any]:
    """The computation and the gradients of its inputs."""
    leaves = [Tensor(array, requires_grad=True) for array in arrays]
    g = work.cotangent(compute(Names, *leaves).shape)

    def run() -> list[Any]:
        for leaf in leaves:
            leaf.grad = None
        out = compute(Names, *leaves)
        out.backward(g)
        return [out.data, *(leaf.grad for leaf in leaves)]

    return run


def mlp_step(rate: float) -> Callable[[], Any]:
    """One step of gradient descent; what is returned does the next one."""
    images, labels = work.batch()
    x, rows = Tensor(images), np.arange(len(labels))
    parameters = [Tensor(array, requires_grad=True) for array in work.mlp_weights()]

    def run() -> list[Any]:
        loss = work.mlp_loss(Names, x, rows, labels, parameters)
        loss.backward()
        for parameter in parameters:
            parameter.grad *= rate
            parameter.data -= parameter.grad
            parameter.grad = None
        return [loss.item()]

    return run
