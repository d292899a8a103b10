"""Week 3, counts and costs: what an answer must do, and the mistakes it must catch."""

import math

import numpy as np

from coursekit.checking import Checks, Complaint
from minitorch import ngram
from minitorch.data import IGNORED

bigrams = Checks("ngram.count_bigrams")
bits = Checks("ngram.bits_per_byte")


# -- count_bigrams -----------------------------------------------------------------------------


def single_rows(rng):
    yield {"inputs": np.array([0, 1]), "targets": np.array([1, 2]), "size": 3}
    yield {"inputs": np.array([2, 0, 1]), "targets": np.array([0, 1, 0]), "size": 4}


def repeated_bigrams(rng):
    yield {"inputs": np.array([[0, 1, 0, 1]]), "targets": np.array([[1, 0, 1, 0]]), "size": 2}
    yield {"inputs": np.array([[3, 3], [3, 3]]), "targets": np.array([[3, 3], [3, 1]]), "size": 4}


def ignored_places(rng):
    yield {"inputs": np.array([[0, 1, 2]]), "targets": np.array([[1, IGNORED, 0]]), "size": 3}
    yield {"inputs": np.array([[0, 1]]), "targets": np.full((1, 2), IGNORED), "size": 3}
    inputs, found = rng.integers(0, 120, (2, 9)), rng.integers(0, 120, (2, 9))
    found[rng.random((2, 9)) < 0.5] = IGNORED
    yield {"inputs": inputs, "targets": found, "size": 120}


def random_bigrams(rng):
    for shape, size in (((2, 6), 4), ((3, 20), 5)):
        yield {
            "inputs": rng.integers(0, size, shape),
            "targets": rng.integers(0, size, shape),
            "size": size,
        }


def two_byte_inputs(rng):
    inputs = rng.integers(250, 300, (2, 8)).astype(np.uint16)
    yield {"inputs": inputs, "targets": rng.integers(0, 300, (2, 8)), "size": 300}


def _bigrams(inputs, targets, size):
    counts = ngram.count_bigrams(inputs, targets, size)
    if counts is None:
        raise Complaint(
            "It returned nothing (None): does every way through the function reach a `return`?"
        )
    if not isinstance(counts, np.ndarray):
        raise Complaint(f"It returned a value of type `{type(counts).__name__}`, not an array.")
    return counts


bigrams.check("pairs that occur once", cases=single_rows)(_bigrams)
bigrams.check("pairs that occur several times", cases=repeated_bigrams)(_bigrams)
bigrams.check("places that do not count", cases=ignored_places)(_bigrams)
bigrams.check("random rows", cases=random_bigrams)(_bigrams)
bigrams.check("ids of two bytes", cases=two_byte_inputs)(_bigrams)


@bigrams.wrong
def bigrams_transposed(inputs, targets, size):
    """Rows and columns are exchanged. The row is the token that was read, the column the one that
    followed."""
    kept = targets != IGNORED
    counts = np.zeros((size, size), np.int64)
    np.add.at(counts, (targets[kept], inputs[kept]), 1)
    return counts


@bigrams.wrong
def bigrams_counted_once(inputs, targets, size):
    """A pair that occurs several times is counted once. `counts[a, b] += 1` with lists of places
    writes once to each place: use `np.add.at` or `np.bincount`."""
    kept = targets != IGNORED
    counts = np.zeros((size, size), np.int64)
    counts[inputs[kept], targets[kept]] += 1
    return counts


@bigrams.wrong
def bigrams_with_ignored(inputs, targets, size):
    """Places with the target `IGNORED` are counted. It is -100, and NumPy takes a negative place
    for one from the end. Leave these places out."""
    counts = np.zeros((size, size), np.int64)
    np.add.at(counts, (inputs, targets % size), 1)
    return counts


@bigrams.wrong
def bigrams_of_the_inputs(inputs, targets, size):
    """You count which input follows which. What follows stands in `targets`; the next input may
    belong to another document."""
    before, after = inputs[..., :-1].ravel(), inputs[..., 1:].ravel()
    pairs = before.astype(np.int64) * size + after
    return np.bincount(pairs, minlength=size * size).reshape(size, size)


@bigrams.wrong
def bigrams_without_token_0(inputs, targets, size):
    """Token 0 is left out, which is a token like any other: you keep the targets that are larger
    than 0. Only the target `IGNORED` does not count."""
    kept = targets > 0
    counts = np.zeros((size, size), np.int64)
    np.add.at(counts, (inputs[kept], targets[kept]), 1)
    return counts


