"""A progress bar for a terminal, a notebook, and a file.

with Progress(1000, "training") as progress:
    for step in range(1, 1001):
        ...
        progress.update(step, f"loss {loss:.3f}")

In a terminal it is one line that changes. In a notebook it is an output that changes, of which
only the last state is stored. In a pipe or a file it is a plain line for every tenth of the way.
"""

from __future__ import annotations

import html
import shutil
import sys
from time import monotonic
from types import TracebackType
from typing import Any, Self, TextIO

SECONDS = 0.1  # between two states in a terminal
NOTEBOOK_SECONDS = 0.5  # each state goes to a browser
LINES = 10  # in a pipe or a file
WIDTH = 20  # of the bar, in characters


class Progress:
    """How far something has come, out of `total`; `done` of it was done before.

    With `show` false nothing is shown anywhere.
    """

    def __init__(
        self,
        total: int,
        title: str = "",
        done: int = 0,
        show: bool = True,
        stream: TextIO | None = None,
    ) -> None:
        self.show = show
        self.total = total
        self.title = title
        self.first = self.done = done
        self.stream = sys.stdout if stream is None else stream
        self.text = ""
        self.begun = monotonic()
        self.next = 0.0
        self.shown = -1  # the last line in a pipe or a file: which tenth it was
        self.handle: Any = None  # of the output in a notebook
        self.display = _display_of_notebook() if stream is None else None
        self.is_terminal = self.display is None and self.stream.isatty()

    def update(self, done: int, text: str = "") -> None:
        """Say how far it has come, and something about it."""
        self.done, self.text = done, text
        if not self.show:
            return
        if self.display is None and not self.is_terminal:
            self._print_if_new_tenth()
            return
        now = monotonic()
        if now >= self.next or done == self.total:
            self._draw()
            self.next = now + (SECONDS if self.is_terminal else NOTEBOOK_SECONDS)

    def line(self) -> str:
        """Return the present state as one line of text."""
        share = self.done / self.total if self.total else 1.0
        full = round(share * WIDTH)
        bar = "#" * full + "." * (WIDTH - full)
        parts = [self.title, f"[{bar}]", f"{self.done}/{self.total}", self.text, self._time()]
        return "  ".join(part for part in parts if part)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave the last state standing."""
        if not self.show:
            return
        if self.display is not None or self.is_terminal:
            self._draw()
        if self.is_terminal:
            self._write("\n")

    def _time(self) -> str:
        """How long it took, or will take from here."""
        seconds = monotonic() - self.begun
        steps = self.done - self.first
        if self.done >= self.total:
            return f"took {clock(seconds)}"
        return f"{clock(seconds / steps * (self.total - self.done))} left" if steps else ""

    def _draw(self) -> None:
        if self.display is None:
            width = shutil.get_terminal_size().columns - 1
            self._write(f"\r{self.line()[:width]:<{width}}")
            return
        state = {
            "text/plain": self.line(),
            "text/html": f"<pre>{html.escape(self.line())}</pre>",
        }
        if self.handle is None:
            self.handle = self.display(state, raw=True, display_id=True)
        else:
            self.handle.update(state, raw=True)

    def _print_if_new_tenth(self) -> None:
        tenth = self.done * LINES // self.total if self.total else LINES
        if tenth > self.shown:
            self.shown = tenth
            self._write(self.line() + "\n")

    def _write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()


def clock(seconds: float) -> str:
    """Write a time as people do: 9 s, 2:05 min, 1:02:05 h."""
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    if hours:
        return f"{hours}:{minutes:02}:{rest:02} h"
    return f"{minutes}:{rest:02} min" if minutes else f"{rest} s"


def _display_of_notebook() -> Any:
    """IPython's `display` inside a notebook, else None."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None or not hasattr(shell, "kernel"):
        return None
    from IPython.display import display

    return display
