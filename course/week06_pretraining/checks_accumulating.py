"""Week 6, adding up gradients: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks, Complaint
from minitorch import losses, nn, training
from minitorch.data import IGNORED, Batch

accumulating = Checks("training.accumulate")

CLASSES = 6


class _Pairs(nn.Module):
    """A model with a row of scores for each token, which notes how it is used."""

    def __init__(self, scores):
        self.scores = nn.Parameter(scores)
        self.bias = nn.Parameter(np.zeros(CLASSES))
        self.graphs = []  # the losses that were made, whose graphs may still stand
        self.most = 0  # so many graphs stood at once

    def loss(self, ids, targets):
        loss = losses.cross_entropy(self.scores[ids] + self.bias, targets)
        self.graphs.append(loss)
        self.most = max(self.most, sum(bool(graph.parents) for graph in self.graphs))
        return loss


def _batch(rng, rows, places, learned):
    """A batch in which so many places have a target."""
    targets = np.full(rows * places, IGNORED)
    targets[rng.permutation(rows * places)[:learned]] = rng.integers(0, CLASSES, learned)
    return {
        "inputs": rng.integers(0, CLASSES, (rows, places)),
        "targets": targets.reshape(rows, places),
    }


def _case(rng, *sizes):
    return {
        "scores": rng.normal(size=(CLASSES, CLASSES)),
        "batches": [_batch(rng, rows, places, learned) for rows, places, learned in sizes],
    }


def single_batches(rng):
    yield _case(rng, (2, 3, 6))
    yield _case(rng, (3, 4, 5))


def equal_batches(rng):
    yield _case(rng, (2, 3, 4), (2, 3, 4))
    yield _case(rng, (1, 5, 3), (1, 5, 3), (1, 5, 3))


def unequal_batches(rng):
    yield _case(rng, (2, 3, 1), (2, 3, 5))
    yield _case(rng, (1, 7, 7), (3, 7, 2), (2, 7, 9))


def batches_with_class_zero(rng):
    case = _case(rng, (2, 3, 5), (2, 3, 2))
    targets = case["batches"][0]["targets"]
    targets[targets != IGNORED] = 0
    yield case


def batches_with_nothing_to_learn(rng):
    yield _case(rng, (2, 3, 4), (2, 3, 0), (2, 3, 1))
    yield _case(rng, (2, 3, 0))
    yield _case(rng, (1, 3, 0), (1, 2, 0))


def _told(scores, batches, **more):
    lines = []
    for batch in batches:
        learned = np.count_nonzero(batch["targets"] != IGNORED)
        lines.append(f"a batch of {batch['targets'].size} places, {learned} of them with a target")
    return "\n".join(lines)


def _add(model, batches):
    found = training.accumulate(
        model, [Batch(b["inputs"], b["targets"], np.ones_like(b["inputs"])) for b in batches]
    )
    if found is None:
        raise Complaint("It returned nothing (None); return the loss of the large batch.")
    if not isinstance(found, int | float | np.floating):
        raise Complaint(
            f"It returned a value of type `{type(found).__name__}`. Return a plain number: "
            "`loss.item()` is one."
        )
    return float(found)


def _gradients(model):
    return {name: parameter.grad for name, parameter in model.named_parameters()}


def _run(scores, batches):
    model = _Pairs(scores)
    loss = _add(model, batches)
    return {"gradients": _gradients(model), "loss": loss}


accumulating.check("one batch", cases=single_batches, describe=_told)(_run)
accumulating.check("batches with equally many targets", cases=equal_batches, describe=_told)(_run)
accumulating.check("batches with unequal targets", cases=unequal_batches, describe=_told)(_run)
accumulating.check("targets of class 0", cases=batches_with_class_zero, describe=_told)(_run)


@accumulating.check("nothing to learn", cases=batches_with_nothing_to_learn, describe=_told)
def _(scores, batches):
    model = _Pairs(scores)
    loss = _add(model, batches)
    return {"gradients": _gradients(model), "loss": loss, "loss calls": len(model.graphs)}


@accumulating.check("gradients that were there", cases=unequal_batches, describe=_told)
def _(scores, batches):
    model = _Pairs(scores)
    for parameter in model.parameters():
        parameter.grad = np.ones(parameter.shape)
    _add(model, batches)
    return _gradients(model)


@accumulating.check("one graph at a time", cases=unequal_batches, describe=_told)
def _(scores, batches):
    model = _Pairs(scores)
    _add(model, batches)
    return {"graphs that stood at once, at most": model.most}


accumulating.slip(
    "accumulates_an_average_of_averages",
    "Every batch counts the same, however many targets it has. In the large batch every *target* "
    "counts the same: a batch with 5 of 6 targets has five sixths of the weight.",
    ("(count / sum(counts))", "(1 / len(batches))"),
)
accumulating.slip(
    "accumulates_a_sum",
    "You add up the batches' gradients as they are. Each is an average already, so the sum is too "
    "long: each batch counts with its share of all targets.",
    (" * (count / sum(counts))", ""),
)
accumulating.slip(
    "accumulates_by_places",
    "You weigh a batch by all its places. Only those whose target is not `IGNORED` have a part in "
    "its average, so only those count.",
    ("np.count_nonzero(batch.targets != IGNORED)", "batch.targets.size"),
)
accumulating.slip(
    "accumulates_without_class_zero",
    "Class 0 is a target like any other, and you do not count it. Ask for `!= IGNORED`.",
    ("batch.targets != IGNORED", "batch.targets > 0"),
)
accumulating.slip(
    "accumulates_weights_of_the_loss_alone",
    "The loss is right, but the gradients are those of whole batches: weigh the loss before you "
    "call `backward`, which sends back the gradient of what it is called on.",
    (" * (count / sum(counts))", ""),
    ("loss.item()", "loss.item() * count / sum(counts)"),
)
accumulating.slip(
    "accumulates_weights_of_the_gradient_alone",
    "The gradients are right, but the loss that you return is the sum of the batches' own losses. "
    "The large batch's loss is weighed as its gradient is.",
    ("total += loss.item()", "total += loss.item() * sum(counts) / count"),
)
accumulating.slip(
    "accumulates_and_returns_the_last",
    "You return the last batch's part of the loss; add the parts up.",
    ("total += loss.item()", "total = loss.item()"),
)
accumulating.slip(
    "accumulates_from_zero",
    "You forget the gradients that were there. This function adds to them; `take_step` decides "
    "when they are forgotten.",
    ("total = 0.0", "total = 0.0\n    model.zero_grad()"),
)
accumulating.slip(
    "accumulates_only_one",
    "The gradients of earlier batches are forgotten, and only the last batch is left: let them "
    "add up.",
    ("if count:\n", "if count:\n            model.zero_grad()\n"),
)
accumulating.slip(
    "accumulates_without_backward",
    "No gradient arrives: `backward` is never called.",
    ("            loss.backward()\n", ""),
)
accumulating.slip(
    "accumulates_all_batches_anyway",
    "A batch in which nothing is to be learned should be passed over. If all are such, the number "
    "of targets is 0 and you divide by it.",
    ("if count:", "if True:"),
)


@accumulating.wrong
def accumulates_all_graphs(model, batches):
    """The numbers are right, but all graphs stand until the end, and so does the memory of all
    batches: then you could as well have taken the large batch. Call `backward` on each batch's
    part before you compute the next."""
    counts = [int(np.count_nonzero(batch.targets != IGNORED)) for batch in batches]
    parts = [
        model.loss(batch.inputs, batch.targets) * (count / sum(counts))
        for batch, count in zip(batches, counts)
        if count
    ]
    for part in parts:
        part.backward()
    return sum(part.item() for part in parts)


@accumulating.wrong
def accumulates_a_running_share(model, batches):
    """You divide by the number of targets seen *so far*, so the first batch counts too much. Count
    the targets of all batches before the first one is computed."""
    seen, total = 0, 0.0
    for batch in batches:
        count = int(np.count_nonzero(batch.targets != IGNORED))
        seen += count
        if count:
            loss = model.loss(batch.inputs, batch.targets) * (count / seen)
            loss.backward()
            total += loss.item()
    return total


@accumulating.alternative
def accumulates_with_sent_back_shares(model, batches):
    targets = sum(int((batch.targets != IGNORED).sum()) for batch in batches)
    total = 0.0
    for batch in batches:
        share = int((batch.targets != IGNORED).sum()) / max(targets, 1)
        if share > 0:
            loss = model.loss(batch.inputs, batch.targets)
            loss.backward(np.asarray(share))
            total += share * loss.item()
    return total
