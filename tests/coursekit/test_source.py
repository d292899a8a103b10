"""Stubs and solutions are cut from the library's file, exactly and without importing it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from coursekit import paths
from coursekit.source import SourceError, find, functions, solution, stub, stub_hash
from tests.coursekit.small import SmallCourse


@pytest.fixture
def course(tmp_path: Path) -> SmallCourse:
    return SmallCourse(tmp_path)


def test_a_stub_is_the_signature_and_docstring_as_written(course: SmallCourse) -> None:
    assert stub("ops.total", course.root) == (
        "def total(\n"
        "    values: list[int],  # any number of them\n"
        "    *,\n"
        "    start: int = 0,\n"
        ") -> int:\n"
        '    """Add up `values`, beginning with `start`."""\n'
        "    raise NotImplementedError\n"
    )


def test_a_solution_is_the_definition_with_its_comments(course: SmallCourse) -> None:
    assert "    # One after the other.\n" in solution("ops.total", course.root)
    library = course.library.read_text(encoding="utf-8")
    assert solution("ops.total", course.root) in library


def test_a_method_is_moved_to_the_left_margin(course: SmallCourse) -> None:
    text = solution("ops.Scale.forward", course.root)
    assert text.startswith('def forward(self, values: list[int]) -> list[int]:\n    """')
    assert "        scaled.append(self.factor * value)\n" in text
    assert "\n    y = factor * x\n" in stub("ops.Scale.forward", course.root)


def test_decorators_stay(course: SmallCourse) -> None:
    course.replace("    def forward", "    @staticmethod\n    def forward", course.library)
    assert stub("ops.Scale.forward", course.root).startswith("@staticmethod\ndef forward(")
    found = find("ops.Scale.forward", course.root)
    assert found.line == course.line("@staticmethod", course.library)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('    """Add two numbers."""\n', "", "plus has no docstring"),
        ("def plus(a: int, b: int)", "def plus(a, b: int)", "has no type for a"),
        ("def plus(a: int, b: int) -> int", "def plus(a: int, b: int)", "no type for its result"),
        ("    return a + b\n", "", "no body but its docstring"),
    ],
)
def test_a_function_without_a_contract_is_no_exercise(
    course: SmallCourse, old: str, new: str, said: str
) -> None:
    course.replace(old, new, course.library)
    with pytest.raises(SourceError, match=said):
        stub("ops.plus", course.root)


def test_text_that_the_margin_would_change_is_refused(course: SmallCourse) -> None:
    course.replace(
        "        scaled = []", '        scaled = []\n        """a\n        b"""', course.library
    )
    with pytest.raises(SourceError, match="cannot stand at the left margin"):
        solution("ops.Scale.forward", course.root)


def test_an_unknown_name_suggests_the_closest(course: SmallCourse) -> None:
    with pytest.raises(SourceError, match=r"no function ops\.totl; did you mean ops\.total\?"):
        find("ops.totl", course.root)
    with pytest.raises(SourceError, match=r"write ops\.add for minitorch\.ops\.add"):
        find("minitorch.ops.add", course.root)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    return a + b", "    return b + a  # the other way round"),
        ("def plus(a: int, b: int)", "def plus(\n    a: int,  # one\n    b: int,\n)"),
    ],
)
def test_the_hash_ignores_body_comments_and_layout(course: SmallCourse, old: str, new: str) -> None:
    before = stub_hash("ops.plus", course.root)
    course.replace(old, new, course.library)
    assert stub_hash("ops.plus", course.root) == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Add two numbers.", "Add both numbers."),
        ("def plus(a: int, b: int)", "def plus(a: int, c: int)"),
        ("def plus(a: int, b: int)", "def plus(a: int, b: int = 1)"),
        ("def plus(a: int, b: int)", "def plus(a: int, b: float)"),
    ],
)
def test_the_hash_changes_with_the_contract(course: SmallCourse, old: str, new: str) -> None:
    before = stub_hash("ops.plus", course.root)
    course.replace(old, new, course.library)
    assert stub_hash("ops.plus", course.root) != before


def test_every_documented_function_of_the_real_library_can_be_cut() -> None:
    known = [d for d in functions(paths.ROOT) if ast.get_docstring(d.node) and d.node.returns]
    written = [d.name for d in known if len(d.node.body) > 1]
    assert len(written) > 20
    for name in written:
        assert stub(name).endswith("raise NotImplementedError\n")
        assert ast.parse(solution(name))
