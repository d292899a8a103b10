"""Runs for checks of operations on tensors: value, rule, and the gradients that it returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.checking import Complaint
from minitorch import Tensor, autograd


def run_operation(function: Callable[..., Any], g: np.ndarray, **arrays: np.ndarray) -> Any:
    """Apply an operation to tensors of some arrays and its rule to the cotangent `g`.

    Returns the value, and the gradient of each input after the engine has fitted it to the
    input's shape. `g` reaches the rule itself, not a copy, so that a rule that changes it is
    noticed.
    """
    tensors = {name: Tensor(array, requires_grad=True) for name, array in arrays.items()}
    out = tensor_from(function(*tensors.values()))
    if out.rule is None:
        raise Complaint(
            "The result has no rule, so no gradient can come back through it: "
            "return `record(data, parents, backward)`."
        )
    _refuse_other_parents(out.parents, tuple(tensors.values()))
    parts = _parts(out, g, tensors)
    gradients = {}
    for name, part in zip(tensors, parts, strict=True):
        gradients[f"gradient of {name}"] = _fitted(name, part, tensors[name])
    return {"value": out.data, **gradients}


def tensor_from(result: Any) -> Tensor:
    """The result of an answer, if it is a Tensor."""
    if isinstance(result, Tensor):
        return result
    raise Complaint(
        f"It returned {_name_of(result)} A Tensor is expected: end with "
        "`return record(data, parents, backward)`."
    )


def _fitted(name: str, part: Any, tensor: Tensor) -> np.ndarray | None:
    if part is None:
        return None
    if not isinstance(part, np.ndarray | np.generic):
        raise Complaint(
            f"The gradient of `{name}` is {_name_of(part)} Rules take and return arrays: "
            "work on `.data`."
        )
    try:
        return autograd.fitted(np.asarray(part), tensor)
    except ValueError as error:
        raise Complaint(
            f"The gradient of `{name}` has shape {np.shape(part)}, which the engine cannot bring "
            f"to {tensor.shape}, the shape of `{name}`, by undoing a broadcast."
        ) from error


def _tuple_of(names: dict[str, Tensor]) -> str:
    return f"({', '.join(names)}{',' if len(names) == 1 else ''})"


def _refuse_other_parents(given: Any, wanted: tuple[Tensor, ...]) -> None:
    if not isinstance(given, tuple):
        raise Complaint(
            f"The parents that were handed to `record` are not a tuple but {_name_of(given)} Mind "
            "the comma: `(a,)`."
        )
    if len(given) == len(wanted) and all(a is b for a, b in zip(given, wanted, strict=True)):
        return
    if any(isinstance(parent, Tensor) and parent.rule is not None for parent in given):
        raise Complaint(
            "The result is put together from other operations on tensors. Make it one operation: "
            "compute with arrays (`.data`), write one rule, and call `record` once."
        )
    inputs = "the tensor that came in" if len(wanted) == 1 else "the tensors that came in, in order"
    raise Complaint(f"The parents that were handed to `record` should be {inputs}.")


def _parts(out: Tensor, g: np.ndarray, tensors: dict[str, Tensor]) -> tuple[Any, ...]:
    assert out.rule is not None
    try:
        parts = out.rule(g)
    except ValueError as error:
        shapes = ", ".join(f"`{name}` {tensor.shape}" for name, tensor in tensors.items())
        raise Complaint(
            f"In the rule, arrays do not fit together. Their shapes: `g` {g.shape}, {shapes}; and "
            f"each gradient must come out in the shape of its input. (NumPy says: {error})"
        ) from error
    if isinstance(parts, tuple) and len(parts) == len(tensors):
        return parts
    wanted = (
        "a tuple with one gradient in it (mind the comma)"
        if len(tensors) == 1
        else f"a tuple with one gradient for each of the {len(tensors)} inputs"
    )
    given = f"a tuple of {len(parts)}." if isinstance(parts, tuple) else _name_of(parts)
    raise Complaint(f"`backward` should return {wanted}; it returned {given}")


def _name_of(value: Any) -> str:
    """What a value is, at the end of a sentence."""
    if value is None:
        return "nothing (None). Is a `return` missing?"
    if isinstance(value, np.ndarray):
        return "an array."
    if isinstance(value, Tensor):
        return "a Tensor."
    return f"a value of type `{type(value).__name__}`."
