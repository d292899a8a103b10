"""Models that look a few tokens back, and what their guesses cost."""

from __future__ import annotations

import math

import numpy as np

from minitorch import nn, ops
from minitorch.data import IGNORED
from minitorch.tensor import Array, Tensor


def count_bigrams(inputs: Array, targets: Array, size: int) -> Array:
    """Count how often each token follows each other: (size, size), int64.

    `inputs` and `targets` have one shape. Entry [a, b] is the number of places with the input `a`
    and the target `b`. Places with the target `IGNORED` do not count.
    """
    kept = targets != IGNORED
    pairs = inputs[kept].astype(np.int64) * size + targets[kept]
    return np.bincount(pairs, minlength=size * size).reshape(size, size)


def probabilities(counts: Array, smoothing: float = 0.0) -> Array:
    """Turn counts into the probability of each next token: rows that sum to 1, float64.

    `smoothing` is added to every count first, so that what was never seen is not impossible. A
    row without any count becomes uniform.
    """
    counts = counts + float(smoothing)
    totals = counts.sum(axis=1, keepdims=True)
    uniform = 1 / counts.shape[1]
    return np.divide(counts, totals, out=np.full(counts.shape, uniform), where=totals > 0)


def costs(rows: Array, inputs: Array, targets: Array) -> Array:
    """Return -log p(target) at each place that counts, in nats: a flat array.

    `rows` holds the probabilities of the next token, one row for each input token.
    """
    kept = targets != IGNORED
    return -np.log(rows[inputs[kept], targets[kept]])


def perplexity(losses: Array) -> float:
    """Return among how many equally likely tokens a model seems to guess: e to the mean loss."""
    return float(np.exp(np.mean(losses)))


def bits_per_byte(losses: Array, size: int) -> float:
    """Return how many bits a text costs for each of its bytes.

    `losses` holds -log p(token) for every token, with the natural logarithm, and `size` is the
    length of the text in bytes. A bit is what a choice between two equally likely things costs:
    a probability of 1/2 is 1 bit, of 1/8 it is 3 bits.
    """
    return float(np.sum(losses)) / math.log(2) / size


def draw(row: Array, u: float) -> int:
    """Draw a token: `row` holds the probability of each, and `u` is a random number in [0, 1).

    The interval from 0 to 1 is divided among the tokens, in their order, each getting a part as
    long as its probability; the result is the token in whose part `u` lies. A part contains its
    beginning, not its end, so a token with probability 0 is never drawn. Where rounding makes the
    probabilities sum to a little more or less than 1, that sum is what is divided.
    """
    ends = np.cumsum(row, dtype=np.float64)
    return int(np.searchsorted(ends, u * ends[-1], side="right"))


def contexts(ids: Array, width: int, fill: int) -> Array:
    """Return for each place of some rows the last `width` tokens: (rows, size, width).

    `ids` is (rows, size). The last of the `width` tokens is the one at the place itself, the
    first is the oldest. Before the beginning of a row stands `fill`.
    """
    rows, size = ids.shape
    padded = np.concatenate([np.full((rows, width - 1), fill, ids.dtype), ids], axis=1)
    return np.stack([padded[:, back : back + size] for back in range(width)], axis=2)


class ContextModel(nn.Module):
    """Guesses the next token from the last few, after Bengio and others (2003).

    Each token of the context becomes a row of numbers, the rows side by side go through a hidden
    layer, and its result through a second layer to one score for each token.
    """

    def __init__(
        self, tokens: int, width: int, features: int, hidden: int, *, rng: np.random.Generator
    ) -> None:
        self.embedding = nn.Embedding(tokens, features, rng=rng)
        self.hidden = nn.Linear(width * features, hidden, rng=rng)
        self.output = nn.Linear(hidden, tokens, rng=rng)

    def forward(self, context: Array) -> Tensor:
        """Return the scores of the next token: (..., width) ids to (..., tokens) logits.

        `self.embedding` gives each token its features. Those of the whole context, one token's
        after the other's, go into `self.hidden`, its result through tanh, and that into
        `self.output`.
        """
        features = self.embedding(context)  # (..., width, features)
        side_by_side = features.reshape(*context.shape[:-1], -1)
        return self.output(ops.tanh(self.hidden(side_by_side)))
