"""What a notebook calls: begin a week, write an exercise, check it."""

from __future__ import annotations

import builtins
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from types import FunctionType
from typing import Any

from coursekit import chapter, checking, library, paths, source
from coursekit.answers import Answer, AnswerError, without_decorators, written_in_notebook
from coursekit.history import overlooked
from coursekit.judge import Verdict, judge
from coursekit.overview import Overview, overview
from coursekit.report import Report, report_of
from coursekit.workspace import NotKept, Workspace, workspace_here
from minitorch.blas import set_blas_threads


class CourseError(ValueError):
    """A call that cannot be carried out; a notebook shows the sentence, without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


@dataclass
class _Session:
    """What this kernel knows: the week it is in, and what was written in its cells."""

    week: int | None = None
    own: bool = True
    workspace: Workspace | None = None
    written: dict[str, Answer | AnswerError] = field(default_factory=dict)


_session = _Session()


def begin(week: int, own: bool = True) -> Overview:
    """Begin a week: put every accepted answer back in its place in the library.

    Shows which parts of the library are now the reader's. With `own=False` the library stays
    as it came.

    From here on a matrix product uses one thread: the same numbers come out whatever the number
    of cores, and other programs at work on them do no harm (`minitorch.blas` says how much).
    """
    if not isinstance(week, int):
        raise CourseError("Write the week as a number: begin(1).")
    if week not in paths.weeks():
        known = ", ".join(map(str, paths.weeks()))
        raise CourseError(f"There is no week {week} in this course; there are: {known}.")
    set_blas_threads(1)
    _session.week, _session.own = week, own
    _session.workspace = workspace_here()
    for name in library.installed():
        library.restore(name)
    if own:
        reinstall(_session.workspace)
    return overview(_session.workspace, week)


def reinstall(workspace: Workspace) -> None:
    """Put all kept answers in place; one that no longer compiles is set aside with a message."""
    for name, text in workspace.answers().items():
        filename = str(workspace.answer_path(name)) if workspace.folder else f"<answer {name}>"
        answer = Answer(name, text, filename)
        try:
            if answer.is_stub:
                raise AnswerError("nothing is written in it")
            library.install(name, answer.compile())
        except LookupError:
            workspace.messages.append(
                f"Your answer to {name} is kept, but the course has no such exercise any more."
            )
        except AnswerError as error:
            workspace.put_aside(name, str(error))


def exercise(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Mark the function below as the answer to an exercise. `check` judges it.

    The name then stands for the answer as it will run in the library, or, while there is only
    the stub, for the library's own function. Only Python's own names keep their meaning, so that
    an exercise called `sum` does not take `sum` away from the rest of the notebook.
    """
    if not isinstance(name, str):
        raise CourseError('Write the name of the exercise: @exercise("ops.mul").')
    try:
        library.target(name)
    except LookupError as error:
        raise CourseError(f"There is no exercise called {name!r}.{_suggestion(name)}") from error

    def write(function: Callable[..., Any]) -> Callable[..., Any]:
        written = take(function)
        return getattr(builtins, getattr(function, "__name__", ""), written)

    def take(function: Callable[..., Any]) -> Callable[..., Any]:
        if not isinstance(function, FunctionType):
            _session.written[name] = AnswerError("An answer is a plain function: `def ...`.")
            return function
        try:
            answer = written_in_notebook(name, function)
        except AnswerError as error:
            _session.written[name] = error
            return function
        _session.written[name] = answer
        if answer.is_stub:
            where = library.target(name)
            return library.installed().get(name, where.original)
        try:
            return answer.compile()
        except AnswerError:
            return function  # check says what is wrong with it

    return write


def check(name: str) -> Report | float | None:
    """Judge the answer to an exercise and show the result.

    An accepted answer takes its place in the library at once and is kept for later weeks.
    Never raises because of an answer; under nbgrader the result is the points.
    """
    try:
        full_name = _resolve(name)
    except LookupError as error:
        return _show(Report(str(error)), 0.0)
    card = chapter.exercise(full_name)
    answer = _session.written.get(full_name)
    note = overlooked(full_name, answer if isinstance(answer, Answer) else None)
    if answer is None:
        return _show(_not_run(card, note), 0.0)
    if isinstance(answer, Answer) and answer.is_stub:
        return _show(_not_attempted(card, note), 0.0)
    try:
        if isinstance(answer, AnswerError):
            raise answer
        function = answer.compile()
    except AnswerError as error:
        heading = f"{_headline(card)}: not accepted"
        details = [("", text) for text in (note, str(error)) if text]
        return _show(Report(heading, details=details, next_step=_kept(card.name)), 0.0)
    verdict = judge(checking.checks_of_week(card.week)[card.name], function)
    report = told(verdict, card)
    if note:
        report.details.insert(0, ("", note))
    if verdict.passed:
        report.details += [
            ("", message) for message in accept(_workspace(), card, answer, function)
        ]
    return _show(report, round(card.points * verdict.share, 2))


