"""The loop: phases, metrics, evaluation, checkpoints, and how it ends when something goes wrong."""

from __future__ import annotations

import signal
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minitorch import curriculum, resume
from minitorch.metrics import column, read_metrics
from minitorch.training import Diverged, Stopped, Trainer, TrainingError
from tests.minitorch.tiny_training import PHASES, fingerprint, trainer


def poison(one: Trainer, at: int, value: float = np.nan) -> None:
    """Let the loss of one step be no number."""
    step = one.learner.step

    def poisoned(batches: Any, lr: float) -> tuple[float, float]:
        loss, norm = step(batches, lr)
        return (value if one.done + 1 == at else loss), norm

    one.learner.step = poisoned  # type: ignore[method-assign]


@pytest.mark.parametrize("stop", [1, 3, 19, 20, 21, 31, 32, 39])
def test_stopped_anywhere_in_any_phase_it_ends_as_if_it_had_not_been(
    tmp_path: Path, stop: int
) -> None:
    straight = trainer(None)
    straight.run()
    trainer(tmp_path).run(until=stop)
    resumed = trainer(tmp_path)
    assert resumed.resume() == stop
    resumed.run()
    assert fingerprint(resumed) == fingerprint(straight)


def test_stopping_in_the_same_session_changes_nothing(tmp_path: Path) -> None:
    straight, halting = trainer(None), trainer(tmp_path)
    straight.run()
    for stop in (5, 5, 26, 40):
        halting.run(until=stop)
        assert halting.done == stop
    assert fingerprint(halting) == fingerprint(straight)
    assert halting.rows == read_metrics(tmp_path)


def test_the_random_state_is_part_of_a_checkpoint(tmp_path: Path) -> None:
    trainer(tmp_path).run(until=10)
    resumed = trainer(tmp_path)
    resumed.resume()
    model: Any = resumed.learner
    model.model.dropout.rng.random()  # one number drawn in between
    resumed.run()
    straight = trainer(None)
    straight.run()
    assert fingerprint(resumed) != fingerprint(straight)


def test_every_step_is_written_with_its_phase_and_learning_rate(tmp_path: Path) -> None:
    one = trainer(tmp_path)
    one.run()
    rows = [row for row in read_metrics(tmp_path) if "loss" in row]
    assert [row["step"] for row in rows] == list(range(1, 41))
    names = ["foundation"] * 20 + ["specialised"] * 11 + ["advanced"] * 9
    assert [row["phase"] for row in rows] == names
    rates = [curriculum.learning_rate(step, PHASES) for step in range(1, 41)]
    assert [row["lr"] for row in rows] == rates
    assert rows[-1]["tokens"] == 40 * 2 * 3 * 8  # steps, batches, rows, places


def test_it_evaluates_every_so_often_and_at_the_end(tmp_path: Path) -> None:
    one = trainer(tmp_path)
    one.run()
    assert column(read_metrics(tmp_path), "cost")[0] == [7, 14, 21, 28, 35, 40]


def test_only_the_newest_checkpoints_are_kept(tmp_path: Path) -> None:
    trainer(tmp_path, keep=3).run()
    names = [path.name for path in resume.checkpoints(tmp_path)]
    assert names == [f"checkpoint-{step:06}.safetensors" for step in (36, 39, 40)]


def test_phases_with_one_batches_go_on_where_the_first_left_off() -> None:
    one = trainer(None)
    one.run()
    first, second, third = one.batches
    assert first is third
    assert first.taken == (20 + 9) * 2 * 3
    assert second.taken == 11 * 2 * 3


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_loss_that_is_no_number_ends_the_training_and_spares_the_checkpoint(
    tmp_path: Path, value: float
) -> None:
    one = trainer(tmp_path)
    poison(one, 17, value)
    expected = (
        rf"^the training diverged at step 17, with the loss {value} and gradients of norm [\d.]+ "
        rf"at a learning rate of [\d.]+: a lower lr, a longer warmup or a smaller clip may help; "
        rf"the last checkpoint is {tmp_path}/checkpoint-000015.safetensors$"
    )
    with pytest.raises(Diverged, match=expected):
        one.run()
    assert len(column(read_metrics(tmp_path), "loss")[0]) == 16
    healthy, straight = trainer(tmp_path), trainer(None)
    assert healthy.resume() == 15
    healthy.run()
    straight.run()
    assert fingerprint(healthy) == fingerprint(straight)


def test_weights_that_are_no_longer_finite_are_never_saved(tmp_path: Path) -> None:
    one = trainer(tmp_path)
    one.run(until=6)
    model: Any = one.learner
    model.model.head.bias.data[3] = np.inf
    with pytest.raises(Diverged, match=r"no longer finite after step 6.*checkpoint-000006"):
        one.save()
    assert resume.are_finite(resume.read_checkpoint(resume.checkpoints(tmp_path)[-1]).arrays)


