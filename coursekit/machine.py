"""What this machine has: cores and memory, asked with the standard library alone."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple


class Memory(NamedTuple):
    """An amount of memory, and whether it is what is free or all there is."""

    bytes: int
    kind: str  # "free" or "in all"


def cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory() -> Memory | None:
    """The memory that is free, or all of it where the system does not say; None if unknown."""
    try:
        if sys.platform == "win32":
            return Memory(_windows_memory(), "free")
        if sys.platform == "darwin":
            run = ["/usr/sbin/sysctl", "-n", "hw.memsize"]
            return Memory(int(subprocess.check_output(run, text=True)), "in all")
        return Memory(_available(Path("/proc/meminfo").read_text()), "free")
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def _available(meminfo: str) -> int:
    """The line `MemAvailable:  16311584 kB` of /proc/meminfo, in bytes."""
    for line in meminfo.splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    raise ValueError("/proc/meminfo has no line MemAvailable")


class _MemoryStatus(ctypes.Structure):
    """MEMORYSTATUSEX of the Windows API."""

    _fields_ = (
        ("length", ctypes.c_uint32),
        ("load", ctypes.c_uint32),
        ("total_physical", ctypes.c_uint64),
        ("available_physical", ctypes.c_uint64),
        ("total_page_file", ctypes.c_uint64),
        ("available_page_file", ctypes.c_uint64),
        ("total_virtual", ctypes.c_uint64),
        ("available_virtual", ctypes.c_uint64),
        ("available_extended_virtual", ctypes.c_uint64),
    )


def _windows_memory() -> int:
    status = _MemoryStatus(length=ctypes.sizeof(_MemoryStatus))
    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined, unused-ignore]
    if not kernel.GlobalMemoryStatusEx(ctypes.byref(status)):
        raise OSError("GlobalMemoryStatusEx failed")
    return int(status.available_physical)
