"""Week 4, heads: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks, Complaint
from coursekit.tensor_checks import run_operation
from minitorch import Tensor, attention
from minitorch.recording import record

split_heads = Checks("attention.split_heads")
merge_heads = Checks("attention.merge_heads")
repeat_heads = Checks("attention.repeat_heads")

SIZES = [(1, 2, 1, 3), (1, 3, 2, 2), (2, 3, 2, 4), (1, 4, 3, 2), (2, 3, 3, 3)]


def _moved(function, x, g):
    """The result, and the gradient of x for the cotangent g."""
    tensor = Tensor(x, requires_grad=True)
    out = function(tensor)
    if not isinstance(out, Tensor):
        what = "nothing (None)" if out is None else f"a value of type `{type(out).__name__}`"
        raise Complaint(f"It returned {what}; a Tensor is expected.")
    found = {"result": out.data, "gradient of x": None}
    if out.shape == g.shape:
        if not out.requires_grad:
            raise Complaint(
                "No gradient can come back through the result: use the tensor's own `reshape` and "
                "`transpose`, not those of its array (`.data`)."
            )
        out.backward(g)
        found["gradient of x"] = tensor.grad
    return found


# -- split_heads -------------------------------------------------------------------------------


def whole(rng):
    for batch, places, heads, dim in SIZES:
        for dtype in (np.float64, np.float32):
            x = rng.normal(size=(batch, places, heads * dim)).astype(dtype)
            g = rng.normal(size=(batch, heads, places, dim)).astype(dtype)
            yield {"x": x, "heads": heads, "g": g}


@split_heads.check("each head has its numbers", cases=whole)
def _(x, heads, g):
    return _moved(lambda tensor: attention.split_heads(tensor, heads), x, g)


split_heads.slip(
    "split_by_one_reshape",
    "The shape is right, but the heads are mixed up with the places: `reshape` reads the numbers "
    "in their order. Split the last axis alone, then swap the axes of places and heads.",
    (
        "reshape(batch, places, heads, width // heads).transpose(1, 2)",
        "reshape(batch, heads, places, width // heads)",
    ),
)
split_heads.slip(
    "split_without_swapping",
    "The heads stand behind the places. Attention needs places and dim as the last two axes: swap "
    "axis 1 and axis 2.",
    (".transpose(1, 2)", ""),
)
split_heads.slip(
    "split_swaps_the_last_two",
    "You swap the last two axes, heads and dim. Those of places and heads should be swapped: "
    "`transpose(1, 2)`; without arguments it takes the last two.",
    (".transpose(1, 2)", ".transpose()"),
)
split_heads.slip(
    "split_by_turns",
    "The heads take the numbers by turns: the first head gets numbers 0, 2, 4 and so on. The "
    "first `dim` numbers are the first head's, the next the second's.",
    (
        "reshape(batch, places, heads, width // heads).transpose(1, 2)",
        "reshape(batch, places, width // heads, heads).permute(0, 3, 1, 2)",
    ),
)
split_heads.slip(
    "split_with_heads_and_dim_exchanged",
    "Heads and dim have changed places in the shape of `reshape`: (batch, places, heads, dim), "
    "since the first `dim` numbers of a place are the first head's.",
    ("heads, width // heads)", "width // heads, heads)"),
)
split_heads.slip(
    "split_with_the_heads_in_front_of_the_batch",
    "The heads stand in front of the batch: the result is (batch, heads, places, dim).",
    (".transpose(1, 2)", ".permute(2, 0, 1, 3)"),
)
split_heads.slip(
    "split_of_arrays",
    "You move the numbers of the array, so no gradient comes back. The tensor itself has "
    "`reshape` and `transpose`.",
    (
        "return x.reshape(batch, places, heads, width // heads).transpose(1, 2)",
        "return Tensor(x.data.reshape(batch, places, heads, width // heads).swapaxes(1, 2))",
    ),
)


@split_heads.alternative
def split_by_permuting(x, heads):
    return x.reshape(*x.shape[:2], heads, -1).permute(0, 2, 1, 3)


@split_heads.alternative
def split_after_swapping(x, heads):
    batch, places, width = x.shape
    return x.transpose().reshape(batch, heads, width // heads, places).transpose()


split_heads.equivalent(
    "return x.reshape(batch, places, heads, width // heads).transpose(1, 2)"
    " -> return x.reshape(batch, places, heads, width // heads).transpose(2, 1)",
    because="two axes change places, whichever is named first",
)


# -- merge_heads -------------------------------------------------------------------------------


def parts(rng):
    for batch, places, heads, dim in SIZES:
        for dtype in (np.float64, np.float32):
            x = rng.normal(size=(batch, heads, places, dim)).astype(dtype)
            g = rng.normal(size=(batch, places, heads * dim)).astype(dtype)
            yield {"x": x, "g": g}


@merge_heads.check("the heads of a place beside each other", cases=parts)
def _(x, g):
    return _moved(attention.merge_heads, x, g)


merge_heads.slip(
    "merge_by_one_reshape",
    "The shape is right, but places and heads are mixed up: first swap them back, then reshape.",
    ("x.transpose(1, 2).reshape", "x.reshape"),
)
merge_heads.slip(
    "merge_swaps_the_last_two",
    "You swap the last two axes, places and dim. Those of heads and places should be swapped "
    "back: `transpose(1, 2)`.",
    ("transpose(1, 2)", "transpose()"),
)
merge_heads.slip(
    "merge_with_places_and_heads_exchanged",
    "Places and heads have changed places: before the swap the shape is (batch, heads, places, "
    "dim).",
    ("batch, heads, places, dim = x.shape", "batch, places, heads, dim = x.shape"),
)
merge_heads.slip(
    "merge_by_turns",
    "The numbers of the heads alternate: those of one head belong beside each other.",
    ("x.transpose(1, 2)", "x.permute(0, 2, 3, 1)"),
)
merge_heads.slip(
    "merge_puts_heads_below_each_other",
    "The heads stand below each other, as if they were places. They belong beside each other, in "
    "the last axis.",
    (
        "x.transpose(1, 2).reshape(batch, places, heads * dim)",
        "x.reshape(batch, heads * places, dim)",
    ),
)
merge_heads.slip(
    "merge_by_averaging",
    "You average the heads. Each keeps its numbers: they are put beside each other.",
    ("x.transpose(1, 2).reshape(batch, places, heads * dim)", "x.mean(axis=1)"),
)
merge_heads.slip(
    "merge_of_arrays",
    "You move the numbers of the array, so no gradient comes back. The tensor itself has "
    "`transpose` and `reshape`.",
    (
        "x.transpose(1, 2).reshape(batch, places, heads * dim)",
        "Tensor(x.data.swapaxes(1, 2).reshape(batch, places, heads * dim))",
    ),
)


@merge_heads.alternative
def merge_by_permuting(x):
    batch, _, places, _ = x.shape
    return x.permute(0, 2, 1, 3).reshape(batch, places, -1)


merge_heads.equivalent(
    "return x.transpose(1, 2).reshape(batch, places, heads * dim)"
    " -> return x.transpose(2, 1).reshape(batch, places, heads * dim)",
    because="two axes change places, whichever is named first",
)


# -- repeat_heads ------------------------------------------------------------------------------


def to_repeat(rng):
    for batch, heads, places, dim, times in [
        (1, 1, 1, 2, 2),
        (1, 2, 2, 1, 2),
        (2, 2, 3, 2, 3),
        (1, 3, 2, 2, 2),
        (2, 2, 1, 3, 1),
        (2, 3, 2, 2, 3),
    ]:
        for dtype in (np.float64, np.float32):
            x = rng.normal(size=(batch, heads, places, dim)).astype(dtype)
            g = rng.normal(size=(batch, heads * times, places, dim)).astype(dtype)
            yield {"x": x, "times": times, "g": g}


@repeat_heads.check("the heads and their gradients", cases=to_repeat)
def _(x, times, g):
    return run_operation(lambda tensor: attention.repeat_heads(tensor, times), g, x=x)


repeat_heads.slip(
    "repeat_in_rounds",
    "Your heads are 0, 1, 0, 1. They should be 0, 0, 1, 1: the copies of a head stand side by "
    "side.",
    ("np.repeat(x.data, times, axis=1)", "np.tile(x.data, (1, times, 1, 1))"),
    (
        "reshape(batch, heads, times, places, dim).sum(axis=2)",
        "reshape(batch, times, heads, places, dim).sum(axis=1)",
    ),
)
repeat_heads.slip(
    "repeat_mixes_heads_in_the_rule",
    "The result is right, but the rule adds up the gradients of *different* heads: the copies of "
    "a head stand side by side, so `g` is (batch, heads, times, places, dim).",
    (
        "reshape(batch, heads, times, places, dim).sum(axis=2)",
        "reshape(batch, times, heads, places, dim).sum(axis=1)",
    ),
)
repeat_heads.slip(
    "repeat_averages_in_the_rule",
    "The gradient is an average over the copies. Whatever is used several times gets the sum.",
    ("sum(axis=2)", "mean(axis=2)"),
)
repeat_heads.slip(
    "repeat_takes_the_first_copy_alone",
    "Only the gradient of the first copy comes back. Whatever is used several times gets the sum "
    "of all of them.",
    ("g.reshape(batch, heads, times, places, dim).sum(axis=2)", "g[:, ::times]"),
)
repeat_heads.slip(
    "repeat_hands_the_gradient_on",
    "`g` has a head for each copy, and x has fewer: add up the gradients of the copies.",
    ("g.reshape(batch, heads, times, places, dim).sum(axis=2)", "g"),
)
repeat_heads.slip(
    "repeat_along_the_places",
    "The places are repeated. The heads are axis 1.",
    ("axis=1", "axis=2"),
)
repeat_heads.slip(
    "repeat_forgets_the_tuple",
    "The rule returns an array. It returns a tuple with one gradient for each parent, also if "
    "there is one parent: mind the comma.",
    (
        "(g.reshape(batch, heads, times, places, dim).sum(axis=2),)",
        "g.reshape(batch, heads, times, places, dim).sum(axis=2)",
    ),
)


@repeat_heads.alternative
def repeat_by_an_index(x, times):
    return x[:, np.repeat(np.arange(x.shape[1]), times)]


@repeat_heads.alternative
def repeat_by_broadcasting(x, times):
    batch, heads, places, dim = x.shape
    many = np.broadcast_to(x.data[:, :, None], (batch, heads, times, places, dim))

    def backward(g):
        return (np.add.reduceat(g, np.arange(0, heads * times, times), axis=1),)

    return record(many.reshape(batch, heads * times, places, dim), (x,), backward)
