"""Attention: every token looks at the tokens it may see and takes a weighted average of them.

Shapes, from here to the end: q is (batch, heads, queries, dim), k and v are (batch, heads, keys,
dim), and a mask is True where a query may look at a key. Where there are more keys than queries,
as in generation, the queries are the last of them.
"""

from __future__ import annotations

import math
from typing import Any, Protocol

import numpy as np

from minitorch import nn, rotary
from minitorch.errors import ShapeError
from minitorch.operands import where
from minitorch.recording import record
from minitorch.tensor import Array, Tensor


def causal_mask(queries: int, keys: int) -> Array:
    """Say which keys each query may see: the one at its own place, and those before.

    The result is (queries, keys), True where a query may look. The queries are the last of the
    keys: the last query sees all of them.

    >>> causal_mask(2, 3)
    array([[ True,  True, False],
           [ True,  True,  True]])
    """
    places = np.arange(keys - queries, keys)
    return np.arange(keys) <= places[:, None]


def attention_mask(queries: int, keys: int, real: Any = None) -> Array:
    """Join the causal mask with a mask of the keys that are real tokens.

    `real` is (batch, keys), 1 or True where there is a token and 0 or False where a shorter row
    was filled up; None if all are tokens. A query may look at real keys that are not after it:
    the result is (batch, 1, queries, keys), or (queries, keys) if `real` is None. A `real` of
    another shape is refused with a ShapeError that names it.
    """
    causal = causal_mask(queries, keys)
    if real is None:
        return causal
    array = np.asarray(real, dtype=bool)
    if array.ndim != 2 or array.shape[1] != keys:
        raise ShapeError(
            f"a mask of real tokens is (batch, keys), keys being {keys}: {array.shape}"
        )
    return causal & array[:, None, None, :]


def attention_weights(q: Tensor, k: Tensor, mask: Array | None = None) -> Tensor:
    """Say how much each query looks at each key: for a query, its weights add up to 1.

    `q` is (..., queries, dim), `k` is (..., keys, dim); the result is (..., queries, keys). The
    scores are `q @ k.T / sqrt(dim)`. Where `mask` is False the score is minus infinity; with
    None, every query sees every key. The weights are the softmax of the scores over the keys.
    Every query sees at least one key.
    """
    scores = q @ k.transpose() / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = where(mask, scores, -np.inf)
    return scores.softmax()


def plain_attention(q: Tensor, k: Tensor, v: Tensor, mask: Array | None = None) -> Tensor:
    """Average the values, each with its weight: (..., queries, dim). See `attention_weights`."""
    return attention_weights(q, k, mask) @ v


def attention(q: Tensor, k: Tensor, v: Tensor, mask: Array | None = None) -> Tensor:
    """Compute what `plain_attention` computes as one operation, with one rule.

    With S = q @ k.T / sqrt(dim), W the softmax of S and O = W @ v, a gradient g of O becomes

        of v:  W.T @ g
        of S:  W * (g @ v.T - d),  with d the sum of g * O over the last axis, for each query
        of q:  (gradient of S) @ k / sqrt(dim)
        of k:  (gradient of S).T @ q / sqrt(dim)

    The rule returns None for a parent without `requires_grad`. A query that sees no key at all
    gets zeros, and sends no gradient, in float32 as in float64.
    """
    scale = 1 / math.sqrt(q.shape[-1])
    scaled = q.data * scale  # cheaper than to scale the scores, of which there are more
    exps = scaled @ k.data.swapaxes(-1, -2)  # (..., queries, keys)
    if mask is not None:
        np.copyto(exps, -np.inf, where=~mask)
    lowest = np.finfo(exps.dtype).min  # stands for the maximum of a query that sees no key
    exps -= exps.max(axis=-1, keepdims=True, initial=lowest)
    np.exp(exps, out=exps)
    ones = np.ones(exps.shape[-1], exps.dtype)
    sums = np.vecdot(exps, ones)[..., None]  # a third of the time of exps.sum
    sums[sums == 0] = 1  # no key was seen: 0 / 1, not 0 / 0
    out = exps @ v.data
    out /= sums  # the weights are exps / sums; to divide here is cheaper again

    def backward(g: Array) -> tuple[Array | None, Array | None, Array | None]:
        g = g / sums
        grad_v = exps.swapaxes(-1, -2) @ g if v.requires_grad else None
        grad_scores = g @ v.data.swapaxes(-1, -2)
        grad_scores -= np.vecdot(g, out)[..., None]
        grad_scores *= exps
        grad_q = grad_scores @ k.data * scale if q.requires_grad else None
        grad_k = grad_scores.swapaxes(-1, -2) @ scaled if k.requires_grad else None
        return grad_q, grad_k, grad_v

    return record(out, (q, k, v), backward)


