"""A time limit for code that may never end."""

from __future__ import annotations

import ctypes
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

AGAIN = 0.1

Result = TypeVar("Result")


class OutOfTime(BaseException):
    """The time is up. Not an Exception, so that an answer's `except Exception` lets it through."""

    def __init__(self) -> None:
        super().__init__()
        # Made in the thread that is out of time, wherever the interruption came from.
        _raise_again_if_swallowed(sys._getframe(1))


class _Limit(threading.local):
    """The frame that waits for the limited work in this thread, while it does."""

    outside: FrameType | None = None


_limit = _Limit()


def call_within(seconds: float, work: Callable[[], Result]) -> Result:
    """Call `work`, and raise OutOfTime in it once it has run for `seconds`.

    Work that swallows the exception, with a bare `except:` inside of a loop, gets it again: at its
    very next line, which is the one that handles the exception and so lies outside of the `try`,
    and every tenth of a second. Two things cannot be stopped: what never comes back to Python (one
    endless call into a library in C), and endless loops inside each other that both swallow.
    """
    in_main = threading.current_thread() is threading.main_thread()
    start = _by_signal if hasattr(signal, "setitimer") and in_main else _by_thread
    tracer = sys.gettrace()
    _limit.outside = sys._getframe()
    stop = start(seconds)
    try:
        return work()
    finally:
        _limit.outside = None
        while True:
            try:
                stop()
                break
            except OutOfTime:  # it struck on the last instant: the work is done all the same
                continue
        if sys.gettrace() is not tracer:
            sys.settrace(tracer)


def _by_signal(seconds: float) -> Callable[[], None]:
    """Set an alarm; the result calls it off."""

    def strike(number: int, frame: Any) -> None:
        if _limit.outside is not None:
            raise OutOfTime

    def stop() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    before = signal.signal(signal.SIGALRM, strike)
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    return stop


def _by_thread(seconds: float) -> Callable[[], None]:
    """Without signals (Windows, or a kernel's second thread) another thread keeps the time."""
    worker = threading.get_ident()
    done = threading.Event()

    def watch() -> None:
        wait = seconds
        while not done.wait(wait):
            wait = AGAIN
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(worker), ctypes.py_object(OutOfTime)
            )

    def stop() -> None:
        done.set()
        watcher.join()
        # Whatever is still on its way strikes here, where it is caught.
        for _ in range(3):
            pass

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    return stop


def _raise_again_if_swallowed(frame: FrameType | None) -> None:
    """Raise OutOfTime at the next line that is run in any frame inside of the limit."""
    outside = _limit.outside
    if outside is None:
        return
    inside = []
    while frame is not None and frame is not outside:
        inside.append(frame)
        frame = frame.f_back
    if frame is None:
        return

    def at_next_line(frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line" and _limit.outside is outside:
            raise OutOfTime
        return at_next_line

    for mine in inside:
        mine.f_trace = at_next_line
    # New frames are not traced: only what was interrupted is in question.
    sys.settrace(lambda frame, event, argument: None)
