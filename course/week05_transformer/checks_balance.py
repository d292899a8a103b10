"""Week 5, the balance of experts: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks
from coursekit.tensor_checks import tensor_from
from minitorch import Tensor, moe, shapes
from minitorch.moe import take_rows, top_experts

balance = Checks("moe.load_balancing_loss")


def one_layer(rng):
    yield {"scores": [np.array([[2.0, 0.0, 0.0], [2.0, 0.0, 1.0]])], "chosen": 1}
    for rows, experts, chosen in [(4, 3, 1), (5, 4, 2), (3, 3, 3)]:
        yield {"scores": [2 * rng.normal(size=(rows, experts))], "chosen": chosen}


def several_layers(rng):
    for layers, rows, experts, chosen in [(2, 3, 4, 2), (3, 4, 3, 1)]:
        yield {"scores": list(2 * rng.normal(size=(layers, rows, experts))), "chosen": chosen}


def rows_that_were_filled_up(rng):
    for layers, experts in [(1, 4), (2, 3)]:
        yield {
            "scores": list(2 * rng.normal(size=(layers, 6, experts))),
            "chosen": 2,
            "real": np.array([[1, 1, 1], [1, 0, 0]]),
        }


def float32_layers(rng):
    scores = 2 * rng.normal(size=(2, 4, 3)).astype(np.float32)
    yield {"scores": list(scores), "chosen": 2}


def _balance(scores, chosen, real=None):
    tensors = [Tensor(array, requires_grad=True) for array in scores]
    loss = tensor_from(moe.load_balancing_loss(tensors, chosen, real))
    found = {"loss": loss.data, "a gradient comes back": loss.requires_grad}
    if loss.requires_grad and loss.shape == ():
        loss.backward(0.7)
        found["gradients"] = [tensor.grad for tensor in tensors]
    return found


balance.check("one layer", cases=one_layer)(_balance)
balance.check("several layers", cases=several_layers)(_balance)
balance.check("rows that were filled up", cases=rows_that_were_filled_up)(_balance)
balance.check("float32 stays float32", cases=float32_layers)(_balance)

balance.slip(
    "balance_without_the_number_of_experts",
    "The factor in front is missing: with it the loss is `chosen` for even use, however many "
    "experts there are.",
    (".sum() * experts", ".sum()"),
)
balance.slip(
    "balance_with_shares_of_the_choices",
    "You divide the counts by the number of choices. f(e) is the share of the *rows* that chose "
    "expert e, so all f together are `chosen`.",
    ("counts / len(table)", "counts / (len(table) * chosen)"),
)
balance.slip(
    "balance_of_the_best_only",
    "You count only each row's best expert; a row chooses `chosen` of them.",
    ("top_experts(table.data, chosen)", "top_experts(table.data, 1)"),
)
balance.slip(
    "balance_of_the_probabilities_alone",
    "You multiply the mean probabilities with themselves. One factor is how often an expert was "
    "chosen, f(e), which is counted.",
    ("(table.softmax().mean(axis=0) * used)",
     "(table.softmax().mean(axis=0) * table.softmax().mean(axis=0))"),
)  # fmt: skip
balance.slip(
    "balance_of_the_counts_alone",
    "The counts alone have no gradient, so nothing is learned: one factor is the mean probability, "
    "p(e), through which it flows.",
    ("(table.softmax().mean(axis=0) * used)", "Tensor(used * used)"),
)
balance.slip(
    "balance_of_the_scores",
    "You average the scores. p(e) is the mean of a probability: the softmax of each row first.",
    ("table.softmax().mean", "table.mean"),
)
balance.slip(
    "balance_with_probabilities_among_the_rows",
    "Your softmax runs down the rows. A row shares its probability among the experts: along the "
    "last axis.",
    ("table.softmax()", "table.softmax(axis=0)"),
)
balance.slip(
    "balance_of_the_experts_that_occur",
    "`np.bincount` stops at the highest number that occurs. Where the last experts are chosen by "
    "no row their counts are missing: `minlength`.",
    (", minlength=experts", ""),
)
balance.slip(
    "balance_whose_probabilities_have_no_history",
    "The mean probabilities are computed from arrays, so no gradient comes back. p(e) stays a "
    "tensor; f(e) is the one that is only counted.",
    ("(table.softmax().mean(axis=0) * used)", "(Tensor(table.softmax().data.mean(axis=0)) * used)"),
)
balance.slip(
    "balance_in_float64",
    "The loss has become float64: a count divided by a count is float64, and draws the rest along. "
    "Bring f(e) to the dtype of the scores.",
    (".astype(table.dtype)", ""),
)
balance.slip(
    "balance_row_by_row",
    "The softmax and the mean have changed places: each row has its probabilities, and these are "
    "averaged.",
    ("table.softmax().mean(axis=0)", "table.mean(axis=0).softmax()"),
)
balance.slip(
    "balance_along_the_experts",
    "You average over the experts. The mean is over the rows, so that a number is left for each "
    "expert.",
    ("(table.softmax().mean(axis=0) * used)", "(table.softmax().mean() * used)"),
)
balance.slip(
    "balance_overlooks_the_padding",
    "`real` plays no part, so places that were only filled up count as rows.",
    ("if real is not None:", "if False:"),
)
balance.slip(
    "balance_with_the_marks_in_another_order",
    "The layers stand below each other, so `real` has to come once for each layer, as a whole: "
    "`np.tile`. `np.repeat` repeats each entry.",
    ("np.tile(", "np.repeat("),
)
balance.slip(
    "balance_that_multiplies_padding_by_zero",
    "Rows that were filled up still count: their scores become zeros, which choose experts like "
    "any other row. Leave the rows out.",
    ("table = take_rows(table, np.flatnonzero(kept))",
     "table = table * Tensor(kept[:, None].astype(table.dtype))"),
)  # fmt: skip


@balance.wrong
def balance_layer_by_layer(scores, chosen, real=None):
    """You compute a loss for each layer and average them. The layers are taken together: put all
    rows into one table first, and count in that."""
    losses = []
    for table in scores:
        if real is not None:
            table = take_rows(table, np.flatnonzero(np.asarray(real).reshape(-1)))
        experts = table.shape[1]
        counts = np.bincount(top_experts(table.data, chosen).reshape(-1), minlength=experts)
        used = Tensor((counts / len(table)).astype(table.dtype))
        losses.append((table.softmax().mean(axis=0) * used).sum() * experts)
    return shapes.stack(losses).mean()


@balance.wrong
def balance_of_the_first_layer(scores, chosen, real=None):
    """Only the first layer's router is looked at; each layer has one."""
    table = scores[0]
    if real is not None:
        table = take_rows(table, np.flatnonzero(np.asarray(real).reshape(-1)))
    experts = table.shape[1]
    counts = np.bincount(top_experts(table.data, chosen).reshape(-1), minlength=experts)
    used = Tensor((counts / len(table)).astype(table.dtype))
    return (table.softmax().mean(axis=0) * used).sum() * experts


@balance.alternative
def balance_with_sums(scores, chosen, real=None):
    experts = scores[0].shape[1]
    kept = np.arange(len(scores[0]))
    if real is not None:
        kept = kept[np.asarray(real).reshape(-1) != 0]
    rows = len(kept) * len(scores)
    counts, total = np.zeros(experts), 0
    for table in scores:
        counts += np.bincount(top_experts(table.data[kept], chosen).ravel(), minlength=experts)
        total = total + table[kept].softmax().sum(axis=0)
    used = (counts * experts / rows / rows).astype(scores[0].dtype)
    return (total * Tensor(used)).sum()


balance.equivalent(
    "counts = np.bincount(top_experts(table.data, chosen).reshape(-1), minlength=experts) -> "
    "counts = np.bincount(top_experts(table.data, chosen).reshape(-2), minlength=experts)",
    because="NumPy takes every negative length for whatever is left",
)
balance.equivalent(
    "kept = np.tile(np.asarray(real).reshape(-1), len(scores)) -> "
    "kept = np.tile(np.asarray(real).reshape(-2), len(scores))",
    because="NumPy takes every negative length for whatever is left",
)
