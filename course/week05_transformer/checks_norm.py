"""Week 5, the norm: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks
from coursekit.tensor_checks import run_operation
from minitorch import Tensor, fused
from minitorch.recording import record

rms_norm = Checks("fused.rms_norm")


def _stream(rng, leading, width, size=1.0, dtype=np.float64):
    return {
        "x": (size * rng.normal(size=(*leading, width))).astype(dtype),
        "weight": rng.uniform(0.5, 2, size=width).astype(dtype),
        "g": rng.normal(size=(*leading, width)).astype(dtype),
    }


def rows(rng):
    yield {
        "x": np.array([[3.0, 4.0]]),
        "weight": np.array([1.0, 10.0]),
        "g": np.array([[1.0, 2.0]]),
    }
    for leading, width in [((2,), 3), ((3,), 3), ((1,), 5)]:
        yield _stream(rng, leading, width)


def batches(rng):
    for leading, width in [((2, 3), 4), ((), 3), ((2, 1, 3), 2)]:
        yield _stream(rng, leading, width)


def views(rng):
    yield {name: array.T for name, array in _stream(rng, (3,), 3).items()}
    made = _stream(rng, (2, 4), 3)
    yield {**made, "x": made["x"][:, ::-1], "g": np.repeat(made["g"], 2, axis=-1)[..., ::2]}


def eps_that_matter(rng):
    for eps, size in [(0.5, 1.0), (1e-5, 1e-3), (1e-6, 1e-3)]:
        yield {**_stream(rng, (2,), 3, size), "eps": eps}


def float32_rows(rng):
    yield _stream(rng, (3,), 4, dtype=np.float32)
    yield _stream(rng, (2, 3), 2, dtype=np.float32)


def _run(x, weight, g, *eps):
    """Value, gradients, and the shapes that the rule itself returns: the engine, which undoes
    broadcasting, would sum up a gradient of `weight` with a row for each token."""

    def norm(x, weight):
        return fused.rms_norm(x, weight, *eps)

    found = run_operation(norm, g, x=x, weight=weight)
    tensors = [Tensor(array, requires_grad=True) for array in (x, weight)]
    parts = norm(*tensors).rule(g)
    shapes = {name: list(np.shape(part)) for name, part in zip(("x", "weight"), parts)}
    return {**found, "shapes that the rule returns": shapes}


rms_norm.check("the result and both gradients", cases=rows)(_run)
rms_norm.check("more axes, or fewer", cases=batches)(_run)
rms_norm.check("views and transposed arrays", cases=views)(_run)


@rms_norm.check("eps", cases=eps_that_matter)
def _(x, weight, g, eps):
    return _run(x, weight, g, eps)


rms_norm.check("float32 stays float32", cases=float32_rows)(_run)


@rms_norm.wrong
def norm_put_together(x, weight, eps=1e-6):
    """That is the plain form, put together from operations of tensors. It is right, but it makes
    six tensors: work on the arrays, write one rule, and `record` once."""
    return x / ((x * x).mean(axis=-1, keepdims=True) + eps).sqrt() * weight


@rms_norm.wrong
def norm_takes_the_mean_away(x, weight, eps=1e-6):
    """You subtract the mean first: that is LayerNorm. RMSNorm leaves the mean where it is."""
    centered = x.data - x.data.mean(axis=-1, keepdims=True)
    r = 1 / np.sqrt((centered**2).mean(axis=-1, keepdims=True) + eps)
    y = centered * r

    def backward(g):
        h = g * weight.data
        grad = h - h.mean(axis=-1, keepdims=True) - y * (h * y).mean(axis=-1, keepdims=True)
        return r * grad, (g * y).reshape(-1, x.shape[-1]).sum(axis=0)

    return record(y * weight.data, (x, weight), backward)


@rms_norm.wrong
def norm_with_eps_outside_the_root(x, weight, eps=1e-6):
    """`eps` is added after the root is taken; it belongs to the mean of the squares, under the
    root."""
    rms = np.sqrt((x.data**2).mean(axis=-1, keepdims=True))
    r = 1 / (rms + eps)
    y = x.data * r

    def backward(g):
        h = g * weight.data
        grad = r * (h - y * (h * y).mean(axis=-1, keepdims=True) * (rms + eps) / rms)
        return grad, (g * y).reshape(-1, x.shape[-1]).sum(axis=0)

    return record(y * weight.data, (x, weight), backward)


@rms_norm.wrong
def norm_with_an_eps_of_its_own(x, weight, eps=1e-6):
    """You use 1e-6 whatever `eps` was handed in. Models differ there, and their files say which
    one they were trained with."""
    r = 1 / np.sqrt((x.data**2).mean(axis=-1, keepdims=True) + 1e-6)
    y = x.data * r

    def backward(g):
        h = g * weight.data
        grad = r * (h - y * (h * y).mean(axis=-1, keepdims=True))
        return grad, (g * y).reshape(-1, x.shape[-1]).sum(axis=0)

    return record(y * weight.data, (x, weight), backward)


rms_norm.slip(
    "norm_takes_the_scale_for_a_constant",
    "The result is right. In the rule you multiply by r as if it were a constant, but r depends "
    "on every number of the row: that is the second term, with the mean of h * y.",
    ("        grad -= normed * (np.vecdot(grad, normed)[:, None] / width)\n", ""),
)
rms_norm.slip(
    "norm_forgets_the_weight_on_the_way_back",
    "The gradient of `x` goes back through the product with `weight` first: h = g * weight.",
    ("grad = g * weight.data", "grad = g.copy()"),
)
rms_norm.slip(
    "norm_forgets_the_scale_on_the_way_back",
    "In the gradient of `x` the factor r in front is missing: the row was divided by its size on "
    "the way in, so its gradient is divided by it too.",
    ("        grad *= scale\n", ""),
)


@rms_norm.wrong
def norm_does_not_sum_the_weights_gradient(x, weight, eps=1e-6):
    """The gradient of `weight` has a row for each token. It comes out right only because the
    engine sums it up for you: the weight served every row, so it gets the sum, in its own shape."""
    r = 1 / np.sqrt((x.data**2).mean(axis=-1, keepdims=True) + eps)
    y = x.data * r

    def backward(g):
        h = g * weight.data
        return r * (h - y * (h * y).mean(axis=-1, keepdims=True)), g * y

    return record(y * weight.data, (x, weight), backward)


@rms_norm.wrong
def norm_sums_the_first_axis_alone(x, weight, eps=1e-6):
    """The gradient of `weight` is summed over the first axis only. Every axis but the last is a
    batch of rows: lay them out as rows first, or sum over all of these axes."""
    r = 1 / np.sqrt((x.data**2).mean(axis=-1, keepdims=True) + eps)
    y = x.data * r

    def backward(g):
        h = g * weight.data
        return r * (h - y * (h * y).mean(axis=-1, keepdims=True)), (g * y).sum(axis=0)

    return record(y * weight.data, (x, weight), backward)


@rms_norm.wrong
def norm_by_the_length(x, weight, eps=1e-6):
    """You divide by the length of the row, the root of the *sum* of the squares. The root mean
    square is smaller by the root of the width, so that a typical number comes out as 1."""
    r = 1 / np.sqrt((x.data**2).sum(axis=-1, keepdims=True) + eps)
    y = x.data * r

    def backward(g):
        h = g * weight.data
        grad = r * (h - y * (h * y).sum(axis=-1, keepdims=True))
        return grad, (g * y).reshape(-1, x.shape[-1]).sum(axis=0)

    return record(y * weight.data, (x, weight), backward)


@rms_norm.wrong
def norm_of_all_rows_together(x, weight, eps=1e-6):
    """One mean over everything: each row, which is one token, has a size of its own. Take the mean
    along the last axis and keep that axis."""
    r = 1 / np.sqrt((x.data**2).mean() + eps)
    y = x.data * r

    def backward(g):
        h = g * weight.data
        return r * (h - y * (h * y).mean()), (g * y).reshape(-1, x.shape[-1]).sum(axis=0)

    return record(y * weight.data, (x, weight), backward)


@rms_norm.wrong
def norm_that_drops_the_axis(x, weight, eps=1e-6):
    """The sizes of the rows have lost their axis, so they no longer stand beside their rows: keep
    it, with `keepdims=True`."""
    size = np.sqrt((x.data**2).mean(axis=-1) + eps)
    y = x.data / size

    def backward(g):
        h = g * weight.data
        grad = (h - y * (h * y).mean(axis=-1)) / size
        return grad, (g * y).reshape(-1, x.shape[-1]).sum(axis=0)

    return record(y * weight.data, (x, weight), backward)


@rms_norm.wrong
def norm_adds_one_to_the_weight(x, weight, eps=1e-6):
    """You multiply by 1 + weight. Some models keep their weights that way; here the weight is the
    factor itself, and begins at one."""
    r = 1 / np.sqrt((x.data**2).mean(axis=-1, keepdims=True) + eps)
    y = x.data * r

    def backward(g):
        h = g * (1 + weight.data)
        grad = r * (h - y * (h * y).mean(axis=-1, keepdims=True))
        return grad, (g * y).reshape(-1, x.shape[-1]).sum(axis=0)

    return record(y * (1 + weight.data), (x, weight), backward)


rms_norm.slip(
    "norm_weighs_the_rows_before_its_weights_gradient",
    "The gradient of `weight` is g times what the weight was multiplied with: the row after the "
    "division, y, and not `x` as it came in.",
    ('"rw,rw->w", g, normed', '"rw,rw->w", g, rows'),
)
rms_norm.slip(
    "norm_takes_the_mean_away_from_what_it_measured",
    "You subtract the mean, as LayerNorm does. RMSNorm leaves it where it is.",
    ("normed = rows * scale", "normed = (rows - rows.mean(axis=1, keepdims=True)) * scale"),
)
rms_norm.slip(
    "norm_with_one_mean_for_all_gradients",
    "The result is right. In the rule the mean of h * y runs over everything: each row has its "
    "own, along the last axis, which is kept.",
    ("(np.vecdot(grad, normed)[:, None] / width)", "(grad * normed).mean()"),
)
rms_norm.slip(
    "norm_weighs_the_weights_gradient",
    "The gradient of `weight` is g * y. You take h * y, and h has the weight in it already.",
    ('np.einsum("rw,rw->w", g, normed)', 'np.einsum("rw,rw->w", g * weight.data, normed)'),
)


@rms_norm.alternative
def norm_by_the_formula(x, weight, eps=1e-6):
    r = 1 / np.sqrt((x.data**2).mean(axis=-1, keepdims=True) + eps)
    y = x.data * r

    def backward(g):
        h = g * weight.data
        grad = r * (h - y * (h * y).mean(axis=-1, keepdims=True))
        return grad, (g * y).sum(axis=tuple(range(g.ndim - 1)))

    return record(y * weight.data, (x, weight), backward)


for rows_of in ("g = g", "rows = x.data"):
    rms_norm.equivalent(
        f"{rows_of}.reshape(-1, width) -> {rows_of}.reshape(-2, width)",
        because="NumPy takes every negative length for whatever is left",
    )
rms_norm.equivalent(
    "grad -= normed * (np.vecdot(grad, normed)[:, None] / width) -> "
    "grad -= normed * (np.vecdot(normed, grad)[:, None] / width)",
    because="a product of two vectors is the same in either order",
)
