"""Judging an answer: run every check twice, compare, and recognize the mistake."""

from __future__ import annotations

import copy
import io
import traceback
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from types import FunctionType
from typing import Any

import numpy as np

from coursekit import library
from coursekit.checking import Check, Checks, Complaint, Inputs
from coursekit.compare import Difference, difference
from coursekit.limits import OutOfTime, time_limit

SECONDS_PER_CHECK = 10.0
SECONDS_PER_MISTAKE = 2.0
SECONDS_FOR_DIAGNOSIS = 8.0


@dataclass
class Outcome:
    """What came of running a check once: a value, or what stopped it."""

    value: Any = None
    stopped_by: str = ""
    reason: str = ""
    message: str = ""
    printed: str = ""
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


@dataclass
class Result:
    """How one check went."""

    check: Check
    failure: Failure | None
    outcomes: list[tuple[Inputs, Outcome]]

    @property
    def passed(self) -> bool:
        return self.failure is None


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
        results = [
            _run_check(checks.name, check, answer, inputs_of(check, seed, number), seconds)
            for number, check in enumerate(checks.checks)
        ]
        verdict = Verdict(checks.name, results)
        if diagnose and not verdict.passed:
            verdict.mistake, verdict.diagnosis = recognize(checks, verdict)
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
            given = run_once(check, inputs, left)
        left -= monotonic() - begun
        outcomes.append((inputs, given))
        if failure is None:
            failure = _failure(name, check, inputs, expected, given, seconds)
        if given.stopped_by == OutOfTime.__name__ or left <= 0:
            break
    return Result(check, failure, outcomes)


def run_once(check: Check, inputs: Inputs, seconds: float) -> Outcome:
    """Run a check on a copy of the inputs, with what the answer prints kept aside."""
    mine = copy.deepcopy(inputs)
    printed = io.StringIO()
    outcome = Outcome()
    try:
        with redirect_stdout(printed), redirect_stderr(printed), time_limit(max(seconds, 0.01)):
            outcome.value = check.run(**mine)
    except OutOfTime:
        outcome.stopped_by = OutOfTime.__name__
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # an answer may raise anything, SystemExit included
        outcome.stopped_by = type(error).__name__
        outcome.reason = str(error)
        outcome.message = _told(error)
    outcome.printed = printed.getvalue()
    outcome.changed = [
        key for key in inputs if difference(inputs[key], mine[key], tolerance=0.0) is not None
    ]
    return outcome


def _failure(
    name: str, check: Check, inputs: Inputs, expected: Outcome, given: Outcome, seconds: float
) -> Failure | None:
    short = name.rpartition(".")[2]
    if given.stopped_by == OutOfTime.__name__:
        message = (
            f"It was still running after {seconds:g} seconds. Is there a loop that never ends, "
            "or work that doubles at every step?"
        )
        return Failure(inputs, message=message, printed=given.printed)
    if given.stopped_by == RecursionError.__name__:
        message = (
            f"`{short}` ends up calling itself without end. On a Tensor, the operators and "
            f"methods lead back to the library, where your own `{short}` now stands: work on the "
            "arrays (`.data`) instead. If the recursion is meant, the input is too deep for it: "
            "use a loop."
        )
        return Failure(inputs, message=message, printed=given.printed)
    if given.stopped_by:
        return Failure(inputs, message=given.message, printed=given.printed)
    found = difference(expected.value, given.value, check.tolerance)
    if found is not None:
        return Failure(inputs, found, printed=given.printed)
    if given.changed != expected.changed:
        which = " and ".join(f"`{key}`" for key in given.changed)
        message = (
            f"The results are right, but {which} was changed in place. Whoever passed it in still "
            "needs it: compute a new array instead."
        )
        return Failure(inputs, message=message, printed=given.printed)
    return None


def _told(error: BaseException) -> str:
    """An exception in one sentence, with the line of the answer that it came from."""
    if isinstance(error, Complaint):
        return str(error)
    if isinstance(error, NotImplementedError):
        return "It raised NotImplementedError: a part of it is still to be written."
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    home = str(Path(__file__).parents[1])
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if not f.filename.startswith(home) or "workspace" in f.filename]
    line = f" in the line `{own[-1].line}`" if own and own[-1].line else ""
    return f"It raised {text.rstrip('.')}{line}."


def recognize(checks: Checks, verdict: Verdict) -> tuple[str, str]:
    """Find the written wrong answer that does what this answer did, on the same inputs.

    One that does so in every check is the mistake; failing that, one that does so in the checks
    that failed.
    """
    deadline = monotonic() + SECONDS_FOR_DIAGNOSIS
    for results in (verdict.results, [r for r in verdict.results if not r.passed]):
        for wrong in checks.wrong_answers:
            if monotonic() > deadline:
                return "", ""
            mistaken = library.at_home(checks.name, wrong.function)
            if all(_did_the_same(checks.name, result, mistaken) for result in results):
                return wrong.name, wrong.diagnosis
    return "", ""


def _did_the_same(name: str, result: Result, mistaken: FunctionType) -> bool:
    for inputs, given in result.outcomes:
        with library.in_place(name, mistaken):
            outcome = run_once(result.check, inputs, SECONDS_PER_MISTAKE)
        if not given.same_as(outcome, result.check.tolerance):
            return False
    return True
