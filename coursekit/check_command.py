"""`course check N`: all checks of a week from the terminal."""

from __future__ import annotations

import argparse
import ast
import json
import re
from pathlib import Path

from coursekit import chapter, checking, paths
from coursekit.answers import Answer, AnswerError
from coursekit.judge import judge
from coursekit.report import Report
from coursekit.session import accept, reinstall, told
from coursekit.workspace import Workspace, workspace_here

MARK = re.compile(r"""^@exercise\(["']([\w.]+)["']\)""", re.MULTILINE)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("week", type=int, help="the week whose answers to check")
    parser.add_argument("-v", "--verbose", action="store_true", help="show what passed, too")


def run(args: argparse.Namespace) -> int:
    if args.week not in paths.weeks():
        known = ", ".join(map(str, paths.weeks()))
        print(f"There is no week {args.week} in this course; there are: {known}.")
        return 2
    workspace = workspace_here()
    reinstall(workspace)
    notebook = paths.workspace() / paths.week_notebook(args.week).name
    try:
        written = answers_in(notebook) if notebook.exists() else {}
    except ValueError as error:
        print(error)
        return 2
    return check_week(workspace, args.week, written, args.verbose)


def check_week(
    workspace: Workspace, week: int, written: dict[str, Answer], verbose: bool = False
) -> int:
    """Check what is written in the notebook, or was kept before; accept what passes."""
    kept = workspace.answers()
    checks = checking.checks_of_week(week)
    accepted = 0
    cards = chapter.exercises(week)
    for card in cards:
        answer = written.get(card.name)
        headline = f"Exercise {card.number}, `{card.name}`"
        try:
            if answer is None or answer.is_stub:
                answer = Answer(card.name, kept[card.name]) if card.name in kept else None
            if answer is None:
                print(f"{headline}: not written yet")
                continue
            function = answer.compile()
        except AnswerError as error:
            print(Report(f"{headline}: not accepted", details=[("", str(error))]))
            continue
        verdict = judge(checks[card.name], function)
        messages: list[str] = []
        if verdict.passed:
            accepted += 1
            messages = accept(workspace, card, answer, function)
        print(told(verdict, card) if verbose or not verdict.passed else f"{headline}: accepted")
        for message in messages:
            print(f"  {message}")
    for message in workspace.take_messages():
        print(message)
    print(f"{accepted} of {len(cards)} exercises of week {week} accepted.")
    return 0 if accepted == len(cards) else 1


def answers_in(notebook: Path) -> dict[str, Answer]:
    """The answers in a notebook's cells: the functions below `@exercise("...")`.

    Where an exercise stands in several cells, the last one counts, as it does when all are run.
    """
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        sources = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{notebook} is not a notebook that can be read: {error}.") from error
    found = {}
    for text in sources:
        for name, source in _exercises_in(text):
            found[name] = Answer(name, source, f"<{notebook.name}, {name}>")
    return found


def _exercises_in(cell: str) -> list[tuple[str, str]]:
    try:
        tree = ast.parse(cell)
    except SyntaxError:
        # The learner is told which line it is when the answer is checked.
        return [(name, cell) for name in MARK.findall(cell)]
    found = []
    for statement in tree.body:
        if not isinstance(statement, ast.FunctionDef):
            continue
        for decorator in statement.decorator_list:
            match decorator:
                case ast.Call(func=ast.Name("exercise"), args=[ast.Constant(str() as name)]):
                    found.append((name, ast.get_source_segment(cell, statement) or ""))
    return found
