"""Models here and in Transformers, with the same weights: the same logits, gradients, losses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from minitorch import attention, fused, moe, rotary
from minitorch.checkpoint import from_pretrained
from minitorch.tensor import Tensor
from minitorch.transformer import CausalLM
from tests.minitorch.huggingface import (
    SHAPES,
    VOCABULARY,
    honest_float64,
    some_ids,
    some_padding,
    their_gradients,
    their_logits,
    theirs,
)


def ours(model: Any, folder: Path, dtype: Any = np.float32) -> CausalLM:
    """The same model here, by way of its files."""
    model.save_pretrained(folder)
    return from_pretrained(folder, dtype)


def largest_difference(a: np.ndarray, b: np.ndarray, real: np.ndarray | None = None) -> float:
    gap = np.abs(a - b)
    return float((gap if real is None else gap[real.astype(bool)]).max())


# -- logits -------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("padded", [False, True])
def test_logits_are_equal_in_float32(shape: str, padded: bool, tmp_path: Path) -> None:
    model = theirs(seed=len(shape), **SHAPES[shape])
    ids, real = some_ids(), some_padding() if padded else None
    expected = their_logits(model, ids, real)
    assert expected.std() > 0.1
    computed = ours(model, tmp_path)(ids, real)
    assert computed.dtype == np.float32
    assert largest_difference(computed.data, expected, real) < 1e-5


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("padded", [False, True])
def test_logits_are_equal_in_float64(shape: str, padded: bool, tmp_path: Path) -> None:
    with honest_float64():
        model = theirs(seed=1 + len(shape), dtype=torch.float64, std=0.3, **SHAPES[shape])
        ids, real = some_ids(), some_padding() if padded else None
        expected = their_logits(model, ids, real)
    assert expected.std() > 0.5
    computed = ours(model, tmp_path, np.float64)(ids, real)
    assert computed.dtype == np.float64
    assert largest_difference(computed.data, expected, real) < 1e-10


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("places", [1, 2, 64])
def test_logits_are_equal_for_any_length(places: int, seed: int, tmp_path: Path) -> None:
    model = theirs(seed, num_key_value_heads=2)
    ids = some_ids(2, places, seed)
    expected = their_logits(model, ids)
    assert largest_difference(ours(model, tmp_path)(ids).data, expected) < 1e-5


@pytest.mark.parametrize("seed", range(6))
def test_large_weights_are_rounded_no_worse_than_by_transformers(seed: int, tmp_path: Path) -> None:
    """With weights of 0.2 and 64 places the two float32 results may differ by more than 1e-5.

    Rounding grows from layer to layer then, in both. So each is compared with float64.
    """
    model = theirs(seed, std=0.2, num_key_value_heads=2)
    ids = some_ids(2, 64, seed)
    rounded = their_logits(model, ids)
    mine = ours(model, tmp_path)(ids).data
    exact = from_pretrained(tmp_path, np.float64)(ids).data
    assert largest_difference(mine, exact) < 2 * largest_difference(rounded, exact)


# -- gradients ----------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("padded", [False, True])
def test_loss_and_gradients_are_equal(shape: str, padded: bool, tmp_path: Path) -> None:
    """With targets that are left out, and with the routers' loss where there are experts."""
    with honest_float64():
        model = theirs(seed=2 + len(shape), dtype=torch.float64, std=0.2, **SHAPES[shape])
        mine = ours(model, tmp_path, np.float64)
        ids, real, targets = some_ids(), some_padding(), masked_targets()
        options = {"output_router_logits": True} if mine.config.is_sparse else {}
        loss = model(
            torch.tensor(ids),
            attention_mask=torch.tensor(real) if padded else None,
            labels=torch.tensor(ids),
            shift_labels=torch.tensor(targets),
            **options,
        ).loss
        loss.backward()
    my_loss = mine.loss(ids, targets, real if padded else None)
    my_loss.backward()
    assert my_loss.item() == pytest.approx(loss.item(), abs=1e-10)
    expected = their_gradients(model)
    found = {name: parameter.grad for name, parameter in mine.named_parameters()}
    assert found.keys() == expected.keys()
    for name, grad in found.items():
        assert grad is not None, name
        assert np.abs(expected[name]).max() > 1e-4, name
        assert largest_difference(grad, expected[name]) < 1e-10, name


