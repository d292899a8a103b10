"""Two cores for one step: threads that share the weights, each with a part of the batch.

A matrix product can use several cores by itself; everything else in NumPy uses one. So a thread
takes its part of the batch through the whole model, and its matrix products use its own core:

    shards = Shards(model, threads=2)
    loss = shards.loss(ids, targets)  # what model.loss(ids, targets) is, up to rounding
    loss.backward()
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from minitorch.blas import blas_threads, count_blas_threads, set_blas_threads
from minitorch.data import IGNORED
from minitorch.nn import Module, Parameter
from minitorch.recording import record
from minitorch.tensor import Array, Tensor

__all__ = ["Shards", "blas_threads", "count_blas_threads", "replica", "set_blas_threads"]


class Shards:
    """A model whose loss is computed in parts, by `threads` threads at once.

    Where the threads of matrix products cannot be set (see `set_blas_threads`), it says so in a
    warning, and the batch stays whole.
    """

    def __init__(self, model: Any, threads: int = 2) -> None:
        if threads < 1:
            raise ValueError(f"a batch needs a thread at least, not {threads}")
        if threads > 1 and count_blas_threads() is None:
            warnings.warn(
                "NumPy's matrix library does not let its threads be set, so the batch is not "
                "divided: this is slower, and changes nothing else",
                stacklevel=2,
            )
            threads = 1
        self.model, self.threads = model, threads
        self.pool = ThreadPoolExecutor(threads)

    def loss(self, ids: Array, targets: Array) -> Tensor:
        """The loss `model.loss(ids, targets)`, as one operation on the model's parameters.

        `ids` and `targets` are (batch, places); each thread gets some of the rows. The loss is
        the average over all targets that are not -100, however they are spread over the rows.
        Only the loss that balances experts is taken of each part by itself.
        """
        parts = min(self.threads, len(ids))
        if parts == 1:
            return self.model.loss(ids, targets)
        pieces = np.array_split(targets, parts)
        counts = [np.count_nonzero(piece != IGNORED) for piece in pieces]
        shares = [count / max(sum(counts), 1) for count in counts]
        replicas = [replica(self.model) for _ in range(parts)]
        losses = self._each(_loss, replicas, np.array_split(ids, parts), pieces)

        def backward(g: Array) -> tuple[Array | None, ...]:
            self._each(Tensor.backward, losses, [g * share for share in shares])
            twins = zip(*(replica.parameters() for replica in replicas), strict=True)
            return tuple(map(_summed_gradient, twins))

        average = np.asarray(sum(share * loss.data for share, loss in zip(shares, losses)))
        return record(average, tuple(self.model.parameters()), backward)

    def _each(self, function: Callable[..., Any], *inputs: Iterable[Any]) -> list[Any]:
        """Call a function with the first of all inputs, the second and so on, each in a thread."""
        with blas_threads(1):
            return list(self.pool.map(function, *inputs))


def _loss(model: Any, ids: Array, targets: Array) -> Tensor:
    return model.loss(ids, targets)


def _summed_gradient(twins: tuple[Parameter, ...]) -> Array | None:
    """The sum of the gradients of a parameter's twins, which are used up."""
    gradients = [twin.grad for twin in twins if twin.grad is not None]
    for gradient in gradients[1:]:
        gradients[0] += gradient
    return gradients[0] if gradients else None


def replica(model: Module) -> Any:
    """A model that shares the weights of another, and has gradients of its own.

    What draws random numbers, such as Dropout, draws other numbers in each replica.
    """
    return _twin(model, {})


def _twin(value: Any, twins: dict[Any, Any]) -> Any:
    """What stands for `value` in the replica; `twins` are those already made."""
    if isinstance(value, list | tuple):
        return type(value)(_twin(entry, twins) for entry in value)
    if isinstance(value, dict):
        return {key: _twin(entry, twins) for key, entry in value.items()}
    if isinstance(value, np.random.Generator):
        return np.random.default_rng(value.integers(1 << 62))
    if not isinstance(value, Module | Parameter):
        return value
    if value not in twins:
        twins[value] = copy.copy(value)
        if isinstance(value, Parameter):
            twins[value].grad = None
        else:
            vars(twins[value]).update(_twin(vars(value), twins))
    return twins[value]
