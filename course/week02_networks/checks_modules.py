"""Week 2, modules: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks, Complaint
from minitorch import Tensor, nn
from minitorch.nn import Module, Parameter, misfits

named_parameters = Checks("nn.Module.named_parameters")
load_state_dict = Checks("nn.Module.load_state_dict")
dropout = Checks("nn.Dropout.forward")


# -- named_parameters --------------------------------------------------------------------------
#
# A module is given as a dictionary of its attributes: a number is a parameter, the same number
# the same parameter; a dictionary is a module; a list is a list.


def flat_modules(rng):
    yield {"attributes": {"weight": 1, "bias": 2}}
    yield {"attributes": {"weight": 1}}
    yield {"attributes": {}}


def nested_modules(rng):
    yield {"attributes": {"hidden": {"weight": 1, "bias": 2}}}
    yield {"attributes": {"hidden": {"weight": 1}, "scale": 2, "out": {"weight": 3, "bias": 4}}}
    yield {"attributes": {"body": {"first": {"inner": {"weight": 1}}, "scale": 2}, "shift": 3}}


def modules_in_lists(rng):
    yield {"attributes": {"layers": [{"weight": 1}, {"weight": 2, "bias": 3}], "scales": [4, 5]}}
    yield {"attributes": {"body": {"layers": [[{"weight": 1}], {"parts": [{"bias": 2}]}]}}}


def modules_that_share(rng):
    yield {"attributes": {"embed": {"weight": 1}, "head": {"weight": 1, "bias": 2}}}
    yield {"attributes": {"a": 1, "b": 1}}
    yield {"attributes": {"body": {"first": {"weight": 1}, "second": {"weight": 1}}, "own": 1}}


def _module(attributes, made):
    def build(value):
        if isinstance(value, dict):
            return _module(value, made)
        if isinstance(value, list):
            return [build(entry) for entry in value]
        return made.setdefault(value, Parameter(np.zeros(2)))

    module = Module()
    for name, value in attributes.items():
        setattr(module, name, build(value))
    return module


def _names(attributes):
    made = {}
    given = _module(attributes, made).named_parameters()
    if given is None:
        raise Complaint("It returned nothing (None). Is a `return` missing?")
    pairs = list(given)
    if not all(isinstance(pair, tuple) and len(pair) == 2 for pair in pairs):
        raise Complaint("It should list pairs, `(name, parameter)`, and lists something else.")
    if pairs and all(isinstance(first, Parameter) for first, _ in pairs):
        raise Complaint("The pairs are (name, parameter); yours have the parameter first.")
    if not all(isinstance(part, Parameter) for _, part in pairs):
        raise Complaint(
            "Some of what is listed is no Parameter. A module's parts are asked in turn."
        )
    number = {id(parameter): number for number, parameter in made.items()}
    return {
        "names": [name for name, _ in pairs],
        "the parameter of each name": [number[id(parameter)] for _, parameter in pairs],
    }


named_parameters.check("a module's own parameters", cases=flat_modules)(_names)
named_parameters.check("modules inside modules", cases=nested_modules)(_names)
named_parameters.check("modules and parameters in lists", cases=modules_in_lists)(_names)
named_parameters.check("a shared parameter, once", cases=modules_that_share)(_names)


@named_parameters.wrong
def names_only_its_own(self):
    """You list only the parameters that are directly inside. Those of the parts belong to the
    module too: ask each part that is a module for its own list."""
    return [(name, part) for name, part in self.named_parts() if isinstance(part, Parameter)]


@named_parameters.wrong
def names_without_the_parts_name(self):
    """A part's parameters keep the names that they have inside it, so two layers' weights have
    one name: put the name of the part and a dot in front."""
    names = {}
    for name, part in self.named_parts():
        if isinstance(part, Parameter):
            names.setdefault(part, name)
        else:
            for inner, parameter in part.named_parameters():
                names.setdefault(parameter, inner)
    return [(name, parameter) for parameter, name in names.items()]


@named_parameters.wrong
def names_without_the_parts_name_and_twice(self):
    """A part's parameters keep the names that they have inside it, so two layers' weights have
    one name: put the name of the part and a dot in front. And a parameter that is reached in two
    ways is listed twice; it should be there once."""
    found = []
    for name, part in self.named_parts():
        found += [(name, part)] if isinstance(part, Parameter) else part.named_parameters()
    return found


@named_parameters.wrong
def names_behind_the_parameters(self):
    """The pairs are (name, parameter), in this order. A dictionary from parameter to name lists
    them the other way round: exchange them at the end."""
    names = {}
    for name, part in self.named_parts():
        if isinstance(part, Parameter):
            names.setdefault(part, name)
        else:
            for parameter, inner in part.named_parameters():
                names.setdefault(parameter, f"{name}.{inner}")
    return list(names.items())


@named_parameters.wrong
def names_without_a_dot(self):
    """Between the name of a part and the name inside it belongs a dot: "hidden.weight"."""
    names = {}
    for name, part in self.named_parts():
        if isinstance(part, Parameter):
            names.setdefault(part, name)
        else:
            for inner, parameter in part.named_parameters():
                names.setdefault(parameter, name + inner)
    return [(name, parameter) for parameter, name in names.items()]


@named_parameters.wrong
def names_shared_ones_twice(self):
    """A parameter that is reached in two ways is listed twice; an optimizer would move it twice.
    Note which ones were listed."""
    found = []
    for name, part in self.named_parts():
        if isinstance(part, Parameter):
            found.append((name, part))
        else:
            found += [(f"{name}.{inner}", p) for inner, p in part.named_parameters()]
    return found


@named_parameters.wrong
def names_by_the_last_way(self):
    """A shared parameter has the last of its names; the first one counts."""
    names = {}
    for name, part in self.named_parts():
        if isinstance(part, Parameter):
            names[part] = name
        else:
            for inner, parameter in part.named_parameters():
                names[parameter] = f"{name}.{inner}"
    return [(name, parameter) for parameter, name in names.items()]


@named_parameters.wrong
def names_told_apart_by_value(self):
    """Two different parameters that happen to hold the same numbers count as one, and one is
    lost: tell them apart by identity, as keys of a dictionary are, or by `id(parameter)`."""
    names = {}
    for name, part in self.named_parts():
        inside = [("", part)] if isinstance(part, Parameter) else part.named_parameters()
        for inner, parameter in inside:
            full = f"{name}.{inner}" if inner else name
            names.setdefault(parameter.data.tobytes(), (full, parameter))
    return list(names.values())


@named_parameters.wrong
def names_one_level_deep(self):
    """You look into the parts, but not into the parts of the parts: a part is a module and can be
    asked for `named_parameters()` itself."""
    names = {}
    for name, part in self.named_parts():
        if isinstance(part, Parameter):
            names.setdefault(part, name)
        else:
            for inner, parameter in part.named_parts():
                if isinstance(parameter, Parameter):
                    names.setdefault(parameter, f"{name}.{inner}")
    return [(name, parameter) for parameter, name in names.items()]


@named_parameters.wrong
def names_of_attributes_only(self):
    """You go through the attributes yourself and miss what stands in lists: `self.named_parts()`
    finds that too."""
    names = {}
    for name, part in vars(self).items():
        if isinstance(part, Parameter):
            names.setdefault(part, name)
        elif isinstance(part, Module):
            for inner, parameter in part.named_parameters():
                names.setdefault(parameter, f"{name}.{inner}")
    return [(name, parameter) for parameter, name in names.items()]


@named_parameters.alternative
def names_one_after_the_other(self):
    seen = set()
    for name, part in self.named_parts():
        inside = [("", part)] if isinstance(part, Parameter) else part.named_parameters()
        for inner, parameter in inside:
            if id(parameter) not in seen:
                seen.add(id(parameter))
                yield (f"{name}.{inner}" if inner else name), parameter


# -- load_state_dict ---------------------------------------------------------------------------


def _weights(rng):
    return {"weight": rng.normal(size=(2, 3)), "bias": rng.normal(size=2)}


def states_that_fit(rng):
    yield {"state": _weights(rng)}
    yield {"state": dict(reversed(_weights(rng).items()))}
    yield {"state": {name: array.astype(np.float32) for name, array in _weights(rng).items()}}


def states_with_other_names(rng):
    yield {"state": {"weight": rng.normal(size=(2, 3))}}
    yield {"state": _weights(rng) | {"scale": rng.normal(size=2)}}
    yield {"state": {"bias": rng.normal(size=2), "weights": rng.normal(size=(2, 3))}}
    yield {"state": {}}


def states_with_other_shapes(rng):
    yield {"state": _weights(rng) | {"bias": rng.normal(size=3)}}
    yield {"state": _weights(rng) | {"weight": rng.normal(size=(3, 2))}}
    yield {"state": _weights(rng) | {"bias": rng.normal(size=1)}}
    yield {"state": _weights(rng) | {"weight": rng.normal(size=(1, 3))}}


def _loaded(state):
    module = Module()
    module.weight, module.bias = Parameter(np.zeros((2, 3))), Parameter(np.zeros(2))
    arrays = [module.weight.data, module.bias.data]
    module.load_state_dict(state)
    parameters = {"weight": module.weight, "bias": module.bias}
    return {
        **{name: parameter.data for name, parameter in parameters.items()},
        "the parameters keep their arrays": [
            parameter.data is array for parameter, array in zip(parameters.values(), arrays)
        ],
        "a parameter shares memory with the state": any(
            np.shares_memory(parameter.data, array)
            for parameter in parameters.values()
            for array in state.values()
        ),
    }


load_state_dict.check("the numbers are copied", cases=states_that_fit)(_loaded)


@load_state_dict.check("names that are missing, or too many", cases=states_with_other_names)
def _(state):
    return _refused(state)[1]


@load_state_dict.check("shapes that differ", cases=states_with_other_shapes)
def _(state):
    return _refused(state)[1]


def _refused(state):
    """What the message says where a state does not fit, and the weights, which must not change."""
    module = Module()
    module.weight, module.bias = Parameter(np.zeros((2, 3))), Parameter(np.zeros(2))
    try:
        module.load_state_dict(state)
    except ValueError as error:
        return str(error), {"weight": module.weight.data, "bias": module.bias.data}
    raise Complaint("The state does not fit, so a ValueError is asked for; it raised nothing.")


@load_state_dict.check("the message names what does not fit", cases=states_with_other_shapes)
def _(state):
    message, _ = _refused(state)
    return {"names in the message": [name for name in ("weight", "bias") if name in message]}


@load_state_dict.wrong
def loads_by_replacing_the_arrays(self, state):
    """The parameter now holds the very array of the state: training would change the saved
    numbers, and the dtype may be another. Copy the numbers into the array that is there."""
    parameters = dict(self.named_parameters())
    if problems := misfits(parameters, state):
        raise ValueError("this state does not fit the module:\n" + "\n".join(problems))
    for name, parameter in parameters.items():
        parameter.data = state[name]


@load_state_dict.wrong
def loads_copies_into_new_arrays(self, state):
    """The parameter gets a new array. Copy the numbers into the one that it has, `data[...] =`:
    then its dtype stays, and so does whatever else looks at that array."""
    parameters = dict(self.named_parameters())
    if problems := misfits(parameters, state):
        raise ValueError("this state does not fit the module:\n" + "\n".join(problems))
    for name, parameter in parameters.items():
        parameter.data = state[name].copy()


@load_state_dict.wrong
def loads_without_looking(self, state):
    """Nothing is checked first: a name that is missing gives a KeyError when half of the weights
    are changed, one too many goes unnoticed, and a wrong shape may be broadcast. Look for
    misfits before anything is changed."""
    for name, parameter in self.named_parameters():
        parameter.data[...] = state[name]


@load_state_dict.wrong
def loads_and_complains_of_nothing_in_particular(self, state):
    """Your message does not say which name or shape does not fit, and whoever reads it has to
    search: put the lines of `misfits` into it."""
    parameters = dict(self.named_parameters())
    if misfits(parameters, state):
        raise ValueError("this state does not fit")
    for name, parameter in parameters.items():
        parameter.data[...] = state[name]


@load_state_dict.wrong
def loads_what_fits(self, state):
    """What fits is loaded and the rest is passed over, so a model with half of its weights at
    random goes on without a word. Raise a ValueError that says what does not fit."""
    parameters = dict(self.named_parameters())
    for name, parameter in parameters.items():
        if name in state and state[name].shape == parameter.shape:
            parameter.data[...] = state[name]


@load_state_dict.wrong
def loads_and_then_complains(self, state):
    """The error comes when some of the weights have been changed already: look for misfits first,
    and change nothing if there are any."""
    parameters = dict(self.named_parameters())
    for name, parameter in parameters.items():
        if name in state and state[name].shape == parameter.shape:
            parameter.data[...] = state[name]
    if problems := misfits(parameters, state):
        raise ValueError("this state does not fit the module:\n" + "\n".join(problems))


@load_state_dict.wrong
def loads_by_position(self, state):
    """You go by the order of the arrays. Names decide: a dictionary may list them in any order."""
    parameters = dict(self.named_parameters())
    if problems := misfits(parameters, state):
        raise ValueError("this state does not fit the module:\n" + "\n".join(problems))
    for parameter, array in zip(parameters.values(), state.values()):
        parameter.data[...] = array


@load_state_dict.wrong
def loads_names_alone(self, state):
    """The names are compared, the shapes are not: NumPy broadcasts an array of length 1 to any
    length, so a wrong shape can slip in."""
    parameters = dict(self.named_parameters())
    if parameters.keys() != state.keys():
        raise ValueError(f"the names {sorted(parameters)} and {sorted(state)} differ")
    for name, parameter in parameters.items():
        parameter.data[...] = state[name]


@load_state_dict.wrong
def loads_and_overlooks_the_rest(self, state):
    """An array that belongs to no parameter goes unnoticed. It may be a misspelled name, or a model
    with more layers: compare the names in both directions."""
    parameters = dict(self.named_parameters())
    for name, parameter in parameters.items():
        if name not in state:
            raise ValueError(f"{name} is missing")
        if parameter.shape != state[name].shape:
            raise ValueError(f"{name}: {state[name].shape} instead of {parameter.shape}")
    for name, parameter in parameters.items():
        parameter.data[...] = state[name]


@load_state_dict.alternative
def loads_with_a_check_of_its_own(self, state):
    own = dict(self.named_parameters())
    for name in [*own, *state]:
        if name not in own or name not in state:
            raise ValueError(f"{name} is missing on one side")
        if own[name].shape != np.shape(state[name]):
            raise ValueError(f"{name}: {np.shape(state[name])} instead of {own[name].shape}")
    for name in own:
        np.copyto(own[name].data, state[name])


# -- Dropout -----------------------------------------------------------------------------------


def large_inputs(rng):
    for p, dtype in [(0.5, np.float64), (0.2, np.float64), (0.8, np.float32)]:
        x = rng.uniform(1, 2, size=(60, 100)).astype(dtype)
        yield {"x": x, "p": p, "seed": int(rng.integers(1000))}


def small_inputs(rng):
    for shape, p in [((4,), 0.5), ((3, 5), 0.25), ((2, 3, 4), 0.9)]:
        yield {"x": rng.normal(size=shape), "p": p, "seed": int(rng.integers(1000))}


def inputs_with_cotangents(rng):
    for shape in [(5,), (3, 4)]:
        x, g = rng.uniform(1, 2, size=(2, *shape))
        yield {"x": x, "g": g, "p": 0.4, "seed": int(rng.integers(1000))}


def _dropout(p, seed):
    return nn.Dropout(p, rng=np.random.default_rng(seed))


def _applied(layer, x):
    out = layer(x)
    if not isinstance(out, Tensor):
        raise Complaint(
            f"It returned a value of type `{type(out).__name__}`; a Tensor is expected."
        )
    return out


def _passed_on(layer, x):
    """What comes out of a layer that drops nothing, and whether a gradient finds its way back."""
    tensor = Tensor(x, requires_grad=True)
    out = _applied(layer, tensor)
    return {"result": out.data, "a gradient comes back": out.requires_grad}


@dropout.check("what stays, and how much of it", cases=large_inputs, tolerance=0.04)
def _(x, p, seed):
    given, x = x, x.copy()
    out = _applied(_dropout(p, seed), Tensor(given)).data
    dropped = out == 0
    return {
        "share that is zero": float(dropped.mean()),
        "largest share in a column": float(dropped.mean(axis=0).max() < 1),
        "what stays, divided by what came in": float((out[~dropped] / x[~dropped]).mean()),
        "all that stay are scaled alike": bool(np.ptp(out[~dropped] / x[~dropped]) < 1e-3),
        "rows differ": bool((dropped != dropped[0]).any()),
        "dtype": str(out.dtype),
    }


@dropout.check("in use it changes nothing", cases=small_inputs)
def _(x, p, seed):
    return _passed_on(_dropout(p, seed).eval(), x)


@dropout.check("with nothing to drop it changes nothing", cases=small_inputs)
def _(x, p, seed):
    return _passed_on(_dropout(0, seed), x)


@dropout.check("drawn anew, from its own generator", cases=large_inputs)
def _(x, p, seed):
    layer = _dropout(p, seed)
    first, second = (_applied(layer, Tensor(x)).data for _ in range(2))
    again = _applied(_dropout(p, seed), Tensor(x)).data
    return {
        "two calls drop the same": bool(np.array_equal(first, second)),
        "the same seed drops the same": bool(np.array_equal(first, again)),
    }


@dropout.check("the gradient goes where the numbers went", cases=inputs_with_cotangents)
def _(x, g, p, seed):
    given, x = x, x.copy()
    tensor = Tensor(given, requires_grad=True)
    out = _applied(_dropout(p, seed), tensor)
    if not out.requires_grad:
        return {"a gradient comes back": False}
    out.backward(g)
    return {
        "a gradient comes back": True,
        "it is scaled as the numbers were": bool(np.allclose(tensor.grad, g * out.data / x)),
    }


@dropout.wrong
def drops_without_scaling(self, x):
    """What stays is not scaled, so with dropout the layer's results are smaller than without it,
    and in use the next layer sees numbers that it was not trained on: divide by 1 - p."""
    if not self.training or self.p == 0:
        return x
    return x * (self.rng.random(x.shape) >= self.p).astype(x.dtype)


@dropout.wrong
def keeps_the_share_p(self, x):
    """You keep a share p and drop the rest; p is the share to drop."""
    if not self.training or self.p == 0:
        return x
    kept = self.rng.random(x.shape) < self.p
    return x * (kept / (1 - self.p)).astype(x.dtype)


@dropout.wrong
def drops_in_use(self, x):
    """It drops in use as well: if `self.training` is false, return `x` as it is."""
    if self.p == 0:
        return x
    kept = self.rng.random(x.shape) >= self.p
    return x * (kept / (1 - self.p)).astype(x.dtype)


@dropout.wrong
def scales_in_use(self, x):
    """You scale in use instead of in training. The averages would agree, but then whoever uses the
    model pays for how it was trained: divide by 1 - p in training, and change nothing in use."""
    if not self.training or self.p == 0:
        return x * (1 - self.p)
    return x * (self.rng.random(x.shape) >= self.p).astype(x.dtype)


@dropout.wrong
def divides_by_p(self, x):
    """You divide by p, the share that is dropped; it is the share that stays, 1 - p."""
    if not self.training or self.p == 0:
        return x
    kept = self.rng.random(x.shape) >= self.p
    return x * (kept / self.p).astype(x.dtype)


@dropout.wrong
def turns_into_float64(self, x):
    """The numbers are right, but float32 has become float64: the array that you multiply by is
    float64, since NumPy's random numbers are. Convert it: `.astype(x.dtype)`."""
    if not self.training or self.p == 0:
        return x
    return x * Tensor((self.rng.random(x.shape) >= self.p) / (1 - self.p))


