"""Week 3, merging a pair: what an answer must do, and the mistakes it must catch."""

from coursekit.checking import Checks, Complaint
from minitorch import bpe

merge = Checks("bpe.merge_pair")


def single_places(rng):
    yield {"word": (1, 2), "pair": (1, 2), "new": 9}
    yield {"word": (3, 1, 2, 3), "pair": (1, 2), "new": 9}
    yield {"word": (3, 3, 1, 2), "pair": (1, 2), "new": 300}


def absent_pairs(rng):
    yield {"word": (2, 1), "pair": (1, 2), "new": 9}
    yield {"word": (1, 3, 2), "pair": (1, 2), "new": 9}
    yield {"word": (1,), "pair": (1, 1), "new": 9}
    yield {"word": (), "pair": (1, 1), "new": 9}


def several_places(rng):
    yield {"word": (1, 2, 1, 2), "pair": (1, 2), "new": 9}
    yield {"word": (1, 2, 3, 1, 2, 1), "pair": (1, 2), "new": 9}


def overlapping_places(rng):
    yield {"word": (7, 7, 7), "pair": (7, 7), "new": 9}
    yield {"word": (7, 7, 7, 7, 5, 7, 7, 7), "pair": (7, 7), "new": 9}


def random_merges(rng):
    for _ in range(6):
        word = tuple(int(t) for t in rng.integers(97, 99, rng.integers(1, 12)))
        yield {"word": word, "pair": tuple(int(t) for t in rng.integers(97, 99, 2)), "new": 256}


def _merge(word, pair, new):
    found = bpe.merge_pair(word, pair, new)
    if found is None:
        raise Complaint(
            "It returned nothing (None): does every way through the function reach a `return`?"
        )
    if not isinstance(found, tuple):
        raise Complaint(
            f"It returned a value of type `{type(found).__name__}`, not a tuple. Words are keys of "
            "dictionaries, and a list cannot be one."
        )
    return found


merge.check("a pair that stands there once", cases=single_places)(_merge)
merge.check("a pair that does not stand there", cases=absent_pairs)(_merge)
merge.check("a pair that stands there several times", cases=several_places)(_merge)
merge.check("a pair of two equal tokens", cases=overlapping_places)(_merge)
merge.check("random words", cases=random_merges)(_merge)


@merge.wrong
def merge_only_the_first(word, pair, new):
    """Only the first occurrence is merged. Go on to the end of the word."""
    for place in range(len(word) - 1):
        if word[place : place + 2] == pair:
            return (*word[:place], new, *word[place + 2 :])
    return word


@merge.wrong
def merge_loses_the_last(word, pair, new):
    """The last token is lost when it is not part of the pair: your loop ends one token early,
    where no pair can begin any more. What is left over belongs to the result, too."""
    merged, place = [], 0
    while place < len(word) - 1:
        if word[place : place + 2] == pair:
            merged.append(new)
            place += 2
        else:
            merged.append(word[place])
            place += 1
    return tuple(merged)


@merge.wrong
def merge_steps_by_one(word, pair, new):
    """After a merge you go on by one place, so the second token of the pair appears again behind
    the new one. A merge uses up two tokens."""
    merged = []
    for place in range(len(word)):
        merged.append(new if word[place : place + 2] == pair else word[place])
    return tuple(merged)


@merge.wrong
def merge_in_any_order(word, pair, new):
    """You merge (2, 1) as well when the pair is (1, 2). A pair has an order."""
    merged, place = [], 0
    while place < len(word):
        if word[place : place + 2] in (pair, pair[::-1]):
            merged.append(new)
            place += 2
        else:
            merged.append(word[place])
            place += 1
    return tuple(merged)


@merge.wrong
def merge_from_the_right(word, pair, new):
    """In (7, 7, 7) you merge the last two. The rule is from left to right: the first two are
    merged, and one 7 is left behind them."""
    merged, place = [], len(word)
    while place > 0:
        if word[max(place - 2, 0) : place] == pair:
            merged.append(new)
            place -= 2
        else:
            merged.append(word[place - 1])
            place -= 1
    return tuple(merged[::-1])


@merge.wrong
def merge_returns_a_list(word, pair, new):
    """The tokens are right, but in a list. Return a tuple: a word is the key of a dictionary
    later, and a list cannot be one."""
    merged, place = [], 0
    while place < len(word):
        if word[place : place + 2] == pair:
            merged.append(new)
            place += 2
        else:
            merged.append(word[place])
            place += 1
    return merged


@merge.wrong
def merge_compares_lists(word, pair, new):
    """A list is never equal to a tuple, so no pair is found: a slice of `list(word)` is a list.
    Slice the word itself, which is a tuple as the pair is."""
    merged, place, tokens = [], 0, list(word)
    while place < len(tokens):
        if tokens[place : place + 2] == pair:
            merged.append(new)
            place += 2
        else:
            merged.append(tokens[place])
            place += 1
    return tuple(merged)


@merge.wrong
def merge_keeps_the_pair(word, pair, new):
    """The new token is put in front of the pair. It takes the pair's place."""
    merged, place = [], 0
    while place < len(word):
        if word[place : place + 2] == pair:
            merged.extend((new, *pair))
            place += 2
        else:
            merged.append(word[place])
            place += 1
    return tuple(merged)


@merge.alternative
def merge_by_looking_back(word, pair, new):
    merged, fresh = [], False
    for token in word:
        if merged and not fresh and (merged[-1], token) == pair:
            merged[-1], fresh = new, True
        else:
            merged.append(token)
            fresh = False
    return tuple(merged)


@merge.alternative
def merge_with_a_flag(word, pair, new):
    merged, skip = [], False
    for place, token in enumerate(word):
        if skip:
            skip = False
        elif (token, *word[place + 1 : place + 2]) == pair:
            merged.append(new)
            skip = True
        else:
            merged.append(token)
    return tuple(merged)
