"""Modules: parts of a model that hold parameters, and that models are put together from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from minitorch import fused, initialization
from minitorch.errors import ShapeError
from minitorch.tensor import Array, Tensor


class Parameter(Tensor):
    """A tensor that a model learns: a leaf that wants a gradient, found by the module it is in."""

    __slots__ = ()

    def __init__(self, data: Any, dtype: Any = None) -> None:
        super().__init__(data.data if isinstance(data, Tensor) else data, True, dtype)


class Module:
    """A part of a model. Its attributes hold its parameters and the modules it is made of.

    A class that derives from it says in `forward` what it computes, and is called like a
    function. Parameters and modules may also stand in lists and dictionaries.
    """

    training = True  # dropout asks this; `train` and `eval` change it

    def forward(self, *inputs: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no forward method")

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        return self.forward(*inputs, **options)

    # -- what is inside -----------------------------------------------------------------

    def named_parts(self) -> list[tuple[str, Parameter | Module]]:
        """The module's own parameters and modules, with the names of their attributes.

        Its parameters come first. What stands in a list or dictionary is named with its place:
        "layers.0".
        """
        found = [part for name, value in vars(self).items() for part in _inside(name, value)]
        return sorted(found, key=lambda part: isinstance(part[1], Module) or "." in part[0])

    def named_parameters(self) -> list[tuple[str, Parameter]]:
        """List the parameters of the module, of its parts, of their parts, and so on, by name.

        `self.named_parts()` lists what is directly inside, as pairs of a name and a Parameter or
        Module. The parameter `weight` of a part called `hidden` is called "hidden.weight". The
        order is that of the parts. A parameter that is reached in two ways is listed once, by
        the first name. Parameters are told apart by identity, as the keys of a dictionary are,
        and not by `==`, which compares their values.
        """
        names: dict[Parameter, str] = {}
        for name, part in self.named_parts():
            if isinstance(part, Parameter):
                names.setdefault(part, name)
            else:
                for inner, parameter in part.named_parameters():
                    names.setdefault(parameter, f"{name}.{inner}")
        return [(name, parameter) for parameter, name in names.items()]

    def named_modules(self) -> list[tuple[str, Module]]:
        """List the module itself, under the name "", and all modules inside it, each once."""
        names: dict[Module, str] = {self: ""}
        for name, part in self.named_parts():
            if isinstance(part, Module):
                for inner, module in part.named_modules():
                    names.setdefault(module, f"{name}.{inner}" if inner else name)
        return [(name, module) for module, name in names.items()]

    def parameters(self) -> list[Parameter]:
        """The parameters alone, each once: what an optimizer takes."""
        return [parameter for _, parameter in self.named_parameters()]

    # -- for all of them at once --------------------------------------------------------

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.grad = None

    def apply(self, function: Callable[[Module], None]) -> Module:
        """Call a function with every module inside, and then with this one. Returns the module."""
        for _, module in reversed(self.named_modules()):
            function(module)
        return self

    def train(self, training: bool = True) -> Module:
        """Tell this module and all inside it that they are being trained. Returns the module."""
        for _, module in self.named_modules():
            module.training = training
        return self

    def eval(self) -> Module:
        """Tell this module and all inside it that they are in use: dropout drops nothing."""
        return self.train(False)

    # -- saving and loading -------------------------------------------------------------

    def state_dict(self) -> dict[str, Array]:
        """A copy of every parameter's array, by name."""
        return {name: parameter.data.copy() for name, parameter in self.named_parameters()}

    def load_state_dict(self, state: Mapping[str, Array]) -> None:
        """Copy arrays into the parameters of the same names.

        Raises a ValueError, before anything is changed, if a parameter has no array in `state`,
        if an array has no parameter, or if two shapes differ; it says which. The parameters keep
        their arrays, into which the numbers are copied, and with them their dtypes.
        """
        parameters = dict(self.named_parameters())
        if problems := misfits(parameters, state):
            raise ValueError("this state does not fit the module:\n" + "\n".join(problems))
        for name, parameter in parameters.items():
            parameter.data[...] = state[name]

    # -- how it is shown ----------------------------------------------------------------

    def describe(self) -> str:
        """What stands in the brackets of its `repr`, beside the modules inside."""
        return ""

    def __repr__(self) -> str:
        name = type(self).__name__
        lines = [f"({key}): {part}".replace("\n", "\n  ") for key, part in self.shown_parts()]
        if not lines:
            return f"{name}({self.describe()})"
        return "\n  ".join([f"{name}({self.describe()}", *lines]) + "\n)"

    def shown_parts(self) -> list[tuple[str, str]]:
        """What its `repr` lists, by name: the modules inside."""
        return [(key, repr(part)) for key, part in self.named_parts() if isinstance(part, Module)]


