"""Build the notebooks from the chapters: the student's and the executed solutions.

With --check nothing is written: what would be built is compared with what is there, and any
difference is named. Text is compared exactly; pictures as pictures, because another processor may
round the last digit of a coordinate (see coursekit/pictures.py). For the same reason a build keeps
the stored bytes of a picture that looks as before, so that a second build changes nothing.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from coursekit import paths
from coursekit.changes import changes, settled
from coursekit.chapter import Chapter, chapter_paths, read
from coursekit.execute import execute
from coursekit.markup import ChapterError
from coursekit.notebooks import Cell, cells, solved, student, written
from coursekit.verify import across_chapters, verify

FOLDERS = ("notebooks", "solutions")
KERNELS = 2


@dataclass(frozen=True)
class Built:
    """One notebook as it should be: its file, its text, and the cells it was made of."""

    path: Path
    text: str
    made: list[Cell]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `course build`."""
    parser.add_argument("--week", type=int, metavar="N", help="this week alone")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail if anything would change"
    )


def run(args: argparse.Namespace) -> int:
    """Build or check, and say what happened; 1 if something is wrong."""
    try:
        return build(paths.ROOT, args.week, args.check)
    except ChapterError as error:
        print(error, file=sys.stderr)
        return 1


def build(
    root: Path,
    week: int | None = None,
    check: bool = False,
    say: Callable[[str], None] = lambda line: print(line, flush=True),
) -> int:
    """Build the notebooks of one week or all; the result is the exit status."""
    start = time.perf_counter()
    known = chapter_paths(root)
    if week is not None and week not in known:
        listed = ", ".join(map(str, known)) or "none"
        raise ChapterError(f"there is no chapter for week {week}; there are: {listed}.")
    if not known:
        raise ChapterError("there is no chapter yet: course/weekNN_name/chapter.md.")
    names = {path.parent.name for path in known.values()}
    wrong = [
        f"{path.relative_to(root)}: has no chapter; delete it." for path in _stale(root, names)
    ]
    everything = {number: read(path, root) for number, path in known.items()}
    across_chapters(list(everything.values()))
    chosen = [chapter for number, chapter in everything.items() if week in (None, number)]
    plans: list[tuple[Chapter, list[Cell]]] = []
    for chapter in chosen:
        try:
            made = cells(chapter)
            wrong += verify(chapter, made)
            plans.append((chapter, made))
        except ChapterError as error:
            wrong.append(str(error))
    if not wrong:
        wrong = _all(plans, root, check, say)
    for sentence in wrong:
        print(sentence, file=sys.stderr)
    seconds = time.perf_counter() - start
    say(f"{'failed' if wrong else 'done'} after {seconds:.1f} s")
    return 1 if wrong else 0


def _all(
    plans: list[tuple[Chapter, list[Cell]]], root: Path, check: bool, say: Callable[[str], None]
) -> list[str]:
    """Build every planned chapter, two at a time; the result is what went wrong."""
    speaking = threading.Lock()
    stopped = threading.Event()

    def one(plan: tuple[Chapter, list[Cell]]) -> list[str]:
        chapter, made = plan

        def say_week(line: str) -> None:
            # Spoken after every cell: the place to stop at when the others were interrupted.
            if stopped.is_set():
                raise ChapterError(f"week {chapter.week} was interrupted.")
            with speaking:
                say(f"week {chapter.week:2}: {line}")

        try:
            return _chapter(chapter, made, root, check, say_week)
        except ChapterError as error:
            return [str(error)]

    with ThreadPoolExecutor(min(KERNELS, os.cpu_count() or 1)) as pool:
        try:
            return [sentence for result in pool.map(one, plans) for sentence in result]
        except KeyboardInterrupt:
            stopped.set()
            pool.shutdown(cancel_futures=True)
            raise


def _chapter(
    chapter: Chapter, made: list[Cell], root: Path, check: bool, say: Callable[[str], None]
) -> list[str]:
    say(f"{len(made)} cells, {len(chapter.exercises)} exercises")
    folder = root / "solutions"
    fresh = not folder.exists()
    folder.mkdir(exist_ok=True)
    try:
        solution = solved(made)
        execute(solution, made, folder, say)
    finally:
        if fresh and check:
            folder.rmdir()
    wrong: list[str] = []
    for kind, notebook in zip(FOLDERS, (student(made), solution)):
        path = root / kind / f"{chapter.name}.ipynb"
        stored = path.read_text(encoding="utf-8") if path.exists() else None
        built = Built(path, written(settled(notebook, stored)), made)
        name = path.relative_to(root).as_posix()
        if built.text == stored:
            say(f"{name} is as it was")
        elif check:
            wrong += [f"{name}: {line}" for line in changes(stored, built.text, made)]
        else:
            _write(path, built.text)
            say(f"{name} written")
    return wrong


def _stale(root: Path, names: set[str]) -> list[Path]:
    """Notebooks whose chapter is gone."""
    found = [path for folder in FOLDERS for path in sorted((root / folder).glob("*.ipynb"))]
    return [path for path in found if path.stem not in names]


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8", newline="\n")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
