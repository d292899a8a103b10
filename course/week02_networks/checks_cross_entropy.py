"""Week 2, cross-entropy: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks
from coursekit.tensor_checks import run_operation, tensor_from
from minitorch import Tensor, losses
from minitorch.recording import record

cross_entropy = Checks("losses.cross_entropy_of_ids")


def _cotangent(rng, dtype=np.float64):
    return np.asarray(rng.uniform(0.5, 2.0), dtype)


def rows_and_ids(rng):
    for count, classes in [(1, 2), (3, 4), (4, 3), (3, 3)]:
        yield {
            "logits": rng.normal(size=(count, classes)),
            "ids": rng.integers(0, classes, count),
            "g": _cotangent(rng),
        }


def rows_to_ignore(rng):
    for marks, ignored in [([0, 2], -100), ([1], -100), ([0, 3], 1), ([2, 3], -1)]:
        ids = rng.choice([0, 2, 3], 4)
        ids[marks] = ignored
        logits = rng.normal(size=(4, 4))
        yield {"logits": logits, "ids": ids, "ignored": ignored, "g": _cotangent(rng)}


def nothing_but_ignored(rng):
    yield {"logits": rng.normal(size=(2, 3)), "ids": np.full(2, -100), "g": _cotangent(rng)}


def large_logits(rng):
    yield {"logits": np.array([[1000.0, 0.0], [0.0, -900.0]]), "ids": np.array([1, 1])}
    yield {"logits": 1e4 * rng.normal(size=(3, 4)), "ids": rng.integers(0, 4, 3)}


def rows_far_apart(rng):
    logits = rng.normal(size=(3, 4)) + np.array([[5000.0], [0.0], [-5000.0]])
    yield {"logits": logits, "ids": rng.integers(0, 4, 3)}


def float32_rows(rng):
    yield {
        "logits": rng.normal(size=(3, 4)).astype(np.float32),
        "ids": rng.integers(0, 4, 3),
        "g": _cotangent(rng, np.float32),
    }


def _entropy(logits, ids, g, **ignored):
    return run_operation(
        lambda logits: losses.cross_entropy_of_ids(logits, ids, **ignored), g, logits=logits
    )


cross_entropy.check("the loss and its gradient", cases=rows_and_ids)(_entropy)
cross_entropy.check("rows that do not count", cases=rows_to_ignore)(_entropy)
cross_entropy.check("no row that counts", cases=nothing_but_ignored)(_entropy)
cross_entropy.check("float32 stays float32", cases=float32_rows)(_entropy)


@cross_entropy.check("large logits", cases=large_logits)
def _(logits, ids):
    with np.errstate(all="ignore"):
        return _entropy(logits, ids, np.asarray(1.0))


@cross_entropy.check("rows of different heights", cases=rows_far_apart)
def _(logits, ids):
    with np.errstate(all="ignore"):
        return _entropy(logits, ids, np.asarray(1.0))


@cross_entropy.check("the rule gives the same every time", cases=rows_and_ids)
def _(logits, ids, g):
    out = tensor_from(losses.cross_entropy_of_ids(Tensor(logits, requires_grad=True), ids))
    first = [np.array(part) for part in out.rule(g)]
    return {"the first time": first, "the second time": list(out.rule(g))}


@cross_entropy.wrong
def entropy_without_shifting(logits, ids, ignored=-100):
    """Large logits overflow: subtract the largest of each row first. It cancels in the softmax."""
    kept = np.flatnonzero(ids != ignored)
    count = max(len(kept), 1)
    exps = np.exp(logits.data)
    sums = exps.sum(axis=1, keepdims=True)
    losses = np.log(sums[kept, 0]) - logits.data[kept, ids[kept]]

    def backward(g):
        grad = exps * (g / (count * sums))
        grad[ids == ignored] = 0
        grad[kept, ids[kept]] -= g / count
        return (grad,)

    return record(losses.sum() / count, (logits,), backward)


@cross_entropy.wrong
def entropy_as_log_of_softmax(logits, ids, ignored=-100):
    """A probability that is too small for the computer becomes 0, and log(0) is minus infinity.
    Stay with logarithms: the log of the sum minus the shifted logit."""
    kept = np.flatnonzero(ids != ignored)
    count = max(len(kept), 1)
    softmax = np.exp(logits.data - logits.data.max(axis=1, keepdims=True))
    softmax /= softmax.sum(axis=1, keepdims=True)
    losses = -np.log(softmax[kept, ids[kept]])

    def backward(g):
        grad = softmax * (g / count)
        grad[ids == ignored] = 0
        grad[kept, ids[kept]] -= g / count
        return (grad,)

    return record(losses.sum() / count, (logits,), backward)


@cross_entropy.wrong
def entropy_of_a_probability_with_a_little_added(logits, ids, ignored=-100):
    """`log(p + 1e-9)` keeps the logarithm from minus infinity, and bends every loss a little: a
    row that is badly wrong costs 20.7 at most. Shift, and stay with logarithms: then nothing has
    to be added."""
    kept = np.flatnonzero(ids != ignored)
    count = max(len(kept), 1)
    softmax = np.exp(logits.data - logits.data.max(axis=1, keepdims=True))
    softmax /= softmax.sum(axis=1, keepdims=True)
    losses = -np.log(softmax[kept, ids[kept]] + 1e-9)

    def backward(g):
        grad = softmax * (g / count)
        grad[ids == ignored] = 0
        grad[kept, ids[kept]] -= g / count
        return (grad,)

    return record(losses.sum().astype(logits.dtype) / count, (logits,), backward)


@cross_entropy.wrong
def entropy_shifted_by_one_number(logits, ids, ignored=-100):
    """You subtract the largest logit of the whole table. Rows far below it become zeros, and the
    logarithm of zero is minus infinity: subtract each row's own largest, `max(axis=1,
    keepdims=True)`."""
    kept = np.flatnonzero(ids != ignored)
    count = max(len(kept), 1)
    shifted = logits.data - logits.data.max()
    exps = np.exp(shifted)
    sums = exps.sum(axis=1, keepdims=True)
    losses = np.log(sums[kept, 0]) - shifted[kept, ids[kept]]

    def backward(g):
        grad = exps * (g / (count * sums))
        grad[ids == ignored] = 0
        grad[kept, ids[kept]] -= g / count
        return (grad,)

    return record(losses.sum() / count, (logits,), backward)


@cross_entropy.wrong
def entropy_that_ignores_minus_a_hundred(logits, ids, ignored=-100):
    """You compare with -100 itself. That is only what `ignored` is if nobody says otherwise: use
    the argument."""
    kept = np.flatnonzero(ids != -100)
    count = max(len(kept), 1)
    shifted = logits.data - logits.data.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))

    def backward(g):
        grad = np.exp(logs) * (g / count)
        grad[ids == -100] = 0
        grad[kept, ids[kept]] -= g / count
        return (grad,)

    return record(-logs[kept, ids[kept]].sum() / count, (logits,), backward)


@cross_entropy.wrong
def entropy_that_ignores_whatever_is_negative(logits, ids, ignored=-100):
    """You ignore rows with a negative id. `ignored` may be any number, 1 too: compare the ids with
    the argument."""
    kept = np.flatnonzero(ids >= 0)
    count = max(len(kept), 1)
    shifted = logits.data - logits.data.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))

    def backward(g):
        grad = np.exp(logs) * (g / count)
        grad[ids < 0] = 0
        grad[kept, ids[kept]] -= g / count
        return (grad,)

    return record(-logs[kept, ids[kept]].sum() / count, (logits,), backward)


@cross_entropy.wrong
def entropy_added_up(logits, ids, ignored=-100):
    """You add the rows up and do not average: divide by the number of rows that count, in the
    rule too."""
    kept = np.flatnonzero(ids != ignored)
    shifted = logits.data - logits.data.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))

    def backward(g):
        grad = np.exp(logs) * g
        grad[ids == ignored] = 0
        grad[kept, ids[kept]] -= g
        return (grad,)

    return record(-logs[kept, ids[kept]].sum(), (logits,), backward)


@cross_entropy.wrong
def entropy_over_all_rows(logits, ids, ignored=-100):
    """You divide by the number of all rows. The average is over the rows that count."""
    kept = np.flatnonzero(ids != ignored)
    count = max(len(ids), 1)
    shifted = logits.data - logits.data.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))

    def backward(g):
        grad = np.exp(logs) * (g / count)
        grad[ids == ignored] = 0
        grad[kept, ids[kept]] -= g / count
        return (grad,)

    return record(-logs[kept, ids[kept]].sum() / count, (logits,), backward)


@cross_entropy.wrong
def entropy_with_gradients_for_ignored_rows(logits, ids, ignored=-100):
    """The loss is right, but rows that are ignored get a gradient: it must be zero there."""
    kept = np.flatnonzero(ids != ignored)
    count = max(len(kept), 1)
    shifted = logits.data - logits.data.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))

    def backward(g):
        grad = np.exp(logs) * (g / count)
        grad[kept, ids[kept]] -= g / count
        return (grad,)

    return record(-logs[kept, ids[kept]].sum() / count, (logits,), backward)


@cross_entropy.wrong
def entropy_that_ignores_nothing(logits, ids, ignored=-100):
    """You ignore no row. -1 and -100 then count from the end of a row, or are out of range: leave
    out the rows whose id is `ignored`."""
    rows = np.arange(len(ids))
    shifted = logits.data - logits.data.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))

    def backward(g):
        grad = np.exp(logs)
        grad[rows, ids] -= 1
        return (grad * (g / len(ids)),)

    return record(-logs[rows, ids].mean(), (logits,), backward)


@cross_entropy.wrong
def entropy_ignores_what_comes_in(logits, ids, ignored=-100):
    """Your gradient does not depend on `g`: multiply by it, since the loss may be a part of a
    larger one."""
    kept = np.flatnonzero(ids != ignored)
    count = max(len(kept), 1)
    shifted = logits.data - logits.data.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))

    def backward(g):
        grad = np.exp(logs) / count
        grad[ids == ignored] = 0
        grad[kept, ids[kept]] -= 1 / count
        return (grad,)

    return record(-logs[kept, ids[kept]].sum() / count, (logits,), backward)


@cross_entropy.wrong
def entropy_with_the_sign_turned(logits, ids, ignored=-100):
    """The sign is wrong: the logarithm of a probability is negative, the loss is *minus* that. As
    it stands, training would make the right class less likely."""
    kept = np.flatnonzero(ids != ignored)
    count = max(len(kept), 1)
    shifted = logits.data - logits.data.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))

    def backward(g):
        grad = np.exp(logs) * (-g / count)
        grad[ids == ignored] = 0
        grad[kept, ids[kept]] += g / count
        return (grad,)

    return record(logs[kept, ids[kept]].sum() / count, (logits,), backward)


@cross_entropy.wrong
def entropy_with_a_rule_of_one_class(logits, ids, ignored=-100):
    """Only the right class gets a gradient. Every logit is in the sum that the softmax divides by,
    so all of them get their probability, and the right one that minus 1."""
    kept = np.flatnonzero(ids != ignored)
    count = max(len(kept), 1)
    shifted = logits.data - logits.data.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))

    def backward(g):
        grad = np.zeros_like(logs)
        grad[kept, ids[kept]] = (np.exp(logs[kept, ids[kept]]) - 1) * (g / count)
        return (grad,)

    return record(-logs[kept, ids[kept]].sum() / count, (logits,), backward)


@cross_entropy.wrong
def entropy_of_every_pair(logits, ids, ignored=-100):
    """`logs[:, ids]` takes the ids of *all* rows from each row. Give two lists, one of rows and
    one of classes: `logs[rows, ids]`."""
    kept = np.flatnonzero(ids != ignored)
    count = max(len(kept), 1)
    shifted = logits.data - logits.data.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))

    def backward(g):
        grad = np.exp(logs) * (g / count)
        grad[ids == ignored] = 0
        grad[:, ids[kept]] -= g / count
        return (grad,)

    return record(-logs[:, ids[kept]].sum() / count, (logits,), backward)


@cross_entropy.wrong
def entropy_that_uses_itself_up(logits, ids, ignored=-100):
    """The rule is right the first time only: it changes an array that it will need again. Compute
    a new one in `backward`, and change that."""
    kept = np.flatnonzero(ids != ignored)
    count = max(len(kept), 1)
    shifted = logits.data - logits.data.max(axis=1, keepdims=True)
    softmax = np.exp(shifted)
    sums = softmax.sum(axis=1, keepdims=True)
    softmax /= sums
    losses = np.log(sums[kept, 0]) - shifted[kept, ids[kept]]

    def backward(g):
        softmax[kept, ids[kept]] -= 1
        softmax[ids == ignored] = 0
        return (softmax * (g / count),)

    return record(losses.sum() / count, (logits,), backward)


@cross_entropy.wrong
def entropy_divides_by_nothing(logits, ids, ignored=-100):
    """If every row is ignored you divide by zero. The loss is 0 then: divide by at least 1."""
    kept = np.flatnonzero(ids != ignored)
    shifted = logits.data - logits.data.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))

    def backward(g):
        grad = np.exp(logs) * (g / len(kept))
        grad[ids == ignored] = 0
        grad[kept, ids[kept]] -= g / len(kept)
        return (grad,)

    with np.errstate(all="ignore"):
        loss = -logs[kept, ids[kept]].sum() / np.float64(len(kept))
    return record(loss, (logits,), backward)


@cross_entropy.alternative
def entropy_with_one_hot_rows(logits, ids, ignored=-100):
    counts = ids != ignored
    wanted = np.zeros_like(logits.data)
    wanted[counts, ids[counts]] = 1
    shifted = logits.data - logits.data.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    total = max(int(counts.sum()), 1)

    def backward(g):
        return ((np.exp(logs) * counts[:, None] - wanted) * (g / total),)

    return record(-(wanted * logs).sum() / total, (logits,), backward)


cross_entropy.equivalent(
    "count = max(len(kept), 1) -> count = max(1, len(kept))",
    because="the larger of two numbers does not depend on their order",
)
cross_entropy.equivalent(
    "losses = np.log(sums[kept, 0]) - shifted[kept, ids[kept]] -> "
    "losses = np.log(sums[kept, -1]) - shifted[kept, ids[kept]]",
    because="`sums` has one column, which is the first and the last",
)
