"""Memory that is freed and soon wanted again stays with the process."""

from __future__ import annotations

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # what glibc's mallopt calls the two settings
_LARGEST_MMAP_THRESHOLD = 1 << 25  # 32 MiB; glibc refuses more
_NEVER = (1 << 31) - 1


def keep_memory() -> bool:
    """Let the process keep the memory that it frees, for the arrays it makes next.

    Each training step makes and frees the same large arrays. By default the C library gives such
    memory back to the system at once, and the system fills every new page with zeros before it
    lends it out again, which can take a sixth of a step. Afterwards the process stays as large
    as it ever was, until it ends.

    Returns True if the setting was made. Only glibc, the C library of most Linux systems, has it;
    elsewhere nothing happens, and the result is False.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, TypeError, AttributeError):  # Windows has no such library, macOS no such name
        return False
    was_set = mallopt(_MMAP_THRESHOLD, _LARGEST_MMAP_THRESHOLD)
    return bool(was_set and mallopt(_TRIM_THRESHOLD, _NEVER))
