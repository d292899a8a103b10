"""What is the reader's own: accepted answers and progress, kept in the workspace folder.

workspace/answers/ops.mul.py     an accepted answer, as source: readable, and editable
workspace/progress.json          what was accepted when, and for how many points

Two notebooks may run at once: each reads before it writes, so that neither undoes the other's.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from coursekit import paths


class NotKept(Exception):
    """Something could not be written to the workspace; the message says why, and what to do."""


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that it is either the old one or the new one, whatever happens."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".new")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def set_aside(path: Path) -> Path:
    """Move a file to the folder "set-aside" beside it, with the date, so that nothing is lost."""
    stamp = datetime.now().strftime("%Y-%m-%d-%H%M%S")
    folder = path.parent / "set-aside"
    folder.mkdir(exist_ok=True)
    aside = folder / f"{path.stem}-{stamp}{path.suffix}"
    number = 1
    while aside.exists():
        number += 1
        aside = folder / f"{path.stem}-{stamp}-{number}{path.suffix}"
    path.rename(aside)
    return aside


def reason(error: Exception) -> str:
    """Why something went wrong, in a few words: without the path and number that Python adds."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    if isinstance(error, KeyError):
        return f"there is no entry {error}"
    return str(error)


def _moved(path: Path) -> str:
    """Set a file aside and say where; if even that fails, it stays."""
    try:
        aside = set_aside(path)
    except OSError as error:
        return f"it stays where it is, because it could not be set aside ({reason(error)})"
    return f"it was set aside as {aside.relative_to(path.parents[1]).as_posix()}"


@dataclass
class Workspace:
    """The answers and the progress of one reader.

    Without a folder nothing is kept beyond this session: that is how the solved notebooks run.
    `messages` collects what the reader should know, such as a damaged file that was set aside.
    """

    folder: Path | None
    messages: list[str] = field(default_factory=list)
    _answers: dict[str, str] = field(default_factory=dict)
    _progress: dict[str, dict[str, Any]] = field(default_factory=dict)

    def answers(self) -> dict[str, str]:
        """The source of every accepted answer, by exercise."""
        if self.folder is None:
            return dict(self._answers)
        found = {}
        for path in sorted((self.folder / "answers").glob("*.py")):
            if path.name.startswith("."):  # an editor's, or the system's
                continue
            try:
                found[path.stem] = path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                self.put_aside(path.stem, f"it cannot be read ({reason(error)})")
        return found

    def has(self, name: str, source: str) -> bool:
        """Whether this very answer is kept already."""
        return self.answers().get(name) == source

    def keep(self, name: str, source: str, record: dict[str, Any]) -> None:
        """Keep an accepted answer and what is to be remembered of it."""
        if self.folder is None:
            self._answers[name] = source
            self._progress[name] = record
            return
        try:
            write_atomically(self.answer_path(name), source)
            self._write_progress({**self.progress(), name: record})
        except OSError as error:
            raise NotKept(
                f"It could not be kept for later sessions: {reason(error)}, in {self.folder}. "
                "Mend that, then run the check again."
            ) from error

    def forget(self, name: str) -> None:
        """Take an answer back; its file is set aside, not deleted."""
        if self.folder is None:
            self._answers.pop(name, None)
            self._progress.pop(name, None)
            return
        if self.answer_path(name).exists():
            set_aside(self.answer_path(name))
        progress = self.progress()
        if progress.pop(name, None) is not None:
            self._write_progress(progress)

    def progress(self) -> dict[str, dict[str, Any]]:
        """What is remembered of each accepted answer."""
        if self.folder is None:
            return dict(self._progress)
        path = self.folder / "progress.json"
        try:
            exercises = json.loads(path.read_text(encoding="utf-8"))["exercises"]
            if isinstance(exercises, dict) and all(isinstance(v, dict) for v in exercises.values()):
                return exercises
            raise ValueError("not a table of exercises")
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError) as error:
            self.messages.append(
                f"progress.json could not be read ({reason(error)}); {_moved(path)}. Your accepted "
                "answers are separate files and are all still there."
            )
            return {}

    def put_aside(self, name: str, why: str) -> None:
        """Set a kept answer aside that does not work any more, and say so."""
        self.messages.append(
            f"Your kept answer to {name} is not used: {why.rstrip('.')}; "
            f"{_moved(self.answer_path(name))}. The library's own version is used until you "
            "check it again."
        )

    def take_messages(self) -> list[str]:
        """What the reader should know and has not been told yet."""
        told, self.messages = self.messages, []
        return told

    def answer_path(self, name: str) -> Path:
        assert self.folder is not None
        return self.folder / "answers" / f"{name}.py"

    def _write_progress(self, exercises: dict[str, dict[str, Any]]) -> None:
        assert self.folder is not None
        text = json.dumps({"version": 1, "exercises": exercises}, indent=2, sort_keys=True)
        write_atomically(self.folder / "progress.json", text + "\n")


def workspace_here() -> Workspace:
    """The reader's workspace; none for a notebook that runs among the solutions."""
    if "COURSE_WORKSPACE" not in os.environ and Path.cwd() == paths.SOLUTIONS:
        return Workspace(None)
    return Workspace(paths.workspace())
