"""What Hypothesis draws for the tests of operations: shapes, layouts in memory, axes, keys."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

Shape = tuple[int, ...]
Draw = Any  # the function that Hypothesis hands to a composite strategy
SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
LAYOUTS = ("plain", "transposed", "strided", "reversed", "read-only")


def in_layout(values: np.ndarray, layout: str) -> np.ndarray:
    """The same values, laid out in memory in a less ordinary way."""
    if layout == "transposed":
        return values.T.copy().T
    if layout == "strided" and values.ndim:
        return np.repeat(values, 2, axis=-1)[..., ::2]
    if layout == "reversed" and values.ndim:
        return values[..., ::-1].copy()[..., ::-1]
    if layout == "read-only":
        values = values.copy()
        values.setflags(write=False)
    return values


def one(draw: Draw) -> tuple[list[Shape], tuple[Any, ...]]:
    """One input of any shape."""
    return [draw(SHAPES)], ()


def pair(draw: Draw) -> tuple[list[Shape], tuple[Any, ...]]:
    """Two inputs that broadcast."""
    drawn = hnp.mutually_broadcastable_shapes(num_shapes=2, min_side=0, max_side=4, max_dims=3)
    return list(draw(drawn).input_shapes), ()


def one_and_exponent(draw: Draw) -> tuple[list[Shape], tuple[Any, ...]]:
    """One input, and the exponent of a power."""
    return [draw(SHAPES)], (draw(st.sampled_from([0, 0.5, 1, 2, 3, 4, -1, -2, 1.7])),)


def matrices(draw: Draw) -> tuple[list[Shape], tuple[Any, ...]]:
    """Two batches of matrices that can be multiplied, their batch axes broadcasting."""
    drawn = hnp.mutually_broadcastable_shapes(num_shapes=2, min_side=0, max_side=3, max_dims=2)
    left, right = draw(drawn).input_shapes
    n, k, m = (draw(st.integers(0, 4)) for _ in range(3))
    return [(*left, n, k), (*right, k, m)], ()


def _axis(draw: Draw, ndim: int) -> Any:
    some = [st.none()]
    if ndim:
        some += [
            st.integers(-ndim, ndim - 1),
            st.lists(st.integers(-ndim, ndim - 1), unique_by=lambda i: i % ndim).map(tuple),
        ]
    return draw(st.one_of(some))


def reduced(draw: Draw) -> tuple[list[Shape], tuple[Any, ...]]:
    """One input, the axes to reduce (one, several, none or all of them), and `keepdims`."""
    shape = draw(SHAPES)
    return [shape], (_axis(draw, len(shape)), draw(st.booleans()))


def reduced_filled(draw: Draw) -> tuple[list[Shape], tuple[Any, ...]]:
    """As `reduced`, of an input with entries: some reductions have no value without them."""
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=3, min_side=1, max_side=4))
    return [shape], (_axis(draw, len(shape)), draw(st.booleans()))


def reduced_and_correction(draw: Draw) -> tuple[list[Shape], tuple[Any, ...]]:
    """As `reduced`, of axes with two entries or more, and the correction of a variance."""
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=2, max_side=4))
    axis = draw(st.one_of(st.none(), st.integers(-len(shape), len(shape) - 1)))
    return [shape], (axis, draw(st.booleans()), draw(st.integers(0, 1)))


def along(draw: Draw) -> tuple[list[Shape], tuple[Any, ...]]:
    """One input and an axis of it that is not empty; others may be."""
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=4))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    sizes = list(shape)
    sizes[axis] += 1
    return [tuple(sizes)], (axis,)


def reshaped(draw: Draw) -> tuple[list[Shape], tuple[Any, ...]]:
    """One input and another shape for as many entries."""
    shape = draw(SHAPES)
    others = [(int(np.prod(shape)),), shape[::-1], (*shape, 1), (1, *shape)]
    return [shape], (draw(st.sampled_from(others)),)


def two_axes(draw: Draw) -> tuple[list[Shape], tuple[Any, ...]]:
    """One input and two of its axes."""
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=4))
    axis = st.integers(-len(shape), len(shape) - 1)
    return [shape], (draw(axis), draw(axis))


def permuted(draw: Draw) -> tuple[list[Shape], tuple[Any, ...]]:
    """One input and an order of its axes, some of them counted from the end."""
    shape = draw(SHAPES)
    order = draw(st.permutations(range(len(shape))))
    return [shape], (tuple(i - draw(st.sampled_from([0, len(shape)])) for i in order),)


def indexed(draw: Draw) -> tuple[list[Shape], tuple[Any, ...]]:
    """One input and a key of every kind that NumPy knows."""
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4))
    rows = st.integers(-shape[0], shape[0] - 1)
    many = st.lists(rows, max_size=5).map(lambda found: np.array(found, dtype=np.int64))
    columns = st.integers(0, shape[-1] - 1)
    keys = [
        hnp.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True),
        many,
        many.map(lambda found: (found, Ellipsis)),
        st.lists(rows, min_size=1, max_size=5),
        st.lists(rows, min_size=1, max_size=5).map(lambda found: (tuple(found),)),
        hnp.arrays(bool, shape),
        hnp.arrays(bool, shape[:1]),
        st.tuples(many.map(lambda found: found[:, None]), st.just(slice(None, None, -1)))
        if len(shape) > 1
        else many,
        st.lists(st.tuples(rows, columns), min_size=1, max_size=5).map(
            lambda found: (np.array(found)[:, 0], Ellipsis, np.array(found)[:, 1])
        )
        if len(shape) > 1
        else many,
    ]
    return [shape], (draw(st.one_of(keys)),)


def joined(draw: Draw) -> tuple[list[Shape], tuple[Any, ...]]:
    """One to three inputs that agree in all axes but one, and that axis."""
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=3))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    found = []
    for size in draw(st.lists(st.integers(0, 3), min_size=1, max_size=3)):
        sizes = list(shape)
        sizes[axis] = size
        found.append(tuple(sizes))
    return found, (axis,)


def stacked(draw: Draw) -> tuple[list[Shape], tuple[Any, ...]]:
    """One to three inputs of one shape, and the new axis."""
    shape = draw(SHAPES)
    axis = draw(st.integers(-len(shape) - 1, len(shape)))
    return [shape] * draw(st.integers(1, 3)), (axis,)


def chosen(draw: Draw) -> tuple[list[Shape], tuple[Any, ...]]:
    """Two inputs and a condition, all three broadcasting."""
    drawn = hnp.mutually_broadcastable_shapes(num_shapes=3, min_side=0, max_side=4, max_dims=3)
    first, second, third = draw(drawn).input_shapes
    return [first, second], (draw(hnp.arrays(bool, third)),)
