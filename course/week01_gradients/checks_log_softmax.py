"""Week 1, log-softmax: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks
from coursekit.tensor_checks import run_operation
from minitorch import ops
from minitorch.recording import record

log_softmax = Checks("ops.log_softmax")


def scores(rng):
    for shape, axis in [((3,), -1), ((2, 3), 1), ((3, 2), 0), ((2, 3, 4), 1), ((2, 2), 0)]:
        yield {"a": rng.normal(size=shape), "axis": axis, "g": rng.normal(size=shape)}


def extreme_scores(rng):
    yield {"a": np.array([1000.0, 0.0]), "axis": -1, "g": rng.normal(size=2)}
    yield {"a": np.array([-1000.0, -1001.0]), "axis": -1, "g": rng.normal(size=2)}
    rows = np.array([[900.0, 899.0], [-900.0, -901.5]])
    yield {"a": rows, "axis": 1, "g": rng.normal(size=(2, 2))}
    yield {"a": rows, "axis": 0, "g": rng.normal(size=(2, 2))}


@log_softmax.check("the value", cases=scores)
def _(a, axis, g):
    return run_operation(lambda a: ops.log_softmax(a, axis), g, a=a)["value"]


@log_softmax.check("scores of 1000 and of -1000", cases=extreme_scores)
def _(a, axis, g):
    return run_operation(lambda a: ops.log_softmax(a, axis), g, a=a)["value"]


@log_softmax.check("the gradient", cases=scores)
def _(a, axis, g):
    return run_operation(lambda a: ops.log_softmax(a, axis), g, a=a)["gradient of a"]


@log_softmax.check("the gradient of extreme scores", cases=extreme_scores)
def _(a, axis, g):
    return run_operation(lambda a: ops.log_softmax(a, axis), g, a=a)["gradient of a"]


@log_softmax.check("the last axis unless told otherwise", cases=scores)
def _(a, axis, g):
    return run_operation(ops.log_softmax, g, a=a)


@log_softmax.wrong
def log_softmax_overflows(a, axis=-1):
    """exp(1000) is too large for any float. Subtract the largest entry first: it cancels out."""
    out = a.data - np.log(np.exp(a.data).sum(axis, keepdims=True))

    def backward(g):
        return (g - np.exp(out) * g.sum(axis, keepdims=True),)

    return record(out, (a,), backward)


@log_softmax.wrong
def log_softmax_takes_the_log_of_zero(a, axis=-1):
    """You compute the softmax first and take its logarithm after. Where the softmax is too small
    for a float it becomes 0, and log(0) is minus infinity: stay with logarithms."""
    e = np.exp(a.data - a.data.max(axis, keepdims=True))
    out = np.log(e / e.sum(axis, keepdims=True))

    def backward(g):
        return (g - np.exp(out) * g.sum(axis, keepdims=True),)

    return record(out, (a,), backward)


@log_softmax.wrong
def log_softmax_takes_one_maximum_for_all(a, axis=-1):
    """You subtract the largest entry of the whole array. A row far below it then has nothing but
    zeros to sum: each row needs its own largest entry, along `axis`."""
    shifted = a.data - a.data.max()
    out = shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))

    def backward(g):
        return (g - np.exp(out) * g.sum(axis, keepdims=True),)

    return record(out, (a,), backward)


@log_softmax.wrong
def log_softmax_forgets_the_sum_of_gradients(a, axis=-1):
    """Your gradient is `g - softmax`, which is right only where `g` sums to 1. Every entry's
    score lowers all the others': multiply the softmax by the sum of `g` along the axis."""
    shifted = a.data - a.data.max(axis, keepdims=True)
    out = shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))

    def backward(g):
        return (g - np.exp(out),)

    return record(out, (a,), backward)


@log_softmax.wrong
def log_softmax_multiplies_entry_by_entry(a, axis=-1):
    """You multiply the softmax by each entry's own `g`; it is the *sum* of `g` along the axis
    that belongs there, since every entry's score lowers all the others'."""
    shifted = a.data - a.data.max(axis, keepdims=True)
    out = shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))

    def backward(g):
        return (g - np.exp(out) * g,)

    return record(out, (a,), backward)


@log_softmax.wrong
def log_softmax_along_the_last_axis_always(a, axis=-1):
    """You always work along the last axis: use `axis`."""
    shifted = a.data - a.data.max(-1, keepdims=True)
    out = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))

    def backward(g):
        return (g - np.exp(out) * g.sum(-1, keepdims=True),)

    return record(out, (a,), backward)


@log_softmax.wrong
def log_softmax_is_the_log_of_softmax(a, axis=-1):
    """You compute the softmax as its formula stands and take the logarithm. Both steps break: the
    exponential of a large score overflows, and the logarithm of a tiny probability is minus
    infinity. Subtract the largest score first, and stay with logarithms."""
    e = np.exp(a.data)
    out = np.log(e / e.sum(axis, keepdims=True))

    def backward(g):
        return (g - np.exp(out) * g.sum(axis, keepdims=True),)

    return record(out, (a,), backward)


@log_softmax.wrong
def log_softmax_sums_all_gradients(a, axis=-1):
    """You sum `g` over the whole array. Each row is a softmax of its own: sum along `axis`."""
    shifted = a.data - a.data.max(axis, keepdims=True)
    out = shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))

    def backward(g):
        return (g - np.exp(out) * g.sum(),)

    return record(out, (a,), backward)


@log_softmax.wrong
def log_softmax_multiplies_by_its_logarithm(a, axis=-1):
    """You multiply the sum of `g` by the result, which is the *logarithm* of the softmax. The rule
    needs the softmax itself: the exponential of the result."""
    shifted = a.data - a.data.max(axis, keepdims=True)
    out = shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))

    def backward(g):
        return (g - out * g.sum(axis, keepdims=True),)

    return record(out, (a,), backward)


@log_softmax.alternative
def log_softmax_by_logaddexp(a, axis=-1):
    out = a.data - np.logaddexp.reduce(a.data, axis=axis, keepdims=True)

    def backward(g):
        return (g - np.exp(out) * g.sum(axis, keepdims=True),)

    return record(out, (a,), backward)
