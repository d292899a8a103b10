"""Week 2, optimizers: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks
from minitorch import Tensor, optim

sgd = Checks("optim.SGD.update")
adamw = Checks("optim.AdamW.update")


def _run(optimizer, weights, gradients, rates=None):
    """Some steps, and everything that can be seen of them from outside."""
    parameter = Tensor(weights, requires_grad=True)
    mover = optimizer([parameter])
    array, found, kept = parameter.data, [], {}
    for step, gradient in enumerate(gradients):
        if rates:
            mover.set_lr(rates[step])
        parameter.grad = gradient
        mover.step()
        found.append(parameter.data.copy())
        state = mover.state[parameter]
        if not kept:
            kept = {name: part for name, part in state.items() if isinstance(part, np.ndarray)}
    return {
        "what it remembers": {
            name: part.copy() if isinstance(part, np.ndarray) else part
            for name, part in state.items()
        },
        "weights after each step": found,
        "the weights are the same array": parameter.data is array,
        "what it remembers stays in the same arrays": all(
            state[name] is part for name, part in kept.items()
        ),
    }


def _steps(rng, shape, count, dtype=np.float64):
    return {
        "weights": rng.normal(size=shape).astype(dtype),
        "gradients": list(rng.normal(size=(count, *shape)).astype(dtype)),
    }


# -- SGD ---------------------------------------------------------------------------------------


def steps_without_momentum(rng):
    for shape in [(1,), (2, 3)]:
        yield {**_steps(rng, shape, 2), "lr": 0.1, "momentum": 0.0}


def steps_with_momentum(rng):
    for shape, lr, momentum in [((1,), 0.1, 0.9), ((2, 3), 0.5, 0.5), ((4,), 0.01, 0.0)]:
        yield {**_steps(rng, shape, 4), "lr": lr, "momentum": momentum}


def steps_with_changing_rates(rng):
    yield {**_steps(rng, (2,), 4), "rates": [0.1, 0.5, 0.01, 0.3], "momentum": 0.9}


def float32_steps(rng):
    yield {**_steps(rng, (2, 3), 3, np.float32), "lr": 0.1, "momentum": 0.9}


def _sgd(weights, gradients, lr, momentum):
    return _run(lambda p: optim.SGD(p, lr, momentum), weights, gradients)


sgd.check("down the slope, without momentum", cases=steps_without_momentum)(_sgd)
sgd.check("several steps with momentum", cases=steps_with_momentum)(_sgd)
sgd.check("float32 stays float32", cases=float32_steps)(_sgd)


@sgd.check("a learning rate that changes", cases=steps_with_changing_rates)
def _(weights, gradients, rates, momentum):
    return _run(lambda p: optim.SGD(p, rates[0], momentum), weights, gradients, rates)


@sgd.wrong
def sgd_goes_uphill(self, weights, gradient, state, options):
    """The step goes up the slope: the gradient points to where the loss grows, so subtract."""
    state["velocity"] *= options["momentum"]
    state["velocity"] += gradient
    weights += options["lr"] * state["velocity"]


@sgd.wrong
def sgd_averages(self, weights, gradient, state, options):
    """The new gradient is scaled by 1 - momentum, which makes an average of the gradients. Here
    the whole gradient is added to the velocity."""
    state["velocity"] *= options["momentum"]
    state["velocity"] += (1 - options["momentum"]) * gradient
    weights -= options["lr"] * state["velocity"]


@sgd.wrong
def sgd_with_the_rate_in_the_velocity(self, weights, gradient, state, options):
    """The learning rate is in the velocity. That is the same only while the rate does not change:
    let the velocity hold gradients, and multiply by the rate when the weights move."""
    state["velocity"] *= options["momentum"]
    state["velocity"] += options["lr"] * gradient
    weights -= state["velocity"]


@sgd.wrong
def sgd_without_momentum(self, weights, gradient, state, options):
    """`state["velocity"]` never changes. Either the velocity plays no part, or `v = ...` gave the
    name to a new array while the state kept the old one: change the array itself, as in
    `v *= ...`."""
    weights -= options["lr"] * gradient


@sgd.wrong
def sgd_changes_nothing(self, weights, gradient, state, options):
    """Neither `weights` nor `state["velocity"]` changes. `v = ...` and `weights = ...` make new
    arrays and give the names to them, and the old ones stay: change the arrays themselves, as in
    `v *= ...` and `weights -= ...`."""


@sgd.wrong
def sgd_moves_too_early(self, weights, gradient, state, options):
    """You move before the velocity takes in this gradient, so each step follows the old velocity,
    and the first does not move at all. First the velocity, then the weights."""
    weights -= options["lr"] * state["velocity"]
    state["velocity"] *= options["momentum"]
    state["velocity"] += gradient


@sgd.wrong
def sgd_makes_new_weights(self, weights, gradient, state, options):
    """The velocity is right, but `weights` never moves. `weights = weights - ...` makes a new array
    and gives the name to that; the parameter still has the old one. Change the array itself:
    `weights -= ...`."""
    state["velocity"] *= options["momentum"]
    state["velocity"] += gradient
    weights = weights - options["lr"] * state["velocity"]


@sgd.wrong
def sgd_makes_a_new_velocity(self, weights, gradient, state, options):
    """The weights are right, but each step puts a new array into `state["velocity"]`: change the
    one that is there."""
    state["velocity"] = options["momentum"] * state["velocity"] + gradient
    weights -= options["lr"] * state["velocity"]


@sgd.wrong
def sgd_looks_ahead(self, weights, gradient, state, options):
    """That is Nesterov's variant, which adds the velocity once more to the gradient. Here the
    weights move by the velocity alone."""
    state["velocity"] *= options["momentum"]
    state["velocity"] += gradient
    weights -= options["lr"] * (gradient + options["momentum"] * state["velocity"])


@sgd.wrong
def sgd_changes_the_gradient(self, weights, gradient, state, options):
    """The gradient is changed in place; whoever logs or clips it afterwards sees other numbers."""
    state["velocity"] *= options["momentum"]
    state["velocity"] += gradient
    gradient[...] = options["lr"] * state["velocity"]
    weights -= gradient


@sgd.wrong
def sgd_damps_the_gradient(self, weights, gradient, state, options):
    """You multiply the gradient by the momentum. It belongs to the velocity: how much of the
    earlier steps is left."""
    state["velocity"] += options["momentum"] * gradient
    weights -= options["lr"] * state["velocity"]


@sgd.alternative
def sgd_as_in_the_book(self, weights, gradient, state, options):
    velocity = state["velocity"]
    velocity[...] = options["momentum"] * velocity + gradient
    weights[...] = weights - options["lr"] * velocity


for change in (
    "np.multiply(options['lr'], velocity, out=self.scratch_like(weights))",
    "np.multiply(velocity, options['lr'])",
):
    sgd.equivalent(
        "weights -= np.multiply(velocity, options['lr'], out=self.scratch_like(weights))"
        f" -> weights -= {change}",
        because="the same product; without `out` in new memory, which an answer may take",
    )


# -- AdamW -------------------------------------------------------------------------------------


def first_steps(rng):
    for shape in [(1,), (2, 3)]:
        yield {**_steps(rng, shape, 1), "options": {"lr": 0.1, "weight_decay": 0.0}}


def many_steps(rng):
    for shape, beta1, beta2 in [((2,), 0.9, 0.999), ((2, 3), 0.5, 0.8), ((3,), 0.0, 0.9)]:
        options = {"lr": 0.1, "betas": (beta1, beta2), "weight_decay": 0.0}
        yield {**_steps(rng, shape, 5), "options": options}


def steps_with_decay(rng):
    for decay in (0.5, 0.01):
        yield {**_steps(rng, (2,), 4), "options": {"lr": 0.3, "weight_decay": decay}}


def small_gradients(rng):
    steps = _steps(rng, (3,), 3)
    steps["gradients"] = [1e-4 * gradient for gradient in steps["gradients"]]
    for eps in (1e-2, 1e-4):
        yield {**steps, "options": {"lr": 0.1, "eps": eps, "weight_decay": 0.0}}


def float32_adam_steps(rng):
    yield {**_steps(rng, (2, 3), 3, np.float32), "options": {"lr": 0.1, "weight_decay": 0.1}}


def _adamw(weights, gradients, options):
    return _run(lambda p: optim.AdamW(p, **options), weights, gradients)


adamw.check("the first step", cases=first_steps)(_adamw)
adamw.check("several steps", cases=many_steps)(_adamw)
adamw.check("weight decay", cases=steps_with_decay)(_adamw)
adamw.check("gradients as small as eps", cases=small_gradients)(_adamw)
adamw.check("float32 stays float32", cases=float32_adam_steps)(_adamw)


@adamw.wrong
def adam_with_decay_in_the_gradient(self, weights, gradient, state, options):
    """The decay is added to the gradient, so it is divided by the typical gradient like the rest:
    weights with large gradients hardly decay. That is Adam with L2; AdamW shrinks the weights
    themselves, apart from the gradient."""
    (beta1, beta2), lr = options["betas"], options["lr"]
    state["steps"] += 1
    gradient = gradient + options["weight_decay"] * weights
    state["mean"][...] = beta1 * state["mean"] + (1 - beta1) * gradient
    state["square"][...] = beta2 * state["square"] + (1 - beta2) * gradient**2
    mean = state["mean"] / (1 - beta1 ** state["steps"])
    weights -= (
        lr * mean / (np.sqrt(state["square"] / (1 - beta2 ** state["steps"])) + options["eps"])
    )


@adamw.wrong
def adam_with_decay_apart_from_the_rate(self, weights, gradient, state, options):
    """The weights shrink by the whole of `weight_decay` in each step; it is multiplied by the
    learning rate."""
    (beta1, beta2), lr = options["betas"], options["lr"]
    state["steps"] += 1
    weights *= 1 - options["weight_decay"]
    state["mean"][...] = beta1 * state["mean"] + (1 - beta1) * gradient
    state["square"][...] = beta2 * state["square"] + (1 - beta2) * gradient**2
    mean = state["mean"] / (1 - beta1 ** state["steps"])
    weights -= (
        lr * mean / (np.sqrt(state["square"] / (1 - beta2 ** state["steps"])) + options["eps"])
    )


@adamw.wrong
def adam_without_decay(self, weights, gradient, state, options):
    """The weights do not decay: there is one more line, before the step."""
    (beta1, beta2), lr = options["betas"], options["lr"]
    state["steps"] += 1
    state["mean"][...] = beta1 * state["mean"] + (1 - beta1) * gradient
    state["square"][...] = beta2 * state["square"] + (1 - beta2) * gradient**2
    mean = state["mean"] / (1 - beta1 ** state["steps"])
    weights -= (
        lr * mean / (np.sqrt(state["square"] / (1 - beta2 ** state["steps"])) + options["eps"])
    )


@adamw.wrong
def adam_without_correction(self, weights, gradient, state, options):
    """Both averages begin at zero and are too small at first. Divide them by 1 - b1**t and
    1 - b2**t; without that the first steps have the wrong size."""
    (beta1, beta2), lr = options["betas"], options["lr"]
    state["steps"] += 1
    weights *= 1 - lr * options["weight_decay"]
    state["mean"][...] = beta1 * state["mean"] + (1 - beta1) * gradient
    state["square"][...] = beta2 * state["square"] + (1 - beta2) * gradient**2
    weights -= lr * state["mean"] / (np.sqrt(state["square"]) + options["eps"])


@adamw.wrong
def adam_that_does_not_count(self, weights, gradient, state, options):
    """`state["steps"]` stays at 0, so the corrections divide by zero: count this step before you
    use it."""
    (beta1, beta2), lr = options["betas"], options["lr"]
    weights *= 1 - lr * options["weight_decay"]
    state["mean"][...] = beta1 * state["mean"] + (1 - beta1) * gradient
    state["square"][...] = beta2 * state["square"] + (1 - beta2) * gradient**2
    with np.errstate(all="ignore"):
        mean = state["mean"] / np.float64(1 - beta1 ** state["steps"])
        square = state["square"] / np.float64(1 - beta2 ** state["steps"])
        weights -= lr * mean / (np.sqrt(square) + options["eps"])


@adamw.wrong
def adam_with_eps_under_the_root(self, weights, gradient, state, options):
    """`eps` stands under the root; it is added to the root. The difference shows where gradients
    are small."""
    (beta1, beta2), lr = options["betas"], options["lr"]
    state["steps"] += 1
    weights *= 1 - lr * options["weight_decay"]
    state["mean"][...] = beta1 * state["mean"] + (1 - beta1) * gradient
    state["square"][...] = beta2 * state["square"] + (1 - beta2) * gradient**2
    mean = state["mean"] / (1 - beta1 ** state["steps"])
    weights -= lr * mean / np.sqrt(state["square"] / (1 - beta2 ** state["steps"]) + options["eps"])


@adamw.wrong
def adam_with_the_betas_exchanged(self, weights, gradient, state, options):
    """The betas have changed places: the first belongs to the mean, the second to the squares."""
    (beta2, beta1), lr = options["betas"], options["lr"]
    state["steps"] += 1
    weights *= 1 - lr * options["weight_decay"]
    state["mean"][...] = beta1 * state["mean"] + (1 - beta1) * gradient
    state["square"][...] = beta2 * state["square"] + (1 - beta2) * gradient**2
    mean = state["mean"] / (1 - beta1 ** state["steps"])
    weights -= (
        lr * mean / (np.sqrt(state["square"] / (1 - beta2 ** state["steps"])) + options["eps"])
    )


@adamw.wrong
def adam_without_the_root(self, weights, gradient, state, options):
    """You divide by the average square itself; its root has the size of a gradient."""
    (beta1, beta2), lr = options["betas"], options["lr"]
    state["steps"] += 1
    weights *= 1 - lr * options["weight_decay"]
    state["mean"][...] = beta1 * state["mean"] + (1 - beta1) * gradient
    state["square"][...] = beta2 * state["square"] + (1 - beta2) * gradient**2
    mean = state["mean"] / (1 - beta1 ** state["steps"])
    weights -= lr * mean / (state["square"] / (1 - beta2 ** state["steps"]) + options["eps"])


@adamw.wrong
def adam_that_squares_the_mean(self, weights, gradient, state, options):
    """You average the square of the *mean*. The second average is over the squares of the
    gradients themselves: it tells how large they typically are, whatever their sign."""
    (beta1, beta2), lr = options["betas"], options["lr"]
    state["steps"] += 1
    weights *= 1 - lr * options["weight_decay"]
    state["mean"][...] = beta1 * state["mean"] + (1 - beta1) * gradient
    state["square"][...] = beta2 * state["square"] + (1 - beta2) * state["mean"] ** 2
    mean = state["mean"] / (1 - beta1 ** state["steps"])
    weights -= (
        lr * mean / (np.sqrt(state["square"] / (1 - beta2 ** state["steps"])) + options["eps"])
    )


@adamw.wrong
def adam_makes_new_averages(self, weights, gradient, state, options):
    """The weights are right, but each step puts new arrays into `state`: change those that are
    there, as in `mean *= beta1`."""
    (beta1, beta2), lr = options["betas"], options["lr"]
    state["steps"] += 1
    weights *= 1 - lr * options["weight_decay"]
    state["mean"] = beta1 * state["mean"] + (1 - beta1) * gradient
    state["square"] = beta2 * state["square"] + (1 - beta2) * gradient**2
    mean = state["mean"] / (1 - beta1 ** state["steps"])
    weights -= (
        lr * mean / (np.sqrt(state["square"] / (1 - beta2 ** state["steps"])) + options["eps"])
    )


@adamw.wrong
def adam_changes_nothing(self, weights, gradient, state, options):
    """Neither the weights nor the averages change. `mean = ...` and `weights = ...` make new arrays
    and give the names to them, and the old ones stay: change the arrays themselves, as in
    `mean[...] = ...` and `weights -= ...`."""
    state["steps"] += 1


@adamw.wrong
def adam_moves_too_early(self, weights, gradient, state, options):
    """You move before the averages take in this gradient, so each step follows the old ones, and
    the first does not move at all. First the averages, then the weights."""
    (beta1, beta2), lr = options["betas"], options["lr"]
    state["steps"] += 1
    mean = state["mean"] / (1 - beta1 ** state["steps"])
    square = state["square"] / (1 - beta2 ** state["steps"])
    weights *= 1 - lr * options["weight_decay"]
    weights -= lr * mean / (np.sqrt(square) + options["eps"])
    state["mean"][...] = beta1 * state["mean"] + (1 - beta1) * gradient
    state["square"][...] = beta2 * state["square"] + (1 - beta2) * gradient**2


@adamw.wrong
def adam_averages_under_another_name(self, weights, gradient, state, options):
    """The averages in `state` stay zero. `mean = b1 * mean + ...` makes a new array and gives the
    name to that, and nothing is remembered: write into the array, `mean[...] = ...`."""
    (beta1, beta2), lr = options["betas"], options["lr"]
    state["steps"] += 1
    weights *= 1 - lr * options["weight_decay"]
    mean = (1 - beta1) * gradient / (1 - beta1 ** state["steps"])
    square = (1 - beta2) * gradient**2 / (1 - beta2 ** state["steps"])
    weights -= lr * mean / (np.sqrt(square) + options["eps"])


@adamw.wrong
def adam_corrects_in_place(self, weights, gradient, state, options):
    """`mean /= 1 - b1**t` changes the average that the next step goes on from, so it is corrected
    again and again. Keep the averages as they are and put the corrected ones into new arrays."""
    (beta1, beta2), lr = options["betas"], options["lr"]
    state["steps"] += 1
    weights *= 1 - lr * options["weight_decay"]
    mean, square = state["mean"], state["square"]
    mean[...] = beta1 * mean + (1 - beta1) * gradient
    square[...] = beta2 * square + (1 - beta2) * gradient**2
    mean /= 1 - beta1 ** state["steps"]
    square /= 1 - beta2 ** state["steps"]
    weights -= lr * mean / (np.sqrt(square) + options["eps"])


@adamw.wrong
def adam_corrects_the_mean_alone(self, weights, gradient, state, options):
    """You correct `mean` and not `square`. Both begin at zero: divide `square` by 1 - b2**t."""
    (beta1, beta2), lr = options["betas"], options["lr"]
    state["steps"] += 1
    weights *= 1 - lr * options["weight_decay"]
    state["mean"][...] = beta1 * state["mean"] + (1 - beta1) * gradient
    state["square"][...] = beta2 * state["square"] + (1 - beta2) * gradient**2
    mean = state["mean"] / (1 - beta1 ** state["steps"])
    weights -= lr * mean / (np.sqrt(state["square"]) + options["eps"])


@adamw.wrong
def adam_decays_after_the_step(self, weights, gradient, state, options):
    """The weights decay after the step, so the step itself shrinks too. First the decay, then the
    step."""
    (beta1, beta2), lr = options["betas"], options["lr"]
    state["steps"] += 1
    state["mean"][...] = beta1 * state["mean"] + (1 - beta1) * gradient
    state["square"][...] = beta2 * state["square"] + (1 - beta2) * gradient**2
    mean = state["mean"] / (1 - beta1 ** state["steps"])
    square = state["square"] / (1 - beta2 ** state["steps"])
    weights -= lr * mean / (np.sqrt(square) + options["eps"])
    weights *= 1 - lr * options["weight_decay"]


@adamw.wrong
def adam_without_squaring(self, weights, gradient, state, options):
    """`square` averages the gradients themselves. It is over their squares, `gradient**2`; a
    negative number under the root gives nan."""
    (beta1, beta2), lr = options["betas"], options["lr"]
    state["steps"] += 1
    weights *= 1 - lr * options["weight_decay"]
    state["mean"][...] = beta1 * state["mean"] + (1 - beta1) * gradient
    state["square"][...] = beta2 * state["square"] + (1 - beta2) * gradient
    mean = state["mean"] / (1 - beta1 ** state["steps"])
    square = state["square"] / (1 - beta2 ** state["steps"])
    with np.errstate(all="ignore"):
        weights -= lr * mean / (np.sqrt(square) + options["eps"])


@adamw.wrong
def adam_multiplies_by_the_count(self, weights, gradient, state, options):
    """You correct with `b1 * t`. It is b1 to the power of t: `b1 ** t`, which fades as the steps go
    on."""
    (beta1, beta2), lr = options["betas"], options["lr"]
    state["steps"] += 1
    weights *= 1 - lr * options["weight_decay"]
    state["mean"][...] = beta1 * state["mean"] + (1 - beta1) * gradient
    state["square"][...] = beta2 * state["square"] + (1 - beta2) * gradient**2
    with np.errstate(all="ignore"):
        mean = state["mean"] / np.float64(1 - beta1 * state["steps"])
        square = state["square"] / np.float64(1 - beta2 * state["steps"])
        weights -= lr * mean / (np.sqrt(square) + options["eps"])


@adamw.wrong
def adam_forgets_the_count(self, weights, gradient, state, options):
    """`state["steps"]` stays at 0, so every step is corrected as if it were the first. A name of
    your own, `t = state["steps"] + 1`, is forgotten: `state["steps"] += 1`, then read it."""
    (beta1, beta2), lr = options["betas"], options["lr"]
    weights *= 1 - lr * options["weight_decay"]
    state["mean"][...] = beta1 * state["mean"] + (1 - beta1) * gradient
    state["square"][...] = beta2 * state["square"] + (1 - beta2) * gradient**2
    mean, square = state["mean"] / (1 - beta1), state["square"] / (1 - beta2)
    weights -= lr * mean / (np.sqrt(square) + options["eps"])


@adamw.wrong
def adam_takes_one_scratch_for_two(self, weights, gradient, state, options):
    """Two calls of `self.scratch_like(weights)` give the same memory: the second result is written
    over the first. Use it for one thing at a time, and a new array for the other."""
    (beta1, beta2), lr = options["betas"], options["lr"]
    state["steps"] += 1
    weights *= 1 - lr * options["weight_decay"]
    state["mean"][...] = beta1 * state["mean"] + (1 - beta1) * gradient
    state["square"][...] = beta2 * state["square"] + (1 - beta2) * gradient**2
    mean, size = self.scratch_like(weights), self.scratch_like(weights)
    np.divide(state["mean"], 1 - beta1 ** state["steps"], out=mean)
    np.sqrt(state["square"] / (1 - beta2 ** state["steps"]), out=size)
    weights -= lr * mean / (size + options["eps"])


@adamw.wrong
def adam_makes_new_weights(self, weights, gradient, state, options):
    """The averages are right, but `weights` never moves. `weights = weights - ...` makes a new
    array and gives the name to that; the parameter still has the old one. Change the array itself:
    `weights -= ...`."""
    (beta1, beta2), lr = options["betas"], options["lr"]
    state["steps"] += 1
    weights = weights * (1 - lr * options["weight_decay"])
    state["mean"][...] = beta1 * state["mean"] + (1 - beta1) * gradient
    state["square"][...] = beta2 * state["square"] + (1 - beta2) * gradient**2
    mean = state["mean"] / (1 - beta1 ** state["steps"])
    square = state["square"] / (1 - beta2 ** state["steps"])
    weights = weights - lr * mean / (np.sqrt(square) + options["eps"])


@adamw.alternative
def adam_as_in_the_formulas(self, weights, gradient, state, options):
    state["steps"] += 1
    t, (beta1, beta2) = state["steps"], options["betas"]
    mean, square = state["mean"], state["square"]
    mean[...] = beta1 * mean + (1 - beta1) * gradient
    square[...] = beta2 * square + (1 - beta2) * gradient**2
    size = np.sqrt(square / (1 - beta2**t)) + options["eps"]
    shrunk = weights * (1 - options["lr"] * options["weight_decay"])
    weights[...] = shrunk - options["lr"] * (mean / (1 - beta1**t)) / size


adamw.equivalent(
    "mean += np.multiply(gradient, 1 - beta1, out=scratch) -> "
    "mean += np.multiply(gradient, 1 - beta1)",
    because="the same product in new memory, which an answer may take",
)
adamw.equivalent(
    "mean += np.multiply(gradient, 1 - beta1, out=scratch) -> "
    "mean += np.multiply(1 - beta1, gradient, out=scratch)",
    because="the same product",
)