@bigrams.wrong
def bigrams_as_probabilities(inputs, targets, size):
    """You divide by the number of pairs. Counts are asked for, as whole numbers; `probabilities`
    divides later."""
    kept = targets != IGNORED
    counts = np.zeros((size, size))
    np.add.at(counts, (inputs[kept], targets[kept]), 1)
    return counts / max(kept.sum(), 1)


@bigrams.wrong
def bigrams_in_two_bytes(inputs, targets, size):
    """Ids from a file are numbers of two bytes, and `inputs * size` overflows in them. Convert
    them to int64 first."""
    kept = targets != IGNORED
    pairs = (inputs[kept] * size).astype(np.int64) + targets[kept]
    return np.bincount(pairs, minlength=size * size)[: size * size].reshape(size, size)


@bigrams.alternative
def bigrams_with_add_at(inputs, targets, size):
    kept = targets != IGNORED
    counts = np.zeros((size, size), np.int64)
    np.add.at(counts, (inputs[kept], targets[kept]), 1)
    return counts


@bigrams.alternative
def bigrams_one_by_one(inputs, targets, size):
    counts = np.zeros((size, size), np.int64)
    for a, b in zip(inputs.ravel(), targets.ravel()):
        if b != IGNORED:
            counts[a, b] += 1
    return counts


# -- bits_per_byte -----------------------------------------------------------------------------


def fair_choices(rng):
    yield {"losses": np.array([math.log(2)]), "size": 1}
    yield {"losses": np.full(4, math.log(8)), "size": 4}


def other_sizes(rng):
    yield {"losses": np.array([math.log(2), math.log(4)]), "size": 6}
    yield {"losses": rng.exponential(2, 7), "size": 31}


def single_precision(rng):
    yield {"losses": rng.exponential(2, 50).astype(np.float32), "size": 180}


def free_text(rng):
    yield {"losses": np.zeros(3), "size": 9}


def _bits(losses, size):
    found = ngram.bits_per_byte(losses, size)
    if found is None:
        raise Complaint(
            "It returned nothing (None): does every way through the function reach a `return`?"
        )
    if not isinstance(found, float | np.floating):
        raise Complaint(
            f"It returned a value of type `{type(found).__name__}`. One number is asked for: "
            "`float(...)` makes a plain one."
        )
    return float(found)


bits.check("a fair choice for each byte", cases=fair_choices)(_bits)
bits.check("more bytes than tokens", cases=other_sizes)(_bits)
bits.check("losses in float32", cases=single_precision)(_bits)
bits.check("text that costs nothing", cases=free_text)(_bits)


@bits.wrong
def bits_in_nats(losses, size):
    """You did not convert to bits. The losses are natural logarithms: a choice between two equally
    likely things costs log(2) = 0.69 of them, and that is one bit."""
    return float(np.sum(losses)) / size


@bits.wrong
def bits_multiplied(losses, size):
    """You multiply by log(2). A bit is log(2) = 0.69 nats, so a sum in nats has more bits: divide
    by log(2)."""
    return float(np.sum(losses)) * math.log(2) / size


@bits.wrong
def bits_negative(losses, size):
    """The sign is wrong. The losses are -log p already, so they are costs, and none is less than
    0: no minus sign is needed."""
    return -float(np.sum(losses)) / math.log(2) / size


@bits.wrong
def bits_times_the_size(losses, size):
    """You multiply by the bytes. `x / log(2) * size` divides by log(2) alone, since Python goes
    from left to right: write `x / (log(2) * size)`, or divide twice."""
    return float(np.sum(losses)) / math.log(2) * size


@bits.wrong
def bits_per_token(losses, size):
    """You divide by the number of tokens. That would make long tokens look expensive: divide by
    the bytes of the text."""
    return float(np.mean(losses)) / math.log(2)


@bits.wrong
def bits_of_the_mean(losses, size):
    """You divide the mean loss by the bytes. Add the losses up: the whole text costs the sum."""
    return float(np.mean(losses)) / math.log(2) / size


@bits.wrong
def bits_in_digits(losses, size):
    """You divide by log(10). That counts choices among ten equally likely things, decimal digits;
    a bit is a choice between two."""
    return float(np.sum(losses)) / math.log(10) / size


@bits.wrong
def bytes_per_bit(losses, size):
    """The fraction is upside down: bits per byte is bits divided by bytes."""
    return size / max(float(np.sum(losses)) / math.log(2), 1e-9)


@bits.alternative
def bits_by_log2(losses, size):
    return float(-np.log2(np.exp(-losses.astype(np.float64))).sum() / size)
