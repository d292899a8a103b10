"""Week 1, measuring slopes: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks
from minitorch import gradcheck

numerical_gradient = Checks("gradcheck.numerical_gradient")


def points(rng):
    yield {"x": np.array([1.0, 3.0])}
    yield {"x": rng.normal(size=4)}
    yield {"x": rng.normal(size=1)}


def arrays_of_many_shapes(rng):
    for shape in [(2, 3), (3, 1, 2), (1, 4), ()]:
        yield {"x": rng.normal(size=shape)}


def wide_steps(rng):
    for step in [0.5, 0.01, 1.5]:
        yield {"x": rng.normal(size=3), "step": step}


@numerical_gradient.check("the slope of a sum of squares", cases=points)
def _(x):
    return gradcheck.numerical_gradient(lambda x: float((x * x).sum()), x)


@numerical_gradient.check("entries that act on each other", cases=points)
def _(x):
    return gradcheck.numerical_gradient(lambda x: float(np.sin(x.sum()) * x.max()), x)


@numerical_gradient.check("arrays of any shape", cases=arrays_of_many_shapes)
def _(x):
    weights = np.arange(1.0, x.size + 1).reshape(x.shape)
    return gradcheck.numerical_gradient(lambda x: float((weights * np.exp(x)).sum()), x)


@numerical_gradient.check("as far up as down, by the step it is given", cases=wide_steps)
def _(x, step):
    return gradcheck.numerical_gradient(lambda x: float((x * x * x).sum()), x, step)


@numerical_gradient.wrong
def forward_differences(function, x, step=1e-6):
    """You compare the point with one step up. Its error shrinks only as fast as the step; compare
    one step up with one step *down*, 2 * step apart: then it shrinks as its square."""
    gradient = np.zeros_like(x)
    for position in np.ndindex(x.shape):
        up = x.copy()
        up[position] += step
        gradient[position] = (function(up) - function(x)) / step
    return gradient


@numerical_gradient.wrong
def divides_by_one_step(function, x, step=1e-6):
    """Your slopes are twice too large: between one step up and one step down lie two steps."""
    gradient = np.zeros_like(x)
    for position in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[position] += step
        down[position] -= step
        gradient[position] = (function(up) - function(down)) / step
    return gradient


@numerical_gradient.wrong
def moves_all_entries_at_once(function, x, step=1e-6):
    """You move all entries together, so that every slope holds the effect of all of them: move
    one entry, measure, and go on to the next with the first one back in its place."""
    slope = (function(x + step) - function(x - step)) / (2 * step)
    return np.full_like(x, slope)


@numerical_gradient.wrong
def leaves_entries_moved(function, x, step=1e-6):
    """An entry that was moved stays moved while the next one is measured, and `x` is changed for
    whoever passed it in: work on a copy, a fresh one for each entry."""
    gradient = np.zeros_like(x)
    for position in np.ndindex(x.shape):
        x[position] += step
        above = function(x)
        x[position] -= 2 * step
        gradient[position] = (above - function(x)) / (2 * step)
    return gradient


@numerical_gradient.wrong
def ignores_the_step(function, x, step=1e-6):
    """Your step is always one millionth: use the argument `step`."""
    gradient = np.zeros_like(x)
    for position in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[position] += 1e-6
        down[position] -= 1e-6
        gradient[position] = (function(up) - function(down)) / 2e-6
    return gradient


@numerical_gradient.wrong
def one_axis_only(function, x, step=1e-6):
    """You walk along the first axis alone, so in a table you move whole rows: `np.ndindex(x.shape)`
    gives the position of every entry, whatever the shape."""
    gradient = np.zeros_like(x)
    for i in range(len(x)):
        up, down = x.copy(), x.copy()
        up[i] += step
        down[i] -= step
        gradient[i] = (function(up) - function(down)) / (2 * step)
    return gradient


@numerical_gradient.alternative
def moves_and_restores(function, x, step=1e-6):
    gradient = np.empty(x.shape)
    with np.nditer(x, flags=["multi_index"], op_flags=["readwrite"]) as entries:
        for entry in entries:
            kept = float(entry)
            entry[...] = kept + step
            above = function(x)
            entry[...] = kept - step
            below = function(x)
            entry[...] = kept
            gradient[entries.multi_index] = (above - below) / (2 * step)
    return gradient


numerical_gradient.equivalent(
    "gradient = np.zeros_like(x) -> gradient = np.ones_like(x)",
    because="every entry is overwritten",
)
