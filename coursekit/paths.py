"""Where things are. Standard library only, so that `course doctor` can use it anywhere."""

from __future__ import annotations

import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COURSE = ROOT / "course"
NOTEBOOKS = ROOT / "notebooks"
SOLUTIONS = ROOT / "solutions"

_WEEK_FOLDER = re.compile(r"week(\d\d)_\w+")


def weeks() -> list[int]:
    """The weeks that the course has, in order."""
    return sorted(_week_folders())


def week_folder(week: int) -> Path:
    """The folder of a week's chapter, such as course/week01_gradients."""
    folders = _week_folders()
    if week not in folders:
        known = ", ".join(map(str, sorted(folders))) or "none yet"
        raise LookupError(f"There is no week {week} in this course; there are: {known}.")
    return folders[week]


def week_notebook(week: int) -> Path:
    """The notebook that a learner fills in, such as notebooks/week01_gradients.ipynb."""
    return NOTEBOOKS / f"{week_folder(week).name}.ipynb"


def workspace() -> Path:
    """The learner's own folder: $COURSE_WORKSPACE, or workspace/ beside the course."""
    chosen = os.environ.get("COURSE_WORKSPACE")
    return Path(chosen).expanduser().resolve() if chosen else ROOT / "workspace"


def _week_folders() -> dict[int, Path]:
    folders: dict[int, Path] = {}
    for chapter in COURSE.glob("week*/chapter.md"):
        match = _WEEK_FOLDER.fullmatch(chapter.parent.name)
        if match:
            folders[int(match.group(1))] = chapter.parent
    return folders
