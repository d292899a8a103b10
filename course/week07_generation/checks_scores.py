"""Week 7, changes to the scores: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks, Complaint
from minitorch import sampling

temperature = Checks("sampling.with_temperature")
repetition = Checks("sampling.penalize_repetition")


def _scores(rng, size, dtype=np.float64):
    return (3 * rng.normal(size=size)).astype(dtype)


def _returned(changed):
    if changed is None:
        raise Complaint("It returned nothing (None): does it end in `return`?")
    return changed


# -- with_temperature --------------------------------------------------------------------------


def cold_and_warm(rng):
    for value in (0.5, 0.8, 1.0, 1.7, 3.0):
        yield {"logits": _scores(rng, 4), "temperature": value}


def out_already(rng):
    yield {"logits": np.array([1.0, -np.inf, 0.5]), "temperature": 0.7}


def single_precision(rng):
    yield {"logits": _scores(rng, 5, np.float32), "temperature": 0.7}


@temperature.check("cold and warm", cases=cold_and_warm)
def divided(logits, temperature):
    return _returned(sampling.with_temperature(logits, temperature))


temperature.check("tokens that are out already", cases=out_already)(divided)
temperature.check("float32 stays float32", cases=single_precision)(divided)

temperature.slip(
    "multiplies",
    "You multiply by the temperature: then a high one makes the likely tokens likelier, and it "
    "should make all more alike. Divide.",
    ("logits / temperature", "logits * temperature"),
)
temperature.slip(
    "works_on_probabilities",
    "You return probabilities, and divided after the softmax at that. Scores go in, and scores "
    "come out: divide them before any softmax.",
    ("logits / temperature", "softmax(logits) / temperature"),
)
temperature.slip(
    "returns_probabilities",
    "The softmax is too much: return the divided scores themselves, so that others can change them "
    "further.",
    ("logits / temperature", "softmax(logits / temperature)"),
)
temperature.slip(
    "raises_to_a_power",
    "You raise the scores to a power. It is the probabilities for which a temperature is a power; "
    "for the scores, which are logarithms, it is a division.",
    ("logits / temperature", "np.sign(logits) * np.abs(logits) ** (1 / temperature)"),
)
temperature.slip(
    "changes_the_type",
    "The result is float64 where the scores were float32.",
    ("logits / temperature", "logits / np.float64(temperature)"),
)


@temperature.wrong
def divides_in_place(logits, temperature=1.0):
    """The scores that were passed in are changed: whoever passed them still needs them."""
    logits /= temperature
    return logits


@temperature.alternative
def multiplies_by_the_inverse(logits, temperature=1.0):
    return logits * (1 / temperature)


# -- penalize_repetition -----------------------------------------------------------------------


def tokens_that_came(rng):
    yield {"logits": np.array([3.0, -3.0, 1.0, -1.0]), "ids": [0, 1], "penalty": 2.0}
    for size, count in ((6, 2), (12, 5)):
        ids = rng.choice(size, count, replace=False).tolist()
        yield {"logits": _scores(rng, size), "ids": ids, "penalty": 1.3}


def tokens_that_came_often(rng):
    yield {"logits": np.array([3.0, -3.0, 1.0]), "ids": [0, 1, 0, 0, 1], "penalty": 2.0}
    yield {"logits": _scores(rng, 5), "ids": rng.integers(5, size=20).tolist(), "penalty": 1.1}


def rewards(rng):
    yield {"logits": _scores(rng, 6), "ids": [1, 4, 5], "penalty": 0.7}


def nothing_yet(rng):
    yield {"logits": _scores(rng, 4), "ids": [], "penalty": 1.5}
    yield {"logits": np.array([0.0, -np.inf, 2.0]), "ids": [0, 1], "penalty": 1.5}


@repetition.check("tokens that came before", cases=tokens_that_came)
def penalized(logits, ids, penalty):
    return _returned(sampling.penalize_repetition(logits, ids, penalty))


def single_precision_and_ids(rng):
    yield {"logits": _scores(rng, 5, np.float32), "ids": [0, 3, 3], "penalty": 1.2}


repetition.check("tokens that came often", cases=tokens_that_came_often)(penalized)
repetition.check("nothing before, and tokens that are out", cases=nothing_yet)(penalized)
repetition.check("a penalty below 1", cases=rewards)(penalized)
repetition.check("float32 stays float32", cases=single_precision_and_ids)(penalized)

repetition.slip(
    "divides_all",
    "You divide negative scores too. A negative score that is divided comes closer to 0, which "
    "makes its token likelier: multiply it.",
    ("np.where(scores < 0, scores * penalty, scores / penalty)", "scores / penalty"),
)
repetition.slip(
    "multiplies_all",
    "You multiply positive scores too, which makes their tokens likelier: divide them.",
    ("np.where(scores < 0, scores * penalty, scores / penalty)", "scores * penalty"),
)
repetition.slip(
    "the_wrong_way_round",
    "Both cases are the wrong way round: tokens that came before become likelier.",
    ("scores * penalty, scores / penalty", "scores / penalty, scores * penalty"),
)
repetition.slip(
    "subtracts",
    "You subtract the penalty. Here it is a factor: divide scores above 0 by it and multiply those "
    "below.",
    ("np.where(scores < 0, scores * penalty, scores / penalty)", "scores - penalty"),
)
repetition.slip(
    "penalizes_all",
    "All tokens are made less likely, those too that never came.",
    ("np.unique(np.asarray(ids, np.int64))", "np.arange(len(logits))"),
)


@repetition.wrong
def penalizes_each_time(logits, ids, penalty=1.2):
    """A token that came several times is penalized several times. How often it came makes no
    difference here: once is enough."""
    changed = logits.copy()
    for id in ids:
        changed[id] = changed[id] * penalty if changed[id] < 0 else changed[id] / penalty
    return changed


@repetition.wrong
def changes_in_place(logits, ids, penalty=1.2):
    """The scores that were passed in are changed: work on a copy."""
    for id in set(ids):
        logits[id] = logits[id] * penalty if logits[id] < 0 else logits[id] / penalty
    return logits


@repetition.alternative
def one_after_the_other(logits, ids, penalty=1.2):
    changed = logits.copy()
    for id in set(ids):
        changed[id] *= penalty if logits[id] < 0 else 1 / penalty
    return changed


repetition.equivalent(
    "changed[seen] = np.where(scores < 0, scores * penalty, scores / penalty) -> "
    "changed[seen] = np.where(scores <= 0, scores * penalty, scores / penalty)",
    because="a score of 0 stays 0, multiplied or divided",
)
