"""The cache of keys and values: what generation keeps, so that no token is computed twice."""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch.config import Config
from minitorch.errors import ShapeError
from minitorch.tensor import Array


class KVCache:
    """Room for the keys and values of one layer, all of it set aside before the first token.

    `keys` and `values` are (batch, heads, capacity, dim); the first `length` places are in use.
    """

    def __init__(
        self, batch: int, heads: int, capacity: int, dim: int, dtype: Any = np.float32
    ) -> None:
        self.keys = np.zeros((batch, heads, capacity, dim), dtype)
        self.values = np.zeros((batch, heads, capacity, dim), dtype)
        self.length = 0

    def __len__(self) -> int:
        return self.length

    @property
    def capacity(self) -> int:
        """How many places there is room for."""
        return self.keys.shape[2]

    def extend(self, k: Array, v: Array) -> tuple[Array, Array]:
        """Write the keys and values of new places behind those before, and return all of them.

        `k` and `v` are (batch, heads, places, dim). They go into `self.keys` and `self.values`
        from place `self.length` on, and `self.length` grows by `places`. Returns the used parts
        of both, (batch, heads, self.length, dim): views, not copies. There is room for
        `self.capacity` places in all; a ShapeError is raised if that is too few, and nothing is
        changed then.
        """
        before, after = self.length, self.length + k.shape[2]
        if after > self.capacity:
            raise ShapeError(
                f"{after} places: this cache has room for {self.capacity}, "
                "so make it with a larger capacity"
            )
        self.keys[:, :, before:after] = k
        self.values[:, :, before:after] = v
        self.length = after
        return self.keys[:, :, :after], self.values[:, :, :after]

    def truncate(self, length: int) -> None:
        """Forget all places from `length` on; what is before stays as it is."""
        if not 0 <= length <= self.length:
            raise ShapeError(
                f"a cache of {self.length} places can be cut to 0 to {self.length}, not {length}"
            )
        self.length = length

    def keep_rows(self, rows: Array) -> None:
        """Keep these rows of the batch, in this order, and forget the others."""
        self.keys, self.values = self.keys[rows], self.values[rows]


def new_caches(
    config: Config, capacity: int, batch: int = 1, dtype: Any = np.float32
) -> list[KVCache]:
    """Set aside an empty cache for each layer of a model."""
    heads, dim = config.num_key_value_heads or 0, config.head_dim or 0
    return [KVCache(batch, heads, capacity, dim, dtype) for _ in range(config.num_hidden_layers)]


def common_prefix(a: list[int], b: list[int]) -> int:
    """Count the tokens at the beginning that two lists have in common.

    >>> common_prefix([1, 2, 3, 4], [1, 2, 9])
    2
    """
    shorter = min(len(a), len(b))
    if a[:shorter] == b[:shorter]:
        return shorter
    return next(i for i in range(shorter) if a[i] != b[i])
