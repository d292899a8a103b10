"""Week 7, tokens that may come: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks, Complaint
from minitorch import sampling
from minitorch.sampling import softmax

top_k = Checks("sampling.keep_top_k")
min_p = Checks("sampling.keep_min_p")


def _kept(function):
    """A run that returns the new scores, and says whether the old ones are a copy."""

    def run(logits, **settings):
        changed = function(logits, **settings)
        if changed is None:
            raise Complaint("It returned nothing (None): does it end in `return`?")
        if changed is logits or np.shares_memory(changed, logits):
            raise Complaint("The result is the array that was passed in: return a new one.")
        return changed

    return run


def scores(rng, size, dtype=np.float64):
    return (3 * rng.normal(size=size)).astype(dtype)


def shifted(rng, setting, *values):
    """The same scores with a number added to all: their probabilities stay the same."""
    for value in values:
        logits = scores(rng, 9)
        yield {"logits": logits + 50, setting: value}
        yield {"logits": logits - 900, setting: value}


def with_forbidden_ones(rng, setting, *values):
    for value in values:
        logits = scores(rng, 7)
        logits[[1, 4]] = -np.inf
        yield {"logits": logits, setting: value}


def in_float32(rng, setting, value):
    yield {"logits": scores(rng, 6, np.float32), setting: value}


# -- keep_top_k --------------------------------------------------------------------------------


def some_of_many(rng):
    for size, k in ((4, 2), (6, 1), (9, 5), (9, 8)):
        yield {"logits": scores(rng, size), "k": k}


def tied_scores(rng):
    yield {"logits": np.array([1.0, 2.0, 2.0, 2.0, 0.0]), "k": 2}
    yield {"logits": np.array([5.0, 5.0, 5.0]), "k": 1}


def few_tokens(rng):
    yield {"logits": scores(rng, 3), "k": 3}
    yield {"logits": scores(rng, 3), "k": 50}


kept_k = _kept(lambda logits, k: sampling.keep_top_k(logits, k))
top_k.check("the highest scores", cases=some_of_many)(kept_k)
top_k.check("equal scores", cases=tied_scores)(kept_k)
top_k.check("fewer tokens than k", cases=few_tokens)(kept_k)
top_k.check("tokens that are out already", cases=lambda rng: with_forbidden_ones(rng, "k", 3, 6))(
    kept_k
)
top_k.check("float32 stays float32", cases=lambda rng: in_float32(rng, "k", 2))(kept_k)

top_k.slip(
    "keeps_the_lowest",
    "You keep the lowest scores. The highest belong to the likeliest tokens.",
    ("np.partition(logits, -k)[-k]", "np.partition(logits, k - 1)[k - 1]"),
    ("logits < lowest", "logits > lowest"),
)
top_k.slip(
    "keeps_one_too_few",
    "The lowest of the `k` scores is missing from what you keep: a score that equals the limit "
    "stays.",
    ("logits < lowest", "logits <= lowest"),
)
top_k.slip(
    "keeps_one_too_many",
    "One token too many stays. The limit is the score in place `k` from the top, counted from 1.",
    (
        "np.partition(logits, -k)[-k]",
        "np.partition(logits, -min(k + 1, len(logits)))[-min(k + 1, len(logits))]",
    ),
)
top_k.slip(
    "fails_for_small_vocabularies",
    "Where there are fewer tokens than `k`, all of them stay: `k` must not reach past the end.",
    ("k = min(k, len(logits))", "pass"),
)
top_k.slip(
    "sets_to_zero",
    "The others get the score 0. After softmax a score of 0 is not a probability of 0, it may even "
    "be a large one: they must become minus infinity.",
    ("-np.inf", "0.0"),
)


@top_k.wrong
def keeps_exactly_k(logits, k=50):
    """Of several equal scores at the limit you keep some and drop others. There is no reason to
    prefer one of them: all that equal the lowest kept score stay."""
    kept = np.full_like(logits, -np.inf)
    places = np.argsort(-logits, kind="stable")[:k]
    kept[places] = logits[places]
    return kept


@top_k.wrong
def returns_the_k_scores(logits, k=50):
    """You return the `k` scores alone. Each score must stay in its token's place, or nobody knows
    whose it is: the result has the shape of `logits`."""
    return np.sort(logits)[::-1][:k].copy()


@top_k.alternative
def sorts(logits, k=50):
    limit = np.sort(logits)[::-1][: max(k, 1)][-1]
    kept = logits.copy()
    kept[logits < limit] = -np.inf
    return kept


top_k.equivalent(
    "k = min(k, len(logits)) -> k = min(len(logits), k)",
    because="the smaller of two numbers is the same in either order",
)


# -- keep_min_p --------------------------------------------------------------------------------


def easy_shares(rng):
    for p in (0.1, 0.2, 0.4, 0.65):
        yield {"logits": np.log([0.12, 0.5, 0.08, 0.3]), "p": p}


def many_scores(rng):
    for size in (4, 10, 25):
        for p in (0.02, 0.1, 0.3):
            yield {"logits": scores(rng, size), "p": p}


def extremes(rng):
    yield {"logits": scores(rng, 5), "p": 0.0}
    yield {"logits": scores(rng, 5), "p": 1.0}
    yield {"logits": np.array([2.0, 1.0, 2.0]), "p": 1.0}


kept_min = _kept(lambda logits, p: sampling.keep_min_p(logits, p))
min_p.check("shares of the likeliest", cases=easy_shares)(kept_min)
min_p.check("random scores", cases=many_scores)(kept_min)
min_p.check("nothing asked, and everything", cases=extremes)(kept_min)
min_p.check("large and small scores", cases=lambda rng: shifted(rng, "p", 0.05, 0.3))(kept_min)
min_p.check("tokens that are out already", cases=lambda rng: with_forbidden_ones(rng, "p", 0.1))(
    kept_min
)
min_p.check("float32 stays float32", cases=lambda rng: in_float32(rng, "p", 0.2))(kept_min)

min_p.slip(
    "overflows",
    "Large scores become infinite in `exp`, and very negative ones zero. Only differences count: "
    "subtract the highest score first.",
    ("np.exp(logits - logits.max())", "np.exp(logits) / np.exp(logits).max()"),
)
min_p.slip(
    "drops_the_likely",
    "The likely tokens go and the others stay: it should be the other way round.",
    ("shares < p", "shares > p"),
)
min_p.slip(
    "drops_at_the_limit",
    "A token with exactly `p` times the highest probability stays; with `p` = 1 that is the "
    "likeliest itself.",
    ("shares < p", "shares <= p"),
)
min_p.slip(
    "sets_to_zero",
    "The others get the score 0, which is a score like any other: they must become minus infinity.",
    ("-np.inf", "0.0"),
)


@min_p.wrong
def takes_p_for_a_probability(logits, p=0.05):
    """You compare the probabilities with `p` itself. The limit is `p` times the highest
    probability, so that it falls where the model is unsure."""
    kept = logits.copy()
    kept[softmax(logits) < p] = -np.inf
    return kept


@min_p.wrong
def takes_p_of_the_score(logits, p=0.05):
    """You compare scores with `p` times the highest score. It is the probabilities that are
    compared: the softmax of the scores."""
    kept = logits.copy()
    kept[logits < p * logits.max()] = -np.inf
    return kept


@min_p.alternative
def compares_scores(logits, p=0.05):
    with np.errstate(divide="ignore"):
        limit = logits.max() + np.log(p)
    kept = logits.copy()
    kept[logits < limit] = -np.inf
    return kept


@min_p.alternative
def compares_probabilities(logits, p=0.05):
    chances = softmax(logits)
    kept = logits.copy()
    kept[chances < p * chances.max()] = -np.inf
    return kept