def _inside(name: str, value: Any) -> Iterator[tuple[str, Parameter | Module]]:
    """The parameters and modules that a value is, or that stand in it."""
    if isinstance(value, Parameter | Module):
        yield name, value
    elif isinstance(value, list | tuple | dict):
        entries = value.items() if isinstance(value, dict) else enumerate(value)
        for key, entry in entries:
            yield from _inside(f"{name}.{key}", entry)


def misfits(parameters: Mapping[str, Tensor], state: Mapping[str, Array]) -> list[str]:
    """Say, in a line each, which names or shapes of a state differ from the parameters'."""
    lines = [f"  {name} is missing" for name in parameters if name not in state]
    lines += [f"  {name} belongs to no parameter" for name in state if name not in parameters]
    for name, parameter in parameters.items():
        if name in state and np.shape(state[name]) != parameter.shape:
            given = np.shape(state[name])
            lines.append(f"  {name} has shape {given}, the parameter {parameter.shape}")
    return lines


# -- modules ------------------------------------------------------------------------------------


class Linear(Module):
    """A matrix product and a bias: `x @ weight.T + bias`, (..., inputs) to (..., outputs)."""

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        rng: np.random.Generator,
        std: float | None = None,
        dtype: Any = np.float32,
    ) -> None:
        shape = (out_features, in_features)
        if std is None:
            self.weight = Parameter(initialization.scaled(shape, rng, dtype))
        else:
            self.weight = Parameter(initialization.normal(shape, rng, std, dtype))
        self.bias = Parameter(np.zeros(out_features, dtype)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[-1:] != self.weight.shape[1:]:
            raise ShapeError(
                f"Linear takes {self.weight.shape[1]} numbers along the last axis; "
                f"it was given shape {x.shape}"
            )
        return fused.linear(x, self.weight, self.bias)

    def describe(self) -> str:
        outputs, inputs = self.weight.shape
        return f"in_features={inputs}, out_features={outputs}, bias={self.bias is not None}"


class Embedding(Module):
    """A table with one row of numbers for each id: (...) to (..., embedding_dim)."""

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        *,
        rng: np.random.Generator,
        std: float = 1.0,
        dtype: Any = np.float32,
    ) -> None:
        shape = (num_embeddings, embedding_dim)
        self.weight = Parameter(initialization.normal(shape, rng, std, dtype))

    def forward(self, ids: Any) -> Tensor:
        array = ids.data if isinstance(ids, Tensor) else np.asarray(ids)
        if array.dtype.kind not in "iu":
            raise TypeError(f"Embedding takes whole numbers, not {array.dtype}")
        if array.size and not 0 <= array.min() <= array.max() < len(self.weight):
            wrong = array.min() if array.min() < 0 else array.max()
            raise IndexError(f"id {wrong}: Embedding has rows 0 to {len(self.weight) - 1}")
        return fused.embedding(self.weight, array)

    def describe(self) -> str:
        return f"num_embeddings={self.weight.shape[0]}, embedding_dim={self.weight.shape[1]}"


class Dropout(Module):
    """Sets a random share of its inputs to zero while the model is trained."""

    def __init__(self, p: float, *, rng: np.random.Generator) -> None:
        if not 0 <= p < 1:
            raise ValueError(f"Dropout drops a share from 0 up to, but not including, 1; not {p}")
        self.p = p
        self.rng = rng.spawn(1)[0]  # its own: how often it draws changes nobody else's numbers

    def forward(self, x: Tensor) -> Tensor:
        """Set each entry of `x` to zero with probability `self.p`, if `self.training`.

        The entries that stay are divided by `1 - self.p`, so that the average of each entry over
        many calls is what it was. Which ones stay is drawn anew in every call, from `self.rng`.
        If `self.training` is false, or `self.p` is 0, `x` is returned as it is. The dtype stays.
        """
        if not self.training or self.p == 0:
            return x
        kept = self.rng.random(x.shape) >= self.p
        return x * (kept / (1 - self.p)).astype(x.dtype)

    def describe(self) -> str:
        return f"p={self.p}"


class ModuleList(Module):
    """Modules in a row, by number, named as PyTorch names them: "layers.0.weight"."""

    def __init__(self, modules: Iterable[Any] = ()) -> None:
        for module in modules:
            self.append(module)

    def append(self, module: Any) -> None:
        setattr(self, str(len(self)), module)

    def __len__(self) -> int:
        return sum(name.isdecimal() for name in vars(self))

    def __iter__(self) -> Iterator[Any]:
        return (getattr(self, str(i)) for i in range(len(self)))

    def __getitem__(self, i: int) -> Any:
        return list(self)[i]


class Sequential(ModuleList):
    """Modules, or functions such as `ops.tanh`, each applied to the result of the one before."""

    def __init__(self, *steps: Any) -> None:
        super().__init__(steps)

    def forward(self, x: Any) -> Any:
        for step in self:
            x = step(x)
        return x

    def shown_parts(self) -> list[tuple[str, str]]:
        return [(str(i), getattr(step, "__name__", repr(step))) for i, step in enumerate(self)]
