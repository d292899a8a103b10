"""Random graphs with shared nodes, broadcasting, indexing and reductions, equal to PyTorch's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch import Tensor

SHAPES = [(), (1,), (4,), (3, 1), (3, 4), (4, 3), (2, 3, 4)]
TAME = 4.0  # larger values go through tanh, so that fifty operations do not overflow

# Each step is written once, for tensors of both libraries, where their methods agree.
ONE = [
    lambda x, lib: x.tanh(),
    lambda x, lib: x.tanh().exp(),
    lambda x, lib: (x * x + 1).log(),
    lambda x, lib: (x * x + 1).sqrt(),
    lambda x, lib: x.relu() - 0.5 * x,
    lambda x, lib: -(x**3) / 7,
    lambda x, lib: x.sum(),
    lambda x, lib: x.reshape(-1, 1),
    lambda x, lib: x.reshape(-1)[[0, -1, 0]],
]
WITH_AXES = [
    lambda x, lib: x.mean(-1, keepdims=True),
    lambda x, lib: x.sum(0),
    lambda x, lib: x.var(-1, keepdims=True, correction=0),
    lambda x, lib: x.max(0) if lib is minitorch else x.amax(0),
    lambda x, lib: x.softmax(-1),
    lambda x, lib: x.log_softmax(0),
    lambda x, lib: x[-1],
    lambda x, lib: x[..., 1:],
    lambda x, lib: x[[0, 0]],
    lambda x, lib: lib.stack([x, x], 0)[1],
    lambda x, lib: lib.concatenate([x, x.tanh()], -1),
]
MATRIX = [
    lambda x, lib: x.transpose(-1, -2),
    lambda x, lib: x @ x.transpose(-1, -2),
]
TWO = [
    lambda x, y, lib: x + y,
    lambda x, y, lib: x - y,
    lambda x, y, lib: x * y,
    lambda x, y, lib: x / (y * y + 1),
    lambda x, y, lib: lib.where(x > y, x, y * y),
]


def grow(rng: np.random.Generator, leaves: list[Any]) -> list[tuple[Any, ...]]:
    """Draw the steps of a graph: each a function and the numbers of the nodes it is applied to."""
    nodes = [Tensor(leaf.data) for leaf in leaves]
    steps: list[tuple[Any, ...]] = []
    count = int(rng.integers(5, 51))
    while len(steps) < count:
        first, second = (int(i) for i in rng.integers(len(nodes), size=2))
        x, y = nodes[first], nodes[second]
        if rng.random() < 0.5 and broadcasts(x.shape, y.shape):
            step = (TWO[rng.integers(len(TWO))], first, second)
        else:
            known = ONE + WITH_AXES * (x.ndim > 0) + MATRIX * (x.ndim > 1)
            step = (known[rng.integers(len(known))], first)
        out = apply(step, nodes, minitorch)
        if 0 < out.size <= 60:
            nodes.append(out)
            steps.append(step)
            if np.abs(out.data).max() > TAME:
                steps.append((ONE[0], len(nodes) - 1))
                nodes.append(out.tanh())
    return steps


def broadcasts(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return all(i == j or 1 in (i, j) for i, j in zip(reversed(a), reversed(b)))


def apply(step: tuple[Any, ...], nodes: list[Any], library: Any) -> Any:
    function, *numbers = step
    return function(*(nodes[number] for number in numbers), library)


def run(steps: list[tuple[Any, ...]], leaves: list[Any], library: Any) -> list[Any]:
    nodes = list(leaves)
    for step in steps:
        nodes.append(apply(step, nodes, library))
    return nodes


@pytest.mark.parametrize("seed", range(200))
def test_a_random_graph_has_the_gradients_of_pytorch(seed):
    rng = np.random.default_rng(seed)
    arrays = [rng.standard_normal(shape) for shape in SHAPES]
    mine = [Tensor(np.asarray(array), requires_grad=True) for array in arrays]
    theirs = [torch.tensor(array, dtype=torch.float64, requires_grad=True) for array in arrays]
    steps = grow(rng, mine)
    ours, equal = run(steps, mine, minitorch), run(steps, theirs, torch)
    weights = rng.standard_normal(len(ours))
    total = sum(float(w) * node.sum() for w, node in zip(weights, ours))
    total.backward()
    sum(float(w) * node.sum() for w, node in zip(weights, equal)).backward()
    for node, other in zip(ours, equal, strict=True):
        np.testing.assert_allclose(node.data, other.detach().numpy(), rtol=1e-10, atol=1e-10)
    for leaf, other in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(leaf.grad, other.grad.numpy(), rtol=1e-10, atol=1e-10)
