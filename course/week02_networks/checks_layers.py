"""Week 2, layers and losses: what an answer must do, and the mistakes it must catch."""

import math
from contextlib import contextmanager

import numpy as np

from coursekit.checking import Checks, Complaint
from coursekit.tensor_checks import run_operation, tensor_from
from minitorch import ShapeError, Tensor, fused, initialization, losses
from minitorch.initialization import normal
from minitorch.recording import record

linear = Checks("fused.linear")
kaiming = Checks("initialization.kaiming")
mean_squared_error = Checks("losses.mean_squared_error")
smoothed = Checks("losses.smoothed")


# -- linear ------------------------------------------------------------------------------------


def _layer(rng, leading, inputs, outputs, dtype=np.float64):
    shapes = {
        "x": (*leading, inputs),
        "weight": (outputs, inputs),
        "bias": (outputs,),
        "g": (*leading, outputs),
    }
    return {name: rng.normal(size=shape).astype(dtype) for name, shape in shapes.items()}


def rows(rng):
    for count, inputs, outputs in [(1, 2, 1), (3, 2, 4), (3, 3, 3), (0, 2, 3)]:
        yield _layer(rng, (count,), inputs, outputs)


def batches_of_rows(rng):
    for leading in [(2, 3), (), (2, 1, 3), (3, 3)]:
        yield _layer(rng, leading, 4, 2)


def float32_rows(rng):
    yield _layer(rng, (3,), 2, 4, np.float32)
    yield _layer(rng, (2, 3), 2, 2, np.float32)


@contextmanager
def _arrays_alone():
    """Refuse a Tensor as the data of a record: NumPy would turn it into an array unasked."""

    def careful_record(data, parents, backward):
        if isinstance(data, Tensor):
            raise Complaint(
                "What was handed to `record` as data is a Tensor: compute with arrays, `x.data` "
                "and `weight.data`."
            )
        return record(data, parents, backward)

    fused.record = careful_record
    try:
        yield
    finally:
        fused.record = record


def _run_linear(g, **arrays):
    """Value and gradients, and the shapes that the rule itself returns: the engine, which undoes
    broadcasting, would sum up a gradient of `bias` with a row for each example."""
    with _arrays_alone():
        found = run_operation(fused.linear, g, **arrays)
        tensors = [Tensor(array, requires_grad=True) for array in arrays.values()]
        parts = fused.linear(*tensors).rule(g)
    shapes = {name: list(np.shape(part)) for name, part in zip(arrays, parts)}
    return {**found, "shapes that the rule returns": shapes}


@linear.check("the result and all gradients", cases=rows)
def _(x, weight, bias, g):
    return _run_linear(g, x=x, weight=weight, bias=bias)


@linear.check("more axes, or fewer", cases=batches_of_rows)
def _(x, weight, bias, g):
    return _run_linear(g, x=x, weight=weight, bias=bias)


@linear.check("no bias", cases=batches_of_rows)
def _(x, weight, bias, g):
    try:
        return _run_linear(g, x=x, weight=weight)
    except (AttributeError, TypeError) as error:
        raise Complaint(f"Without a bias it fails: {error}.") from error


@linear.check("float32 stays float32", cases=float32_rows)
def _(x, weight, bias, g):
    return run_operation(fused.linear, g, x=x, weight=weight, bias=bias)


@linear.check("no gradient for an input that wants none", cases=rows)
def _(x, weight, bias, g):
    found = []
    for wanted in range(3):
        arrays = [x, weight, bias]
        tensors = [Tensor(a, requires_grad=i == wanted) for i, a in enumerate(arrays)]
        out = tensor_from(fused.linear(*tensors))
        found.append([part is not None for part in out.rule(g)])
    return {"gradients of x, weight, bias where only one is wanted": found}


@linear.wrong
def linear_put_together(x, weight, bias=None):
    """That is the plain form, put together from operations of tensors. It is right, but it makes
    three tensors: work on the arrays, write one rule, and `record` once."""
    out = x @ weight.T
    return out if bias is None else out + bias


