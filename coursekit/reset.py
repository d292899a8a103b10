"""`course reset N`: set the reader's notebook aside and give a fresh one."""

from __future__ import annotations

import argparse
import sys

from coursekit import chapter, handout, paths
from coursekit.workspace import reason, set_aside, workspace_here


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("week", type=int, help="the week to begin afresh")
    parser.add_argument(
        "--answers", action="store_true", help="take back the week's accepted answers as well"
    )


def run(args: argparse.Namespace) -> int:
    if args.week not in paths.weeks():
        known = ", ".join(map(str, paths.weeks()))
        print(f"There is no week {args.week} in this course; there are: {known}.", file=sys.stderr)
        return 2
    try:
        _reset(args.week, args.answers)
    except handout.HandoutError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(
            f"Nothing could be set aside or written in {paths.workspace()}: {reason(error)}.",
            file=sys.stderr,
        )
        return 1
    return 0


def _reset(week: int, answers_too: bool) -> None:
    fresh = paths.week_notebook(week)
    if not fresh.exists():
        raise handout.HandoutError(
            f"notebooks/{fresh.name} is not there: `course build --week {week}` makes it."
        )
    mine = paths.workspace() / fresh.name
    if mine.exists():
        print(f"Your notebook is now {set_aside(mine).relative_to(paths.workspace())}.")
    print(f"A fresh one is in {handout.hand_out(week)}.")
    if not answers_too:
        print("Your accepted answers stay in place; --answers takes them back as well.")
        return
    workspace = workspace_here()
    kept = workspace.answers()
    names = [card.name for card in chapter.exercises(week) if card.name in kept]
    for name in names:
        workspace.forget(name)
    counted = "1 accepted answer was" if len(names) == 1 else f"{len(names)} accepted answers were"
    print(f"{counted} set aside in answers/set-aside.")