# -- heads --------------------------------------------------------------------------------------


def split_heads(x: Tensor, heads: int) -> Tensor:
    """Cut the last axis into heads: (batch, places, heads * dim) to (batch, heads, places, dim).

    The first `dim` numbers of a place are the first head's, the next the second's.
    """
    batch, places, width = x.shape
    return x.reshape(batch, places, heads, width // heads).transpose(1, 2)


def merge_heads(x: Tensor) -> Tensor:
    """Undo `split_heads`: (batch, heads, places, dim) to (batch, places, heads * dim)."""
    batch, heads, places, dim = x.shape
    return x.transpose(1, 2).reshape(batch, places, heads * dim)


def repeat_heads(x: Tensor, times: int) -> Tensor:
    """Repeat each head `times` times in a row: heads 0, 1 with `times` = 2 become 0, 0, 1, 1.

    `x` is (batch, heads, places, dim); the result has heads * times heads. One operation with
    one parent; a head gets the sum of the gradients of its copies.
    """
    batch, heads, places, dim = x.shape

    def backward(g: Array) -> tuple[Array]:
        return (g.reshape(batch, heads, times, places, dim).sum(axis=2),)

    return record(np.repeat(x.data, times, axis=1), (x,), backward)


class Cache(Protocol):
    """Keys and values of the places before, as generation keeps them for each layer."""

    def __len__(self) -> int:
        """How many places it holds."""

    def extend(self, k: Array, v: Array) -> tuple[Array, Array]:
        """Add the keys and values of new places, and return all of them."""


class Attention(nn.Module):
    """Attention with several heads, rotary positions, and keys and values that heads may share.

    `kv_heads` divides `heads`: each key and value head serves `heads // kv_heads` query heads.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        kv_heads: int | None = None,
        head_dim: int | None = None,
        *,
        rng: np.random.Generator,
        std: float | None = None,
        dtype: Any = np.float32,
    ) -> None:
        self.heads = heads
        self.kv_heads = kv_heads or heads
        self.head_dim = head_dim or width // heads
        if self.heads % self.kv_heads:
            raise ShapeError(
                f"{heads} heads cannot share {self.kv_heads} key and value heads evenly: "
                "the number of heads must be a multiple"
            )
        if head_dim is None and width % heads:
            raise ShapeError(
                f"a width of {width} cannot be cut into {heads} heads evenly: "
                "choose a multiple, or say with head_dim how long a head is"
            )
        if self.head_dim % 2:
            raise ShapeError(
                "rotary positions turn pairs of numbers: head_dim must be even, "
                f"not {self.head_dim}"
            )
        options: dict[str, Any] = {"bias": False, "rng": rng, "std": std, "dtype": dtype}
        self.q_proj = nn.Linear(width, self.heads * self.head_dim, **options)
        self.k_proj = nn.Linear(width, self.kv_heads * self.head_dim, **options)
        self.v_proj = nn.Linear(width, self.kv_heads * self.head_dim, **options)
        self.o_proj = nn.Linear(self.heads * self.head_dim, width, **options)

    def forward(
        self,
        x: Tensor,
        cos: Array,
        sin: Array,
        mask: Array | None = None,
        cache: Cache | None = None,
    ) -> Tensor:
        """Let every place of `x`, (batch, places, width), look at those that `mask` shows it.

        `self.q_proj`, `self.k_proj` and `self.v_proj` make the queries, keys and values, which
        are split into `self.heads` heads (keys and values: `self.kv_heads`). Queries and keys are
        turned by `cos` and `sin` (see `rotary.rotate`). With a `cache`, `cache.extend(k, v)`
        takes the arrays of the turned keys and of the values, and returns those of all places so
        far. Keys and values are repeated to serve all heads. `attention` computes what the heads
        find, also for a query that sees no key (padding); the results are merged and go through
        `self.o_proj`.
        """
        q = rotary.rotate(split_heads(self.q_proj(x), self.heads), cos, sin)
        k = rotary.rotate(split_heads(self.k_proj(x), self.kv_heads), cos, sin)
        v = split_heads(self.v_proj(x), self.kv_heads)
        if cache is not None:
            k, v = (Tensor(array) for array in cache.extend(k.data, v.data))
        if self.kv_heads < self.heads:
            k = repeat_heads(k, self.heads // self.kv_heads)
            v = repeat_heads(v, self.heads // self.kv_heads)
        return self.o_proj(merge_heads(attention(q, k, v, mask)))

    def describe(self) -> str:
        return f"heads={self.heads}, kv_heads={self.kv_heads}, head_dim={self.head_dim}"
