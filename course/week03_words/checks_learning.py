"""Week 3, learning merges: what an answer must do, and the mistakes it must catch."""

from coursekit.checking import Checks, Complaint
from minitorch import bpe
from minitorch.bpe import count_pairs, learn_merges_fast, merge_pair

learn = Checks("bpe.learn_merges")


def random_word(rng, letters=3, longest=9):
    return tuple(int(t) for t in rng.integers(97, 97 + letters, rng.integers(1, longest)))


def one_merge(rng):
    yield {"words": {(1, 2, 3): 5, (2, 3): 1}, "count": 1, "first": 256}
    yield {"words": {(5, 6): 3, (1, 2): 2}, "count": 1, "first": 256}


def merges_of_merges(rng):
    yield {"words": {(1, 2, 3): 4}, "count": 2, "first": 256}
    yield {"words": {(1, 2, 1, 2, 1, 2, 1, 2): 4, (3, 4): 5}, "count": 3, "first": 256}
    yield {"words": {(1, 2, 3): 4, (2, 3): 2, (9, 8): 5}, "count": 3, "first": 256}


def equal_counts(rng):
    yield {"words": {(5, 6): 2, (1, 2): 2, (1, 9): 2}, "count": 3, "first": 256}
    yield {"words": {(2, 1): 3, (1, 5): 3, (1, 3): 3}, "count": 2, "first": 256}


def rare_pairs(rng):
    yield {"words": {(1, 2, 3): 1, (3, 4): 1}, "count": 3, "first": 256}
    yield {"words": {(1, 2): 2}, "count": 4, "first": 256}
    yield {"words": {(1,): 9}, "count": 4, "first": 256}
    yield {"words": {}, "count": 1, "first": 256}


def counts_of_zero(rng):
    yield {"words": {(1, 2): 5}, "count": 0, "first": 256}


def other_numbers(rng):
    yield {"words": {(1, 2, 3, 4): 3, (2, 3): 2}, "count": 3, "first": 10}
    yield {"words": {(1, 2, 3, 4): 3, (2, 3): 2}, "count": 3, "first": 1000}


def random_texts(rng):
    for size, number in ((4, 5), (8, 10)):
        words = {random_word(rng): int(rng.integers(1, 9)) for _ in range(size)}
        yield {"words": words, "count": number, "first": 256}


def _learn(words, count, first):
    given = dict(words)
    found = bpe.learn_merges(given, count, first)
    if found is None:
        raise Complaint(
            "It returned nothing (None): does every way through the function reach a `return`?"
        )
    if not isinstance(found, list):
        raise Complaint(f"It returned a value of type `{type(found).__name__}`, not a list.")
    return {"merges": found, "words afterwards": given}


learn.check("the most frequent pair", cases=one_merge)(_learn)
learn.check("merges of merged tokens", cases=merges_of_merges)(_learn)
learn.check("pairs that occur equally often", cases=equal_counts)(_learn)
learn.check("no pair occurs twice any more", cases=rare_pairs)(_learn)
learn.check("no merge is asked for", cases=counts_of_zero)(_learn)
learn.check("another number for the first new token", cases=other_numbers)(_learn)
learn.check("random words", cases=random_texts)(_learn)


@learn.wrong
def learn_all_at_once(words, count, first=256):
    """You count once and take the pairs that occurred most often. A merge changes the words: its
    pair is gone, other pairs become rarer, and new ones appear. Count again after each merge."""
    pairs = count_pairs(words)
    best = sorted(pairs, key=lambda pair: (-pairs[pair], pair))
    return [pair for pair in best if pairs[pair] >= 2][:count]


@learn.wrong
def learn_ties_to_the_first(words, count, first=256):
    """Of pairs that occur equally often you take the one that was seen first. So the order of the
    words decides, and two people with the same text get two tokenizers: take the smallest pair."""
    merges = []
    while len(merges) < count:
        pairs = count_pairs(words)
        if not pairs or max(pairs.values()) < 2:
            break
        best = max(pairs, key=lambda pair: pairs[pair])
        words = {merge_pair(w, best, first + len(merges)): n for w, n in words.items()}
        merges.append(best)
    return merges


@learn.wrong
def learn_ties_to_the_largest(words, count, first=256):
    """Of pairs that occur equally often you take the largest. Comparing (count, pair) puts the
    largest pair last among equals: compare the negative count and take the smallest."""
    merges = []
    while len(merges) < count:
        pairs = count_pairs(words)
        if not pairs or max(pairs.values()) < 2:
            break
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        words = {merge_pair(w, best, first + len(merges)): n for w, n in words.items()}
        merges.append(best)
    return merges


