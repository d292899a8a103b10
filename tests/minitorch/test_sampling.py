"""Sampling: each change to the scores equals Transformers' own, and draws follow the scores."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import (
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from minitorch import sampling
from minitorch.sampling import SamplingError, Settings

# Whole numbers, so that there are ties, and tokens that are ruled out already.
SCORES = st.lists(st.one_of(st.integers(-6, 6), st.just(float("-inf"))), min_size=1, max_size=12)


@st.composite
def some_logits(draw: st.DrawFn) -> np.ndarray:
    """Scores of which at least one is finite, sometimes moved off the whole numbers."""
    scores = np.array([float(draw(st.integers(-6, 6))), *draw(SCORES)])
    return scores + np.where(np.isfinite(scores), draw(st.sampled_from([0.0, 0.37])), 0)


def transformed(warper, logits: np.ndarray, ids=()) -> np.ndarray:
    rows = warper(
        torch.tensor([list(ids)], dtype=torch.long), torch.from_numpy(logits.copy())[None]
    )
    return rows[0].numpy()


@given(some_logits(), st.sampled_from([0.1, 0.7, 1.0, 2.5]))
def test_temperature_is_that_of_transformers(logits, temperature):
    expected = transformed(TemperatureLogitsWarper(temperature), logits)
    np.testing.assert_allclose(sampling.with_temperature(logits, temperature), expected)


@given(some_logits(), st.integers(1, 20))
def test_top_k_is_that_of_transformers_with_ties_and_with_k_above_the_vocabulary(logits, k):
    expected = transformed(TopKLogitsWarper(k), logits)
    np.testing.assert_array_equal(sampling.keep_top_k(logits, k), expected)


@given(some_logits(), st.sampled_from([1e-17, 0.01, 0.2, 0.5, 0.9, 0.999, 1.0]))
def test_top_p_is_that_of_transformers_with_ties_and_with_p_one(logits, p):
    expected = transformed(TopPLogitsWarper(p), logits)
    np.testing.assert_array_equal(sampling.keep_top_p(logits, p), expected)


@given(some_logits(), st.sampled_from([0.0, 0.001, 0.1, 0.6, 1.0]))
def test_min_p_is_that_of_transformers(logits, p):
    expected = transformed(MinPLogitsWarper(p), logits)
    np.testing.assert_array_equal(sampling.keep_min_p(logits, p), expected)


@given(some_logits(), st.data(), st.sampled_from([0.5, 1.0, 1.2, 3.0]))
def test_the_penalty_is_that_of_transformers(logits, data, penalty):
    ids = data.draw(st.lists(st.integers(0, len(logits) - 1), min_size=1, max_size=20))
    expected = transformed(RepetitionPenaltyLogitsProcessor(penalty), logits, ids)
    np.testing.assert_allclose(sampling.penalize_repetition(logits, ids, penalty), expected)


def test_exactly_half_is_enough_for_p_one_half():
    logits = np.log([0.25, 0.5, 0.25])
    assert np.isfinite(sampling.keep_top_p(logits, 0.5)).tolist() == [False, True, False]
    assert np.isfinite(sampling.keep_top_p(logits, 0.51)).tolist() == [False, True, True]


def test_a_penalty_without_any_tokens_changes_nothing():
    logits = np.array([1.0, -1.0])
    assert sampling.penalize_repetition(logits, []).tolist() == [1, -1]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "change",
    [
        sampling.with_temperature,
        sampling.keep_top_k,
        sampling.keep_top_p,
        sampling.keep_min_p,
        lambda logits: sampling.penalize_repetition(logits, [0, 2]),
    ],
)
def test_a_change_leaves_its_input_alone_and_keeps_the_dtype(change, dtype):
    logits = np.random.default_rng(0).normal(size=9).astype(dtype)
    before = logits.copy()
    changed = change(logits)
    assert changed.dtype == dtype
    assert not np.shares_memory(changed, logits)
    np.testing.assert_array_equal(logits, before)


def test_draws_have_the_probabilities_of_the_softmax():
    logits = np.array([np.log(0.1), np.log(0.5), -np.inf, np.log(0.4)], np.float32)
    rng = np.random.default_rng(0)
    counts = np.bincount([sampling.draw(logits, rng) for _ in range(20_000)], minlength=4)
    np.testing.assert_allclose(counts / 20_000, [0.1, 0.5, 0, 0.4], atol=0.012)
    assert counts[2] == 0


def test_huge_scores_do_not_overflow():
    logits = np.array([1e30, -1e30, 1e30], np.float32)
    np.testing.assert_allclose(sampling.softmax(logits), [0.5, 0, 0.5])
    assert sampling.draw(logits, np.random.default_rng(0)) in (0, 2)


def test_a_draw_takes_one_random_number():
    rng, other = np.random.default_rng(0), np.random.default_rng(0)
    sampling.draw(np.zeros(5), rng)
    other.random()
    assert rng.random() == other.random()


SETTINGS = [
    Settings(temperature=1),
    Settings(temperature=0.7, top_k=5),
    Settings(temperature=1.5, top_k=8, top_p=0.8, min_p=0.05, repetition_penalty=1.3),
    Settings(repetition_penalty=1.5),
    Settings(),
]


@pytest.mark.parametrize("settings", SETTINGS)
def test_what_is_chosen_has_the_probabilities_that_are_told(settings):
    rng = np.random.default_rng(1)
    logits = rng.normal(scale=2, size=12)
    told = sampling.probabilities(logits, settings, [3, 4])
    assert told.sum() == pytest.approx(1)
    chosen = [sampling.choose(logits, settings, [3, 4], rng) for _ in range(4000)]
    np.testing.assert_allclose(np.bincount(chosen, minlength=12) / 4000, told, atol=0.03)


def test_all_changes_together_are_those_of_transformers_in_their_order():
    rng = np.random.default_rng(2)
    logits, ids = rng.normal(scale=3, size=30), [1, 2, 3]
    expected = transformed(RepetitionPenaltyLogitsProcessor(1.4), logits, ids)
    for warper in (
        TemperatureLogitsWarper(1.7),
        TopKLogitsWarper(9),
        TopPLogitsWarper(0.8),
        MinPLogitsWarper(0.2),
    ):
        expected = transformed(warper, expected)
    settings = Settings(1.7, 9, 0.8, 0.2, 1.4)
    np.testing.assert_allclose(sampling.adjusted(logits, settings, ids), expected)


def test_only_allowed_tokens_are_chosen():
    logits = np.array([5.0, 4.0, 3.0, 2.0])
    allowed = np.array([False, False, True, True])
    assert sampling.choose(logits, Settings(), [], None, allowed) == 2
    rng = np.random.default_rng(0)
    hot = Settings(temperature=2, top_k=3)
    assert {sampling.choose(logits, hot, [], rng, allowed) for _ in range(200)} == {2, 3}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", -0.1),
        ("temperature", float("nan")),
        ("top_k", -1),
        ("top_p", 0.0),
        ("top_p", 1.1),
        ("min_p", -0.5),
        ("min_p", 2),
        ("repetition_penalty", 0),
        ("max_new_tokens", -3),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_by_name(name, value):
    with pytest.raises(SamplingError, match=f"^{name} is {value}; it must be "):
        Settings(**{name: value})


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_scores_that_are_not_numbers_are_refused(temperature):
    for scores in ([0.0, np.nan], [-np.inf, -np.inf]):
        with pytest.raises(SamplingError, match="no token can be chosen"):
            sampling.choose(np.array(scores), Settings(temperature), [], np.random.default_rng(0))


def test_drawing_asks_for_a_random_generator():
    with pytest.raises(SamplingError, match="random generator"):
        sampling.choose(np.zeros(3), Settings(temperature=1), [], None)
