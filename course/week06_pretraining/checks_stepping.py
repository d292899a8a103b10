"""Week 6, one step of training: what an answer must do, and the mistakes it must catch."""

import math

import numpy as np

from coursekit.checking import Checks, Complaint
from minitorch import losses, nn, optim, training
from minitorch.data import Batch

stepping = Checks("training.take_step")

CLASSES = 5


class _Pairs(nn.Module):
    """A model with a row of scores for each token; a second parameter never has a gradient."""

    def __init__(self, scores):
        self.scores = nn.Parameter(scores)
        self.unused = nn.Parameter(np.ones(2))

    def loss(self, ids, targets):
        return 30.0 * losses.cross_entropy(self.scores[ids], targets)  # so that gradients are long


def _batches(rng, count, rows=2):
    def batch():
        shape = (rows, 4)
        return {
            "inputs": rng.integers(0, CLASSES, shape),
            "targets": rng.integers(0, CLASSES, shape),
        }

    return [batch() for _ in range(count)]


def _case(rng, batches=1, lr=0.1, clip=100.0, scale=1.0):
    return {
        "scores": scale * rng.normal(size=(CLASSES, CLASSES)),
        "batches": _batches(rng, batches),
        "lr": lr,
        "clip": clip,
    }


def single_batches(rng):
    yield _case(rng)
    yield _case(rng, lr=0.01)


def several_batches(rng):
    yield _case(rng, batches=2)
    yield _case(rng, batches=3, lr=0.5)


def long_gradients(rng):
    yield _case(rng, clip=0.01, scale=3.0)
    yield _case(rng, batches=2, clip=0.05, scale=5.0)
    yield _case(rng, clip=3.0, scale=2.0)


def several_steps(rng):
    yield {**_case(rng), "rates": [0.1, 0.3, 0.05]}
    yield {**_case(rng, batches=2, clip=0.2), "rates": [0.2, 0.01]}


def losses_that_are_not_finite(rng):
    for value in (math.nan, math.inf):
        case = _case(rng)
        case["scores"][int(case["batches"][0]["inputs"][0, 0])] = value
        yield case


def _told(scores, batches, lr, clip, **more):
    known = "" if np.isfinite(scores).all() else "; some weights are not finite"
    steps = f", steps with the rates {more['rates']}" if "rates" in more else f", lr = {lr}"
    return f"{len(batches)} batches{steps}, clip = {clip}{known}"


def _made(scores, batches):
    model = _Pairs(scores)
    made = [Batch(b["inputs"], b["targets"], np.ones_like(b["inputs"])) for b in batches]
    return model, optim.AdamW(model.parameters(), lr=7.0, weight_decay=0.01), made


def _step(model, optimizer, batches, lr, clip):
    found = training.take_step(model, optimizer, batches, lr, clip)
    if not isinstance(found, tuple | list) or len(found) != 2:
        raise Complaint("It should return two numbers, the loss and the norm: `return loss, norm`.")
    return [float(number) for number in found]


def _seen(model, optimizer, found):
    kept = optimizer.state.get(model.scores, {})
    return {
        "loss": found[0],
        "norm": found[1],
        "weights": model.scores.data.copy(),
        "what the optimizer remembers": {name: np.copy(value) for name, value in kept.items()},
    }


def _run(scores, batches, lr, clip):
    model, optimizer, made = _made(scores, batches)
    return _seen(model, optimizer, _step(model, optimizer, made, lr, clip))


stepping.check("one batch", cases=single_batches, describe=_told)(_run)
stepping.check("several batches", cases=several_batches, describe=_told)(_run)
stepping.check("gradients that are too long", cases=long_gradients, describe=_told)(_run)


@stepping.check("several steps", cases=several_steps, describe=_told)
def _(scores, batches, lr, clip, rates):
    model, optimizer, made = _made(scores, batches)
    return [_seen(model, optimizer, _step(model, optimizer, made, lr, clip)) for lr in rates]


@stepping.check("gradients left from something else", cases=single_batches, describe=_told)
def _(scores, batches, lr, clip):
    model, optimizer, made = _made(scores, batches)
    for parameter in model.parameters():
        parameter.grad = np.ones(parameter.shape)
    return _seen(model, optimizer, _step(model, optimizer, made, lr, clip))


@stepping.check("a loss that is not finite", cases=losses_that_are_not_finite, describe=_told)
def _(scores, batches, lr, clip):
    model, optimizer, made = _made(scores, batches)
    before = model.scores.data.copy()
    loss, _ = _step(model, optimizer, made, lr, clip)
    return {
        "the loss is finite": math.isfinite(loss),
        "the weights stay": np.array_equal(before, model.scores.data, equal_nan=True),
        "the optimizer remembers something": bool(optimizer.state),
    }


@stepping.check("a norm that is not finite", cases=single_batches, describe=_told)
def _(scores, batches, lr, clip):
    model, optimizer, made = _made(scores, batches)

    def loss_with_a_broken_gradient(ids, targets):
        loss = _Pairs.loss(model, ids, targets)
        rule = loss.rule
        loss.rule = lambda g: tuple(None if p is None else p * math.nan for p in rule(g))
        return loss

    model.loss = loss_with_a_broken_gradient
    before = model.scores.data.copy()
    loss, norm = _step(model, optimizer, made, lr, clip)
    return {
        "the loss is finite": math.isfinite(loss),
        "the norm is finite": math.isfinite(norm),
        "the weights stay": np.array_equal(before, model.scores.data),
        "the optimizer remembers something": bool(optimizer.state),
    }


