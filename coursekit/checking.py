"""What a chapter's checks.py is written with: checks, wrong answers, other right ones.

    mul = Checks("ops.mul")

    @mul.check("the gradient of each factor", cases=pairs_of_shapes)
    def gradients(a, b, g):
        return run(ops.mul, a, b, cotangent=g)

    mul.slip(
        "forgets_the_incoming_gradient",
        "The gradient of `a` is `g * b`: yours is `b`, whatever came in.",
        ("g * b.data", "b.data"),
    )

    @mul.wrong
    def adds(a, b):
        \"\"\"You add the two; multiply them.\"\"\"
        ...  # written out where a slip of a few words does not get there

A check is run twice on the same inputs, with the answer in place and with the library's own
function, and what it returns must agree. So it returns plain data: arrays, numbers, strings,
lists, and dictionaries of them.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from coursekit import paths, source
from coursekit.answers import Answer

Inputs = dict[str, Any]
Cases = Callable[[np.random.Generator], Iterator[Inputs]]


class Complaint(Exception):
    """What is wrong with an answer's result, where a comparison would say it less well."""


@dataclass(frozen=True)
class Check:
    """One promise of an exercise: inputs to try it on, and a run that returns plain data."""

    title: str
    cases: Cases
    run: Callable[..., Any]
    tolerance: float | None = None
    describe: Callable[..., str] | None = None


@dataclass(frozen=True)
class WrongAnswer:
    """A mistake that people make, with what to say to them."""

    name: str
    function: Callable[..., Any]
    diagnosis: str


@dataclass
class Checks:
    """Everything by which answers to one exercise are judged."""

    name: str
    checks: list[Check] = field(default_factory=list)
    wrong_answers: list[WrongAnswer] = field(default_factory=list)
    alternatives: list[Callable[..., Any]] = field(default_factory=list)
    equivalents: dict[str, str] = field(default_factory=dict)

    def check(
        self,
        title: str,
        *,
        cases: Cases,
        tolerance: float | None = None,
        describe: Callable[..., str] | None = None,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Add a check. `cases(rng)` yields the inputs to try, small ones first.

        `describe` says in words what one input is, where its numbers alone would say little.
        """

        def add(run: Callable[..., Any]) -> Callable[..., Any]:
            self.checks.append(Check(title, cases, run, tolerance, describe))
            return run

        return add

    def wrong(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Add a wrong answer. Its docstring tells whoever makes this mistake what it is."""
        if not function.__doc__:
            raise ValueError(f"the wrong answer {function.__name__} says nothing: add a docstring")
        diagnosis = " ".join(function.__doc__.split())
        self.wrong_answers.append(WrongAnswer(function.__name__, function, diagnosis))
        return function

    def slip(self, name: str, diagnosis: str, *edits: tuple[str, str]) -> None:
        """Add a wrong answer that is the library's own with a few words changed.

        Each edit is a piece of the library's source, which must stand there exactly once, and
        what people write instead. A library that is rewritten so asks for its slips again.
        """
        written = source.solution(self.name)
        for before, after in edits:
            if written.count(before) != 1:
                raise ValueError(
                    f"{name}: {before!r} stands {written.count(before)} times in {self.name}, "
                    "and must stand there once"
                )
            written = written.replace(before, after)
        function = Answer(self.name, written).compile()
        self.wrong_answers.append(WrongAnswer(name, function, diagnosis))

    def alternative(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Add another right answer, which must pass."""
        self.alternatives.append(function)
        return function

    def equivalent(self, mutant: str, because: str) -> None:
        """Explain why an automatic mutant, named as the report names it, is no mistake."""
        self.equivalents[mutant] = because


@cache
def checks_of_week(week: int) -> dict[str, Checks]:
    """The checks that a week's checks*.py files define, by exercise."""
    found: dict[str, Checks] = {}
    for path in sorted(paths.week_folder(week).glob("checks*.py")):
        module = _load(path, f"course_week{week:02d}_{path.stem}")
        for value in vars(module).values():
            if isinstance(value, Checks):
                found[value.name] = value
    return found


def _load(path: Path, name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
