"""Week 6, bits per byte: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks, Complaint
from minitorch import evaluation
from minitorch.data import IGNORED, Batch

bits = Checks("evaluation.bits_per_byte")

TOKENS = 6


def _priced_batches(rng, *lengths):
    sizes = rng.integers(1, 9, TOKENS)
    sizes[-1] = 0  # a special token
    return {
        "sizes": sizes,
        "targets": [rng.integers(0, TOKENS - 1, (1, length)) for length in lengths],
        "costs": [rng.uniform(0.1, 5, length) for length in lengths],
    }


def one_batch(rng):
    yield {
        "sizes": np.array([1, 2, 4, 8, 3, 0]),
        "targets": [np.array([[1, 2]])],
        "costs": [np.log(2) * np.array([3.0, 9.0])],
    }
    yield _priced_batches(rng, 5)


def unequal_batches(rng):
    yield _priced_batches(rng, 2, 7)
    yield _priced_batches(rng, 4, 1, 6)


def batches_with_special_tokens(rng):
    case = _priced_batches(rng, 4, 3)
    case["targets"][0][0, 2] = TOKENS - 1
    case["targets"][1][0, 0] = TOKENS - 1
    yield case


def batches_with_ignored_places(rng):
    case = _priced_batches(rng, 5, 4)
    case["targets"][0][0, :2] = IGNORED
    case["costs"][0] = case["costs"][0][2:]
    yield case


def no_text(rng):
    yield {"sizes": np.ones(TOKENS, int), "targets": [], "costs": []}
    yield {
        "sizes": np.ones(TOKENS, int),
        "targets": [np.full((1, 3), IGNORED)],
        "costs": [np.zeros(0)],
    }


def _bits(sizes, targets, costs):
    batches = [Batch(np.zeros_like(t), t, np.ones_like(t)) for t in targets]
    prices = {id(batch): cost for batch, cost in zip(batches, costs)}
    found = evaluation.bits_per_byte(
        lambda batch: prices[id(batch)], (batch for batch in batches), sizes
    )
    if found is None:
        raise Complaint("It returned nothing (None): is a `return` missing?")
    return float(found)


bits.check("one batch", cases=one_batch)(_bits)
bits.check("batches of unequal length", cases=unequal_batches)(_bits)
bits.check("special tokens", cases=batches_with_special_tokens)(_bits)
bits.check("ignored places", cases=batches_with_ignored_places)(_bits)


@bits.check("no text", cases=no_text)
def _(sizes, targets, costs):
    try:
        _bits(sizes, targets, costs)
    except ValueError:
        return "a ValueError"
    except ZeroDivisionError:
        return "a division by zero"
    return "no error"


bits.slip(
    "bits_in_nats",
    "These are nats for each byte: a bit is log(2) nats, about 0.69 of them.",
    ("return ngram.bits_per_byte(np.array([total]), size)", "return total / size"),
)
bits.slip(
    "bits_per_token",
    "You divide by the number of tokens. A larger vocabulary has longer tokens, so models could "
    "not be compared: divide by the bytes that the targets stand for.",
    ("int(sizes[batch.targets[batch.targets != IGNORED]].sum())",
     "int((batch.targets != IGNORED).sum())"),
)  # fmt: skip
bits.slip(
    "bits_of_the_inputs",
    "You count the bytes of the inputs; what is priced are the targets.",
    ("sizes[batch.targets[batch.targets != IGNORED]]", "sizes[batch.inputs]"),
)
bits.slip(
    "bits_with_ignored_bytes",
    "Ignored targets are looked up in `sizes` as well: -100 fails, or counts from the end. Leave "
    "them out.",
    ("batch.targets[batch.targets != IGNORED]", "batch.targets"),
)
bits.slip(
    "bits_of_the_last_batch",
    "Only the last batch is counted: add up over all of them.",
    ("total += float", "total = float"),
    ("size += int", "size = int"),
)
bits.slip(
    "bits_by_division_of_zero",
    "Where there is no text, you divide by zero. Raise a ValueError that says what is missing.",
    ("    if not size:\n", "    if False:\n"),
)


@bits.wrong
def bits_as_an_average_of_averages(costs, batches, sizes):
    """You average the batches' values, and a short last batch counts as much as a long one. Add up
    the costs of all batches and the bytes of all, and divide once."""
    found = []
    for batch in batches:
        size = sizes[batch.targets[batch.targets != IGNORED]].sum()
        found.append(ngram.bits_per_byte(costs(batch), int(size)))  # noqa: F821
    if not found or not np.isfinite(found).all():
        raise ValueError("there is no text")
    return float(np.mean(found))


@bits.wrong
def bits_without_special_tokens(costs, batches, sizes):
    """You leave out what special tokens cost. They have no bytes, but the model has to guess where
    an answer ends, and that costs something."""
    total, size = 0.0, 0
    for batch in batches:
        targets = batch.targets[batch.targets != IGNORED]
        total += float(costs(batch)[sizes[targets] > 0].sum())
        size += int(sizes[targets].sum())
    if not size:
        raise ValueError("there is no text")
    return total / size / np.log(2)


@bits.alternative
def bits_with_lists(costs, batches, sizes):
    pairs = [(costs(b).sum(), sizes[b.targets[b.targets != IGNORED]].sum()) for b in batches]
    size = sum(int(bytes_) for _, bytes_ in pairs)
    if size == 0:
        raise ValueError("no bytes")
    return float(sum(cost for cost, _ in pairs) / np.log(2) / size)
