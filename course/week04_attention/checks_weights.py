"""Week 4, the weights of attention: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks, Complaint
from minitorch import Tensor, attention
from minitorch.operands import where

weights = Checks("attention.attention_weights")


def _problem(rng, leading, queries, keys, dim, dtype=np.float64):
    shapes = {"q": (queries, dim), "k": (keys, dim), "g": (queries, keys)}
    return {n: rng.normal(size=(*leading, *s)).astype(dtype) for n, s in shapes.items()}


def a_few(rng):
    for queries, keys, dim in [(1, 2, 1), (2, 3, 4), (4, 4, 2), (3, 3, 3)]:
        yield _problem(rng, (), queries, keys, dim)


def batches(rng):
    for leading in [(2,), (2, 3), (1, 2, 2)]:
        yield _problem(rng, leading, 2, 4, 3)


def masked(rng):
    for leading, queries, keys in [((), 2, 3), ((), 3, 3), ((2,), 2, 5), ((2, 2), 3, 4)]:
        mask = rng.random((queries, keys)) < 0.5
        mask[:, -1] = True  # every query sees a key
        mask[0, 0] = False
        yield {**_problem(rng, leading, queries, keys, 4), "mask": mask}


def masks_of_a_batch(rng):
    mask = rng.random((2, 1, 3, 4)) < 0.6
    mask[..., 0] = True
    mask[0, 0, 0, 1] = False
    yield {**_problem(rng, (2, 3), 3, 4, 2), "mask": mask}


def low(rng):
    for problem in masked(rng):
        problem["q"][..., 0], problem["k"][..., 0] = -2000, 1  # dim is 4: scores of about -1000
        yield problem


def float32(rng):
    mask = np.tri(3, 4, 1, dtype=bool)
    yield {**_problem(rng, (2,), 3, 4, 5, np.float32), "mask": mask}


def _run(q, k, g, mask=None):
    """The weights, and the gradients of q and k."""
    tensors = [Tensor(q, requires_grad=True), Tensor(k, requires_grad=True)]
    out = attention.attention_weights(*tensors, mask)
    if not isinstance(out, Tensor):
        what = "nothing (None)" if out is None else f"a value of type `{type(out).__name__}`"
        raise Complaint(f"It returned {what}; a Tensor is expected.")
    found = {"weights": out.data, "gradient of q": None, "gradient of k": None}
    if out.shape == g.shape:
        if not out.requires_grad:
            raise Complaint(
                "No gradient can come back through the result: compute with the tensors "
                "themselves, not with their arrays (`.data`)."
            )
        out.backward(g)
        found["gradient of q"], found["gradient of k"] = (tensor.grad for tensor in tensors)
    return found


weights.check("weights and gradients", cases=a_few)(_run)
weights.check("a mask", cases=masked)(_run)
weights.check("a mask, and scores far below zero", cases=low)(_run)
weights.check("axes in front", cases=batches)(_run)
weights.check("a mask for each row of a batch", cases=masks_of_a_batch)(_run)
weights.check("float32 stays float32", cases=float32)(_run)

weights.slip(
    "weights_without_division",
    "The scores are not divided by the root of dim, so they grow with dim and softmax becomes "
    "hard.",
    (" / math.sqrt(q.shape[-1])", ""),
)
weights.slip(
    "weights_divided_by_dim",
    "The scores are divided by dim itself. A sum of dim random numbers grows with its *root*.",
    ("math.sqrt(q.shape[-1])", "q.shape[-1]"),
)
weights.slip(
    "weights_divided_by_the_keys",
    "You divide by the root of the number of keys. The sum in a dot product runs over the numbers "
    "of a query: `q.shape[-1]`.",
    ("math.sqrt(q.shape[-1])", "math.sqrt(k.shape[-2])"),
)
weights.slip(
    "weights_multiplied",
    "The scores are multiplied by the root of dim; they are divided by it.",
    ("/ math", "* math"),
)
weights.slip(
    "weights_with_the_mask_turned",
    "The mask is used the wrong way round: True means that a query may look.",
    ("where(mask, scores, -np.inf)", "where(mask, -np.inf, scores)"),
)
weights.slip(
    "weights_masked_after_softmax",
    "You mask the weights, so what was taken from the hidden keys is missing from the sum. Mask "
    "the scores, before the softmax: then the others share everything.",
    (
        "        scores = where(mask, scores, -np.inf)\n    return scores.softmax()",
        "        return where(mask, scores.softmax(), 0.0)\n    return scores.softmax()",
    ),
)
weights.slip(
    "weights_with_a_score_of_zero",
    "A hidden key gets the score 0, and softmax makes a weight of it that is not 0: it takes "
    "minus infinity.",
    ("-np.inf", "0.0"),
)
weights.slip(
    "weights_with_a_score_not_low_enough",
    "A hidden key has a low score, but not low enough: some weight is left. Minus infinity gives "
    "a weight of exactly 0.",
    ("-np.inf", "-12.0"),
)
weights.slip(
    "weights_with_a_score_of_minus_a_hundred",
    "A hidden key has a low score. But where the scores of the others are lower still, all the "
    "weight goes to the hidden one. Minus infinity is below every score.",
    ("-np.inf", "-100.0"),
)
weights.slip(
    "weights_without_the_maximum",
    "You exponentiate the scores as they are. If they are far below zero the exponentials are all "
    "0, and if they are large they overflow: `softmax` of a tensor takes care of both.",
    (
        "return scores.softmax()",
        "exps = scores.exp()\n    return exps / exps.sum(axis=-1, keepdims=True)",
    ),
)
weights.slip(
    "weights_with_a_mask_in_float64",
    "`np.where(mask, 0.0, -np.inf)` is float64, and added to float32 scores it makes them float64. "
    "`where` on the scores themselves keeps their dtype.",
    ("where(mask, scores, -np.inf)", "scores + np.where(mask, 0.0, -np.inf)"),
)
weights.slip(
    "weights_by_the_where_of_arrays",
    "`np.where` is for arrays, and the scores are a tensor. The one for tensors is `where`, "
    "without `np.`.",
    ("where(mask, scores, -np.inf)", "np.where(mask, scores, -np.inf)"),
)
weights.slip(
    "weights_that_ask_whether_the_mask_is_true",
    "`if mask` asks whether an array as a whole is true, which has no answer. Ask whether there "
    "is one: `if mask is not None`.",
    ("if mask is not None", "if mask"),
)
weights.slip(
    "weights_over_the_queries",
    "The weights of a *key* add up to 1, over all queries. It is the weights of a query that "
    "should, over its keys: the last axis.",
    ("scores.softmax()", "scores.softmax(axis=-2)"),
)
weights.slip(
    "weights_without_softmax",
    "Those are the scores. Weights are positive and add up to 1: softmax is missing.",
    ("return scores.softmax()", "return scores"),
)
weights.slip(
    "weights_without_a_mask",
    "The mask is not used.",
    ("    if mask is not None:\n        scores = where(mask, scores, -np.inf)\n", ""),
)
weights.slip(
    "weights_of_keys_on_queries",
    "Rows and columns have changed places: it is `q @ k.T`, a row for each query.",
    ("q @ k.transpose()", "k @ q.transpose()"),
)
weights.slip(
    "weights_in_arrays",
    "You compute with arrays, so no gradient can come back to q and k. Use the operations of "
    "tensors: their gradients come by themselves.",
    ("q @ k.transpose()", "Tensor(q.data @ k.data.swapaxes(-1, -2))"),
)


@weights.alternative
def weights_of_scaled_queries(q, k, mask=None):
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
    if mask is not None:
        scores = scores + np.where(mask, 0, -np.inf).astype(scores.dtype)
    return scores.softmax(axis=-1)


@weights.alternative
def weights_by_hand(q, k, mask=None):
    scores = q @ k.T / q.shape[-1] ** 0.5
    if mask is not None:
        scores = where(mask, scores, -1e9)
    exps = (scores - scores.max(axis=-1, keepdims=True)).exp()
    return exps / exps.sum(axis=-1, keepdims=True)
