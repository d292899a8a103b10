"""Week 6, what each guess costs: what an answer must do, and the mistakes it must catch."""

from contextlib import suppress

import numpy as np

from coursekit.checking import Checks, Complaint
from minitorch import Tensor, evaluation, nn
from minitorch.data import IGNORED, Batch

pricing = Checks("evaluation.token_costs")

TOKENS = 6


class _Table(nn.Module):
    """A model with a row of logits for each token; it notes the modes it was called in."""

    def __init__(self, table, training=True):
        self.table = nn.Parameter(table)
        self.drop = nn.Dropout(0.5, rng=np.random.default_rng(0))
        self.train(training)
        self.seen = []

    def forward(self, ids):
        self.seen.append({"training": self.training, "gradients": _recording()})
        return Tensor(self.drop(self.table)[ids].data)


def _recording():
    """Whether an operation on something that wants a gradient is recorded now."""
    return (Tensor(np.ones(1), requires_grad=True) * 1.0).requires_grad


def _case(rng, rows=2, places=4, learned=0.6, scale=1.0, dtype=np.float64):
    targets = rng.integers(0, TOKENS, (rows, places))
    targets[rng.random((rows, places)) > learned] = IGNORED
    targets[0, 0] = 0
    return {
        "table": (scale * rng.normal(size=(TOKENS, TOKENS))).astype(dtype),
        "inputs": rng.integers(0, TOKENS, (rows, places)),
        "targets": targets,
    }


def rows_with_targets_everywhere(rng):
    yield _case(rng, 1, 3, learned=1.0)
    yield _case(rng, 3, 4, learned=1.0)


def rows_with_ignored_places(rng):
    yield _case(rng, 2, 4, 0.5)
    yield _case(rng, 3, 5, 0.3)


def large_logits(rng):
    yield _case(rng, 2, 3, scale=600.0)
    case = _case(rng, 2, 3)
    yield {**case, "table": case["table"] - 2000.0}


def float32_tables(rng):
    yield _case(rng, 2, 3, dtype=np.float32)
    yield _case(rng, 3, 4, scale=8.0, dtype=np.float32)


def rows_with_nothing(rng):
    case = _case(rng, 2, 3)
    yield {**case, "targets": np.full((2, 3), IGNORED)}


def _priced(model, inputs, targets):
    found = evaluation.token_costs(model, Batch(inputs, targets, np.ones_like(inputs)))
    if isinstance(found, Tensor):
        raise Complaint("It returned a Tensor; an array is expected: `.data` is the array.")
    if not isinstance(found, np.ndarray):
        raise Complaint(f"It returned a value of type `{type(found).__name__}`, not an array.")
    return found


def _costs(table, inputs, targets):
    model = _Table(table).eval()
    return _priced(model, inputs, targets)


pricing.check("targets everywhere", cases=rows_with_targets_everywhere)(_costs)
pricing.check("ignored places", cases=rows_with_ignored_places)(_costs)
pricing.check("logits that are large", cases=large_logits)(_costs)
pricing.check("costs in float64", cases=float32_tables, tolerance=1e-7)(_costs)
pricing.check("nothing that counts", cases=rows_with_nothing)(_costs)


@pricing.check("how the model is called", cases=rows_with_ignored_places)
def _(table, inputs, targets):
    found = []
    for training in (True, False):
        model = _Table(table, training)
        _priced(model, inputs, targets)
        found.append({"modes in the calls": model.seen, "mode afterwards": model.training})
    return found


@pricing.check("a model that fails", cases=rows_with_ignored_places)
def _(table, inputs, targets):
    model = _Table(table, training=True)
    with suppress(IndexError):
        _priced(model, inputs + TOKENS, targets)
    return {"training afterwards": model.training, "gradients afterwards": _recording()}


