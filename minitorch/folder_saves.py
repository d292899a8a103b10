"""Files of one folder that change together: a crash leaves all of the old ones or all of the new.

New files are written aside, in `.saving`. Renaming that folder to `.saved` is the one moment from
which they count; then they move to their places. What a crash left in `.saved` still counts
before a file of the same name in the folder itself, and the next save moves it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SAVING, SAVED = ".saving", ".saved"


@contextmanager
def replacing_files(folder: Path) -> Iterator[Path]:
    """Yield an empty folder: what is written there is in `folder` at the end, all or nothing.

    An error inside leaves `folder` as it was. Its other files stay as they are. Only one process
    at a time may save into a folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    finish(folder)
    draft = folder / SAVING
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    try:
        yield draft
        for path in draft.iterdir():
            flush(path)
        flush(draft)
        draft.rename(folder / SAVED)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)  # a full disk has room again
        raise
    flush(folder)
    finish(folder)


def newest(folder: Path, name: str) -> Path:
    """Return where the file `name` of a folder is, even after a save that was interrupted."""
    waiting = folder / SAVED / name
    return waiting if waiting.exists() else folder / name


def finish(folder: Path) -> None:
    """Move what an interrupted save left waiting to its place."""
    saved = folder / SAVED
    if saved.is_dir():
        for path in sorted(saved.iterdir()):
            path.replace(folder / path.name)
        flush(folder)
        saved.rmdir()


def flush(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    if path.is_dir() and os.name == "nt":
        return  # Windows cannot open a folder, and writes its names at once
    number = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(number)
    finally:
        os.close(number)
