"""What a checkpoint is made of: random states, optimizers, files that are whole or not there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minitorch import files, nn, optim, resume


def test_a_random_state_goes_through_json_and_back() -> None:
    rng = np.random.default_rng(3)
    rng.random(5)
    rng.integers(0, 10, dtype=np.uint32)  # leaves half a number waiting
    state = resume.random_state(rng)
    kept = json.dumps(state)
    expected = [rng.random(4), rng.integers(0, 9, 5), rng.normal(size=3)]
    assert json.dumps(state) == kept, "drawing must not change what was returned"
    other = np.random.default_rng(99)
    resume.set_random_state(other, json.loads(kept))
    for one, another in zip(
        expected, [other.random(4), other.integers(0, 9, 5), other.normal(size=3)]
    ):
        np.testing.assert_array_equal(one, another)


def test_setting_a_random_state_leaves_the_saved_one_alone() -> None:
    rng = np.random.default_rng(3)
    state = resume.random_state(rng)
    kept = json.dumps(state)
    resume.set_random_state(rng, state)
    rng.random(5)
    assert json.dumps(state) == kept


def test_the_state_of_another_kind_of_generator_is_refused() -> None:
    other = np.random.Generator(np.random.SFC64(0))
    with pytest.raises(resume.ResumeError, match="is of a SFC64, and this generator is a PCG64"):
        resume.set_random_state(np.random.default_rng(0), resume.random_state(other))


def test_the_generators_of_a_model_are_found_by_name() -> None:
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Linear(2, 2, rng=rng), nn.Dropout(0.1, rng=rng))
    found = resume.generators(model)
    assert list(found) == ["1.rng"]
    assert found["1.rng"] is list(model)[1].rng
    assert list(resume.generators(nn.Dropout(0.1, rng=rng))) == ["rng"]


@pytest.mark.parametrize("make", [optim.AdamW, lambda p, lr: optim.SGD(p, lr, momentum=0.9)])
def test_an_optimizer_goes_on_bit_for_bit(make: Any) -> None:
    rng = np.random.default_rng(0)
    own, other = (
        [nn.Parameter(np.arange(6.0).reshape(2, 3)), nn.Parameter(np.ones(4))] for _ in range(2)
    )
    first, second = make(own, lr=0.1), make(other, lr=0.1)
    names = [dict(zip(parameters, ("w", "b"))) for parameters in (own, other)]
    gradients = [(rng.normal(size=(2, 3)), rng.normal(size=4)) for _ in range(6)]
    for number, pair in enumerate(gradients):
        if number == 3:
            arrays, numbers = resume.optimizer_state(first, names[0])
            arrays = {name: array.copy() for name, array in arrays.items()}
            plain = json.loads(json.dumps(numbers))
            for parameter, twin in zip(own, other):
                twin.data[...] = parameter.data
            resume.set_optimizer_state(second, names[1], arrays, plain)
        for optimizer in (first, second) if number >= 3 else (first,):
            for parameter, gradient in zip(optimizer.parameters, pair):
                parameter.grad = gradient
            optimizer.step()
    for parameter, twin in zip(own, other):
        np.testing.assert_array_equal(parameter.data, twin.data)


def test_a_parameter_without_a_state_keeps_none() -> None:
    own = [nn.Parameter(np.ones(2)), nn.Parameter(np.ones(3))]
    optimizer = optim.AdamW(own)
    own[1].grad = np.ones(3)
    optimizer.step()
    names = dict(zip(own, ("unused", "used")))
    arrays, numbers = resume.optimizer_state(optimizer, names)
    assert sorted(arrays) == ["mean.used", "square.used"]
    assert numbers == {"steps.used": 1}
    resume.set_optimizer_state(optimizer, names, arrays, numbers)
    assert list(optimizer.state) == [own[1]]


def test_the_hash_is_of_names_dtypes_shapes_and_values() -> None:
    arrays = {"a": np.arange(6.0).reshape(2, 3), "b": np.ones(2)}
    others = [
        {"a": arrays["a"], "c": arrays["b"]},
        {"a": arrays["a"].astype(np.float32), "b": arrays["b"]},
        {"a": arrays["a"].reshape(3, 2), "b": arrays["b"]},
        {"a": arrays["a"] + [[0, 0, 0], [0, 0, 1e-15]], "b": arrays["b"]},
    ]
    same = {"b": arrays["b"], "a": np.asfortranarray(arrays["a"])}
    assert resume.sha256(same) == resume.sha256(arrays)
    assert (
        len({resume.sha256(one) for one in [arrays, *others]})
        == 4 + (others[3]["a"] != arrays["a"]).any()
    )


def test_checkpoints_are_sorted_by_step_and_others_files_are_not_taken_for_one(
    tmp_path: Path,
) -> None:
    for step in (999_999, 1_000_000, 5):
        resume.write_checkpoint(tmp_path, resume.Checkpoint(step, {"a": np.ones(2)}, {}), keep=9)
    (tmp_path / "checkpoint-latest.safetensors").write_text("")
    (tmp_path / ".checkpoint-000007.safetensors.123").write_text("")
    steps = [resume.read_checkpoint(path).step for path in resume.checkpoints(tmp_path)]
    assert steps == [5, 999_999, 1_000_000]


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    arrays = {
        "a": np.arange(6.0, dtype=np.float32).reshape(2, 3).T,
        "b": np.float64(2.5).reshape(()),
    }
    state = {"positions": [{"taken": 3}], "big": 1 << 100, "small": 0.1 + 0.2}
    path = resume.write_checkpoint(tmp_path, resume.Checkpoint(7, arrays, state))
    found = resume.read_checkpoint(path)
    assert (found.step, found.state) == (7, state)
    assert list(found.arrays) == ["a", "b"]
    for name, array in arrays.items():
        np.testing.assert_array_equal(found.arrays[name], array, strict=True)


@pytest.mark.parametrize("moment", ["os.fsync", "pathlib.Path.replace"])
def test_a_file_is_replaced_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    path = tmp_path / "deep" / "file"
    files.replace_file(path, b"old")

    def fail(*inputs: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(moment, fail)
    with pytest.raises(OSError, match="No space left"):
        files.replace_file(path, b"new content")
    assert path.read_bytes() == b"old"
    assert [p.name for p in path.parent.iterdir()] == ["file"]
