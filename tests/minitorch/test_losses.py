"""Losses equal PyTorch's, their plain twins, and finite differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from minitorch import ShapeError, Tensor, gradcheck, losses


def logits_of(*shape: int, seed: int = 0, dtype: type = np.float64) -> np.ndarray:
    return (3 * np.random.default_rng(seed).normal(size=shape)).astype(dtype)


def in_pytorch(
    logits: np.ndarray, targets: np.ndarray, **options: Any
) -> tuple[np.ndarray, np.ndarray]:
    """PyTorch's loss and gradient; its classes stand on axis 1, ours on the last."""
    theirs = torch.tensor(logits, requires_grad=True)
    rows = theirs.reshape(-1, logits.shape[-1])
    wanted = torch.tensor(targets)
    wanted = wanted.reshape(rows.shape if wanted.is_floating_point() else -1)
    loss = torch.nn.functional.cross_entropy(rows, wanted, **options)
    loss.backward(torch.tensor(0.7, dtype=theirs.dtype))
    return loss.detach().numpy(), theirs.grad.numpy()


SHAPES = [(4, 3), (1, 5), (2, 3, 4), (5,)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("kind", ["ids", "some ignored", "probabilities"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cross_entropy_equals_pytorchs(
    shape: tuple[int, ...], smoothing: float, kind: str, dtype: type
) -> None:
    logits, rng = logits_of(*shape, dtype=dtype), np.random.default_rng(1)
    targets = rng.integers(0, shape[-1], shape[:-1])
    if kind == "probabilities":
        targets = rng.dirichlet(np.ones(shape[-1]), shape[:-1]).astype(dtype)
    if kind == "some ignored" and targets.size > 1:
        targets.flat[1::2] = -100
    ours = Tensor(logits, requires_grad=True)
    loss = losses.cross_entropy(ours, targets, smoothing=smoothing)
    loss.backward(0.7)
    expected, gradient = in_pytorch(logits, targets, label_smoothing=smoothing)
    close = {"rtol": 1e-12, "atol": 1e-14} if dtype is np.float64 else {"rtol": 1e-5, "atol": 1e-6}
    assert loss.shape == ()
    assert loss.dtype == dtype
    assert ours.grad is not None
    assert ours.grad.dtype == dtype
    np.testing.assert_allclose(loss.data, expected, **close)
    np.testing.assert_allclose(ours.grad, gradient, **close)


def test_probabilities_need_not_sum_to_one() -> None:
    logits, wanted = logits_of(4, 3), np.random.default_rng(2).uniform(size=(4, 3))
    ours = Tensor(logits, requires_grad=True)
    loss = losses.cross_entropy(ours, wanted)
    loss.backward(0.7)
    expected, gradient = in_pytorch(logits, wanted)
    np.testing.assert_allclose(loss.data, expected)
    np.testing.assert_allclose(ours.grad, gradient)


def test_another_number_may_mark_what_is_ignored() -> None:
    logits, ids = logits_of(4, 3), np.array([0, 1, 2, 1])
    ours = losses.cross_entropy(Tensor(logits), ids, ignored=1)
    np.testing.assert_allclose(ours.data, in_pytorch(logits, ids, ignore_index=1)[0])


def test_cross_entropy_equals_its_plain_twin() -> None:
    ids = np.array([2, 0, 1, 1])
    one, other = (Tensor(logits_of(4, 3), requires_grad=True) for _ in range(2))
    fused = losses.cross_entropy(one, ids)
    plain = -other.log_softmax()[np.arange(4), ids].mean()
    fused.backward()
    plain.backward()
    np.testing.assert_allclose(fused.data, plain.data)
    np.testing.assert_allclose(one.grad, other.grad)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_cross_entropy_agrees_with_finite_differences(smoothing: float) -> None:
    for targets in (np.array([2, -100, 1, 2]), np.random.default_rng(3).uniform(size=(4, 3))):
        gradcheck.check_gradients(
            lambda x, t=targets: losses.cross_entropy(x, t, smoothing=smoothing), logits_of(4, 3)
        )


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_if_no_row_counts_the_loss_and_its_gradient_are_zero(smoothing: float) -> None:
    ours = Tensor(logits_of(3, 4), requires_grad=True)
    loss = losses.cross_entropy(ours, np.full(3, -100), smoothing=smoothing)
    loss.backward()
    assert loss.item() == 0
    np.testing.assert_array_equal(ours.grad, np.zeros((3, 4)))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_large_logits_do_not_overflow(smoothing: float) -> None:
    ours = Tensor(np.array([[1e4, 0.0, -1e4]], np.float32), requires_grad=True)
    loss = losses.cross_entropy(ours, [2], smoothing=smoothing)
    loss.backward()
    assert np.isfinite(loss.item())
    assert ours.grad is not None
    assert np.isfinite(ours.grad).all()


def test_a_second_pass_through_a_kept_graph_adds_the_same_gradient() -> None:
    ours = Tensor(logits_of(3, 4), requires_grad=True)
    loss = losses.cross_entropy(ours, [0, -100, 3])
    loss.backward(keep_graph=True)
    assert ours.grad is not None
    first = ours.grad.copy()
    loss.backward()
    np.testing.assert_allclose(ours.grad, 2 * first)


def test_targets_are_left_as_they_are() -> None:
    ids, wanted = np.array([0, -100]), np.array([[0.5, 0.5], [1.0, 0.0]])
    for targets in (ids, wanted):
        before = targets.copy()
        ours = Tensor(logits_of(2, 2), requires_grad=True)
        losses.cross_entropy(ours, Tensor(targets), smoothing=0.1).backward()
        np.testing.assert_array_equal(targets, before)


@pytest.mark.parametrize(
    ("targets", "error", "message"),
    [
        ([0, 3], ValueError, "target 3 in row 1: the 3 classes are numbered from 0 to 2"),
        ([0, -1], ValueError, "target -1 in row 1"),
        ([[0], [1]], ShapeError, r"targets are class numbers of shape \(2,\)"),
        ([0, 1, 2], ShapeError, r"targets \(3,\)"),
        ([0.5, 0.5], ShapeError, r"probabilities of shape \(2, 3\)"),
        ([True, False], TypeError, "whole numbers, not bool"),
    ],
)
def test_wrong_targets_are_explained(targets: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        losses.cross_entropy(Tensor(logits_of(2, 3)), np.array(targets))


def test_the_mean_squared_error_equals_pytorchs() -> None:
    a, b = logits_of(4, 3), logits_of(4, 3, seed=1)
    ours, theirs = Tensor(a, requires_grad=True), torch.tensor(a, requires_grad=True)
    loss = losses.mean_squared_error(ours, Tensor(b))
    expected = torch.nn.functional.mse_loss(theirs, torch.tensor(b))
    loss.backward()
    expected.backward()
    np.testing.assert_allclose(loss.data, expected.detach().numpy())
    np.testing.assert_allclose(ours.grad, theirs.grad.numpy())


def test_the_mean_squared_error_refuses_to_broadcast() -> None:
    with pytest.raises(ShapeError, match=r"predictions have shape \(4, 1\), targets \(4,\)"):
        losses.mean_squared_error(Tensor(logits_of(4, 1)), Tensor(logits_of(4)))
