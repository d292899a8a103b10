"""What is measured during a training: a line of JSON for each step, and TensorBoard's files.

metrics.jsonl holds lines such as {"step": 12, "loss": 3.25, "lr": 0.003}; the values of one step
may stand in several lines.
"""

from __future__ import annotations

import json
import time
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from minitorch.files import replace_file

NAME = "metrics.jsonl"


class Sink(Protocol):
    """Something beside the file that takes the values of a step."""

    def add(self, row: dict[str, Any]) -> None: ...

    def close(self) -> None: ...


class Metrics:
    """Values of each step, appended to a file in a folder the moment they are known.

    Without a folder they are written nowhere. `last` is the step that a training goes on from:
    lines of later steps, and one that was cut off when the process ended, are removed first.
    """

    def __init__(self, folder: Path | None, last: int = 0) -> None:
        self.file: FileIO | None = None
        self.tensorboard: Sink | None = None
        if folder is None:
            return
        path = folder / NAME
        kept = [row for row in read_metrics(path) if row["step"] <= last]
        replace_file(path, "".join(map(_line, kept)).encode())
        self.file = path.open("ab", buffering=0)  # a killed process loses nothing it has written
        self.tensorboard = tensorboard(folder / "tensorboard", last)

    def add(self, row: dict[str, Any]) -> None:
        """Write values of a step: numbers or texts by name, one of them the "step"."""
        if self.file is not None:
            self.file.write(_line(row).encode())
        if self.tensorboard is not None:
            self.tensorboard.add(row)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.file is not None:
            self.file.close()
        if self.tensorboard is not None:
            self.tensorboard.close()


def read_metrics(path: str | Path) -> list[dict[str, Any]]:
    """Return the lines of a metrics file as dictionaries; a line that was cut off is left out.

    `path` may be the folder of the training. Where there is no file, the list is empty.
    """
    path = Path(path)
    path = path / NAME if path.is_dir() else path
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict) and isinstance(row.get("step"), int):
            rows.append(row)
    return rows


def column(rows: list[dict[str, Any]], name: str) -> tuple[list[int], list[float]]:
    """Return the steps at which a value was written, and the values: what a curve is drawn of."""
    found = [row for row in rows if name in row]
    return [row["step"] for row in found], [row[name] for row in found]


def _line(row: dict[str, Any]) -> str:
    return json.dumps(row) + "\n"


# -- TensorBoard ---------------------------------------------------------------------------------


class TensorBoard:
    """Writes numbers where TensorBoard looks for them."""

    def __init__(self, folder: Path, last: int) -> None:
        from tensorboard.compat.proto import event_pb2, summary_pb2
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        self.event, self.summary = event_pb2.Event, summary_pb2.Summary
        self.writer = EventFileWriter(str(folder))
        if last:  # the values of later steps, from before it was stopped, are not to be shown
            status = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
            self._write(last + 1, session_log=status)

    def add(self, row: dict[str, Any]) -> None:
        entries = [
            self.summary.Value(tag=name, simple_value=value)
            for name, value in row.items()
            if isinstance(value, int | float) and name != "step"
        ]
        self._write(row["step"], summary=self.summary(value=entries))

    def close(self) -> None:
        self.writer.close()

    def _write(self, step: int, **what: Any) -> None:
        self.writer.add_event(self.event(wall_time=time.time(), step=step, **what))


def tensorboard(folder: Path, last: int) -> Sink | None:
    """Return a writer for TensorBoard, or None where it is not installed."""
    try:
        return TensorBoard(folder, last)
    except ImportError:
        return None
