"""Week 7, the cache: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks, Complaint
from minitorch.cache import KVCache
from minitorch.errors import ShapeError

extend = Checks("cache.KVCache.extend")


def _pieces(rng, counts, batch=1, heads=2, dim=3, dtype=np.float64):
    shape = (batch, heads, sum(counts), dim)
    k, v = (rng.normal(size=shape).astype(dtype) for _ in "kv")
    return {"k": k, "v": v, "counts": list(counts), "capacity": sum(counts) + 3}


def one_piece(rng):
    yield _pieces(rng, [2])
    yield _pieces(rng, [4], batch=2, heads=1)


def one_after_the_other(rng):
    yield _pieces(rng, [3, 1, 1])
    yield _pieces(rng, [1, 4, 2], batch=3, heads=2, dim=4)


def up_to_the_end(rng):
    yield _pieces(rng, [2, 3]) | {"capacity": 5}


def too_many(rng):
    yield _pieces(rng, [2, 4]) | {"capacity": 5}


def single_precision(rng):
    yield _pieces(rng, [2, 1], dtype=np.float32)


def _extended(k, v, counts, capacity):
    kept = KVCache(len(k), k.shape[1], capacity, k.shape[3], k.dtype)
    stages, before = [], 0
    for count in counts:
        piece = slice(before, before + count)
        given = kept.extend(k[:, :, piece], v[:, :, piece])
        if not isinstance(given, tuple) or len(given) != 2:
            raise Complaint("It should return two arrays: all keys, and all values.")
        stages.append({"keys": given[0].copy(), "values": given[1].copy(), "length": len(kept)})
        before += count
    return stages


@extend.check("into an empty cache", cases=one_piece)
def _(k, v, counts, capacity):
    return _extended(k, v, counts, capacity)


extend.check("one piece after the other", cases=one_after_the_other)(_extended)
extend.check("up to the last place", cases=up_to_the_end)(_extended)
extend.check("float32 stays float32", cases=single_precision)(_extended)


@extend.check("nothing is copied", cases=one_after_the_other)
def _(k, v, counts, capacity):
    kept = KVCache(len(k), k.shape[1], capacity, k.shape[3], k.dtype)
    keys, values = kept.keys, kept.values
    given = kept.extend(k, v)
    return {
        "the keys lie in self.keys": np.shares_memory(given[0], keys) and kept.keys is keys,
        "the values lie in self.values": np.shares_memory(given[1], values)
        and kept.values is values,
    }


@extend.check("more than there is room for", cases=too_many)
def _(k, v, counts, capacity):
    kept = KVCache(len(k), k.shape[1], capacity, k.shape[3], k.dtype)
    first = counts[0]
    kept.extend(k[:, :, :first], v[:, :, :first])
    try:
        kept.extend(k[:, :, first:], v[:, :, first:])
    except ShapeError:
        return {"length": len(kept), "keys": kept.keys.copy(), "values": kept.values.copy()}
    except ValueError as error:
        raise Complaint(
            "There is no room for so many places. A ShapeError should say so, "
            f"and this was a {type(error).__name__}."
        ) from error
    raise Complaint("There is no room for so many places, and no ShapeError says so.")


extend.slip(
    "forgets_to_count",
    "`self.length` stays what it was, so the next piece is written over this one.",
    ("self.length = after\n", "pass\n"),
)
extend.slip(
    "writes_at_the_front",
    "Every piece is written to the first places, over what was there: it belongs behind the "
    "`self.length` places in use.",
    ("self.keys[:, :, before:after] = k", "self.keys[:, :, : k.shape[2]] = k"),
    ("self.values[:, :, before:after] = v", "self.values[:, :, : v.shape[2]] = v"),
)
extend.slip(
    "returns_the_new_ones",
    "Only the new places come back. A query looks at all places so far: return those too.",
    ("self.keys[:, :, :after], self.values[:, :, :after]", "k, v"),
)
extend.slip(
    "returns_everything",
    "The whole room comes back, with places that nobody has written to: return the used part.",
    ("return self.keys[:, :, :after], self.values[:, :, :after]", "return self.keys, self.values"),
)
extend.slip(
    "joins_arrays",
    "The old and the new are joined into new arrays. That copies all that came before with every "
    "token; write into the room that was set aside.",
    (
        "return self.keys[:, :, :after], self.values[:, :, :after]",
        "return self.keys[:, :, :after].copy(), self.values[:, :, :after].copy()",
    ),
)
JOINED = (
    "New arrays with the old and the new (np.concatenate) take the place of `self.keys` and "
    "`self.values`. That copies all that came before with every token, and the room that was set "
    "aside is lost: write into it."
)
for name, old, checked in (
    ("joins_what_is_used", "[:, :, :before]", "after > self.capacity"),
    ("joins_what_is_used_unchecked", "[:, :, :before]", "after < 0"),
    ("joins_the_whole_room", "", "after > self.capacity"),
):
    extend.slip(
        name,
        JOINED,
        ("after > self.capacity", checked),
        (
            "self.keys[:, :, before:after] = k",
            f"self.keys = np.concatenate([self.keys{old}, k], axis=2)",
        ),
        (
            "self.values[:, :, before:after] = v",
            f"self.values = np.concatenate([self.values{old}, v], axis=2)",
        ),
    )
extend.slip(
    "never_looks_for_room",
    "Where there is no room, a ShapeError is wanted, raised before anything is written. Compare "
    "what is in use and what is new with `self.capacity`.",
    ("if after > self.capacity:", "if after < 0:"),
)
extend.slip(
    "writes_before_it_raises",
    "The ShapeError comes too late: part of the new piece has been written by then. Look for room "
    "first.",
    (
        "if after > self.capacity:",
        "self.keys[:, :, before:after] = k[:, :, : self.capacity - before]\n"
        "    if after > self.capacity:",
    ),
)
extend.slip(
    "exchanges_them",
    "Keys and values have changed places in what is returned.",
    (
        "return self.keys[:, :, :after], self.values[:, :, :after]",
        "return self.values[:, :, :after], self.keys[:, :, :after]",
    ),
)
extend.slip(
    "counts_one",
    "`self.length` grows by one, however many places are added: a prompt comes in one piece.",
    ("self.length = after", "self.length = before + 1"),
)
extend.slip(
    "has_room_for_one_less",
    "The last place is never used: as many places as the capacity fit.",
    ("if after > self.capacity:", "if after >= self.capacity:"),
)


@extend.alternative
def counts_at_the_end(self, k, v):
    places = k.shape[2]
    if self.length + places > self.capacity:
        raise ShapeError("no room")
    for room, piece in ((self.keys, k), (self.values, v)):
        np.copyto(room[..., self.length : self.length + places, :], piece)
    self.length += places
    return self.keys[..., : self.length, :], self.values[..., : self.length, :]
