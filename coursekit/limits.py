"""A time limit for code that may never end."""

from __future__ import annotations

import ctypes
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from types import FrameType
from typing import Any, TypeVar

AGAIN = 0.1

Result = TypeVar("Result")
Action = Callable[[], None]


class OutOfTime(BaseException):
    """The time is up. Not an Exception, so that an answer's `except Exception` lets it through."""

    def __init__(self) -> None:
        super().__init__()
        # Made in the thread that is out of time, wherever the interruption came from.
        _raise_again_if_swallowed(sys._getframe(1))


@dataclass
class _Limit:
    """One call that is limited: the frame that waits for it, and whether it still does."""

    outside: FrameType
    over: bool = False


class _Current(threading.local):
    limit: _Limit | None = None


_current = _Current()


def call_within(seconds: float, work: Callable[[], Result]) -> Result:
    """Call `work`, and raise OutOfTime in it once it has run for `seconds`.

    Work that swallows the exception, with a bare `except:` inside of a loop, gets it again: at its
    very next line, which is the one that handles the exception and so lies outside of the `try`,
    and every tenth of a second. Two things cannot be stopped: what never comes back to Python (one
    endless call into a library in C), and endless loops inside each other that both swallow.
    """
    in_main = threading.current_thread() is threading.main_thread()
    clock = _by_signal if hasattr(signal, "setitimer") and in_main else _by_thread
    tracer = sys.gettrace()
    # Nobody watches the work line by line: a strike inside a coverage tool's or a debugger's own
    # bookkeeping could leave a lock of theirs locked for good.
    sys.settrace(None)
    limit = _current.limit = _Limit(sys._getframe())
    start, stop = clock(seconds, limit)
    try:
        start()  # from here on it may strike
        return work()
    finally:
        limit.over = True  # from here on nothing new strikes, only what is on its way
        while True:
            try:
                stop()
                break
            except OutOfTime:  # it struck on the last instant: the work is done all the same
                continue
        if sys.gettrace() is not tracer:
            sys.settrace(tracer)


def _by_signal(seconds: float, limit: _Limit) -> tuple[Action, Action]:
    """Start and stop an alarm; one that was set before is set again afterwards."""
    begun = monotonic()
    left, again = signal.getitimer(signal.ITIMER_REAL)

    def strike(number: int, frame: Any) -> None:
        if not limit.over:
            raise OutOfTime

    def start() -> None:
        signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)

    def stop() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if left:
            signal.setitimer(signal.ITIMER_REAL, max(left - (monotonic() - begun), 0.001), again)

    signal.setitimer(signal.ITIMER_REAL, 0)
    handler = signal.signal(signal.SIGALRM, strike)
    return start, stop


def _by_thread(seconds: float, limit: _Limit) -> tuple[Action, Action]:
    """Without signals (Windows, or a kernel's second thread) another thread keeps the time."""
    worker = threading.get_ident()
    begun, done = threading.Event(), threading.Event()

    def watch() -> None:
        begun.wait()
        wait = seconds
        while not done.wait(wait) and not limit.over:
            wait = AGAIN
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(worker), ctypes.py_object(OutOfTime)
            )

    def stop() -> None:
        done.set()
        begun.set()
        watcher.join()
        # Whatever is still on its way strikes here, where it is caught.
        for _ in range(3):
            pass

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    return begun.set, stop


def _raise_again_if_swallowed(frame: FrameType | None) -> None:
    """Raise OutOfTime at the next line that is run in any frame inside of the limit."""
    limit = _current.limit
    if limit is None or limit.over:
        return
    inside = []
    while frame is not None and frame is not limit.outside:
        inside.append(frame)
        frame = frame.f_back
    if frame is None:
        return

    def at_next_line(frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line" and not limit.over:
            raise OutOfTime
        return at_next_line

    for mine in inside:
        mine.f_trace = at_next_line
    # New frames are not traced: only what was interrupted is in question.
    sys.settrace(lambda frame, event, argument: None)
