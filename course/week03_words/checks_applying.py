"""Week 3, applying merges: what an answer must do, and the mistakes it must catch."""

from itertools import pairwise

from coursekit.checking import Checks, Complaint
from minitorch import bpe
from minitorch.bpe import apply_merges_fast, merge_pair

apply = Checks("bpe.apply_merges")


def random_word(rng, letters=3, longest=9):
    return tuple(int(t) for t in rng.integers(97, 97 + letters, rng.integers(1, longest)))


def numbered(*pairs):
    """Merges as a tokenizer has them: each pair with its token, from 256 on."""
    return {pair: 256 + place for place, pair in enumerate(pairs)}


def no_merges(rng):
    yield {"word": (1, 2, 3), "merges": {}}
    yield {"word": (1, 2, 3), "merges": numbered((3, 1), (2, 1))}
    yield {"word": (4,), "merges": numbered((4, 4))}
    yield {"word": (), "merges": numbered((4, 4))}


def chains_of_merges(rng):
    yield {"word": (1, 2, 3), "merges": numbered((1, 2), (256, 3))}
    yield {"word": (1, 2, 3, 4), "merges": numbered((3, 4), (1, 2), (257, 256))}
    yield {"word": (1, 2, 3, 1, 2, 3), "merges": numbered((1, 2), (256, 3), (257, 257))}


def competing_merges(rng):
    yield {"word": (1, 2, 3), "merges": numbered((2, 3), (1, 2))}
    yield {"word": (1, 2, 3, 4), "merges": numbered((2, 3), (1, 2), (3, 4))}
    yield {"word": (1, 2, 3, 4), "merges": numbered((3, 4), (2, 3), (1, 2), (258, 256))}
    yield {"word": (3, 1, 2), "merges": numbered((3, 1), (1, 2))}
    yield {"word": (2, 3, 2, 3, 1, 2, 3), "merges": numbered((1, 2), (2, 3))}
    yield {"word": (1, 2, 3, 4, 5), "merges": numbered((4, 5), (1, 2), (2, 3), (257, 3))}


def merges_in_another_order(rng):
    yield {"word": (1, 2, 3), "merges": {(1, 2): 257, (2, 3): 256}}
    yield {"word": (1, 2, 3, 4), "merges": {(2, 3): 300, (1, 2): 258, (3, 4): 259}}


def repeated_tokens(rng):
    yield {"word": (7, 7, 7), "merges": numbered((7, 7))}
    yield {"word": (7, 7, 7, 7, 7), "merges": numbered((7, 7), (256, 256))}
    yield {"word": (1, 2, 1, 2), "merges": numbered((1, 2), (256, 256))}


def learned_merges(rng):
    for _ in range(6):
        words = {random_word(rng): int(rng.integers(1, 9)) for _ in range(6)}
        merges = numbered(*bpe.learn_merges_fast(words, 12))
        yield {"word": random_word(rng, 3, 14), "merges": merges}


def _apply(word, merges):
    found = bpe.apply_merges(word, merges)
    if found is None:
        raise Complaint(
            "It returned nothing (None): does every way through the function reach a `return`?"
        )
    if not isinstance(found, tuple):
        raise Complaint(f"It returned a value of type `{type(found).__name__}`, not a tuple.")
    return found


apply.check("nothing to merge", cases=no_merges)(_apply)
apply.check("merges of merged tokens", cases=chains_of_merges)(_apply)
apply.check("two merges that want the same token", cases=competing_merges)(_apply)
apply.check("numbers in another order than the dictionary", cases=merges_in_another_order)(_apply)
apply.check("repeated tokens", cases=repeated_tokens)(_apply)
apply.check("merges that were learned from random words", cases=learned_merges)(_apply)


@apply.wrong
def apply_from_the_left(word, merges):
    """You merge the first pair from the left that has a merge. The order in which the merges were
    learned decides, not the place: take the pair with the smallest token."""
    while True:
        known = [pair for pair in pairwise(word) if pair in merges]
        if not known:
            return word
        word = merge_pair(word, known[0], merges[known[0]])


@apply.wrong
def apply_the_latest_first(word, merges):
    """Of the pairs in the word you merge the one that was learned last. The earliest comes first,
    as it did in training: it has the smallest token."""
    while True:
        known = [pair for pair in pairwise(word) if pair in merges]
        if not known:
            return word
        last = max(known, key=lambda pair: merges[pair])
        word = merge_pair(word, last, merges[last])


@apply.wrong
def apply_one_round(word, merges):
    """Only the first merge is done. Look at the word again after it: the new token may be part of
    another pair."""
    known = [pair for pair in pairwise(word) if pair in merges]
    if not known:
        return word
    first = min(known, key=lambda pair: merges[pair])
    return merge_pair(word, first, merges[first])


@apply.wrong
def apply_to_the_pairs_at_the_start(word, merges):
    """You list the word's pairs once, and merge those. Pairs with a token that a merge has just
    made are not in that list: find the pairs anew after each merge."""
    known = {pair for pair in pairwise(word) if pair in merges}
    for pair in sorted(known, key=lambda pair: merges[pair]):
        word = merge_pair(word, pair, merges[pair])
    return word


@apply.wrong
def apply_in_dictionary_order(word, merges):
    """You take the merges in the order in which they stand in the dictionary. Their numbers say
    which was learned first, and a dictionary may hold them in any order."""
    for pair in merges:
        word = merge_pair(word, pair, merges[pair])
    return word


@apply.wrong
def apply_as_a_list(word, merges):
    """A list is never equal to a tuple, so no pair is found: the slices of `list(word)` are lists.
    Compare tuples with tuples."""
    word = list(word)
    for pair in sorted(merges, key=merges.__getitem__):
        for place in range(len(word) - 1):
            if word[place : place + 2] == pair:
                word[place : place + 2] = [merges[pair]]
    return tuple(word)


@apply.wrong
def apply_by_smallest_pair(word, merges):
    """Of the pairs in the word you take the smallest pair. What counts is which merge was learned
    first, and that shows in the token that it makes: `merges[pair]`."""
    while True:
        known = [pair for pair in pairwise(word) if pair in merges]
        if not known:
            return word
        word = merge_pair(word, min(known), merges[min(known)])


@apply.wrong
def apply_the_most_frequent(word, merges):
    """You take the pair that stands most often in this word, as in training. In use the text does
    not decide any more: the merge that was learned first does."""
    while True:
        known = [pair for pair in pairwise(word) if pair in merges]
        if not known:
            return word
        best = min(known, key=lambda pair: (-known.count(pair), merges[pair]))
        word = merge_pair(word, best, merges[best])


@apply.alternative
def apply_every_merge_in_turn(word, merges):
    for pair in sorted(merges, key=lambda pair: merges[pair]):
        word = merge_pair(word, pair, merges[pair])
    return word


@apply.alternative
def apply_with_ranks(word, merges):
    while len(word) > 1:
        ranked = [
            (merges[pair], place) for place, pair in enumerate(pairwise(word)) if pair in merges
        ]
        if not ranked:
            break
        new, place = min(ranked)
        word = (*word[:place], new, *word[place + 2 :])
    return word


@apply.alternative
def apply_with_a_queue(word, merges):
    return apply_merges_fast(word, merges)
