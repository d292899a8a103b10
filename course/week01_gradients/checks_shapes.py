"""Week 1, operations that repeat, join and pick: what an answer must do, and what it must not."""

import numpy as np

from coursekit.checking import Checks
from coursekit.tensor_checks import run_operation
from minitorch import autograd, ops, shapes
from minitorch.recording import record

unbroadcast = Checks("autograd.unbroadcast")
summation = Checks("ops.sum")
maximum = Checks("ops.max")
permute = Checks("shapes.permute")
index = Checks("shapes.index")


# -- unbroadcast -------------------------------------------------------------------------------


def added_axes(rng):
    for large, small in [((2, 3), (3,)), ((2, 2), (2,)), ((4, 2, 3), (3,)), ((3,), ())]:
        yield {"gradient": rng.normal(size=large), "shape": small}


def stretched_axes(rng):
    for large, small in [
        ((2, 3), (2, 1)),
        ((2, 2), (1, 2)),
        ((2, 3), (1, 1)),
        ((3, 2, 4), (3, 1, 4)),
    ]:
        yield {"gradient": rng.normal(size=large), "shape": small}


def added_and_stretched_axes(rng):
    for large, small in [
        ((2, 3, 4), (3, 1)),
        ((2, 3), (1,)),
        ((2, 1, 3), (1, 3)),
        ((0, 3), (1, 3)),
    ]:
        yield {"gradient": rng.normal(size=large), "shape": small}


def untouched(rng):
    for shape in [(3,), (2, 3), (1, 2), ()]:
        yield {"gradient": rng.normal(size=shape).astype(np.float32), "shape": shape}


def _unbroadcast(gradient, shape):
    return autograd.unbroadcast(gradient, shape)


unbroadcast.check("axes that were added on the left", cases=added_axes)(_unbroadcast)
unbroadcast.check("axes of length 1 that were stretched", cases=stretched_axes)(_unbroadcast)
unbroadcast.check("both at once", cases=added_and_stretched_axes)(_unbroadcast)
unbroadcast.check("nothing to undo", cases=untouched)(_unbroadcast)


@unbroadcast.wrong
def forgets_stretched_axes(gradient, shape):
    """Axes that were missing on the left are summed, but axes of length 1 that were stretched
    are not: sum over those too, and keep them with length 1."""
    while gradient.ndim > len(shape):
        gradient = gradient.sum(axis=0)
    return gradient


@unbroadcast.wrong
def forgets_added_axes(gradient, shape):
    """Axes of length 1 are summed, but the axes that broadcasting *added* on the left are still
    there: sum them away, so that the result has as many axes as `shape`."""
    for axis, size in enumerate(shape):
        if size == 1:
            gradient = gradient.sum(axis=axis - len(shape), keepdims=True)
    return gradient


@unbroadcast.wrong
def takes_one_copy(gradient, shape):
    """You take the gradient of one copy. Every copy acts on the result: add all of them up."""
    while gradient.ndim > len(shape):
        gradient = gradient[0]
    for axis, size in enumerate(shape):
        if size == 1:
            gradient = gradient.take([0], axis=axis)
    return gradient


@unbroadcast.wrong
def averages_the_copies(gradient, shape):
    """You average over the copies. If a number is used three times, moving it moves all three
    uses: add them up, do not average."""
    while gradient.ndim > len(shape):
        gradient = gradient.mean(axis=0)
    for axis, size in enumerate(shape):
        if size == 1:
            gradient = gradient.mean(axis=axis, keepdims=True)
    return gradient


@unbroadcast.wrong
def adds_axes_on_the_right(gradient, shape):
    """You look for the added axes on the right. NumPy lines shapes up from the right and adds
    axes on the left."""
    while gradient.ndim > len(shape):
        gradient = gradient.sum(axis=-1)
    for axis, size in enumerate(shape):
        if size == 1:
            gradient = gradient.sum(axis=axis, keepdims=True)
    return gradient


@unbroadcast.wrong
def loses_axes_of_length_one(gradient, shape):
    """The sums are right but the axes of length 1 are gone: `keepdims=True` keeps them."""
    while gradient.ndim > len(shape):
        gradient = gradient.sum(axis=0)
    ones = tuple(axis for axis, size in enumerate(shape) if size == 1)
    return gradient.sum(axis=ones) if ones else gradient


