"""Speculative decoding: another way to the same probabilities, shown against all of them."""

from __future__ import annotations

from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitorch import ngram, sampling, speculative
from minitorch.generation import generate
from minitorch.sampling import SamplingError, Settings
from minitorch.speculative import Tally, keep_or_replace, speculate
from tests.minitorch.tiny_models import prompt, tiny_model

VOCABULARY = 3


class Table:
    """Stands for a reader: its scores depend on the last two tokens, by a table."""

    capacity = 100

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.scores = rng.normal(scale=1.5, size=(VOCABULARY, VOCABULARY, VOCABULARY))

    def scores_after(self, ids, places=1):
        ends = range(len(ids) - places, len(ids))
        return np.array([self.scores[ids[end - 1], ids[end]] for end in ends])


def chances(table: Table, start: list[int], length: int, settings: Settings) -> dict:
    """The exact probability of each text of some length."""
    found = {}
    for tokens in product(range(VOCABULARY), repeat=length):
        text, chance = list(start), 1.0
        for token in tokens:
            row = sampling.probabilities(table.scores_after(text)[0], settings, text)
            chance *= row[token]
            text.append(token)
        found[tokens] = chance
    return found


SHARED = tiny_model(vocab_size=VOCABULARY)  # only its sizes count where tables are the readers


def surprise(settings: Settings, ahead: int, length: int = 3, draws: int = 1500) -> float:
    """Chi-square of drawn texts, divided by what chance alone exceeds once in 10,000 times."""
    settings = Settings(**vars(settings) | {"max_new_tokens": length})
    large, small, start = Table(1), Table(2), [0, 1]
    rng = np.random.default_rng(ahead)
    counts: Counter = Counter()
    for _ in range(draws):
        run = speculate(SHARED, SHARED, start, settings, rng, ahead=ahead, readers=(large, small))
        counts[tuple(run)] += 1
    expected = chances(large, start, length, settings)
    possible = {text: chance for text, chance in expected.items() if chance > 0}
    if not set(counts) <= set(possible):
        return float("inf")
    freedom = len(possible) - 1
    limit = freedom * (1 - 2 / (9 * freedom) + 3.72 * (2 / (9 * freedom)) ** 0.5) ** 3
    return sum((counts[t] - draws * p) ** 2 / (draws * p) for t, p in possible.items()) / limit


EVERY_SETTING = [
    Settings(1.0),
    Settings(0.8, top_k=2),
    Settings(1.3, min_p=0.2, repetition_penalty=1.2),
]


@pytest.mark.parametrize("ahead", [1, 3])
@pytest.mark.parametrize("settings", EVERY_SETTING)
def test_texts_come_with_the_probabilities_of_the_large_model_alone(ahead, settings):
    assert surprise(settings, ahead) < 1


def _keep_all(p, q, guess, rng):
    return guess, True


def _replace_from_p(p, q, guess, rng):
    kept = rng.random() * q[guess] < p[guess]
    return (guess, True) if kept else (ngram.draw(p, rng.random()), False)


def _keep_where_likelier(p, q, guess, rng):
    return (guess, True) if p[guess] >= q[guess] else (ngram.draw(p, rng.random()), False)


@pytest.mark.parametrize("wrong", [_keep_all, _replace_from_p, _keep_where_likelier])
def test_a_wrong_rule_gives_other_probabilities(monkeypatch, wrong):
    monkeypatch.setattr(speculative, "keep_or_replace", wrong)
    assert surprise(Settings(1.0), 2) > 2


@given(
    st.lists(st.integers(0, 5), min_size=4, max_size=4),
    st.lists(st.integers(0, 5), min_size=4, max_size=4),
)
def test_kept_or_replaced_a_token_is_drawn_from_p(p, q):
    if not sum(p) or not sum(q):
        return
    p, q = np.array(p) / sum(p), np.array(q) / sum(q)
    rng = np.random.default_rng(0)
    total = np.zeros(4)
    for guess in np.flatnonzero(q):
        drawn = [keep_or_replace(p, q, int(guess), rng)[0] for _ in range(100)]
        total += q[guess] * np.bincount(drawn, minlength=4) / 100
    np.testing.assert_allclose(total, p, atol=0.2)
    assert not total[p == 0].any()


def test_a_guess_that_p_wants_as_much_is_always_kept():
    p = np.array([0.25, 0.75])
    rng = np.random.default_rng(0)
    assert all(keep_or_replace(p, p, 1, rng) == (1, True) for _ in range(100))
    assert all(keep_or_replace(p, p[::-1], 1, rng) == (1, True) for _ in range(100))


def test_a_guess_that_p_rules_out_is_never_kept():
    rng = np.random.default_rng(0)
    p, q = np.array([0.5, 0.0, 0.5]), np.array([0.5, 0.5, 0.0])
    assert {keep_or_replace(p, q, 1, rng) for _ in range(100)} == {(2, False)}


def test_probabilities_that_differ_by_rounding_alone_are_no_trouble():
    class Unlucky:
        def random(self):
            return np.nextafter(1, 0)

    p = np.array([0.5 - 1e-16, 0.5 - 1e-16])
    assert keep_or_replace(p, np.array([0.5, 0.5]), 0, Unlucky())[0] in (0, 1)


@pytest.mark.parametrize("ahead", [1, 3, 7])
@pytest.mark.parametrize("settings", [Settings(), Settings(repetition_penalty=1.4)])
def test_greedy_tokens_are_those_of_the_large_model(ahead, settings):
    model, draft = tiny_model(), tiny_model(num_hidden_layers=1)
    for seed in range(4):
        ids = prompt(3 + seed, seed)
        expected = list(generate(model, ids, settings))
        assert list(speculate(model, draft, ids, settings, ahead=ahead)) == expected
        first = expected.index(expected[9])
        ended = speculate(model, draft, ids, settings, ahead=ahead, end=[expected[9]])
        assert list(ended) == expected[:first]


def test_a_model_that_guesses_for_itself_is_always_right():
    model, tally = tiny_model(), Tally()
    tokens = list(speculate(model, model, prompt(6), Settings(max_new_tokens=20), tally=tally))
    assert tokens == list(generate(model, prompt(6), Settings(max_new_tokens=20)))
    assert tally == Tally(guessed=16, kept=16, calls=4)  # four guesses and one more each time


def test_no_more_tokens_come_than_were_asked_for():
    model, draft = tiny_model(), tiny_model(1)
    for count in range(4):
        run = speculate(model, draft, prompt(4), Settings(max_new_tokens=count))
        assert len(list(run)) == count
    assert len(list(speculate(model, draft, prompt(44)))) == 4  # the context is full


def test_models_of_different_vocabularies_are_refused():
    with pytest.raises(SamplingError, match="the draft model has 50 tokens and the model 61"):
        speculate(tiny_model(), tiny_model(vocab_size=50), [1])
    with pytest.raises(SamplingError, match="ahead is 0"):
        speculate(tiny_model(), tiny_model(), [1], ahead=0)
    with pytest.raises(SamplingError, match="to draw tokens"):
        speculate(tiny_model(), tiny_model(), [1], Settings(1.0))
