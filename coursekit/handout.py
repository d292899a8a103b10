"""Handing out notebooks: a copy of the course's notebook in the learner's workspace.

What was handed out is remembered in workspace/handed-out.json, so that a notebook that the course
has changed since can be told from one that only the learner has changed.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from coursekit import paths
from coursekit.workspace import write_atomically


class HandoutError(Exception):
    """A week's notebook cannot be handed out; the message says what to do."""


def hand_out(week: int) -> Path:
    """Put a fresh copy of a week's notebook into the workspace, in place of whatever is there."""
    text = _course_notebook(week)
    mine = paths.workspace() / paths.week_notebook(week).name
    write_atomically(mine, text)
    _remember(week, notebook=_digest(text))
    return mine


def open_week(week: int) -> tuple[Path, str]:
    """The learner's copy of a week's notebook, made the first time, and what there is to say."""
    mine = paths.workspace() / paths.week_notebook(week).name
    said = ""
    if not mine.exists():
        hand_out(week)
        said = f"A fresh copy of week {week} is in {mine}."
    elif _is_outdated(week, mine):
        said = (
            f"The course's notebook of week {week} has changed since yours was made; yours stays "
            f"as it is: `course reset {week}` sets it aside and gives the new one."
        )
    _remember(week, last=True)
    return mine, said


def last_week() -> int | None:
    """The week that was opened last, if the course still has it."""
    last = _record().get("last")
    return last if last in paths.weeks() else None


def _is_outdated(week: int, mine: Path) -> bool:
    if not paths.week_notebook(week).exists():
        return False
    text = _course_notebook(week)
    if mine.read_text(encoding="utf-8", errors="replace") == text:
        _remember(week, notebook=_digest(text))
        return False
    given = _record().get("notebooks", {}).get(mine.name)
    return given is not None and given != _digest(text)


def _course_notebook(week: int) -> str:
    path = paths.week_notebook(week)
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise HandoutError(
            f"{path.relative_to(paths.ROOT)} is not there: `course build --week {week}` makes it."
        ) from None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _record() -> dict[str, Any]:
    """What is remembered; nothing, if the file is not there or damaged: it can be done without."""
    try:
        record = json.loads(_record_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    sound = isinstance(record, dict) and isinstance(record.get("notebooks", {}), dict)
    return record if sound else {}


def _remember(week: int, *, notebook: str | None = None, last: bool = False) -> None:
    before = _record()
    record = {**before, "notebooks": dict(before.get("notebooks", {}))}
    if notebook is not None:
        record["notebooks"][paths.week_notebook(week).name] = notebook
    if last:
        record["last"] = week
    if record != before:
        write_atomically(_record_file(), json.dumps(record, indent=2, sort_keys=True) + "\n")


def _record_file() -> Path:
    return paths.workspace() / "handed-out.json"
