"""A model and its optimizer, as the training loop knows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from minitorch import evaluation, optim, resume, training
from minitorch.data import Batch
from minitorch.nn import Module
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
    """A model of this library and its optimizer."""

    def __init__(self, model: Module, optimizer: optim.Optimizer, clip: float = 1.0) -> None:
        self.model, self.optimizer, self.clip = model, optimizer, clip
        self.names = {parameter: name for name, parameter in model.named_parameters()}

    def step(self, batches: Sequence[Batch], lr: float) -> tuple[float, float]:
        return training.take_step(self.model, self.optimizer, batches, lr, self.clip)

    def costs(self, batch: Batch) -> Array:
        return evaluation.token_costs(self.model, batch)

    def state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        arrays, numbers = resume.optimizer_state(self.optimizer, self.names)
        weights = {f"{WEIGHTS}{name}": parameter.data for parameter, name in self.names.items()}
        drawn = {name: resume.random_state(g) for name, g in self.generators().items()}
        return weights | arrays, {"optimizer": numbers, "random": drawn}

    def load(self, arrays: Mapping[str, Array], plain: Mapping[str, Any]) -> None:
        weights = {k.removeprefix(WEIGHTS): a for k, a in arrays.items() if k.startswith(WEIGHTS)}
        self.model.load_state_dict(weights)
        resume.set_optimizer_state(self.optimizer, self.names, arrays, plain["optimizer"])
        for name, generator in self.generators().items():
            resume.set_random_state(generator, plain["random"][name])

    def generators(self) -> dict[str, np.random.Generator]:
        return resume.generators(self.model)
