"""Byte-pair encoding: cuts, counts, merges, and that the fast versions equal the plain ones."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitorch import bpe

letters = st.integers(97, 99)
words = st.dictionaries(st.lists(letters, min_size=1, max_size=12).map(tuple), st.integers(1, 4))


def merged_ids(merges):
    return {pair: 256 + place for place, pair in enumerate(merges)}


@given(st.text())
def test_cutting_loses_nothing(text):
    assert "".join(bpe.split_words(text)) == text


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("No 4, Ada's", ["No", " ", "4", ",", " Ada", "'s"]),
        ("43 + 8", ["4", "3", " +", " ", "8"]),
        ("a  b\n\nc ", ["a", " ", " b", "\n", "\n", "c", " "]),
        ("Zoë 東京 x", ["Zoë", " 東京", " x"]),
        ('{"tool"}', ['{"', "tool", '"}']),
        ("", []),
    ],
)
def test_words_are_cut_where_the_docstring_says(text, cut):
    assert bpe.split_words(text) == cut


def test_the_most_frequent_pair_is_merged_first_and_ties_go_to_the_smallest():
    assert bpe.learn_merges({(5, 6): 3, (1, 2): 2}, 1) == [(5, 6)]
    assert bpe.learn_merges({(5, 6): 2, (1, 2): 2}, 1) == [(1, 2)]


def test_learning_ends_when_no_pair_occurs_twice():
    assert bpe.learn_merges({(1, 2, 3): 1}, 5) == []
    assert bpe.learn_merges({(1, 2): 2}, 5) == [(1, 2)]


@given(words)
def test_the_fast_learner_finds_the_plain_ones_merges(counted):
    before = dict(counted)
    merges = bpe.learn_merges_fast(counted, 20)
    assert merges == bpe.learn_merges(counted, 20)
    assert counted == before


@given(words)
def test_no_two_merges_ever_spell_the_same_token(counted):
    tokens = {byte: bytes([byte]) for byte in range(256)}
    for place, (left, right) in enumerate(bpe.learn_merges_fast(counted, 40)):
        tokens[256 + place] = tokens[left] + tokens[right]
    assert len(set(tokens.values())) == len(tokens)


@given(words, st.lists(letters, max_size=40).map(tuple))
def test_the_fast_merger_joins_what_the_plain_one_joins(counted, word):
    merges = merged_ids(bpe.learn_merges(counted, 20))
    assert bpe.apply_merges_fast(word, merges) == bpe.apply_merges(word, merges)


def test_one_word_of_a_hundred_thousand_letters_takes_no_longer_than_text():
    rng = random.Random(0)
    word = tuple(rng.randrange(97, 123) for _ in range(100_000))
    start = time.perf_counter()
    merges = bpe.learn_merges_fast({word: 1}, 300)
    bpe.apply_merges_fast(word, merged_ids(merges))
    assert time.perf_counter() - start < 15  # by the plain way: many minutes
    assert len(merges) == 300
