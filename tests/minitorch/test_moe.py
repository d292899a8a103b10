"""Experts compute what the plain mixture computes, and the router's numbers are what they say."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers.models.mixtral.modeling_mixtral import load_balancing_loss_func

from minitorch import Tensor, gradcheck, moe


def experts_of(
    experts: int = 4, chosen: int = 2, width: int = 5, seed: int = 0, dtype: type = np.float64
) -> moe.Experts:
    rng = np.random.default_rng(seed)
    return moe.Experts(width, 6, experts, chosen, rng=rng, std=0.5, dtype=dtype)


def plain_mixture(layer: moe.Experts, x: Tensor) -> Tensor:
    """Every expert computes every row; those that were not chosen are multiplied by zero."""
    rows = x.reshape(-1, x.shape[-1])
    scores = layer.gate(rows)
    order = np.argsort(-scores.data, axis=1, kind="stable")[:, : layer.chosen]
    allowed = np.zeros(scores.shape, bool)
    np.put_along_axis(allowed, order, True, axis=1)
    exps = scores.exp() * allowed.astype(float)
    shares = exps / exps.sum(axis=1, keepdims=True)
    total = sum(
        (
            expert(rows) * shares[:, number].reshape(-1, 1)
            for number, expert in enumerate(layer.experts)
        ),
        Tensor(np.zeros(rows.shape)),
    )
    return total.reshape(*x.shape)


def test_the_best_come_first_and_of_equals_the_lower_number() -> None:
    scores = np.array([[0.1, 0.9, 0.5], [0.3, 0.3, 0.3], [-1.0, -3.0, -2.0], [0.0, 1.0, 1.0]])
    assert moe.top_experts(scores, 2).tolist() == [[1, 2], [0, 1], [0, 2], [1, 2]]
    assert moe.top_experts(scores, 3).tolist() == [[1, 2, 0], [0, 1, 2], [0, 2, 1], [1, 2, 0]]


@given(
    rows=st.integers(0, 6),
    experts=st.integers(1, 6),
    chosen=st.integers(1, 6),
    seed=st.integers(0, 99),
)
@settings(max_examples=50, deadline=None, derandomize=True)
def test_the_chosen_are_those_of_torch_topk(
    rows: int, experts: int, chosen: int, seed: int
) -> None:
    chosen = min(chosen, experts)
    scores = np.random.default_rng(seed).normal(size=(rows, experts))
    expected = torch.topk(torch.tensor(scores), chosen, dim=1).indices.numpy()
    np.testing.assert_array_equal(moe.top_experts(scores, chosen), expected)


def test_rows_that_were_taken_are_put_back() -> None:
    x = np.random.default_rng(0).normal(size=(6, 3))
    places = [np.array([4, 1]), np.array([], int), np.array([0, 2, 3, 5])]
    pieces = [moe.take_rows(Tensor(x), rows) for rows in places]
    np.testing.assert_array_equal(moe.put_rows(pieces, places, 6).data, x)


def test_a_row_of_two_pieces_is_their_sum_and_one_of_none_is_zero() -> None:
    pieces = [Tensor([[1.0, 2.0]]), Tensor([[10.0, 20.0], [5.0, 5.0]])]
    out = moe.put_rows(pieces, [np.array([2]), np.array([2, 0])], 4)
    np.testing.assert_array_equal(out.data, [[5, 5], [0, 0], [11, 22], [0, 0]])


def test_taking_and_putting_agree_with_finite_differences() -> None:
    rng = np.random.default_rng(1)
    rows = np.array([3, 0, 4])
    gradcheck.check_gradients(lambda x: moe.take_rows(x, rows), rng.normal(size=(5, 2)))
    places = [np.array([1, 4]), np.array([4, 0, 2])]
    gradcheck.check_gradients(
        lambda a, b: moe.put_rows([a, b], places, 5),
        rng.normal(size=(2, 3)),
        rng.normal(size=(3, 3)),
    )


@pytest.mark.parametrize(("experts", "chosen"), [(4, 2), (4, 1), (3, 3), (1, 1), (8, 2)])
@pytest.mark.parametrize("shape", [(7, 5), (2, 3, 5), (1, 1, 5)])
def test_experts_equal_the_plain_mixture(experts: int, chosen: int, shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(2)
    array, g = rng.normal(size=shape), rng.normal(size=shape)
    results = []
    for function in (moe.Experts.forward, plain_mixture):
        layer = experts_of(experts, chosen)
        x = Tensor(array, requires_grad=True)
        out = function(layer, x)
        out.backward(g)
        grads = {
            name: np.zeros(p.shape) if p.grad is None else p.grad
            for name, p in layer.named_parameters()
        }
        results.append({"out": out.data, "x": x.grad, **grads})
    for name, value in results[0].items():
        np.testing.assert_allclose(value, results[1][name], atol=1e-12, err_msg=name)


def test_experts_stay_float32() -> None:
    layer = experts_of(dtype=np.float32)
    x = Tensor(np.random.default_rng(3).normal(size=(6, 5)).astype(np.float32), requires_grad=True)
    out = layer(x)
    out.backward(np.ones((6, 5), np.float32))
    assert {out.dtype, layer.scores.dtype, layer.shares.dtype} == {np.dtype(np.float32)}
    assert x.grad is not None
    assert x.grad.dtype == np.float32


def test_an_expert_computes_only_the_rows_that_chose_it(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = experts_of(4, 2)
    seen: list[int] = []
    forward = moe.Expert.forward

    def counting(self: moe.Expert, x: Tensor) -> Tensor:
        seen.append(len(x))
        return forward(self, x)

    monkeypatch.setattr(moe.Expert, "forward", counting)
    layer(Tensor(np.random.default_rng(4).normal(size=(9, 5))))
    assert sum(seen) == 9 * 2
    assert seen == np.bincount(layer.choices.reshape(-1), minlength=4).tolist()


def test_after_a_call_the_router_can_be_read() -> None:
    layer = experts_of(4, 3)
    x = np.random.default_rng(5).normal(size=(2, 3, 5))
    layer(Tensor(x))
    scores = x.reshape(-1, 5) @ layer.gate.weight.data.T
    np.testing.assert_allclose(layer.scores.data, scores)
    np.testing.assert_array_equal(layer.choices, moe.top_experts(scores, 3))
    chosen = np.exp(np.take_along_axis(scores, layer.choices, axis=1))
    np.testing.assert_allclose(layer.shares, chosen / chosen.sum(axis=1, keepdims=True))


@pytest.mark.parametrize("chosen", [1, 2, 3])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("masked", [False, True])
def test_the_balance_equals_mixtrals(chosen: int, layers: int, masked: bool) -> None:
    rng = np.random.default_rng(6)
    arrays = [2 * rng.normal(size=(8, 5)).astype(np.float32) for _ in range(layers)]
    real = np.array([[1, 1, 1, 0], [1, 1, 0, 0]]) if masked else None
    ours = [Tensor(array, requires_grad=True) for array in arrays]
    loss = moe.load_balancing_loss(ours, chosen, real)
    loss.backward()
    theirs = [torch.tensor(array, requires_grad=True) for array in arrays]
    expected = load_balancing_loss_func(
        tuple(theirs), 5, chosen, None if real is None else torch.tensor(real)
    )
    expected.backward()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    for own, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(own.grad, other.grad.numpy(), atol=1e-6)


def test_the_balance_is_the_number_chosen_when_all_are_used_alike() -> None:
    scores = Tensor(100.0 * np.eye(4)[[0, 1, 2, 3]])
    assert moe.load_balancing_loss([scores], 1).item() == pytest.approx(1)
    one = Tensor(100.0 * np.eye(4)[[2, 2, 2, 2]])
    assert moe.load_balancing_loss([one], 1).item() == pytest.approx(4)


def test_usage_is_a_share_of_all_choices() -> None:
    choices = np.array([[0, 2], [2, 1], [2, 0]])
    np.testing.assert_allclose(moe.usage(choices, 4), [2 / 6, 1 / 6, 3 / 6, 0])
    np.testing.assert_array_equal(moe.usage(np.zeros((0, 2), int), 3), [0, 0, 0])


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_the_experts_in_use_are_between_one_and_those_that_were_chosen(chosen: list[int]) -> None:
    count = moe.experts_in_use(moe.usage(np.array(chosen), 6))
    assert 1 - 1e-12 <= count <= len(set(chosen)) + 1e-12


def test_experts_used_evenly_are_counted_whole() -> None:
    assert moe.experts_in_use(np.array([0.25, 0.25, 0.25, 0.25, 0.0])) == pytest.approx(4)
    assert moe.experts_in_use(np.array([0.0, 1.0])) == pytest.approx(1)


def test_choices_are_counted_by_token_repeats_and_all() -> None:
    choices = np.array([[0, 1], [0, 1], [2, 0], [1, 2]])
    ids = np.array([[3, 3], [3, 0]])
    counts = moe.choices_by_token(choices, ids, vocabulary=5, experts=3)
    assert counts.tolist() == [[0, 1, 1], [0, 0, 0], [0, 0, 0], [3, 2, 1], [0, 0, 0]]
    assert counts.sum() == choices.size
