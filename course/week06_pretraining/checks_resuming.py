"""Week 6, what a checkpoint holds: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks, Complaint
from minitorch import nn, optim, resume

remembering = Checks("resume.optimizer_state")
digest = Checks("resume.sha256")


# -- optimizer_state ---------------------------------------------------------------------------


def optimizers(rng):
    for kind, shapes in [("AdamW", [(2,)]), ("AdamW", [(2, 3), (3,)]), ("SGD", [(3,), (1, 2)])]:
        yield {"kind": kind, "shapes": shapes, "steps": 2, "seed": int(rng.integers(1000))}


def before_the_first_step(rng):
    yield {"kind": "AdamW", "shapes": [(2,), (3,)], "steps": 0, "seed": 0}


def parameters_without_gradients(rng):
    yield {"kind": "AdamW", "shapes": [(2,), (3,), (2, 2)], "steps": 3, "seed": 1, "without": 1}
    yield {"kind": "SGD", "shapes": [(2,), (3,)], "steps": 1, "seed": 2, "without": 0}


def _trained(kind, shapes, steps, seed, without=None):
    rng = np.random.default_rng(seed)
    parameters = [nn.Parameter(rng.normal(size=shape)) for shape in shapes]
    optimizer = getattr(optim, kind)(parameters, lr=0.1)
    for _ in range(steps):
        for number, parameter in enumerate(parameters):
            if number != without:
                parameter.grad = rng.normal(size=parameter.shape)
        optimizer.step()
    names = {p: f"layer.{n}.weight" for n, p in enumerate(parameters)}
    return optimizer, names


def _state(**settings):
    optimizer, names = _trained(**settings)
    found = resume.optimizer_state(optimizer, names)
    if not isinstance(found, tuple | list) or len(found) != 2:
        raise Complaint("Two dictionaries are expected: the arrays, and the numbers.")
    arrays, numbers = found
    for part in (arrays, numbers):
        if not isinstance(part, dict):
            raise Complaint(f"It returned a value of type `{type(part).__name__}`, no dictionary.")
    return {"arrays": dict(sorted(arrays.items())), "numbers": dict(sorted(numbers.items()))}


remembering.check("after some steps", cases=optimizers)(_state)
remembering.check("before the first step", cases=before_the_first_step)(_state)
remembering.check("parameters without a gradient", cases=parameters_without_gradients)(_state)


@remembering.check("a training that goes on from it", cases=optimizers)
def _(**settings):
    optimizer, names = _trained(**settings)
    arrays, numbers = resume.optimizer_state(optimizer, names)
    other, own = _trained(**{**settings, "steps": 0})
    resume.set_optimizer_state(other, own, arrays, numbers)
    for mover in (optimizer, other):
        for parameter in mover.parameters:
            parameter.data[...] = 0.5
            parameter.grad = np.cos(np.arange(parameter.size, dtype=float)).reshape(parameter.shape)
        mover.step()
    return [parameter.data for parameter in other.parameters]


remembering.slip(
    "remembers_the_name_first",
    'The name of what is remembered comes first, then the parameter\'s: "mean.w".',
    ('f"{key}.{names[parameter]}"', 'f"{names[parameter]}.{key}"'),
)
remembering.slip(
    "remembers_everything_as_arrays",
    "The number of steps is no array, and is among them: what is not an array goes into the second "
    "dictionary.",
    ("arrays if isinstance(value, Array) else numbers", "arrays"),
)
remembering.slip(
    "remembers_arrays_alone",
    "The number of steps is left out. AdamW corrects its averages with it: from step 0 on they "
    "would be corrected as if they were new.",
    ("for key, value in kept.items():\n", "for key, value in kept.items():\n"
     "            if not isinstance(value, Array):\n                continue\n"),
)  # fmt: skip
remembering.slip(
    "remembers_under_the_same_keys",
    "The keys hold no parameter's name, so each parameter overwrites the one before.",
    ('f"{key}.{names[parameter]}"', "key"),
)
remembering.slip(
    "remembers_exchanged",
    "The two dictionaries are exchanged: first the arrays, then the numbers.",
    ("return arrays, numbers", "return numbers, arrays"),
)
remembering.slip(
    "remembers_the_weights",
    "You write down the weights. They have their own place in a checkpoint; asked for is what the "
    "optimizer remembers of each.",
    ("] = value", "] = parameter.data if isinstance(value, Array) else value"),
)


@remembering.wrong
def remembers_one_parameter(optimizer, names):
    """You return inside the loop, after the first parameter."""
    arrays, numbers = {}, {}
    for parameter, kept in optimizer.state.items():
        for key, value in kept.items():
            part = arrays if isinstance(value, Array) else numbers  # noqa: F821
            part[f"{key}.{names[parameter]}"] = value
        return arrays, numbers
    return arrays, numbers


@remembering.wrong
def remembers_what_is_not_there(optimizer, names):
    """You go through all parameters. One that never had a gradient is not in `optimizer.state`: go
    through that."""
    arrays, numbers = {}, {}
    for parameter in optimizer.parameters:
        for key, value in optimizer.state[parameter].items():
            part = arrays if isinstance(value, Array) else numbers  # noqa: F821
            part[f"{key}.{names[parameter]}"] = value
    return arrays, numbers


@remembering.alternative
def remembers_in_two_passes(optimizer, names):
    found = {
        f"{key}.{name}": value
        for parameter, name in names.items()
        for key, value in optimizer.state.get(parameter, {}).items()
    }
    arrays = {key: value for key, value in found.items() if isinstance(value, np.ndarray)}
    return arrays, {key: value for key, value in found.items() if key not in arrays}


# -- sha256 ------------------------------------------------------------------------------------


def pairs_that_are_equal(rng):
    a, b = rng.normal(size=(2, 3)), rng.integers(0, 9, 4)
    yield {"one": {"a": a, "b": b}, "other": {"b": b.copy(), "a": a.copy()}}
    yield {"one": {"w": a.T.copy()}, "other": {"w": a.T}}
    yield {"one": {"w": a[:, ::2].copy()}, "other": {"w": a[:, ::2]}}
    yield {"one": {}, "other": {}}


def pairs_with_other_numbers(rng):
    a = rng.normal(size=(2, 3))
    near = a.copy()
    near[1, 2] = np.nextafter(near[1, 2], 9.0)
    yield {"one": {"a": a}, "other": {"a": near}}
    long = rng.normal(size=3000)
    other = long.copy()
    other[1500] += 1
    yield {"one": {"a": long}, "other": {"a": other}}
    yield {"one": {"a": a, "b": long}, "other": {"a": near, "b": long}}
    yield {"one": {"a": np.array([0.0])}, "other": {"a": np.array([-0.0])}}


def pairs_with_other_names(rng):
    a, b = rng.normal(size=(2, 3))
    yield {"one": {"a": a}, "other": {"b": a}}
    yield {"one": {"a": a, "b": b}, "other": {"a": b, "b": a}}
    yield {"one": {"a": a}, "other": {"a": a, "b": b}}


def pairs_with_other_shapes(rng):
    a = rng.normal(size=(2, 3))
    yield {"one": {"a": a}, "other": {"a": a.reshape(3, 2)}}
    yield {"one": {"a": a}, "other": {"a": a.ravel()}}


def pairs_with_other_dtypes(rng):
    yield {"one": {"a": np.zeros(4, np.float32)}, "other": {"a": np.zeros(4, np.int32)}}
    yield {"one": {"a": np.zeros(2, np.float64)}, "other": {"a": np.zeros(2, np.int64)}}


def _digest(arrays):
    found = resume.sha256(arrays)
    if not isinstance(found, str):
        raise Complaint(f"It returned a value of type `{type(found).__name__}`, not a text.")
    return found


def _told(one, other):
    lines = []
    for what, arrays in (("one", one), ("another", other)):
        shown = ", ".join(f"{k}: {a.dtype} {a.shape}" for k, a in arrays.items())
        lines.append(f"{what}: {shown or 'no arrays'}")
    return "\n".join(lines)


def _compare(one, other):
    first, second = _digest(one), _digest(other)
    return {
        "the two are equal": first == second,
        "64 hexadecimal digits": len(first) == 64 and set(first) <= set("0123456789abcdef"),
    }


digest.check("the same arrays", cases=pairs_that_are_equal, describe=_told)(_compare)
digest.check("other numbers", cases=pairs_with_other_numbers, describe=_told)(_compare)
digest.check("other names", cases=pairs_with_other_names, describe=_told)(_compare)
digest.check("other shapes", cases=pairs_with_other_shapes, describe=_told)(_compare)
digest.check("other dtypes", cases=pairs_with_other_dtypes, describe=_told)(_compare)

digest.slip(
    "digests_in_the_dictionarys_order",
    "The same arrays in another order have another digest: go through the names in sorted order.",
    ("for name in sorted(arrays):", "for name in arrays:"),
)
digest.slip(
    "digests_without_names",
    "The names are not in it, so two layers could change places unnoticed.",
    ("{name} {array", "{array"),
)
digest.slip(
    "digests_without_shapes",
    "The shapes are not in it: (2, 3) and (3, 2) have the same bytes.",
    (" {array.shape}", ""),
)
digest.slip(
    "digests_without_dtypes",
    "The dtypes are not in it: zeros of float32 and of int32 have the same bytes.",
    (" {array.dtype.str}", ""),
)
digest.slip(
    "digests_without_bytes",
    "The numbers themselves are not in it.",
    ("        total.update(array.tobytes())\n", ""),
)
digest.slip(
    "digests_the_last",
    "Each array begins a new digest, and you return that of the last: make one, and update it.",
    ("        array = arrays", "        total = hashlib.sha256()\n        array = arrays"),
)
digest.slip(
    "digests_printed_arrays",
    "You take the array as it is printed: a few digits, and of a long one only the ends. Take its "
    "bytes.",
    ("array.tobytes()", "str(array).encode()"),
)
digest.slip(
    "digests_to_bytes",
    "You return bytes; `hexdigest()` gives the text.",
    ("hexdigest()", "digest()"),
)


@digest.alternative
def digests_all_in_one(arrays):
    parts = []
    for name, array in sorted(arrays.items()):
        parts.append(repr((name, str(array.dtype), array.shape)).encode() + array.tobytes())
    return hashlib.sha256(b"".join(parts)).hexdigest()  # noqa: F821
