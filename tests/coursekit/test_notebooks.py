"""What a chapter becomes: cards, stubs, solutions, ids and metadata."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

from coursekit import paths
from coursekit.chapter import chapter_paths, read
from coursekit.markup import ChapterError
from coursekit.notebooks import Cell, cells, solved, student, written
from tests.coursekit.small import CHAPTER, SmallCourse


@pytest.fixture
def course(tmp_path: Path) -> SmallCourse:
    return SmallCourse(tmp_path)


def made(course: SmallCourse) -> dict[str, Cell]:
    return {cell.id: cell for cell in cells(read(course.chapter, course.root))}


def test_cells_are_named_after_their_heading_or_exercise(course: SmallCourse) -> None:
    assert list(made(course)) == [
        *("sums-1", "sums-2", "entry-by-entry-1", "add-text", "add-answer", "add-check"),
        *("entry-by-entry-2", "all-together-1", "total-text", "total-answer", "total-check"),
        *("forward-text", "forward-answer", "forward-check", "all-together-2"),
    ]


def test_a_card_reads_well_as_plain_text(course: SmallCourse) -> None:
    assert made(course)["add-text"].text == (
        "### Exercise 1 · Adding lists\n"
        "\n"
        "*difficulty ●●○○○ · importance ●●●●● · about 10 minutes · 2 points*\n"
        "\n"
        "Add two lists. Mind their lengths.\n"
        "\n"
        "<details><summary><code>zip</code> stops early</summary>\n"
        "\n"
        "Give it `strict=True`.\n"
        "\n"
        "</details>"
    )
    assert "about 1 minute · 4 points" in made(course)["total-text"].text
    assert "about 5 minutes · 1 point*" in made(course)["forward-text"].text


def test_admonitions_become_what_jupyterlab_shows(course: SmallCourse) -> None:
    text = made(course)["sums-1"].text
    assert "> **Note**\n>\n> An empty list adds up to nothing" in text
    answer = made(course)["all-together-1"].text
    assert answer.startswith("<details><summary>Why not a set?</summary>\n\nA set forgets")
    assert ":::" not in text + answer


def test_remarks_for_authors_are_left_out(course: SmallCourse) -> None:
    assert all("remark" not in cell.text for cell in made(course).values())


def test_the_answer_is_a_stub_here_and_the_library_there(course: SmallCourse) -> None:
    chapter = cells(read(course.chapter, course.root))
    given = {cell.id: cell for cell in student(chapter).cells}
    told = {cell.id: cell for cell in solved(chapter).cells}
    assert given["add-answer"].source.startswith('@exercise("ops.add")\ndef add(')
    assert given["add-answer"].source.endswith("    raise NotImplementedError")
    assert told["add-answer"].source.endswith("for x, y in zip(a, b, strict=True)]")
    assert given["add-check"].source == told["add-check"].source == 'check("add")'
    assert told["add-answer"].metadata.tags == ["hide-input"]
    assert "tags" not in given["add-answer"].metadata


def test_nbgrader_accepts_both_notebooks(course: SmallCourse) -> None:
    v3 = pytest.importorskip("nbgrader.nbgraderformat.v3")
    chapter = cells(read(course.chapter, course.root))
    for notebook in (student(chapter), solved(chapter)):
        v3.MetadataValidatorV3().validate_nb(notebook)
        marks = {cell.id: cell.metadata.get("nbgrader") for cell in notebook.cells}
        assert marks["total-check"] == {
            **{"grade": True, "grade_id": "total-check", "locked": True, "points": 4},
            **{"schema_version": 3, "solution": False, "task": False},
        }
        assert marks["total-answer"] == {
            **{"grade": False, "grade_id": "total-answer", "locked": False},
            **{"schema_version": 3, "solution": True, "task": False},
        }
        assert marks["sums-1"] is None


def test_both_notebooks_are_valid_and_the_same_each_time(course: SmallCourse) -> None:
    texts = []
    for _ in range(2):
        notebook = student(cells(read(course.chapter, course.root)))
        nbformat.validate(notebook)
        texts.append(written(notebook))
    assert texts[0] == texts[1]
    assert '"version": "3.' not in texts[0]
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", cell.id) for cell in notebook.cells)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{exercise} ops.add", "{exercise} ops.ad", "did you mean ops.add"),
        (":::{note}", ":::{notes}", "{notes} is no block"),
        (":::{note}", "::::{note}", "needs more colons"),
        (":::{note}", ":::{admonition}", "needs a title"),
        (":::{hint} `zip` stops early", ":::{hint} $x$", "math in the title"),
        ("% A remark for the authors.", "(label)=", "link to the heading"),
        ('figure(alt="A falling line.")', '_ = figure(alt="A falling line.");', "ends in `;`"),
        ('figure(alt="A falling line.")', '@exercise("a.b")\ndef f(): ...', "by hand"),
        ('figure(alt="A falling line.")', "1 +", "no Python"),
        (":tags: [hide-input]", ":tags: hide-input", "tags are a list"),
        (":tags: [hide-input]", ":tags: [nbval-skip]", "nbval-skip"),
    ],
)
def test_what_a_notebook_cannot_hold_is_an_error_with_its_line(
    course: SmallCourse, old: str, new: str, said: str
) -> None:
    course.replace(old, new)
    with pytest.raises(ChapterError, match=said) as error:
        made(course)
    assert re.match(rf"{CHAPTER}:\d+: ", str(error.value))


def test_no_cell_of_the_course_ends_in_a_semicolon() -> None:
    # cells() raises for one: reading every chapter is the test.
    for path in chapter_paths(paths.ROOT).values():
        assert cells(read(path))
