"""Week 4, attention in one operation: what an answer must do, and the mistakes it must catch."""

import math

import numpy as np

from coursekit.checking import Checks
from coursekit.tensor_checks import run_operation, tensor_from
from minitorch import Tensor, attention
from minitorch.attention import plain_attention
from minitorch.recording import record

fused = Checks("attention.attention")


def _problem(rng, leading, queries, keys, dim, value_dim, dtype=np.float64):
    shapes = {"q": (queries, dim), "k": (keys, dim), "v": (keys, value_dim)}
    shapes["g"] = (queries, value_dim)
    return {n: rng.normal(size=(*leading, *s)).astype(dtype) for n, s in shapes.items()}


def a_few(rng):
    for queries, keys, dim, value_dim in [(1, 2, 1, 1), (2, 3, 4, 2), (4, 3, 2, 5), (3, 3, 3, 3)]:
        yield _problem(rng, (), queries, keys, dim, value_dim)


def batches(rng):
    for leading in [(2, 3), (2, 1), (3,)]:
        yield _problem(rng, leading, 3, 4, 2, 5)
    yield _problem(rng, (2, 2), 3, 3, 3, 3)


def masked(rng):
    for leading, queries, keys in [((), 2, 3), ((), 4, 4), ((2, 2), 3, 5)]:
        mask = rng.random((queries, keys)) < 0.5
        mask[:, -1] = True  # every query sees a key
        mask[0, 0] = False
        yield {**_problem(rng, leading, queries, keys, 4, 3), "mask": mask}
    mask = rng.random((2, 1, 3, 4)) < 0.5
    mask[..., 0] = True
    yield {**_problem(rng, (2, 3), 3, 4, 2, 2), "mask": mask}


def blind(rng):
    for leading, hidden in [((), [0]), ((2, 2), [0, 2]), ((2,), [0, 1, 2])]:
        mask = np.tri(3, 4, 1, dtype=bool)
        mask[hidden] = False
        yield {**_problem(rng, leading, 3, 4, 2, 3), "mask": mask}


def blind_in_float32(rng):
    for problem in blind(rng):
        yield {n: a if n == "mask" else a.astype(np.float32) for n, a in problem.items()}


def large(rng):
    problem = _problem(rng, (), 3, 4, 2, 2)
    yield {**problem, "q": 1e4 * problem["q"]}


def low(rng):
    for size in (1e4, 1e11):
        problem = _problem(rng, (), 3, 4, 2, 2)
        yield {"q": -size * (1 + problem["q"] ** 2), "k": 1 + problem["k"] ** 2, "v": problem["v"]}


def float32(rng):
    mask = np.tri(3, 4, 1, dtype=bool)
    yield {**_problem(rng, (2, 2), 3, 4, 5, 2, np.float32), "mask": mask}


def _run(q, k, v, g, mask=None):
    """Value and gradients; the mask is no tensor, and goes beside them."""
    return run_operation(lambda *inputs: attention.attention(*inputs, mask), g, q=q, k=k, v=v)


fused.check("the result and all gradients", cases=a_few)(_run)
fused.check("a mask", cases=masked)(_run)
fused.check("batches and heads", cases=batches)(_run)
fused.check("large scores", cases=large)(_run)
fused.check("a query that sees no key", cases=blind)(_run)
fused.check("a query that sees no key, in float32", cases=blind_in_float32)(_run)


@fused.check("scores that are all far below zero", cases=low)
def _(q, k, v):
    return {"value": tensor_from(attention.attention(Tensor(q), Tensor(k), Tensor(v))).data}


@fused.check("float32 stays float32", cases=float32)
def _(q, k, v, g, mask):
    found = _run(q, k, v, g, mask)
    out = attention.attention(*(Tensor(a, requires_grad=True) for a in (q, k, v)), mask)
    names = ("q", "k", "v")
    dtypes = {f"the rule's gradient of {n}": str(p.dtype) for n, p in zip(names, out.rule(g))}
    return {**found, **dtypes}


@fused.check("no gradient for an input that wants none", cases=a_few)
def _(q, k, v, g):
    found = {}
    for wanted, name in enumerate(["q", "k", "v"]):
        tensors = [Tensor(a, requires_grad=i == wanted) for i, a in enumerate([q, k, v])]
        out = tensor_from(attention.attention(*tensors))
        found[f"gradients of q, k, v where {name} alone wants one"] = [
            part is not None for part in out.rule(g)
        ]
    return found


@fused.check("the rule called twice", cases=a_few)
def _(q, k, v, g):
    out = tensor_from(attention.attention(*(Tensor(a, requires_grad=True) for a in (q, k, v))))
    first, second = out.rule(g), out.rule(g)
    return {"the second time, the same": [np.allclose(a, b) for a, b in zip(first, second)]}