def accept(
    workspace: Workspace, card: chapter.Exercise, answer: Answer, function: FunctionType
) -> list[str]:
    """Put an answer that passed in its place and keep it; what there is to say about that."""
    library.install(card.name, function)
    text = without_decorators(answer.source)
    before = workspace.progress().get(card.name, {}) if workspace.has(card.name, text) else {}
    record = {
        "accepted": before.get("accepted", date.today().isoformat()),
        "points": card.points,
        "contract": source.stub_hash(card.name),
    }
    try:
        workspace.keep(card.name, text, record)
    except NotKept as error:
        return [*workspace.take_messages(), str(error)]
    return workspace.take_messages()


def told(verdict: Verdict, card: chapter.Exercise) -> Report:
    """The report on a verdict, with a heading and what to do next."""
    if verdict.passed:
        return report_of(verdict, f"{_headline(card)}: accepted", _after(card))
    passed = sum(result.passed for result in verdict.results)
    heading = f"{_headline(card)}: not yet, {passed} of {len(verdict.results)} checks pass"
    return report_of(verdict, heading, _kept(card.name))


def _headline(card: chapter.Exercise) -> str:
    return f"Exercise {card.number}, `{card.name}`"


def _not_run(card: chapter.Exercise, note: str) -> Report:
    return Report(
        f"{_headline(card)}: no answer was run in this session",
        next_step=note or "Run the cell with your answer first; if it shows an error, mend that.",
    )


def _not_attempted(card: chapter.Exercise, note: str) -> Report:
    details = [("", note)] if note else []
    if card.name in library.installed():
        return Report(
            f"{_headline(card)}: the cell above is as it came",
            details=details,
            next_step="The answer that you gave before is still accepted, and in use.",
        )
    return Report(
        f"{_headline(card)}: not written yet",
        details=details,
        next_step="The library's own is in use meanwhile, so the notebook runs on.",
    )


def _after(card: chapter.Exercise) -> str:
    here = f"`{card.name}` is now yours: whatever uses it in this session runs your code."
    later = [c for c in chapter.exercises(card.week) if c.number > card.number]
    if later:
        return f"{here} Next: exercise {later[0].number}, {later[0].title}."
    return f"{here} That was the last exercise of the week."


def _kept(name: str) -> str:
    if name in library.installed():
        return "Your earlier, accepted answer stays in place meanwhile."
    return "The library's own version is in use meanwhile, so the notebook runs on."


def _resolve(name: str) -> str:
    """Find the exercise that a short or full name means, in the current week first."""
    if not isinstance(name, str):
        raise LookupError('Write the name of the exercise in quotes: check("mul").')
    names = _names()
    matches = [n for n in names if n == name or n.endswith(f".{name}")]
    if matches:
        return matches[0]
    raise LookupError(f"There is no exercise called `{name}`.{_suggestion(name, short=True)}")


def _names() -> list[str]:
    """The full names of all exercises, those of the current week first."""
    weeks = sorted(paths.weeks(), key=lambda week: week != _session.week)
    return [card.name for week in weeks for card in chapter.exercises(week)]


def _suggestion(name: str, short: bool = False) -> str:
    known = {n.rpartition(".")[2]: n for n in reversed(_names())}
    known |= {n: n for n in known.values()}
    close = get_close_matches(name, known, n=1)
    if not close:
        return ""
    return f" Did you mean `{close[0] if short else known[close[0]]}`?"


def _workspace() -> Workspace:
    if _session.workspace is None:
        _session.workspace = workspace_here()
    return _session.workspace


def _show(report: Report, points: float) -> Report | float | None:
    """Hand the report to the notebook, or print it; nbgrader wants the points as the result."""
    if "NBGRADER_EXECUTION" in os.environ:
        print(report)
        return points
    if not _in_ipython():
        print(report)
        return None
    return report


def _in_ipython() -> bool:
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return get_ipython() is not None
