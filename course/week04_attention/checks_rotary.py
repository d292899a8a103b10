"""Week 4, rotary positions: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks, Complaint
from coursekit.tensor_checks import run_operation
from minitorch import rotary
from minitorch.recording import record

rotary_angles = Checks("rotary.rotary_angles")
turned = Checks("rotary.turned")
rotate = Checks("rotary.rotate")


# -- rotary_angles -----------------------------------------------------------------------------


def places_in_a_row(rng):
    for dim, theta in [(2, 100.0), (4, 100.0), (6, 10000.0), (8, float(rng.integers(50, 500)))]:
        yield {"positions": np.arange(int(rng.integers(2, 6))), "dim": dim, "theta": theta}


def places_of_any_shape(rng):
    for shape in [(), (1,), (2, 3), (3, 3), (2, 1, 2)]:
        yield {"positions": rng.integers(0, 90, shape), "dim": 6, "theta": 50.0}


def places_in_a_list(rng):
    yield {"positions": rng.integers(0, 90, 3).tolist(), "dim": 4, "theta": 100.0}


def far_places(rng):
    yield {"positions": 100_000 + rng.integers(0, 9, 3), "dim": 8, "theta": 10000.0}


def _angles(positions, dim, theta):
    return {"angles": rotary.rotary_angles(positions, dim, theta)}


rotary_angles.check("the angle of each pair at each place", cases=places_in_a_row)(_angles)
rotary_angles.check("positions of any shape", cases=places_of_any_shape)(_angles)
rotary_angles.check("positions in a list", cases=places_in_a_list)(_angles)
rotary_angles.check("places far from the beginning", cases=far_places, tolerance=1e-11)(_angles)


@rotary_angles.check("10,000 unless told otherwise", cases=places_of_any_shape)
def _(positions, dim, theta):
    return {"angles": rotary.rotary_angles(positions, dim)}


rotary_angles.slip(
    "angles_for_every_number",
    "You have an angle for each of the dim numbers. Two numbers make a pair, and a pair has one: "
    "there are dim // 2.",
    ("np.arange(0, dim, 2) / dim", "np.arange(dim) / dim"),
)
rotary_angles.slip(
    "angles_without_the_two",
    "Your pairs slow down half as fast as they should: the exponent of pair i is -2 * i / dim.",
    ("np.arange(0, dim, 2) / dim", "np.arange(dim // 2) / dim"),
)
rotary_angles.slip(
    "angles_with_the_two_twice",
    "Your pairs slow down twice as fast as they should: `np.arange(0, dim, 2)` is 2 * i already, "
    "and it is divided by dim.",
    ("2) / dim", "2) / (dim // 2)"),
)
rotary_angles.slip(
    "angles_that_speed_up",
    "Later pairs turn faster than the first. The exponent is negative: they turn more slowly.",
    ("(-np", "(np"),
)
rotary_angles.slip(
    "angles_with_a_fixed_theta",
    "`theta` is not used: the base is always 10,000.",
    ("theta ** (-np", "10000.0 ** (-np"),
)
rotary_angles.slip(
    "angles_from_place_one",
    "At place 0 nothing is turned: positions count from 0, as they come.",
    ("np.asarray(positions)[", "(np.asarray(positions) + 1)["),
)
rotary_angles.slip(
    "angles_of_one_axis_alone",
    "It is right for positions with one axis, and not for others: `[:, None]` puts the new axis "
    "in second place. `[..., None]` puts it at the end.",
    ("[..., None]", "[:, None]"),
)
rotary_angles.slip(
    "angles_with_a_whole_number_division",
    "`//` rounds down, so all exponents but the first come out as whole numbers: `/` is the "
    "division.",
    ("2) / dim", "2) // dim"),
)
rotary_angles.slip(
    "angles_already_turned_into_cosines",
    "Those are the cosines of the angles. The angles themselves are asked for.",
    (
        "return np.asarray(positions)[..., None] * frequencies",
        "return np.cos(np.asarray(positions)[..., None] * frequencies)",
    ),
)
rotary_angles.slip(
    "angles_in_float32",
    "The angles are float32. For a place far from the beginning that is not exact enough: leave "
    "them float64.",
    (
        "return np.asarray(positions)[..., None] * frequencies",
        "return (np.asarray(positions)[..., None] * frequencies).astype(np.float32)",
    ),
)
rotary_angles.slip(
    "angles_from_speeds_in_float32",
    "The speeds are float32, so the angles are float64 and yet no more exact: at place 100,000 "
    "they are off by more than a float64 should be. Leave the speeds float64.",
    (
        "np.asarray(positions)[..., None] * frequencies",
        "np.asarray(positions)[..., None] * frequencies.astype(np.float32)",
    ),
)
rotary_angles.slip(
    "angles_of_arrays_alone",
    "Positions may come as a list, and a list takes no new axis: `np.asarray` makes an array of "
    "either.",
    ("np.asarray(positions)[", "positions["),
)


@rotary_angles.alternative
def angles_one_after_the_other(positions, dim, theta=10000.0):
    places = np.array(positions)
    return np.stack([places / theta ** (2 * i / dim) for i in range(dim // 2)], axis=-1)


# -- turned ------------------------------------------------------------------------------------


def _vectors(rng, leading, places, half, dtype=np.float64):
    angles = rng.uniform(-3, 3, (places, half))
    return {
        "x": rng.normal(size=(*leading, places, 2 * half)).astype(dtype),
        "cos": np.cos(angles).astype(dtype),
        "sin": np.sin(angles).astype(dtype),
    }


def vectors(rng):
    for leading, places, half in [((), 1, 1), ((), 3, 2), ((), 2, 3), ((), 4, 4)]:
        yield _vectors(rng, leading, places, half)


def heads_of_vectors(rng):
    for leading in [(2,), (2, 3), (2, 2)]:
        yield _vectors(rng, leading, 2, 2)
    angles = rng.uniform(-3, 3, (2, 1, 4, 3))  # each row of a batch has positions of its own
    yield {"x": rng.normal(size=(2, 3, 4, 6)), "cos": np.cos(angles), "sin": np.sin(angles)}


def float32_vectors(rng):
    found = _vectors(rng, (2,), 3, 2, np.float32)
    yield found
    yield {**found, "cos": found["cos"].astype(np.float64), "sin": found["sin"].astype(np.float64)}


def _turned(x, cos, sin):
    result = rotary.turned(x, cos, sin)
    if not isinstance(result, np.ndarray):
        what = "nothing (None)" if result is None else f"a `{type(result).__name__}`"
        raise Complaint(f"It returned {what}; an array is expected.")
    return {"result": result}


turned.check("every pair is turned", cases=vectors)(_turned)
turned.check("axes in front", cases=heads_of_vectors)(_turned)
turned.check("float32 stays float32", cases=float32_vectors)(_turned)

turned.slip(
    "turned_the_other_way",
    "Your pairs turn the other way: a gets minus b sin, and b gets plus a sin.",
    ("(-sin, sin)", "(sin, -sin)"),
)
turned.slip(
    "turned_with_both_signs_plus",
    "A minus is missing: the first half is a cos - b sin. Without it vectors are not turned but "
    "pulled out of shape.",
    ("(-sin, sin)", "(sin, sin)"),
)
turned.slip(
    "turned_without_the_other_half",
    "Each number is computed from itself alone. A number of the result comes from both numbers of "
    "its pair: the cosine of its own and the sine of the other's.",
    ("(x[..., half:], x[..., :half])", "(x[..., :half], x[..., half:])"),
)
turned.slip(
    "turned_with_halves_exchanged",
    "The two halves have changed places in the result.",
    ("return out", "return np.concatenate((out[..., half:], out[..., :half]), axis=-1)"),
)
turned.slip(
    "turned_with_cosine_and_sine_exchanged",
    "Cosine and sine have changed places. At an angle of 0 the cosine is 1, and nothing moves.",
    ("(-sin, sin)", "(-cos, cos)"),
    ("(cos, cos)", "(sin, sin)"),
)
turned.slip(
    "turned_into_float64",
    "With cosines in float64 a float32 array becomes float64. The result has the dtype of x.",
    ("return out", "return out.astype(np.result_type(x, cos))"),
)


@turned.wrong
def turned_in_neighbors(x, cos, sin):
    """You pair neighbors, numbers 0 and 1, 2 and 3. Here number i of the first half goes with
    number i of the second."""
    out = np.empty(x.shape, x.dtype)
    a, b = x[..., ::2], x[..., 1::2]
    out[..., ::2] = a * cos - b * sin
    out[..., 1::2] = b * cos + a * sin
    return out


@turned.wrong
def turned_with_the_new_first_half(x, cos, sin):
    """The second half is computed with the *new* first half. Both formulas take the old
    numbers."""
    half = x.shape[-1] // 2
    out = x.copy()
    out[..., :half] = out[..., :half] * cos - out[..., half:] * sin
    out[..., half:] = out[..., half:] * cos + out[..., :half] * sin
    return out


@turned.wrong
def turned_in_place(x, cos, sin):
    """You write into `x`, which belongs to somebody else: make a new array."""
    half = x.shape[-1] // 2
    a, b = x[..., :half].copy(), x[..., half:].copy()
    x[..., :half] = a * cos - b * sin
    x[..., half:] = b * cos + a * sin
    return x


@turned.alternative
def turned_by_joining(x, cos, sin):
    a, b = np.split(x, 2, axis=-1)
    return np.concatenate([a * cos - b * sin, b * cos + a * sin], axis=-1).astype(x.dtype)


@turned.alternative
def turned_in_an_empty_array(x, cos, sin):
    half = x.shape[-1] // 2
    out = np.empty(x.shape, x.dtype)
    out[..., :half] = x[..., :half] * cos - x[..., half:] * sin
    out[..., half:] = x[..., half:] * cos + x[..., :half] * sin
    return out


# -- rotate ------------------------------------------------------------------------------------


def with_gradients(rng):
    for leading, places, half in [((), 2, 1), ((), 3, 2), ((2, 3), 2, 3), ((2,), 4, 2)]:
        found = _vectors(rng, leading, places, half)
        yield {**found, "g": rng.normal(size=found["x"].shape)}


def float32_with_gradients(rng):
    found = _vectors(rng, (2,), 3, 2, np.float32)
    yield {**found, "g": rng.normal(size=found["x"].shape).astype(np.float32)}


def _rotate(x, cos, sin, g):
    return run_operation(lambda tensor: rotary.rotate(tensor, cos, sin), g, x=x)


rotate.check("turned there, and the gradient back", cases=with_gradients)(_rotate)
rotate.check("float32 stays float32", cases=float32_with_gradients)(_rotate)

rotate.slip(
    "rotate_turns_the_gradient_further",
    "The gradient is turned by the same angle once more. It goes back: by the opposite angle.",
    ("turned(g, cos, -sin)", "turned(g, cos, sin)"),
)
rotate.slip(
    "rotate_with_the_wrong_sign",
    "That turns the gradient by half a circle too much: the opposite angle has the same cosine, "
    "and the sine with the other sign.",
    ("turned(g, cos, -sin)", "turned(g, -cos, sin)"),
)
rotate.slip(
    "rotate_leaves_the_gradient_alone",
    "The gradient is not turned at all. A number of the result comes from both numbers of the "
    "pair, so the gradient goes to both.",
    ("turned(g, cos, -sin)", "g"),
)
rotate.slip(
    "rotate_forgets_the_tuple",
    "The rule returns an array. It returns a tuple with one gradient for each parent, also if "
    "there is one parent: mind the comma.",
    ("(turned(g, cos, -sin),)", "turned(g, cos, -sin)"),
)
rotate.slip(
    "rotate_backward_first",
    "The result is turned the wrong way, and so is the gradient: `turned(x.data, cos, sin)` is "
    "the way there.",
    ("turned(x.data, cos, sin)", "turned(x.data, cos, -sin)"),
    ("turned(g, cos, -sin)", "turned(g, cos, sin)"),
)


@rotate.wrong
def rotate_put_together(x, cos, sin):
    """That is put together from operations of tensors. Its values are right; make it one operation
    with one rule."""
    half = x.shape[-1] // 2
    other = x[..., [*range(half, 2 * half), *range(half)]]
    return x * np.concatenate([cos, cos], -1) + other * np.concatenate([-sin, sin], -1)


@rotate.alternative
def rotate_with_its_own_formulas(x, cos, sin):
    def backward(g):
        of_a, of_b = np.split(g, 2, axis=-1)
        return (np.concatenate([of_a * cos + of_b * sin, of_b * cos - of_a * sin], axis=-1),)

    return record(turned(x.data, cos, sin), (x,), backward)
