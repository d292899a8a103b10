"""`course status` shows weeks, exercises, points, and which parts of the library are yours."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coursekit import chapter, cli, paths
from coursekit.workspace import Workspace
from tests.coursekit.learner import MUL, learning

CARDS = chapter.exercises(1)
POINTS = sum(card.points for card in CARDS)


@pytest.fixture
def with_mul(tmp_path: Path, fresh_workspace: Path) -> Path:
    """A workspace in which one exercise is solved."""
    with learning(tmp_path) as learner:
        learner.answer(MUL)
    return fresh_workspace


def status(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert cli.main(["status", *words]) == 0
    return capsys.readouterr().out


def test_an_empty_workspace_has_no_points(capsys) -> None:
    text = status(capsys)
    assert f"0 of {len(CARDS)} exercises" in text
    total = sum(card.points for week in paths.weeks() for card in chapter.exercises(week))
    assert text.endswith(f"Together 0 of {total} points.\n")


def test_a_solved_exercise_is_listed_with_its_points_and_date(capsys, with_mul: Path) -> None:
    card = chapter.exercise("ops.mul")
    text = status(capsys)
    assert f"1 of {len(CARDS)} exercises    {card.points} of {POINTS} points" in text
    record = json.loads((with_mul / "progress.json").read_text())["exercises"]["ops.mul"]
    (line,) = [line for line in text.splitlines() if " ops.mul " in line]
    assert line.endswith(f"{card.points} points  yours since {record['accepted']}")


def test_one_week_is_shown_exercise_by_exercise(capsys, with_mul: Path) -> None:
    lines = status(capsys, "1").splitlines()
    assert len(lines) == 1 + len(CARDS)
    assert sum(line.endswith("the library's") for line in lines) == len(CARDS) - 1


def test_an_exercise_that_has_changed_is_told(capsys, with_mul: Path) -> None:
    progress = json.loads((with_mul / "progress.json").read_text())
    progress["exercises"]["ops.mul"]["contract"] = "another"
    (with_mul / "progress.json").write_text(json.dumps(progress))
    assert "the exercise has changed since: check it again" in status(capsys)


def test_an_answer_without_a_record_is_still_yours(capsys, with_mul: Path) -> None:
    (with_mul / "progress.json").unlink()
    (line,) = [line for line in status(capsys).splitlines() if " ops.mul " in line]
    assert line.endswith("yours")


def test_a_damaged_file_is_told_and_set_aside(capsys, with_mul: Path) -> None:
    (with_mul / "progress.json").write_text("{")
    assert "progress.json could not be read" in status(capsys)
    assert list((with_mul / "set-aside").iterdir())


def test_an_unknown_week_is_a_sentence(capsys) -> None:
    assert cli.main(["status", "77"]) == 2
    out = "".join(capsys.readouterr())
    assert "There is no week 77 in this course" in out


def test_looking_at_the_status_changes_no_file(capsys, with_mul: Path) -> None:
    before = {file: file.read_bytes() for file in with_mul.rglob("*") if file.is_file()}
    status(capsys)
    assert {file: file.read_bytes() for file in with_mul.rglob("*") if file.is_file()} == before
    assert Workspace(with_mul).messages == []
