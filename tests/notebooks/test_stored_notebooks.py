"""What the stored notebooks must hold for nbval to mean anything."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nbformat
import pytest

from coursekit import paths
from coursekit.chapter import chapter_paths, exercises

WEEKS = sorted(chapter_paths())


def notebook(folder: Path, week: int) -> nbformat.NotebookNode:
    name = paths.week_folder(week).name
    return nbformat.read(folder / f"{name}.ipynb", as_version=4)


def code(book: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in book.cells if cell.cell_type == "code"]


def test_there_is_a_week() -> None:
    assert WEEKS, "without a chapter, every test below would pass on nothing"


@pytest.mark.parametrize("week", WEEKS)
def test_solutions_carry_the_output_of_every_check(week: int) -> None:
    # nbval passes on a notebook without outputs, whatever its cells do.
    cells = {cell.id: cell for cell in code(notebook(paths.SOLUTIONS, week))}
    checks = [cell for name, cell in cells.items() if name.endswith("-check")]
    assert len(checks) == len(exercises(week)) > 0
    assert all(cell.outputs for cell in checks)


@pytest.mark.parametrize("week", WEEKS)
def test_solutions_carry_the_output_of_every_cell_that_shows_something(week: int) -> None:
    for cell in code(notebook(paths.SOLUTIONS, week)):
        if shows_something(cell.source):
            assert cell.outputs, cell.id


def shows_something(source: str) -> bool:
    """Tell whether a cell surely has an output: it prints, or draws, at its top level."""
    if source.startswith("%"):
        return False
    calls = [s.value for s in ast.parse(source).body if isinstance(s, ast.Expr)]
    names = [ast.unparse(call.func) for call in calls if isinstance(call, ast.Call)]
    return not {"print", "show", "display", "interactive"}.isdisjoint(names)


@pytest.mark.parametrize("week", WEEKS)
def test_notebooks_for_students_hold_no_output(week: int) -> None:
    for cell in code(notebook(paths.NOTEBOOKS, week)):
        assert cell.outputs == []
        assert cell.execution_count is None


@pytest.mark.parametrize("week", WEEKS)
def test_every_stub_is_asked_for_and_every_solution_answers(week: int) -> None:
    given = {cell.id: cell.source for cell in code(notebook(paths.NOTEBOOKS, week))}
    told = {cell.id: cell.source for cell in code(notebook(paths.SOLUTIONS, week))}
    assert list(given) == list(told)
    answers = [name for name in given if name.endswith("-answer")]
    asked = [re.match(r'@exercise\("(.+)"\)', given[name]) for name in answers]
    assert [match and match[1] for match in asked] == [card.name for card in exercises(week)]
    assert all(given[name].endswith("raise NotImplementedError") for name in answers)
    assert all("raise NotImplementedError" not in told[name] for name in answers)


@pytest.mark.parametrize("week", WEEKS)
@pytest.mark.parametrize("folder", [paths.NOTEBOOKS, paths.SOLUTIONS], ids=lambda p: p.name)
def test_no_cell_ends_in_a_semicolon(folder: Path, week: int) -> None:
    # nbval never finds such a cell's output equal (its issue 194).
    for cell in code(notebook(folder, week)):
        assert not cell.source.rstrip().endswith(";"), cell.id