@fused.wrong
def attention_put_together(q, k, v, mask=None):
    """That is the plain form, put together from operations of tensors. Its values are right, but it
    keeps four arrays as large as the scores: work on the arrays, write one rule, and `record`
    once."""
    return plain_attention(q, k, v, mask)


fused.slip(
    "attention_without_division",
    "The scores are not divided by the root of dim.",
    ("1 / math.sqrt(q.shape[-1])", "1.0"),
)
fused.slip(
    "attention_divided_by_dim",
    "The scores are divided by dim; it is the *root* of dim.",
    ("1 / math.sqrt(q.shape[-1])", "1 / q.shape[-1]"),
)
fused.slip(
    "attention_divided_by_the_root_of_another_dim",
    "The scores are divided by the root of the length of a value. The sum in a dot product runs "
    "over the numbers of a query: `q.shape[-1]`.",
    ("math.sqrt(q.shape[-1])", "math.sqrt(v.shape[-1])"),
)
fused.slip(
    "attention_divides_twice_for_q",
    "The gradient of q is divided twice by the root of dim: on its way back to q the gradient of "
    "the scores passes through one division.",
    ("@ k.data * scale", "@ k.data * scale * scale"),
)
fused.slip(
    "attention_without_division_for_q",
    "The gradient of q lacks the division by the root of dim: on its way back to q the gradient "
    "of the scores passes through it.",
    ("@ k.data * scale", "@ k.data"),
)
fused.slip(
    "attention_without_division_for_k",
    "The gradient of k lacks the division by the root of dim. It is in the scaled `q`, or has to "
    "be done here.",
    ("@ scaled if", "@ q.data if"),
)
fused.slip(
    "attention_divides_twice_for_k",
    "The gradient of k is divided twice by the root of dim: the scaled `q` has it in it already.",
    ("@ scaled if", "@ scaled * scale if"),
)
fused.slip(
    "attention_without_d",
    "In the gradient of the scores, d is missing: weight that goes to one key is taken from the "
    "others. Without it the rows do not add up to 0.",
    ("        grad_scores -= np.vecdot(g, out)[..., None]\n", ""),
)
fused.slip(
    "attention_with_d_averaged",
    "d is an average over the last axis; it is the sum of g times the result.",
    ("np.vecdot(g, out)[..., None]", "(g * out).mean(axis=-1, keepdims=True)"),
)
fused.slip(
    "attention_with_d_in_a_row",
    "d has lost its last axis, so it is laid along the keys: there is one d for each query. "
    "`keepdims=True` keeps the axis.",
    ("np.vecdot(g, out)[..., None]", "np.vecdot(g, out)"),
)
fused.slip(
    "attention_with_one_d_for_all",
    "d is summed over all queries. Each query has its own: sum over the last axis, and keep it.",
    ("np.vecdot(g, out)[..., None]", "(g * out).sum()"),
)
fused.slip(
    "attention_without_the_weights_in_the_rule",
    "The gradient of the scores is not multiplied by the weights: a key that is hardly looked at "
    "hardly gets a gradient.",
    ("        grad_scores *= exps\n", ""),
)
fused.slip(
    "attention_with_unnormalized_weights",
    "In the rule you use the exponentials as if they were the weights. They still have to be "
    "divided by their sums.",
    ("        g = g / sums\n", ""),
)
fused.slip(
    "attention_does_not_transpose_for_v",
    "The gradient of v takes the *transposed* weights: v has a row for each key, and g one for "
    "each query.",
    ("exps.swapaxes(-1, -2) @ g", "exps @ g"),
)
fused.slip(
    "attention_does_not_transpose_for_k",
    "The gradient of k takes the *transposed* gradient of the scores: k has a row for each key, "
    "and the scores have one for each query.",
    ("grad_scores.swapaxes(-1, -2) @ scaled", "grad_scores @ scaled"),
)
fused.slip(
    "attention_transposes_every_axis",
    "`.T` turns all axes around, also those of batch and heads. `swapaxes(-1, -2)` swaps the last "
    "two.",
    ("scaled @ k.data.swapaxes(-1, -2)", "scaled @ k.data.T"),
    ("exps.swapaxes(-1, -2) @ g", "exps.T @ g"),
    ("g @ v.data.swapaxes(-1, -2)", "g @ v.data.T"),
    ("grad_scores.swapaxes(-1, -2) @ scaled", "grad_scores.T @ scaled"),
)
fused.slip(
    "attention_with_the_gradients_exchanged",
    "The gradients come in another order than the parents: return those of q, k and v.",
    ("return grad_q, grad_k, grad_v", "return grad_k, grad_q, grad_v"),
)
fused.slip(
    "attention_overflows",
    "Large scores overflow in `np.exp`. Subtract the largest score of each row first: the weights "
    "stay the same.",
    ("    exps -= exps.max(axis=-1, keepdims=True, initial=lowest)\n", ""),
)
fused.slip(
    "attention_with_nan_for_a_blind_query",
    "A query that sees no key gets nan, and with the first backward pass so does everything else. "
    "Its largest score is minus infinity, and its exponentials add up to 0: use a finite number "
    "in place of the one, and 1 in place of the other.",
    (", initial=lowest", ""),
)
fused.slip(
    "attention_with_an_average_for_a_blind_query",
    "A query that sees no key gets the average of all values, hidden ones too: a score of -1e9 is "
    "as good as any other where all are equal. Hide keys with minus infinity.",
    ("np.copyto(exps, -np.inf", "np.copyto(exps, -1e9"),
)
fused.slip(
    "attention_with_the_lowest_number_of_float64",
    "In float32 a query that sees no key gets nan: `np.finfo(float).min` is the lowest number of "
    "float64, and in float32 it is minus infinity. Take the lowest number of the array's own "
    "dtype.",
    ("np.finfo(exps.dtype).min", "np.finfo(float).min"),
)
fused.slip(
    "attention_with_a_largest_score_of_zero",
    "With `initial=0` the largest score of a row is never below 0. Where all scores are far below "
    "it, their exponentials are all 0, as if the query saw no key: begin with the lowest number "
    "that there is.",
    ("initial=lowest", "initial=0"),
)
fused.slip(
    "attention_with_a_largest_score_not_low_enough",
    "The number with which the search for the largest score begins is not low enough: where all "
    "scores are lower, the query counts as one that sees no key. Begin with the lowest number "
    "that there is.",
    ("initial=lowest", "initial=-1e9"),
)
fused.slip(
    "attention_masked_after_softmax",
    "You mask the weights, so what was taken from the hidden keys is missing from the sum. Mask "
    "the scores, before the softmax: then the others share everything.",
    ("    if mask is not None:\n        np.copyto(exps, -np.inf, where=~mask)\n", ""),
    (
        "    out = exps @ v.data\n",
        "    if mask is not None:\n        exps = exps * mask\n    out = exps @ v.data\n",
    ),
)
fused.slip(
    "attention_with_the_mask_turned",
    "The mask is used the wrong way round: True means that a query may look.",
    ("where=~mask", "where=mask"),
)
fused.slip(
    "attention_without_a_mask",
    "The mask is not used.",
    ("    if mask is not None:\n        np.copyto(exps, -np.inf, where=~mask)\n", ""),
)
fused.slip(
    "attention_changes_g",
    "The rule changes `g` in place, and `g` may belong to other tensors too: make a new array.",
    ("g = g / sums", "g /= sums"),
)
fused.slip(
    "attention_changes_what_it_keeps",
    "The rule changes an array that was kept from the forward pass, so the second call of it "
    "gives something else. Change only what was made in the rule.",
    (
        "        grad_scores *= exps\n",
        "        grad_scores = np.multiply(grad_scores, exps, out=exps)\n",
    ),
)
fused.slip(
    "attention_computes_what_nobody_wants",
    "The gradients are right, but you compute one for an input without `requires_grad` too: "
    "return `None` there.",
    (" if v.requires_grad else None", ""),
    (" if q.requires_grad else None", ""),
    (" if k.requires_grad else None", ""),
)
fused.slip(
    "attention_in_float64",
    "Inside, everything is float64: `np.sqrt` of a plain number gives a float64 number, and that "
    "makes the arrays float64, which takes twice the memory. `math.sqrt` does not.",
    ("math.sqrt", "np.sqrt"),
)


