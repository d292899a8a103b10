"""Weights in one byte each: half a step of error, a quarter of the memory, nearly as good."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minitorch import fused, nn, quantization
from minitorch.errors import ShapeError
from minitorch.quantization import (
    dequantize,
    quantize,
    quantize_model,
    quantized_product,
)
from minitorch.tensor import Tensor

IDS = np.random.default_rng(0).integers(0, 30, (2, 7))
F32_MAX = float(np.finfo(np.float32).max)
SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=6)


def of_any_size(dtype: Any) -> st.SearchStrategy[np.ndarray]:
    """Matrices of which each row has its own order of magnitude, from 1e-44 to 1e38."""
    width = 32 if dtype == np.float32 else 64
    ordinary = st.floats(-1, 1, width=width)
    any_size = st.floats(-(2.0**127), 2.0**127, width=width)
    return hnp.arrays(dtype, SHAPES, elements=ordinary | any_size | st.just(0.0))


# -- the numbers --------------------------------------------------------------------------------


@given(st.sampled_from([np.float32, np.float64]).flatmap(of_any_size))
def test_no_weight_is_off_by_more_than_half_a_step(weight: np.ndarray) -> None:
    values, scales = quantize(weight)
    assert (values.dtype, scales.dtype) == (np.int8, np.float32)
    assert (values.shape, scales.shape) == (weight.shape, weight.shape[:1])
    back = dequantize(values, scales)
    assert back.dtype == np.float32
    assert np.isfinite(back).all()
    error = np.abs(back.astype(np.float64) - weight)
    half = scales.astype(np.float64)[:, None] / 2
    assert np.all(error <= half * (1 + 1e-4))  # and what float32 rounds off


@given(of_any_size(np.float32))
def test_the_largest_of_a_row_becomes_127_and_signs_stay(weight: np.ndarray) -> None:
    values, _ = quantize(weight)
    assert np.all(np.abs(values.astype(int)) <= 127)
    assert np.all(values * np.sign(weight) >= 0)
    for row, whole in zip(weight, values, strict=True):
        if np.abs(row).max(initial=0) > 1e-35:
            assert abs(int(whole[np.argmax(np.abs(row))])) == 127


@given(of_any_size(np.float32))
def test_what_was_quantized_is_quantized_to_itself(weight: np.ndarray) -> None:
    values, scales = quantize(weight)
    again, _ = quantize(dequantize(values, scales))
    np.testing.assert_array_equal(again, values)


def test_a_small_example() -> None:
    values, scales = quantize(np.array([[0.5, -2.54], [0.0, 0.0], [1.27, 0.634]]))
    np.testing.assert_array_equal(values, [[25, -127], [0, 0], [127, 63]])
    np.testing.assert_allclose(scales[[0, 2]], [0.02, 0.01], rtol=1e-6)


def test_halves_go_to_the_even_number_on_both_sides() -> None:
    values, _ = quantize(np.array([[127, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5]]))
    np.testing.assert_array_equal(values, [[127, 0, 2, 2, 0, -2, -2]])


def test_a_row_of_zeros_comes_back_as_zeros_beside_others() -> None:
    weight = np.array([[0.0, -0.0], [3.0, 1.0]], np.float32)
    values, scales = quantize(weight)
    assert np.all(dequantize(values, scales)[0] == 0)
    assert np.all(scales > 0)


def test_rows_do_not_share_a_scale() -> None:
    back = dequantize(*quantize(np.array([[1e-6, 5e-7], [1e6, 1.0]])))
    np.testing.assert_allclose(back[0], [1e-6, 5e-7], rtol=0.01)


def test_small_rows_have_small_scales() -> None:
    values, _ = quantize(np.array([[1e-34, -2e-35]]))
    np.testing.assert_array_equal(values, [[127, -25]])


def test_the_smallest_numbers_that_there_are_come_back() -> None:
    weight = np.array([[1e-45, 3e-45], [2e-38, -1e-38]], np.float32)
    values, scales = quantize(weight)
    assert np.all(np.abs(dequantize(values, scales) - weight) <= scales[:, None] / 2)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, F32_MAX, 1e300])
def test_what_cannot_be_scaled_is_refused_with_its_place(wrong: float) -> None:
    weight = np.ones((3, 4))
    weight[1, 2] = wrong
    weight[2, 3] = np.nan
    with pytest.raises(ValueError, match=r"^the weight in row 1, column 2 is .*\d") as caught:
        quantize(weight)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("weight", "what"),
    [
        (np.ones(3), r"not float64 of shape \(3,\)"),
        (np.ones((2, 2, 2)), r"\(2, 2, 2\)"),
        (np.ones((2, 2), int), r"not int64 of shape \(2, 2\)"),
    ],
)
def test_what_is_no_matrix_of_floats_is_refused(weight: np.ndarray, what: str) -> None:
    with pytest.raises(ShapeError, match=what):
        quantize(weight)


def test_float16_is_scaled_in_float32() -> None:
    weight = np.array([[6e-8, 60000.0], [6e-8, 3e-7]], np.float16)
    values, scales = quantize(weight)
    error = np.abs(dequantize(values, scales) - weight.astype(np.float32))
    assert np.all(error <= scales[:, None] * 0.5001)


# -- the layer ----------------------------------------------------------------------------------


@pytest.mark.parametrize("block", [1, 7, 24, 100, 1 << 18])
@pytest.mark.parametrize("rows", [0, 1, 5])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_product_in_blocks_is_the_product(
    block: int, rows: int, dtype: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(block)
    values, scales = quantize(rng.standard_normal((11, 8)))
    x = rng.standard_normal((rows, 8)).astype(dtype)
    monkeypatch.setattr(quantization, "BLOCK", block)
    product = quantized_product(x, values, scales)
    assert product.dtype == dtype
    expected = x @ dequantize(values, scales).T
    np.testing.assert_allclose(product, expected, rtol=1e-5, atol=1e-5)


def test_only_a_block_of_weights_is_floats_at_one_time() -> None:
    values, scales = quantize(np.random.default_rng(0).standard_normal((2048, 1024)))
    x = np.ones((1, 1024), np.float32)
    quantized_product(x, values, scales)
    tracemalloc.start()
    try:
        quantized_product(x, values, scales)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.5 * 4 * quantization.BLOCK  # 8 MB would be the whole


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("shape", [(8,), (3, 8), (2, 3, 8), (0, 8)])
def test_a_quantized_layer_is_the_layer_of_its_numbers(bias: bool, shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    layer = nn.Linear(8, 5, bias, rng=rng)
    if bias:
        layer.bias = nn.Parameter(rng.standard_normal(5), np.float32)
    quantized = quantize_model(layer)
    x = Tensor(rng.standard_normal(shape).astype(np.float32))
    weight = Tensor(dequantize(quantized.values, quantized.scales))
    expected = fused.linear(x, weight, layer.bias).data
    out = quantized(x)
    assert (out.shape, out.dtype) == ((*shape[:-1], 5), np.float32)
    np.testing.assert_allclose(out.data, expected, rtol=1e-5, atol=1e-6)
    assert "in_features=8, out_features=5" in repr(quantized)


def test_a_layer_that_is_quantized_keeps_nothing_of_the_old_one() -> None:
    layer = nn.Linear(8, 5, rng=np.random.default_rng(0))
    quantized = quantize_model(layer)
    before = quantized(Tensor(np.ones((1, 8), np.float32))).data
    layer.weight.data[:] = 0
    assert layer.bias is not None
    layer.bias.data[:] = 9
    after = quantized(Tensor(np.ones((1, 8), np.float32))).data
    np.testing.assert_array_equal(before, after)


def test_a_row_of_the_wrong_length_is_refused() -> None:
    layer = quantize_model(nn.Linear(8, 5, rng=np.random.default_rng(0)))
    with pytest.raises(ShapeError, match=r"takes 8 numbers along the last axis.*rows of 7"):
        layer(Tensor(np.ones((2, 7), np.float32)))