pricing.slip(
    "prices_ignored_places",
    "Places whose target is `IGNORED` are priced too. -100 counts from the end of a row, or fails.",
    ("batch.targets != IGNORED", "np.ones(batch.targets.shape, bool)"),
    ("batch.targets[kept]", "np.where(batch.targets == IGNORED, 0, batch.targets)[kept]"),
)
pricing.slip(
    "prices_without_class_zero",
    "Token 0 is a token like any other, and its places are left out: ask for `!= IGNORED`.",
    ("batch.targets != IGNORED", "batch.targets > 0"),
)
pricing.slip(
    "prices_with_the_wrong_sign",
    "The sign is turned: log p is negative, a cost is -log p.",
    (
        "return np.log(np.exp(rows).sum(axis=1)) - said",
        "return said - np.log(np.exp(rows).sum(axis=1))",
    ),
)
pricing.slip(
    "prices_by_the_best_token",
    "You price the token that the model likes best. The cost is that of the target, likely or not.",
    ("batch.targets[kept]", "rows.argmax(axis=1)"),
)
pricing.slip(
    "prices_in_bits",
    "These are bits. The costs are asked for in nats, with the natural logarithm.",
    (
        "return np.log(np.exp(rows).sum(axis=1)) - said",
        "return (np.log(np.exp(rows).sum(axis=1)) - said) / np.log(2)",
    ),
)
pricing.slip(
    "prices_that_overflow",
    "Large logits overflow in `exp`, or all become 0. Take each row's largest off first, as in "
    "week 1's log_softmax.",
    ("    rows -= rows.max(axis=1, keepdims=True)\n", ""),
)
pricing.slip(
    "prices_in_the_models_precision",
    "You compute in the model's float32. A sum over a long text is asked for to more digits: make "
    "the logits float64 first.",
    (".astype(np.float64)", ".copy()"),
)
pricing.slip(
    "prices_in_training_mode",
    "Dropout drops while you evaluate: call `model.eval()` first.",
    ("    model.eval()\n", ""),
)
pricing.slip(
    "prices_and_leaves_evaluation_mode",
    "The model stays in evaluation mode, and the training that goes on afterwards has lost its "
    "dropout. Put it back into the mode it was in.",
    ("model.train(was_training)", "pass"),
)
pricing.slip(
    "prices_and_always_trains_after",
    "Afterwards the model is in training mode, even if it was in evaluation mode before. Note "
    "which it was.",
    ("model.train(was_training)", "model.train()"),
)
pricing.slip(
    "prices_with_a_graph",
    "A graph is recorded that nobody uses, and with it the memory of every layer: "
    "`with no_grad():`.",
    ("with no_grad():", "if True:"),
)
pricing.slip(
    "prices_the_mean",
    "You return the average. One number for each place is asked for: a mean of batch means would "
    "not be the mean over a text.",
    (
        "return np.log(np.exp(rows).sum(axis=1)) - said",
        "return np.array([np.mean(np.log(np.exp(rows).sum(axis=1)) - said)])",
    ),
)


@pricing.wrong
def prices_and_forgets_the_mode_on_failure(model, batch):
    """If the model fails, say because a row is too long, it stays in evaluation mode. Put the mode
    back in a `finally`, which runs in any case."""
    was_training = model.training
    model.eval()
    with no_grad():  # noqa: F821
        logits = model(batch.inputs).data
    model.train(was_training)
    kept = batch.targets != IGNORED
    rows = logits[kept].astype(np.float64)
    rows -= rows.max(axis=1, keepdims=True)
    return np.log(np.exp(rows).sum(axis=1)) - rows[np.arange(len(rows)), batch.targets[kept]]


@pricing.alternative
def prices_through_log_softmax(model, batch):
    mode = model.training
    model.train(False)
    try:
        with no_grad():  # noqa: F821
            scores = np.asarray(model(batch.inputs).data, np.float64)
    finally:
        model.train(mode)
    top = scores.max(axis=-1, keepdims=True)
    logs = scores - top - np.log(np.exp(scores - top).sum(axis=-1, keepdims=True))
    places = np.argwhere(batch.targets != IGNORED)
    return np.array([-logs[r, c, batch.targets[r, c]] for r, c in places], np.float64)
