"""A student's notebook asks for the library's function and does not give it away."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from coursekit.chapter import read
from coursekit.notebooks import Cell, cells
from coursekit.source import find
from coursekit.verify import telling_lines, verify
from tests.coursekit.small import CHAPTER, SmallCourse


@pytest.fixture
def course(tmp_path: Path) -> SmallCourse:
    return SmallCourse(tmp_path)


def found(course: SmallCourse) -> list[str]:
    chapter = read(course.chapter, course.root)
    return verify(chapter, cells(chapter))


def with_stub(course: SmallCourse, old: str, new: str) -> list[str]:
    """What is found when one stub is not what it should be."""
    chapter = read(course.chapter, course.root)

    def spoiled(cell: Cell) -> Cell:
        return replace(cell, text=cell.text.replace(old, new)) if cell.id == "add-answer" else cell

    return verify(chapter, [spoiled(cell) for cell in cells(chapter)])


def test_a_clean_chapter_gives_nothing_away(course: SmallCourse) -> None:
    assert found(course) == []


@pytest.mark.parametrize(
    "leak",
    [
        "```{code-cell}\na = b = []\n[x + y for x, y in zip(a, b, strict=True)]\n"
        "def again():\n    return [x + y for x, y in zip(a, b, strict=True)]\n```",
        "```{code-cell}\ndef again():\n    return [\n        x+y for x,y\n"
        "        in zip(a, b, strict = True)\n    ]  # the same\n```",
        "It comes down to `return [x + y for x, y in zip(a, b, strict=True)]`.",
        "    for x in y:\n        scaled.append(self.factor * value)",
        "```{code-cell}\nscaled.append(self.factor * value)\n```",
        ":::{answer} How\nreturn [x + y for x, y in zip(a, b, strict=True)]\n:::",
    ],
)
def test_a_line_of_an_answer_is_found_wherever_it_stands(course: SmallCourse, leak: str) -> None:
    course.append(leak)
    (sentence,) = found(course)
    assert sentence.startswith(f"{CHAPTER}:")
    assert "gives away a line of the answer to ops." in sentence


def test_a_hint_may_not_hold_the_answer_either(course: SmallCourse) -> None:
    course.replace("Give it `strict=True`.", "`return [x + y for x, y in zip(a, b, strict=True)]`")
    assert "gives away a line" in found(course)[0]


def test_the_leaks_line_is_named(course: SmallCourse) -> None:
    course.append("```{code-cell}\nx = 1\nscaled.append(self.factor * value)\n```")
    line = course.line("scaled.append")
    assert found(course)[0].startswith(f"{CHAPTER}:{line}: ")


def test_lines_that_teach_nothing_do_not_count(course: SmallCourse) -> None:
    assert telling_lines(find("ops.total", course.root)) == {"result = plus ( result , value )"}
    course.append("```{code-cell}\nvalues = []\nfor value in values:\n    print(value)\n```")
    assert found(course) == []


def test_lines_of_functions_that_nobody_is_asked_for_do_not_count(course: SmallCourse) -> None:
    course.append("```{code-cell}\nresult = plus(result, value)\n```")
    assert len(found(course)) == 1
    library = course.library.read_text(encoding="utf-8")
    given = "\n\ndef given(result, value):\n    result = plus(result, value)\n    return result\n"
    course.library.write_text(library + given, encoding="utf-8")
    assert found(course) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    raise NotImplementedError", "    return a", "body of its own"),
        (
            "    raise NotImplementedError",
            "    a = b\n    raise NotImplementedError",
            "body of its",
        ),
        ("Add two lists", "Add lists", "another docstring"),
        ("b: list[int]", "c: list[int]", "another signature"),
    ],
)
def test_a_stub_that_is_not_the_solution_without_its_body_is_found(
    course: SmallCourse, old: str, new: str, said: str
) -> None:
    assert any(said in sentence for sentence in with_stub(course, old, new))
