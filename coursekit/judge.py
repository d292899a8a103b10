"""Judging an answer: run every check twice, compare, and recognize the mistake."""

from __future__ import annotations

import copy
import io
import traceback
import warnings
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from time import monotonic
from types import FunctionType
from typing import Any

import numpy as np

from coursekit import library
from coursekit.checking import Check, Checks, Complaint, Inputs
from coursekit.compare import Difference, difference
from coursekit.limits import OutOfTime, call_within

SECONDS_PER_CHECK = 10.0
SECONDS_PER_MISTAKE = 2.0
SECONDS_FOR_DIAGNOSIS = 8.0
LESS_PATIENCE = 10.0  # after one check ran out of time, the others get a tenth of it
PRINTED_AT_MOST = 10_000  # characters


@dataclass
class Outcome:
    """What came of running a check once: a value, or what stopped it."""

    value: Any = None
    stopped_by: str = ""
    reason: str = ""
    message: str = ""
    printed: str = ""
    warned: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)

    def same_as(self, other: Outcome, tolerance: float | None) -> bool:
        """Whether two runs did the same thing, right or wrong."""
        if self.stopped_by or other.stopped_by:
            return (self.stopped_by, self.reason) == (other.stopped_by, other.reason)
        if bool(self.changed) != bool(other.changed):
            return False
        return difference(self.value, other.value, tolerance) is None


@dataclass
class Failure:
    """The first input on which an answer and the library disagree."""

    inputs: Inputs
    difference: Difference | None = None
    message: str = ""
    printed: str = ""
    warned: list[str] = field(default_factory=list)


@dataclass
class Result:
    """How one check went."""

    check: Check
    failure: Failure | None
    outcomes: list[tuple[Inputs, Outcome]]

    @property
    def passed(self) -> bool:
        return self.failure is None

    @property
    def ran_out_of_time(self) -> bool:
        return any(given.stopped_by == OutOfTime.__name__ for _, given in self.outcomes)


@dataclass
class Verdict:
    """How all checks of an exercise went, and which known mistake the answer looks like."""

    name: str
    results: list[Result]
    mistake: str = ""
    diagnosis: str = ""

    @property
    def passed(self) -> bool:
        return all(result.passed for result in self.results)

    @property
    def share(self) -> float:
        return sum(result.passed for result in self.results) / len(self.results)


def judge(
    checks: Checks,
    answer: FunctionType,
    seed: int | None = None,
    seconds: float = SECONDS_PER_CHECK,
    diagnose: bool = True,
) -> Verdict:
    """Judge an answer on fresh random inputs, beside the library as it came.

    Other answers that are in place are put aside meanwhile, so that a fault of one is not held
    against another.
    """
    if seed is None:
        seed = int(np.random.SeedSequence().generate_state(1)[0])
    with library.as_shipped():
        results: list[Result] = []
        left = seconds
        for number, check in enumerate(checks.checks):
            cases = inputs_of(check, seed, number)
            result = _run_check(checks.name, check, answer, cases, left)
            if result.ran_out_of_time and not any(r.ran_out_of_time for r in results):
                left /= LESS_PATIENCE
            results.append(result)
        verdict = Verdict(checks.name, results)
        if diagnose and not verdict.passed:
            verdict.mistake, verdict.diagnosis = recognize(checks, verdict, seconds)
    return verdict


def inputs_of(check: Check, seed: int, number: int) -> Iterator[Inputs]:
    """The inputs of a check, which are a function of the seed and the check's place."""
    return check.cases(np.random.default_rng([seed, number]))


def _run_check(
    name: str, check: Check, answer: FunctionType, cases: Iterator[Inputs], seconds: float
) -> Result:
    """Run one check on all its inputs, with the answer and without."""
    outcomes: list[tuple[Inputs, Outcome]] = []
    failure: Failure | None = None
    left = seconds
    for inputs in cases:
        expected = run_once(check, inputs, 60.0)
        if expected.stopped_by:
            raise RuntimeError(f"{name}, {check.title!r}: the library's own {expected.message}")
        begun = monotonic()
        with library.in_place(name, answer):
            given = run_once(check, inputs, left, answer)
        left -= monotonic() - begun
        outcomes.append((inputs, given))
        if failure is None:
            failure = _failure(name, check, inputs, expected, given, seconds)
        if given.stopped_by == OutOfTime.__name__ or left <= 0:
            break
    return Result(check, failure, outcomes)


