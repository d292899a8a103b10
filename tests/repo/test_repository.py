"""Promises that the repository makes about itself."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from coursekit import paths

ROOT = Path(__file__).resolve().parents[2]
# What must run, or at least explain itself, under a Python that is too old for the course.
FOR_ANY_PYTHON = ["__init__", "__main__", "bootstrap", "cli", "doctor", "machine", "paths"]


@pytest.mark.parametrize("name", FOR_ANY_PYTHON)
def test_what_runs_before_the_setup_can_be_read_by_an_old_python(name: str) -> None:
    """Otherwise an old Python prints a syntax error instead of the sentence that helps."""
    ast.parse((ROOT / "coursekit" / f"{name}.py").read_text(), feature_version=(3, 8))


def test_continuous_integration_runs_make_test_on_the_three_systems() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    job = workflow["jobs"]["test"]
    systems = {entry["os"].partition("-")[0] for entry in job["strategy"]["matrix"]["include"]}
    assert systems == {"ubuntu", "macos", "windows"}
    assert "bash .ci/run" in [step.get("run") for step in job["steps"]]
    assert re.search(r"^    make test ", (ROOT / ".ci/run").read_text(), re.MULTILINE)


def test_no_step_of_the_workflow_can_fail_unnoticed() -> None:
    """`shell: bash` stops at errors and in pipes; `bash -l {0}` and the default do not."""
    for path in (ROOT / ".github/workflows").glob("*.yml"):
        workflow = yaml.safe_load(path.read_text())
        assert workflow["defaults"]["run"]["shell"] == "bash"
        for job in workflow["jobs"].values():
            assert not job.get("continue-on-error")
            for step in job["steps"]:
                assert "shell" not in step
                assert not step.get("continue-on-error")
    assert "\nset -euo pipefail\n" in (ROOT / ".ci/run").read_text()


def test_the_weeks_are_the_same_in_the_readme_and_the_syllabus() -> None:
    readme = _weeks((ROOT / "README.md").read_text())
    syllabus = _weeks((ROOT / "course/syllabus.md").read_text())
    assert readme == syllabus
    assert list(readme) == list(range(1, 13))


def test_the_readme_knows_which_weeks_are_here() -> None:
    rows = re.findall(r"^\| (\d+)\. .*\| (\w+) \|$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert [int(week) for week, state in rows if state == "here"] == paths.weeks()


@pytest.mark.parametrize("week", paths.weeks())
def test_a_chapter_has_the_title_that_the_readme_gives_it(week: int) -> None:
    chapter = (paths.week_folder(week) / "chapter.md").read_text()
    title = re.search(r"^# (.*)$", chapter, re.MULTILINE)
    named = _weeks((ROOT / "README.md").read_text())[week]
    assert title is not None
    assert title.group(1).endswith(named)


def test_the_site_shows_every_solved_week() -> None:
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    shown = {entry["file"] for entry in toc["chapters"]}
    assert {f"solutions/{path.stem}" for path in paths.SOLUTIONS.glob("*.ipynb")} <= shown


def test_the_learners_work_is_never_tracked() -> None:
    ignored = subprocess.run(
        ["git", "check-ignore", "workspace/week01_gradients.ipynb"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert ignored.returncode == 0


def _weeks(text: str) -> dict[int, str]:
    """The first column of a table of weeks: number -> title."""
    return {int(n): t for n, t in re.findall(r"^\| (\d+)\. ([^|]*?) \|", text, re.MULTILINE)}
