"""`course status`: weeks, exercises, points, and which parts of the library are the reader's."""

from __future__ import annotations

import argparse

from coursekit import chapter, paths, source
from coursekit.workspace import Workspace, workspace_here


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("week", nargs="?", type=int, help="one week, exercise by exercise")


def run(args: argparse.Namespace) -> int:
    if args.week is not None and args.week not in paths.weeks():
        known = ", ".join(map(str, paths.weeks()))
        print(f"There is no week {args.week} in this course; there are: {known}.")
        return 2
    print(status(workspace_here(), args.week))
    return 0


def status(workspace: Workspace, week: int | None = None) -> str:
    """The table that `course status` prints."""
    answers = workspace.answers()
    progress = workspace.progress()
    lines = []
    own_points = all_points = 0
    for number in paths.weeks():
        if week not in (None, number):
            continue
        cards = chapter.exercises(number)
        own = [card for card in cards if card.name in answers]
        points, total = sum(c.points for c in own), sum(c.points for c in cards)
        own_points, all_points = own_points + points, all_points + total
        title = f"Week {number}, {chapter.title(number)}"
        lines.append(
            f"{title:<28} {len(own):>2} of {len(cards)} exercises {points:>4} of {total} points"
        )
        for card in cards:
            if week is None and card.name not in answers:
                continue
            mark = "yours" if card.name in answers else "the library's"
            worth = f"{card.points:>2} {'point ' if card.points == 1 else 'points'}"
            since = _since(card.name, progress)
            lines.append(f"    {card.number:>2}  {card.name:<32} {worth}  {mark}{since}")
    if week is None:
        lines.append(f"Together {own_points} of {all_points} points.")
    return "\n".join([*lines, *workspace.take_messages()])


def _since(name: str, progress: dict[str, dict[str, object]]) -> str:
    kept = progress.get(name)
    if kept is None:
        return ""
    if kept.get("contract") not in (None, source.stub_hash(name)):
        return ", but the exercise has changed since: check it again"
    return f" since {kept.get('accepted', 'some time')}"
