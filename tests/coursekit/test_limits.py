"""Code that never ends is stopped, whatever it does to go on."""

from __future__ import annotations

import signal
import sys
import threading
import time
from contextlib import suppress
from functools import partial

import pytest

from coursekit.limits import OutOfTime, call_within

# A limit may strike anywhere, also in what measures coverage, which would stay locked.
pytestmark = pytest.mark.no_cover

LIMIT = 0.15
PATIENCE = 5.0  # far above the limit: how late it comes depends on the machine


def counts_forever() -> None:
    number = 0
    while True:
        number += 1


def calls_forever() -> None:
    while True:
        sum([1, 2, 3])


def sleeps_forever() -> None:
    while True:
        time.sleep(0.02)


def swallows_exceptions() -> None:
    while True:
        try:
            sum([1, 2, 3])
        except Exception:
            continue


def swallows_everything() -> None:
    while True:
        try:  # noqa: SIM105
            sum([1, 2, 3])
        except:  # noqa: E722
            pass


def swallows_everything_asleep() -> None:
    while True:
        try:  # noqa: SIM105
            time.sleep(0.02)
        except:  # noqa: E722
            pass


def swallows_base_exceptions_asleep() -> None:
    while True:
        try:
            time.sleep(0.02)
        except BaseException:
            continue


def leaves_by_finally() -> None:
    while True:
        try:
            time.sleep(0.02)
        finally:
            continue  # noqa: B012


def yields_forever() -> None:
    def numbers():
        while True:
            try:
                yield 1
            except:  # noqa: E722
                yield 2

    sum(numbers())


ENDLESS = [
    counts_forever,
    calls_forever,
    sleeps_forever,
    swallows_exceptions,
    swallows_everything,
    swallows_everything_asleep,
    swallows_base_exceptions_asleep,
    leaves_by_finally,
    yields_forever,
]


def seconds_until_stopped(endless) -> float:
    begun = time.monotonic()
    with pytest.raises(OutOfTime):
        call_within(LIMIT, endless)
    return time.monotonic() - begun


@pytest.mark.timeout(20)
@pytest.mark.parametrize("endless", ENDLESS)
def test_what_never_ends_is_stopped(endless) -> None:
    assert LIMIT <= seconds_until_stopped(endless) < PATIENCE


@pytest.mark.timeout(20)
@pytest.mark.parametrize("endless", ENDLESS)
def test_what_never_ends_is_stopped_in_a_second_thread_too(endless) -> None:
    """As on Windows, which has no timers that interrupt."""
    took: list[float] = []
    thread = threading.Thread(target=lambda: took.append(seconds_until_stopped(endless)))
    thread.daemon = True
    thread.start()
    thread.join(PATIENCE)
    assert took
    assert LIMIT <= took[0] < PATIENCE


def in_both_threads(work) -> None:
    work()
    failures: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=guarded)
    thread.start()
    thread.join()
    assert not failures


def test_what_ends_in_time_is_left_alone() -> None:
    def work() -> None:
        assert call_within(5.0, lambda: sum(range(10))) == 45

    in_both_threads(work)


def test_nothing_strikes_after_the_limit_is_over() -> None:
    """Neither after work that was in time, nor after work that was stopped on the last instant."""

    def work() -> None:
        for number in range(50):
            nap = 0.0005 + number * 0.00002
            with suppress(OutOfTime):
                call_within(0.001, partial(time.sleep, nap))
        time.sleep(0.25)
        assert [n * n for n in range(3)] == [0, 1, 4]

    in_both_threads(work)


def test_an_exception_of_the_work_comes_through() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    def work() -> None:
        with pytest.raises(KeyboardInterrupt):
            call_within(5.0, interrupted)

    in_both_threads(work)


def test_who_traces_the_code_goes_on_tracing() -> None:
    """A coverage report or a debugger survives an answer that had to be stopped."""
    seen: list[str] = []

    def tracer(frame, event, argument):
        seen.append(frame.f_code.co_name)
        return None

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        with pytest.raises(OutOfTime):
            call_within(LIMIT, swallows_everything_asleep)
        assert sys.gettrace() is tracer
        counts = len(seen)
        sum(n for n in range(2))
        assert len(seen) > counts
    finally:
        sys.settrace(before)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval timers on Windows")
def test_an_alarm_that_was_set_before_still_rings() -> None:
    """The test runner's own time limit, for one."""
    rang: list[float] = []
    handler = signal.signal(signal.SIGALRM, lambda *_: rang.append(time.monotonic()))
    timer = signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        begun = time.monotonic()
        with suppress(OutOfTime):
            call_within(0.05, counts_forever)
        assert rang == []
        while not rang and time.monotonic() < begun + PATIENCE:
            time.sleep(0.01)
        assert 0.15 < rang[0] - begun < PATIENCE
    finally:
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, *timer)


def test_no_watch_is_left_when_the_work_is_over() -> None:
    """A watch that stayed would strike whoever gets the thread's number next."""

    def work() -> None:
        for _ in range(20):
            with suppress(OutOfTime):
                call_within(0.002, counts_forever)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [t.name for t in threading.enumerate() if t.name.endswith("(watch)")] == []
