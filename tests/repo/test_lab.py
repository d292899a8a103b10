"""`course lab` hands notebooks out, never overwrites one, and serves them without a network."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from coursekit import handout, lab, paths

COURSE_VERSION = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}\n'


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course of weeks 1 and 2; its notebooks' folder."""
    for week in ("week01_one", "week02_two"):
        (tmp_path / "course" / week).mkdir(parents=True)
        (tmp_path / "course" / week / "chapter.md").write_text("")
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    for week in ("week01_one", "week02_two"):
        (notebooks / f"{week}.ipynb").write_text(COURSE_VERSION)
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "COURSE", tmp_path / "course")
    monkeypatch.setattr(paths, "NOTEBOOKS", notebooks)
    return notebooks


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What JupyterLab was started with, instead of starting it."""
    started: list[list[str]] = []
    monkeypatch.setattr("jupyterlab.labapp.main", started.append)
    monkeypatch.setenv("PATH", os.environ["PATH"])
    return started


def open_lab(week: int | None = None, no_browser: bool = True) -> int:
    return lab.run(Namespace(week=week, port=8888, no_browser=no_browser))


def test_the_first_time_a_notebook_is_copied_into_the_workspace(course, served) -> None:
    assert open_lab(1) == 0
    mine = paths.workspace() / "week01_one.ipynb"
    assert mine.read_text() == COURSE_VERSION
    assert f"--ServerApp.root_dir={paths.workspace()}" in served[0]
    assert "--LabApp.default_url=/lab/tree/week01_one.ipynb" in served[0]


def test_the_learners_work_is_never_overwritten(course, served, capsys) -> None:
    open_lab(1)
    mine = paths.workspace() / "week01_one.ipynb"
    mine.write_text("the learner's work")
    (course / "week01_one.ipynb").write_text(COURSE_VERSION + "\n")
    open_lab(1)
    assert mine.read_text() == "the learner's work"


def test_a_changed_course_notebook_is_reported_with_what_to_do(course, served, capsys) -> None:
    open_lab(1)
    (course / "week01_one.ipynb").write_text(COURSE_VERSION + "\n")
    capsys.readouterr()
    open_lab(1)
    assert "`course reset 1` sets it aside and gives the new one" in capsys.readouterr().out
    handout.hand_out(1)
    open_lab(1)
    assert "has changed" not in capsys.readouterr().out


def test_the_learners_own_changes_are_not_reported_as_the_courses(course, served, capsys) -> None:
    open_lab(1)
    (paths.workspace() / "week01_one.ipynb").write_text("the learner's work")
    open_lab(1)
    assert "has changed" not in capsys.readouterr().out


def test_without_a_number_the_week_opened_last_is_opened(course, served) -> None:
    for asked, opened in [(None, "week01_one"), (2, "week02_two"), (None, "week02_two")]:
        open_lab(asked)
        assert f"--LabApp.default_url=/lab/tree/{opened}.ipynb" in served[-1]


@pytest.mark.parametrize("damage", ["{", "[]", '{"notebooks": 1}', '{"last": "x"}', '{"last": []}'])
def test_a_damaged_record_is_done_without(course, served, damage: str) -> None:
    open_lab(2)
    (paths.workspace() / "handed-out.json").write_text(damage)
    assert open_lab() == 0
    assert json.loads((paths.workspace() / "handed-out.json").read_text())["last"] == 1


def test_a_week_that_is_not_there_is_one_sentence(course, served, capsys) -> None:
    assert open_lab(7) == 2
    assert capsys.readouterr().err == "There is no week 7 in this course; there are: 1, 2.\n"
    assert not served


def test_a_notebook_that_was_never_built_is_one_sentence(course, served, capsys) -> None:
    (course / "week02_two.ipynb").unlink()
    assert open_lab(2) == 1
    assert "`course build --week 2` makes it." in capsys.readouterr().err
    assert not served


def test_only_root_is_allowed_to_be_root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for user, allowed in [(0, True), (1000, False)]:
        monkeypatch.setattr(lab.os, "geteuid", lambda user=user: user, raising=False)
        words = lab.arguments(tmp_path / "n.ipynb", 8888, browser=True)
        assert ("--allow-root" in words) is allowed


@pytest.mark.integration
def test_the_lab_asks_the_network_for_nothing_and_finds_a_free_port(tmp_path: Path) -> None:
    """No news, no updates, no extensions; and two of them run beside each other."""
    notebook = tmp_path / "week01 one.ipynb"
    notebook.write_text(COURSE_VERSION)
    with serving(notebook, 18765, tmp_path / "first.log") as address:
        port = address.split(":")[2].partition("/")[0]
        with serving(notebook, int(port), tmp_path / "second.log") as second:
            assert second.split("?")[0] != address.split("?")[0]
        assert "/lab/tree/week01%20one.ipynb?" in address
        assert '"news": {"disabled": true}' in fetch(address)
        base, token = address.split("/lab/")[0], address.partition("?")[2]
        assert json.loads(fetch(f"{base}/lab/api/update?{token}")) == {"notification": None}
    log = (tmp_path / "first.log").read_text()
    assert "Extension Manager is 'readonly'" in log
    # What JupyterLab says, at this level of detail, when it has looked for an update in vain.
    assert "Failed to get latest version" not in log


@contextmanager
def serving(notebook: Path, port: int, log: Path) -> Iterator[str]:
    """Serve a notebook as `course lab` does, in a process of its own; its address."""
    code = (
        "import sys; from pathlib import Path; from coursekit import lab;"
        "from jupyterlab.labapp import main; notebook, port = Path(sys.argv[1]), int(sys.argv[2]);"
        "words = lab.arguments(notebook, port, browser=False);"
        "main([w for w in words if 'log-level' not in w] + ['--log-level=DEBUG'])"
    )
    environment = {**os.environ, "JUPYTER_CONFIG_DIR": str(notebook.parent / "no-settings")}
    with log.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, "-c", code, str(notebook), str(port)],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
        )
    try:
        yield address_in(log, server)
    finally:
        server.terminate()
        server.wait(timeout=30)


def address_in(log: Path, server: subprocess.Popen[bytes]) -> str:
    """Wait for the address that JupyterLab prints."""
    for _ in range(600):
        if found := re.search(r"http://(?:localhost|127\.0\.0\.1):\S+token=\w+", log.read_text()):
            return found.group()
        assert server.poll() is None, log.read_text()
        time.sleep(0.1)
    raise AssertionError("JupyterLab printed no address within a minute")


def fetch(address: str) -> str:
    """What this machine answers at an address."""
    with urllib.request.urlopen(address, timeout=30) as answer:
        return str(answer.read().decode())


def test_the_lab_does_not_ask_whether_it_may_fetch_news(monkeypatch: pytest.MonkeyPatch) -> None:
    from jupyter_core.paths import jupyter_config_path
    from jupyterlab_server.config import get_page_config

    monkeypatch.setenv("PATH", os.environ["PATH"])
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "")
    lab.use_this_environment()
    disabled = get_page_config(jupyter_config_path())["disabledExtensions"]
    assert "@jupyterlab/apputils-extension:announcements" in str(disabled)
