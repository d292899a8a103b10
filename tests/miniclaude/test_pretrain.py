"""Training with PyTorch's model is the same training, and each goes on for the other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from miniclaude import pretrain
from minitorch import pretraining
from minitorch.config import ConfigError
from minitorch.settings import Settings, from_dict
from minitorch.training import Trainer


def settings(folder: Path, **changes: Any) -> Settings:
    given: dict[str, Any] = {
        "out": str(folder),
        "corpus": "nano",
        "context": 32,
        "batch": 3,
        "accumulate": 2,
        "clip": 0.5,
        "evaluate_every": 10,
        "evaluate_rows": 6,
        "model": {
            "hidden_size": 24,
            "intermediate_size": 40,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "initializer_range": 0.1,
            "tie_word_embeddings": True,
        },
        "phases": [
            {"name": "foundation", "steps": 14, "lr": 0.01, "warmup": 4, "data": {"statements": 1}},
            {"name": "advanced", "steps": 6, "data": {"dialogues": 1}},
        ],
    }
    return from_dict(given | changes)


def both(folder: Path, **changes: Any) -> tuple[Trainer, Trainer]:
    """The same training with minitorch's learner and with PyTorch's."""
    made = settings(folder, **changes)
    own = pretraining.prepare(made, show=False)
    twin = pretraining.prepare(made, pretrain.TorchLearner, show=False)
    own.folder = twin.folder = None
    return own, twin


def column(trainer: Trainer, name: str) -> np.ndarray:
    return np.array([row[name] for row in trainer.rows if name in row])


@pytest.fixture
def float64_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Transformers computes norms and angles in float32, even for a model in float64; not here."""
    monkeypatch.setattr(torch, "float32", torch.float64)
    monkeypatch.setattr(torch, "float", torch.float64)
    monkeypatch.setattr(torch.Tensor, "float", torch.Tensor.double)


def test_twenty_steps_have_the_same_losses_in_float32(tmp_path: Path) -> None:
    own, twin = both(tmp_path)
    own.run()
    twin.run()
    assert column(own, "loss")[-1] < column(own, "loss")[0] - 0.5, "it learns something"
    assert (column(own, "norm") > 0.5).any(), "clipping is part of it"
    for name in ("loss", "norm", "bits_per_byte_statements", "bits_per_byte_dialogues"):
        np.testing.assert_allclose(column(twin, name), column(own, name), rtol=1e-4)
    for name in ("step", "phase", "lr", "tokens"):
        assert (column(twin, name) == column(own, name)).all()


@pytest.mark.usefixtures("float64_inside")
@pytest.mark.parametrize("tied", [True, False])
def test_twenty_steps_have_the_same_losses_in_float64(tmp_path: Path, tied: bool) -> None:
    model = dict(settings(tmp_path).model) | {"tie_word_embeddings": tied}
    own, twin = both(tmp_path, dtype="float64", model=model)
    own.run()
    twin.run()
    np.testing.assert_allclose(column(twin, "loss"), column(own, "loss"), rtol=1e-10)
    ours, theirs = own.learner.state()[0], twin.learner.state()[0]
    assert sorted(ours) == sorted(theirs)
    for name, array in ours.items():
        np.testing.assert_allclose(theirs[name], array, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("first", ["minitorch", "PyTorch"])
def test_what_one_began_the_other_goes_on_with(tmp_path: Path, first: str) -> None:
    straight, _ = both(tmp_path)
    straight.run()
    makers = [pretraining.make_learner, pretrain.TorchLearner]
    for make in makers if first == "minitorch" else makers[::-1]:
        trainer = pretraining.prepare(settings(tmp_path), make, show=False)
        trainer.resume()
        trainer.run(until=trainer.done + 10)
    assert trainer.done == 20
    np.testing.assert_allclose(column(trainer, "loss"), column(straight, "loss"), rtol=1e-4)


def test_with_pytorch_too_a_resumed_training_is_the_same_bit_for_bit(tmp_path: Path) -> None:
    losses = []
    for stops in ([20], [3, 14, 15, 20]):
        folder = tmp_path / str(len(stops))
        for stop in stops:
            made = settings(folder)
            trainer = pretraining.prepare(made, pretrain.TorchLearner, show=False)
            trainer.resume()
            trainer.run(until=stop)
        losses.append(column(trainer, "loss"))
    np.testing.assert_array_equal(losses[0], losses[1])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_loss_that_is_no_number_moves_nothing(tmp_path: Path) -> None:
    _, twin = both(tmp_path)
    twin.run(until=2)
    learner: Any = twin.learner
    weight = learner.names["model.norm.weight"]
    weight.data[0] = torch.nan
    before = {name: array.copy() for name, array in learner.state()[0].items()}
    loss, norm = learner.step([next(twin.batches[0])], 0.01)
    assert np.isnan([loss, norm]).all()
    for name, array in learner.state()[0].items():
        np.testing.assert_array_equal(array, before[name])


def test_experts_are_refused(tmp_path: Path) -> None:
    model = dict(settings(tmp_path).model) | {"num_local_experts": 2}
    with pytest.raises(ConfigError, match="num_local_experts must be 0"):
        pretraining.prepare(settings(tmp_path, model=model), pretrain.TorchLearner)
