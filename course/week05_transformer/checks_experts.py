"""Week 5, experts: what an answer must do, and the mistakes it must catch."""

from contextlib import contextmanager

import numpy as np

from coursekit.checking import Checks, Complaint
from coursekit.tensor_checks import tensor_from
from minitorch import Tensor, moe
from minitorch.moe import put_rows, top_experts

experts_forward = Checks("moe.Experts.forward")

USUAL = {"w1": "gate_proj", "w2": "down_proj", "w3": "up_proj"}  # names that learners know


def _cases(rng, shapes, dtype=np.float64):
    for shape, experts, chosen in shapes:
        yield {
            "x": rng.normal(size=shape).astype(dtype),
            "experts": experts,
            "chosen": chosen,
            "seed": int(rng.integers(1000)),
        }


def rows(rng):
    yield from _cases(rng, [((4, 3), 3, 1), ((5, 3), 4, 2), ((6, 2), 4, 3)])


def batches(rng):
    yield from _cases(rng, [((2, 3, 4), 3, 2), ((3, 1, 2), 2, 1)])


def few_rows_for_many_experts(rng):
    yield from _cases(rng, [((1, 3), 6, 2), ((2, 3), 8, 1)])


def float32_rows(rng):
    yield from _cases(rng, [((5, 3), 4, 2)], np.float32)


def _made(x, experts, chosen, seed):
    rng = np.random.default_rng(seed)
    return moe.Experts(x.shape[-1], 4, experts, chosen, rng=rng, std=0.9, dtype=x.dtype), rng


def _run(x, experts, chosen, seed):
    """The result and all gradients; zeros for an expert that no gradient reached."""
    layer, rng = _made(x, experts, chosen, seed)
    tensor = Tensor(x, requires_grad=True)
    out = tensor_from(layer(tensor))
    found = {"result": out.data, "a gradient comes back": out.requires_grad}
    if out.requires_grad and out.shape == x.shape:
        out.backward(rng.normal(size=out.shape).astype(x.dtype))
        found["gradient of x"] = _or_zeros(tensor)
        found["gradient of the router"] = _or_zeros(layer.gate.weight)
        for name, parameter in layer.experts.named_parameters():
            number, part, _ = name.split(".")
            found[f"gradient of expert {number}'s {part} ({USUAL[part]})"] = _or_zeros(parameter)
    return found


def _or_zeros(tensor):
    return np.zeros_like(tensor.data) if tensor.grad is None else tensor.grad


experts_forward.check("the result and all gradients", cases=rows)(_run)
experts_forward.check("more axes", cases=batches)(_run)
experts_forward.check("experts that nobody chose", cases=few_rows_for_many_experts)(_run)
experts_forward.check("float32 stays float32", cases=float32_rows)(_run)


@contextmanager
def _counting(seen):
    forward = moe.Expert.forward

    def counted(self, x):
        seen[id(self)] = seen.get(id(self), 0) + len(x.data.reshape(-1, x.shape[-1]))
        return forward(self, x)

    moe.Expert.forward = counted
    try:
        yield
    finally:
        moe.Expert.forward = forward


@experts_forward.check("an expert computes only the rows that chose it", cases=rows)
def _(x, experts, chosen, seed):
    layer, _ = _made(x, experts, chosen, seed)
    seen = {}
    with _counting(seen):
        layer(Tensor(x))
    return {"rows for each expert": [seen.get(id(expert), 0) for expert in layer.experts]}


@experts_forward.check("what it leaves to be looked at", cases=rows)
def _(x, experts, chosen, seed):
    layer, _ = _made(x, experts, chosen, seed)
    layer(Tensor(x))
    found = {}
    for name, kind in (("scores", Tensor), ("choices", np.ndarray), ("shares", np.ndarray)):
        value = getattr(layer, name, None)
        if value is None:
            raise Complaint(f"After a call there is no `self.{name}`.")
        if not isinstance(value, kind):
            wanted = "a Tensor, with its history" if kind is Tensor else "an array"
            raise Complaint(f"`self.{name}` should be {wanted}.")
        found[name] = value.data if kind is Tensor else value
    found["a gradient comes back through the scores"] = layer.scores.requires_grad
    return found


SHARES = "self.scores[np.arange(len(rows))[:, None], self.choices].softmax()"
RESULT = "expert(take_rows(rows, mine)) * shares[mine, slots].reshape(-1, 1)"

