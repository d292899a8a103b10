"""Week 2, the size of steps: what an answer must do, and the mistakes it must catch."""

import math

import numpy as np

from coursekit.checking import Checks, Complaint
from minitorch import Tensor, optim

clip = Checks("optim.clip_grad_norm")
schedule = Checks("optim.warmup_cosine")


# -- clip_grad_norm ----------------------------------------------------------------------------


def long_gradients(rng):
    yield {"gradients": [np.array([3.0, 4.0])], "max_norm": 1.0}
    yield {"gradients": [np.array([3.0]), np.array([4.0])], "max_norm": 2.0}
    shapes = [(2, 3), (4,), (1,)]
    yield {"gradients": [3 * rng.normal(size=shape) for shape in shapes], "max_norm": 0.5}


def short_gradients(rng):
    yield {"gradients": [np.array([0.3, 0.4])], "max_norm": 1.0}
    yield {"gradients": [0.1 * rng.normal(size=3), 0.1 * rng.normal(size=(2, 2))], "max_norm": 5.0}
    yield {"gradients": [np.zeros(3)], "max_norm": 1.0}


def gradients_that_are_missing(rng):
    yield {"gradients": [None, rng.normal(size=3), None], "max_norm": 0.1}
    yield {"gradients": [None], "max_norm": 1.0}


def float32_gradients(rng):
    yield {"gradients": [rng.normal(size=3).astype(np.float32)], "max_norm": 0.1}


def _clipped(gradients, max_norm):
    parameters = []
    for gradient in gradients:
        shape = () if gradient is None else gradient.shape
        dtype = np.float64 if gradient is None else gradient.dtype
        parameters.append(Tensor(np.zeros(shape, dtype), requires_grad=True))
        parameters[-1].grad = None if gradient is None else gradient.copy()
    before = [parameter.grad for parameter in parameters]
    norm = optim.clip_grad_norm(parameters, max_norm)
    return {
        "norm": float(norm) if isinstance(norm, np.generic) else norm,
        "gradients": [parameter.grad for parameter in parameters],
        "they are the same arrays": [p.grad is b for p, b in zip(parameters, before)],
    }


clip.check("gradients that are too long", cases=long_gradients, tolerance=1e-5)(_clipped)
clip.check("gradients that are short enough", cases=short_gradients, tolerance=1e-5)(_clipped)


@clip.check("missing gradients", cases=gradients_that_are_missing, tolerance=1e-5)
def _(gradients, max_norm):
    try:
        return _clipped(gradients, max_norm)
    except (AttributeError, TypeError) as error:
        raise Complaint(f"It fails where a gradient is missing, `None`: {error}.") from error


clip.check("float32 stays float32", cases=float32_gradients, tolerance=1e-5)(_clipped)


@clip.check("any iterable of parameters", cases=long_gradients, tolerance=1e-5)
def _(gradients, max_norm):
    parameters = [Tensor(np.zeros(g.shape), requires_grad=True) for g in gradients]
    for parameter, gradient in zip(parameters, gradients):
        parameter.grad = gradient.copy()
    norm = optim.clip_grad_norm((parameter for parameter in parameters), max_norm)
    return {"norm": float(norm), "gradients": [parameter.grad for parameter in parameters]}


@clip.wrong
def clips_each_alone(parameters, max_norm):
    """Each gradient is shortened by itself, which changes the direction of the step. The norm is
    that of all of them together, and all are multiplied by one number."""
    total = 0.0
    for parameter in parameters:
        if parameter.grad is not None:
            norm = float(np.sqrt((parameter.grad**2).sum()))
            total += norm**2
            if norm > max_norm:
                parameter.grad *= max_norm / (norm + 1e-6)
    return math.sqrt(total)


@clip.wrong
def clips_entries(parameters, max_norm):
    """You limit each entry by itself. That is another kind of clipping, which changes the
    direction of the step: multiply all gradients by one number."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float((g**2).sum()) for g in gradients))
    for gradient in gradients:
        np.clip(gradient, -max_norm, max_norm, out=gradient)
    return norm


@clip.wrong
def clips_short_ones_too(parameters, max_norm):
    """Gradients that are short enough are made longer. Near the end of training the steps should
    become small: scale only if the norm exceeds `max_norm`."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float((g**2).sum()) for g in gradients))
    for gradient in gradients:
        gradient *= max_norm / (norm + 1e-6)
    return norm


