"""The work in PyTorch, eager."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from benchmarks import work


class Names:
    exp = torch.exp
    tanh = torch.tanh
    relu = torch.relu
    sum = torch.sum
    mean = torch.mean
    matmul = torch.matmul

    @staticmethod
    def log_softmax(x: torch.Tensor) -> torch.Tensor:
        return torch.log_softmax(x, -1)


def there(compute: Callable[..., Any], arrays: list[np.ndarray]) -> Callable[[], Any]:
    """The computation alone, with its graph."""
    leaves = [torch.tensor(array, requires_grad=True) for array in arrays]
    return lambda: [compute(Names, *leaves).detach().numpy()]


def there_and_back(compute: Callable[..., Any], arrays: list[np.ndarray]) -> Callable[[], Any]:
    """The computation and the gradients of its inputs."""
    leaves = [torch.tensor(array, requires_grad=True) for array in arrays]
    g = torch.tensor(work.cotangent(compute(Names, *leaves).shape))

    def run() -> list[Any]:
        for leaf in leaves:
            leaf.grad = None
        out = compute(Names, *leaves)
        out.backward(g)
        return [out.detach(), *(leaf.grad for leaf in leaves)]

    return run


def mlp_step(rate: float) -> Callable[[], Any]:
    """One step of gradient descent; what is returned does the next one."""
    images, classes = work.batch()
    x, labels, rows = torch.tensor(images), torch.tensor(classes), torch.arange(len(classes))
    parameters = [torch.tensor(array, requires_grad=True) for array in work.mlp_weights()]

    def run() -> list[Any]:
        loss = work.mlp_loss(Names, x, rows, labels, parameters)
        loss.backward()
        with torch.no_grad():
            for parameter in parameters:
                parameter.sub_(parameter.grad, alpha=rate)
                parameter.grad = None
        return [loss.item()]

    return run
