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

    `values` is (..., inputs) in int8, and `scales`, (...), has a scale for each row, by which it
    is multiplied. What `quantize` took differs from the result by half a scale at most.
    """
    return values * scales[..., None]


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


class QuantizedEmbedding(nn.Module):
    """A table whose numbers are bytes, with one row for each id."""

    def __init__(self, values: Array, scales: Array) -> None:
        self.values = values
        self.scales = scales

    def forward(self, ids: Any) -> Tensor:
        rows = ids.data if isinstance(ids, Tensor) else np.asarray(ids)
        if rows.size and not 0 <= rows.min() <= rows.max() < len(self.values):
            raise IndexError(
                f"ids {rows.min()} to {rows.max()}: the embedding has rows 0 to "
                f"{len(self.values) - 1}"
            )
        return Tensor(dequantize(self.values[rows], self.scales[rows]))

    def describe(self) -> str:
        return f"num_embeddings={self.values.shape[0]}, embedding_dim={self.values.shape[1]}"


# -- whole models -------------------------------------------------------------------------------


def quantize_model(model: nn.Module, embeddings: bool = False) -> Any:
    """Return a copy of a model whose linear layers are quantized; the model stays as it is.

    Norms keep their numbers, and so do the routers of experts, which are small and decide much.
    Embeddings, and a head that is one with them, are quantized only with `embeddings`. The copy
    is for use: its parameters take no gradients.
    """
    modules: list[Any] = [module for _, module in model.named_modules()]
    chosen = [module for module in modules if type(module) in (nn.Linear, nn.Embedding)]
    kept = {id(module.gate) for module in modules if isinstance(module, moe.Experts)}
    if not embeddings:
        tables = {id(module.weight) for module in chosen if isinstance(module, nn.Embedding)}
        kept |= {id(module) for module in chosen if id(module.weight) in tables}
    chosen = [module for module in chosen if id(module) not in kept]
    # Weights that are one, as those of a tied head and its embedding, stay one.
    numbers = {id(module.weight): quantize(module.weight.data) for module in chosen}
    copies: dict[int, Any] = {}  # what stands in the copy for the parts of the model, by id
    for module in modules:
        for value in vars(module).values():
            if isinstance(value, Tensor) and id(value) not in numbers:
                copies.setdefault(id(value), _plain_copy(value))
    copies |= {id(module): _quantized(module, *numbers[id(module.weight)]) for module in chosen}
    return copy.deepcopy(model, copies)


def _quantized(module: Any, values: Array, scales: Array) -> nn.Module:
    if isinstance(module, nn.Embedding):
        return QuantizedEmbedding(values, scales)
    return QuantizedLinear(values, scales, None if module.bias is None else module.bias.data.copy())


def _plain_copy(value: Tensor) -> Tensor:
    """A copy without gradient and history."""
    fresh = nn.Parameter(value.data.copy()) if isinstance(value, nn.Parameter) else value.detach()
    fresh.requires_grad = False
    return fresh


def weight_bytes(model: nn.Module) -> int:
    """Count the bytes that a model's weights take, quantized or not; shared ones count once."""
    arrays = [parameter.data for parameter in model.parameters()]
    for _, part in model.named_modules():
        if isinstance(part, QuantizedLinear | QuantizedEmbedding):
            arrays += [array for array in vars(part).values() if isinstance(array, np.ndarray)]
    return sum({id(array): array.nbytes for array in arrays}.values())
