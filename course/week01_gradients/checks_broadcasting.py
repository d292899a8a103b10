"""Week 1, undoing broadcasting: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks
from minitorch import autograd

unbroadcast = Checks("autograd.unbroadcast")


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
