"""Keeping memory changes how fast arrays are made, and nothing else."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource
import numpy as np
from minitorch.memory import keep_memory

kept = {kept} and keep_memory()
sums, faults = [], []
for _ in range(30):
    arrays = [np.full(500_000, number, np.float32) for number in range(8)]
    sums.append(float(sum(array.sum() for array in arrays)))
    del arrays
    faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
print(kept, set(sums), faults[-1] - faults[9])
"""


def run(kept: bool) -> tuple[bool, str, int]:
    """Make and free arrays in a process of its own: was it set, the sums, the late page faults."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(kept=kept)],
        capture_output=True,
        text=True,
        check=True,
    )
    was_set, rest = done.stdout.strip().split(" ", 1)
    sums, faults = rest.rsplit(" ", 1)
    return was_set == "True", sums, int(faults)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has the setting")
def test_kept_memory_is_used_again_without_a_page_fault_and_computes_the_same() -> None:
    was_set, sums, faults = run(kept=True)
    not_set, expected, more_faults = run(kept=False)
    assert was_set
    assert not not_set
    assert sums == expected
    assert faults < 100
    assert more_faults > 1000  # otherwise this test shows nothing


@pytest.mark.parametrize("missing", [OSError, TypeError, AttributeError])
def test_elsewhere_nothing_happens(
    missing: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    from minitorch import memory

    def no_library(name: None) -> None:
        raise missing("no such thing here")

    monkeypatch.setattr(memory.ctypes, "CDLL", no_library)
    assert memory.keep_memory() is False