@linear.wrong
def linear_transposes_in_the_rule_too(x, weight, bias=None):
    """The result used the transposed weight, so the gradient of `x` uses it as it is: `g` is
    (rows, outputs) and `weight` is (outputs, inputs)."""
    flat = x.data.reshape(-1, x.shape[-1])
    out = flat @ weight.data.T
    if bias is not None:
        out += bias.data

    def backward(g):
        g = g.reshape(out.shape)
        parts = (g @ weight.data.T).reshape(x.shape), g.T @ flat, g.sum(axis=0)
        return parts if bias is not None else parts[:2]

    parents = (x, weight) if bias is None else (x, weight, bias)
    return record(out.reshape(*x.shape[:-1], len(weight.data)), parents, backward)


@linear.wrong
def linear_with_the_weights_gradient_transposed(x, weight, bias=None):
    """The gradient of `weight` is transposed: `weight` is (outputs, inputs), so it is `g.T @ x`,
    (outputs, rows) times (rows, inputs)."""
    flat = x.data.reshape(-1, x.shape[-1])
    out = flat @ weight.data.T
    if bias is not None:
        out += bias.data

    def backward(g):
        g = g.reshape(out.shape)
        parts = (g @ weight.data).reshape(x.shape), flat.T @ g, g.sum(axis=0)
        return parts if bias is not None else parts[:2]

    parents = (x, weight) if bias is None else (x, weight, bias)
    return record(out.reshape(*x.shape[:-1], len(weight.data)), parents, backward)


@linear.wrong
def linear_averages_the_bias(x, weight, bias=None):
    """The gradient of `bias` is an average over the rows. The bias was added to every row, so it
    gets the sum."""
    flat = x.data.reshape(-1, x.shape[-1])
    out = flat @ weight.data.T
    if bias is not None:
        out += bias.data

    def backward(g):
        g = g.reshape(out.shape)
        grad_x = (g @ weight.data).reshape(x.shape) if x.requires_grad else None
        grad_weight = g.T @ flat if weight.requires_grad else None
        if bias is None:
            return grad_x, grad_weight
        return grad_x, grad_weight, g.mean(axis=0) if bias.requires_grad else None

    parents = (x, weight) if bias is None else (x, weight, bias)
    return record(out.reshape(*x.shape[:-1], len(weight.data)), parents, backward)


@linear.wrong
def linear_for_two_axes_alone(x, weight, bias=None):
    """It works where `x` has two axes and not otherwise: `.T` and a sum over axis 0 take the first
    axis for the only one. Make `x` and `g` (rows, inputs) and (rows, outputs) first."""
    out = x.data @ weight.data.T
    if bias is not None:
        out += bias.data

    def backward(g):
        grad_x = g @ weight.data if x.requires_grad else None
        grad_weight = g.T @ x.data if weight.requires_grad else None
        if bias is None:
            return grad_x, grad_weight
        return grad_x, grad_weight, g.sum(axis=0) if bias.requires_grad else None

    return record(out, (x, weight) if bias is None else (x, weight, bias), backward)


@linear.wrong
def linear_computes_what_nobody_wants(x, weight, bias=None):
    """The gradients are right, but you compute one for an input without `requires_grad` too. The
    first layer's input never wants one, and that product is a third of the layer's work: return
    `None` there."""
    flat = x.data.reshape(-1, x.shape[-1])
    out = flat @ weight.data.T
    if bias is not None:
        out += bias.data

    def backward(g):
        g = g.reshape(out.shape)
        parts = (g @ weight.data).reshape(x.shape), g.T @ flat, g.sum(axis=0)
        return parts if bias is not None else parts[:2]

    parents = (x, weight) if bias is None else (x, weight, bias)
    return record(out.reshape(*x.shape[:-1], len(weight.data)), parents, backward)


@linear.wrong
def linear_needs_a_bias(x, weight, bias=None):
    """It fails if there is no bias: then `bias` is `None`, there are two parents, and the rule
    returns two gradients."""
    flat = x.data.reshape(-1, x.shape[-1])
    out = flat @ weight.data.T + bias.data

    def backward(g):
        g = g.reshape(out.shape)
        grad_x = (g @ weight.data).reshape(x.shape) if x.requires_grad else None
        grad_weight = g.T @ flat if weight.requires_grad else None
        return grad_x, grad_weight, g.sum(axis=0) if bias.requires_grad else None

    return record(out.reshape(*x.shape[:-1], len(weight.data)), (x, weight, bias), backward)


