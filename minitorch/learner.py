"""A model and its optimizer, as the training loop knows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from minitorch import evaluation, optim, resume, training
from minitorch.blas import blas_threads
from minitorch.data import Batch
from minitorch.nn import Module
from minitorch.parallel import Shards
from minitorch.tensor import Array

WEIGHTS = "weights."  # before the names of the model's arrays in a checkpoint


class Learns(Protocol):
    """A model and its optimizer, of this library or another, as the loop knows them."""

    def step(self, batches: Sequence[Batch], lr: float) -> tuple[float, float]:
        """Take a step as `take_step` does: the loss and the norm of the gradients."""

    def costs(self, batch: Batch) -> Array:
        """Evaluate as `evaluation.token_costs` does."""

    def state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return everything that steps change: arrays by name, and what JSON can hold."""

    def load(self, arrays: Mapping[str, Array], plain: Mapping[str, Any]) -> None:
        """Go back to what `state` returned."""


class Learner:
    """A model of this library and its optimizer.

    `threads` share a batch; each matrix product uses one of them, so that the same numbers come
    out on a machine with more cores.
    """

    def __init__(
        self, model: Module, optimizer: optim.Optimizer, clip: float = 1.0, threads: int = 1
    ) -> None:
        self.model, self.optimizer, self.clip = model, optimizer, clip
        self.computing = Shards(model, threads) if threads > 1 else model
        self.names = {parameter: name for name, parameter in model.named_parameters()}
        self.generators = resume.generators(model)

    def step(self, batches: Sequence[Batch], lr: float) -> tuple[float, float]:
        with blas_threads(1):
            return training.take_step(self.computing, self.optimizer, batches, lr, self.clip)

    def costs(self, batch: Batch) -> Array:
        with blas_threads(1):
            return evaluation.token_costs(self.model, batch)

    def state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        arrays, numbers = resume.optimizer_state(self.optimizer, self.names)
        weights = {WEIGHTS + name: parameter.data for parameter, name in self.names.items()}
        drawn = {name: resume.random_state(rng) for name, rng in self.generators.items()}
        return weights | arrays, {"optimizer": numbers, "random": drawn}

    def load(self, arrays: Mapping[str, Array], plain: Mapping[str, Any]) -> None:
        self.model.load_state_dict(weights_in(arrays))
        resume.set_optimizer_state(self.optimizer, self.names, arrays, plain["optimizer"])
        for name, rng in self.generators.items():
            resume.set_random_state(rng, plain["random"][name])


def weights_in(arrays: Mapping[str, Array]) -> dict[str, Array]:
    """The model's arrays among those of a learner's state, under the model's own names."""
    return {k.removeprefix(WEIGHTS): a for k, a in arrays.items() if k.startswith(WEIGHTS)}
