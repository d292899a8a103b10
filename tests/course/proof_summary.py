"""Prints what the proof of the checks has counted, at the end of a run, however it was spread.

A plugin for tests/conftest.py: with pytest-xdist the tests run in other processes, and only their
reports come back here.
"""

from __future__ import annotations

from typing import Any

import pytest

PROPERTY = "proof of the checks"
COLUMNS = ("exercise", "checks", "wrong", "others", "mutants", "equivalent")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    rows = [
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == PROPERTY and getattr(report, "when", "") == "call"
    ]
    if not rows:
        return
    terminalreporter.section("proof of the checks")
    for line in table(sorted(rows, key=lambda row: (row["week"], row["number"]))):
        terminalreporter.write_line(line)


def table(rows: list[dict[str, Any]]) -> list[str]:
    """One line for each exercise, and a total."""
    counted = COLUMNS[1:]
    lines = [["", *COLUMNS]]
    for row in rows:
        lines.append([f"week {row['week']}", row["exercise"], *(str(row[c]) for c in counted)])
    total = [str(sum(row[column] for row in rows)) for column in counted]
    lines.append(["", f"{len(rows)} exercises", *total])
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return [
        "  ".join(
            cell.ljust(width) if i < 2 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    ]