@fused.alternative
def attention_with_plain_weights(q, k, v, mask=None):
    root = math.sqrt(q.shape[-1])
    scores = np.einsum("...qd,...kd->...qk", q.data, k.data) / root
    if mask is not None:
        scores = np.where(mask, scores, -np.inf).astype(scores.dtype)
    top = scores.max(axis=-1, keepdims=True)
    weights = np.exp(scores - np.where(np.isfinite(top), top, 0))
    weights = weights / np.maximum(weights.sum(axis=-1, keepdims=True), 1e-30)

    def backward(g):
        of_weights = np.einsum("...qd,...kd->...qk", g, v.data)
        d = (weights * of_weights).sum(axis=-1, keepdims=True)
        of_scores = weights * (of_weights - d) / root
        return (
            of_scores @ k.data if q.requires_grad else None,
            np.einsum("...qk,...qd->...kd", of_scores, q.data) if k.requires_grad else None,
            np.einsum("...qk,...qd->...kd", weights, g) if v.requires_grad else None,
        )

    return record(weights @ v.data, (q, k, v), backward)


fused.equivalent(
    "sums[sums == 0] = 1 -> sums[sums == 0] = 2",
    because="the exponentials of such a query are all 0, whatever they are divided by",
)
for before, after in [("g, out", "out, g"), ("exps, ones", "ones, exps")]:
    target = "sums =" if "exps" in before else "grad_scores -="
    fused.equivalent(
        f"{target} np.vecdot({before})[..., None] -> {target} np.vecdot({after})[..., None]",
        because="a dot product of real numbers is the same both ways",
    )
