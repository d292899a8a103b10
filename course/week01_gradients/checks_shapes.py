"""Week 1, moving and picking entries: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks
from coursekit.tensor_checks import run_operation
from minitorch import shapes
from minitorch.recording import record

permute = Checks("shapes.permute")
index = Checks("shapes.index")


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
