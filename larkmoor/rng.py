"""A small deterministic random stream that also counts the information it gives away.

The corpus must be the same bytes on every platform and every Python. Only `random()` of
`random.Random` is used, whose numbers are guaranteed never to change for an integer seed; choosing,
shuffling and sampling are built on it here, because the standard ones are free to change.

The stream adds up -log2(probability) of everything drawn. That sum is the basis of the entropy
floor in `larkmoor.entropy`.
"""

import hashlib
import math
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

# log2(n) for the small n of nearly every draw; a table is faster than the call.
_LOG2 = [0.0, *(math.log2(n) for n in range(1, 512))]


class Stream:
    """Random choices from a seed and a label; `bits` is the information drawn so far.

    Two streams with different labels are independent, so that adding a draw to one part of the
    generator changes no other part.
    """

    def __init__(self, seed: int, label: str) -> None:
        digest = hashlib.sha256(f"larkmoor/{seed}/{label}".encode()).digest()
        self._random = random.Random(int.from_bytes(digest, "big")).random
        self.bits = 0.0

    def below(self, n: int) -> int:
        """Return one of 0, 1, ..., n - 1, each equally likely."""
        self.bits += _LOG2[n] if n < len(_LOG2) else math.log2(n)
        return int(self._random() * n)

    def choice(self, items: Sequence[T]) -> T:
        """Return one of the items, each equally likely."""
        return items[self.below(len(items))]

    def chance(self, probability: float) -> bool:
        """Return True with the given probability, which lies strictly between 0 and 1."""
        hit = self._random() < probability
        self.bits -= math.log2(probability if hit else 1.0 - probability)
        return hit

    def weighted(self, table: Sequence[tuple[T, int]]) -> T:
        """Return one item of (item, weight) pairs, in proportion to the whole-number weights."""
        total = sum(weight for _, weight in table)
        point = int(self._random() * total)
        for item, weight in table:
            if point < weight:
                self.bits += math.log2(total / weight)
                return item
            point -= weight
        raise ValueError("the weights of a choice must be positive whole numbers")

    def sample(self, items: Sequence[T], k: int) -> list[T]:
        """Return k different items in random order; every ordered selection is equally likely."""
        pool = list(items)
        for i in range(k):
            j = i + self.below(len(pool) - i)
            pool[i], pool[j] = pool[j], pool[i]
        return pool[:k]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """Return all items in random order."""
        return self.sample(items, len(items))
