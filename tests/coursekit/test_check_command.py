"""`course check N` judges what stands in the notebook, or was kept before, from a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from coursekit import chapter, cli, library, paths, source
from coursekit.check_command import answers_in
from tests.coursekit.learner import EXCHANGED, MUL, forget_everything

NAME = paths.week_notebook(1).name
CARDS = chapter.exercises(1)
SUM = f'@exercise("ops.sum")\n{source.solution("ops.sum")}'
STUB = f'@exercise("ops.mul")\n{source.stub("ops.mul")}'


@pytest.fixture(autouse=True)
def library_as_it_came() -> Iterator[None]:
    forget_everything()
    yield
    forget_everything()


def notebook(folder: Path, *cells: str) -> Path:
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    path = folder / NAME
    path.write_text(nbformat.writes(made), encoding="utf-8")
    return path


def check(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    status = cli.main(["check", "1", *words])
    return status, capsys.readouterr().out


def test_the_answers_in_a_notebook_are_judged_and_kept(capsys, fresh_workspace: Path) -> None:
    notebook(fresh_workspace, "import numpy as np", MUL, SUM)
    status, out = check(capsys)
    assert status == 1
    assert "`ops.mul`: accepted" in out
    assert "`ops.add`: not written yet" in out
    assert out.endswith(f"2 of {len(CARDS)} exercises of week 1 accepted.\n")
    kept = {path.name for path in (fresh_workspace / "answers").glob("*.py")}
    assert kept == {"ops.mul.py", "ops.sum.py"}


def test_a_wrong_answer_is_diagnosed(capsys, fresh_workspace: Path) -> None:
    notebook(fresh_workspace, EXCHANGED)
    assert "The factors have changed places" in " ".join(check(capsys)[1].split())


def test_everything_solved_is_success(capsys, fresh_workspace: Path) -> None:
    solved = [f'@exercise("{card.name}")\n{source.solution(card.name)}' for card in CARDS]
    notebook(fresh_workspace, *solved)
    status, out = check(capsys)
    assert status == 0, out


def test_without_a_notebook_what_was_kept_is_judged(capsys, fresh_workspace: Path) -> None:
    notebook(fresh_workspace, MUL).rename(fresh_workspace / "elsewhere.ipynb")
    (fresh_workspace / "answers").mkdir()
    kept = "# my own comment\n" + source.solution("ops.mul")
    (fresh_workspace / "answers" / "ops.mul.py").write_text(kept)
    _, out = check(capsys)
    assert "`ops.mul`: accepted" in out
    assert (fresh_workspace / "answers" / "ops.mul.py").read_text() == kept


def test_a_stub_in_the_notebook_does_not_hide_a_kept_answer(capsys, fresh_workspace: Path) -> None:
    notebook(fresh_workspace, MUL)
    check(capsys)
    notebook(fresh_workspace, STUB)
    assert "`ops.mul`: accepted" in check(capsys)[1]


def test_of_two_cells_with_one_exercise_the_last_counts(capsys, fresh_workspace: Path) -> None:
    notebook(fresh_workspace, EXCHANGED, MUL)
    assert "`ops.mul`: accepted" in check(capsys)[1]


def test_a_cell_that_is_not_python_is_told_with_its_line(capsys, fresh_workspace: Path) -> None:
    notebook(fresh_workspace, MUL.replace("return record", "return return"))
    out = " ".join(check(capsys)[1].split())
    assert "`ops.mul`: not accepted Line 9 is not Python" in out


def test_the_names_of_a_library_module_are_all_there_are(capsys, fresh_workspace: Path) -> None:
    notebook(fresh_workspace, MUL.replace("record(", "helper("))
    assert "`helper` is not defined" in check(capsys)[1]


def test_what_was_checked_is_shown_when_asked_for(capsys, fresh_workspace: Path) -> None:
    notebook(fresh_workspace, MUL)
    assert "ok  the product and both gradients" not in check(capsys)[1]
    assert "ok  the product and both gradients" in check(capsys, "--verbose")[1]


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"cells": 3}', '{"cells": [{}]}'])
def test_a_notebook_that_cannot_be_read_is_a_sentence(
    capsys, fresh_workspace: Path, damage: str
) -> None:
    (fresh_workspace / NAME).write_text(damage)
    status, out = check(capsys)
    assert status == 2
    assert "is not a notebook that can be read" in out


def test_an_unknown_week_is_a_sentence(capsys) -> None:
    assert cli.main(["check", "77"]) == 2
    assert "There is no week 77" in "".join(capsys.readouterr())


def test_an_answer_that_cannot_be_kept_is_told(capsys, fresh_workspace: Path) -> None:
    (fresh_workspace / "answers").write_text("a file where a folder should be")
    notebook(fresh_workspace, MUL)
    out = check(capsys)[1]
    assert "`ops.mul`: accepted" in out
    assert "It could not be kept for later sessions" in out


def test_answers_are_found_by_their_mark_and_not_by_metadata(tmp_path: Path) -> None:
    """Metadata is lost and doubled on the way; the mark is part of what is run."""
    path = notebook(tmp_path, "x = 1", "# @exercise('ops.add')\ny = 2", MUL, "%matplotlib inline")
    data = json.loads(path.read_text())
    for cell in data["cells"]:
        cell["metadata"] = {"nbgrader": {"grade_id": "the same everywhere"}}
    path.write_text(json.dumps(data))
    assert set(answers_in(path)) == {"ops.mul"}


def test_the_library_is_the_learners_only_meanwhile(capsys, fresh_workspace: Path) -> None:
    notebook(fresh_workspace, MUL)
    check(capsys)
    assert set(library.installed()) == {"ops.mul"}
