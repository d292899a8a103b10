"""`course reset N`: set the reader's notebook aside and give a fresh one."""

from __future__ import annotations

import argparse
import sys

from coursekit import chapter, paths
from coursekit.workspace import set_aside, workspace_here, write_atomically


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
    fresh = paths.week_notebook(args.week)
    mine = paths.workspace() / fresh.name
    if mine.exists():
        print(f"Your notebook is now {set_aside(mine).relative_to(paths.workspace())}.")
    write_atomically(mine, fresh.read_text(encoding="utf-8"))
    print(f"A fresh one is in {mine}.")
    if args.answers:
        workspace = workspace_here()
        kept = workspace.answers()
        mine_too = [card.name for card in chapter.exercises(args.week) if card.name in kept]
        for name in mine_too:
            workspace.forget(name)
        print(f"{len(mine_too)} accepted answers were set aside in answers/set-aside.")
    else:
        print("Your accepted answers stay in place; --answers takes them back as well.")
    return 0
