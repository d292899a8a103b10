"""Live figures follow the training in a notebook, seldom enough, and leave one picture behind."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from coursekit import live
from coursekit.figures import figure


class Screen:
    """Stands in for a notebook: notes what is shown, and lets the test set the time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.cost = 0.0
        self.drawn = 0
        self.shown: list[str] = []
        monkeypatch.setattr(live, "monotonic", lambda: self.now)
        monkeypatch.setattr(live, "_in_notebook", lambda: True)
        monkeypatch.setattr("IPython.display.display", self.display)

    def display(self, data: dict[str, Any], raw: bool, display_id: bool) -> Any:
        assert raw
        assert display_id
        self.shown.append("first")
        return SimpleNamespace(update=lambda data, raw: self.shown.append("again"))

    def draw(self) -> Any:
        self.drawn += 1
        self.now += self.cost
        return figure()[0]


def test_pictures_are_half_a_second_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch)
    with live.Live(screen.draw, alt="A test.") as plot:
        for _ in range(100):
            plot.update()
            screen.now += 0.01
        assert screen.drawn == 2
    assert screen.shown == ["first", "again", "again"]


def test_a_slow_picture_is_drawn_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch)
    screen.cost = 1.0
    with live.Live(screen.draw, alt="A test.") as plot:
        for _ in range(300):
            plot.update()
            screen.now += 0.1
        assert screen.drawn * screen.cost <= screen.now / 4


def test_nothing_is_drawn_outside_a_notebook() -> None:
    def draw() -> Any:
        raise AssertionError("this should not be drawn")

    with live.Live(draw, alt="A test.") as plot:
        plot.update()


def test_an_interrupted_training_shows_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch)
    with pytest.raises(KeyboardInterrupt), live.Live(screen.draw, alt="A test."):
        raise KeyboardInterrupt
    assert screen.drawn == 1


def test_a_failed_training_raises_its_own_error(monkeypatch: pytest.MonkeyPatch) -> None:
    Screen(monkeypatch)
    with pytest.raises(ZeroDivisionError), live.Curves(alt="A test.") as curves:
        curves.add(0, loss=1 / 0)


def test_each_name_is_a_curve(monkeypatch: pytest.MonkeyPatch) -> None:
    curves = live.Curves(alt="A test.", ylabel="error", log=True)
    for step in range(3):
        curves.add(step, train=3.0 - step, held_out=4.0)
    curves.add(3, train=0.5)
    (ax,) = curves.figure().axes[:1]
    assert [line.get_label() for line in ax.lines] == ["train", "held out"]
    assert list(ax.lines[0].get_ydata()) == [3.0, 2.0, 1.0, 0.5]
    assert (ax.get_ylabel(), ax.get_yscale()) == ("error", "log")


SOURCE = """
import time
from coursekit import live
live.SECONDS = 0.05
with live.Curves(alt="A line.") as curves:
    for step in range(30):
        curves.add(step, loss=step)
        time.sleep({pause})
"""


@pytest.mark.integration
def test_a_notebook_stores_the_last_picture_alone_however_fast_it_ran() -> None:
    stored = []
    for pause in (0.01, 0.0):
        book = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(SOURCE.format(pause=pause))]
        )
        NotebookClient(book, kernel_name="python3").execute()
        stored.append(book.cells[0].outputs)
    assert [len(outputs) for outputs in stored] == [1, 1]
    assert stored[0][0].data == stored[1][0].data
    assert stored[0][0].data["text/plain"] == "A line."
