"""Week 7, the likeliest tokens: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks, Complaint
from minitorch import sampling
from minitorch.sampling import softmax

top_p = Checks("sampling.keep_top_p")


def _kept(function):
    """A run that returns the new scores, and says whether the old ones are a copy."""

    def run(logits, **settings):
        changed = function(logits, **settings)
        if changed is None:
            raise Complaint("It returned nothing (None): does it end in `return`?")
        if changed is logits or np.shares_memory(changed, logits):
            raise Complaint("The result is the array that was passed in: return a new one.")
        return {"the scores": changed}

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


# -- keep_top_p --------------------------------------------------------------------------------


def shares_of_a_whole(rng):
    # Thirty-seconds, which add up without rounding, and no two alike.
    for p in (0.3, 0.6, 0.7, 0.9, 0.99):
        yield {"logits": np.log([0.125, 0.5, 0.03125, 0.25, 0.09375]), "p": p}


def random_scores(rng):
    for size in (5, 12, 30):
        for p in (0.2, 0.5, 0.8, 0.95):
            yield {"logits": scores(rng, size), "p": p}


def a_small_share(rng):
    yield {"logits": np.array([0.0, 0.1, 0.05]), "p": 0.001}
    yield {"logits": scores(rng, 8), "p": 0.01}


def the_whole(rng):
    yield {"logits": scores(rng, 6), "p": 1.0}
    for size in (10, 19, 27):  # the sum of so many equal shares is a little below 1
        yield {"logits": np.zeros(size), "p": 1.0}
        yield {"logits": np.zeros(size, np.float32), "p": 1.0}


def exactly_p(rng):
    for p in (0.25, 0.5, 0.75):
        yield {"logits": np.zeros(4), "p": p}


def many_equal_scores(rng):
    for _ in range(3):
        yield {"logits": rng.integers(4, size=64).astype(float), "p": 0.613}


def described(logits, p):
    rows = (("logits", logits), ("probabilities", softmax(logits)))
    texts = [f"{name} = {np.array2string(row, precision=3)}" for name, row in rows]
    return "\n".join([*texts, f"p = {p}"])


kept_p = _kept(lambda logits, p: sampling.keep_top_p(logits, p))
for title, cases in (
    ("shares that are easy to add", shares_of_a_whole),
    ("random scores", random_scores),
    ("a share so small that one token is enough", a_small_share),
    ("the whole", the_whole),
    ("a sum of exactly p", exactly_p),
    ("equal scores", many_equal_scores),
    ("large and small scores", lambda rng: shifted(rng, "p", 0.5, 0.9)),
    ("tokens that are out already", lambda rng: with_forbidden_ones(rng, "p", 0.7)),
    ("float32 stays float32", lambda rng: in_float32(rng, "p", 0.8)),
):
    top_p.check(title, cases=cases, describe=described)(kept_p)


@top_p.wrong
def stops_one_too_early(logits, p=0.9):
    """The tokens that you keep add up to less than `p`: the one that takes the sum to `p` or
    beyond belongs to them."""
    order = np.argsort(logits, kind="stable")[::-1]
    inside = np.cumsum(softmax(logits)[order]) <= p
    inside[0] = True
    kept = np.full_like(logits, -np.inf)
    kept[order[inside]] = logits[order[inside]]
    return kept


@top_p.wrong
def drops_what_reaches_p(logits, p=0.9):
    """The token that takes the sum to `p` or beyond goes, and where the likeliest alone has more
    than `p` nothing is left. That token belongs to those that stay."""
    order = np.argsort(logits, kind="stable")[::-1]
    kept = logits.copy()
    kept[order[np.cumsum(softmax(logits)[order]) > p]] = -np.inf
    return kept


@top_p.wrong
def takes_one_too_many(logits, p=0.9):
    """One token more stays than is needed: stop as soon as the sum has reached `p`."""
    order = np.argsort(logits, kind="stable")[::-1]
    before = np.cumsum(softmax(logits)[order]) - softmax(logits)[order]
    count = int((before < p).sum()) + 1
    kept = np.full_like(logits, -np.inf)
    kept[order[:count]] = logits[order[:count]]
    return kept


@top_p.wrong
def compares_each_alone(logits, p=0.9):
    """You compare each probability with a limit by itself. Here it is the sum that counts: of the
    probabilities from the likeliest token down."""
    chances = softmax(logits)
    kept = logits.copy()
    kept[chances < 1 - p] = -np.inf
    kept[np.argmax(logits)] = logits.max()
    return kept


@top_p.wrong
def sums_in_the_order_of_ids(logits, p=0.9):
    """The probabilities are added up in the order of the ids. Begin with the likeliest token, and
    go on to the next likeliest."""
    before = np.cumsum(softmax(logits)) - softmax(logits)
    kept = logits.copy()
    kept[before >= p] = -np.inf
    return kept


@top_p.wrong
def begins_with_the_least_likely(logits, p=0.9):
    """You take tokens from the least likely up. The likeliest come first."""
    order = np.argsort(logits, kind="stable")
    before = np.cumsum(softmax(logits)[order]) - softmax(logits)[order]
    kept = logits.copy()
    kept[order[before >= p]] = -np.inf
    return kept


@top_p.wrong
def forgets_to_go_back(logits, p=0.9):
    """The right number of tokens stays, but in the wrong places: you worked in the sorted order,
    and the scores have to go back to their own ids."""
    order = np.argsort(logits, kind="stable")[::-1]
    chances = softmax(logits)[order]
    kept = logits.copy()
    kept[np.cumsum(chances) - chances >= p - 1e-12] = -np.inf
    return kept


@top_p.wrong
def takes_scores_for_probabilities(logits, p=0.9):
    """You add up the scores themselves. A share `p` is a share of the probabilities: the softmax
    of the scores."""
    order = np.argsort(logits, kind="stable")[::-1]
    before = np.cumsum(logits[order]) - logits[order]
    kept = logits.copy()
    kept[order[before >= p]] = -np.inf
    return kept


@top_p.wrong
def returns_probabilities(logits, p=0.9):
    """You return probabilities. What comes out are scores again, as they came in, so that the next
    function can go on with them."""
    order = np.argsort(logits, kind="stable")[::-1]
    chances = softmax(logits)[order]
    kept = np.zeros_like(logits)
    inside = order[np.cumsum(chances) - chances < p - 1e-12]
    kept[inside] = softmax(logits)[inside]
    return kept


@top_p.wrong
def looks_for_a_sum_that_never_comes(logits, p=0.9):
    """With `p` = 1 one token stays where all should. Rounding can leave the sum of all
    probabilities a little below 1: then no sum reaches `p`, and argmax finds no True and says 0."""
    order = np.argsort(logits, kind="stable")[::-1]
    count = int(np.argmax(np.cumsum(softmax(logits)[order]) >= p)) + 1
    kept = np.full_like(logits, -np.inf)
    kept[order[:count]] = logits[order[:count]]
    return kept


@top_p.wrong
def runs_off_the_end(logits, p=0.9):
    """You go on until the sum has reached `p`, and past the last token. Rounding can leave the sum
    of all probabilities a little below 1: stop at the last token too."""
    chances, kept, total, i = softmax(logits), np.full_like(logits, -np.inf), 0.0, 0
    order = np.argsort(logits, kind="stable")[::-1]
    while total < p:
        kept[order[i]] = logits[order[i]]
        total += chances[order[i]]
        i += 1
    return kept


@top_p.wrong
def takes_another_at_exactly_p(logits, p=0.9):
    """Where the sum is exactly `p`, one token more stays than is needed: that is enough."""
    order = np.argsort(logits, kind="stable")[::-1]
    count = int(np.searchsorted(np.cumsum(softmax(logits)[order]), p, side="right")) + 1
    kept = np.full_like(logits, -np.inf)
    kept[order[:count]] = logits[order[:count]]
    return kept


@top_p.wrong
def sorts_equal_scores_in_any_order(logits, p=0.9):
    """Of equal scores the wrong ones stay: the higher ids come first. Without `kind="stable"`
    sorting leaves equal entries in any order, in longer lists."""
    order = np.argsort(softmax(logits))[::-1]
    count = int((np.cumsum(softmax(logits)[order]) < p).sum()) + 1
    kept = np.full_like(logits, -np.inf)
    kept[order[:count]] = logits[order[:count]]
    return kept


@top_p.wrong
def prefers_lower_ids(logits, p=0.9):
    """Of equal scores the lower ids stay, and the higher ids should: sort from the least likely up
    with `kind="stable"`, and turn that round."""
    order = np.argsort(-logits, kind="stable")
    count = int((np.cumsum(softmax(logits)[order]) < p).sum()) + 1
    kept = np.full_like(logits, -np.inf)
    kept[order[:count]] = logits[order[:count]]
    return kept


@top_p.wrong
def writes_to_a_copy(logits, p=0.9):
    """No token is left. `kept[order]` is a copy, so what you write to a part of it is lost: choose
    the ids first, and use them as one index."""
    return np.full_like(logits, -np.inf)


@top_p.wrong
def returns_them_sorted(logits, p=0.9):
    """The scores come back sorted. Each has to go back to its own id: assign to the places
    `order`, rather than reading from them."""
    order = np.argsort(logits, kind="stable")[::-1]
    kept = logits[order]
    kept[int((np.cumsum(softmax(logits)[order]) < p).sum()) + 1 :] = -np.inf
    return kept


@top_p.alternative
def takes_from_the_top(logits, p=0.9):
    chances = softmax(logits)
    kept = np.full_like(logits, -np.inf)
    total = 0.0
    for token in np.argsort(logits, kind="stable")[::-1]:
        if total >= p:
            break
        kept[token] = logits[token]
        total += chances[token]
    return kept
