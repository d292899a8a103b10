"""`python -m minitorch.train`: from a file of settings to a model in a folder."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minitorch import checkpoint, pretraining, resume, train
from minitorch.data import DataError
from minitorch.metrics import column, read_metrics
from minitorch.settings import from_dict
from minitorch.town import course_tokenizer
from minitorch.training import Stopped, TrainingError

Settings = dict[str, Any]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return {
        "out": str(tmp_path / "run"),
        "corpus": "nano",
        "context": 32,
        "batch": 4,
        "evaluate_every": 3,
        "evaluate_rows": 6,
        "checkpoint_every": 4,
        "scale_residuals": True,
        "model": {
            "hidden_size": 16,
            "intermediate_size": 24,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "tie_word_embeddings": True,
        },
        "phases": [
            {"name": "foundation", "steps": 5, "lr": 0.01, "data": {"statements": 1}},
            {"name": "advanced", "tokens": 400, "data": {"dialogues": 1, "dialogue.hop": 3}},
        ],
    }


Run = Callable[..., int]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def run(settings: Settings, *arguments: str) -> int:
        path = tmp_path / "settings.json"
        path.write_text(json.dumps(settings))
        return train.main(["--config", str(path), *arguments])

    return run


def test_it_trains_evaluates_and_leaves_a_model(
    settings: Settings, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(settings) == 0
    out = capsys.readouterr().out
    folder = Path(settings["out"])
    rows = read_metrics(folder)
    assert column(rows, "loss")[0] == list(range(1, 10))  # 5 steps, and 400 tokens of 128 a step
    assert column(rows, "bits_per_byte_statements")[0] == [3, 6, 9]
    assert column(rows, "bits_per_byte_dialogues")[0] == [3, 6, 9]
    assert 2 < column(rows, "bits_per_byte_dialogues")[1][-1] < 4
    last = resume.read_checkpoint(resume.checkpoints(folder)[-1])
    assert f"SHA-256 of weights and optimizer: {resume.sha256(last.arrays)}" in out
    assert f"the model is in {folder / 'model'}" in out
    model = checkpoint.from_pretrained(folder / "model")
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(array, last.arrays[f"weights.{name}"])
    assert len(checkpoint.load_tokenizer(folder / "model")) == len(course_tokenizer())


def test_given_again_it_goes_on_and_at_the_end_does_nothing(
    settings: Settings, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    trainer = pretraining.prepare(from_dict(settings), show=False)
    trainer.run(until=6)
    assert run(settings) == 0
    first = capsys.readouterr().out
    assert f"going on after step 6, in {settings['out']}" in first
    assert run(settings) == 0
    assert "going on after step 9" in capsys.readouterr().out
    assert run(settings, "--set", f"out={settings['out']}-straight") == 0
    hashes = re.findall(r"SHA-256.*", first + capsys.readouterr().out)
    assert len(hashes) == 2
    assert hashes[0] == hashes[1]


def test_threads_share_a_batch_and_change_nothing_but_rounding(settings: Settings) -> None:
    losses = []
    for threads in (1, 2):
        settings |= {"threads": threads, "out": f"{settings['out']}{threads}", "dtype": "float64"}
        trainer = pretraining.prepare(from_dict(settings), show=False)
        trainer.run(until=4)
        losses.append(trainer.losses)
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-10)


def test_the_first_weights_depend_on_the_seed_alone(settings: Settings) -> None:
    def weights(**changes: Any) -> dict[str, np.ndarray]:
        chosen = from_dict(settings | changes)
        config = pretraining.config_of(chosen, course_tokenizer())
        return pretraining.first_model(chosen, config).state_dict()

    one, same = weights(seed=1), weights(seed=1, batch=7)
    other, plain = weights(seed=2), weights(seed=1, scale_residuals=False)
    for name, array in one.items():
        np.testing.assert_array_equal(array, same[name])
        assert "norm" in name or not np.array_equal(array, other[name])
        factor = 0.5 if name.endswith(("o_proj.weight", "down_proj.weight")) else 1.0
        np.testing.assert_allclose(array, plain[name] * factor, rtol=1e-6)  # 1 / sqrt(2 * 2)


def test_phases_with_the_same_data_share_their_position(settings: Settings) -> None:
    settings["phases"].append({"name": "again", "steps": 2, "data": {"statements": 1}})
    batches = pretraining.batches_of_phases(from_dict(settings), course_tokenizer())
    assert batches[0] is batches[2]
    assert batches[0] is not batches[1]


def test_what_is_left_out_is_neither_trained_on_nor_evaluated_on(settings: Settings) -> None:
    settings["phases"] = [{"name": "one", "steps": 2, "lr": 0.01, "data": {"gazette": 1}}]
    settings["evaluate_rows"] = 1000
    tokenizer = course_tokenizer()
    whole, part = (from_dict(settings | {"without": w}) for w in ({}, {"source": "gazette"}))
    assert len(pretraining.batches_of_phases(whole, tokenizer)[0].rows)
    with pytest.raises(DataError, match="takes no line of the corpus"):
        pretraining.batches_of_phases(part, tokenizer)
    sizes = [
        sum(batch.inputs.size for batch in pretraining.held_out(chosen, tokenizer)["statements"])
        for chosen in (whole, part)
    ]
    assert sizes[0] > sizes[1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("batch=0", "train: batch must be a whole number from 1 up, not 0\n"),
        ("phases.0.data.dialog=1", "train: no line of the corpus is of the kind 'dialog'; there"),
        ("without.source=herald", "train: without: unknown source 'herald'; the sources are"),
    ],
)
def test_a_mistake_in_the_settings_is_one_line(
    settings: Settings, run: Run, capsys: pytest.CaptureFixture[str], change: str, said: str
) -> None:
    settings["without"] = {}
    assert run(settings, "--set", change) == 2
    errors = capsys.readouterr().err
    assert errors.startswith(said)
    assert errors.count("\n") == 1


def test_other_settings_in_the_same_folder_are_refused(
    settings: Settings, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    pretraining.prepare(from_dict(settings), show=False).run(until=4)
    assert run(settings, "--set", "phases.0.lr=0.02") == 2
    assert "with phases.0.lr = 0.01, and now it is 0.02: go on with" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (TrainingError("the loss is nan"), 1, "train: the loss is nan\n"),
        (Stopped("stopped after step 3"), 130, "train: stopped after step 3\n"),
        (KeyboardInterrupt(), 130, "train: stopped; give the command again to go on from the"),
    ],
)
def test_an_end_before_the_end_is_one_line_and_a_status(
    settings: Settings,
    run: Run,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    status: int,
    said: str,
) -> None:
    def fail(trainer: Any) -> None:
        raise error

    monkeypatch.setattr(pretraining.training.Trainer, "run", fail)
    assert run(settings) == status
    errors = capsys.readouterr().err
    assert errors.startswith(said)
    assert errors.count("\n") == 1


@pytest.mark.integration
def test_as_a_command_it_prints_few_plain_lines_into_a_pipe(settings: Settings) -> None:
    path = Path(settings["out"]).with_suffix(".json")
    path.write_text(json.dumps(settings))
    command = [sys.executable, "-m", "minitorch.train", "--config", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert not done.stderr
    assert "\r" not in done.stdout
    assert len(done.stdout.splitlines()) < 20
    assert subprocess.run([*command, "--nonsense"], capture_output=True).returncode == 2