@dropout.wrong
def draws_from_anywhere(self, x):
    """The numbers do not come from `self.rng`, so no run can be repeated: use that generator."""
    if not self.training or self.p == 0:
        return x
    kept = np.random.default_rng().random(x.shape) >= self.p
    return x * (kept / (1 - self.p)).astype(x.dtype)


@dropout.wrong
def drops_whole_columns(self, x):
    """You draw one number for each column and every row loses the same entries: draw one for each
    entry of `x`."""
    if not self.training or self.p == 0:
        return x
    kept = self.rng.random(x.shape[-1]) >= self.p
    return x * (kept / (1 - self.p)).astype(x.dtype)


@dropout.wrong
def drops_the_gradient_too(self, x):
    """You compute on `x.data`, so the result has no history and no gradient comes back through
    the layer: multiply the tensor itself."""
    if not self.training or self.p == 0:
        return x
    kept = self.rng.random(x.shape) >= self.p
    return Tensor(x.data * (kept / (1 - self.p)).astype(x.dtype))


@dropout.wrong
def cuts_the_history_where_nothing_drops(self, x):
    """`Tensor(x.data)` has no history, so no gradient goes through it: return `x` itself."""
    if not self.training or self.p == 0:
        return Tensor(x.data)
    kept = self.rng.random(x.shape) >= self.p
    return x * (kept / (1 - self.p)).astype(x.dtype)


