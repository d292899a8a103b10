"""What the learner has written is never lost, and never half written."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from coursekit import paths, workspace
from coursekit.workspace import NotKept, Workspace, set_aside, workspace_here, write_atomically

ANSWER = "def mul(a, b):\n    return a\n"
RECORD = {"accepted": "2026-01-02", "points": 2, "contract": "c"}


@pytest.fixture
def mine(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def test_what_is_kept_is_read_back(mine: Workspace) -> None:
    mine.keep("ops.mul", ANSWER, RECORD)
    again = Workspace(mine.folder)
    assert again.answers() == {"ops.mul": ANSWER}
    assert again.progress() == {"ops.mul": RECORD}


def test_an_answer_is_a_readable_file_with_unix_lines(mine: Workspace) -> None:
    mine.keep("ops.mul", ANSWER, RECORD)
    assert mine.answer_path("ops.mul").read_bytes() == ANSWER.encode()


def test_an_empty_workspace_has_nothing(mine: Workspace) -> None:
    assert mine.answers() == {}
    assert mine.progress() == {}
    assert mine.messages == []


def test_without_a_folder_nothing_is_written(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    nowhere = Workspace(None)
    nowhere.keep("ops.mul", ANSWER, RECORD)
    assert nowhere.answers() == {"ops.mul": ANSWER}
    nowhere.forget("ops.mul")
    assert nowhere.answers() == nowhere.progress() == {}
    assert list(tmp_path.iterdir()) == []


def test_a_solved_notebook_keeps_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("COURSE_WORKSPACE")
    monkeypatch.setattr(paths, "SOLUTIONS", tmp_path)
    monkeypatch.chdir(tmp_path)
    assert workspace_here().folder is None


def test_a_forgotten_answer_is_set_aside(mine: Workspace) -> None:
    mine.keep("ops.mul", ANSWER, RECORD)
    mine.forget("ops.mul")
    assert mine.answers() == mine.progress() == {}
    (aside,) = (mine.folder / "answers" / "set-aside").iterdir()
    assert aside.read_text() == ANSWER


# -- atomic ------------------------------------------------------------------------------------


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    path = tmp_path / "answer.py"
    write_atomically(path, "old")

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*((os, "fsync") if broken == "fsync" else (Path, "replace")), full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["answer.py"]


@pytest.mark.integration
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on Windows")
def test_a_process_killed_while_it_writes_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "answer.py"
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from coursekit.workspace import write_atomically\n"
        "for n in range(10**9):\n"
        "    write_atomically(Path(sys.argv[1]), f'{n}\\n' * 50_000 + 'end\\n')\n"
    )
    for nap in (0.01, 0.02, 0.05):
        writer = subprocess.Popen([sys.executable, "-c", code, str(path)], cwd=paths.ROOT)
        while not path.exists():
            time.sleep(0.01)
        time.sleep(nap)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        lines = path.read_text().splitlines()
        assert len(lines) == 50_001
        assert len(set(lines)) == 2
        path.unlink()


def test_what_a_killed_writer_left_behind_is_no_answer(mine: Workspace) -> None:
    mine.keep("ops.mul", ANSWER, RECORD)
    folder = mine.folder / "answers"
    (folder / ".ops.add.py.x7.new").write_text("half")
    (folder / ".#ops.exp.py").symlink_to("nowhere")
    (folder / "._ops.exp.py").write_bytes(b"\xff\x00")
    assert mine.answers() == {"ops.mul": ANSWER}
    assert mine.messages == []


# -- damaged -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"[]", b"{}", b'{"exercises": []}', b'{"exercises": {"ops.mul": 3}}', b"\xff\xfe"],
)
def test_a_damaged_progress_file_is_set_aside_with_a_message(
    mine: Workspace, damage: bytes
) -> None:
    mine.keep("ops.mul", ANSWER, RECORD)
    (mine.folder / "progress.json").write_bytes(damage)
    assert mine.progress() == {}
    (message,) = mine.take_messages()
    (aside,) = (mine.folder / "set-aside").iterdir()
    assert aside.name in message
    assert "Your accepted answers are separate files and are all still there." in message
    assert aside.read_bytes() == damage
    assert mine.answers() == {"ops.mul": ANSWER}


def test_an_answer_that_cannot_be_read_is_set_aside_with_a_message(mine: Workspace) -> None:
    mine.keep("ops.mul", ANSWER, RECORD)
    mine.answer_path("ops.mul").write_bytes(b"\xff\xfe broken")
    assert mine.answers() == {}
    (message,) = mine.take_messages()
    assert message.startswith("Your kept answer to ops.mul is not used: it cannot be read")
    (aside,) = (mine.folder / "answers" / "set-aside").iterdir()
    assert aside.read_bytes() == b"\xff\xfe broken"


def test_two_files_set_aside_in_one_second_are_both_there(tmp_path: Path) -> None:
    asides = []
    for text in ("one", "two", "three"):
        path = tmp_path / "week01.ipynb"
        path.write_text(text)
        asides.append(set_aside(path))
    assert [path.read_text() for path in asides] == ["one", "two", "three"]


def test_what_cannot_even_be_set_aside_stays_and_is_told(mine: Workspace) -> None:
    mine.keep("ops.mul", ANSWER, RECORD)
    (mine.folder / "progress.json").write_text("{")
    (mine.folder / "set-aside").write_text("a file where a folder should be")
    assert mine.progress() == {}
    (message,) = mine.take_messages()
    assert "it stays where it is" in message
    assert (mine.folder / "progress.json").read_text() == "{"


def test_messages_are_told_once(mine: Workspace) -> None:
    mine.messages.append("told")
    assert mine.take_messages() == ["told"]
    assert mine.take_messages() == []


# -- unwritable --------------------------------------------------------------------------------


def test_an_answer_that_cannot_be_kept_is_one_sentence_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "answers").write_text("a file where a folder should be")
    with pytest.raises(NotKept) as told:
        Workspace(tmp_path).keep("ops.mul", ANSWER, RECORD)
    assert "It could not be kept for later sessions: file exists" in str(told.value)
    assert str(tmp_path) in str(told.value)


def test_a_full_disk_keeps_the_answer_from_before(
    mine: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine.keep("ops.mul", ANSWER, RECORD)

    def full(path: Path, text: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(workspace, "write_atomically", full)
    with pytest.raises(NotKept, match="no space left on device"):
        mine.keep("ops.mul", "def mul(a, b):\n    return b\n", RECORD)
    assert mine.answers() == {"ops.mul": ANSWER}


# -- two kernels -------------------------------------------------------------------------------


def test_two_sessions_see_and_keep_each_others_answers(mine: Workspace) -> None:
    other = Workspace(mine.folder)
    mine.keep("ops.mul", ANSWER, RECORD)
    other.keep("ops.add", ANSWER, RECORD)
    mine.keep("ops.exp", ANSWER, RECORD)
    assert set(other.answers()) == set(other.progress()) == {"ops.mul", "ops.add", "ops.exp"}


def _keep_many(folder: Path, prefix: str) -> None:
    mine = Workspace(folder)
    for number in range(40):
        mine.keep(f"ops.{prefix}{number}", ANSWER, RECORD)
    assert mine.messages == []


@pytest.mark.integration
def test_two_processes_that_write_at_once_tear_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    with context.Pool(2) as pool:
        pool.starmap(_keep_many, [(tmp_path, "a"), (tmp_path, "b")])
    both = Workspace(tmp_path)
    assert len(both.answers()) == 80
    assert json.loads((tmp_path / "progress.json").read_text())["version"] == 1
    assert both.messages == []
