"""Ctrl-C as a wish: what is going on comes to a good end first."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)  # Ctrl-C, and what a scheduler sends


class Interruption:
    """Inside the `with` block a first Ctrl-C sets `asked`; a second one stops at once.

    In a thread other than the main one, where Python hears no signals, it never is.
    """

    def __init__(self) -> None:
        self.asked = False
        self.before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self.before = {number: signal.signal(number, self._note) for number in SIGNALS}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._restore()

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
        self._restore()

    def _restore(self) -> None:
        for number, handler in self.before.items():
            # None: it was set by something other than Python, which cannot be put back
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        self.before = {}
