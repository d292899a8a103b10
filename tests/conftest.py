"""What holds for all tests: no network, no touching of the learner's work, a mark on each."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent / "offline"))

import network_block

# With pytest-xdist the counts come back to this process, which has to know how to print them.
pytest_plugins = ["tests.course.proof_summary"]

KINDS = {"unit", "integration", "slow"}
HERE = Path(__file__).parent


def pytest_configure(config: pytest.Config) -> None:
    """Block the network here and in every Python process that a test starts."""
    network_block.install()
    network_block.inherit(os.environ)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("MPLBACKEND", "agg")
    # A shell starts what runs in its background with Ctrl-C ignored, which children inherit.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # The same examples on every run, and none fails for being slow on a busy machine.
    settings.register_profile("course", deadline=None, derandomize=True)
    settings.load_profile("course")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that says nothing about its kind is a unit test; the proof is not measured.

    Time limits strike there by the hundred, and one that strikes inside coverage's bookkeeping
    leaves that locked for good: the run would hang.
    """
    for item in items:
        if not KINDS & {mark.name for mark in item.iter_markers()}:
            item.add_marker(pytest.mark.unit)
        if item.path.is_relative_to(HERE / "course"):
            item.add_marker(pytest.mark.no_cover)


@pytest.fixture(autouse=True)
def fresh_workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Every test has an empty workspace of its own, never the learner's."""
    folder = tmp_path_factory.mktemp("workspace")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_WORKSPACE", str(folder))
        yield folder
