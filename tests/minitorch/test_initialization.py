"""Initial weights have the variance that each scheme promises, in its shape and dtype."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from minitorch import initialization

SHAPE = (300, 200)


@pytest.mark.parametrize(
    ("scheme", "std"),
    [
        (initialization.scaled, 200**-0.5),
        (initialization.kaiming, (2 / 200) ** 0.5),
        (initialization.xavier, (2 / 500) ** 0.5),
        (initialization.normal, 1.0),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_weights_have_mean_zero_and_the_promised_size(
    scheme: Callable[..., np.ndarray], std: float, dtype: type
) -> None:
    weights = scheme(SHAPE, np.random.default_rng(0), dtype=dtype)
    assert weights.shape == SHAPE
    assert weights.dtype == dtype
    assert abs(weights.mean()) < 0.01 * std
    assert weights.std() == pytest.approx(std, rel=0.01)
    # The share of a normal distribution within one standard deviation.
    assert np.mean(np.abs(weights) < std) == pytest.approx(0.6827, abs=0.01)


def test_kaiming_and_xavier_have_pytorchs_sizes() -> None:
    torch.manual_seed(0)
    generator = np.random.default_rng(0)
    theirs = torch.nn.init.kaiming_normal_(torch.empty(SHAPE), nonlinearity="relu")
    assert initialization.kaiming(SHAPE, generator).std() == pytest.approx(
        float(theirs.std()), rel=0.02
    )
    theirs = torch.nn.init.xavier_normal_(torch.empty(SHAPE))
    assert initialization.xavier(SHAPE, generator).std() == pytest.approx(
        float(theirs.std()), rel=0.02
    )


def test_the_same_seed_gives_the_same_weights() -> None:
    one, other = (initialization.kaiming((3, 4), np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(one, other)
