"""Week 4, masks: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks, Complaint
from minitorch import ShapeError, Tensor, attention

causal_mask = Checks("attention.causal_mask")
attention_mask = Checks("attention.attention_mask")


def _array(result):
    if result is None:
        raise Complaint("It returned nothing (None). Is a `return` missing?")
    if not isinstance(result, np.ndarray):
        raise Complaint(f"It returned a `{type(result).__name__}`; a mask is an array.")
    return result


# -- causal_mask -------------------------------------------------------------------------------


def squares(rng):
    for size in (1, 2, 4, int(rng.integers(5, 8))):
        yield {"queries": size, "keys": size}


def fewer_queries(rng):
    for queries, keys in [(1, 2), (2, 6), (3, 4), (1, int(rng.integers(4, 8)))]:
        yield {"queries": queries, "keys": keys}


def _causal(queries, keys):
    return {"mask": _array(attention.causal_mask(queries, keys))}


causal_mask.check("as many queries as keys", cases=squares)(_causal)
causal_mask.check("fewer queries than keys", cases=fewer_queries)(_causal)

causal_mask.slip(
    "causal_without_its_own_place",
    "A query does not see the key at its own place, so the first one sees nothing at all. It may "
    "look at itself and at those before.",
    ("<=", "<"),
)
causal_mask.slip(
    "causal_into_the_future",
    "Your queries see what comes after them and not what was before: the comparison is turned.",
    ("<=", ">="),
)
causal_mask.slip(
    "causal_says_what_is_hidden",
    "Your mask is True where a key is hidden. Here True means that a query may look.",
    ("<=", ">"),
)
causal_mask.slip(
    "causal_with_the_queries_first",
    "With fewer queries than keys your queries stand at the first places. They are the last ones: "
    "the last query sees all keys.",
    ("np.arange(keys - queries, keys)", "np.arange(queries)"),
)
causal_mask.slip(
    "causal_one_too_far",
    "A query sees the key right after its own place, which is just the one that the model has to "
    "guess.",
    ("<= places[:, None]", "<= places[:, None] + 1"),
)
causal_mask.slip(
    "causal_turned_around",
    "Rows and columns have changed places: a row belongs to a query, a column to a key.",
    ("np.arange(keys) <= places[:, None]", "np.arange(keys)[:, None] <= places"),
)
causal_mask.slip(
    "causal_in_numbers",
    "Your mask holds numbers. It should hold True and False, which a comparison gives by itself.",
    ("np.arange(keys) <= places[:, None]", "np.tri(queries, keys, keys - queries)"),
)
causal_mask.slip(
    "causal_lets_everybody_see_everything",
    "Every query sees every key: nothing is hidden.",
    ("np.arange(keys) <= places[:, None]", "np.ones((queries, keys), bool)"),
)


@causal_mask.alternative
def causal_by_a_triangle(queries, keys):
    return np.tril(np.ones((queries, keys), dtype=bool), keys - queries)


@causal_mask.alternative
def causal_by_loops(queries, keys):
    mask = np.zeros((queries, keys), dtype=bool)
    for query in range(queries):
        mask[query, : keys - queries + query + 1] = True
    return mask


# -- attention_mask ----------------------------------------------------------------------------


def without_padding(rng):
    for queries, keys in [(3, 3), (2, 5)]:
        yield {"queries": queries, "keys": keys}


def padded(rng):
    for batch, queries, keys in [(1, 2, 2), (2, 3, 3), (3, 2, 5), (2, 1, 4), (3, 3, 3)]:
        real = rng.integers(0, 2, (batch, keys))
        real[0, 0], real[-1, -1] = 0, 1
        yield {"queries": queries, "keys": keys, "real": real}


def misfits(rng):
    for shape in [(2, 3), (4,), (2, 2, 4), (2, 1), (1, 1, 1, 4)]:
        yield {"real": np.ones(shape, dtype=int)}


@attention_mask.check("rows without padding", cases=without_padding)
def _(queries, keys):
    return {"mask": _array(attention.attention_mask(queries, keys))}


@attention_mask.check("rows with padding", cases=padded)
def _(queries, keys, real):
    return {"mask": _array(attention.attention_mask(queries, keys, real))}


@attention_mask.check("lists, tensors, True and False", cases=padded)
def _(queries, keys, real):
    forms = {"list": real.tolist(), "tensor": Tensor(real), "booleans": real == 1}
    forms["fractions"] = real.astype(np.float32)
    return {n: _array(attention.attention_mask(queries, keys, form)) for n, form in forms.items()}


@attention_mask.check("other shapes are refused", cases=misfits)
def _(real):
    try:
        attention.attention_mask(2, 4, real)
    except ShapeError as error:
        return {"the message names the shape": str(real.shape) in str(error)}
    except Exception as error:
        raise Complaint(
            f"`real` of shape {real.shape} with 4 keys ends with {type(error).__name__}; a "
            "ShapeError is expected."
        ) from error
    raise Complaint(
        f"`real` of shape {real.shape} is accepted, though there are 4 keys: it should be "
        "(batch, 4)."
    )


attention_mask.slip(
    "mask_by_or",
    "A query may look where *one* of the two masks allows it: both must, so it is `&`.",
    ("causal & array", "causal | array"),
)
attention_mask.slip(
    "mask_of_padding",
    "Real tokens and padding have changed places: `real` is 1 where there is a token.",
    ("causal & array[", "causal & ~array["),
)
attention_mask.slip(
    "mask_that_hides_queries",
    "Your mask hides the *queries* that are padding. It is the keys that nobody should look at: "
    "the last axis of the mask belongs to them.",
    ("array[:, None, None, :]", "array[:, None, :, None]"),
)
attention_mask.slip(
    "mask_without_an_axis_for_heads",
    "The axis for the heads is missing: the result is (batch, 1, queries, keys).",
    ("array[:, None, None, :]", "array[:, None, :]"),
)
attention_mask.slip(
    "mask_without_the_causal_one",
    "Padding is hidden, but the future is not: join it with the causal mask.",
    (
        "causal & array[:, None, None, :]",
        "np.repeat(array[:, None, None, :], queries, axis=2)",
    ),
)
attention_mask.slip(
    "mask_without_looking_at_real",
    "Padding is not hidden: where `real` is given, join it with the causal mask.",
    (
        "causal & array[:, None, None, :]",
        "np.repeat(causal[None, None], len(array), axis=0)",
    ),
)
attention_mask.slip(
    "mask_that_accepts_any_shape",
    "A `real` of the wrong shape is not refused. Broadcasting accepts some of them silently: "
    "compare the shape yourself, and raise a ShapeError.",
    ("array.ndim != 2 or array.shape[1] != keys", "array.ndim > 9"),
)
attention_mask.slip(
    "mask_that_does_not_say_what_was_given",
    "The ShapeError does not say which shape was given: put `real`'s shape into the message.",
    (": {array.shape}", ""),
)
attention_mask.slip(
    "mask_with_another_error",
    "A `real` of the wrong shape is refused with a ValueError. The library has an error of its own "
    "for shapes, ShapeError.",
    ("raise ShapeError", "raise ValueError"),
)
attention_mask.slip(
    "mask_that_hides_the_last_queries",
    "Your mask hides the *queries* that are padding. It is the keys that nobody should look at: "
    "the last axis of the mask belongs to them, whole.",
    ("array[:, None, None, :]", "array[:, None, -queries:, None]"),
)
attention_mask.slip(
    "mask_of_padding_in_numbers",
    "Your mask holds numbers, because `real` does. Make True and False of it first: `dtype=bool`.",
    ("np.asarray(real, dtype=bool)", "np.asarray(real, dtype=int)"),
)
attention_mask.slip(
    "mask_that_looks_at_the_last_axis_alone",
    "The last axis of `real` is compared with the number of keys, but not how many axes there "
    "are: it has two, (batch, keys).",
    ("array.ndim != 2 or array.shape[1] != keys", "array.shape[-1] != keys"),
)
attention_mask.slip(
    "mask_that_always_has_four_axes",
    "Without `real` the result is the causal mask as it is, (queries, keys).",
    ("return causal\n", "return causal[None, None]\n"),
)
attention_mask.slip(
    "mask_that_needs_real",
    "It fails if `real` is None: then there is no padding, and the causal mask is all there is.",
    ("    if real is None:\n        return causal\n", ""),
)


@attention_mask.alternative
def mask_by_logical_and(queries, keys, real=None):
    mask = causal_mask(queries, keys)
    if real is not None:
        real = np.array(real) != 0
        if real.shape[1:] != (keys,):
            raise ShapeError(f"real should be (batch, {keys}), not {real.shape}")
        mask = np.logical_and(mask[None, None], np.expand_dims(real, (1, 2)))
    return mask
