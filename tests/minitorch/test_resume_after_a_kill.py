"""A training that was killed, interrupted or ran out of disk goes on as if nothing had been."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from minitorch import resume
from tests.minitorch import tiny_training

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
RUN = [sys.executable, "-m", "tests.minitorch.tiny_training"]


def start(folder: Path, seed: int, prefix: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    command = [*prefix, *RUN, str(folder), str(seed)]
    return subprocess.Popen(
        command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def written(folder: Path) -> int:
    path = folder / "metrics.jsonl"
    return len(path.read_bytes().splitlines()) if path.exists() else 0


def wait_for_lines(process: subprocess.Popen[str], folder: Path, lines: int) -> None:
    while process.poll() is None and written(folder) < lines:
        time.sleep(0.0005)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_training_killed_at_random_moments_ends_with_the_same_hash(
    tmp_path: Path, seed: int
) -> None:
    straight = tiny_training.trainer(tmp_path / "straight", seed)
    straight.run()
    rng = random.Random(seed)
    folder, kills = tmp_path / "killed", 0
    for _ in range(4):
        process = start(folder, seed)
        wait_for_lines(process, folder, written(folder) + rng.randint(1, 14))
        time.sleep(rng.random() * 0.01)  # in the middle of a step, an evaluation, a checkpoint
        process.kill()
        process.communicate()
        kills += process.returncode == -signal.SIGKILL
    out, errors = start(folder, seed).communicate()
    assert not errors
    assert out.strip() == tiny_training.fingerprint(straight)
    assert kills
    assert not list(folder.glob(".*")), "what the killed processes left is cleared away"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_training_saves_and_says_how_to_go_on(
    tmp_path: Path, number: signal.Signals
) -> None:
    straight = tiny_training.trainer(None, 5)
    straight.run()
    process = start(tmp_path, 5)
    wait_for_lines(process, tmp_path, 8)
    process.send_signal(number)
    _, errors = process.communicate()
    assert process.returncode == 3, errors
    [checkpoint] = resume.checkpoints(tmp_path)[-1:]
    step = resume.read_checkpoint(checkpoint).step
    assert step >= 7
    assert errors == (
        f"stopped after step {step} of 40: start again in the same way to go on; the last "
        f"checkpoint is {checkpoint}\n"
    )
    out, _ = start(tmp_path, 5).communicate()
    assert out.strip() == tiny_training.fingerprint(straight)


def test_a_full_disk_ends_with_one_sentence_and_a_whole_checkpoint(tmp_path: Path) -> None:
    straight = tiny_training.trainer(None, 6)
    straight.run()
    started = tiny_training.trainer(tmp_path, 6)
    started.run(until=6)
    [kept] = resume.checkpoints(tmp_path)[-1:]
    before = kept.read_bytes()
    room = len(before) // 1024 // 2 * 1024  # a file may not be larger than this
    process = start(tmp_path, 6, ("prlimit", f"--fsize={room}"))
    _, errors = process.communicate()
    assert process.returncode == 3
    assert errors == (
        f"cannot write into {tmp_path} after step 9, the disk is full: mend that and start again "
        f"to go on; the last checkpoint is {kept}\n"
    )
    assert kept.read_bytes() == before
    assert resume.checkpoints(tmp_path)[-1:] == [kept]
    assert not list(tmp_path.glob(".*"))
    out, _ = start(tmp_path, 6).communicate()
    assert out.strip() == tiny_training.fingerprint(straight)
