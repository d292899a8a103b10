"""Week 6, a line through sizes and losses: what an answer must do, and the mistakes."""

import numpy as np

from coursekit.checking import Checks, Complaint
from minitorch import scaling

fitting = Checks("scaling.fit_power_law")


def exact_laws(rng):
    yield {"sizes": [1, 4], "losses": [6.0, 3.0]}
    a, b = rng.uniform(1, 9), rng.uniform(0.1, 0.9)
    sizes = [10.0, 100.0, 300.0, 5000.0]
    yield {"sizes": sizes, "losses": [a * size**-b for size in sizes]}


def laws_with_a_floor(rng):
    sizes = [50, 200, 700]
    yield {"sizes": sizes, "losses": [0.5 + 3 * size**-0.4 for size in sizes], "floor": 0.5}
    yield {"sizes": sizes, "losses": [2.0 + 7 * size**-0.7 for size in sizes], "floor": 1.9}


def measured_points(rng):
    for count in (3, 5, 9):
        sizes = np.sort(rng.uniform(10, 1e6, count))
        losses = 4 * sizes**-0.3 * rng.uniform(0.8, 1.25, count)
        yield {"sizes": sizes.tolist(), "losses": losses.tolist()}
        yield {"sizes": sizes[::-1].tolist(), "losses": (losses[::-1] + 0.3).tolist(), "floor": 0.3}


def repeated_sizes(rng):
    yield {"sizes": [10, 10, 100, 1000], "losses": [3.0, 2.5, 1.4, 0.9]}


def rising_losses(rng):
    yield {"sizes": [1, 10, 100], "losses": [1.0, 2.0, 5.0]}


def misfits(rng):
    yield {"sizes": [1, 2, 3], "losses": [1.0, 2.0]}
    yield {"sizes": [5], "losses": [1.0]}
    yield {"sizes": [5, 5], "losses": [1.0, 2.0]}
    yield {"sizes": [0, 5], "losses": [1.0, 2.0]}
    yield {"sizes": [1, 5], "losses": [1.0, 0.0]}
    yield {"sizes": [1, 5], "losses": [1.0, 0.5], "floor": 0.5}


def _fit(sizes, losses, floor=None):
    found = scaling.fit_power_law(sizes, losses, *([] if floor is None else [floor]))
    if found is None:
        raise Complaint("It returned nothing (None); return `a` and `b`.")
    if not isinstance(found, tuple | list) or len(found) != 2:
        raise Complaint("Two numbers are expected, `a` and `b`.")
    return {"a": float(found[0]), "b": float(found[1])}


fitting.check("points on a power law", cases=exact_laws)(_fit)
fitting.check("a floor", cases=laws_with_a_floor)(_fit)
fitting.check("measured points", cases=measured_points)(_fit)
fitting.check("a size that occurs twice", cases=repeated_sizes)(_fit)
fitting.check("losses that rise", cases=rising_losses)(_fit)


@fitting.check("what cannot be fitted", cases=misfits)
def _(**given):
    try:
        _fit(**given)
    except ValueError:
        return "a ValueError"
    except (TypeError, ZeroDivisionError, IndexError):
        return "another error"
    return "no error"


fitting.slip(
    "fits_without_logarithms",
    "You fit a straight line through the sizes and losses themselves. A power law is straight only "
    "where both axes are logarithmic.",
    ("log_x, log_y = np.log(x), np.log(y)", "log_x, log_y = x, np.log(y)"),
)
fitting.slip(
    "fits_with_the_sign_turned",
    "b has the wrong sign: the slope is -b, and a falling loss has a b above 0.",
    (", -slope", ", slope"),
)
fitting.slip(
    "fits_log_a",
    "The first number is log a; a is `exp` of it.",
    ("float(np.exp(log_y.mean() - slope * log_x.mean()))",
     "float(log_y.mean() - slope * log_x.mean())"),
)  # fmt: skip
fitting.slip(
    "fits_without_the_floor",
    "The floor is not taken off, so a loss that levels out bends the line.",
    (" - floor", ""),
)
fitting.slip(
    "fits_the_floor_added",
    "The floor is added; take it off the losses.",
    (" - floor", " + floor"),
)
fitting.slip(
    "fits_with_the_axes_exchanged",
    "You fit the sizes as a function of the losses. With points that do not lie on a line exactly, "
    "that is another line.",
    ("away @ log_y / (away @ away)", "(log_y - log_y.mean()) @ log_y / (away @ log_y)"),
)
fitting.slip(
    "fits_with_base_ten",
    "You take the logarithm to base 10 and `exp` to base e. Take `np.log`, which belongs to "
    "`np.exp`.",
    ("np.log(x), np.log(y)", "np.log10(x), np.log10(y)"),
)
fitting.slip(
    "fits_through_the_origin",
    "The line is forced through the point where both logarithms are 0, that is, a is 1: take the "
    "means off both.",
    ("log_x - log_x.mean()", "log_x"),
    ("np.exp(log_y.mean() - slope * log_x.mean())", "1.0"),
)
fitting.slip(
    "fits_anything",
    "What cannot be fitted gives nan, or a warning, and no error. Say what is wrong with a "
    "ValueError.",
    ("if not (x > 0).all() or not (y > 0).all():", "if False:"),
)


fitting.slip(
    "fits_without_asking",
    "You fit whatever is given. With a single size there is no line, and a size or a distance of 0 "
    "has no logarithm: ask first, and raise a ValueError that says what is wrong.",
    ("if x.shape != y.shape or x.ndim != 1 or len(set(x.tolist())) < 2:", "if False:"),
    ("if not (x > 0).all() or not (y > 0).all():", "if False:"),
)


@fitting.wrong
def fits_the_ends(sizes, losses, floor=0.0):
    """You draw the line through the first and the last point; all of them count alike. The slope of
    least squares is the sum of dx * dy over that of dx * dx, measured from the means."""
    x, y = np.log(sizes), np.log(np.asarray(losses) - floor)
    if len(x) != len(y) or len(set(sizes)) < 2 or not np.isfinite([*x, *y]).all():
        raise ValueError("no fit")
    slope = (y[-1] - y[0]) / (x[-1] - x[0])
    return float(np.exp(y[0] - slope * x[0])), float(-slope)


fitting.equivalent(
    "if x.shape != y.shape or x.ndim != 1 or len(set(x.tolist())) < 2: -> "
    "if len(set(x.tolist())) < 2:",
    because="NumPy refuses two lengths itself with a ValueError, and nobody gives two axes",
)
fitting.equivalent(
    "slope = float(away @ log_y / (away @ away)) -> slope = float(log_y @ away / (away @ away))",
    because="a sum of products does not ask which factor comes first",
)


@fitting.alternative
def fits_with_polyfit(sizes, losses, floor=0.0):
    if len(sizes) != len(losses) or len(set(sizes)) < 2:
        raise ValueError("as many losses as sizes, two different sizes at least")
    above = [loss - floor for loss in losses]
    if min(sizes) <= 0 or min(above) <= 0:
        raise ValueError("sizes must be positive and losses above the floor")
    slope, height = np.polyfit(np.log(sizes), np.log(above), 1)
    return float(np.exp(height)), float(-slope)
