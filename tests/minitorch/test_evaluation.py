"""Bits per byte on held-out text."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from minitorch import evaluation, nn
from minitorch.data import IGNORED, Batch
from minitorch.tokenizer import Tokenizer


class Scores(nn.Module):
    """Gives every token the scores of a table, and notes how it was called."""

    def __init__(self, tokens: int, dtype: type = np.float64) -> None:
        self.table = nn.Embedding(tokens, tokens, rng=np.random.default_rng(0), dtype=dtype)
        self.dropout = nn.Dropout(0.5, rng=np.random.default_rng(0))
        self.recorded = False

    def forward(self, ids: np.ndarray) -> object:
        scores = self.table(ids)
        self.recorded = scores.requires_grad
        return self.dropout(scores)


def batch(rows: int = 3, seed: int = 0) -> Batch:
    rng = np.random.default_rng(seed)
    ids = rng.integers(0, 11, (rows, 5))
    targets = np.where(rng.random(ids.shape) < 0.6, rng.integers(0, 11, ids.shape), IGNORED)
    return Batch(ids, targets, np.ones_like(ids))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_costs_are_pytorchs_in_the_order_of_the_places(dtype: type) -> None:
    model, some = Scores(11, dtype), batch()
    kept = some.targets != IGNORED
    logits = torch.tensor(model.table.weight.data[some.inputs][kept]).double()
    expected = functional.cross_entropy(
        logits, torch.tensor(some.targets[kept]), reduction="none"
    ).numpy()
    costs = evaluation.token_costs(model, some)
    assert costs.dtype == np.float64
    np.testing.assert_allclose(costs, expected, rtol=1e-12)


@pytest.mark.parametrize("training", [True, False])
def test_evaluating_drops_nothing_records_nothing_and_leaves_the_mode(training: bool) -> None:
    model = Scores(11).train(training)
    state = model.dropout.rng.bit_generator.state
    costs = evaluation.token_costs(model, batch())
    assert not model.recorded
    assert model.dropout.rng.bit_generator.state == state
    assert [module.training for _, module in model.named_modules()] == [training] * 3
    np.testing.assert_array_equal(costs, evaluation.token_costs(model, batch()))


def test_the_mode_comes_back_after_an_error() -> None:
    model = Scores(11)
    with pytest.raises(IndexError):
        evaluation.token_costs(model, Batch(np.full((1, 2), 99), *[np.zeros((1, 2), int)] * 2))
    assert model.training


def test_logits_of_any_size_give_finite_costs() -> None:
    model = Scores(11)
    model.table.weight.data *= 1e300
    assert np.isfinite(evaluation.token_costs(model, batch())).all()


def test_the_bits_of_all_batches_are_divided_by_the_bytes_of_all_targets() -> None:
    sizes = np.array([0, 1, 2, 3, 1, 1, 1, 1, 1, 1, 4])
    batches = [batch(2, seed) for seed in range(3)]
    costs = {id(one): np.random.default_rng(i).random(7) for i, one in enumerate(batches)}
    size = sum(sizes[t] for one in batches for t in one.targets.ravel() if t != IGNORED)
    bits = sum(array.sum() for array in costs.values()) / math.log(2)
    found = evaluation.bits_per_byte(lambda one: costs[id(one)], batches, sizes)
    assert found == pytest.approx(bits / size, rel=1e-12)


def test_text_without_bytes_cannot_be_evaluated_on() -> None:
    with pytest.raises(ValueError, match="no text to evaluate on"):
        evaluation.bits_per_byte(lambda one: np.zeros(3), [batch()], np.zeros(11, int))


def test_a_special_token_has_no_bytes_and_others_have_theirs() -> None:
    tokenizer = Tokenizer.train(["water water water"], 256 + 3 + 2, special=("<|end|>", "<|pad|>"))
    sizes = evaluation.token_sizes(tokenizer)
    assert len(sizes) == len(tokenizer)
    assert (sizes[:256] == 1).all()
    assert [sizes[tokenizer.special[name]] for name in ("<|end|>", "<|pad|>")] == [0, 0]
    text = "water and wine"
    assert sizes[tokenizer.encode(text)].sum() == len(text)
