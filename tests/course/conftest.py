"""Prints the proof's counts when these tests run in this process; see proof_summary.py."""

from __future__ import annotations

import pytest

from tests.course import proof_summary


def pytest_configure(config: pytest.Config) -> None:
    name = proof_summary.__name__
    if not config.pluginmanager.has_plugin(name):
        config.pluginmanager.register(proof_summary, name)
