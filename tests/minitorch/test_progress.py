"""The bar in a pipe, in a terminal, in a notebook."""

from __future__ import annotations

import io
import re
import sys
import types
from typing import Any

import pytest

from minitorch import progress
from minitorch.progress import Progress, clock


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run(bar: Progress, total: int) -> None:
    with bar:
        for done in range(bar.done + 1, total + 1):
            bar.update(done, f"loss {done}")


def test_a_pipe_gets_a_few_plain_lines() -> None:
    stream = io.StringIO()
    run(Progress(1000, "training", stream=stream), 1000)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 11
    assert "\r" not in stream.getvalue()
    assert re.fullmatch(r"training  \[\.{20}\]  1/1000  loss 1  .* left", lines[0])
    assert re.fullmatch(r"training  \[#{10}\.{10}\]  500/1000  loss 500  .* left", lines[5])
    assert re.fullmatch(r"training  \[#{20}\]  1000/1000  loss 1000  took .*", lines[-1])


def test_one_that_goes_on_begins_where_it_was() -> None:
    stream = io.StringIO()
    run(Progress(100, done=95, stream=stream), 100)
    assert [line.split()[1] for line in stream.getvalue().splitlines()] == ["96/100", "100/100"]


def test_a_terminal_gets_one_line_that_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    stream = Terminal()
    run(Progress(500, "training", stream=stream), 500)
    states = stream.getvalue().split("\r")[1:]
    assert stream.getvalue().count("\n") == 1
    assert stream.getvalue().endswith("\n")
    assert len(states) < 50, "at most ten a second"
    assert all(len(state.rstrip("\n")) == 59 for state in states), "no line wraps"
    assert "500/500" in states[-1]


def test_an_interrupted_one_leaves_its_last_state_and_a_clean_line() -> None:
    stream = Terminal()
    bar = Progress(100, stream=stream)
    bar.update(1)
    bar.update(2)
    with pytest.raises(KeyboardInterrupt), bar:
        raise KeyboardInterrupt
    assert "2/100" in stream.getvalue().split("\r")[-1]
    assert stream.getvalue().endswith("\n")


def test_a_notebook_gets_one_output_that_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[dict[str, str]] = []
    updates: list[dict[str, str]] = []

    def display(data: dict[str, str], **options: Any) -> Any:
        assert options == {"raw": True, "display_id": True}
        shown.append(data)
        return types.SimpleNamespace(update=lambda data, raw: updates.append(data))

    monkeypatch.setattr(progress, "_display_of_notebook", lambda: display)
    run(Progress(300, "<b>"), 300)
    assert len(shown) == 1
    assert shown[0]["text/html"].startswith("<pre>&lt;b&gt;  [")
    assert "300/300" in updates[-1]["text/plain"]
    assert len(updates) < 10, "at most two a second"


def test_outside_a_notebook_there_is_no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = types.SimpleNamespace(get_ipython=lambda: types.SimpleNamespace())
    for module in (None, types.SimpleNamespace(get_ipython=lambda: None), fake):
        monkeypatch.setitem(sys.modules, "IPython", module)
        assert progress._display_of_notebook() is None


def test_a_quiet_one_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    run(Progress(10, "training", show=False), 10)
    assert capsys.readouterr().out == ""


def test_nothing_to_do_is_done() -> None:
    stream = io.StringIO()
    with Progress(0, "nothing", stream=stream) as bar:
        bar.update(0)
    assert stream.getvalue().startswith("nothing  [####################]  0/0  took")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.4, "0 s"), (59.4, "59 s"), (125, "2:05 min"), (3599.6, "1:00:00 h"), (3725, "1:02:05 h")],
)
def test_times_are_said_as_people_do(seconds: float, said: str) -> None:
    assert clock(seconds) == said
