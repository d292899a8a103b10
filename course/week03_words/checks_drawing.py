"""Week 3, drawing a token: what an answer must do, and the mistakes it must catch."""

from numbers import Integral

import numpy as np

from coursekit.checking import Checks, Complaint
from minitorch import ngram

drawing = Checks("ngram.draw")


def halves(rng):
    for u in (0.0, 0.3, 0.49, 0.5, 0.51, 0.99):
        yield {"row": np.array([0.5, 0.5]), "u": u}


def impossible_tokens(rng):
    for u in (0.0, 0.25, 0.6, 0.999):
        yield {"row": np.array([0.0, 0.25, 0.0, 0.5, 0.25, 0.0]), "u": u}


def random_rows(rng):
    for size in (3, 8, 20):
        row = rng.dirichlet(np.ones(size))
        yield {"row": row, "u": float(rng.random())}


def rounded_rows(rng):
    third = np.full(3, 0.333)
    yield {"row": third, "u": 0.9995}
    yield {"row": np.full(3, 0.334), "u": 0.665}
    yield {"row": np.full(10, 0.1, np.float32), "u": float(np.nextafter(1.0, 0.0))}


def ends_that_move(rng):
    # Beside an inner end: on its other side once `u` runs over the sum that there is.
    yield {"row": np.array([0.6, 0.6]), "u": 0.55}
    yield {"row": np.full(3, 0.333), "u": 0.6664}


def single_precision(rng):
    # In float32 the small ones are lost beside the 1.
    yield {"row": np.array([1.0, 5e-8, 5e-8], np.float32), "u": 0.99999993}


def certain_tokens(rng):
    yield {"row": np.array([1.0]), "u": 0.7}
    yield {"row": np.array([0.0, 1.0]), "u": 0.0}


def _in_full(row, u):
    """The row with its small numbers, which would be shown as 0."""
    return f"row = [{', '.join(f'{p:g}' for p in row)}] in {row.dtype}\nu = {u}"


def _draw(row, u):
    token = ngram.draw(row, u)
    if token is None:
        raise Complaint(
            "It returned nothing (None): does every way through the function reach a `return`?"
        )
    if not isinstance(token, Integral):
        raise Complaint(
            f"It returned a value of type `{type(token).__name__}`. The number of a token is a "
            "whole number: `int(...)`."
        )
    return int(token)


drawing.check("two equal halves", cases=halves)(_draw)
drawing.check("tokens that are impossible", cases=impossible_tokens)(_draw)
drawing.check("one token is certain", cases=certain_tokens)(_draw)
drawing.check("random probabilities", cases=random_rows)(_draw)
drawing.check("a sum that is not quite 1", cases=rounded_rows)(_draw)
drawing.check("a sum that is not 1, beside an end", cases=ends_that_move)(_draw)
drawing.check("probabilities in float32", cases=single_precision, describe=_in_full)(_draw)


@drawing.wrong
def draw_the_likeliest(row, u):
    """You take the most likely token every time. Then a model says the same sentence forever; the
    random number `u` should decide."""
    return int(np.argmax(row))


@drawing.wrong
def draw_evenly(row, u):
    """All tokens are equally likely: you divide the interval into equal parts. Each part should be
    as long as its token's probability."""
    return int(u * len(row))


@drawing.wrong
def draw_at_the_end(row, u):
    """A part should contain its beginning and not its end. As it is, u = 0 gives the first token
    even if its probability is 0: count the ends that are at most `u`, those equal to it too."""
    ends = np.cumsum(row, dtype=np.float64)
    return int(np.searchsorted(ends, u * ends[-1], side="left"))


@drawing.wrong
def draw_one_too_early(row, u):
    """The result is one too small: the token whose part `u` lies in is the first whose end is
    larger than `u`, not the last whose end is not."""
    ends = np.cumsum(row, dtype=np.float64)
    return max(int(np.searchsorted(ends, u * ends[-1], side="right")) - 1, 0)


@drawing.wrong
def draw_past_the_end(row, u):
    """Where rounding makes the probabilities sum to less than 1, `u` can lie behind the last end,
    and no token is there; and a little more than 1 makes the last token too rare. Divide the sum
    that there is: compare with `u` times the last end."""
    return int(np.searchsorted(np.cumsum(row), u, side="right"))


@drawing.wrong
def draw_clipped(row, u):
    """You keep the result from running past the last token, but the probabilities may sum to a
    little more or less than 1, and then every part has the wrong length, not the last alone.
    Divide the sum that there is: compare with `u` times the last end."""
    place = int(np.searchsorted(np.cumsum(row, dtype=np.float64), u, side="right"))
    return min(place, len(row) - 1)


@drawing.wrong
def draw_in_float32(row, u):
    """The sums are in float32, where a small probability beside a large one is lost, and `u`
    times the last end can become the last end itself: `np.cumsum(row, dtype=np.float64)`."""
    ends = np.cumsum(row)
    return int(np.searchsorted(ends, u * ends[-1], side="right"))


@drawing.wrong
def draw_in_float32_and_clipped(row, u):
    """The sums are in float32, where a small probability beside a large one is lost. That cannot
    be mended at the end: `np.cumsum(row, dtype=np.float64)`."""
    ends = np.cumsum(row)
    return min(int(np.searchsorted(ends, u * ends[-1], side="right")), len(row) - 1)


@drawing.wrong
def draw_with_plain_searchsorted(row, u):
    """The search is right but for its edges. A `u` that equals an end belongs to the next part:
    `side="right"`. And the sum of the probabilities may be a little more or less than 1: compare
    the ends with `u` times the last end."""
    return int(np.searchsorted(np.cumsum(row), u))


@drawing.wrong
def draw_by_probability(row, u):
    """You look for a probability that is larger than `u`. The parts lie behind each other: add the
    probabilities up, with `np.cumsum`."""
    return int(np.argmax(row > u))


@drawing.alternative
def draw_by_counting(row, u):
    ends = np.cumsum(row, dtype=np.float64)
    return int((ends <= u * ends[-1]).sum())


@drawing.alternative
def draw_in_a_loop(row, u):
    left = u * float(np.sum(row, dtype=np.float64))
    for token, probability in enumerate(row):
        left -= float(probability)
        if left < 0:
            return token
    return int(np.flatnonzero(row)[-1])
