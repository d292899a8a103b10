"""Models of a few tokens: counts, costs, draws and the neural one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from minitorch import Tensor, losses, ngram
from minitorch.data import IGNORED


def test_bigrams_are_counted_where_there_is_a_target():
    inputs = np.array([[0, 1, 0], [2, 0, 1]])
    targets = np.array([[1, 0, 1], [IGNORED, 1, IGNORED]])
    assert ngram.count_bigrams(inputs, targets, 3).tolist() == [[0, 3, 0], [1, 0, 0], [0, 0, 0]]


def test_every_row_of_probabilities_sums_to_one():
    counts = np.array([[3, 1, 0], [0, 0, 0], [1, 1, 1]])
    for smoothing in (0.0, 0.5):
        rows = ngram.probabilities(counts, smoothing)
        np.testing.assert_allclose(rows.sum(axis=1), 1)
        np.testing.assert_allclose(rows[1], 1 / 3)
    assert ngram.probabilities(counts)[0].tolist() == [0.75, 0.25, 0]
    assert ngram.probabilities(counts, 1)[0].tolist() == [4 / 7, 2 / 7, 1 / 7]


def test_a_fair_choice_among_eight_costs_three_bits():
    each = np.full(5, math.log(8))
    assert ngram.bits_per_byte(each, 5) == pytest.approx(3)
    assert ngram.bits_per_byte(each, 10) == pytest.approx(1.5)
    assert ngram.perplexity(each) == pytest.approx(8)


def test_costs_average_to_the_cross_entropy():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(4, 6))
    inputs = rng.integers(0, 4, (3, 5))
    targets = rng.integers(0, 6, (3, 5))
    targets[0, 2] = IGNORED
    rows = Tensor(logits).softmax().data
    expected = losses.cross_entropy(Tensor(logits[inputs]), targets).item()
    assert ngram.costs(rows, inputs, targets).mean() == pytest.approx(expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_draws_follow_the_probabilities_and_never_leave_them(dtype):
    row = np.array([0, 0.2, 0, 0.5, 0.3, 0], dtype)
    assert ngram.draw(row, 0.0) == 1
    assert ngram.draw(row, np.nextafter(1.0, 0.0)) == 4
    rng = np.random.default_rng(0)
    drawn = np.bincount([ngram.draw(row, u) for u in rng.random(20_000)], minlength=6) / 20_000
    np.testing.assert_allclose(drawn, row, atol=0.01)


def test_contexts_end_with_the_token_itself():
    found = ngram.contexts(np.array([[1, 2, 3]]), 2, fill=0)
    assert found.tolist() == [[[0, 1], [1, 2], [2, 3]]]
    assert ngram.contexts(np.array([[1, 2]]), 4, 9)[0, 1].tolist() == [9, 9, 1, 2]


def test_the_context_model_equals_the_same_in_pytorch():
    torch = pytest.importorskip("torch")
    model = ngram.ContextModel(11, 3, 4, 5, rng=np.random.default_rng(0))
    ids = np.random.default_rng(1).integers(0, 11, (2, 6, 3))
    weights = {name: torch.tensor(p.data) for name, p in model.named_parameters()}
    features = weights["embedding.weight"][torch.tensor(ids)].flatten(-2)
    hidden = torch.tanh(features @ weights["hidden.weight"].T + weights["hidden.bias"])
    expected = hidden @ weights["output.weight"].T + weights["output.bias"]
    np.testing.assert_allclose(model(ids).data, expected, atol=1e-6)
