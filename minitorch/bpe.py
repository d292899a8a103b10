"""Byte-pair encoding: learn which neighbors to join, and join them.

Text is cut into words, a word is a tuple of token ids, and the ids 0 to 255 are the bytes. Each
merge joins one pair of neighbors everywhere and gives the result the next free id, so a smaller id
was learned earlier.
"""

from __future__ import annotations

import heapq
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import pairwise

Word = tuple[int, ...]
Pair = tuple[int, int]

# Every character beyond ASCII counts as a letter. So the pattern needs no tables of Unicode, and
# means the same in Python's re, in Hugging Face's tokenizers and in JavaScript.
_LETTER = r"[^\x00-@\[-`{-\x7f]"
_DIGIT = r"[0-9]"
_SPACE = r"[\t-\r ]"
_OTHER = r"[\x00-\x08\x0e-\x1f!-/:-@\[-`{-\x7f]"
PATTERN = "|".join(
    [
        r"'(?:[sdmt]|ll|ve|re)",  # the ends of "Ada's" and "I'll"
        _DIGIT,  # one by one, so that a number is spelled in one way
        rf" ?{_LETTER}+",
        rf" ?{_OTHER}+",
        rf"{_SPACE}+(?![^\t-\r 0-9])",  # space, but the last one goes with the word behind it
        rf"{_SPACE}+",
    ]
)
_words = re.compile(PATTERN)

LONG = 64  # tokens: words longer than this are merged with a queue


def split_words(text: str) -> list[str]:
    """Cut text into words, numbers, punctuation and space; joined again they are the text.

    A word begins with the space in front of it: "No 4, Ada's" gives "No", " ", "4", ",", " Ada",
    "'s". Merges never cross a cut.
    """
    return _words.findall(text)