@unbroadcast.wrong
def keeps_the_added_axes(gradient, shape):
    """The added axes are summed but still there, with length 1: they must disappear. That takes a
    sum without `keepdims` for them, and one with it for the stretched axes."""
    added = gradient.ndim - len(shape)
    stretched = [added + axis for axis, size in enumerate(shape) if size == 1]
    return gradient.sum(axis=(*range(added), *stretched), keepdims=True)


@unbroadcast.wrong
def counts_stretched_axes_from_the_left(gradient, shape):
    """You look for the stretched axes in the gradient at their places in `shape`, but the added
    axes stand before them: count from the right, or sum the added ones away first."""
    added = gradient.ndim - len(shape)
    stretched = tuple(axis for axis, size in enumerate(shape) if size == 1)
    return gradient.sum(axis=stretched, keepdims=True).sum(axis=tuple(range(added)))


@unbroadcast.alternative
def one_axis_after_the_other(gradient, shape):
    while gradient.ndim > len(shape):
        gradient = gradient.sum(axis=0)
    for axis, size in enumerate(shape):
        if size == 1:
            gradient = gradient.sum(axis=axis, keepdims=True)
    return gradient


# -- sum and max -------------------------------------------------------------------------------


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


# -- permute -----------------------------------------------------------------------------------


def permutations(rng):
    for axes in [(1, 0), (0, 1), (2, 0, 1), (1, 2, 0), (0, 2, 1), (3, 0, 2, 1)]:
        a = rng.normal(size=(2, 3, 4, 5)[: len(axes)])
        yield {"a": a, "axes": axes, "g": rng.normal(size=a.transpose(axes).shape)}


def permutations_of_a_cube(rng):
    for axes in [(2, 0, 1), (1, 2, 0)]:
        yield {"a": rng.normal(size=(2, 2, 2)), "axes": axes, "g": rng.normal(size=(2, 2, 2))}


def permutations_from_the_end(rng):
    for axes in [(-1, 0), (-1, 0, 1), (0, -1, 1), (-2, -1, 0)]:
        a = rng.normal(size=(2, 3, 4)[: len(axes)])
        yield {"a": a, "axes": axes, "g": rng.normal(size=a.transpose(axes).shape)}


def _permute(a, axes, g):
    return run_operation(lambda a: shapes.permute(a, axes), g, a=a)


permute.check("axes of different lengths", cases=permutations)(_permute)
permute.check("axes of one length, where a mix-up keeps the shape", cases=permutations_of_a_cube)(
    _permute
)
permute.check("axes counted from the end", cases=permutations_from_the_end)(_permute)


@permute.wrong
def permutes_again(a, axes):
    """You apply the same order again. That undoes a swap of two axes, but not a rotation of
    three: the gradient needs the *inverse* order."""

    def backward(g):
        return (g.transpose(axes),)

    return record(a.data.transpose(axes), (a,), backward)


@permute.wrong
def permutes_in_reverse(a, axes):
    """You list the axes from back to front. The inverse says where each axis of `a` went: the
    position of 0 in `axes`, then of 1, and so on."""

    def backward(g):
        return (g.transpose(axes[::-1]),)

    return record(a.data.transpose(axes), (a,), backward)


@permute.wrong
def reshapes_instead(a, axes):
    """`reshape` gets the shape right and the entries wrong: it fills in order, it does not turn
    axes back."""

    def backward(g):
        return (g.reshape(a.shape),)

    return record(a.data.transpose(axes), (a,), backward)


@permute.wrong
def leaves_it_permuted(a, axes):
    """The gradient still has its axes in the order of the result: put them back into the order
    of `a`."""

    def backward(g):
        return (g,)

    return record(a.data.transpose(axes), (a,), backward)


@permute.wrong
def sorts_negative_axes_first(a, axes):
    """`np.argsort` takes -1 for the smallest axis, but it means the last one: bring the axes to 0,
    1, 2, ... first (`axis % a.ndim`)."""

    def backward(g):
        return (g.transpose(np.argsort(axes)),)

    return record(a.data.transpose(axes), (a,), backward)


