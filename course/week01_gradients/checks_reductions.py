"""Week 1, sums and maxima over axes: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks
from coursekit.tensor_checks import run_operation
from minitorch import ops
from minitorch.recording import record

summation = Checks("ops.sum")
maximum = Checks("ops.max")


REDUCTIONS = [
    ((2,), None),
    ((2, 3), 0),
    ((2, 3), 1),
    ((3, 3), 1),
    ((2, 3), -1),
    ((2, 3, 2), (0, 2)),
    ((2, 2, 2), 1),
    ((2, 3), None),
    ((1, 3), 1),
    ((3, 1, 2), 2),
    ((1, 2, 1), (0, 1)),
]


def _reduced(shape, axis, keepdims):
    return np.zeros(shape).sum(axis, keepdims=keepdims).shape


def reductions(rng):
    for shape, axis in REDUCTIONS:
        g = rng.normal(size=_reduced(shape, axis, False))
        yield {"a": rng.normal(size=shape), "axis": axis, "g": np.asarray(g)}


def reductions_that_keep_axes(rng):
    for shape, axis in REDUCTIONS:
        g = rng.normal(size=_reduced(shape, axis, True))
        yield {"a": rng.normal(size=shape), "axis": axis, "g": np.asarray(g)}


def float32_arrays(rng):
    for shape in [(2, 3), (4,)]:
        yield {
            "a": rng.normal(size=shape).astype(np.float32),
            "g": np.asarray(rng.normal(), dtype=np.float32),
        }


@summation.check("over one axis, several, or all", cases=reductions)
def _(a, axis, g):
    return run_operation(lambda a: ops.sum(a, axis), g, a=a)


@summation.check("with keepdims", cases=reductions_that_keep_axes)
def _(a, axis, g):
    return run_operation(lambda a: ops.sum(a, axis, keepdims=True), g, a=a)


@summation.check("all axes unless told otherwise, in float32", cases=float32_arrays)
def _(a, g):
    return run_operation(ops.sum, g, a=a)


@summation.wrong
def sum_leaves_the_lost_axes_out(a, axis=None, keepdims=False):
    """NumPy lines shapes up from the right, so a gradient that lost an axis in the middle or at
    the end lands on the wrong axis. Put the lost axes back with length 1 (`np.expand_dims`)
    before you repeat it."""

    def backward(g):
        return (np.broadcast_to(g, a.shape),)

    return record(a.data.sum(axis, keepdims=keepdims), (a,), backward)


@summation.wrong
def sum_with_the_rule_of_a_mean(a, axis=None, keepdims=False):
    """You divide the gradient by the number of entries: that is the rule of the mean. In a sum
    every entry counts whole."""
    out = a.data.sum(axis, keepdims=keepdims)

    def backward(g):
        if axis is not None and not keepdims:
            g = np.expand_dims(g, axis)
        return (np.broadcast_to(g, a.shape) * (out.size / a.data.size),)

    return record(out, (a,), backward)


@summation.wrong
def sum_ignores_what_comes_in(a, axis=None, keepdims=False):
    """Your gradients are all ones. That is the slope of the sum; multiply it by the gradient `g`
    of the result."""

    def backward(g):
        return (np.ones_like(a.data),)

    return record(a.data.sum(axis, keepdims=keepdims), (a,), backward)


@summation.wrong
def sum_never_keeps_axes(a, axis=None, keepdims=False):
    """`keepdims` does nothing: with it the summed axes stay, with length 1."""

    def backward(g):
        if axis is not None:
            g = np.expand_dims(g, axis)
        return (np.broadcast_to(g, a.shape),)

    return record(a.data.sum(axis), (a,), backward)


@summation.wrong
def sum_expands_what_was_kept(a, axis=None, keepdims=False):
    """With `keepdims` the gradient has all its axes already: put the lost ones back only if they
    were lost."""

    def backward(g):
        if axis is not None:
            g = np.expand_dims(g, axis)
        return (np.broadcast_to(g, a.shape),)

    return record(a.data.sum(axis, keepdims=keepdims), (a,), backward)


@summation.wrong
def sum_does_not_repeat(a, axis=None, keepdims=False):
    """You return `g` in the shape of the result. Every entry that was summed gets it: repeat it
    to the shape of `a` (`np.broadcast_to`)."""

    def backward(g):
        return (g,)

    return record(a.data.sum(axis, keepdims=keepdims), (a,), backward)


@summation.alternative
def sum_by_adding_to_zeros(a, axis=None, keepdims=False):
    out = a.data.sum(axis=axis, keepdims=True)

    def backward(g):
        return (np.zeros_like(a.data) + np.reshape(g, out.shape),)

    return record(out if keepdims else out.squeeze(axis), (a,), backward)


def ties(rng):
    yield {"a": np.array([1.0, 3.0, 3.0]), "axis": None, "g": np.asarray(rng.normal())}
    for shape, axis in [((2, 3), 1), ((3, 3), 0), ((3, 3), 1), ((2, 3, 4), (0, 2)), ((2, 4), None)]:
        a = rng.integers(0, 2, size=shape).astype(float)
        yield {"a": a, "axis": axis, "g": np.asarray(rng.normal(size=_reduced(shape, axis, False)))}


@maximum.check("over one axis, several, or all", cases=reductions)
def _(a, axis, g):
    return run_operation(lambda a: ops.max(a, axis), g, a=a)


@maximum.check("with keepdims", cases=reductions_that_keep_axes)
def _(a, axis, g):
    return run_operation(lambda a: ops.max(a, axis, keepdims=True), g, a=a)


@maximum.check("several entries share the first place", cases=ties)
def _(a, axis, g):
    return run_operation(lambda a: ops.max(a, axis), g, a=a)


@maximum.check("all axes unless told otherwise, in float32", cases=float32_arrays)
def _(a, g):
    return run_operation(ops.max, g, a=a)


@maximum.wrong
def max_pays_every_winner_in_full(a, axis=None, keepdims=False):
    """Where several entries share the first place each of them gets the whole gradient: divide
    it by how many there are."""
    out = a.data.max(axis, keepdims=True)

    def backward(g):
        if axis is not None and not keepdims:
            g = np.expand_dims(g, axis)
        return ((a.data == out) * g,)

    return record(out if keepdims else out.squeeze(axis), (a,), backward)


@maximum.wrong
def max_with_the_rule_of_a_sum(a, axis=None, keepdims=False):
    """Every entry gets the gradient: that is the rule of a sum. An entry that is not the largest
    could move a little and nothing would change: it gets zero."""

    def backward(g):
        if axis is not None and not keepdims:
            g = np.expand_dims(g, axis)
        return (np.broadcast_to(g, a.shape),)

    return record(a.data.max(axis, keepdims=keepdims), (a,), backward)


@maximum.wrong
def max_looks_for_one_winner_in_all(a, axis=None, keepdims=False):
    """You compare with the largest entry of the whole array. With `axis` each row has a winner of
    its own: compare with the maximum along that axis."""
    share = a.data == a.data.max()
    share = share / share.sum()

    def backward(g):
        if axis is not None and not keepdims:
            g = np.expand_dims(g, axis)
        return (share * g,)

    return record(a.data.max(axis, keepdims=keepdims), (a,), backward)


@maximum.wrong
def max_compares_misaligned(a, axis=None, keepdims=False):
    """You compare the entries with a maximum that has lost its axis, so NumPy lines it up with
    the wrong one: compute it with `keepdims=True`."""
    out = a.data.max(axis, keepdims=keepdims)

    def backward(g):
        winners = a.data == out
        return (winners / winners.sum(axis, keepdims=True) * g,)

    return record(out, (a,), backward)


@maximum.wrong
def max_squeezes_every_axis(a, axis=None, keepdims=False):
    """`squeeze()` takes away *every* axis of length 1, also one that the array had before. Take
    away only the axes that were reduced: `squeeze(axis)`."""
    out = a.data.max(axis, keepdims=True)

    def backward(g):
        winners = a.data == out
        share = winners / winners.sum(axis, keepdims=True)
        return (share * g.reshape(out.shape),)

    return record(out if keepdims else out.squeeze(), (a,), backward)


@maximum.wrong
def max_picks_the_first_winner(a, axis=None, keepdims=False):
    """Where several entries share the first place you give all of it to the first one: each gets
    an equal part."""
    out = a.data.max(axis, keepdims=True)

    def backward(g):
        axes = range(a.ndim) if axis is None else np.atleast_1d(axis)
        order = np.arange(a.data.size).reshape(a.shape)
        candidates = np.where(a.data == out, order, a.data.size)
        first = candidates == candidates.min(tuple(int(i) for i in axes), keepdims=True)
        return (first * g.reshape(out.shape),)

    return record(out if keepdims else out.squeeze(axis), (a,), backward)


@maximum.wrong
def max_ignores_what_comes_in(a, axis=None, keepdims=False):
    """The winner gets a 1, whatever gradient comes in: multiply by `g`."""
    out = a.data.max(axis, keepdims=True)

    def backward(g):
        winners = a.data == out
        return (winners / winners.sum(axis, keepdims=True, dtype=a.dtype),)

    return record(out if keepdims else out.squeeze(axis), (a,), backward)


@maximum.wrong
def max_divides_among_all_winners(a, axis=None, keepdims=False):
    """You divide by the number of winners in the whole array; each row shares only among its own:
    count them along `axis`."""
    out = a.data.max(axis, keepdims=True)

    def backward(g):
        if axis is not None and not keepdims:
            g = np.expand_dims(g, axis)
        winners = a.data == out
        return (winners / winners.sum(dtype=a.dtype) * g,)

    return record(out if keepdims else out.squeeze(axis), (a,), backward)


@maximum.alternative
def max_by_taking_the_rest_away(a, axis=None, keepdims=False):
    top = np.max(a.data, axis=axis, keepdims=True)

    def backward(g):
        grad = np.where(a.data < top, 0.0, 1.0)
        return (grad / grad.sum(axis=axis, keepdims=True) * np.reshape(g, top.shape),)

    return record(np.max(a.data, axis=axis, keepdims=keepdims), (a,), backward)