@learn.wrong
def learn_numbers_from_256(words, count, first=256):
    """The new tokens are numbered from 256 on, whatever `first` says."""
    merges = []
    while len(merges) < count:
        pairs = count_pairs(words)
        best = min(pairs, key=lambda pair: (-pairs[pair], pair), default=None)
        if best is None or pairs[best] < 2:
            break
        words = {merge_pair(w, best, 256 + len(merges)): n for w, n in words.items()}
        merges.append(best)
    return merges


@learn.wrong
def learn_one_number_for_all(words, count, first=256):
    """All merges get the number `first`, so that different tokens look alike. The second merge is
    `first + 1`, the third `first + 2`."""
    merges = []
    while len(merges) < count:
        pairs = count_pairs(words)
        best = min(pairs, key=lambda pair: (-pairs[pair], pair), default=None)
        if best is None or pairs[best] < 2:
            break
        words = {merge_pair(w, best, first): n for w, n in words.items()}
        merges.append(best)
    return merges


@learn.wrong
def learn_rare_pairs_too(words, count, first=256):
    """You merge pairs that occur only once. Such a merge shortens a single word of the text by one
    token and is of no use for any other: stop when no pair occurs at least twice."""
    merges = []
    while len(merges) < count:
        pairs = count_pairs(words)
        best = min(pairs, key=lambda pair: (-pairs[pair], pair), default=None)
        if best is None:
            break
        words = {merge_pair(w, best, first + len(merges)): n for w, n in words.items()}
        merges.append(best)
    return merges


@learn.wrong
def learn_one_too_many(words, count, first=256):
    """There is one merge too many: the loop goes on while there are already `count` of them."""
    merges = []
    while len(merges) <= count:
        pairs = count_pairs(words)
        best = min(pairs, key=lambda pair: (-pairs[pair], pair), default=None)
        if best is None or pairs[best] < 2:
            break
        words = {merge_pair(w, best, first + len(merges)): n for w, n in words.items()}
        merges.append(best)
    return merges


@learn.wrong
def learn_no_pair_that_occurs_twice(words, count, first=256):
    """You stop when the best pair occurs twice. Twice is enough: stop when it occurs less often."""
    merges = []
    while len(merges) < count:
        pairs = count_pairs(words)
        best = min(pairs, key=lambda pair: (-pairs[pair], pair), default=None)
        if best is None or pairs[best] <= 2:
            break
        words = {merge_pair(w, best, first + len(merges)): n for w, n in words.items()}
        merges.append(best)
    return merges


@learn.wrong
def learn_the_rarest(words, count, first=256):
    """You merge the pair that occurs least often. `min` takes the smallest count: put a minus sign
    in front of it, so that the largest becomes the smallest."""
    merges = []
    while len(merges) < count:
        pairs = count_pairs(words)
        best = min(pairs, key=lambda pair: (pairs[pair], pair), default=None)
        if best is None or pairs[best] < 2:
            break
        words = {merge_pair(w, best, first + len(merges)): n for w, n in words.items()}
        merges.append(best)
    return merges


@learn.wrong
def learn_without_counts(words, count, first=256):
    """The words' own counts are lost after the first merge: every word counts as one. Keep the
    count of each word when it gets shorter."""
    merges = []
    while len(merges) < count:
        pairs = count_pairs(words)
        best = min(pairs, key=lambda pair: (-pairs[pair], pair), default=None)
        if best is None or pairs[best] < 2:
            break
        words = {merge_pair(w, best, first + len(merges)): 1 for w in words}
        merges.append(best)
    return merges


@learn.wrong
def learn_changes_the_words(words, count, first=256):
    """The merges are right, but `words` was changed: whoever passed it in still needs it. Make a
    new dictionary for the shorter words."""
    merges = []
    while len(merges) < count:
        pairs = count_pairs(words)
        best = min(pairs, key=lambda pair: (-pairs[pair], pair), default=None)
        if best is None or pairs[best] < 2:
            break
        shorter = {merge_pair(w, best, first + len(merges)): n for w, n in words.items()}
        words.clear()
        words.update(shorter)
        merges.append(best)
    return merges


@learn.alternative
def learn_with_a_for_loop(words, count, first=256):
    merges = []
    for new in range(first, first + count):
        pairs = count_pairs(words)
        if not pairs or max(pairs.values()) < 2:
            return merges
        best = sorted((-n, pair) for pair, n in pairs.items())[0][1]
        words = {merge_pair(word, best, new): n for word, n in words.items()}
        merges.append(best)
    return merges


@learn.alternative
def learn_incrementally(words, count, first=256):
    return learn_merges_fast(words, count, first)