def test_a_loss_that_rises_and_stays_high_ends_the_training() -> None:
    parts = trainer(None)
    phases = [curriculum.Phase("long", 60, lr=0.02)]
    one = Trainer(parts.learner, phases, parts.batches[:1], show=False)
    step = one.learner.step

    def rising(batches: Any, lr: float) -> tuple[float, float]:
        loss, norm = step(batches, lr)
        return loss + (5 if one.done >= 30 else 0), norm

    one.learner.step = rising  # type: ignore[method-assign]
    with pytest.raises(Diverged, match=r"diverged at step 3\d, .*there is no checkpoint$"):
        one.run()


def test_other_data_in_the_next_phase_may_be_harder(tmp_path: Path) -> None:
    phases = [curriculum.Phase("easy", 30, lr=0.02), curriculum.Phase("hard", 30, lr=0.02)]
    for stop in (45, 60):
        parts = trainer(None)
        one = Trainer(
            parts.learner, phases, parts.batches[:2], folder=tmp_path, evaluate=None, show=False
        )
        step = one.learner.step

        def harder(
            batches: Any, lr: float, one: Trainer = one, step: Callable[..., Any] = step
        ) -> tuple[float, float]:
            loss, norm = step(batches, lr)
            return loss + (5 if one.done >= 30 else 0), norm

        one.learner.step = harder  # type: ignore[method-assign]
        one.resume()
        one.run(until=stop)
    assert one.done == 60


def test_ctrl_c_lets_the_step_end_and_the_same_session_goes_on() -> None:
    straight, one = trainer(None), trainer(None)
    straight.run()
    step = one.learner.step

    def interrupted(batches: Any, lr: float) -> tuple[float, float]:
        if one.done == 11:
            signal.raise_signal(signal.SIGINT)
        return step(batches, lr)

    one.learner.step = interrupted  # type: ignore[method-assign]
    with pytest.raises(Stopped, match=r"^stopped after step 12 of 40: start again in the"):
        one.run()
    one.run()
    assert fingerprint(one) == fingerprint(straight)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_stops_at_once() -> None:
    one = trainer(None)
    step = one.learner.step

    def impatient(batches: Any, lr: float) -> tuple[float, float]:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        return step(batches, lr)

    one.learner.step = impatient  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt) as caught:
        one.run()
    assert not isinstance(caught.value, Stopped)
    assert one.done == 0


def flip(content: bytes) -> bytes:
    return content[:-5] + bytes([content[-5] ^ 1]) + content[-4:]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda content: content[: len(content) // 2],
    "empty": lambda content: b"",
    "one bit": flip,
    "another file": lambda content: b'{"model": 1}\n' * 9,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_is_named_and_the_one_before_serves(
    tmp_path: Path, damage: str
) -> None:
    trainer(tmp_path).run()
    last = resume.checkpoints(tmp_path)[-1]
    last.write_bytes(DAMAGES[damage](last.read_bytes()))
    with pytest.raises(resume.ResumeError, match=rf"^{last} is damaged.*from the one before$"):
        trainer(tmp_path).resume()
    last.unlink()
    resumed, straight = trainer(tmp_path), trainer(None)
    assert resumed.resume() == 39
    resumed.run()
    straight.run()
    assert fingerprint(resumed) == fingerprint(straight)


def test_a_training_that_came_further_is_not_written_over(tmp_path: Path) -> None:
    trainer(tmp_path).run(until=9)
    kept = {path: path.read_bytes() for path in tmp_path.iterdir()}
    expected = r"checkpoint-000009.safetensors is of a training that came further than step 0: call"
    with pytest.raises(TrainingError, match=expected):
        trainer(tmp_path).run()
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == kept


def test_it_goes_on_only_with_the_same_settings(tmp_path: Path) -> None:
    trainer(tmp_path, settings={"batch": 3, "phases": [{"lr": 0.1}]}).run(until=3)
    other = trainer(tmp_path, settings={"batch": 3, "phases": [{"lr": 0.2}]})
    with pytest.raises(resume.ResumeError, match=r"with phases\.0\.lr = 0\.1, and now it is 0\.2"):
        other.resume()


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    one = trainer(tmp_path / "file")
    with pytest.raises(RuntimeError, match=f"^cannot write into {tmp_path}/file after step 0"):
        one.run()


def test_there_must_be_batches_for_each_phase() -> None:
    one = trainer(None)
    with pytest.raises(ValueError, match="3 phases need as many batches, not 2"):
        Trainer(one.learner, PHASES, one.batches[:2])


def test_nothing_warns(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trainer(tmp_path).run(until=4)