def run_once(
    check: Check, inputs: Inputs, seconds: float, answer: FunctionType | None = None
) -> Outcome:
    """Run a check on a copy of the inputs, with what the answer prints kept aside."""
    mine = copy.deepcopy(inputs)
    printed = _Printed()
    outcome = Outcome()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with redirect_stdout(printed), redirect_stderr(printed):
                outcome.value = call_within(max(seconds, 0.01), lambda: check.run(**mine))
        except OutOfTime:
            outcome.stopped_by = OutOfTime.__name__
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # an answer may raise anything, SystemExit included
            outcome.stopped_by = type(error).__name__
            outcome.reason = str(error)
            outcome.message = _told(error, answer)
    outcome.printed = printed.getvalue()
    outcome.warned = list(dict.fromkeys(str(warning.message) for warning in caught))
    outcome.changed = [
        key for key in inputs if difference(inputs[key], mine[key], tolerance=0.0) is not None
    ]
    return outcome


class _Printed(io.StringIO):
    """Keeps the beginning of what is printed: an endless loop may print gigabytes."""

    def write(self, text: str) -> int:
        super().write(text[: max(0, PRINTED_AT_MOST - self.tell())])
        return len(text)


def _failure(
    name: str, check: Check, inputs: Inputs, expected: Outcome, given: Outcome, seconds: float
) -> Failure | None:
    failure = Failure(inputs, printed=given.printed, warned=given.warned)
    short = name.rpartition(".")[2]
    if given.stopped_by == OutOfTime.__name__:
        failure.message = (
            f"It was still running after {seconds:g} seconds. Is there a loop that never ends, "
            "or work that doubles at every step?"
        )
    elif given.stopped_by == RecursionError.__name__:
        failure.message = (
            f"`{short}` ends up calling itself without end. On a Tensor, the operators and "
            f"methods lead back to the library, where your own `{short}` now stands: work on the "
            "arrays (`.data`) instead. If the recursion is meant, the input is too deep for it: "
            "use a loop."
        )
    elif given.stopped_by:
        failure.message = given.message
    else:
        failure.difference = difference(expected.value, given.value, check.tolerance)
        if failure.difference is None and given.changed == expected.changed:
            return None
        if failure.difference is None:
            which = " and ".join(f"`{key}`" for key in given.changed)
            failure.message = (
                f"The results are right, but {which} was changed in place. Whoever passed it in "
                "still needs it: compute a new array instead."
            )
    return failure


def _told(error: BaseException, answer: FunctionType | None) -> str:
    """An exception in one sentence, with the line of the answer that it came from."""
    if isinstance(error, Complaint):
        return str(error)
    if isinstance(error, NotImplementedError):
        return "It raised NotImplementedError: a part of it is still to be written."
    if isinstance(error, SystemExit):
        return "It tried to end the whole program (`exit()` or SystemExit): `return` instead."
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if answer and f.filename == answer.__code__.co_filename]
    line = f" in the line `{own[-1].line}`" if own and own[-1].line else ""
    return f"It raised {text.rstrip('.')}{line}."


def recognize(checks: Checks, verdict: Verdict, seconds: float) -> tuple[str, str]:
    """Find the written wrong answer that does what this answer did, on the same inputs.

    One that does so in every check is the mistake; failing that, one that does so in the checks
    that failed.
    """
    deadline = monotonic() + SECONDS_FOR_DIAGNOSIS
    seconds = min(seconds, SECONDS_PER_MISTAKE)
    for results in (verdict.results, [r for r in verdict.results if not r.passed]):
        for wrong in checks.wrong_answers:
            if monotonic() > deadline:
                return "", ""
            mistaken = library.at_home(checks.name, wrong.function)
            if all(_did_the_same(checks.name, r, mistaken, seconds) for r in results):
                return wrong.name, wrong.diagnosis
    return "", ""


def _did_the_same(name: str, result: Result, mistaken: FunctionType, seconds: float) -> bool:
    for inputs, given in result.outcomes:
        with library.in_place(name, mistaken):
            outcome = run_once(result.check, inputs, seconds)
        if not given.same_as(outcome, result.check.tolerance):
            return False
    return True
