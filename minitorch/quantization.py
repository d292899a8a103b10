"""Weights in one byte each: whole numbers from -127 to 127, and one scale for each row.

A model with such weights is a quarter as large, answers nearly as before, and cannot be trained.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from minitorch import moe, nn
from minitorch.errors import ShapeError
from minitorch.tensor import Array, Tensor

LARGEST = 127  # of a byte's whole numbers, -128 left out: as many below zero as above
SMALLEST_SCALE = np.finfo(np.float32).tiny  # below it float32 numbers lose their digits
BLOCK = 1 << 18  # weights that are float32 at one time: a megabyte, which stays in the cache


def quantize(weight: Array) -> tuple[Array, Array]:
    """Round each row to whole numbers from -127 to 127, times a scale of its own.

    `weight` is (outputs, inputs). The scale of a row is its largest absolute value divided by
    127, and at least `SMALLEST_SCALE`, so that a row of zeros can be divided by it too. The whole
    numbers are those nearest to the row divided by its scale. Returns the whole numbers,
    (outputs, inputs) in int8, and the scales, (outputs,) in float32. `quantizable(weight)` gives
    the matrix in float32, or refuses it.

    >>> quantize(np.array([[0.5, -2.54], [0.0, 0.0]]))[0]
    array([[  25, -127],
           [   0,    0]], dtype=int8)
    """
    weight = quantizable(weight)
    largest = np.abs(weight).max(axis=1, initial=0)
    scales = np.maximum(largest / np.float32(LARGEST), SMALLEST_SCALE)
    return np.rint(weight / scales[:, None]).astype(np.int8), scales


def dequantize(values: Array, scales: Array) -> Array:
    """Return the float32 numbers that whole numbers and scales stand for.

    `values` is (outputs, inputs) in int8, `scales` is (outputs,): each row is multiplied by its
    scale. What `quantize` took differs from the result by half a scale at most.
    """
    return values * scales[:, None]


def quantizable(weight: Array) -> Array:
    """Return a matrix in float32, or say why it cannot be quantized."""
    array = np.asarray(weight)
    if array.ndim != 2 or array.dtype.kind != "f":
        raise ShapeError(
            f"only a matrix of floats, (outputs, inputs), is quantized, not {array.dtype} of shape "
            f"{array.shape}"
        )
    limit = np.finfo(np.float32).max * (1 - 1e-6)  # so that scale * 127 is a float32 too
    wrong = ~(np.abs(array) <= limit)  # a NaN is not smaller than anything
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise ValueError(
            f"the weight in row {row}, column {column} is {array[row, column]}: only numbers "
            f"up to {limit:.3g} in size are quantized"
        )
    return array.astype(np.float32, copy=False)


def quantized_product(x: Array, values: Array, scales: Array) -> Array:
    """Compute `x @ dequantize(values, scales).T` without all of the weights in floats.

    `x` is (rows, inputs), in the dtype of the result, (rows, outputs). At one time `BLOCK` weights
    at most, or one row, are floats.
    """
    if x.shape[1:] != values.shape[1:]:
        raise ShapeError(
            f"a quantized layer takes {values.shape[1]} numbers along the last axis; it was given "
            f"rows of {x.shape[-1]}"
        )
    out = np.empty((len(x), len(values)), x.dtype)
    step = max(1, BLOCK // max(1, values.shape[1]))
    for start in range(0, len(values), step):
        block = slice(start, start + step)
        np.matmul(x, values[block].astype(x.dtype).T, out=out[:, block])
    out *= scales  # cheaper than to scale the weights, of which there are more
    return out


class QuantizedLinear(nn.Module):
    """A linear layer whose weights are bytes. For use, not for training: no gradient flows."""

    def __init__(self, values: Array, scales: Array, bias: Array | None = None) -> None:
        self.values = values
        self.scales = scales
        self.bias = bias

    @classmethod
    def of(cls, layer: nn.Linear) -> QuantizedLinear:
        """Quantize a linear layer."""
        bias = None if layer.bias is None else layer.bias.data.copy()
        return cls(*quantize(layer.weight.data), bias)

    def forward(self, x: Tensor) -> Tensor:
        """Multiply each row of `x` by the transposed weights, and add the bias if there is one.

        `x` is (..., inputs). The weights are `dequantize(self.values, self.scales)`, and
        `quantized_product` multiplies by them. The result, (..., outputs), has the dtype of `x`
        and no history.
        """
        rows = x.data.reshape(-1, x.shape[-1])
        out = quantized_product(rows, self.values, self.scales)
        if self.bias is not None:
            out += self.bias
        return Tensor(out.reshape(*x.shape[:-1], len(self.values)))

    def describe(self) -> str:
        outputs, inputs = self.values.shape
        return f"in_features={inputs}, out_features={outputs}, bias={self.bias is not None}"


# -- whole models -------------------------------------------------------------------------------


def quantize_model(model: nn.Module) -> Any:
    """Return a copy of a model whose linear layers are quantized; the model stays as it is.

    Norms and embeddings keep their numbers, and so do a head that is one with the embedding and
    the routers of experts, which are small and decide much. The copy is for use: its parameters
    take no gradients.
    """
    modules = [module for _, module in model.named_modules()]
    tables = [module.weight for module in modules if isinstance(module, nn.Embedding)]
    routers = [module.gate for module in modules if isinstance(module, moe.Experts)]
    copies: dict[int, Any] = {}  # what stands in the copy for the parts of the model, by id
    for module in modules:
        kept = _holds(routers, module) or _holds(tables, getattr(module, "weight", None))
        if type(module) is nn.Linear and not kept:
            copies[id(module)] = QuantizedLinear.of(module)
    for module in modules:
        for value in vars(module).values():
            if isinstance(value, Tensor) and id(module) not in copies:
                copies.setdefault(id(value), _plain_copy(value))
    return copy.deepcopy(model, copies)


def _holds(parts: list[Any], part: Any) -> bool:
    """Whether a part is one of some: itself, not its equal."""
    return any(part is other for other in parts)


def _plain_copy(value: Tensor) -> Tensor:
    """A copy without gradient and history."""
    fresh = nn.Parameter(value.data.copy()) if isinstance(value, nn.Parameter) else value.detach()
    fresh.requires_grad = False
    return fresh


def weight_bytes(model: nn.Module) -> int:
    """Count the bytes that a model's weights take, quantized or not; shared ones count once."""
    floats = sum(parameter.data.nbytes for parameter in model.parameters())
    layers = [part for _, part in model.named_modules() if isinstance(part, QuantizedLinear)]
    arrays = [array for part in layers for array in (part.values, part.scales, part.bias)]
    return floats + sum(array.nbytes for array in arrays if array is not None)
