"""Fused operations equal their plain twins, PyTorch, and finite differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from minitorch import Tensor, fused, gradcheck


def arrays(seed: int, *shapes: tuple[int, ...], dtype: type = np.float64) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape).astype(dtype) for shape in shapes]


def plain_linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    out = x @ weight.T
    return out if bias is None else out + bias


LEADING = [(4,), (2, 3), (), (0,), (2, 1, 3)]


@pytest.mark.parametrize("leading", LEADING)
@pytest.mark.parametrize("has_bias", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_linear_equals_its_plain_twin_and_pytorch(
    leading: tuple[int, ...], has_bias: bool, dtype: type
) -> None:
    x, weight, bias, g = arrays(0, (*leading, 5), (3, 5), (3,), (*leading, 3), dtype=dtype)
    inputs = [x, weight, bias][: 2 + has_bias]
    results = []
    for function in (fused.linear, plain_linear):
        tensors = [Tensor(array, requires_grad=True) for array in inputs]
        out = function(*tensors)
        out.backward(g)
        results.append([out.data, *(tensor.grad for tensor in tensors)])
    theirs = [torch.tensor(array, requires_grad=True) for array in inputs]
    expected = torch.nn.functional.linear(*theirs)
    expected.backward(torch.tensor(g))
    results.append([expected.detach().numpy(), *(tensor.grad.numpy() for tensor in theirs)])
    fine = 1e-12 if dtype is np.float64 else 1e-5
    for ours, twin, torchs in zip(*results, strict=True):
        assert ours.dtype == dtype
        np.testing.assert_allclose(ours, twin, atol=fine)
        np.testing.assert_allclose(ours, torchs, atol=fine)


@pytest.mark.parametrize("leading", [(4,), (2, 3), ()])
def test_linear_agrees_with_finite_differences(leading: tuple[int, ...]) -> None:
    x, weight, bias = arrays(1, (*leading, 5), (3, 5), (3,))
    gradcheck.check_gradients(fused.linear, x, weight, bias)
    gradcheck.check_gradients(fused.linear, x, weight)


def test_linear_takes_views() -> None:
    x, weight, g = arrays(2, (5, 4), (5, 3), (4, 3))
    views = [Tensor(x.T, requires_grad=True), Tensor(weight.T, requires_grad=True)]
    fused.linear(*views).backward(g)
    np.testing.assert_allclose(views[0].grad, g @ weight.T)
    np.testing.assert_allclose(views[1].grad, g.T @ x.T)


def test_linear_computes_no_gradient_that_nobody_wants() -> None:
    x, weight, bias, g = arrays(3, (4, 5), (3, 5), (3,), (4, 3))
    for wanted in ([True, False, False], [False, True, False], [False, False, True]):
        tensors = [Tensor(a, requires_grad=w) for a, w in zip([x, weight, bias], wanted)]
        rule = fused.linear(*tensors).rule
        assert rule is not None
        assert [part is not None for part in rule(g)] == wanted


@given(
    rows=st.integers(1, 6),
    width=st.integers(1, 4),
    ids=st.lists(st.integers(0, 5), max_size=12),
    seed=st.integers(0, 1000),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_rows_are_summed_as_np_add_at_sums_them(
    rows: int, width: int, ids: list[int], seed: int
) -> None:
    picked = np.array([i % rows for i in ids], dtype=np.int64)
    (values,) = arrays(seed, (len(picked), width))
    expected = np.zeros((rows, width))
    np.add.at(expected, picked, values)
    np.testing.assert_allclose(fused.sum_by_id(values, picked, rows), expected, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32])
def test_rows_are_summed_by_ids_of_a_small_type(dtype: type) -> None:
    (values,) = arrays(1, (3, 700))  # 200 * 700 is more than 16 bits hold
    ids = np.array([200, 7, 200], dtype)
    total = fused.sum_by_id(values, ids, 201)
    np.testing.assert_allclose(total[[7, 200]], [values[1], values[0] + values[2]])
    assert np.count_nonzero(total.any(axis=1)) == 2


@pytest.mark.parametrize("shape", [(6,), (2, 3), (), (0,), (2, 0)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_embedding_equals_looking_rows_up_and_pytorch(
    shape: tuple[int, ...], dtype: type
) -> None:
    weight, g = arrays(4, (5, 3), (*shape, 3), dtype=dtype)
    ids = np.random.default_rng(4).integers(0, 3, shape)  # some rows often, others never
    ours, twin = Tensor(weight, requires_grad=True), Tensor(weight, requires_grad=True)
    out = fused.embedding(ours, ids)
    out.backward(g)
    twin[ids].backward(g)
    theirs = torch.tensor(weight, requires_grad=True)
    torch.nn.functional.embedding(torch.tensor(ids), theirs).backward(torch.tensor(g))
    np.testing.assert_array_equal(out.data, weight[ids])
    assert ours.grad is not None
    assert ours.grad.dtype == dtype
    np.testing.assert_allclose(ours.grad, twin.grad, atol=1e-6)
    np.testing.assert_allclose(ours.grad, theirs.grad.numpy(), atol=1e-6)


def test_an_embedding_agrees_with_finite_differences() -> None:
    (weight,) = arrays(5, (4, 3))
    ids = np.array([[0, 2, 0], [3, 0, 2]])
    gradcheck.check_gradients(lambda weight: fused.embedding(weight, ids), weight)


# -- the transformer's norm and gate ------------------------------------------------------------


def plain_rms_norm(x: Tensor, weight: Tensor, eps: float = 1e-6) -> Tensor:
    return x / ((x * x).mean(axis=-1, keepdims=True) + eps).sqrt() * weight


def plain_swiglu(gate: Tensor, up: Tensor) -> Tensor:
    return gate / ((-gate).exp() + 1) * up


def torchs_rms_norm(x: torch.Tensor, weight: torch.Tensor, eps: float = 1e-6) -> torch.Tensor:
    return torch.nn.functional.rms_norm(x, weight.shape, weight, eps)


def torchs_swiglu(gate: torch.Tensor, up: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.silu(gate) * up


SHAPED = {
    "rms_norm": (fused.rms_norm, plain_rms_norm, torchs_rms_norm, lambda s: [s, s[-1:]]),
    "swiglu": (fused.swiglu, plain_swiglu, torchs_swiglu, lambda s: [s, s]),
}


@pytest.mark.parametrize("name", SHAPED)
@pytest.mark.parametrize(
    "shape", [(4, 5), (2, 3, 5), (5,), (1, 1), (0, 5), (3, 0, 5), (2, 1, 3, 4)]
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_norm_and_gate_equal_their_plain_twins_and_pytorch(
    name: str, shape: tuple[int, ...], dtype: type
) -> None:
    function, plain, torchs, shapes = SHAPED[name]
    *inputs, g = arrays(6, *shapes(shape), shape, dtype=dtype)
    results = []
    for ours in (function, plain):
        tensors = [Tensor(array, requires_grad=True) for array in inputs]
        out = ours(*tensors)
        out.backward(g)
        results.append([out.data, *(tensor.grad for tensor in tensors)])
    theirs = [torch.tensor(array, requires_grad=True) for array in inputs]
    expected = torchs(*theirs)
    expected.backward(torch.tensor(g))
    results.append([expected.detach().numpy(), *(tensor.grad.numpy() for tensor in theirs)])
    fine = 1e-12 if dtype is np.float64 else 1e-5
    for own, twin, torch_result in zip(*results, strict=True):
        assert own.dtype == dtype
        assert own.shape == torch_result.shape
        np.testing.assert_allclose(own, twin, atol=fine)
        np.testing.assert_allclose(own, torch_result, atol=fine)


@pytest.mark.parametrize("name", SHAPED)
@given(
    leading=st.lists(st.integers(1, 3), max_size=3), width=st.integers(1, 5), seed=st.integers(0)
)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_norm_and_gate_agree_with_finite_differences(
    name: str, leading: list[int], width: int, seed: int
) -> None:
    function, _, _, shapes = SHAPED[name]
    inputs = arrays(seed % 2**32, *shapes((*leading, width)))
    gradcheck.check_gradients(function, *inputs, tolerance=1e-5)


@pytest.mark.parametrize("name", SHAPED)
def test_norm_and_gate_take_views_and_change_nothing(name: str) -> None:
    function, plain, _, shapes = SHAPED[name]
    first, second, g = (a.T for a in arrays(7, *(s[::-1] for s in [*shapes((4, 6)), (4, 6)])))
    kept = [first.copy(), second.copy(), g.copy()]
    results = []
    for ours in (function, plain):
        tensors = [Tensor(first, requires_grad=True), Tensor(second, requires_grad=True)]
        out = ours(*tensors)
        out.backward(g)
        results.append([out.data, *(tensor.grad for tensor in tensors)])
    for own, twin in zip(*results, strict=True):
        np.testing.assert_allclose(own, twin, atol=1e-12)
    for now, before in zip([first, second, g], kept, strict=True):
        np.testing.assert_array_equal(now, before)


@pytest.mark.parametrize("name", SHAPED)
def test_the_rules_of_norm_and_gate_may_be_called_twice(name: str) -> None:
    function, _, _, shapes = SHAPED[name]
    *inputs, g = arrays(8, *shapes((3, 4)), (3, 4))
    rule = function(*(Tensor(array, requires_grad=True) for array in inputs)).rule
    assert rule is not None
    once = [np.array(part) for part in rule(g)]
    for first, second in zip(once, rule(g), strict=True):
        np.testing.assert_array_equal(first, second)


def test_the_norm_divides_by_the_root_mean_square_and_eps_keeps_zeros_finite() -> None:
    x, weight = np.array([[3.0, 4.0], [0.0, 0.0]]), np.array([1.0, 10.0])
    out = fused.rms_norm(Tensor(x), Tensor(weight))
    np.testing.assert_allclose(
        out.data, [[3 / np.sqrt(12.5), 40 / np.sqrt(12.5)], [0, 0]], rtol=1e-6
    )


def test_eps_is_added_to_the_mean_of_the_squares() -> None:
    out = fused.rms_norm(Tensor(np.array([[3.0, 4.0]])), Tensor(np.ones(2)), eps=12.5)
    np.testing.assert_allclose(out.data, [[0.6, 0.8]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_gate_is_finite_far_from_zero(dtype: type) -> None:
    far = np.array([-1e4, -90.0, 90.0, 1e4], dtype)
    gate, up = Tensor(far, requires_grad=True), Tensor(np.ones(4, dtype), requires_grad=True)
    with np.errstate(all="raise", under="ignore"):
        out = fused.swiglu(gate, up)
        out.backward(np.ones(4, dtype))
    np.testing.assert_allclose(out.data, [0, 0, 90, 1e4], atol=1e-6)
    np.testing.assert_allclose(gate.grad, [0, 0, 1, 1], atol=1e-6)
