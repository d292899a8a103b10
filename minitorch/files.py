"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from minitorch.folder_saves import flush

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # no room: on the disk, or in what is allowed


def replace_file(path: Path, content: bytes) -> None:
    """Write a file; whoever opens it meanwhile, or after a crash, finds the old or the new one.

    The content lies on the disk before the name points to it. If that fails, the old file stays
    as it was and nothing is left beside it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    flush(path.parent)