@pytest.mark.parametrize("shape", ["grouped", "experts"])
def test_gradients_are_equal_in_float32(shape: str, tmp_path: Path) -> None:
    model = theirs(seed=3, **SHAPES[shape])
    mine = ours(model, tmp_path)
    ids, targets = some_ids(), masked_targets()
    options = {"output_router_logits": True} if mine.config.is_sparse else {}
    model(
        torch.tensor(ids), labels=torch.tensor(ids), shift_labels=torch.tensor(targets), **options
    ).loss.backward()
    mine.loss(ids, targets).backward()
    expected = their_gradients(model)
    for name, parameter in mine.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.dtype == np.float32, name
        assert largest_difference(parameter.grad, expected[name]) < 1e-5, name


def masked_targets() -> np.ndarray:
    """Targets of which a third do not count, and none of those that stand for padding."""
    rng = np.random.default_rng(9)
    targets = rng.integers(0, VOCABULARY, (3, 17))
    targets[rng.random(targets.shape) < 0.3] = -100
    targets[some_padding() == 0] = -100
    return targets


# -- a wrong implementation does not pass -------------------------------------------------------


def no_scale(q: Tensor, k: Tensor, v: Tensor, mask: Any = None) -> Tensor:
    return attention.plain_attention(q * float(np.sqrt(q.shape[-1])), k, v, mask)


def neighbors_turned(x: np.ndarray, cos: np.ndarray, sin: np.ndarray) -> np.ndarray:
    out = np.empty_like(x)
    out[..., ::2] = x[..., ::2] * cos - x[..., 1::2] * sin
    out[..., 1::2] = x[..., 1::2] * cos + x[..., ::2] * sin
    return out


def turned_backward(x: np.ndarray, cos: np.ndarray, sin: np.ndarray) -> np.ndarray:
    first, second = np.split(x, 2, axis=-1)
    return np.concatenate([first * cos + second * sin, second * cos - first * sin], axis=-1)


def heads_in_turns(x: Tensor, times: int) -> Tensor:
    return Tensor(np.tile(x.data, (1, times, 1, 1)))


def norm_without_weight(x: Tensor, weight: Tensor, eps: float = 1e-6) -> Tensor:
    return RMS_NORM(x, Tensor(np.ones_like(weight.data)), eps)


def norm_without_eps(x: Tensor, weight: Tensor, eps: float = 1e-6) -> Tensor:
    return RMS_NORM(x, weight, 0.0)


def norm_less_its_mean(x: Tensor, weight: Tensor, eps: float = 1e-6) -> Tensor:
    return RMS_NORM(x - x.mean(axis=-1, keepdims=True), weight, eps)


def gates_swapped(gate: Tensor, up: Tensor) -> Tensor:
    return SWIGLU(up, gate)


def worst_experts(scores: np.ndarray, chosen: int) -> np.ndarray:
    return TOP_EXPERTS(-scores, chosen)


def see_everything(queries: int, keys: int, real: Any = None) -> np.ndarray:
    return np.ones((queries, keys), bool)


def slower_angles(positions: np.ndarray, dim: int, theta: float = 1e4) -> np.ndarray:
    return ANGLES(positions, dim, 10000.0)


def angles_from_one(positions: np.ndarray, dim: int, theta: float = 1e4) -> np.ndarray:
    return ANGLES(positions * 1.01, dim, theta)


RMS_NORM, SWIGLU, TOP_EXPERTS = fused.rms_norm, fused.swiglu, moe.top_experts
ANGLES = rotary.rotary_angles


@pytest.mark.parametrize(
    ("module", "name", "wrong"),
    [
        (attention, "attention", no_scale),
        (rotary, "turned", neighbors_turned),
        (rotary, "turned", turned_backward),
        (rotary, "rotary_angles", slower_angles),
        (rotary, "rotary_angles", angles_from_one),
        (attention, "repeat_heads", heads_in_turns),
        (attention, "attention_mask", see_everything),
        (fused, "rms_norm", norm_without_weight),
        (fused, "rms_norm", norm_without_eps),
        (fused, "rms_norm", norm_less_its_mean),
        (fused, "swiglu", gates_swapped),
        (moe, "top_experts", worst_experts),
    ],
)
def test_a_wrong_implementation_has_other_logits(
    module: Any,
    name: str,
    wrong: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = theirs(num_local_experts=4, num_experts_per_tok=2, num_key_value_heads=2)
    mine, ids = ours(model, tmp_path), some_ids()
    expected = their_logits(model, ids)
    assert largest_difference(mine(ids).data, expected) < 1e-5
    monkeypatch.setattr(module, name, wrong)
    assert largest_difference(mine(ids).data, expected) > 1e-3