@permute.alternative
def moves_each_axis_home(a, axes):
    home = [0] * a.ndim
    for position, axis in enumerate(axes):
        home[axis] = position

    def backward(g):
        return (np.transpose(g, home),)

    return record(np.transpose(a.data, axes), (a,), backward)


# -- index -------------------------------------------------------------------------------------


def plain_keys(rng):
    for key in [1, slice(0, 2), (slice(None), 1), (0, 2), (..., slice(None, None, 2))]:
        yield _picked(rng, (3, 4), key)


def keys_that_repeat(rng):
    yield _picked(rng, (3,), np.array([0, 0, 2]))
    yield _picked(rng, (3, 2), [2, 2, 2, 0])
    yield _picked(rng, (3, 4), (np.array([0, 0, 1]), np.array([1, 1, 3])))
    yield _picked(rng, (4, 3), np.array([[1, 1], [3, 1]]))
    yield _picked(rng, (2, 4), (slice(None), [3, 3]))
    yield _picked(rng, (2, 4), (slice(None), np.array([1, 1, 0])))


def masks(rng):
    yield _picked(rng, (4,), np.array([True, False, True, False]))
    yield _picked(rng, (2, 3), np.array([[True, False, True], [False, False, True]]))


def _picked(rng, shape, key):
    a = rng.normal(size=shape)
    return {"a": a, "key": key, "g": np.asarray(rng.normal(size=a[key].shape))}


def _index(a, key, g):
    return run_operation(lambda a: shapes.index(a, key), g, a=a)


index.check("numbers and slices", cases=plain_keys)(_index)
index.check("an entry that is picked several times", cases=keys_that_repeat)(_index)
index.check("a mask of True and False", cases=masks)(_index)


@index.wrong
def index_overwrites(a, key):
    """An entry that is picked twice gets only one of its gradients: both `grad[key] = g` and
    `grad[key] += g` write to it once. `np.add.at(grad, key, g)` adds every one."""

    def backward(g):
        grad = np.zeros_like(a.data)
        grad[key] = g
        return (grad,)

    return record(a.data[key], (a,), backward)


@index.wrong
def index_ignores_what_comes_in(a, key):
    """The entries that were picked get a 1 for each time, whatever gradient comes in: add `g`
    there."""

    def backward(g):
        grad = np.zeros_like(a.data)
        np.add.at(grad, key, 1.0)
        return (grad,)

    return record(a.data[key], (a,), backward)


@index.wrong
def index_leaves_the_others_at_one(a, key):
    """Entries that were not picked did nothing for the result: their gradient is 0, and yours
    begins at 1."""

    def backward(g):
        grad = np.ones_like(a.data)
        np.add.at(grad, key, g)
        return (grad,)

    return record(a.data[key], (a,), backward)


@index.wrong
def index_picks_from_the_gradient(a, key):
    """You pick from the gradient as you picked from `a`. It has the shape of what was picked and
    must be put back: into zeros of the shape of `a`, at `key`."""

    def backward(g):
        return (g[key],)

    return record(a.data[key], (a,), backward)


@index.wrong
def index_keeps_the_values(a, key):
    """Your gradient begins as a copy of the values of `a`; it begins at zero."""

    def backward(g):
        grad = a.data.copy()
        np.add.at(grad, key, g)
        return (grad,)

    return record(a.data[key], (a,), backward)


@index.wrong
def index_averages_repeats(a, key):
    """An entry that was picked several times gets the average of its gradients; it acts on each
    of its copies, so it gets their sum."""

    def backward(g):
        grad = np.zeros_like(a.data)
        times = np.zeros_like(a.data)
        np.add.at(grad, key, g)
        np.add.at(times, key, 1.0)
        return (grad / np.maximum(times, 1.0),)

    return record(a.data[key], (a,), backward)


@index.alternative
def index_always_adds(a, key):
    def backward(g):
        grad = np.zeros_like(a.data)
        np.add.at(grad, key, g)
        return (grad,)

    return record(a.data[key], (a,), backward)


@index.alternative
def index_by_numbering_the_entries(a, key):
    places = np.arange(a.data.size).reshape(a.shape)[key]

    def backward(g):
        flat = np.bincount(np.ravel(places), np.ravel(g), a.data.size)
        return (flat.reshape(a.shape).astype(a.dtype),)

    return record(a.data[key], (a,), backward)