@linear.wrong
def linear_does_not_sum_the_bias(x, weight, bias=None):
    """The gradient of `bias` is `g` with all its rows. It comes out right only because the engine
    sums it up for you: the bias was added to every row, so it gets the sum over the rows, in its
    own shape."""
    flat = x.data.reshape(-1, x.shape[-1])
    out = flat @ weight.data.T
    if bias is not None:
        out += bias.data

    def backward(g):
        rows = g.reshape(out.shape)
        grad_x = (rows @ weight.data).reshape(x.shape) if x.requires_grad else None
        grad_weight = rows.T @ flat if weight.requires_grad else None
        if bias is None:
            return grad_x, grad_weight
        return grad_x, grad_weight, g if bias.requires_grad else None

    parents = (x, weight) if bias is None else (x, weight, bias)
    return record(out.reshape(*x.shape[:-1], len(weight.data)), parents, backward)


@linear.wrong
def linear_with_the_gradients_in_another_order(x, weight, bias=None):
    """The gradients come in another order than the parents. The engine gives the first to the
    first parent: return them for `x`, `weight` and `bias`, in this order."""
    flat = x.data.reshape(-1, x.shape[-1])
    out = flat @ weight.data.T
    if bias is not None:
        out += bias.data

    def backward(g):
        g = g.reshape(out.shape)
        grad_x = (g @ weight.data).reshape(x.shape) if x.requires_grad else None
        grad_weight = g.T @ flat if weight.requires_grad else None
        if bias is None:
            return grad_weight, grad_x
        return grad_weight, grad_x, g.sum(axis=0) if bias.requires_grad else None

    parents = (x, weight) if bias is None else (x, weight, bias)
    return record(out.reshape(*x.shape[:-1], len(weight.data)), parents, backward)


@linear.wrong
def linear_on_tensors_inside(x, weight, bias=None):
    """You compute the data with tensors: `x @ weight.T` records operations of its own, whose graph
    is built for nothing. Work on the arrays, `x.data` and `weight.data`."""
    out = x @ weight.T
    if bias is not None:
        out = out + bias
    flat = x.data.reshape(-1, x.shape[-1])

    def backward(g):
        g = g.reshape(-1, len(weight.data))
        grad_x = (g @ weight.data).reshape(x.shape) if x.requires_grad else None
        grad_weight = g.T @ flat if weight.requires_grad else None
        if bias is None:
            return grad_x, grad_weight
        return grad_x, grad_weight, g.sum(axis=0) if bias.requires_grad else None

    return record(out, (x, weight) if bias is None else (x, weight, bias), backward)


@linear.alternative
def linear_by_named_axes(x, weight, bias=None):
    out = x.data @ weight.data.T
    if bias is not None:
        out = out + bias.data

    def backward(g):
        axes = tuple(range(g.ndim - 1))
        grad_x = g @ weight.data if x.requires_grad else None
        grad_weight = np.tensordot(g, x.data, (axes, axes)) if weight.requires_grad else None
        if bias is None:
            return grad_x, grad_weight
        return grad_x, grad_weight, g.sum(axis=axes) if bias.requires_grad else None

    return record(out, (x, weight) if bias is None else (x, weight, bias), backward)


# -- kaiming -----------------------------------------------------------------------------------


def weight_shapes(rng):
    for shape in [(100, 400), (400, 100), (20, 2000)]:
        yield {"shape": shape, "seed": int(rng.integers(1000))}


def _drawn(*given):
    weights = initialization.kaiming(*given)
    if weights is None:
        raise Complaint("It returned nothing (None). Is a `return` missing?")
    if not isinstance(weights, np.ndarray):
        raise Complaint(
            f"It returned a value of type `{type(weights).__name__}`; an array is expected."
        )
    return weights


@kaiming.check("the size that makes up for a relu", cases=weight_shapes, tolerance=0.03)
def _(shape, seed):
    weights = _drawn(shape, np.random.default_rng(seed))
    std = float(np.std(weights))
    return {
        "standard deviation times the root of the inputs": std * math.sqrt(shape[1]),
        "mean over standard deviation": float(np.mean(weights)) / std,
        "share within one standard deviation": float(np.mean(np.abs(weights) < std)),
    }


