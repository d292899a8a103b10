"""Rotary positions: the angles and turns of Hugging Face's LLaMA, and what they are for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import LlamaConfig
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding, apply_rotary_pos_emb

from minitorch import Tensor, rotary
from minitorch.gradcheck import check_gradients
from tests.minitorch.draws import LAYOUTS, in_layout


def normal(seed: int, *shape: int, dtype: Any = np.float64) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


@pytest.mark.parametrize("dim", [2, 6, 64])
@pytest.mark.parametrize("theta", [10000.0, 500000.0, 100])
def test_the_cosines_and_sines_are_those_of_llama(dim: int, theta: float) -> None:
    config = LlamaConfig(hidden_size=2 * dim, num_attention_heads=2, head_dim=dim)
    config.rope_parameters = {"rope_type": "default", "rope_theta": theta}
    positions = np.arange(50)
    theirs = LlamaRotaryEmbedding(config)(torch.zeros(1), torch.tensor(positions)[None])
    ours = rotary.rotary_turns(positions, dim, theta, np.float32)
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.dtype == np.float32
        assert mine.shape == (50, dim // 2)
        expected = other[0].numpy()
        np.testing.assert_allclose(np.concatenate([mine, mine], axis=-1), expected, atol=1e-5)


def test_angles_are_exact_far_from_the_beginning() -> None:
    angles = rotary.rotary_angles(np.array([1_000_000]), 4, 10000.0)
    assert angles.dtype == np.float64
    np.testing.assert_allclose(angles, [[1_000_000, 10_000]], rtol=1e-15)


@pytest.mark.parametrize("shape", [(), (3,), (2, 5), (0,)])
def test_positions_may_have_any_shape(shape: tuple[int, ...]) -> None:
    positions = np.random.default_rng(0).integers(0, 100, shape)
    angles = rotary.rotary_angles(positions, 6)
    assert angles.shape == (*shape, 3)
    for place in np.ndindex(shape):
        expected = positions[place] * 10000.0 ** (-np.array([0, 2, 4]) / 6)
        np.testing.assert_allclose(angles[place], expected)


@given(
    leading=st.lists(st.integers(1, 3), max_size=2),
    places=st.integers(0, 4),
    half=st.integers(1, 4),
    dtype=st.sampled_from([np.float32, np.float64]),
    layout=st.sampled_from(LAYOUTS),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=80, deadline=None, derandomize=True)
def test_vectors_are_turned_as_llama_turns_them(
    leading: list[int], places: int, half: int, dtype: Any, layout: str, seed: int
) -> None:
    x = in_layout(normal(seed, *leading, places, 2 * half, dtype=dtype), layout)
    g = normal(seed + 1, *x.shape, dtype=dtype)
    kept = x.copy()
    cos, sin = rotary.rotary_turns(np.arange(places), 2 * half, 100.0, dtype)
    mine = Tensor(x, requires_grad=True)
    out = rotary.rotate(mine, cos, sin)
    theirs = torch.tensor(x.copy(), requires_grad=True)
    pair = [torch.tensor(np.concatenate([part, part], axis=-1)) for part in (cos, sin)]
    their_x = theirs[(None,) * (3 - len(leading))]  # batch and heads in front, at least
    expected = apply_rotary_pos_emb(their_x, their_x, *pair, unsqueeze_dim=0)[0].reshape(x.shape)
    out.backward(g)
    expected.backward(torch.tensor(g))
    assert theirs.grad is not None
    assert mine.grad is not None
    assert out.dtype == mine.grad.dtype == dtype
    fine = 1e-5 if dtype is np.float32 else 1e-12
    np.testing.assert_allclose(out.data, expected.detach().numpy(), atol=fine)
    np.testing.assert_allclose(mine.grad, theirs.grad.numpy(), atol=fine)
    np.testing.assert_array_equal(x, kept)


def test_gradients_are_the_slopes_that_finite_differences_measure() -> None:
    cos, sin = rotary.rotary_turns(np.arange(4), 6, 100.0, np.float64)
    check_gradients(lambda x: rotary.rotate(x, cos, sin), normal(0, 2, 3, 4, 6))


def test_each_row_of_a_batch_may_have_positions_of_its_own() -> None:
    x = normal(1, 2, 3, 4, 6)
    positions = np.array([[0, 0, 1, 2], [0, 1, 2, 3]])
    cos, sin = rotary.rotary_turns(positions[:, None], 6, 100.0, np.float64)
    out = rotary.turned(x, cos, sin)
    for row in range(2):
        alone = rotary.rotary_turns(positions[row], 6, 100.0, np.float64)
        np.testing.assert_array_equal(out[row], rotary.turned(x[row], *alone))


def test_turns_in_float64_leave_float32_alone() -> None:
    x = Tensor(normal(2, 3, 4, dtype=np.float32), requires_grad=True)
    out = rotary.rotate(x, *rotary.rotary_turns(np.arange(3), 4, 100.0, np.float64))
    out.backward(np.ones((3, 4)))
    assert x.grad is not None
    assert out.dtype == x.grad.dtype == np.float32


@given(seed=st.integers(0, 1000), first=st.integers(0, 50), second=st.integers(0, 50))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_a_product_of_two_turned_vectors_depends_on_their_distance_alone(
    seed: int, first: int, second: int
) -> None:
    q, k = normal(seed, 1, 8), normal(seed + 1, 1, 8)

    def product(at: int, other: int) -> float:
        turns = [rotary.rotary_turns([place], 8, 100.0, np.float64) for place in (at, other)]
        return (rotary.turned(q, *turns[0]) * rotary.turned(k, *turns[1])).sum()

    np.testing.assert_allclose(product(first, second), product(first + 7, second + 7), atol=1e-9)


def test_a_turn_keeps_lengths_and_is_undone_by_the_opposite_turn() -> None:
    x = normal(3, 5, 8)
    cos, sin = rotary.rotary_turns(np.arange(5), 8, 100.0, np.float64)
    there = rotary.turned(x, cos, sin)
    np.testing.assert_allclose(np.linalg.norm(there, axis=-1), np.linalg.norm(x, axis=-1))
    np.testing.assert_allclose(rotary.turned(there, cos, -sin), x, atol=1e-12)
    np.testing.assert_array_equal(there[0], x[0])  # the first place is not turned
