"""Week 5, routing: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks, Complaint
from minitorch import Tensor, moe

top_experts = Checks("moe.top_experts")
choices_by_token = Checks("moe.choices_by_token")


# -- top_experts -------------------------------------------------------------------------------


def scores_of_rows(rng):
    yield {"scores": np.array([[0.1, 0.9, 0.5], [-1.0, -3.0, -2.0]]), "chosen": 2}
    for rows, experts, chosen in [(3, 4, 2), (4, 3, 1), (2, 5, 3), (3, 3, 3)]:
        yield {"scores": rng.normal(size=(rows, experts)), "chosen": chosen}


def equal_scores(rng):
    yield {"scores": np.array([[0.5, 0.5, 0.5, 0.5], [0.0, 2.0, 1.0, 2.0]]), "chosen": 2}
    yield {"scores": rng.integers(0, 3, (2, 300)).astype(float), "chosen": 5}


@top_experts.check("the best ones, best first", cases=scores_of_rows)
def _(scores, chosen):
    return _listed(scores, chosen)


@top_experts.check("of equal scores the lower number", cases=equal_scores)
def _(scores, chosen):
    return _listed(scores, chosen)


def _listed(scores, chosen):
    found = moe.top_experts(scores, chosen)
    if isinstance(found, Tensor):
        raise Complaint("It returned a Tensor; the numbers of experts are a plain array.")
    if isinstance(found, np.ndarray) and found.dtype.kind == "f":
        raise Complaint(
            "It returned scores. The *numbers* of the experts are asked for, whole numbers from 0."
        )
    return np.asarray(found).tolist()


top_experts.slip(
    "experts_from_the_worst_end",
    "`argsort` sorts upward, so yours are the experts with the lowest scores.",
    ("np.argsort(-scores", "np.argsort(scores"),
)
top_experts.slip(
    "experts_best_last",
    "These are the right experts with the best one last: it goes first.",
    ("np.argsort(-scores, axis=1, kind=\"stable\")[:, :chosen]",
     "np.argsort(scores, axis=1, kind=\"stable\")[:, scores.shape[1] - chosen :]"),
)  # fmt: skip
top_experts.slip(
    "experts_by_turning_the_order",
    "Where scores are equal, the higher number goes first: sorting upward and turning the order "
    "around turns it for equal ones too. Sort the negative scores, with `kind=\"stable\"`.",
    ("np.argsort(-scores, axis=1, kind=\"stable\")[:, :chosen]",
     "np.argsort(scores, axis=1, kind=\"stable\")[:, ::-1][:, :chosen]"),
)  # fmt: skip
top_experts.slip(
    "experts_in_any_order_of_equals",
    "Where many scores are equal, they come in any order: without `kind=\"stable\"` NumPy may "
    "exchange equal values.",
    (", kind=\"stable\"", ""),
)  # fmt: skip
top_experts.slip(
    "experts_always_two",
    "You keep two experts, whatever was asked for: as many as `chosen` says.",
    ("[:, :chosen]", "[:, :2]"),
)
top_experts.slip(
    "experts_along_the_wrong_axis",
    "You sort the rows for each expert. Each row chooses among the experts: axis 1.",
    ("axis=1", "axis=0"),
)
top_experts.slip(
    "experts_all_of_them",
    "All experts are returned, in their order: keep the first `chosen` columns.",
    ("[:, :chosen]", ""),
)
top_experts.slip(
    "experts_of_the_first_rows",
    "`[:chosen]` keeps the first *rows*. The experts of a row stand along the second axis: "
    "`[:, :chosen]`.",
    ("[:, :chosen]", "[:chosen]"),
)
top_experts.slip(
    "experts_only_their_scores",
    "You sort the scores themselves, and which expert had them is lost: `argsort` gives the "
    "numbers.",
    ("np.argsort(-scores, axis=1, kind=\"stable\")", "-np.sort(-scores, axis=1)"),
)  # fmt: skip


@top_experts.alternative
def experts_one_after_the_other(scores, chosen):
    left = scores.astype(float).copy()
    found = []
    for _ in range(chosen):
        best = left.argmax(axis=1)
        left[np.arange(len(left)), best] = -np.inf
        found.append(best)
    return np.stack(found, axis=1)


# -- choices_by_token --------------------------------------------------------------------------


def choices_of_rows(rng):
    yield {
        "choices": np.array([[0, 1], [2, 0], [1, 2]]),
        "ids": np.array([[3, 0, 1]]),
        "vocabulary": 6,  # the last tokens and the last experts never occur
        "experts": 5,
    }
    for batch, places, vocabulary, experts, chosen in [(1, 4, 9, 3, 1), (2, 3, 8, 5, 2)]:
        order = rng.permuted(np.tile(np.arange(experts), (batch * places, 1)), axis=1)
        yield {
            "choices": order[:, :chosen],
            "ids": rng.permutation(vocabulary)[: batch * places].reshape(batch, places),
            "vocabulary": vocabulary,
            "experts": experts,
        }


def tokens_that_repeat(rng):
    for places, vocabulary in [(12, 3), (20, 4)]:
        order = rng.permuted(np.tile(np.arange(4), (places, 1)), axis=1)
        ids = rng.integers(0, vocabulary, places)
        yield {
            "choices": order[:, :2],
            "ids": ids.reshape(2, -1),
            "vocabulary": vocabulary,
            "experts": 4,
        }


def _counted(choices, ids, vocabulary, experts):
    return moe.choices_by_token(choices, ids, vocabulary, experts)


choices_by_token.check("tokens that stand there once", cases=choices_of_rows)(_counted)
choices_by_token.check("tokens that repeat", cases=tokens_that_repeat)(_counted)

COUNT = "np.add.at(counts, (ids.reshape(-1, 1), choices), 1)"
choices_by_token.slip(
    "counts_repeats_once",
    "A token that occurs several times is counted once: `counts[ids, choices] += 1` reads all "
    "entries, adds 1, and writes, so that of equal places one is left. `np.add.at` adds for every "
    "one.",
    (COUNT, "counts[ids.reshape(-1, 1), choices] += 1"),
)
choices_by_token.slip(
    "counts_the_first_choice_only",
    "Only the first choice of each row is counted: a row was sent to all that stand in its row of "
    "`choices`.",
    (COUNT, "np.add.at(counts, (ids.reshape(-1), choices[:, 0]), 1)"),
)
choices_by_token.slip(
    "counts_experts_by_tokens",
    "Rows and columns have changed places: a row of the result is a token, a column an expert.",
    ("return counts", "return counts.T"),
)
choices_by_token.slip(
    "counts_as_shares",
    "You return shares of each token's choices. Counts are asked for, whole numbers.",
    ("return counts", "return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)"),
)
choices_by_token.slip(
    "counts_in_decimals",
    "The numbers are right, but not whole: `np.zeros` makes float64 unless a dtype is named.",
    (", np.int64)", ")"),
)
choices_by_token.slip(
    "counts_ids_as_they_come",
    "`ids` comes in rows, (batch, places), and `choices` has one row for each token: lay the ids "
    "out in one column first, `ids.reshape(-1, 1)`.",
    (COUNT, "np.add.at(counts, (ids[..., None], choices), 1)"),
)
choices_by_token.slip(
    "counts_rows_of_ids_as_they_are",
    "`ids`, (batch, places), does not go together with `choices`, (rows, chosen): lay the ids out "
    "in one column first, `ids.reshape(-1, 1)`.",
    (COUNT, "np.add.at(counts, (ids, choices), 1)"),
)
for what, size in [
    ("tokens_and_experts", "(ids.max() + 1, choices.max() + 1)"),
    ("tokens", "(ids.max() + 1, experts)"),
    ("experts", "(vocabulary, choices.max() + 1)"),
]:
    choices_by_token.slip(
        f"counts_only_the_{what}_that_occur",
        "The size of the table comes from `vocabulary` and `experts`. Yours comes from what occurs "
        "here, so tokens or experts with higher numbers have no place in it.",
        ("np.zeros((vocabulary, experts)", f"np.zeros({size}"),
    )
choices_by_token.slip(
    "counts_every_pair",
    "Every token is paired with every row's choices: row i of `choices` belongs to token i alone. "
    "Give the ids a second axis of length one.",
    (COUNT, "np.add.at(counts, (ids.reshape(-1, 1, 1), choices), 1)"),
)
choices_by_token.slip(
    "counts_rows_by_their_number",
    "You count by the number of the row and not by its token: `ids` says which token a row is.",
    (COUNT, "np.add.at(counts, (np.arange(len(choices))[:, None] % vocabulary, choices), 1)"),
)


@choices_by_token.alternative
def counts_in_a_loop(choices, ids, vocabulary, experts):
    counts = np.zeros((vocabulary, experts), int)
    for token, row in zip(ids.ravel(), choices):
        for expert in row:
            counts[token, expert] += 1
    return counts


@choices_by_token.alternative
def counts_with_bincount(choices, ids, vocabulary, experts):
    places = (ids.reshape(-1, 1) * experts + choices).reshape(-1)
    return np.bincount(places, minlength=vocabulary * experts).reshape(vocabulary, experts)


top_experts.equivalent(
    "return np.argsort(-scores, axis=1, kind='stable')[:, :chosen] -> "
    "return np.argsort(-scores, kind='stable')[:, :chosen]",
    because="argsort sorts along the last axis, which is axis 1 here",
)
choices_by_token.equivalent(
    "np.add.at(counts, (ids.reshape(-1, 1), choices), 1) -> "
    "np.add.at(counts, (ids.reshape(-2, 1), choices), 1)",
    because="NumPy takes every negative length for whatever is left",
)
