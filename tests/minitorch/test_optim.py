"""Optimizers move as PyTorch's do, in place, without new memory, and go on where they stopped."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from transformers import get_cosine_schedule_with_warmup

from minitorch import Tensor, nn, optim

SHAPES = [(3, 4), (5,), (1,), (2, 2, 3)]
OPTIMIZERS: list[tuple[Callable[..., Any], Callable[..., Any], dict[str, Any]]] = [
    (optim.SGD, torch.optim.SGD, {"lr": 0.1}),
    (optim.SGD, torch.optim.SGD, {"lr": 0.1, "momentum": 0.9}),
    (optim.AdamW, torch.optim.AdamW, {"lr": 0.01}),
    (
        optim.AdamW,
        torch.optim.AdamW,
        {"lr": 0.03, "betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.1},
    ),
]


def parameters(dtype: type = np.float64, seed: int = 0) -> list[nn.Parameter]:
    rng = np.random.default_rng(seed)
    return [nn.Parameter(rng.normal(size=shape).astype(dtype)) for shape in SHAPES]


def gradients(step: int, dtype: type = np.float64) -> list[np.ndarray]:
    rng = np.random.default_rng([7, step])
    return [rng.normal(size=shape).astype(dtype) for shape in SHAPES]


def give(own: list[nn.Parameter], step: int) -> None:
    for parameter, gradient in zip(own, gradients(step, own[0].dtype.type)):
        parameter.grad = gradient


@pytest.mark.parametrize(("ours", "theirs", "options"), OPTIMIZERS)
@pytest.mark.parametrize(("dtype", "close"), [(np.float32, 1e-6), (np.float64, 1e-12)])
def test_100_steps_with_clipping_and_a_schedule_equal_pytorchs(
    ours: Callable[..., Any],
    theirs: Callable[..., Any],
    options: dict[str, Any],
    dtype: type,
    close: float,
) -> None:
    own = parameters(dtype)
    copies = [torch.nn.Parameter(torch.tensor(p.data)) for p in own]
    optimizer, reference = ours(own, **options), theirs(copies, **options)
    schedule = get_cosine_schedule_with_warmup(reference, 10, 100)
    for step in range(100):
        optimizer.set_lr(optim.warmup_cosine(step, options["lr"], 10, 100))
        give(own, step)
        for copy, gradient in zip(copies, gradients(step, dtype)):
            copy.grad = torch.tensor(gradient)
        norm = optim.clip_grad_norm(own, 3.0)
        expected = torch.nn.utils.clip_grad_norm_(copies, 3.0)
        assert norm == pytest.approx(float(expected), rel=1e-6)
        optimizer.step()
        reference.step()
        schedule.step()
    for parameter, copy in zip(own, copies):
        assert parameter.dtype == dtype
        np.testing.assert_allclose(
            parameter.data, copy.detach().numpy(), rtol=close, atol=close, strict=True
        )


@pytest.mark.parametrize(("ours", "theirs", "options"), OPTIMIZERS)
def test_groups_and_missing_gradients_are_treated_as_in_pytorch(
    ours: Callable[..., Any], theirs: Callable[..., Any], options: dict[str, Any]
) -> None:
    own = parameters()
    copies = [torch.nn.Parameter(torch.tensor(p.data)) for p in own]
    special = {"lr": 0.5} if ours is optim.SGD else {"weight_decay": 0.0}
    optimizer = ours([{"params": own[:2]}, {"params": own[2:], **special}], **options)
    reference = theirs([{"params": copies[:2]}, {"params": copies[2:], **special}], **options)
    for step in range(10):
        give(own, step)
        for copy, gradient in zip(copies, gradients(step)):
            copy.grad = torch.tensor(gradient)
        if step < 4:  # nobody used it yet: it neither moves nor decays nor counts steps
            own[1].grad = copies[1].grad = None
        optimizer.step()
        reference.step()
    for parameter, copy in zip(own, copies):
        np.testing.assert_allclose(parameter.data, copy.detach().numpy(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("ours", "theirs", "options"), OPTIMIZERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_saved_state_goes_on_bit_for_bit(
    ours: Callable[..., Any], theirs: Callable[..., Any], options: dict[str, Any], dtype: type
) -> None:
    straight = parameters(dtype)
    optimizer = ours(straight, **options)
    for step in range(20):
        if step == 10:
            saved = optimizer.state_dict()
            weights = [parameter.data.copy() for parameter in straight]
        give(straight, step)
        optimizer.set_lr(0.1 / (step + 1))
        optimizer.step()
    resumed = [nn.Parameter(array) for array in weights]
    other = ours(resumed, **options)
    other.load_state_dict(saved)
    assert [group["lr"] for group in other.groups] == [0.1 / 10]
    for step in range(10, 20):
        give(resumed, step)
        other.set_lr(0.1 / (step + 1))
        other.step()
    for one, another in zip(straight, resumed):
        np.testing.assert_array_equal(one.data, another.data)


@pytest.mark.parametrize(("ours", "theirs", "options"), OPTIMIZERS)
def test_a_step_works_in_place_and_takes_no_new_memory(
    ours: Callable[..., Any], theirs: Callable[..., Any], options: dict[str, Any]
) -> None:
    own = [nn.Parameter(np.ones((500, 500), np.float32)), nn.Parameter(np.ones(7, np.float32))]
    arrays = [parameter.data for parameter in own]
    for parameter in own:
        parameter.grad = np.full(parameter.shape, 0.5, np.float32)
    optimizer = ours(own, **options)
    optimizer.step()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(3):
            optimizer.step()
            optim.clip_grad_norm(own, 0.1)
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert peak < 20_000, "a step made arrays; one of the parameters alone holds 1,000,000 bytes"
    assert all(parameter.data is array for parameter, array in zip(own, arrays))


@pytest.mark.parametrize(("ours", "theirs", "options"), OPTIMIZERS)
def test_gradients_stay_as_they_are(
    ours: Callable[..., Any], theirs: Callable[..., Any], options: dict[str, Any]
) -> None:
    own = parameters()
    optimizer = ours(own, **options)
    for step in range(2):
        give(own, step)
        optimizer.step()
        for parameter, gradient in zip(own, gradients(step)):
            np.testing.assert_array_equal(parameter.grad, gradient)
    optimizer.zero_grad()
    assert all(parameter.grad is None for parameter in own)


def test_a_state_is_a_copy_in_both_directions() -> None:
    own = parameters()
    optimizer = optim.AdamW(own)
    give(own, 0)
    optimizer.step()
    saved = optimizer.state_dict()
    kept = saved["state"][0]["mean"].copy()
    optimizer.load_state_dict(saved)
    give(own, 1)
    optimizer.step()
    np.testing.assert_array_equal(saved["state"][0]["mean"], kept)


def test_a_state_that_does_not_fit_is_refused() -> None:
    own = parameters()
    optimizer = optim.AdamW(own)
    give(own, 0)
    optimizer.step()
    saved = optimizer.state_dict()
    with pytest.raises(ValueError, match=r"groups have \[2\] parameters, the saved \[4\]"):
        optim.AdamW(own[:2]).load_state_dict(saved)
    with pytest.raises(ValueError, match="in another order"):
        optim.AdamW(own[::-1]).load_state_dict(saved)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ([], ValueError, "needs parameters"),
        ([Tensor([1.0])], TypeError, "wants a gradient"),
        ([{"params": parameters(), "rate": 0.1}], ValueError, "no option 'rate'"),
    ],
)
def test_wrong_parameters_are_refused(
    given: list[Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        optim.AdamW(given)


def test_a_parameter_in_two_groups_is_refused() -> None:
    own = parameters()
    with pytest.raises(ValueError, match="given twice"):
        optim.SGD([{"params": own}, {"params": own[:1]}], lr=0.1)


def test_clipping_leaves_short_gradients_alone_and_shortens_long_ones() -> None:
    a, b, unused = parameters()[:3]
    a.grad, b.grad = np.full((3, 4), 0.1), np.full(5, 0.1)
    before = a.grad
    norm = optim.clip_grad_norm([a, b, unused], 1.0)
    assert norm == pytest.approx(np.sqrt(17) * 0.1)
    np.testing.assert_array_equal(a.grad, np.full((3, 4), 0.1))
    assert optim.clip_grad_norm([a, b, unused], 0.2) == norm
    assert a.grad is before
    assert optim.clip_grad_norm([a, b, unused], 1.0) == pytest.approx(0.2, rel=1e-5)


def test_the_schedule_is_that_of_transformers() -> None:
    reference = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.3)
    schedule = get_cosine_schedule_with_warmup(reference, 7, 40)
    for step in range(41):  # theirs rises again after the last one
        ours = optim.warmup_cosine(step, 0.3, 7, 40)
        assert ours == pytest.approx(reference.param_groups[0]["lr"], abs=1e-12), step
        reference.step()
        schedule.step()


def test_the_schedule_ends_at_its_floor() -> None:
    rates = [optim.warmup_cosine(step, 1.0, 0, 10, 0.1) for step in range(15)]
    assert rates[0] == 1.0
    assert rates[5] == pytest.approx(0.55)
    assert rates[10:] == pytest.approx([0.1] * 5)
    assert optim.warmup_cosine(5, 1.0, 5, 5) == 1.0
