"""From documents to batches: rows packed with documents, and a shuffled order without end.

write_documents(folder, encoded_documents, vocabulary=1024)
rows = Rows(read_documents(folder), size=129, pad=tokenizer.special["<|pad|>"])
batches = Batches(rows, batch_size=16, seed=0)
batch = next(batches)  # inputs, targets and segments of 16 rows, each (16, 128)
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from minitorch.token_files import DataError, Documents, in_memory, read_documents, write_documents

__all__ = [
    "IGNORED",
    "Batch",
    "Batches",
    "DataError",
    "Documents",
    "Rows",
    "in_memory",
    "next_tokens",
    "pack",
    "read_documents",
    "shuffled",
    "write_documents",
]

Array = np.ndarray

IGNORED = -100  # the target where there is nothing to learn: what cross_entropy leaves out

# -- rows ----------------------------------------------------------------------------------------


def pack(lengths: Sequence[int], size: int) -> list[list[int]]:
    """Distribute documents over rows of `size` places: the numbers of the documents in each row.

    The documents are taken in their order, 0, 1, 2 and so on. Each goes into the row in which it
    leaves the least room, of equal ones into the first; if it fits in none, it begins a new row.
    Nothing is cut: no length is larger than `size`. Lengths 3, 4, 2 and 1 in rows of 5 give
    [[0, 2], [1, 3]].
    """
    rows: list[list[int]] = []
    room: list[int] = []
    for number, length in enumerate(lengths):
        fitting = [row for row in range(len(rows)) if room[row] >= length]
        if fitting:
            row = min(fitting, key=room.__getitem__)
        else:
            row = len(rows)
            rows.append([])
            room.append(size)
        rows[row].append(number)
        room[row] -= length
    return rows


def pack_fast(lengths: Sequence[int], size: int) -> list[list[int]]:
    """Return what `pack` returns, without looking at every row for every document."""
    rows: list[list[int]] = []
    with_room: list[list[int]] = [[] for _ in range(size + 1)]  # by room: the rows, smallest first
    for number, length in enumerate(lengths):
        room = next((room for room in range(length, size + 1) if with_room[room]), None)
        if room is None:
            row, room = len(rows), size
            rows.append([])
        else:
            row = heapq.heappop(with_room[room])
        rows[row].append(number)
        heapq.heappush(with_room[room - length], row)
    return rows


def next_tokens(ids: Array, learn: Array, segments: Array) -> Array:
    """Return what a model should say at each place of some rows but the last: the next token.

    All three arrays are (rows, size), the result is (rows, size - 1), int64. At place t the target
    is the token at t + 1. It is `IGNORED` where that token is not to be learned (`learn` is
    false), and where it belongs to another segment than the token at t: the end of one document
    says nothing about the beginning of the next.
    """
    wanted = learn[:, 1:] & (segments[:, 1:] == segments[:, :-1])
    return np.where(wanted, ids[:, 1:].astype(np.int64), IGNORED)


@dataclass(frozen=True)
class Batch:
    """Some rows for a model: (rows, places) each.

    `segments` numbers the documents of a row from 1 on; padding has the segment 0.
    """

    inputs: Array
    targets: Array
    segments: Array


class Rows:
    """Documents packed into rows of `size` tokens; the rest of a row is filled with `pad`.

    A document that is longer than a row is cut into pieces. Each piece begins with the last token
    of the one before, so that every token but a document's first is somebody's next token.
    """

    def __init__(self, documents: Documents, size: int, pad: int) -> None:
        if size < 2:
            raise DataError(
                f"a row needs 2 tokens at least, one to read and one to say, not {size}"
            )
        self.documents = documents
        self.size = size
        self.pad = pad
        self.pieces: list[tuple[int, int]] = []  # from where to where in documents.ids
        bounds = documents.starts.tolist()
        for first, end in pairwise(bounds):
            for start in range(first, max(end - 1, first + 1), size - 1):
                self.pieces.append((start, min(start + size, end)))
        self.plan = pack_fast([end - start for start, end in self.pieces], size)

    def __len__(self) -> int:
        return len(self.plan)

    def batch(self, numbers: Iterable[int]) -> Batch:
        """Return the rows with these numbers."""
        numbers = list(numbers)
        ids = np.full((len(numbers), self.size), self.pad, np.int64)
        learn = np.zeros(ids.shape, bool)
        segments = np.zeros(ids.shape, np.int64)
        for row, number in enumerate(numbers):
            place = 0
            for segment, piece in enumerate(self.plan[number], start=1):
                start, end = self.pieces[piece]
                here = slice(place, place + end - start)
                ids[row, here] = self.documents.ids[start:end]
                learn[row, here] = self.documents.learn[start:end]
                segments[row, here] = segment
                place = here.stop
        return Batch(ids[:, :-1], next_tokens(ids, learn, segments), segments[:, :-1])

    def in_order(self, batch_size: int) -> Iterator[Batch]:
        """Yield all rows once, in their order; the last batch may be smaller."""
        for start in range(0, len(self), batch_size):
            yield self.batch(range(start, min(start + batch_size, len(self))))


# -- the order -----------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def shuffle(rows: int, seed: int, epoch: int) -> Array:
    """Return the order of the rows in one epoch, which depends on these three numbers alone."""
    order = np.random.default_rng([seed, epoch]).permutation(rows)
    order.setflags(write=False)
    return order


def shuffled(start: int, count: int, rows: int, seed: int) -> list[int]:
    """Return `count` row numbers from place `start` on of an endless shuffled order.

    The order is all `rows` rows as `shuffle(rows, seed, 0)` puts them, then all of them as
    `shuffle(rows, seed, 1)` does, and so on: in every epoch each row comes once. The result may
    reach over the end of one epoch, or of several.
    """
    places = range(start, start + count)
    return [int(shuffle(rows, seed, place // rows)[place % rows]) for place in places]


class Batches:
    """Batches without end, in shuffled order: every epoch all rows once, in a new order.

    The position is one number, how many rows were taken. A batch at the end of an epoch takes
    what is left of it and goes on with the next one, so all batches are of one size.
    """

    def __init__(self, rows: Rows, batch_size: int, seed: int = 0) -> None:
        if not len(rows):
            raise DataError("there are no rows to make batches of")
        self.rows = rows
        self.batch_size = batch_size
        self.seed = seed
        self.taken = 0

    @property
    def epoch(self) -> float:
        """How often the rows have been gone through; 1.5 is in the middle of the second time."""
        return self.taken / len(self.rows)

    def __iter__(self) -> Batches:
        return self

    def __next__(self) -> Batch:
        numbers = shuffled(self.taken, self.batch_size, len(self.rows), self.seed)
        self.taken += self.batch_size
        return self.rows.batch(numbers)

    def state_dict(self) -> dict[str, int]:
        """Return the position, for `load_state_dict` to go on from."""
        return {"taken": self.taken, "seed": self.seed, "rows": len(self.rows)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go to a saved position: what follows is what would have followed then."""
        if set(state) != {"taken", "seed", "rows"}:
            raise DataError("a position has the entries taken, seed and rows")
        if state["rows"] != len(self.rows):
            raise DataError(
                f"the position was saved with {state['rows']} rows, and here are {len(self.rows)}: "
                "they are not the same data"
            )
        self.taken, self.seed = int(state["taken"]), int(state["seed"])
