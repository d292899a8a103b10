"""The file of metrics survives a kill, and TensorBoard gets the same numbers where it is."""

from __future__ import annotations

import builtins
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from minitorch import metrics
from minitorch.metrics import Metrics, column, read_metrics


def test_values_are_in_the_file_the_moment_they_are_added(tmp_path: Path) -> None:
    with Metrics(tmp_path) as kept:
        kept.add({"step": 1, "loss": 0.1 + 0.2, "phase": "one"})
        assert read_metrics(tmp_path) == [{"step": 1, "loss": 0.1 + 0.2, "phase": "one"}]


def test_going_on_drops_later_steps_and_a_line_that_was_cut(tmp_path: Path) -> None:
    with Metrics(tmp_path) as kept:
        for step in range(1, 6):
            kept.add({"step": step, "loss": step / 10})
        kept.add({"step": 3, "bits": 2.5})
    path = tmp_path / metrics.NAME
    path.write_bytes(path.read_bytes() + b'{"step": 2, "lo')
    with Metrics(tmp_path, last=3) as kept:
        kept.add({"step": 4, "loss": 9.0})
    rows = read_metrics(tmp_path)
    assert column(rows, "loss") == ([1, 2, 3, 4], [0.1, 0.2, 0.3, 9.0])
    assert column(rows, "bits") == ([3], [2.5])


def test_a_new_training_begins_an_empty_file(tmp_path: Path) -> None:
    for _ in range(2):
        with Metrics(tmp_path) as kept:
            kept.add({"step": 1, "loss": 1.0})
    assert len(read_metrics(tmp_path)) == 1


def test_lines_that_are_no_metrics_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / metrics.NAME).write_text('[1]\n{"loss": 2}\n\n{"step": 1, "loss": 2}\nnonsense\n')
    assert read_metrics(tmp_path / metrics.NAME) == [{"step": 1, "loss": 2}]
    assert read_metrics(tmp_path / "nowhere") == []


def test_without_a_folder_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Metrics(None) as kept:
        kept.add({"step": 1, "loss": 1.0})
    assert not list(tmp_path.iterdir())


def test_where_tensorboard_is_not_installed_nobody_notices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = builtins.__import__

    def missing(name: str, *others: Any) -> Any:
        if name.startswith("tensorboard"):
            raise ImportError(name)
        return real(name, *others)

    monkeypatch.setattr(builtins, "__import__", missing)
    with Metrics(tmp_path) as kept:
        kept.add({"step": 1, "loss": 1.0})
    assert [path.name for path in tmp_path.iterdir()] == [metrics.NAME]
    assert capsys.readouterr() == ("", "")


class Event:
    """Stands for each of TensorBoard's messages: it keeps what it was made of."""

    START = "start"

    def __init__(self, **parts: Any) -> None:
        self.parts = parts


class Summary(Event):
    Value = Event


def test_tensorboard_gets_the_numbers_of_each_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[Any] = []
    writer = types.SimpleNamespace(add_event=events.append, close=lambda: events.append("closed"))
    protocol = types.SimpleNamespace(
        event_pb2=types.SimpleNamespace(Event=Event, SessionLog=Event),
        summary_pb2=types.SimpleNamespace(Summary=Summary),
    )
    folders: list[str] = []
    file_writer = types.SimpleNamespace(
        EventFileWriter=lambda folder: folders.append(folder) or writer
    )
    for name, module in {
        "tensorboard": types.SimpleNamespace(),
        "tensorboard.compat": types.SimpleNamespace(),
        "tensorboard.compat.proto": protocol,
        "tensorboard.summary": types.SimpleNamespace(),
        "tensorboard.summary.writer": types.SimpleNamespace(),
        "tensorboard.summary.writer.event_file_writer": file_writer,
    }.items():
        monkeypatch.setitem(sys.modules, name, module)
    with Metrics(tmp_path, last=4) as kept:
        kept.add({"step": 5, "loss": 1.5, "phase": "one", "lr": 0.1})
    assert folders == [str(tmp_path / "tensorboard")]
    again, step, closed = events
    assert again.parts["step"] == 5, "what came after step 4 before is not shown"
    assert again.parts["session_log"].parts == {"status": "start"}
    assert step.parts["step"] == 5
    values = [value.parts for value in step.parts["summary"].parts["value"]]
    assert values == [{"tag": "loss", "simple_value": 1.5}, {"tag": "lr", "simple_value": 0.1}]
    assert closed == "closed"


def test_tensorboard_itself_reads_what_was_written(tmp_path: Path) -> None:
    accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator", exc_type=ImportError
    )
    for last, upto, offset in ((0, 6, 0), (3, 6, 10)):  # killed after step 5, resumed after 3
        with Metrics(tmp_path, last) as kept:
            for step in range(last + 1, upto):
                kept.add({"step": step, "loss": float(step + offset)})
    events = accumulator.EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    scalars = [(event.step, event.value) for event in events.Scalars("loss")]
    assert scalars == [(1, 1), (2, 2), (3, 3), (4, 14), (5, 15)]
