"""Scaling curves: how a loss falls as a model, its data or its training grows."""

from __future__ import annotations

from typing import Any

import numpy as np


def fit_power_law(sizes: Any, losses: Any, floor: float = 0.0) -> tuple[float, float]:
    """Return the a and b for which `floor + a * size ** -b` comes closest to the losses.

    The fit is the straight line of least squares through the points (log size, log(loss -
    floor)), all points counting alike: its slope is -b, and its value where log size is 0 is
    log a. `sizes` and `losses` are sequences of one length, at least two, with two different
    sizes; sizes are positive and losses lie above `floor`, or a ValueError says what is wrong.
    Sizes 1, 4 and losses 6, 3 give a = 6 and b = 0.5.
    """
    x, y = np.asarray(sizes, np.float64), np.asarray(losses, np.float64) - floor
    if x.shape != y.shape or x.ndim != 1 or len(set(x.tolist())) < 2:
        raise ValueError(
            f"a power law is fitted to as many losses as sizes, at least two different sizes; "
            f"given were {x.size} sizes and {y.size} losses"
        )
    if not (x > 0).all() or not (y > 0).all():
        raise ValueError(f"sizes must be positive, and losses must lie above the floor, {floor}")
    log_x, log_y = np.log(x), np.log(y)
    away = log_x - log_x.mean()
    slope = float(away @ log_y / (away @ away))  # `away` adds up to 0: any constant drops out
    return float(np.exp(log_y.mean() - slope * log_x.mean())), -slope
