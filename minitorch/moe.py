"""A mixture of experts: many feed-forward parts, of which each token goes through a few.

Here a row is a token: the axes before the last are joined to (rows, width).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minitorch import fused, nn, shapes
from minitorch.recording import record
from minitorch.tensor import Array, Tensor


def top_experts(scores: Array, chosen: int) -> Array:
    """Pick the `chosen` experts with the highest scores for each row, best first.

    `scores` is (rows, experts); the result, (rows, chosen), holds their numbers. Of two equal
    scores the expert with the lower number goes first.
    """
    return np.argsort(-scores, axis=1, kind="stable")[:, :chosen]


def take_rows(x: Tensor, rows: Array) -> Tensor:
    """Pick rows of `x`, (rows, width): no row twice. One operation with one parent."""

    def backward(g: Array) -> tuple[Array]:
        grad = np.zeros_like(x.data)
        grad[rows] = g
        return (grad,)

    return record(x.data[rows], (x,), backward)


def put_rows(values: Sequence[Tensor], rows: Sequence[Array], count: int) -> Tensor:
    """Add up pieces of a table: row i of `values[e]` belongs in row `rows[e][i]` of the result.

    The result is (count, width). No piece names a row twice; a row that several pieces name gets
    the sum, and one that none names is zero. One operation; the pieces are its parents.
    """
    out = np.zeros((count, values[0].shape[1]), values[0].dtype)
    for piece, places in zip(values, rows):
        out[places] += piece.data

    def backward(g: Array) -> tuple[Array, ...]:
        return tuple(g[places] for places in rows)

    return record(out, tuple(values), backward)


class Expert(nn.Module):
    """One expert: the gated feed-forward part, with Mixtral's names for its weights."""

    def __init__(
        self,
        width: int,
        inner: int,
        *,
        rng: np.random.Generator,
        std: float | None = None,
        dtype: Any = np.float32,
    ) -> None:
        options: dict[str, Any] = {"bias": False, "rng": rng, "std": std, "dtype": dtype}
        self.w1 = nn.Linear(width, inner, **options)  # LLaMA's gate_proj
        self.w2 = nn.Linear(inner, width, **options)  # LLaMA's down_proj
        self.w3 = nn.Linear(width, inner, **options)  # LLaMA's up_proj

    def forward(self, x: Tensor) -> Tensor:
        return self.w2(fused.swiglu(self.w1(x), self.w3(x)))


class Experts(nn.Module):
    """Several experts and the router that sends each row to `chosen` of them.

    After a call `scores` holds the router's scores, a tensor (rows, experts), `choices` the
    numbers of the experts that each row went to, (rows, chosen), and `shares` how much each of
    them counted, (rows, chosen).
    """

    scores: Tensor
    choices: Array
    shares: Array

    def __init__(
        self,
        width: int,
        inner: int,
        experts: int,
        chosen: int,
        *,
        rng: np.random.Generator,
        std: float | None = None,
        dtype: Any = np.float32,
    ) -> None:
        self.gate = nn.Linear(width, experts, bias=False, rng=rng, std=std, dtype=dtype)
        self.experts = nn.ModuleList(
            Expert(width, inner, rng=rng, std=std, dtype=dtype) for _ in range(experts)
        )
        self.chosen = chosen

    def describe(self) -> str:
        return f"experts={len(self.experts)}, chosen={self.chosen}"

    def forward(self, x: Tensor) -> Tensor:
        """Send each row of `x`, (..., width), through the experts that the router chooses for it.

        `self.gate` scores the experts. A row goes to the `self.chosen` experts with the highest
        scores (`top_experts`); their results, each multiplied by its share, are added up. The
        shares of a row are the softmax of the scores of the chosen ones alone. An expert computes
        only the rows that chose it. The result has the shape of `x`. Sets `self.scores` (a
        tensor), `self.choices` and `self.shares` (arrays).
        """
        rows = x.reshape(-1, x.shape[-1])
        self.scores = self.gate(rows)  # (rows, experts)
        self.choices = top_experts(self.scores.data, self.chosen)
        shares = self.scores[np.arange(len(rows))[:, None], self.choices].softmax()
        self.shares = shares.data
        results, places = [], []
        for number, expert in enumerate(self.experts):
            mine, slots = np.nonzero(self.choices == number)
            results.append(expert(take_rows(rows, mine)) * shares[mine, slots].reshape(-1, 1))
            places.append(mine)
        return put_rows(results, places, len(rows)).reshape(*x.shape)


def load_balancing_loss(scores: Sequence[Tensor], chosen: int, real: Any = None) -> Tensor:
    """Measure how unevenly the routers use their experts.

    It is about `chosen` if they use them evenly, and grows towards the number of experts as they
    send everything to a few.

    `scores` are the routers' scores, one (rows, experts) tensor for each layer, which are taken
    together. For expert e let f(e) be the number of rows that it was chosen for (one of the
    `chosen` highest scores), divided by the number of rows, and p(e) the mean over the rows of
    its probability, the softmax of all scores. The loss is experts * sum over e of f(e) * p(e).
    Gradients flow through p alone. `real`, with one entry for each row of a layer, leaves out the
    rows where it is 0.
    """
    table = shapes.concatenate(scores)  # (layers * rows, experts)
    if real is not None:
        kept = np.tile(np.asarray(real).reshape(-1), len(scores))
        table = take_rows(table, np.flatnonzero(kept))
    experts = table.shape[1]
    counts = np.bincount(top_experts(table.data, chosen).reshape(-1), minlength=experts)
    used = (counts / len(table)).astype(table.dtype)
    return (table.softmax().mean(axis=0) * used).sum() * experts


# -- what the router does, in numbers that a picture can be drawn from --------------------------


def usage(choices: Array, experts: int) -> Array:
    """Say which share of all choices fell on each expert: (experts,), together 1.

    `choices` holds the numbers of experts, in any shape; where it is empty all shares are 0.
    """
    counts = np.bincount(np.asarray(choices).reshape(-1), minlength=experts)
    return counts / max(counts.sum(), 1)


def experts_in_use(shares: Array) -> float:
    """Count the experts that are in use, those that are used little counting for little.

    It is exp(-sum of p * log p) over the shares p above 0: with n experts used evenly it is n,
    with a single one 1. `shares` are those of `usage`, together 1.
    """
    used = shares[shares > 0]
    return float(np.exp(-(used * np.log(used)).sum()))


def choices_by_token(choices: Array, ids: Array, vocabulary: int, experts: int) -> Array:
    """Count how often each token of the vocabulary was sent to each expert.

    `choices` is (rows, chosen), as `Experts` leaves it, and `ids` holds the token of each row, in
    rows of any shape, (batch, places) for example. The result is (vocabulary, experts), whole
    numbers: entry [t, e] says how many rows had token t and were sent to expert e.
    """
    counts = np.zeros((vocabulary, experts), np.int64)
    np.add.at(counts, (ids.reshape(-1, 1), choices), 1)
    return counts
