"""Week 3, targets: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks, Complaint
from minitorch import data
from minitorch.data import IGNORED

targets = Checks("data.next_tokens")


def rows_of(ids, learn, segments):
    return {
        "ids": np.array(ids, np.int64),
        "learn": np.array(learn, bool),
        "segments": np.array(segments, np.int64),
    }


def whole_rows(rng):
    yield rows_of([[5, 6, 7]], [[1, 1, 1]], [[1, 1, 1]])
    yield rows_of([[5, 6, 7], [1, 2, 3]], [[1, 1, 1], [1, 1, 1]], [[1, 1, 1], [1, 1, 1]])


def rows_with_a_mask(rng):
    yield rows_of([[5, 6, 7, 8]], [[0, 1, 1, 0]], [[1, 1, 1, 1]])
    yield rows_of([[5, 6, 7, 8]], [[1, 0, 0, 1]], [[1, 1, 1, 1]])


def rows_with_segments(rng):
    yield rows_of([[5, 6, 7, 8]], [[1, 1, 1, 1]], [[1, 1, 2, 2]])
    yield rows_of([[5, 6, 7, 8, 9]], [[0, 1, 1, 1, 0]], [[1, 1, 2, 2, 0]])
    yield rows_of([[5, 6, 0, 0]], [[1, 1, 0, 0]], [[1, 1, 0, 0]])


def random_rows(rng):
    for rows, size in ((2, 6), (3, 9)):
        segments = np.sort(rng.integers(1, 4, (rows, size)))
        learn = rng.random((rows, size)) < 0.6
        yield {"ids": rng.integers(0, 1000, (rows, size)), "learn": learn, "segments": segments}


def small_ids(rng):
    ids = rng.integers(60_000, 65_536, (2, 5)).astype(np.uint16)
    yield {"ids": ids, "learn": rng.random((2, 5)) < 0.6, "segments": np.ones((2, 5), np.int64)}


def _targets(ids, learn, segments):
    found = data.next_tokens(ids, learn, segments)
    if found is None:
        raise Complaint(
            "It returned nothing (None): does every way through the function reach a `return`?"
        )
    return found


targets.check("every token is to be learned", cases=whole_rows)(_targets)
targets.check("some are not to be learned", cases=rows_with_a_mask)(_targets)
targets.check("several documents in a row", cases=rows_with_segments)(_targets)
targets.check("random rows", cases=random_rows)(_targets)
targets.check("ids of two bytes, as they lie in files", cases=small_ids)(_targets)


@targets.wrong
def targets_of_this_place(ids, learn, segments):
    """The target is the token at the same place, which the model has just read. It should say the
    one that comes next."""
    wanted = learn[:, :-1] & (segments[:, 1:] == segments[:, :-1])
    return np.where(wanted, ids[:, :-1].astype(np.int64), IGNORED)


@targets.wrong
def targets_of_this_place_with_the_next_flag(ids, learn, segments):
    """The flags are those of the next token, but the ids are those of this place: the model would
    learn to repeat what it has just read. The target at t is `ids[:, 1:]`."""
    wanted = learn[:, 1:] & (segments[:, 1:] == segments[:, :-1])
    return np.where(wanted, ids[:, :-1].astype(np.int64), IGNORED)


@targets.wrong
def targets_by_this_flag(ids, learn, segments):
    """You ask whether the token at t is to be learned. The target is the token at t + 1, and its
    own flag decides."""
    wanted = learn[:, :-1] & (segments[:, 1:] == segments[:, :-1])
    return np.where(wanted, ids[:, 1:].astype(np.int64), IGNORED)


@targets.wrong
def targets_across_segments(ids, learn, segments):
    """The end of one document is made to guess the beginning of the next. Where the segment
    changes there is nothing to learn."""
    return np.where(learn[:, 1:], ids[:, 1:].astype(np.int64), IGNORED)


@targets.wrong
def targets_without_flags(ids, learn, segments):
    """You do not look at `learn`, so the model would learn to say the user's words, too."""
    same = segments[:, 1:] == segments[:, :-1]
    return np.where(same, ids[:, 1:].astype(np.int64), IGNORED)


@targets.wrong
def targets_of_zero(ids, learn, segments):
    """Places that do not count get the target 0, which is a token like any other: the model would
    learn to say it there. `IGNORED` marks them."""
    wanted = learn[:, 1:] & (segments[:, 1:] == segments[:, :-1])
    return np.where(wanted, ids[:, 1:].astype(np.int64), 0)


@targets.wrong
def targets_rolled(ids, learn, segments):
    """There is one place too many: behind the last token of a row nothing follows, and `np.roll`
    puts the row's first token there. The result has `size - 1` places."""
    wanted = np.roll(learn, -1, 1) & (np.roll(segments, -1, 1) == segments)
    return np.where(wanted, np.roll(ids, -1, 1).astype(np.int64), IGNORED)


@targets.wrong
def targets_in_two_bytes(ids, learn, segments):
    """`IGNORED` is negative, and ids of two bytes without a sign have no room for it: -100 comes
    out as 65436. Convert the ids to int64 first."""
    wanted = learn[:, 1:] & (segments[:, 1:] == segments[:, :-1])
    found = ids[:, 1:].copy()
    found[~wanted] = np.array(IGNORED).astype(ids.dtype)
    return found


@targets.alternative
def targets_by_filling(ids, learn, segments):
    found = np.full((len(ids), ids.shape[1] - 1), IGNORED, np.int64)
    wanted = np.logical_and(learn[:, 1:], np.diff(segments, axis=1) == 0)
    found[wanted] = ids[:, 1:][wanted]
    return found
