"""Optimizers: they move parameters against their gradients, in place."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from minitorch.tensor import Array, Tensor

State = dict[str, Any]  # what an optimizer remembers of one parameter: arrays and a count
Group = dict[str, Any]  # parameters under "params", and the options that they share


class Optimizer:
    """Parameters in groups, and what it remembers of each parameter from step to step.

    `parameters` is a list of parameters, or a list of groups: dictionaries with the parameters
    under "params" and options that differ from the others', `{"params": [...], "lr": 0.01}`.
    """

    def __init__(self, parameters: Iterable[Any], options: dict[str, Any]) -> None:
        groups = list(parameters)
        if not all(isinstance(group, dict) for group in groups):
            groups = [{"params": groups}]
        self.groups: list[Group] = []
        for group in groups:
            unknown = sorted(set(group) - set(options) - {"params"})
            if unknown:
                known = ", ".join(options)
                raise ValueError(f"{type(self).__name__} has no option {unknown[0]!r}: {known}")
            self.groups.append(options | group | {"params": list(group["params"])})
        self.parameters = [parameter for group in self.groups for parameter in group["params"]]
        _refuse_misfits(self.parameters)
        self.state: dict[Tensor, State] = {}
        self.scratch = {
            dtype: np.empty(max(p.size for p in self.parameters if p.dtype == dtype), dtype)
            for dtype in {parameter.dtype for parameter in self.parameters}
        }

    def step(self) -> None:
        """Move every parameter that has a gradient, in place."""
        for group in self.groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    if parameter not in self.state:
                        self.state[parameter] = self.start(parameter.data)
                    self.update(parameter.data, parameter.grad, self.state[parameter], group)

    def start(self, weights: Array) -> State:
        """What to remember of a parameter before its first step."""
        raise NotImplementedError

    def update(self, weights: Array, gradient: Array, state: State, options: Group) -> None:
        """Move one parameter's array."""
        raise NotImplementedError

    def scratch_like(self, array: Array) -> Array:
        """An array of the same shape and dtype to compute in, with nothing of value in it.

        Every call gives the same memory, so two results at a time need two arrays of your own.
        """
        return self.scratch[array.dtype][: array.size].reshape(array.shape)

    def zero_grad(self) -> None:
        """Forget the gradients. `backward` adds to them: call this between two steps."""
        for parameter in self.parameters:
            parameter.grad = None

    def set_lr(self, lr: float) -> None:
        """Give all groups this learning rate."""
        for group in self.groups:
            group["lr"] = float(lr)

    def state_dict(self) -> dict[str, Any]:
        """Copies of everything needed to go on later, parameters by their number."""
        numbers = {parameter: number for number, parameter in enumerate(self.parameters)}
        groups = [
            {**group, "params": [numbers[parameter] for parameter in group["params"]]}
            for group in self.groups
        ]
        state = {numbers[parameter]: _copied(kept) for parameter, kept in self.state.items()}
        return {"state": state, "groups": groups}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Go on from a saved state. The parameters must be those of the saved one, in order."""
        own = [len(group["params"]) for group in self.groups]
        theirs = [len(group["params"]) for group in saved["groups"]]
        if own != theirs:
            raise ValueError(f"this optimizer's groups have {own} parameters, the saved {theirs}")
        state = {self.parameters[int(n)]: _copied(kept) for n, kept in saved["state"].items()}
        for parameter, kept in state.items():
            for name, value in kept.items():
                if isinstance(value, Array) and value.shape != parameter.shape:
                    raise ValueError(
                        f"the saved {name!r} has shape {value.shape} for a parameter of shape "
                        f"{parameter.shape}: were the parameters given in another order?"
                    )
        self.state = state
        for group, other in zip(self.groups, saved["groups"], strict=True):
            group.update({name: value for name, value in other.items() if name != "params"})


class SGD(Optimizer):
    """Gradient descent, with momentum if asked for."""

    def __init__(self, parameters: Iterable[Any], lr: float, momentum: float = 0.0) -> None:
        super().__init__(parameters, {"lr": lr, "momentum": momentum})

    def start(self, weights: Array) -> State:
        return {"velocity": np.zeros_like(weights)}

    def update(self, weights: Array, gradient: Array, state: State, options: Group) -> None:
        """Move `weights`, an array, one step of gradient descent with momentum.

        The velocity becomes `options["momentum"]` times itself plus the gradient; the weights
        move against it by `options["lr"]` times the velocity. Both arrays, `weights` and
        `state["velocity"]`, are changed in place; `gradient` stays as it is.
        """
        velocity = state["velocity"]
        velocity *= options["momentum"]
        velocity += gradient
        weights -= np.multiply(velocity, options["lr"], out=self.scratch_like(weights))


class AdamW(Optimizer):
    """Adam with decoupled weight decay: each weight has a step size of its own."""

    def __init__(
        self,
        parameters: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        options = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(parameters, options)

    def start(self, weights: Array) -> State:
        return {"steps": 0, "mean": np.zeros_like(weights), "square": np.zeros_like(weights)}

    def update(self, weights: Array, gradient: Array, state: State, options: Group) -> None:
        """Move `weights`, an array, one step of AdamW.

        With t = `state["steps"]`, which this step raises by 1, and `lr`, `betas` = (b1, b2),
        `eps` and `weight_decay` from `options`:

            weights = weights * (1 - lr * weight_decay)
            mean    = b1 * mean + (1 - b1) * gradient
            square  = b2 * square + (1 - b2) * gradient ** 2
            weights = weights - lr * (mean / (1 - b1**t)) / (sqrt(square / (1 - b2**t)) + eps)

        `weights`, `state["mean"]` and `state["square"]` are changed in place; `gradient` stays
        as it is. `self.scratch_like(weights)` is an array to compute in, for those who want to
        do without new ones.
        """
        mean, square, scratch = state["mean"], state["square"], self.scratch_like(weights)
        lr, (beta1, beta2) = options["lr"], options["betas"]
        state["steps"] += 1

        weights *= 1 - lr * options["weight_decay"]
        mean *= beta1
        mean += np.multiply(gradient, 1 - beta1, out=scratch)
        square *= beta2
        np.multiply(gradient, gradient, out=scratch)
        scratch *= 1 - beta2
        square += scratch

        np.sqrt(square, out=scratch)
        scratch /= math.sqrt(1 - beta2 ** state["steps"])
        scratch += options["eps"]
        np.divide(mean, scratch, out=scratch)
        scratch *= lr / (1 - beta1 ** state["steps"])
        weights -= scratch


def clip_grad_norm(parameters: Iterable[Tensor], max_norm: float) -> float:
    """Scale all gradients, in place, so that together they are no longer than `max_norm`.

    Their length, or norm, is the root of the sum of the squares of all entries of all of them.
    Where it exceeds `max_norm`, every gradient is multiplied by max_norm / (norm + 1e-6), the
    same number for all. Parameters without a gradient are passed over. Returns the norm before.
    """
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    norm = math.sqrt(sum(float(np.vdot(gradient, gradient)) for gradient in gradients))
    if norm > max_norm:
        for gradient in gradients:
            gradient *= max_norm / (norm + 1e-6)
    return norm


def warmup_cosine(step: int, peak: float, warmup: int, total: int, floor: float = 0.0) -> float:
    """The learning rate at a step: up in a straight line, then down along half a cosine.

    Steps count from 1. The rate rises evenly and reaches `peak` at step `warmup`. From there it
    follows a cosine from its top to its bottom: half way between `warmup` and `total` it is half
    way between `peak` and `floor`, at step `total` it is `floor`, where it stays.
    """
    if step < warmup:
        return peak * step / warmup
    progress = min((step - warmup) / max(total - warmup, 1), 1.0)
    return floor + (peak - floor) * (1 + math.cos(math.pi * progress)) / 2


def _copied(state: State) -> State:
    return {k: v.copy() if isinstance(v, Array) else v for k, v in state.items()}


def _refuse_misfits(parameters: list[Any]) -> None:
    if not parameters:
        raise ValueError("an optimizer needs parameters: was it given a used-up iterator?")
    for parameter in parameters:
        if not isinstance(parameter, Tensor) or not parameter.requires_grad:
            raise TypeError(f"{parameter!r:.60} is no tensor that wants a gradient")
    if len(set(parameters)) < len(parameters):
        raise ValueError("a parameter was given twice, or is in two groups")