@kaiming.check("shape and dtype", cases=weight_shapes)
def _(shape, seed):
    single = _drawn(shape, np.random.default_rng(seed))
    double = _drawn(shape, np.random.default_rng(seed), np.float64)
    return {
        "shape": list(single.shape),
        "dtype if none is named": str(single.dtype),
        "dtype if float64 is named": str(double.dtype),
    }


@kaiming.check("drawn from the generator that it is given", cases=weight_shapes)
def _(shape, seed):
    rng = np.random.default_rng(seed)
    first, second = _drawn(shape, rng), _drawn(shape, rng)
    again = _drawn(shape, np.random.default_rng(seed))
    return {
        "drawn twice, the same": bool(np.array_equal(first, second)),
        "from the same seed, the same": bool(np.array_equal(first, again)),
    }


@kaiming.wrong
def kaiming_without_the_two(shape, rng, dtype=np.float32):
    """Your variance is 1 / inputs, which keeps the size through a linear layer. A relu then halves
    the mean square, so after twenty layers a millionth of it is left: the variance is
    2 / inputs."""
    return normal(shape, rng, math.sqrt(1 / shape[1]), dtype)


@kaiming.wrong
def kaiming_by_the_outputs(shape, rng, dtype=np.float32):
    """You divide by the number of outputs. Each result is a sum over the *inputs*, and there are
    `shape[1]` of them."""
    return normal(shape, rng, math.sqrt(2 / shape[0]), dtype)


@kaiming.wrong
def kaiming_without_the_root(shape, rng, dtype=np.float32):
    """2 / inputs is the variance; `normal` takes the standard deviation, which is its root."""
    return normal(shape, rng, 2 / shape[1], dtype)


@kaiming.wrong
def kaiming_with_half_a_root(shape, rng, dtype=np.float32):
    """The root covers the inputs alone: it belongs around the whole of 2 / inputs. Without
    brackets `2 / n ** 0.5` takes the root first."""
    return normal(shape, rng, 2 / math.sqrt(shape[1]), dtype)


@kaiming.wrong
def kaiming_like_xavier(shape, rng, dtype=np.float32):
    """That is Xavier's compromise between inputs and outputs, which knows of no relu: the variance
    asked for is 2 / inputs."""
    return normal(shape, rng, math.sqrt(2 / sum(shape)), dtype)


@kaiming.wrong
def kaiming_uniform_with_that_bound(shape, rng, dtype=np.float32):
    """You draw evenly between plus and minus the standard deviation: such numbers are smaller by a
    factor of the root of 3, and they are not normal. `normal` draws from a normal distribution."""
    bound = math.sqrt(2 / shape[1])
    return rng.uniform(-bound, bound, shape).astype(dtype)


@kaiming.wrong
def kaiming_from_a_seed_of_its_own(shape, rng, dtype=np.float32):
    """Your numbers do not come from `rng`, so two layers begin with the same weights: use the
    generator that was passed in."""
    return normal(shape, np.random.default_rng(0), math.sqrt(2 / shape[1]), dtype)


@kaiming.wrong
def kaiming_in_float64(shape, rng, dtype=np.float32):
    """The numbers are right, but they are float64: NumPy draws in float64, and `dtype` says what
    is asked for."""
    return rng.standard_normal(shape) * math.sqrt(2 / shape[1])


@kaiming.alternative
def kaiming_by_numpy(shape, rng, dtype=np.float32):
    return rng.normal(0, (2 / shape[1]) ** 0.5, size=shape).astype(dtype)


# -- mean_squared_error ------------------------------------------------------------------------


def predictions_and_targets(rng):
    for shape in [(2,), (3, 1), (2, 3), (), (2, 1, 4)]:
        a, b = rng.normal(size=(2, *shape))
        yield {"predictions": a, "targets": b, "g": np.asarray(rng.normal())}


def float32_predictions(rng):
    a, b = rng.normal(size=(2, 3, 2)).astype(np.float32)
    yield {"predictions": a, "targets": b, "g": np.asarray(rng.normal(), np.float32)}


