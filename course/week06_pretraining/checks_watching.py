"""Week 6, a watch over the loss: what an answer must do, and the mistakes it must catch."""

import math

import numpy as np

from coursekit.checking import Checks, Complaint
from minitorch import training

watching = Checks("training.has_diverged")


def healthy_trainings(rng):
    falling = [5.0 / (1 + 0.1 * step) for step in range(30)]
    yield {"losses": [3.0, 2.5, 2.2, 2.0], "window": 2}
    yield {"losses": falling, "window": 5}
    yield {"losses": (np.array(falling) + rng.normal(0, 0.2, 30)).tolist(), "window": 8}
    yield {"losses": [2.0] * 12, "window": 3}


def single_bad_batches(rng):
    yield {"losses": [3.0, 2.0, 1.0, 1.0, 1.0, 1.0, 3.0], "window": 4}
    yield {"losses": [1.0] * 10 + [5.0] + [1.0] * 3, "window": 5}
    # the best step was lucky, and no window was that low
    yield {"losses": [2.0, 2.0, 0.2, 2.0, 2.0, 2.0, 2.0], "window": 3}


def trainings_that_went_wrong(rng):
    yield {"losses": [3.0, 1.0, 1.0, 1.0, 3.0, 3.0, 3.0], "window": 3}
    yield {"losses": [4.0, 3.0, 2.0, 2.6, 3.2, 3.8, 4.4, 5.0], "window": 2}
    yield {"losses": [6.0, 6.0, 1.0, 1.0, 4.0, 4.0], "window": 2}
    yield {"losses": [3.0, 1.0, 1.0, 3.0, 3.0, 3.0], "window": 2, "rise": 1.2}
    yield {"losses": [3.0, 3.0, 4.5, 4.5], "window": 2}
    yield {"losses": [1.0, 1.0, 4.0, 4.0], "window": 2, "rise": 2.5}
    yield {"losses": [1.0, 1.0, 4.0, 4.0], "window": 2, "rise": 3.5}


def trainings_that_came_back(rng):
    yield {"losses": [1.0, 1.0, 4.0, 4.0, 4.0, 1.2, 1.1, 1.0], "window": 3}
    yield {"losses": [1.0, math.inf, 1.0, 1.0, 1.0], "window": 2}


def losses_that_are_not_finite(rng):
    for value in (math.nan, math.inf, -math.inf):
        yield {"losses": [value], "window": 3}
        yield {"losses": [3.0, 2.0, 1.5, 1.2, value], "window": 3}
        yield {"losses": [2.0, value], "window": 20}


def short_trainings(rng):
    yield {"losses": [], "window": 3}
    yield {"losses": [2.0], "window": 3}
    yield {"losses": [1.0, 9.0], "window": 3}
    yield {"losses": [1.0, 9.0, 9.0], "window": 3}
    yield {"losses": [1.0, 1.0, 1.0, 9.0], "window": 3, "rise": 2.0}


def the_usual_window(rng):
    yield {"losses": [1.0] * 20 + [3.0] * 10}
    yield {"losses": [1.0] * 20 + [3.0] * 11}
    yield {"losses": [1.0] * 20 + [3.0] * 19}


def slow_rises(rng):
    """Never more than 1 above the window before, and far above the lowest in the end."""
    yield {"losses": [1.0, 1.0, 1.6, 1.6, 2.2, 2.2, 2.8, 2.8], "window": 2}
    yield {"losses": [float(level) for level in np.linspace(1, 4, 30)], "window": 3}


def _say(losses, **options):
    found = training.has_diverged(losses, **options)
    if not isinstance(found, bool | np.bool_):
        kind = "nothing (None)" if found is None else f"a value of type `{type(found).__name__}`"
        raise Complaint(f"It returned {kind}. The answer is True or False.")
    return bool(found)


watching.check("healthy trainings", cases=healthy_trainings)(_say)
watching.check("a single bad batch", cases=single_bad_batches)(_say)
watching.check("trainings that went wrong", cases=trainings_that_went_wrong)(_say)
watching.check("a slow rise", cases=slow_rises)(_say)
watching.check("trainings that came back", cases=trainings_that_came_back)(_say)
watching.check("losses that are not finite", cases=losses_that_are_not_finite)(_say)
watching.check("fewer losses than a window", cases=short_trainings)(_say)
watching.check("the usual window", cases=the_usual_window)(_say)


@watching.wrong
def watches_single_losses(losses, window=20, rise=1.0):
    """You compare the last loss alone. One bad batch is no disaster: compare averages of `window`
    losses."""
    if not losses:
        return False
    if not math.isfinite(losses[-1]):
        return True
    return len(losses) >= window and losses[-1] > min(losses) + rise


@watching.wrong
def watches_for_nan_alone(losses, window=20, rise=1.0):
    """You only notice losses that are not finite. A training that has gone wrong usually settles on
    a loss that is high and finite."""
    return bool(losses) and not math.isfinite(losses[-1])


