"""begin, exercise and check, as a learner meets them: in a plain Python process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from coursekit import chapter, library, paths, session, source
from minitorch import Tensor, blas
from tests.coursekit.learner import EXCHANGED, MUL, Learner, learning

STUB = f'@exercise("ops.mul")\n{source.stub("ops.mul")}'


@pytest.fixture
def learner(tmp_path: Path) -> Iterator[Learner]:
    with learning(tmp_path) as learner:
        yield learner


@pytest.fixture
def mine(fresh_workspace: Path) -> Path:
    return fresh_workspace


def kept(mine: Path, name: str = "ops.mul") -> Path:
    return mine / "answers" / f"{name}.py"


def text(shown: object) -> str:
    """What is shown, on one line."""
    return " ".join(repr(shown).split())


def product() -> float:
    return (Tensor([2.0]) * Tensor([3.0])).item()


# -- one exercise ------------------------------------------------------------------------------


def test_an_accepted_answer_takes_its_place_and_is_kept(learner: Learner, mine: Path) -> None:
    report = learner.answer(MUL)
    assert "accepted" in report.heading
    assert all(passed for passed, _ in report.rows)
    assert set(library.installed()) == {"ops.mul"}
    assert kept(mine).read_text() == MUL.replace('@exercise("ops.mul")\n', "").lstrip()
    record = json.loads((mine / "progress.json").read_text())["exercises"]["ops.mul"]
    assert record["points"] == chapter.exercise("ops.mul").points
    assert record["contract"] == source.stub_hash("ops.mul")


def test_what_to_do_next_is_the_next_exercise(learner: Learner) -> None:
    following = chapter.exercises(1)[chapter.exercise("ops.mul").number]
    assert following.title in text(learner.answer(MUL).next_step)


def test_a_wrong_answer_is_not_kept_and_the_librarys_stays(learner: Learner, mine: Path) -> None:
    report = learner.answer(EXCHANGED)
    assert "not yet, 0 of 3 checks pass" in report.heading
    assert "The factors have changed places" in text(report)
    assert library.installed() == {}
    assert not kept(mine).exists()


def test_a_wrong_answer_leaves_an_earlier_accepted_one_in_place(learner: Learner) -> None:
    learner.answer(MUL)
    report = learner.answer(EXCHANGED)
    assert set(library.installed()) == {"ops.mul"}
    assert "earlier, accepted answer stays" in report.next_step


def test_a_stub_is_not_attempted_and_the_notebook_runs_on(learner: Learner) -> None:
    report = learner.answer(STUB)
    assert "not written yet" in report.heading
    assert report.rows == []
    assert learner.names["mul"] is library.target("ops.mul").original
    assert product() == 6.0


def test_a_stub_after_an_accepted_answer_takes_nothing_away(learner: Learner) -> None:
    learner.answer(MUL)
    learner.answer(STUB)
    assert set(library.installed()) == {"ops.mul"}
    assert product() == 6.0


def test_a_cell_that_was_never_run_is_told_so(learner: Learner) -> None:
    assert "no answer was run" in learner.check("mul").heading


def test_an_answer_that_cannot_be_compiled_is_not_accepted(learner: Learner) -> None:
    report = learner.answer(MUL.replace("return record", "return recrod"))
    assert "not accepted" in report.heading
    assert "`recrod`" in text(report)


def test_a_class_in_place_of_a_function_is_told_so(learner: Learner) -> None:
    assert "`def ...`" in text(learner.answer('@exercise("ops.mul")\nclass mul: ...\n'))


def test_an_interrupted_check_leaves_the_session_usable(learner: Learner) -> None:
    learner.run(MUL.replace("return record", "raise KeyboardInterrupt\n    return record"))
    with pytest.raises(KeyboardInterrupt):
        learner.check("mul")
    assert product() == 6.0
    assert "accepted" in learner.answer(MUL).heading


def test_accepting_the_same_answer_again_keeps_its_first_date(learner: Learner, mine: Path) -> None:
    learner.answer(MUL)
    progress = json.loads((mine / "progress.json").read_text())
    progress["exercises"]["ops.mul"]["accepted"] = "2026-01-02"
    (mine / "progress.json").write_text(json.dumps(progress))
    learner.check("mul")
    record = json.loads((mine / "progress.json").read_text())["exercises"]["ops.mul"]
    assert record["accepted"] == "2026-01-02"


# -- what is called wrongly --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mull", "Did you mean `mul`?"),
        ("ops.mull", "Did you mean `ops.mul`?"),
        ("entirely different", "There is no exercise called `entirely different`."),
        (max, "Write the name of the exercise in quotes"),
    ],
)
def test_a_check_of_something_else_is_a_sentence(learner: Learner, name: str, said: str) -> None:
    assert said in learner.check(name).heading


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ('@exercise("mul")', "Did you mean `ops.mul`?"),
        ('@exercise("ops.mull")', "Did you mean `ops.mul`?"),
        ("@exercise", "Write the name of the exercise"),
    ],
)
def test_an_exercise_with_another_name_is_a_sentence(
    learner: Learner, mark: str, said: str
) -> None:
    with pytest.raises(session.CourseError) as told:
        learner.run(f"{mark}\ndef mul(a, b):\n    return a\n")
    assert said in str(told.value)


def test_a_week_that_is_no_number_is_a_sentence() -> None:
    with pytest.raises(session.CourseError, match=r"Write the week as a number: begin\(1\)"):
        session.begin("1")


@pytest.mark.parametrize("week", [0, 99])
def test_an_unknown_week_is_a_sentence_that_lists_the_known_ones(week: int) -> None:
    with pytest.raises(session.CourseError, match=f"There is no week {week} in this course"):
        session.begin(week)


def test_in_a_notebook_such_an_error_has_no_traceback() -> None:
    error = session.CourseError("One sentence.")
    assert error._render_traceback_() == ["One sentence."]


# -- how it is shown ---------------------------------------------------------------------------


def test_outside_a_notebook_the_report_is_printed(learner: Learner, capsys) -> None:
    learner.run(MUL)
    assert session.check("mul") is None
    assert capsys.readouterr().out.startswith("Exercise 3, `ops.mul`: accepted\n")


@pytest.mark.parametrize(
    ("answer", "name", "points"),
    [
        (MUL, "mul", float(chapter.exercise("ops.mul").points)),
        (EXCHANGED, "mul", 0.0),
        (STUB, "mul", 0.0),
        (MUL.replace("record(", "recrod("), "mul", 0.0),
        ("", "mul", 0.0),
        ("", "no such exercise", 0.0),
    ],
)
def test_under_nbgrader_the_value_of_a_check_is_its_points(
    learner: Learner, monkeypatch, capsys, answer: str, name: str, points: float
) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    learner.run(answer)
    assert session.check(name) == points
    assert capsys.readouterr().out


def test_the_weeks_of_the_course_begin_without_an_answer() -> None:
    for week in paths.weeks():
        assert session.begin(week).heading.startswith(f"Week {week}: ")


def test_a_week_begins_with_one_thread_for_matrix_products(mine: Path) -> None:
    before = blas.count_blas_threads()
    if before is None:
        pytest.skip("NumPy's matrix library cannot be asked for its threads here")
    with blas.blas_threads(2):
        session.begin(1)
        assert blas.count_blas_threads() == 1