def shapes_that_differ(rng):
    for left, right in [((3, 1), (3,)), ((2, 3), (3,)), ((3,), (1,)), ((2, 3), (3, 2))]:
        yield {"predictions": rng.normal(size=left), "targets": rng.normal(size=right)}


def _error(predictions, targets, g):
    ours, wanted = Tensor(predictions, requires_grad=True), Tensor(targets, requires_grad=True)
    loss = losses.mean_squared_error(ours, wanted)
    if not isinstance(loss, Tensor):
        raise Complaint(
            f"It returned a value of type `{type(loss).__name__}`; a Tensor is expected."
        )
    if not loss.requires_grad:
        raise Complaint(
            "No gradient can come back through the result: compute with the tensors, not `.data`."
        )
    if loss.shape == g.shape:
        loss.backward(g)
    return {
        "value": loss.data,
        "gradient of predictions": ours.grad,
        "gradient of targets": wanted.grad,
    }


mean_squared_error.check("the error and its gradients", cases=predictions_and_targets)(_error)
mean_squared_error.check("float32 stays float32", cases=float32_predictions)(_error)


@mean_squared_error.check("shapes that differ are refused", cases=shapes_that_differ)
def _(predictions, targets):
    try:
        losses.mean_squared_error(Tensor(predictions), Tensor(targets))
    except ShapeError as error:
        told = [str(shape) in str(error) for shape in (predictions.shape, targets.shape)]
        return {"the message has the predictions' shape, and the targets'": told}
    except Exception as error:
        kind = type(error).__name__
        raise Complaint(f"It raised {kind}; a ShapeError with both shapes is asked for.") from error
    return "no error"


@mean_squared_error.wrong
def mse_broadcasts(predictions, targets):
    """Shapes that differ go through: (3, 1) minus (3,) is a (3, 3) table of every prediction minus
    every target, and a model trained on that learns the average. Compare the shapes first and
    raise a ShapeError."""
    difference = predictions - targets
    return (difference * difference).mean()


@mean_squared_error.wrong
def mse_adds_up(predictions, targets):
    """You add the squares up and do not average: the loss then grows with the batch."""
    if predictions.shape != targets.shape:
        raise ShapeError(f"predictions have shape {predictions.shape}, targets {targets.shape}")
    difference = predictions - targets
    return (difference * difference).sum()


@mean_squared_error.wrong
def mse_takes_absolute_values(predictions, targets):
    """That is the mean absolute difference; this loss squares each difference."""
    if predictions.shape != targets.shape:
        raise ShapeError(f"predictions have shape {predictions.shape}, targets {targets.shape}")
    difference = predictions - targets
    return (difference * difference).sqrt().mean()


@mean_squared_error.wrong
def mse_takes_the_root(predictions, targets):
    """You take the root of the average. That is a good number to report, in the unit of the
    targets, but another loss with another gradient."""
    if predictions.shape != targets.shape:
        raise ShapeError(f"predictions have shape {predictions.shape}, targets {targets.shape}")
    difference = predictions - targets
    return (difference * difference).mean().sqrt()


@mean_squared_error.wrong
def mse_averages_first(predictions, targets):
    """You average the differences and square that: errors in opposite directions cancel. Square
    each difference, then average."""
    if predictions.shape != targets.shape:
        raise ShapeError(f"predictions have shape {predictions.shape}, targets {targets.shape}")
    difference = (predictions - targets).mean()
    return difference * difference


@mean_squared_error.wrong
def mse_halves(predictions, targets):
    """There is a factor of one half that was not asked for. Some textbooks put it there to make
    the gradient look simpler."""
    if predictions.shape != targets.shape:
        raise ShapeError(f"predictions have shape {predictions.shape}, targets {targets.shape}")
    difference = predictions - targets
    return (difference * difference).mean() * 0.5


@mean_squared_error.wrong
def mse_leaves_the_graph(predictions, targets):
    """You compute on `.data`, so the loss has no history and nothing can be learned from it."""
    if predictions.shape != targets.shape:
        raise ShapeError(f"predictions have shape {predictions.shape}, targets {targets.shape}")
    return Tensor(((predictions.data - targets.data) ** 2).mean())


