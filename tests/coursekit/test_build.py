"""A build of a small course: what is executed, kept, compared and refused."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import nbformat
import pytest

from coursekit import paths
from coursekit.build import build
from coursekit.markup import ChapterError
from tests.coursekit.small import CHAPTER, SmallCourse

pytestmark = pytest.mark.integration

NOTEBOOK = "notebooks/week01_sums.ipynb"
SOLUTION = "solutions/week01_sums.ipynb"


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallCourse:
    small = SmallCourse(tmp_path)
    # The network stays blocked in the kernel by what is on the path already.
    monkeypatch.setenv("PYTHONPATH", str(small.root), prepend=os.pathsep)
    monkeypatch.setenv("COURSE_WORKSPACE", str(tmp_path / "workspace"))
    return small


@pytest.fixture
def shown() -> list[str]:
    return []


def files(course: SmallCourse) -> dict[str, bytes]:
    return {
        path.relative_to(course.root).as_posix(): path.read_bytes()
        for path in sorted(course.root.glob("*/*.ipynb"))
    }


def edited(course: SmallCourse, file: str, old: str, new: str) -> None:
    path = course.root / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_build_writes_both_and_a_second_changes_no_byte(
    course: SmallCourse, shown: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert build(course.root, say=shown.append) == 0
    first = files(course)
    assert list(first) == [NOTEBOOK, SOLUTION]
    assert [p.name for p in (course.root / "solutions").iterdir()] == ["week01_sums.ipynb"]
    assert build(course.root, week=1, say=shown.append) == 0
    assert files(course) == first
    assert any(re.search(r"week  1: cell 2 of 15, \d+\.\d s", line) for line in shown)

    student = nbformat.reads(first[NOTEBOOK].decode(), as_version=4)
    assert not any(cell.get("outputs") for cell in student.cells)
    solution = {c.id: c for c in nbformat.reads(first[SOLUTION].decode(), as_version=4).cells}
    assert solution["entry-by-entry-2"].outputs[0].data["text/plain"] == "[3]"
    assert solution["all-together-2"].metadata.mystnb.image.alt == "A falling line."
    counts = [c.execution_count for c in solution.values() if c.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))

    # And what is there is what --check expects, until something differs.
    assert build(course.root, check=True, say=shown.append) == 0
    edited(course, SOLUTION, "[3]", "[4]")
    edited(course, NOTEBOOK, "Lists add up.", "Lists add.")
    assert build(course.root, check=True, say=shown.append) == 1
    said = capfd.readouterr().err
    at = course.line("ops.add([1], [2])")
    assert f"{SOLUTION}: cell entry-by-entry-2 ({CHAPTER}:{at}) differs" in said
    assert f"{NOTEBOOK}: cell sums-1 ({CHAPTER}:" in said
    assert "-Lists add." in said
    assert "+Lists add up." in said


def test_a_pictures_rounding_is_kept_and_its_change_is_not(
    course: SmallCourse, shown: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert build(course.root, say=shown.append) == 0
    edited(course, SOLUTION, "M 0 0.0 L 9 9", "M 0 0.004 L 9 9")
    rounded = files(course)
    assert build(course.root, check=True, say=shown.append) == 0
    assert build(course.root, say=shown.append) == 0
    assert files(course) == rounded
    edited(course, SOLUTION, "M 0 0.004 L 9 9", "M 0 0.4 L 9 9")
    assert build(course.root, check=True, say=shown.append) == 1
    assert "cell all-together-2" in capfd.readouterr().err


def test_a_new_cell_is_named_and_those_after_it_are_not(
    course: SmallCourse, shown: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert build(course.root, say=shown.append) == 0
    course.replace("## All together", "```{code-cell}\n1 + 1\n```\n\n## All together")
    assert build(course.root, check=True, say=shown.append) == 1
    said = capfd.readouterr().err
    assert f"{SOLUTION}: cell entry-by-entry-3 ({CHAPTER}:" in said
    assert "total-check" not in said


def test_nbval_finds_the_stored_outputs_equal(course: SmallCourse, shown: list[str]) -> None:
    assert build(course.root, say=shown.append) == 0
    sanitize = paths.ROOT / "tests" / "sanitize.cfg"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval"]
    command += ["--nbval-sanitize-with", str(sanitize), "solutions"]
    assert subprocess.run(command, cwd=course.root, capture_output=True).returncode == 0
    edited(course, SOLUTION, "[3]", "[4]")
    assert subprocess.run(command, cwd=course.root, capture_output=True).returncode == 1


def test_a_notebook_without_a_chapter_is_refused(
    course: SmallCourse, shown: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    (course.root / "notebooks").mkdir()
    (course.root / "notebooks" / "week09_gone.ipynb").write_text("{}", encoding="utf-8")
    assert build(course.root, say=shown.append) == 1
    assert "notebooks/week09_gone.ipynb: has no chapter" in capfd.readouterr().err


def test_check_writes_nothing_and_names_what_is_missing(
    course: SmallCourse, shown: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert build(course.root, check=True, say=shown.append) == 1
    assert files(course) == {}
    assert not (course.root / "solutions").exists()
    assert f"{SOLUTION}: is missing" in capfd.readouterr().err


def test_a_failing_cell_shows_chapter_line_and_error(
    course: SmallCourse, shown: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    course.append("```{code-cell}\n:tags: [hide-input]\n\nx = 1\nx / 0\n```")
    assert build(course.root, say=shown.append) == 1
    said = capfd.readouterr().err
    line = course.line("x / 0")
    assert f"{CHAPTER}:{line - 1}: the cell all-together-3 failed." in said
    assert f"{CHAPTER}:{line}: x / 0" in said
    assert "ZeroDivisionError: division by zero" in said
    assert files(course) == {}


def test_an_error_inside_an_answer_names_the_librarys_line(
    course: SmallCourse, shown: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    course.replace("    result = start\n", "    result = start // 0\n", course.library)
    course.append("```{code-cell}\ntotal([1])\n```")
    assert build(course.root, say=shown.append) == 1
    assert f"{CHAPTER}:{course.line('total([1])')}: total([1])" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("object()", "holds an address"),
        ("import os; print(os.getcwd())", "holds a folder of this machine"),
        ("figure(alt='')", "has no alternative text"),
        ("figure(alt='a'); figure(alt='b')", "make it two cells"),
        (
            "from IPython.display import display\n"
            "view = {'application/vnd.jupyter.widget-view+json': {'model_id': 'a1'}}\n"
            "display(view | {'text/plain': 'w'}, raw=True)",
            "without a still",
        ),
    ],
)
def test_an_output_that_cannot_be_kept_is_refused(
    course: SmallCourse, shown: list[str], capfd: pytest.CaptureFixture[str], code: str, said: str
) -> None:
    course.append(f"```{{code-cell}}\n{code}\n```")
    assert build(course.root, say=shown.append) == 1
    line = course.line(code.splitlines()[0])
    assert re.search(rf"{CHAPTER}:{line}: .*{said}", capfd.readouterr().err)


def test_a_widget_is_stored_as_its_still_alone(course: SmallCourse, shown: list[str]) -> None:
    course.append(
        "```{code-cell}\n"
        "from IPython.display import display\n"
        "view = {'application/vnd.jupyter.widget-view+json': {'model_id': str(id(figure))}}\n"
        "still = {'image/svg+xml': '<svg/>', 'text/plain': 'w'}\n"
        "display(view | still, raw=True, metadata={'image/svg+xml': {'alt': 'w'}})\n"
        "```"
    )
    assert build(course.root, say=shown.append) == 0
    assert "widget" not in json.dumps(
        nbformat.reads(files(course)[SOLUTION], as_version=4)["cells"][-1]["outputs"]
    )


def test_an_answer_that_its_own_checks_refuse_is_an_error(
    course: SmallCourse, shown: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    course.replace(": accepted", ": not yet", course.root / "kit.py")
    assert build(course.root, say=shown.append) == 1
    assert "does not pass its checks" in capfd.readouterr().err


def test_an_expected_error_is_stored_without_its_traceback(
    course: SmallCourse, shown: list[str]
) -> None:
    course.append("```{code-cell}\n:tags: [raises-exception]\n\nops.add([1], [])\n```")
    assert build(course.root, say=shown.append) == 0
    last = nbformat.reads(files(course)[SOLUTION], as_version=4).cells[-1]
    assert last.outputs[0].traceback == [f"ValueError: {last.outputs[0].evalue}"]


def test_the_readers_workspace_is_unknown_to_a_build(course: SmallCourse, shown: list[str]) -> None:
    course.append("```{code-cell}\nimport os\n'COURSE_WORKSPACE' in os.environ\n```")
    assert build(course.root, say=shown.append) == 0
    last = nbformat.reads(files(course)[SOLUTION], as_version=4).cells[-1]
    assert last.outputs[0].data["text/plain"] == "False"


def test_an_unknown_week_is_named(course: SmallCourse) -> None:
    with pytest.raises(ChapterError, match="no chapter for week 3; there are: 1"):
        build(course.root, week=3)


def test_two_chapters_cannot_ask_for_the_same_function(course: SmallCourse) -> None:
    second = course.root / "course" / "week02_more"
    second.mkdir()
    (second / "chapter.md").write_text(course.chapter.read_text(encoding="utf-8"), "utf-8")
    with pytest.raises(ChapterError, match=r"ops\.add is an exercise already, at course/week01"):
        build(course.root)


def test_pixels_may_differ_a_little() -> None:
    from io import BytesIO

    from PIL import Image

    from coursekit.pictures import look_alike

    def png(level: int, width: int = 4) -> str:
        page = BytesIO()
        Image.new("RGB", (width, 4), (level, 0, 0)).save(page, "PNG")
        return base64.b64encode(page.getvalue()).decode()

    assert look_alike("image/png", png(100), png(104))
    assert not look_alike("image/png", png(100), png(130))
    assert not look_alike("image/png", png(100), png(100, width=5))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('<svg><path d="M 1.001 2"/></svg>', '<svg><path d="M 1.002 2"/></svg>', True),
        ('<svg><path d="M 1.0 2"/></svg>', '<svg><path d="M 1.1 2"/></svg>', False),
        ("<svg><text>0.001</text></svg>", "<svg><text>0.002</text></svg>", False),
        ("<svg><!-- 0.001 --></svg>", "<svg><!-- 0.002 --></svg>", False),
        (
            '<svg><g id="a1"/><use href="#a1"/></svg>',
            '<svg><g id="b2"/><use href="#b2"/></svg>',
            True,
        ),
        ('<svg width="9"></svg>', '<svg width="9.001"></svg>', False),
    ],
)
def test_drawings_differ_where_one_can_see_it(one: str, other: str, same: bool) -> None:
    from coursekit.pictures import look_alike

    assert look_alike("image/svg+xml", one, other) is same
    for inside in (
        [f"<img src='data:image/svg+xml,{quote(s, safe='')}'>" for s in (one, other)],
        [f"<img src='data:image/svg+xml;base64,{packed(s)}'>" for s in (one, other)],
    ):
        assert look_alike("text/html", *inside) is same
        assert not look_alike("text/html", inside[0], inside[1] + "!")


def packed(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
