"""A save that is killed or runs out of room leaves the model that was there, whole."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minitorch import folder_saves, tokenizer_files
from minitorch.checkpoint import CheckpointError, from_pretrained, load_tokenizer, save_pretrained
from minitorch.tokenizer import Tokenizer
from tests.minitorch.model_folders import small_folder, small_model, weights_of

TOKENIZER = Tokenizer([])  # the bytes alone
OTHER = Tokenizer([(97, 98)])
OLD: dict[str, Any] = {"rope_theta": 100.0, "vocab_size": 300}
NEW: dict[str, Any] = {"rope_theta": 200.0, "vocab_size": 300, "num_hidden_layers": 3}


def is_model(folder: Path, seed: int, **changes: Any) -> bool:
    """Whether a folder holds this model: its settings, its weights and its tokenizer."""
    opened, expected = from_pretrained(folder), small_model(seed, **changes)
    if opened.config.rope_theta != expected.config.rope_theta:
        return False
    tokenizer = OTHER if changes == NEW else TOKENIZER
    assert load_tokenizer(folder).fingerprint() == tokenizer.fingerprint()
    assert weights_of(opened).keys() == weights_of(expected).keys()
    for name, array in weights_of(opened).items():
        np.testing.assert_array_equal(array, weights_of(expected)[name])
    return True


class Killed(BaseException):
    """The process ends here: nothing behind it is done."""


def steps_of_a_save(folder: Path, die_at: int | None) -> int:
    """Save the new model, dying at a step that changes the disk; return how many were begun."""
    seen = 0

    def watched(function: Any) -> Any:
        def step(*inputs: Any, **options: Any) -> Any:
            nonlocal seen
            seen += 1
            if die_at is not None and seen > die_at:
                raise Killed  # the dead do nothing more, cleaning up included
            return function(*inputs, **options)

        return step

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in (
            *((Path, name) for name in ("mkdir", "rename", "replace", "unlink", "rmdir")),
            *((Path, name) for name in ("write_text", "open")),
            (folder_saves.shutil, "rmtree"),
            (folder_saves, "flush"),
        ):
            patch.setattr(owner, name, watched(getattr(owner, name)))
        with contextlib.suppress(Killed):
            save_pretrained(small_model(1, **NEW), folder, OTHER)
    return seen


def test_a_save_that_dies_at_any_step_leaves_the_old_model_or_the_new(tmp_path: Path) -> None:
    """Also where both differ in every file; and the next save works as if nothing had been."""
    save_pretrained(small_model(0, **OLD), tmp_path / "count", TOKENIZER)
    steps = steps_of_a_save(tmp_path / "count", None)
    assert steps > 20
    outcomes = []
    for step in range(steps):
        folder = tmp_path / str(step)
        save_pretrained(small_model(0, **OLD), folder, TOKENIZER)
        (folder / "notes.txt").write_text("mine")
        steps_of_a_save(folder, step)
        is_old = is_model(folder, 0, **OLD)
        assert is_old or is_model(folder, 1, **NEW), step
        outcomes.append(is_old)
        save_pretrained(small_model(2, **OLD), folder, TOKENIZER)
        assert is_model(folder, 2, **OLD), step
        assert sorted(path.name for path in folder.iterdir()) == [
            *("config.json", "generation_config.json", "model.safetensors", "notes.txt"),
            *("tokenizer.json", "tokenizer_config.json"),
        ]
    assert outcomes == sorted(outcomes, reverse=True)  # first the old one, from some step the new
    assert set(outcomes) == {True, False}


SAVER = """
import sys
from minitorch.checkpoint import save_pretrained
from tests.minitorch.model_folders import small_model
models = [small_model(seed, hidden_size=256, rope_theta=100.0 + seed) for seed in range(2)]
print("ready", flush=True)
while True:
    for model in models:
        save_pretrained(model, sys.argv[1])
"""


@pytest.mark.integration
@pytest.mark.skipif(os.name == "nt", reason="Windows knows no SIGKILL")
def test_a_process_killed_while_it_saves_leaves_a_whole_model(tmp_path: Path) -> None:
    models = [small_model(seed, hidden_size=256, rope_theta=100.0 + seed) for seed in range(2)]
    save_pretrained(models[0], tmp_path)
    rng = np.random.default_rng(0)
    for _ in range(5):
        process = subprocess.Popen(
            [sys.executable, "-c", SAVER, str(tmp_path)], stdout=subprocess.PIPE
        )
        with process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            time.sleep(rng.uniform(0, 0.1))
            process.send_signal(signal.SIGKILL)
        opened = from_pretrained(tmp_path)
        expected = models[int(opened.config.rope_theta - 100)]
        for name, array in weights_of(opened).items():
            np.testing.assert_array_equal(array, weights_of(expected)[name])


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limits on files")
def test_a_full_disk_is_one_sentence_and_leaves_the_old_model(tmp_path: Path) -> None:
    old = small_folder(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, limits[1]))
        with pytest.raises(CheckpointError) as caught:
            save_pretrained(small_model(1), tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    message = f"{tmp_path} was not saved: File too large; what was there before is unchanged"
    assert str(caught.value) == message
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    np.testing.assert_array_equal(
        from_pretrained(tmp_path).lm_head.weight.data, old.lm_head.weight.data
    )


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_error_in_the_middle_gives_the_room_back(
    error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_folder(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def fail(*inputs: Any) -> None:
        raise error

    monkeypatch.setattr(tokenizer_files, "save", fail)
    kind = CheckpointError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(kind):
        save_pretrained(small_model(1, vocab_size=300), tmp_path, TOKENIZER)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_place_where_nothing_can_be_saved_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(CheckpointError, match=r"file was not saved: File exists; what was there"):
        save_pretrained(small_model(), tmp_path / "file")
    with pytest.raises(CheckpointError, match="was not saved: Not a directory"):
        save_pretrained(small_model(), tmp_path / "file" / "deeper")
    assert (tmp_path / "file").read_text() == "mine"


def test_every_new_file_is_on_the_disk_before_it_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    flush, rename = folder_saves.flush, Path.rename

    def watched_flush(path: Path) -> None:
        events.append(path.name)
        flush(path)

    def watched_rename(path: Path, target: Path) -> Path:
        events.append(f"{path.name} to {target.name}")
        return rename(path, target)

    monkeypatch.setattr(folder_saves, "flush", watched_flush)
    monkeypatch.setattr(Path, "rename", watched_rename)
    small_folder(tmp_path)
    moment = events.index(".saving to .saved")
    assert set(events[:moment]) == {
        *("config.json", "generation_config.json", "model.safetensors", ".saving")
    }
    assert events[moment - 1] == ".saving"
    assert set(events[moment + 1 :]) == {tmp_path.name}