@stepping.check(
    "a loss that is not finite, with good gradients", cases=single_batches, describe=_told
)
def _(scores, batches, lr, clip):
    model, optimizer, made = _made(scores, batches)

    def loss_that_overflows(ids, targets):
        loss = _Pairs.loss(model, ids, targets)
        loss.data = np.full_like(loss.data, math.inf)
        return loss

    model.loss = loss_that_overflows
    before = model.scores.data.copy()
    loss, norm = _step(model, optimizer, made, lr, clip)
    return {
        "the loss is finite": math.isfinite(loss),
        "the norm is finite": math.isfinite(norm),
        "the weights stay": np.array_equal(before, model.scores.data),
    }


stepping.slip(
    "steps_with_old_gradients",
    "From the second step on, the gradients of all earlier steps are added in: forget them first.",
    ("    optimizer.zero_grad()\n", ""),
)
stepping.slip(
    "steps_and_forgets_afterwards",
    "You forget the gradients after the step. If something else has left some, say an experiment "
    "in a notebook, they are added in: forget them before the new ones are computed.",
    ("    optimizer.zero_grad()\n", ""),
    ("        optimizer.step()\n", "        optimizer.step()\n        optimizer.zero_grad()\n"),
)
stepping.slip(
    "steps_after_forgetting",
    "The gradients are forgotten after they were computed, so the weights never move: forget the "
    "old ones *before* the new ones arrive.",
    ("    optimizer.zero_grad()\n", ""),
    ("    norm = ", "    optimizer.zero_grad()\n    norm = "),
)
stepping.slip(
    "steps_without_clipping",
    "The norm is measured, but long gradients stay as long as they are: the limit is `clip`.",
    ("(optimizer.parameters, clip)", '(optimizer.parameters, float("inf"))'),
)
stepping.slip(
    "steps_with_a_clip_of_its_own",
    "You clip at 1.0 whatever `clip` says.",
    ("(optimizer.parameters, clip)", "(optimizer.parameters, 1.0)"),
)
stepping.slip(
    "steps_before_clipping",
    "The optimizer steps before the gradients are clipped, so clipping changes nothing.",
    ("    norm = optim.clip_grad_norm(optimizer.parameters, clip)\n", "    norm = 0.0\n"),
    (
        "        optimizer.step()\n",
        "        optimizer.step()\n"
        "        norm = optim.clip_grad_norm(optimizer.parameters, clip)\n",
    ),
)
stepping.slip(
    "steps_with_the_optimizers_rate",
    "The learning rate `lr` is never given to the optimizer: `optimizer.set_lr(lr)`.",
    ("        optimizer.set_lr(lr)\n", ""),
)
stepping.slip(
    "steps_with_the_rate_of_the_step_before",
    "The rate is set after the step, so each step takes the one of the step before.",
    (
        "        optimizer.set_lr(lr)\n        optimizer.step()\n",
        "        optimizer.step()\n        optimizer.set_lr(lr)\n",
    ),
)
stepping.slip(
    "steps_never",
    "The gradients are computed and nothing moves: `optimizer.step()` is missing.",
    ("        optimizer.step()\n", ""),
)
stepping.slip(
    "steps_in_any_case",
    "You step even if the loss or the norm is not finite. One such step fills all weights and the "
    "optimizer's averages with nan, and no later step can undo that.",
    ("if math.isfinite(loss) and math.isfinite(norm):", "if True:"),
)
stepping.slip(
    "steps_without_looking_at_the_norm",
    "You ask whether the loss is finite, and not whether the norm is. An overflow on the way back "
    "spoils the gradients alone.",
    (" and math.isfinite(norm)", ""),
)
stepping.slip(
    "steps_without_looking_at_the_loss",
    "You ask whether the norm is finite, and not whether the loss is: ask about both.",
    ("math.isfinite(loss) and ", ""),
)
stepping.slip(
    "steps_for_each_batch",
    "You take a step for each batch. All batches together make one step; `accumulate` adds up "
    "their gradients.",
    ("    loss = accumulate(model, batches)\n", "    for batch in batches[:-1]:\n"
     "        accumulate(model, [batch])\n"
     "        optim.clip_grad_norm(optimizer.parameters, clip)\n"
     "        optimizer.set_lr(lr)\n        optimizer.step()\n        optimizer.zero_grad()\n"
     "    loss = accumulate(model, batches[-1:])\n"),
)  # fmt: skip
stepping.slip(
    "steps_on_the_first_batch",
    "Only the first batch is used; `batches` is a list, and all of them make one step.",
    ("accumulate(model, batches)", "accumulate(model, batches[:1])"),
)
stepping.slip(
    "steps_and_returns_the_clipped_norm",
    "You return the norm after clipping. Return the one before: it tells when something is wrong.",
    ("return loss, norm", "return loss, min(norm, clip)"),
)
stepping.slip(
    "steps_and_returns_them_exchanged",
    "The two numbers are exchanged: first the loss, then the norm.",
    ("return loss, norm", "return norm, loss"),
)


@stepping.alternative
def steps_with_an_early_return(model, optimizer, batches, lr, clip=1.0):
    model.zero_grad()
    loss = accumulate(model, batches)  # noqa: F821
    norm = optim.clip_grad_norm(model.parameters(), clip)
    if not math.isfinite(loss + norm):
        return loss, norm
    for group in optimizer.groups:
        group["lr"] = lr
    optimizer.step()
    return loss, norm
