"""Week 7, weights of 8 bits: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks, Complaint
from minitorch import quantization
from minitorch.quantization import SMALLEST_SCALE, quantizable

rounding = Checks("quantization.quantize")


def _weights(rng, rows, columns, dtype=np.float32):
    sizes = rng.uniform(0.02, 2.0, size=(rows, 1))  # each row has a size of its own
    return {"weight": (sizes * rng.normal(size=(rows, columns))).astype(dtype)}


def two_rows(rng):
    yield {"weight": np.array([[0.5, -2.54], [0.03, 0.127]])}


def rows_of_their_own_size(rng):
    for rows, columns in ((2, 3), (5, 4), (4, 4), (3, 40)):
        yield _weights(rng, rows, columns)


def one_row(rng):
    yield _weights(rng, 1, 6)
    yield _weights(rng, 3, 1)


def largest_below_zero(rng):
    weight = _weights(rng, 4, 5)["weight"]
    weight[:, 2] = -np.abs(weight).max(axis=1) * np.float32(1.3)
    yield {"weight": weight}


def all_of_one_sign(rng):
    yield {"weight": np.abs(_weights(rng, 3, 6)["weight"]) + np.float32(0.1)}


def zeros(rng):
    weight = _weights(rng, 4, 3)["weight"]
    weight[[0, 2]] = 0
    yield {"weight": weight}


def double_precision(rng):
    yield _weights(rng, 3, 5, np.float64)


def damaged(rng):
    weight = _weights(rng, 3, 4)["weight"]
    weight[1, 2] = np.nan
    yield {"weight": weight}


def _quantized(weight):
    given = quantization.quantize(weight)
    if not isinstance(given, tuple) or len(given) != 2:
        raise Complaint("It should return two arrays: the whole numbers, and the scales.")
    values, scales = given
    enough = bool(np.all(np.asarray(scales) > 0.99 * SMALLEST_SCALE))
    return {
        "whole numbers": values,
        "scales": scales,
        "all scales are above 0": bool(np.all(np.asarray(scales) > 0)),
        "no scale is below SMALLEST_SCALE": enough,
    }


@rounding.check("two rows", cases=two_rows)
def _(weight):
    return _quantized(weight)


rounding.check("rows of different sizes", cases=rows_of_their_own_size)(_quantized)
rounding.check("one row, and one column", cases=one_row)(_quantized)
rounding.check("a largest weight below zero", cases=largest_below_zero)(_quantized)
rounding.check("weights of one sign", cases=all_of_one_sign)(_quantized)
rounding.check("rows of zeros", cases=zeros)(_quantized)
rounding.check("float64 weights", cases=double_precision)(_quantized)


@rounding.check("a weight that is not a number", cases=damaged)
def _(weight):
    try:
        quantization.quantize(weight)
    except ValueError:
        return "refused"
    raise Complaint("It goes through without a word: let `quantizable(weight)` refuse it.")


rounding.slip(
    "one_scale_for_all",
    "All rows have the scale of the largest weight in the matrix, which is coarse for rows of "
    "small weights: give each row its own.",
    ("np.abs(weight).max(axis=1, initial=0)", "np.full(len(weight), np.abs(weight).max())"),
)
rounding.slip(
    "a_scale_for_each_column",
    "You found the largest weight of each column. Each row, one output, has a scale of its own.",
    ("max(axis=1, initial=0)", "max(axis=0, initial=0)"),
    ("scales[:, None]", "scales"),
)
rounding.slip(
    "forgets_the_sign",
    "The largest weight is not always the largest in size: where that is below zero, the whole "
    "numbers leave the range. Take absolute values.",
    ("np.abs(weight).max(axis=1, initial=0)", "weight.max(axis=1, initial=0)"),
    (
        "np.rint(weight / scales[:, None])",
        "np.rint(np.clip(weight / scales[:, None], -1e4, 1e4)).astype(np.int32)",
    ),
)
rounding.slip(
    "takes_the_range",
    "Your scale is from the distance between the smallest and the largest weight of a row. Zero "
    "has to stay zero, so the scale is from the largest absolute value.",
    (
        "np.abs(weight).max(axis=1, initial=0)",
        "(weight.max(axis=1) - weight.min(axis=1)) / np.float32(2)",
    ),
    (
        "np.rint(weight / scales[:, None])",
        "np.rint(np.clip(weight / scales[:, None], -1e4, 1e4)).astype(np.int32)",
    ),
)
rounding.slip(
    "cuts_off",
    "The numbers are cut off towards zero when they become int8: round them first, to the nearest.",
    ("np.rint(weight / scales[:, None])", "(weight / scales[:, None])"),
)
rounding.slip(
    "rounds_down",
    "You round down. The nearest whole number may be the one above.",
    ("np.rint(weight", "np.floor(weight"),
)
rounding.slip(
    "reaches_128",
    "You divide by 128, so that the largest weight becomes 128, which an int8 cannot hold: it ends "
    "at 127.",
    ("np.float32(LARGEST)", "np.float32(LARGEST + 1)"),
    ("np.rint(weight / scales[:, None])", "np.rint(weight / scales[:, None]).astype(np.int32)"),
)
rounding.slip(
    "gives_the_inverse",
    "The scales are upside down: 127 divided by the largest weight. A whole number times its scale "
    "has to be the weight again.",
    (
        "return np.rint(weight / scales[:, None]).astype(np.int8), scales",
        "return np.rint(weight / scales[:, None]).astype(np.int8), np.float32(1) / scales",
    ),
)
rounding.slip(
    "keeps_fractions",
    "The whole numbers are still floats, of four bytes each: make them int8.",
    (".astype(np.int8)", ""),
)
rounding.slip(
    "scales_in_a_column",
    "The scales have the shape (outputs, 1): return them as (outputs,).",
    ("np.int8), scales", "np.int8), scales[:, None]"),
)
rounding.slip(
    "divides_by_zero",
    "A row of zeros has the scale 0, and is divided by it: no scale may be below `SMALLEST_SCALE`.",
    (
        "scales = np.maximum(largest / np.float32(LARGEST), SMALLEST_SCALE)",
        "scales = largest / np.float32(LARGEST)",
    ),
)
rounding.slip(
    "adds_to_the_scale",
    "The smallest scale is added to every scale. It belongs only where a scale would be below it.",
    ("np.maximum(largest / np.float32(LARGEST), SMALLEST_SCALE)", "largest / 127 + 1e-4"),
)
rounding.slip(
    "checks_nothing",
    "A weight that is not a number goes through, and becomes any number at all: begin with "
    "`weight = quantizable(weight)`, which refuses it.",
    ("weight = quantizable(weight)", "weight = np.nan_to_num(np.asarray(weight, np.float32))"),
)


rounding.slip(
    "divides_the_smallest",
    "`SMALLEST_SCALE` is the least that a scale may be. You take it for the least that the largest "
    "weight may be, and divide it by 127.",
    (
        "np.maximum(largest / np.float32(LARGEST), SMALLEST_SCALE)",
        "np.maximum(largest, SMALLEST_SCALE) / np.float32(LARGEST)",
    ),
)


@rounding.alternative
def row_by_row(weight):
    weight = quantizable(weight)
    values = np.zeros(weight.shape, np.int8)
    scales = np.empty(len(weight), np.float32)
    for place, row in enumerate(weight):
        scales[place] = max(np.abs(row).max() / 127, SMALLEST_SCALE)
        values[place] = np.round(row / scales[place])
    return values, scales


ONE_INPUT = "a layer has at least one input, and no absolute value is below 0"
LARGEST = "largest = np.abs(weight).max(axis=1, initial=0) -> largest = np.abs(weight).max(axis=1"
rounding.equivalent(LARGEST + ")", because=ONE_INPUT)
rounding.equivalent(LARGEST + ", initial=-1)", because=ONE_INPUT)
