"""`course reset N` sets the learner's notebook aside and gives a fresh one; nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from coursekit import cli, paths, workspace
from tests.coursekit.learner import MUL, learning

NAME = paths.week_notebook(1).name


@pytest.fixture
def worked_on(tmp_path: Path, fresh_workspace: Path) -> Path:
    """A workspace with a notebook that was written in, and an accepted answer."""
    with learning(tmp_path) as learner:
        learner.answer(MUL)
    (fresh_workspace / NAME).write_text("the learner's work")
    return fresh_workspace


def reset(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    status = cli.main(["reset", *words])
    return status, "".join(capsys.readouterr())


def test_the_old_notebook_is_set_aside_and_a_fresh_one_given(capsys, worked_on: Path) -> None:
    status, out = reset(capsys, "1")
    assert status == 0
    assert (worked_on / NAME).read_bytes() == paths.week_notebook(1).read_bytes()
    (aside,) = (worked_on / "set-aside").iterdir()
    assert aside.read_text() == "the learner's work"
    assert aside.name in out
    assert aside.stem.startswith(paths.week_notebook(1).stem + "-20")


def test_accepted_answers_stay(capsys, worked_on: Path) -> None:
    reset(capsys, "1")
    assert (worked_on / "answers" / "ops.mul.py").exists()


def test_answers_are_taken_back_when_asked_for(capsys, worked_on: Path) -> None:
    _, out = reset(capsys, "1", "--answers")
    assert "1 accepted answer was set aside" in out
    assert workspace.Workspace(worked_on).answers() == {}
    (aside,) = (worked_on / "answers" / "set-aside").iterdir()
    assert "return record" in aside.read_text()


def test_resetting_twice_keeps_both(capsys, worked_on: Path) -> None:
    reset(capsys, "1")
    (worked_on / NAME).write_text("more work")
    reset(capsys, "1")
    texts = {path.read_text() for path in (worked_on / "set-aside").iterdir()}
    assert texts == {"the learner's work", "more work"}


def test_the_first_time_there_is_nothing_to_set_aside(capsys, fresh_workspace: Path) -> None:
    status, _ = reset(capsys, "1")
    assert status == 0
    assert (fresh_workspace / NAME).exists()
    assert not (fresh_workspace / "set-aside").exists()


def test_without_a_fresh_one_the_old_one_stays(
    capsys, worked_on: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(paths, "NOTEBOOKS", tmp_path / "none")
    status, out = reset(capsys, "1")
    assert status == 1
    assert "`course build --week 1` makes it" in out
    assert (worked_on / NAME).read_text() == "the learner's work"


def test_a_folder_that_cannot_be_written_is_a_sentence(capsys, worked_on: Path) -> None:
    (worked_on / "set-aside").write_text("a file where a folder should be")
    status, out = reset(capsys, "1")
    assert status == 1
    assert out.count("\n") == 1
    assert "file exists" in out
    assert (worked_on / NAME).read_text() == "the learner's work"


def test_an_unknown_week_is_a_sentence(capsys) -> None:
    assert reset(capsys, "77")[0] == 2