@clip.wrong
def clips_by_a_sum_of_norms(parameters, max_norm):
    """You add up the norms. Lengths at right angles do not add: add the squares of all entries and
    take the root of that."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = sum(math.sqrt(float((g**2).sum())) for g in gradients)
    if norm > max_norm:
        for gradient in gradients:
            gradient *= max_norm / (norm + 1e-6)
    return norm


@clip.wrong
def clips_without_the_root(parameters, max_norm):
    """You compare the sum of the squares with `max_norm`; the norm is the root of it."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = sum(float((g**2).sum()) for g in gradients)
    if norm > max_norm:
        for gradient in gradients:
            gradient *= max_norm / (norm + 1e-6)
    return norm


@clip.wrong
def clips_into_new_arrays(parameters, max_norm):
    """The numbers are right, but the parameters get new arrays: scale those that are there, with
    `*=`."""
    parameters = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float((p.grad**2).sum()) for p in parameters))
    if norm > max_norm:
        for parameter in parameters:
            parameter.grad = parameter.grad * (max_norm / (norm + 1e-6))
    return norm


@clip.wrong
def clips_and_tells_the_norm_after(parameters, max_norm):
    """You return the norm after clipping. The one before is what you want to watch: it tells when
    something has gone wrong."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float((g**2).sum()) for g in gradients))
    if norm > max_norm:
        for gradient in gradients:
            gradient *= max_norm / (norm + 1e-6)
    return min(norm, max_norm)


@clip.wrong
def clips_and_needs_all_gradients(parameters, max_norm):
    """A parameter that had no part in the loss has no gradient, `None`: pass it over."""
    gradients = [p.grad for p in parameters]
    norm = math.sqrt(sum(float((g**2).sum()) for g in gradients))
    if norm > max_norm:
        for gradient in gradients:
            gradient *= max_norm / (norm + 1e-6)
    return norm


@clip.wrong
def clips_after_a_used_up_loop(parameters, max_norm):
    """You go through `parameters` twice, and where it is not a list nothing is left for the second
    time: keep the gradients in a list."""
    norm = math.sqrt(sum(float((p.grad**2).sum()) for p in parameters if p.grad is not None))
    if norm > max_norm:
        for parameter in parameters:
            if parameter.grad is not None:
                parameter.grad *= max_norm / (norm + 1e-6)
    return norm


@clip.wrong
def clips_only_in_name(parameters, max_norm):
    """The norm is right, but no gradient is scaled. `g = g * scale` makes a new array and gives the
    name to that: write `g *= scale`. If you do, look for a generator, `(... for ...)`, that the
    norm has used up: the loop after it finds nothing. Put the gradients into a list."""
    gradients = (p.grad for p in parameters if p.grad is not None)
    return math.sqrt(sum(float((g**2).sum()) for g in gradients))


@clip.alternative
def clips_all_in_one(parameters, max_norm):
    gradients = [p.grad for p in parameters if p.grad is not None]
    everything = np.concatenate([g.ravel() for g in gradients]) if gradients else np.zeros(1)
    norm = float(np.linalg.norm(everything))
    for gradient in gradients:
        gradient *= min(1.0, max_norm / (norm + 1e-6))
    return norm


# -- warmup_cosine -----------------------------------------------------------------------------


def steps_of_the_warmup(rng):
    for step in (1, 3, 4):
        yield {"step": step, "peak": 0.5, "warmup": 4, "total": 20}


def steps_of_the_descent(rng):
    for step in (5, 12, 16, 19, 20):
        yield {"step": step, "peak": 0.5, "warmup": 4, "total": 20}
    yield {"step": int(rng.integers(11, 90)), "peak": 2.0, "warmup": 10, "total": 100}


def steps_to_a_floor(rng):
    for step in (1, 2, 9, 14, 24):
        yield {"step": step, "peak": 0.5, "warmup": 4, "total": 24, "floor": 0.2}


def steps_beyond(rng):
    for step in (21, 36, 100):
        yield {"step": step, "peak": 0.5, "warmup": 4, "total": 20}
        yield {"step": step, "peak": 0.5, "warmup": 4, "total": 20, "floor": 0.05}


def schedules_at_the_edge(rng):
    yield {"step": 1, "peak": 0.5, "warmup": 0, "total": 10}
    yield {"step": 5, "peak": 0.5, "warmup": 0, "total": 10}
    yield {"step": 5, "peak": 0.5, "warmup": 5, "total": 5}
    yield {"step": 6, "peak": 0.5, "warmup": 5, "total": 5}


def _rate(**given):
    return float(optim.warmup_cosine(**given))


schedule.check("up in a straight line", cases=steps_of_the_warmup)(_rate)
schedule.check("down along a cosine", cases=steps_of_the_descent)(_rate)
schedule.check("a floor", cases=steps_to_a_floor)(_rate)
schedule.check("after the last step", cases=steps_beyond)(_rate)
schedule.check("no warm-up, or nothing else", cases=schedules_at_the_edge)(_rate)


@schedule.wrong
def rate_counts_from_zero(step, peak, warmup, total, floor=0.0):
    """You count steps from 0, so everything comes one step late: step 1 gets the rate of step 0,
    which is nothing. Steps count from 1 here."""
    step = step - 1
    if step < warmup:
        return peak * step / warmup
    progress = min((step - warmup) / max(total - warmup, 1), 1.0)
    return floor + (peak - floor) * (1 + math.cos(math.pi * progress)) / 2


@schedule.wrong
def rate_without_warmup(step, peak, warmup, total, floor=0.0):
    """There is no warm-up: up to step `warmup` the rate rises in a straight line."""
    progress = min(max(step - warmup, 0) / max(total - warmup, 1), 1.0)
    return floor + (peak - floor) * (1 + math.cos(math.pi * progress)) / 2


@schedule.wrong
def rate_rises_again(step, peak, warmup, total, floor=0.0):
    """After the last step the cosine goes up again, and so does your rate: keep the progress from
    exceeding 1."""
    if step < warmup:
        return peak * step / warmup
    progress = (step - warmup) / max(total - warmup, 1)
    return floor + (peak - floor) * (1 + math.cos(math.pi * progress)) / 2


@schedule.wrong
def rate_along_a_whole_cosine(step, peak, warmup, total, floor=0.0):
    """You go through a whole turn of the cosine, down and up again. Half a turn, from 0 to pi, goes
    from the top to the bottom."""
    if step < warmup:
        return peak * step / warmup
    progress = min((step - warmup) / max(total - warmup, 1), 1.0)
    return floor + (peak - floor) * (1 + math.cos(2 * math.pi * progress)) / 2


@schedule.wrong
def rate_measured_from_the_start(step, peak, warmup, total, floor=0.0):
    """The descent is measured from step 0, so the rate drops at once when the warm-up ends: it
    begins at step `warmup` and has `total - warmup` steps."""
    if step < warmup:
        return peak * step / warmup
    progress = min(step / total, 1.0)
    return floor + (peak - floor) * (1 + math.cos(math.pi * progress)) / 2


@schedule.wrong
def rate_in_a_straight_line(step, peak, warmup, total, floor=0.0):
    """You come down in a straight line. A cosine stays near the peak for longer and comes in
    gently at the end."""
    if step < warmup:
        return peak * step / warmup
    progress = min((step - warmup) / max(total - warmup, 1), 1.0)
    return peak + (floor - peak) * progress


@schedule.wrong
def rate_without_a_floor(step, peak, warmup, total, floor=0.0):
    """You come down to zero; the lowest rate is `floor`."""
    if step < warmup:
        return peak * step / warmup
    progress = min((step - warmup) / max(total - warmup, 1), 1.0)
    return peak * (1 + math.cos(math.pi * progress)) / 2


@schedule.wrong
def rate_on_top_of_the_floor(step, peak, warmup, total, floor=0.0):
    """The floor is added to the whole, so the highest rate is more than `peak`: the cosine covers
    the way from `floor` to `peak`, which is peak - floor long."""
    if step < warmup:
        return peak * step / warmup
    progress = min((step - warmup) / max(total - warmup, 1), 1.0)
    return floor + peak * (1 + math.cos(math.pi * progress)) / 2


@schedule.wrong
def rate_not_halved(step, peak, warmup, total, floor=0.0):
    """1 + cos goes from 2 to 0: halve it."""
    if step < warmup:
        return peak * step / warmup
    progress = min((step - warmup) / max(total - warmup, 1), 1.0)
    return floor + (peak - floor) * (1 + math.cos(math.pi * progress))


@schedule.wrong
def rate_cut_off_at_the_floor(step, peak, warmup, total, floor=0.0):
    """`max(floor, ...)` cuts the curve off: it comes down toward zero and then stays level. The
    cosine covers the way from `peak` to `floor`, and arrives there at step `total`."""
    if step < warmup:
        return peak * step / warmup
    progress = min((step - warmup) / max(total - warmup, 1), 1.0)
    return max(floor, peak * (1 + math.cos(math.pi * progress)) / 2)


@schedule.wrong
def rate_never_below_the_floor(step, peak, warmup, total, floor=0.0):
    """The floor holds in the warm-up too. It is only the end of the way down: the warm-up is
    peak * step / warmup, whatever the floor."""
    if step < warmup:
        return max(floor, peak * step / warmup)
    progress = min((step - warmup) / max(total - warmup, 1), 1.0)
    return floor + (peak - floor) * (1 + math.cos(math.pi * progress)) / 2


@schedule.wrong
def rate_warms_up_from_the_floor(step, peak, warmup, total, floor=0.0):
    """Your warm-up starts at `floor`. It starts from 0: step 1 gets peak / warmup."""
    if step < warmup:
        return floor + (peak - floor) * step / warmup
    progress = min((step - warmup) / max(total - warmup, 1), 1.0)
    return floor + (peak - floor) * (1 + math.cos(math.pi * progress)) / 2


@schedule.wrong
def rate_warms_up_one_step_late(step, peak, warmup, total, floor=0.0):
    """The warm-up takes `step - 1`, so step 1 gets a rate of zero and does nothing. Steps count
    from 1: the rate is peak * step / warmup."""
    if step <= warmup:
        return peak * (step - 1) / max(warmup, 1)
    progress = min((step - warmup) / max(total - warmup, 1), 1.0)
    return floor + (peak - floor) * (1 + math.cos(math.pi * progress)) / 2


@schedule.wrong
def rate_without_pi(step, peak, warmup, total, floor=0.0):
    """`math.cos` takes an angle: half a turn is pi. Without `math.pi` the curve stops before it has
    come down."""
    if step < warmup:
        return peak * step / warmup
    progress = min((step - warmup) / max(total - warmup, 1), 1.0)
    return floor + (peak - floor) * (1 + math.cos(progress)) / 2


@schedule.alternative
def rate_by_numpy(step, peak, warmup, total, floor=0.0):
    if step <= warmup and warmup > 0:
        return peak * (step / warmup)
    if step >= total:
        return floor if step > warmup else peak
    return floor + (peak - floor) * np.cos(np.pi / 2 * (step - warmup) / (total - warmup)) ** 2


schedule.equivalent(
    "if step < warmup: -> if step <= warmup:",
    because="at step `warmup` both formulas give the peak",
)
for change in (
    "progress = min(1.0, (step - warmup) / max(total - warmup, 1))",
    "progress = min((step - warmup) / max(1, total - warmup), 1.0)",
):
    schedule.equivalent(
        f"progress = min((step - warmup) / max(total - warmup, 1), 1.0) -> {change}",
        because="the larger or smaller of two numbers does not depend on their order",
    )
clip.equivalent(
    "if norm > max_norm: -> if norm >= max_norm:",
    because="a gradient that is just long enough is shortened by a millionth, which is forgiven",
)
for change in ("(norm - 1e-06)", "norm", "(norm + 2e-06)"):
    clip.equivalent(
        f"gradient *= max_norm / (norm + 1e-06) -> gradient *= max_norm / {change}",
        because="a difference of a millionth, which is forgiven",
    )
