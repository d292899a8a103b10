"""Power laws are found again, with and without a floor."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitorch.scaling import fit_power_law


@given(st.floats(0.1, 100), st.floats(-1, 2), st.floats(0, 3), st.integers(2, 9))
def test_points_on_a_power_law_give_it_back(a: float, b: float, floor: float, count: int) -> None:
    sizes = np.logspace(2, 6, count)
    found = fit_power_law(sizes, floor + a * sizes**-b, floor=0.0 if floor < 1e-6 else floor)
    if floor < 1e-6 or (a * sizes**-b).min() > 1e-4 * floor:
        np.testing.assert_allclose(found, (a, b), rtol=1e-5, atol=1e-6)


def test_the_fit_is_the_line_of_least_squares_through_the_logarithms() -> None:
    rng = np.random.default_rng(0)
    sizes, losses = rng.uniform(10, 1e6, 12), rng.uniform(2, 9, 12)
    slope, offset = np.polyfit(np.log(sizes), np.log(losses - 1.5), 1)
    a, b = fit_power_law(sizes.tolist(), losses.tolist(), floor=1.5)
    assert (a, b) == pytest.approx((np.exp(offset), -slope), rel=1e-10)


@pytest.mark.parametrize(
    ("sizes", "losses", "said"),
    [
        ([1, 2, 3], [1, 2], "given were 3 sizes and 2 losses"),
        ([5, 5], [1, 2], "at least two different sizes"),
        ([1], [1], "at least two different sizes"),
        ([0, 1], [1, 2], "sizes must be positive"),
        ([1, 2], [1, 0.5], "losses must lie above the floor, 0.5"),
    ],
)
def test_points_without_a_law_are_refused(
    sizes: list[float], losses: list[float], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        fit_power_law(sizes, losses, floor=0.5)
