"""Judging an answer: run every check twice, compare, and recognize the mistake."""

from __future__ import annotations

import copy
import io
import warnings
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from time import monotonic
from types import FunctionType
from typing import Any

import numpy as np

from coursekit import library
from coursekit.checking import Check, Checks, Inputs
from coursekit.compare import Difference, difference
from coursekit.explain import explain_changed, explain_error, explain_time, explain_unchanged
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

    def under(self, key: str) -> Outcome:
        """The part of the value that stands under a key, if the run got that far."""
        if self.stopped_by or not isinstance(self.value, dict):
            return self
        return Outcome(self.value.get(key))

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
            failure = _failure(check, inputs, expected, given, seconds)
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
            outcome.message = explain_error(error, answer)
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
    check: Check, inputs: Inputs, expected: Outcome, given: Outcome, seconds: float
) -> Failure | None:
    failure = Failure(inputs, printed=given.printed, warned=given.warned)
    if given.stopped_by == OutOfTime.__name__:
        failure.message = explain_time(seconds)
        return failure
    if given.stopped_by:
        failure.message = given.message
        return failure
    failure.difference = difference(expected.value, given.value, check.tolerance)
    extra = [name for name in given.changed if name not in expected.changed]
    missing = [name for name in expected.changed if name not in given.changed]
    if extra:
        failure.message = explain_changed(extra, right=failure.difference is None)
    elif missing:
        failure.message = explain_unchanged(missing)
    if failure.message:
        return failure
    return failure if failure.difference else None


def recognize(checks: Checks, verdict: Verdict, seconds: float) -> tuple[str, str]:
    """Find the written wrong answer that does what this answer did, on the same inputs.

    One that does so in every check is the mistake; failing that, one that does so in the checks
    that failed; failing that, one that gives the same wrong value where the first difference is,
    since people make two mistakes at once.
    """
    deadline = monotonic() + SECONDS_FOR_DIAGNOSIS
    seconds = min(seconds, SECONDS_PER_MISTAKE)
    failed = [r for r in verdict.results if not r.passed]
    tries: list[tuple[list[Result], str | None]] = [(verdict.results, None), (failed, None)]
    first = failed[0].failure
    if first is not None and first.difference is not None and first.difference.path:
        tries.append((failed[:1], first.difference.path[0]))
    for results, key in tries:
        for wrong in checks.wrong_answers:
            if monotonic() > deadline:
                return "", ""
            mistaken = library.at_home(checks.name, wrong.function)
            if all(_did_the_same(checks.name, r, mistaken, seconds, key) for r in results):
                return wrong.name, wrong.diagnosis
    return "", ""


def _did_the_same(
    name: str, result: Result, mistaken: FunctionType, seconds: float, key: str | None
) -> bool:
    """Whether a mistake does on all inputs what the answer did, or gives the same under a key."""
    for inputs, given in result.outcomes:
        with library.in_place(name, mistaken):
            outcome = run_once(result.check, inputs, seconds)
        if key is not None:
            given, outcome = given.under(key), outcome.under(key)
        if not given.same_as(outcome, result.check.tolerance):
            return False
    return True