@dropout.wrong
def cuts_the_history_everywhere(self, x):
    """`Tensor(...)` of an array has no history, so no gradient goes through the layer, neither in
    training nor in use: multiply the tensor `x`, and return `x` itself where nothing drops."""
    if not self.training or self.p == 0:
        return Tensor(x.data)
    kept = self.rng.random(x.shape) >= self.p
    return Tensor(x.data * (kept / (1 - self.p)).astype(x.dtype))


@dropout.wrong
def drops_in_place(self, x):
    """You change the array of `x` itself. Whoever passed it in still needs it, and the rule of this
    product is not recorded: `x * ...` makes a new tensor, with its history."""
    if not self.training or self.p == 0:
        return x
    kept = self.rng.random(x.shape) >= self.p
    x.data *= (kept / (1 - self.p)).astype(x.dtype)
    return x


@dropout.alternative
def drops_by_coin_tosses(self, x):
    if not self.training:
        return x
    kept = self.rng.binomial(1, 1 - self.p, x.shape).astype(x.dtype)
    return x * Tensor(kept) / (1 - self.p)


dropout.equivalent(
    "kept = self.rng.random(x.shape) >= self.p -> kept = self.rng.random(x.shape) > self.p",
    because="a random number is exactly p with a chance of one in 2**53",
)

load_state_dict.equivalent(
    "if (problems := misfits(parameters, state)): -> if (problems := misfits(state, parameters)):",
    because="only the words of the message differ",
)
load_state_dict.equivalent(
    "raise ValueError('this state does not fit the module:\\n' + '\\n'.join(problems)) -> "
    "raise ValueError('\\n'.join(problems))",
    because="only the words of the message differ",
)
for change in (
    "not self.training",
    "not self.training or self.p == 1",
    "not self.training or self.p == -1",
):
    dropout.equivalent(
        f"if not self.training or self.p == 0: -> if {change}:",
        because="with p = 0 everything stays and is divided by 1",
    )