def count_words(texts: Iterable[str]) -> dict[Word, int]:
    """Count the words of some texts, each as the tuple of its bytes."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(split_words(text))
    return {tuple(word.encode("utf-8", "surrogateescape")): n for word, n in counts.items()}


def count_pairs(words: dict[Word, int]) -> dict[Pair, int]:
    """Count how often each pair of neighbors occurs.

    `words` says how often each word occurs; a pair in it occurs that often for every place where
    it stands. In `{(1, 2, 1, 2): 10, (2,): 5}` the pair (1, 2) occurs 20 times and (2, 1) occurs
    10 times. Pairs may overlap: in (7, 7, 7) the pair (7, 7) stands twice.
    """
    pairs: dict[Pair, int] = {}
    for word, count in words.items():
        for pair in pairwise(word):
            pairs[pair] = pairs.get(pair, 0) + count
    return pairs


def merge_pair(word: Word, pair: Pair, new: int) -> Word:
    """Replace every occurrence of a pair in a word by the token `new`, from left to right.

    A token is part of one occurrence at most: (7, 7, 7) with the pair (7, 7) becomes (new, 7).
    """
    merged: list[int] = []
    place = 0
    while place < len(word):
        if word[place : place + 2] == pair:
            merged.append(new)
            place += 2
        else:
            merged.append(word[place])
            place += 1
    return tuple(merged)


def learn_merges(words: dict[Word, int], count: int, first: int = 256) -> list[Pair]:
    """Find the merges that shorten the words most: up to `count` of them, in their order.

    Each time the pair that occurs most often is merged in all words; of several, the smallest
    pair. The tokens that the merges make are numbered `first`, `first + 1` and so on, and later
    merges may use them. It ends early when no pair occurs at least twice. `words` says how often
    each word occurs, and is not changed.
    """
    merges: list[Pair] = []
    while len(merges) < count:
        pairs = count_pairs(words)
        best = min(pairs, key=lambda pair: (-pairs[pair], pair), default=None)
        if best is None or pairs[best] < 2:
            break
        new = first + len(merges)
        words = {merge_pair(word, best, new): n for word, n in words.items()}
        merges.append(best)
    return merges


def apply_merges(word: Word, merges: dict[Pair, int]) -> Word:
    """Join the tokens of a word by merges that were learned before.

    `merges` gives for each pair the token that it becomes. Of the pairs that stand in the word,
    the one that was learned first, with the smallest token, is merged wherever it stands; then
    the same again, until no pair in the word has a merge.
    """
    while True:
        known = [pair for pair in pairwise(word) if pair in merges]
        if not known:
            return word
        first = min(known, key=merges.__getitem__)
        word = merge_pair(word, first, merges[first])


# -- the same, fast ------------------------------------------------------------------------------


def learn_merges_fast(words: dict[Word, int], count: int, first: int = 256) -> list[Pair]:
    """Return what `learn_merges` returns, without looking at every word for every merge."""
    chain = _Chain(words)
    queue = [(-n, pair) for pair, n in chain.counts.items()]
    heapq.heapify(queue)
    merges: list[Pair] = []
    while len(merges) < count and queue:
        noted, pair = heapq.heappop(queue)
        now = chain.counts.get(pair, 0)
        if now != -noted:  # it lost some places since it was put into the queue
            if now:
                heapq.heappush(queue, (-now, pair))
            continue
        if now < 2:
            break
        for grown in chain.merge(pair, first + len(merges)):
            heapq.heappush(queue, (-chain.counts[grown], grown))
        merges.append(pair)
    return merges


class _Chain:
    """All words behind each other, with the neighbors of each token and the places of each pair."""

    def __init__(self, words: dict[Word, int]) -> None:
        self.tokens: list[int] = [-1]  # a token that is gone, or a gap between words, is -1
        self.weights: list[int] = [0]
        for word, count in words.items():
            self.tokens += [*word, -1]
            self.weights += [count] * (len(word) + 1)
        self.left = list(range(-1, len(self.tokens) - 1))
        self.right = list(range(1, len(self.tokens) + 1))
        self.counts: dict[Pair, int] = defaultdict(int)
        self.places: dict[Pair, set[int]] = defaultdict(set)
        for place in range(len(self.tokens) - 1):
            self._note(place, place + 1)

    def merge(self, pair: Pair, new: int) -> set[Pair]:
        """Merge a pair at all its places; the result is the pairs that came into being."""
        grown: set[Pair] = set()
        for place in sorted(self.places[pair]):
            other = self.right[place]
            if (self.tokens[place], self.tokens[other]) != pair:
                continue  # in 7 7 7 the first merge has used the second place's token
            before, after = self.left[place], self.right[other]
            self._forget(before, place)
            self._forget(place, other)
            self._forget(other, after)
            self.tokens[place], self.tokens[other] = new, -1
            self.right[place], self.left[after] = after, place
            grown |= {self._note(before, place), self._note(place, after)}
        return {new_pair for new_pair in grown if self.counts.get(new_pair)}

    def _note(self, left: int, right: int) -> Pair:
        pair = (self.tokens[left], self.tokens[right])
        if min(pair) >= 0:
            self.counts[pair] += self.weights[left]
            self.places[pair].add(left)
        return pair

    def _forget(self, left: int, right: int) -> None:
        pair = (self.tokens[left], self.tokens[right])
        if min(pair) >= 0:
            self.counts[pair] -= self.weights[left]
            self.places[pair].discard(left)
            if not self.places[pair]:
                del self.counts[pair], self.places[pair]


def apply_merges_fast(word: Word, merges: dict[Pair, int]) -> Word:
    """Return what `apply_merges` returns, in a time that hardly grows faster than the word."""
    tokens = [*word, -1]
    left = list(range(-1, len(word)))
    right = list(range(1, len(word) + 2))
    queue = [(merges[pair], i) for i, pair in enumerate(pairwise(word)) if pair in merges]
    heapq.heapify(queue)
    while queue:
        new, place = heapq.heappop(queue)
        other = right[place]
        if tokens[place] < 0 or merges.get((tokens[place], tokens[other]), math.nan) != new:
            continue  # a neighbor was merged since the pair was put into the queue
        after = right[other]
        tokens[place], tokens[other] = new, -1
        right[place] = after
        left[after] = place
        for start in (left[place], place):
            pair = (tokens[start], tokens[right[start]]) if start >= 0 else (-1, -1)
            if pair in merges:
                heapq.heappush(queue, (merges[pair], start))
    return tuple(token for token in tokens if token >= 0)
