"""The table of operations: a line here gives an operation all three oracles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from minitorch import ops, shapes
from tests.minitorch import draws


@dataclass(frozen=True)
class Operation:
    """An operation, PyTorch's equal, what Hypothesis draws for it, and where it is defined.

    Both functions take the tensors, as one list, and then the drawn parameters.
    """

    name: str
    ours: Callable[..., Any]
    theirs: Callable[..., torch.Tensor]
    draw: Callable[[Any], tuple[list[draws.Shape], tuple[Any, ...]]]
    domain: str = "all"  # or "positive", or "not zero"

    def values(self, rng: np.random.Generator, shape: draws.Shape) -> np.ndarray:
        """Random numbers that the operation is smooth at."""
        values = rng.standard_normal(shape)
        if self.domain == "all":
            return np.asarray(values)
        away = np.abs(values) + 0.3
        return np.asarray(away if self.domain == "positive" else np.copysign(away, values))


def each(function: Callable[..., Any]) -> Callable[..., Any]:
    """Hand the tensors of a list over as separate arguments."""
    return lambda tensors, *parameters: function(*tensors, *parameters)


def _over(reduce: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    """Let a reduction of PyTorch's read axes as NumPy does: None for all, () for none."""

    def reduced(t: torch.Tensor, axis: Any, keepdims: bool, **more: Any) -> torch.Tensor:
        if axis == () or not t.ndim:
            return reduce(t.unsqueeze(-1), dim=-1, keepdim=False, **more)
        every = tuple(range(t.ndim))
        return reduce(t, dim=every if axis is None else axis, keepdim=keepdims, **more)

    return reduced


def _var(t: torch.Tensor, axis: Any, keepdims: bool, correction: int) -> torch.Tensor:
    return _over(torch.var)(t, axis, keepdims, correction=correction)


def _index(t: torch.Tensor, key: Any) -> torch.Tensor:
    """Index with NumPy's rules: let NumPy index the entries' positions."""
    positions = np.arange(t.numel()).reshape(tuple(t.shape))[key]
    return t.reshape(-1)[torch.from_numpy(np.array(positions))]


def _where(a: torch.Tensor, b: torch.Tensor, condition: np.ndarray) -> torch.Tensor:
    return torch.where(torch.from_numpy(condition), a, b)


OPERATIONS = [
    Operation("add", each(ops.add), each(torch.add), draws.pair),
    Operation("sub", each(ops.sub), each(torch.sub), draws.pair),
    Operation("neg", each(ops.neg), each(torch.neg), draws.one),
    Operation("mul", each(ops.mul), each(torch.mul), draws.pair),
    Operation("div", each(ops.div), each(torch.div), draws.pair, "not zero"),
    Operation("power", each(ops.power), each(torch.pow), draws.one_and_exponent, "positive"),
    Operation("exp", each(ops.exp), each(torch.exp), draws.one),
    Operation("log", each(ops.log), each(torch.log), draws.one, "positive"),
    Operation("sqrt", each(ops.sqrt), each(torch.sqrt), draws.one, "positive"),
    Operation("tanh", each(ops.tanh), each(torch.tanh), draws.one),
    Operation("relu", each(ops.relu), each(torch.relu), draws.one, "not zero"),
    Operation("matmul", each(ops.matmul), each(torch.matmul), draws.matrices),
    Operation("sum", each(ops.sum), each(_over(torch.sum)), draws.reduced),
    Operation("mean", each(ops.mean), each(_over(torch.mean)), draws.reduced_filled),
    Operation("var", each(ops.var), each(_var), draws.reduced_and_correction),
    Operation("max", each(ops.max), each(_over(torch.amax)), draws.reduced_filled),
    Operation("softmax", each(ops.softmax), each(torch.softmax), draws.along),
    Operation("log_softmax", each(ops.log_softmax), each(torch.log_softmax), draws.along),
    Operation("reshape", each(shapes.reshape), each(torch.reshape), draws.reshaped),
    Operation("transpose", each(shapes.transpose), each(torch.transpose), draws.two_axes),
    Operation("permute", each(shapes.permute), each(torch.permute), draws.permuted),
    Operation("index", each(shapes.index), each(_index), draws.indexed),
    Operation("concatenate", shapes.concatenate, torch.concatenate, draws.joined),
    Operation("stack", shapes.stack, torch.stack, draws.stacked),
    Operation("where", lambda t, c: shapes.where(c, *t), each(_where), draws.chosen),
]
