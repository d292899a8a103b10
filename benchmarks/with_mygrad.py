"""The work in MyGrad, its memory guard off, which makes it faster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mygrad
import numpy as np
from mygrad.nnet.activations import logsoftmax, relu

from benchmarks import work

mygrad.turn_memory_guarding_off()


class Names:
    exp = mygrad.exp
    tanh = mygrad.tanh
    relu = relu
    sum = mygrad.sum
    mean = mygrad.mean
    matmul = mygrad.matmul
    log_softmax = logsoftmax


def there(compute: Callable[..., Any], arrays: list[np.ndarray]) -> Callable[[], Any]:
    """The computation alone, with its graph."""
    leaves = [mygrad.tensor(array) for array in arrays]
    return lambda: [compute(Names, *leaves).data]


def there_and_back(compute: Callable[..., Any], arrays: list[np.ndarray]) -> Callable[[], Any]:
    """The computation and the gradients of its inputs."""
    leaves = [mygrad.tensor(array) for array in arrays]
    g = work.cotangent(compute(Names, *leaves).shape)

    def run() -> list[Any]:
        for leaf in leaves:
            leaf.null_grad()
        out = compute(Names, *leaves)
        out.backward(g)
        return [out.data, *(leaf.grad for leaf in leaves)]

    return run


def mlp_step(rate: float) -> Callable[[], Any]:
    """One step of gradient descent; what is returned does the next one."""
    images, labels = work.batch()
    rows = np.arange(len(labels))
    parameters = [mygrad.tensor(array) for array in work.mlp_weights()]

    def run() -> list[Any]:
        loss = work.mlp_loss(Names, images, rows, labels, parameters)
        loss.backward()
        for parameter in parameters:
            parameter.data -= rate * parameter.grad
            parameter.null_grad()
        return [loss.item()]

    return run