@mean_squared_error.alternative
def mse_by_a_power(predictions, targets):
    if predictions.shape != targets.shape:
        raise ShapeError(f"{predictions.shape} and {targets.shape} should be equal")
    return ((targets - predictions) ** 2).mean()


# -- smoothed ----------------------------------------------------------------------------------


def distributions(rng):
    yield {"distribution": np.array([[0.0, 1.0, 0.0, 0.0]]), "smoothing": 0.2}
    for count, classes in [(2, 3), (3, 3), (4, 2)]:
        yield {
            "distribution": rng.dirichlet(np.ones(classes), count),
            "smoothing": float(rng.uniform(0.1, 0.9)),
        }


def extreme_distributions(rng):
    for smoothing in (0.0, 1.0):
        yield {"distribution": rng.dirichlet(np.ones(3), 2), "smoothing": smoothing}
    yield {"distribution": np.eye(3, dtype=np.float32), "smoothing": 0.1}


@smoothed.check("a share of the uniform distribution", cases=distributions)
def _(distribution, smoothing):
    return losses.smoothed(distribution, smoothing)


@smoothed.check("nothing, everything, and float32", cases=extreme_distributions)
def _(distribution, smoothing):
    return losses.smoothed(distribution, smoothing)


@smoothed.wrong
def smoothed_without_making_room(distribution, smoothing):
    """The uniform share is added and nothing is taken away, so the rows sum to more than 1: what
    was there keeps the share 1 - smoothing."""
    return distribution + smoothing / distribution.shape[1]


@smoothed.wrong
def smoothed_among_the_others(distribution, smoothing):
    """You divide by one class too few, so the rows sum to more than 1. All K classes get a part of
    the uniform share, the right one too: divide by K."""
    return distribution * (1 - smoothing) + smoothing / (distribution.shape[1] - 1)


@smoothed.wrong
def smoothed_among_the_wrong_classes(distribution, smoothing):
    """You share it among the wrong classes only; all K get a part. The uniform distribution gives
    every class smoothing / K, the right one too."""
    wrong = (1 - distribution) * (smoothing / (distribution.shape[1] - 1))
    return distribution * (1 - smoothing) + wrong.astype(distribution.dtype)


@smoothed.wrong
def smoothed_by_the_rows(distribution, smoothing):
    """You divide by the number of rows; the uniform distribution is over the classes, the second
    axis."""
    return distribution * (1 - smoothing) + smoothing / distribution.shape[0]


@smoothed.wrong
def smoothed_with_the_whole_share(distribution, smoothing):
    """Every class gets the whole of `smoothing`; together they get it, so divide it by the number
    of classes."""
    return distribution * (1 - smoothing) + smoothing


@smoothed.wrong
def smoothed_the_other_way_round(distribution, smoothing):
    """The shares have changed places: the uniform distribution gets `smoothing`, the row keeps
    the rest."""
    return distribution * smoothing + (1 - smoothing) / distribution.shape[1]


@smoothed.wrong
def smoothed_in_place(distribution, smoothing):
    """The distribution that came in is changed; the caller still needs it."""
    distribution *= 1 - smoothing
    distribution += smoothing / distribution.shape[1]
    return distribution


@smoothed.wrong
def smoothed_in_float64(distribution, smoothing):
    """The numbers are right, but float32 has become float64: `np.ones` and its kin make float64
    unless told otherwise. A plain number spreads over all entries by itself, in their dtype."""
    uniform = np.ones(distribution.shape[1]) / distribution.shape[1]
    return (1 - smoothing) * distribution + smoothing * uniform


@smoothed.alternative
def smoothed_by_mixing(distribution, smoothing):
    uniform = np.full_like(distribution, 1 / distribution.shape[1])
    return (1 - smoothing) * distribution + smoothing * uniform


linear.equivalent(
    "rows = x.data.reshape(-1, x.shape[-1]) -> rows = x.data.reshape(-2, x.shape[-1])",
    because="NumPy takes every negative length for whatever is left",
)
mean_squared_error.equivalent(
    "difference = predictions - targets -> difference = targets - predictions",
    because="the square of both is the same",
)
