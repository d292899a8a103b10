"""The proof of the checks: that they let every right answer through and no wrong one.

Each function looks at one side of an exercise's checks and lists what is wrong with them, in
sentences. A new week is proved by existing.
"""

from __future__ import annotations

import builtins
import inspect
from collections.abc import Iterable, Iterator
from time import monotonic
from types import FunctionType

from coursekit import library, source
from coursekit.answers import Answer, AnswerError, _bare, _global_names
from coursekit.chapter import Exercise
from coursekit.checking import Checks, WrongAnswer
from coursekit.judge import Verdict, judge
from coursekit.mutants import mutants
from coursekit.session import told

WRONG_ANSWERS_AT_LEAST = 4
SEEDS = (1, 2, 3)
# A short limit at first, because some wrong answers hardly end; a long one before anything that a
# slow machine could be to blame for counts as a problem.
SECONDS = (1.0, 10.0)
ENOUGH = 0.5  # seconds after which no further seed is tried
# What a wrong answer stumbles over when it is the one that is badly written.
ACCIDENTS = {"NameError", "UnboundLocalError", "ImportError"}


def in_time(seeds: Iterable[int]) -> Iterator[int]:
    """The seeds one after another, but only the first few where each of them takes long."""
    begun = monotonic()
    for seed in seeds:
        yield seed
        if monotonic() - begun > ENOUGH:
            return


def reference(name: str) -> FunctionType:
    """The library's own function, as if a reader had written it."""
    return Answer(name, source.solution(name)).compile()


def problems_with_the_reference(checks: Checks) -> list[str]:
    """Why the library's own answer does not pass."""
    return [
        f"with seed {seed} the reference fails: {failures(verdict)}"
        for seed in in_time((*SEEDS, 4, 5))
        if not (verdict := judge(checks, reference(checks.name), seed)).passed
    ]


def problems_with_wrong_answers(checks: Checks, card: Exercise) -> list[str]:
    """Which wrong answers are too few, let through, taken for others, or badly written."""
    found = []
    count = len(checks.wrong_answers)
    if count < WRONG_ANSWERS_AT_LEAST:
        found.append(f"{count} wrong answers; there must be {WRONG_ANSWERS_AT_LEAST} at least")
    for wrong in checks.wrong_answers:
        found += [f"{wrong.name} {accident}" for accident in accidents(checks.name, wrong.function)]
        for seed in in_time(SEEDS):
            found += _problems_with_one(checks, card, wrong, seed)
    return found


def _problems_with_one(checks: Checks, card: Exercise, wrong: WrongAnswer, seed: int) -> list[str]:
    name = wrong.name
    found: list[str] = []
    for seconds in SECONDS:
        verdict = judge(checks, library.at_home(checks.name, wrong.function), seed, seconds)
        if verdict.passed:
            found = [f"{name} is let through with seed {seed}"]
        elif verdict.mistake != name:
            found = [f"{name} is taken for {verdict.mistake or 'nothing known'} with seed {seed}"]
        else:
            break
    else:
        return found
    found = []
    stops = stopped_by(verdict)
    if stops and stops <= ACCIDENTS:
        found = [f"{name} fails by accident: {', '.join(sorted(stops))}"]
    report = told(verdict, card)
    if wrong.diagnosis not in " ".join(repr(report).split()):
        found.append(f"the diagnosis of {name} is not in the report")
    return found


def stopped_by(verdict: Verdict) -> set[str]:
    """The exceptions that failed checks ended with; "" for a result that was compared."""
    return {
        given.stopped_by
        for result in verdict.results
        for inputs, given in result.outcomes
        if result.failure is not None and result.failure.inputs is inputs
    }


def accidents(name: str, function: FunctionType) -> list[str]:
    """What keeps a function of checks.py from running in the library: names, or its signature."""
    where = library.target(name)
    known = {*vars(where.module), *vars(builtins)}
    missing = sorted(_global_names(function.__code__) - known)
    found = [f"uses {', '.join(missing)}, which {where.module.__name__} lacks"] if missing else []
    given = [_bare(p) for p in inspect.signature(function).parameters.values()]
    wanted = [_bare(p) for p in inspect.signature(where.original).parameters.values()]
    return found if given == wanted else [*found, f"takes {given} instead of {wanted}"]


def problems_with_alternatives(checks: Checks) -> list[str]:
    """Which other right answers are rejected."""
    found = []
    for function in checks.alternatives:
        found += [f"{function.__name__} {a}" for a in accidents(checks.name, function)]
        for seed in in_time(SEEDS):
            verdict = judge(checks, library.at_home(checks.name, function), seed)
            if not verdict.passed:
                found.append(f"{function.__name__} is rejected: {failures(verdict)}")
    return found


def problems_with_mutants(checks: Checks) -> tuple[list[str], int]:
    """Which mutants survive unexplained, or are explained and do not survive; and their number."""
    found = []
    all_mutants = mutants(source.solution(checks.name))
    survivors = {m.change for m in all_mutants if _survives(checks, m.source, SECONDS[0])}
    for change in survivors - checks.equivalents.keys():
        found.append(f"survives: {change}")
    for change in checks.equivalents.keys() - survivors:
        same = [m for m in all_mutants if m.change == change]
        if not same:
            found.append(f"is no mutant any more, but listed as equivalent: {change}")
        elif not any(_survives(checks, m.source, SECONDS[-1]) for m in same):
            found.append(f"is rejected, but listed as equivalent: {change}")
    found += [
        f"is listed as equivalent without a reason: {change}"
        for change, reason in checks.equivalents.items()
        if not reason.strip()
    ]
    return sorted(found), len(all_mutants)


def _survives(checks: Checks, text: str, seconds: float) -> bool:
    try:
        function = Answer(checks.name, text).compile()
    except AnswerError:
        return False
    return judge(checks, function, SEEDS[0], seconds, diagnose=False).passed


def failures(verdict: Verdict) -> str:
    """What a verdict complains about, in short."""
    return "; ".join(
        f"{result.check.title}: {result.failure.message or result.failure.difference}"
        for result in verdict.results
        if result.failure is not None
    )
