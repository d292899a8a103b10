"""What a chapter says is read with its line; what is wrong in it is one sentence with its place."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import jupytext
import pytest

from coursekit import paths
from coursekit.chapter import (
    Code,
    chapter_paths,
    exercise,
    exercises,
    read,
    short_names,
)
from coursekit.markup import ChapterError
from tests.coursekit.small import CHAPTER, SmallCourse


@pytest.fixture
def course(tmp_path: Path) -> SmallCourse:
    return SmallCourse(tmp_path)


def test_an_exercise_has_its_card_and_its_line(course: SmallCourse) -> None:
    add, total, forward = exercises(1, course.root)
    assert (add.name, add.title) == ("ops.add", "Adding lists")
    assert (add.difficulty, add.importance, add.minutes) == (2, 5, 10)
    assert (add.number, total.number, forward.number) == (1, 2, 3)
    assert add.line == course.line("{exercise} ops.add")
    assert add.text.place.line == course.line("Add two lists.")


def test_points_are_the_difficulty_unless_given(course: SmallCourse) -> None:
    assert [card.points for card in exercises(1, course.root)] == [2, 4, 1]


def test_every_code_cell_knows_the_line_where_its_code_starts(course: SmallCourse) -> None:
    lines = course.chapter.read_text(encoding="utf-8").splitlines()
    codes = [block for block in read(course.chapter, course.root).blocks if isinstance(block, Code)]
    assert codes
    for block in codes:
        assert lines[block.place.line - 1] == block.source.splitlines()[0]


@pytest.mark.parametrize(
    ("old", "new", "where", "said"),
    [
        (":minutes: 10", ":minute: 10", ":minute: 10", "did you mean 'minutes'?"),
        (":minutes: 10", ":color: red", ":color: red", "has no option 'color'"),
        (":title: Scaling", ":title:", "ops.Scale.forward", "has no title"),
        (":difficulty: 2", ":difficulty: 6", "ops.add", "whole number from 1 to 5, not '6'"),
        (":difficulty: 2", ":difficulty: two", "ops.add", "not 'two'"),
        (":importance: 5\n", "", "ops.add", "importance of ops.add"),
        (":minutes: 10", ":minutes: 10\n:minutes: 9", ":minutes: 9", "given twice"),
        ("ops.total", "ops.add", "{exercise} ops.add", "is an exercise already, at line"),
        ("{exercise} ops.total", "{exercise} total", "} total", "not 'total'"),
        ("From left to right.\n", "", "ops.total", "has no text"),
        (":::{answer} Why", "::: Why", "::: Why", "without a {name}"),
        ("```{code-cell}\nfigure", "```{figure}\nfigure", "```{figure}", "between backticks"),
        ("\n:::{note}", "\n- :::{note}", "- :::{note}", "in a list"),
    ],
)
def test_a_mistake_is_named_with_its_line(
    course: SmallCourse, old: str, new: str, where: str, said: str
) -> None:
    course.replace(old, new)
    with pytest.raises(ChapterError) as error:
        read(course.chapter, course.root)
    message = str(error.value)
    lines = course.chapter.read_text(encoding="utf-8").splitlines()
    places = [f"{CHAPTER}:{n}: " for n, line in enumerate(lines, 1) if where in line]
    assert message.startswith(tuple(places))
    assert said in message
    assert "\n" not in message


def test_a_block_that_is_never_closed_is_named(course: SmallCourse) -> None:
    course.append("```{code-cell}\n1 + 1")
    with pytest.raises(ChapterError, match="never closed"):
        read(course.chapter, course.root)


def test_an_unknown_exercise_suggests_the_closest(course: SmallCourse) -> None:
    with pytest.raises(LookupError, match=r"Did you mean ops\.total\?"):
        exercise("ops.totl", course.root)
    assert exercise("ops.total", course.root).number == 2


def test_a_short_name_is_the_last_part_unless_two_share_it(course: SmallCourse) -> None:
    course.append(
        "::::{exercise} nn.total\n:title: T\n:difficulty: 1\n:importance: 1\n:minutes: 1\n\nT.\n"
        "::::"
    )
    names = short_names(exercises(1, course.root))
    assert names["ops.add"] == "add"
    assert (names["ops.total"], names["nn.total"]) == ("ops.total", "nn.total")


def test_an_edited_chapter_is_read_anew(course: SmallCourse) -> None:
    assert exercises(1, course.root)[0].title == "Adding lists"
    course.replace("Adding lists", "Adding lists, now with another title")
    assert exercises(1, course.root)[0].title.endswith("another title")


def test_jupytext_reads_the_same_code_cells(course: SmallCourse) -> None:
    # The chapters open as notebooks in JupyterLab: what is run there is what is built.
    for path, root in [(course.chapter, course.root)] + [
        (path, paths.ROOT) for path in chapter_paths().values()
    ]:
        opened = jupytext.read(path, fmt="md:myst")
        sources = [cell.source.rstrip() for cell in opened.cells if cell.cell_type == "code"]
        blocks = read(path, root).blocks
        assert sources == [block.source for block in blocks if isinstance(block, Code)]


def test_reading_a_chapter_imports_neither_jupytext_nor_nbformat() -> None:
    code = (
        "import coursekit.chapter, sys; sys.exit(bool({'jupytext', 'nbformat'} & {*sys.modules}))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=paths.ROOT).returncode == 0
