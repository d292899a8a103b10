"""From scores to a token: what is taken from the model's guess before one token is drawn.

Here `logits` are the scores of one place, (vocabulary,), as the model gives them. Each function
returns new ones and leaves those it was given alone; a score of minus infinity means never.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minitorch import ngram
from minitorch.tensor import Array


class SamplingError(ValueError):
    """A setting that makes no sense; the message names it, and says what it may be."""


@dataclass(frozen=True)
class Settings:
    """How tokens are chosen. As it stands, the most likely token is taken each time.

    `temperature` 0 takes the most likely token; 1 draws with the model's own probabilities.
    `top_k` 0, `top_p` 1, `min_p` 0 and `repetition_penalty` 1 change nothing.
    """

    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    max_new_tokens: int = 128

    def __post_init__(self) -> None:
        _refuse_unless(self.temperature >= 0, "temperature", self.temperature, "0 or more")
        _refuse_unless(self.top_k >= 0, "top_k", self.top_k, "0 (off) or more")
        _refuse_unless(0 < self.top_p <= 1, "top_p", self.top_p, "above 0 and at most 1 (off)")
        _refuse_unless(0 <= self.min_p <= 1, "min_p", self.min_p, "from 0 (off) to 1")
        penalty = self.repetition_penalty
        _refuse_unless(penalty > 0, "repetition_penalty", penalty, "above 0; 1 is off")
        _refuse_unless(self.max_new_tokens >= 0, "max_new_tokens", self.max_new_tokens, "0 or more")


def _refuse_unless(fits: bool, name: str, value: float, wanted: str) -> None:
    if not fits:
        raise SamplingError(f"{name} is {value}; it must be {wanted}")


# -- changes to the scores ------------------------------------------------------------------------


def with_temperature(logits: Array, temperature: float = 1.0) -> Array:
    """Divide the scores by the temperature.

    Below 1 the likely tokens become likelier, above 1 all become more alike. The temperature is
    above 0. The result has the dtype of `logits`.
    """
    return logits / temperature


def keep_top_k(logits: Array, k: int = 50) -> Array:
    """Keep the `k` highest scores, `k` being 1 or more; the others become minus infinity.

    Scores equal to the lowest of these stay as well, so more than `k` may be left. With fewer
    than `k` tokens in the vocabulary, all stay. The result is always a new array.

    >>> keep_top_k(np.array([1.0, 4.0, 2.0, 3.0]), k=2)
    array([-inf,   4., -inf,   3.])
    """
    k = min(k, len(logits))
    lowest = np.partition(logits, -k)[-k]
    return np.where(logits < lowest, -np.inf, logits)


def keep_top_p(logits: Array, p: float = 0.9) -> Array:
    """Keep the likeliest tokens that together have a probability of at least `p`, and no more.

    The probabilities are the softmax of `logits`. Tokens are taken from the likeliest down until
    their probabilities add up to `p` or more; the scores of all others become minus infinity.
    At least one token stays. Of two equal scores the token with the higher id is taken first.
    The result is always a new array.

    >>> keep_top_p(np.log([0.1, 0.6, 0.3]), p=0.8).round(2)
    array([ -inf, -0.51, -1.2 ])
    """
    order = np.argsort(logits, kind="stable")  # the least likely first
    up_to_here = np.cumsum(softmax(logits)[order])
    dropped = order[:-1][up_to_here[:-1] <= 1 - p]
    kept = logits.copy()
    kept[dropped] = -np.inf
    return kept


def keep_min_p(logits: Array, p: float = 0.05) -> Array:
    """Keep the tokens with at least `p` times the probability of the likeliest token.

    The probabilities are the softmax of `logits`; the scores of all other tokens become minus
    infinity. With `p` = 0.5, tokens that are more than twice as unlikely as the likeliest go.

    >>> keep_min_p(np.log([0.6, 0.25, 0.15]), p=0.4).round(2)
    array([-0.51, -1.39,  -inf])
    """
    shares = np.exp(logits - logits.max())  # of the highest probability
    return np.where(shares < p, -np.inf, logits)


def penalize_repetition(logits: Array, ids: Sequence[int], penalty: float = 1.2) -> Array:
    """Make the tokens that occur in `ids` less likely; a `penalty` below 1 makes them likelier.

    The score of such a token is divided by `penalty` if it is above 0 and multiplied if it is
    below. How often the token occurs makes no difference, and `ids` may be empty. The result is
    always a new array.

    >>> penalize_repetition(np.array([3.0, -3.0, 1.0]), [0, 1, 0], penalty=2.0)
    array([ 1.5, -6. ,  1. ])
    """
    changed = logits.copy()
    if len(ids):
        seen = np.unique(np.asarray(ids, np.int64))
        scores = logits[seen]
        changed[seen] = np.where(scores < 0, scores * penalty, scores / penalty)
    return changed


# -- choosing -------------------------------------------------------------------------------------


def softmax(logits: Array) -> Array:
    """Turn scores into probabilities, in float64 whatever the dtype of the scores."""
    exps = np.exp(logits.astype(np.float64) - logits.max())
    return exps / exps.sum()


def draw(logits: Array, rng: np.random.Generator) -> int:
    """Draw a token with the probabilities that are the softmax of `logits`.

    Takes one number from `rng`, `rng.random()`, which decides as in `ngram.draw`.
    """
    return ngram.draw(softmax(logits), rng.random())


def adjusted(
    logits: Array, settings: Settings, ids: Sequence[int], allowed: Array | None = None
) -> Array:
    """Apply to the scores what the settings ask for, in the order that Transformers has.

    `ids` are the tokens so far, for the penalty; `allowed`, (vocabulary,) of bool, is False for
    tokens that must not come. The temperature has to be above 0.
    """
    if settings.repetition_penalty != 1:
        logits = penalize_repetition(logits, ids, settings.repetition_penalty)
    if allowed is not None:
        logits = np.where(allowed, logits, -np.inf)
    if settings.temperature not in (0, 1):
        logits = with_temperature(logits, settings.temperature)
    if settings.top_k:
        logits = keep_top_k(logits, settings.top_k)
    if settings.top_p < 1:
        logits = keep_top_p(logits, settings.top_p)
    if settings.min_p > 0:
        logits = keep_min_p(logits, settings.min_p)
    return logits


def choose(
    logits: Array,
    settings: Settings,
    ids: Sequence[int],
    rng: np.random.Generator | None,
    allowed: Array | None = None,
) -> int:
    """Choose the next token: the likeliest at temperature 0, else one drawn with `rng`."""
    scores = adjusted(logits, settings, ids, allowed)
    best = int(scores.argmax())
    if not np.isfinite(scores[best]):  # NaN counts as the largest
        raise SamplingError(
            f"the highest score is {scores[best]}, so no token can be chosen: "
            "the model's weights may be damaged, or no token was allowed"
        )
    if settings.temperature == 0:
        return best
    if rng is None:
        raise SamplingError(
            "to draw tokens (temperature above 0) a random generator is needed: "
            "pass rng=np.random.default_rng(0)"
        )
    return draw(scores, rng)


def probabilities(logits: Array, settings: Settings, ids: Sequence[int]) -> Array:
    """The probability with which `choose` takes each token: (vocabulary,), float64.

    At temperature 0 that is 1 for one token and 0 for all others.
    """
    scores = adjusted(logits, settings, ids)
    if settings.temperature > 0:
        return softmax(scores)
    certain = np.zeros(len(scores))
    certain[scores.argmax()] = 1
    return certain