@watching.wrong
def watches_without_nan(losses, window=20, rise=1.0):
    """A loss that is not finite is not noticed: every comparison with nan is false. Ask
    `math.isfinite` first."""
    if len(losses) < window:
        return False
    means = [sum(losses[i : i + window]) / window for i in range(len(losses) - window + 1)]
    return bool(means[-1] > min(means) + rise)


@watching.wrong
def watches_the_lowest_loss(losses, window=20, rise=1.0):
    """You compare with the lowest single loss, which was luck. Compare with the lowest average of
    `window` losses in a row."""
    if not losses:
        return False
    if not math.isfinite(losses[-1]):
        return True
    last = losses[-window:]
    return len(losses) >= window and sum(last) / window > min(losses) + rise


@watching.wrong
def watches_the_first_window(losses, window=20, rise=1.0):
    """You compare with the first window. A training that fell from 6 to 1 and rose to 4 has gone
    wrong, though 4 is less than 6: compare with the lowest window so far."""
    if not losses:
        return False
    if not math.isfinite(losses[-1]):
        return True
    if len(losses) < window:
        return False
    return sum(losses[-window:]) / window > sum(losses[:window]) / window + rise


@watching.wrong
def watches_the_window_before(losses, window=20, rise=1.0):
    """You compare with the window just before. A slow rise never shows there: compare with the
    lowest window so far."""
    if not losses:
        return False
    if not math.isfinite(losses[-1]):
        return True
    if len(losses) < 2 * window:
        return False
    before = losses[-2 * window : -window]
    return sum(losses[-window:]) / window > sum(before) / window + rise


@watching.wrong
def watches_windows_side_by_side(losses, window=20, rise=1.0):
    """You cut the losses into windows that stand side by side. The lowest stretch may begin
    anywhere: look at the window from every step on."""
    if not losses:
        return False
    if not math.isfinite(losses[-1]):
        return True
    if len(losses) < window:
        return False
    starts = range(len(losses) - window, -1, -window)
    means = [sum(losses[i : i + window]) / window for i in starts]
    return means[0] > min(means) + rise


@watching.wrong
def watches_the_worst_window(losses, window=20, rise=1.0):
    """You look at the worst window so far. A training that came back is healthy: only the last
    window is judged."""
    if not losses:
        return False
    if not math.isfinite(losses[-1]):
        return True
    if len(losses) < window:
        return False
    means = [sum(losses[i : i + window]) / window for i in range(len(losses) - window + 1)]
    lowest = [min(means[: i + 1]) for i in range(len(means))]
    return any(mean > low + rise for mean, low in zip(means, lowest))


@watching.wrong
def watches_any_nan(losses, window=20, rise=1.0):
    """One loss that was not finite, long ago, ends the training for ever. Its step was left out;
    only the *last* loss is asked about."""
    if not losses:
        return False
    if not all(math.isfinite(loss) for loss in losses):
        return True
    if len(losses) < window:
        return False
    means = [sum(losses[i : i + window]) / window for i in range(len(losses) - window + 1)]
    return means[-1] > min(means) + rise


@watching.wrong
def watches_all_windows_but_the_last(losses, window=20, rise=1.0):
    """Your windows end one loss too early: n losses have n - window + 1 windows, and it is the last
    of them that is judged."""
    if not losses:
        return False
    if not math.isfinite(losses[-1]):
        return True
    if len(losses) < window:
        return False
    means = [sum(losses[i : i + window]) / window for i in range(len(losses) - window)]
    return means[-1] > min(means) + rise


watching.slip(
    "watches_an_empty_list",
    "Before the first step there is no last loss, and `losses[-1]` fails.",
    ("    if not losses:\n        return False\n", ""),
)
watching.slip(
    "watches_with_a_factor",
    "You ask whether the average is more than 1 + `rise` times the lowest one. `rise` is added.",
    ("> averages.min() + rise", "> averages.min() * (1 + rise)"),
)
watching.slip(
    "watches_sums",
    "You compare the sums of the windows, so `rise` means something else for every window: divide "
    "by `window`.",
    (" / window", ""),
)


watching.equivalent(
    "if len(losses) < window: -> if len(losses) <= window:",
    because="a single window is the lowest itself, and not above it",
)


@watching.alternative
def watches_in_a_loop(losses, window=20, rise=1.0):
    if len(losses) == 0:
        return False
    if math.isnan(losses[-1]) or math.isinf(losses[-1]):
        return True
    lowest = math.inf
    for end in range(window, len(losses) + 1):
        mean = sum(losses[end - window : end]) / window
        lowest = min(lowest, mean)
    return len(losses) >= window and mean > lowest + rise


@watching.wrong
def watches_windows_side_by_side_from_the_start(losses, window=20, rise=1.0):
    """You cut the losses into windows that lie side by side. The lowest average may begin at any
    step: look at every window, each one step later than the one before."""
    if not losses:
        return False
    if not math.isfinite(losses[-1]):
        return True
    if len(losses) < window:
        return False
    starts = range(0, len(losses) - window + 1, window)
    lowest = min(sum(losses[start : start + window]) / window for start in starts)
    return sum(losses[-window:]) / window > lowest + rise
