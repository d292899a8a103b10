"""One step of training: accumulation, clipping, decay groups, divergence."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from minitorch import nn, optim, training
from minitorch.config import Config
from minitorch.data import IGNORED, Batch
from minitorch.transformer import CausalLM

SHAPE = {"hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 2}


def model(dtype: type = np.float64, seed: int = 0) -> CausalLM:
    rng = np.random.default_rng(seed)
    config = Config(17, num_attention_heads=2, initializer_range=0.3, **SHAPE)
    return CausalLM(config, rng=rng, dtype=dtype)


def batch(rows: int, learned: float, seed: int = 0) -> Batch:
    rng = np.random.default_rng(seed)
    ids = rng.integers(0, 17, (rows, 6))
    targets = np.where(rng.random((rows, 6)) < learned, ids, IGNORED)
    return Batch(rng.integers(0, 17, (rows, 6)), targets, np.ones_like(ids))


def joined(batches: list[Batch]) -> Batch:
    return Batch(
        np.concatenate([b.inputs for b in batches]),
        np.concatenate([b.targets for b in batches]),
        np.concatenate([b.segments for b in batches]),
    )


@pytest.mark.parametrize(
    "parts",
    [
        [(3, 1.0), (3, 1.0)],
        [(2, 0.9), (1, 0.1), (4, 0.4)],
        [(2, 0.0), (3, 0.5)],  # nothing to learn in the first
        [(4, 0.6)],
    ],
)
@pytest.mark.parametrize(("dtype", "close"), [(np.float64, 1e-12), (np.float32, 1e-5)])
def test_small_batches_add_up_to_the_gradient_of_the_large_one(
    parts: list[tuple[int, float]], dtype: type, close: float
) -> None:
    batches = [batch(rows, learned, seed) for seed, (rows, learned) in enumerate(parts)]
    whole = joined(batches)
    one, other = model(dtype), model(dtype)
    loss = one.loss(whole.inputs, whole.targets)
    loss.backward()
    accumulated = training.accumulate(other, batches)
    assert accumulated == pytest.approx(loss.item(), rel=close)
    for ours, theirs in zip(other.parameters(), one.parameters()):
        assert ours.grad is not None
        assert ours.grad.dtype == dtype
        np.testing.assert_allclose(ours.grad, theirs.grad, rtol=close, atol=close)


def test_accumulated_gradients_are_added_to_what_is_there() -> None:
    once, twice = model(), model()
    batches = [batch(3, 0.5)]
    training.accumulate(once, batches)
    for _ in range(2):
        training.accumulate(twice, batches)
    for one, two in zip(once.parameters(), twice.parameters()):
        np.testing.assert_allclose(two.grad, 2 * one.grad, rtol=1e-12)


def test_with_nothing_to_learn_the_loss_is_0_and_nothing_moves() -> None:
    one = model()
    assert training.accumulate(one, [batch(2, 0.0)]) == 0
    assert all(parameter.grad is None for parameter in one.parameters())


def test_a_step_is_clipping_and_then_adamw() -> None:
    one = model()
    optimizer = optim.AdamW(training.decay_groups(one, 0.1), betas=(0.9, 0.95))
    twins = {name: torch.nn.Parameter(torch.tensor(p.data)) for name, p in one.named_parameters()}
    groups = [
        {"params": [p for p in twins.values() if p.ndim == 2]},
        {"params": [p for p in twins.values() if p.ndim == 1], "weight_decay": 0.0},
    ]
    reference = torch.optim.AdamW(groups, betas=(0.9, 0.95), weight_decay=0.1)
    for number in range(5):
        batches = [batch(2, 0.5, number), batch(3, 0.9, number + 50)]
        whole, fresh = joined(batches), model()
        fresh.load_state_dict(one.state_dict())
        expected = fresh.loss(whole.inputs, whole.targets)
        expected.backward()
        for name, parameter in fresh.named_parameters():
            twins[name].grad = torch.tensor(parameter.grad)
        expected_norm = torch.nn.utils.clip_grad_norm_(twins.values(), 0.5)
        for group in reference.param_groups:
            group["lr"] = 0.01 / (number + 1)
        reference.step()

        loss, norm = training.take_step(one, optimizer, batches, 0.01 / (number + 1), clip=0.5)
        assert loss == pytest.approx(expected.item(), rel=1e-12)
        assert norm == pytest.approx(float(expected_norm), rel=1e-12)
        assert norm > 0.5, "or clipping is not tested"
        for name, parameter in one.named_parameters():
            np.testing.assert_allclose(parameter.data, twins[name].detach().numpy(), rtol=1e-9)


def test_gradients_of_the_step_before_do_not_count() -> None:
    results = []
    for leftover in (None, 7.0):
        one = model()
        for parameter in one.parameters():
            parameter.grad = None if leftover is None else np.full(parameter.shape, leftover)
        training.take_step(one, optim.AdamW(one.parameters()), [batch(2, 0.5)], 0.01)
        results.append(one.state_dict())
    for name, array in results[0].items():
        np.testing.assert_array_equal(array, results[1][name])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_loss_that_is_no_number_moves_nothing() -> None:
    one = model()
    optimizer = optim.AdamW(one.parameters())
    training.take_step(one, optimizer, [batch(2, 0.5)], 0.01)
    weights, remembered = one.state_dict(), optimizer.state_dict()
    norm_weight = one.model.norm.weight.data
    norm_weight[0] = np.nan
    loss, norm = training.take_step(one, optimizer, [batch(2, 0.5)], 0.01)
    assert np.isnan(loss)
    assert np.isnan(norm)
    norm_weight[0] = weights["model.norm.weight"][0]
    for name, array in one.state_dict().items():
        np.testing.assert_array_equal(array, weights[name])
    after = optimizer.state_dict()
    assert after["groups"] == remembered["groups"]
    for number, kept in after["state"].items():
        assert kept["steps"] == 1
        np.testing.assert_array_equal(kept["mean"], remembered["state"][number]["mean"])


def test_matrices_decay_and_nothing_else_does() -> None:
    one = model()
    decaying, others = training.decay_groups(one, 0.3)
    names = {parameter: name for name, parameter in one.named_parameters()}
    assert decaying["weight_decay"] == 0.3
    assert others["weight_decay"] == 0
    assert {names[p].split(".")[-2] for p in others["params"]} == {
        "input_layernorm",
        "post_attention_layernorm",
        "norm",
    }
    assert len(decaying["params"]) + len(others["params"]) == len(names)
    ordered = [names[p] for p in decaying["params"]]
    assert ordered == [name for name in names.values() if name in set(ordered)]


def test_a_group_without_parameters_is_left_out() -> None:
    rng = np.random.default_rng(0)
    [only] = training.decay_groups(nn.Linear(2, 3, bias=False, rng=rng), 0.1)
    assert only["weight_decay"] == 0.1


LOSSES = st.lists(st.floats(-5, 5), max_size=30)


def plain_answer(losses: list[float], window: int, rise: float) -> bool:
    means = [np.mean(losses[i : i + window]) for i in range(len(losses) - window + 1)]
    return bool(means) and means[-1] > min(means) + rise


@given(LOSSES, st.integers(1, 8), st.floats(0.1, 3))
def test_it_has_diverged_if_the_recent_average_is_far_above_the_lowest(
    losses: list[float], window: int, rise: float
) -> None:
    nearby = {plain_answer(losses, window, rise + off) for off in (-1e-9, 1e-9)}
    assert training.has_diverged(losses, window, rise) in nearby


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_last_loss_that_is_not_finite_is_divergence_at_once(bad: float) -> None:
    assert training.has_diverged([bad])
    assert training.has_diverged([2.0] * 50 + [bad])
    assert not training.has_diverged([])
    assert not training.has_diverged([9.0])
