"""Week 3, counting pairs: what an answer must do, and the mistakes it must catch."""

from collections import Counter
from itertools import pairwise

from coursekit.checking import Checks, Complaint
from minitorch import bpe

count = Checks("bpe.count_pairs")


def random_word(rng, letters=3, longest=9):
    return tuple(int(t) for t in rng.integers(97, 97 + letters, rng.integers(1, longest)))


def one_word(rng):
    yield {"words": {(1, 2, 3): 1}}
    yield {"words": {(5,): 4}}
    yield {"words": {}}


def counted_words(rng):
    yield {"words": {(1, 2, 3): 10, (2, 3): 5}}
    yield {"words": {(4, 5): 2, (5, 4): 3, (4,): 7}}


def repeated_pairs(rng):
    yield {"words": {(1, 2, 1, 2): 10}}
    yield {"words": {(7, 7, 7): 1, (7, 7, 7, 7, 7): 2}}


def many_words(rng):
    for size in (3, 8):
        yield {"words": {random_word(rng): int(rng.integers(1, 9)) for _ in range(size)}}


def _count(words):
    found = bpe.count_pairs(words)
    if found is None:
        raise Complaint(
            "It returned nothing (None): does every way through the function reach a `return`?"
        )
    if not isinstance(found, dict):
        raise Complaint(f"It returned a value of type `{type(found).__name__}`, not a dictionary.")
    return dict(sorted(found.items(), key=lambda item: str(item[0])))


count.check("one word", cases=one_word)(_count)
count.check("a word's count", cases=counted_words)(_count)
count.check("a pair that stands in a word several times", cases=repeated_pairs)(_count)
count.check("many words", cases=many_words)(_count)


@count.wrong
def count_without_weights(words):
    """You add 1 for each place where a pair stands. A word that occurs ten times has it ten times:
    add the word's count."""
    pairs = {}
    for word in words:
        for pair in pairwise(word):
            pairs[pair] = pairs.get(pair, 0) + 1
    return pairs


@count.wrong
def count_once_per_word(words):
    """A pair that stands in a word twice is counted once: you look at the different pairs of a
    word. Count every place."""
    pairs = {}
    for word, number in words.items():
        for pair in set(pairwise(word)):
            pairs[pair] = pairs.get(pair, 0) + number
    return pairs


@count.wrong
def count_overwrites(words):
    """The count of the last word with a pair replaces those of the words before it: add to what is
    there already."""
    pairs = {}
    for word, number in words.items():
        for pair in pairwise(word):
            pairs[pair] = number
    return pairs


@count.wrong
def count_across_words(words):
    """The last token of a word and the first one of the next word are no pair. Words are counted
    apart, because nothing is ever merged across the end of one."""
    pairs = {}
    before = None
    for word, number in words.items():
        for token in word:
            if before is not None:
                pairs[before, token] = pairs.get((before, token), 0) + number
            before = token
    return pairs


@count.wrong
def count_unordered(words):
    """You count (2, 1) together with (1, 2). The order matters: "th" is not "ht"."""
    pairs = {}
    for word, number in words.items():
        for pair in pairwise(word):
            pair = tuple(sorted(pair))
            pairs[pair] = pairs.get(pair, 0) + number
    return pairs


@count.wrong
def count_every_second(words):
    """You step over two tokens at a time, so every second pair is missed: in (1, 2, 3) both (1, 2)
    and (2, 3) are pairs."""
    pairs = {}
    for word, number in words.items():
        for pair in zip(word[::2], word[1::2]):
            pairs[pair] = pairs.get(pair, 0) + number
    return pairs


@count.wrong
def count_without_overlap(words):
    """In (7, 7, 7) the pair (7, 7) stands twice, at the first and at the second place. You skip
    the second because it shares a token with the first."""
    pairs = {}
    for word, number in words.items():
        before = -2
        for place, pair in enumerate(pairwise(word)):
            if place == before + 1 and word[place - 1 : place + 1] == pair:
                continue
            pairs[pair] = pairs.get(pair, 0) + number
            before = place
    return pairs


@count.alternative
def count_with_a_counter(words):
    pairs = Counter()
    for word, number in words.items():
        for place in range(len(word) - 1):
            pairs[word[place : place + 2]] += number
    return pairs
