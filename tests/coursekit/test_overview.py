"""The overview at the beginning of a week shows what is whose, in all weeks so far."""

from __future__ import annotations

from pathlib import Path

import pytest

from coursekit import chapter, library, paths
from coursekit.overview import overview
from coursekit.workspace import Workspace
from tests.coursekit.learner import MUL, learning


@pytest.fixture
def workspace(tmp_path: Path, fresh_workspace: Path) -> Workspace:
    return Workspace(fresh_workspace)


def test_nothing_is_the_learners_at_first(workspace: Workspace) -> None:
    text = repr(overview(workspace, 1))
    assert text.startswith(f"Week 1: {chapter.title(1)}\n")
    assert f"0 of {len(chapter.exercises(1))} exercises are yours" in text


def test_what_is_in_place_is_listed(workspace: Workspace, tmp_path: Path) -> None:
    with learning(tmp_path) as learner:
        learner.answer(MUL)
        shown = overview(workspace, 1)
    assert "yours: ops.mul" in repr(shown)
    assert "<code>ops.mul</code>" in shown._repr_html_()


def test_later_weeks_are_not_shown(workspace: Workspace) -> None:
    for week in paths.weeks():
        assert len(overview(workspace, week).weeks) == paths.weeks().index(week) + 1


def test_a_solved_notebook_says_that_nothing_is_kept() -> None:
    assert overview(Workspace(None), 1).messages == [
        "This is a solved notebook: nothing is kept from it."
    ]


def test_messages_are_shown_in_both_forms(workspace: Workspace) -> None:
    workspace.messages.append("The file `x` was < set aside.")
    shown = overview(workspace, 1)
    assert "The file `x` was < set aside." in repr(shown)
    assert "The file <code>x</code> was &lt; set aside." in shown._repr_html_()


def test_looking_changes_nothing(workspace: Workspace) -> None:
    before = library.installed()
    overview(workspace, 1)
    assert library.installed() == before
    assert list(workspace.folder.iterdir()) == []