experts_forward.slip(
    "experts_with_shares_among_all",
    "The shares of a row do not add up to 1: the softmax runs over all experts, and those that "
    "were not chosen keep theirs. Take the scores of the chosen ones first, and softmax of them.",
    (SHARES, "self.scores.softmax()[np.arange(len(rows))[:, None], self.choices]"),
)
experts_forward.slip(
    "experts_without_shares",
    "The experts' results are added as they are. Each is multiplied by the row's share for it; "
    "without shares no gradient reaches the router.",
    (" * shares[mine, slots].reshape(-1, 1)", ""),
)
experts_forward.slip(
    "experts_averaged",
    "All chosen experts count the same. The router's scores say how much each of them counts: the "
    "softmax of the chosen scores.",
    (RESULT, "expert(take_rows(rows, mine)) * (1 / self.chosen)"),
)
experts_forward.slip(
    "experts_with_shares_from_the_sigmoid",
    "Your shares are sigmoids, each for itself. They are the softmax of the chosen scores, so that "
    "a row's shares add up to 1.",
    (SHARES,
     "1 / ((-self.scores[np.arange(len(rows))[:, None], self.choices]).exp() + 1)"),
)  # fmt: skip
experts_forward.slip(
    "experts_whose_router_learns_nothing",
    "The result is right. The shares are computed from the array of the scores, so they have no "
    "history and the router never learns: index the tensor `self.scores`.",
    (SHARES, "Tensor(self.scores.data[np.arange(len(rows))[:, None], self.choices]).softmax()"),
)
experts_forward.slip(
    "experts_that_read_a_share",
    "You multiply what goes into the expert by its share. The expert reads the row as it is; its "
    "result is multiplied.",
    (RESULT, "expert(take_rows(rows, mine) * shares[mine, slots].reshape(-1, 1))"),
)
experts_forward.slip(
    "experts_of_the_first_choice",
    "Only the first choice of each row is served. A row goes to every expert that stands in its "
    "row of `self.choices`.",
    ("np.nonzero(self.choices == number)", "np.nonzero(self.choices[:, :1] == number)"),
)
experts_forward.slip(
    "experts_always_two",
    "You choose two experts, whatever the layer was made with: `self.chosen` says how many.",
    ("top_experts(self.scores.data, self.chosen)", "top_experts(self.scores.data, 2)"),
)
experts_forward.slip(
    "experts_with_the_first_share",
    "Every expert gets the share of a row's first choice. Where an expert is the second choice of "
    "a row, the second share is its own: `np.nonzero` tells both, row and column.",
    ("shares[mine, slots]", "shares[mine, 0]"),
)
experts_forward.slip(
    "experts_with_the_shares_of_other_rows",
    "The shares come from the first rows. They are those of the rows that chose the expert: "
    "`shares[mine, slots]`.",
    ("shares[mine, slots]", "shares[np.arange(len(mine)), slots]"),
)
experts_forward.slip(
    "experts_best_one_only",
    "Only the best expert has a part: a row goes to `self.chosen` of them.",
    ("top_experts(self.scores.data, self.chosen)", "top_experts(self.scores.data, 1)"),
)
experts_forward.slip(
    "experts_as_rows",
    "The result has lost its shape: bring it back to that of `x`.",
    ("put_rows(results, places, len(rows)).reshape(*x.shape)",
     "put_rows(results, places, len(rows))"),
)  # fmt: skip
experts_forward.slip(
    "experts_with_the_row_itself",
    "The rows themselves are added to the result. The block does that; this part returns only what "
    "is to be added.",
    ("return put_rows(results, places, len(rows)).reshape(*x.shape)",
     "return x + put_rows(results, places, len(rows)).reshape(*x.shape)"),
)  # fmt: skip
experts_forward.slip(
    "experts_that_cut_the_history",
    "`Tensor(x.data)` has no history, so no gradient comes back to the blocks before: reshape `x` "
    "itself.",
    ("rows = x.reshape", "rows = Tensor(x.data).reshape"),
)
experts_forward.slip(
    "experts_that_keep_the_scores_array",
    "The result is right. `self.scores` should stay a tensor, with its history: the loss that "
    "keeps the experts balanced sends its gradient through it.",
    ("self.scores = self.gate(rows)", "scores = self.gate(rows)\n    self.scores = scores.data"),
    ("top_experts(self.scores.data, self", "top_experts(scores.data, self"),
    (SHARES, "scores[np.arange(len(rows))[:, None], self.choices].softmax()"),
)


@experts_forward.wrong
def experts_all_counted(self, x):
    """Every expert has a part in every row, with a softmax over all of them. A row goes to the
    best `self.chosen` only, and those share it among themselves."""
    rows = x.reshape(-1, x.shape[-1])
    self.scores = self.gate(rows)
    self.choices = top_experts(self.scores.data, self.chosen)
    shares = self.scores.softmax()
    self.shares = shares.data
    total = rows * 0.0
    for number, expert in enumerate(self.experts):
        total = total + expert(rows) * shares[:, number].reshape(-1, 1)
    return total.reshape(*x.shape)


@experts_forward.wrong
def experts_all_at_work(self, x):
    """The result is right, but every expert computes every row, and most of it is multiplied by
    zero. To save that is what experts are for: give each only the rows that chose it."""
    rows = x.reshape(-1, x.shape[-1])
    self.scores = self.gate(rows)
    self.choices = top_experts(self.scores.data, self.chosen)
    shares = self.scores[np.arange(len(rows))[:, None], self.choices].softmax()
    self.shares = shares.data
    total = rows * 0.0
    for number, expert in enumerate(self.experts):
        mine = (self.choices == number).astype(x.dtype)
        total = total + expert(rows) * (shares * Tensor(mine)).sum(axis=1, keepdims=True)
    return total.reshape(*x.shape)


@experts_forward.alternative
def experts_by_the_index_of_tensors(self, x):
    width = x.shape[-1]
    rows = x.reshape(-1, width)
    self.scores = self.gate(rows)
    self.choices = top_experts(self.scores.data, self.chosen)
    every = np.repeat(np.arange(len(rows)), self.chosen).reshape(self.choices.shape)
    shares = self.scores[every, self.choices].softmax()
    self.shares = shares.data
    results, places = [], []
    for number, expert in enumerate(self.experts):
        chose = self.choices == number
        if chose.any():
            mine = np.flatnonzero(chose.any(axis=1))
            weights = shares[mine, chose[mine].argmax(axis=1)].reshape(-1, 1)
            results.append(weights * expert(rows[mine]))
            places.append(mine)
    return put_rows(results, places, len(rows)).reshape(*x.shape)


experts_forward.equivalent(
    "rows = x.reshape(-1, x.shape[-1]) -> rows = x.reshape(-2, x.shape[-1])",
    because="NumPy takes every negative length for whatever is left",
)
experts_forward.equivalent(
    "results.append(expert(take_rows(rows, mine)) * shares[mine, slots].reshape(-1, 1)) -> "
    "results.append(expert(take_rows(rows, mine)) * shares[mine, slots].reshape(-2, 1))",
    because="NumPy takes every negative length for whatever is left",
)
