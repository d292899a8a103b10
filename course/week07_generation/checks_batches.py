"""Week 7, prompts of different lengths: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks, Complaint
from minitorch import generation

padding = Checks("generation.pad_left")


def two_prompts(rng):
    yield {"prompts": [[5, 6, 7], [8]], "fill": 0}
    yield {"prompts": [[8], [5, 6, 7]], "fill": 3}


def many_prompts(rng):
    for count in (3, 6):
        lengths = rng.integers(1, 9, size=count)
        prompts = [rng.integers(1, 50, size=length).tolist() for length in lengths]
        yield {"prompts": prompts, "fill": 0}


def equal_lengths(rng):
    yield {"prompts": rng.integers(1, 50, size=(3, 4)).tolist(), "fill": 0}
    yield {"prompts": [[7]], "fill": 0}


def prompts_with_the_fill(rng):
    yield {"prompts": [[2, 2, 9], [2], [4, 2]], "fill": 2}


@padding.check("two prompts", cases=two_prompts)
def padded(prompts, fill):
    given = generation.pad_left(prompts, fill)
    if not isinstance(given, tuple) or len(given) != 2:
        raise Complaint("It should return two arrays: the ids, and which of them are real.")
    ids, real = (np.asarray(array) for array in given)
    return {"ids": ids, "real": real}


padding.check("several prompts", cases=many_prompts)(padded)
padding.check("prompts of one length", cases=equal_lengths)(padded)
padding.check("a prompt that has the fill in it", cases=prompts_with_the_fill)(padded)

padding.slip(
    "pads_right",
    "The short prompts are filled up behind their ends. Then the next token of a short prompt "
    "would have to stand in the middle of its row: put the fill in front.",
    ("ids[row, longest - len(prompt) :] = prompt", "ids[row, : len(prompt)] = prompt"),
    ("real[row, longest - len(prompt) :] = True", "real[row, : len(prompt)] = True"),
)
padding.slip(
    "marks_the_wrong_side",
    "The ids are right, but the tokens marked as real are not where they stand.",
    ("real[row, longest - len(prompt) :] = True", "real[row, : len(prompt)] = True"),
)
padding.slip(
    "marks_the_fill",
    "You mark what is filled up; asked for is what is real.",
    ("np.zeros((len(prompts), longest), bool)", "np.ones((len(prompts), longest), bool)"),
    ("real[row, longest - len(prompt) :] = True", "real[row, longest - len(prompt) :] = False"),
)
padding.slip(
    "forgets_the_fill",
    "The places in front hold 0, whatever `fill` is.",
    ("np.full((len(prompts), longest), fill, np.int64)", "np.zeros((len(prompts), longest), int)"),
)
padding.slip(
    "keeps_fractions",
    "The ids are numbers with fractions: rows of an embedding are picked with whole numbers.",
    ("fill, np.int64)", "fill, np.float64)"),
)


@padding.wrong
def guesses_what_is_real(prompts, fill=0):
    """You take every token that equals `fill` for filling. A prompt may hold that token itself: go
    by the lengths of the prompts."""
    longest = max(len(prompt) for prompt in prompts)
    ids = np.array([[fill] * (longest - len(prompt)) + list(prompt) for prompt in prompts])
    return ids, ids != fill


@padding.wrong
def cuts_to_the_shortest(prompts, fill=0):
    """The long prompts are cut to the length of the shortest: no token of a prompt may be lost."""
    shortest = min(len(prompt) for prompt in prompts)
    ids = np.array([list(prompt)[-shortest:] for prompt in prompts])
    return ids, np.ones(ids.shape, bool)


@padding.alternative
def from_lists(prompts, fill=0):
    longest = max(map(len, prompts))
    missing = [longest - len(prompt) for prompt in prompts]
    ids = [[fill] * count + list(prompt) for count, prompt in zip(missing, prompts)]
    real = np.arange(longest) >= np.array(missing)[:, None]
    return np.array(ids, np.int64), real
