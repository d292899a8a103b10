"""Answers come back in later sessions, and nothing that goes wrong with their files loses one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from coursekit import library, session, source, workspace
from tests.coursekit.learner import MUL, Learner, learning

FAULTY = MUL.replace("a.data * b.data, (", "a.data + b.data, (").replace(
    '@exercise("ops.mul")\n', ""
)
BELOW = "from minitorch import Tensor, ops"


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


def test_begin_puts_accepted_answers_back_and_lists_them(learner: Learner) -> None:
    learner.answer(MUL)
    learner.restart()
    assert library.installed() == {}
    overview = session.begin(1)
    assert set(library.installed()) == {"ops.mul"}
    assert "yours: ops.mul" in repr(overview)
    assert "<code>ops.mul</code>" in overview._repr_html_()


def test_begin_without_own_leaves_the_library_as_it_came(learner: Learner) -> None:
    learner.answer(MUL)
    overview = session.begin(1, own=False)
    assert library.installed() == {}
    assert "yours" not in repr(overview).replace("are yours", "")


def test_begin_again_is_the_same_again(learner: Learner) -> None:
    learner.answer(MUL)
    assert repr(session.begin(1)) == repr(session.begin(1))
    assert set(library.installed()) == {"ops.mul"}


def test_a_faulty_answer_shows_at_once_and_in_later_sessions(learner: Learner, mine: Path) -> None:
    """The proof that it is the learner's code that runs, whatever name it is called by."""
    learner.run(f"{BELOW}\nfrom minitorch.ops import mul as bound_before\nkept = [ops.mul]")
    learner.answer(MUL)
    kept(mine).write_text(FAULTY)

    demonstration = (
        "two, three = Tensor([2.0], requires_grad=True), Tensor([3.0])\n"
        "ways = [bound_before, ops.mul, kept[0], lambda a, b: a * b]\n"
        "shown = [way(two, three).item() for way in ways] + [(two * 3.0).item()]\n"
    )
    learner.run("begin(1)\n" + demonstration)
    assert learner.names["shown"] == [5.0] * 5

    learner.restart()
    learner.run(f"{BELOW}\nfrom minitorch.ops import mul as bound_before\nkept = [ops.mul]")
    learner.run(demonstration)
    assert learner.names["shown"] == [6.0] * 5
    learner.run("begin(1)\n" + demonstration)
    assert learner.names["shown"] == [5.0] * 5
    learner.run("begin(1, own=False)\n" + demonstration)
    assert learner.names["shown"] == [6.0] * 5


def test_an_accepted_fault_shows_in_the_same_session(
    learner: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were the checks blind, the notebook's demonstrations would not be."""
    monkeypatch.setattr(session.Verdict, "passed", True)
    learner.run(f"{BELOW}\nfrom minitorch.ops import mul as bound_before\nt = Tensor([2.0])")
    learner.run(f'@exercise("ops.mul")\n{FAULTY}')
    learner.check("mul")
    learner.run("shown = [bound_before(t, t + 1).item(), (t * 3.0).item(), ops.mul(t, t).item()]")
    assert learner.names["shown"] == [5.0, 5.0, 4.0]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("def mul(a, b)\n    return a\n", "not Python"),
        ("def mul(a, b, c):\n    return a\n", "takes"),
        ("def mul(a, b):\n    return helper(a)\n", "`helper`"),
        ("def mul(a, b):\n    raise NotImplementedError\n", "nothing is written in it"),
        ("", "`def`"),
    ],
)
def test_a_kept_answer_that_no_longer_works_is_set_aside_and_told(
    learner: Learner, mine: Path, answer: str, why: str
) -> None:
    learner.answer(MUL)
    kept(mine).write_text(answer)
    overview = session.begin(1)
    assert library.installed() == {}
    (message,) = overview.messages
    assert why in message
    (aside,) = (mine / "answers" / "set-aside").iterdir()
    assert aside.read_text() == answer
    assert aside.name in message


def test_an_answer_to_an_exercise_that_is_gone_is_kept_and_told(mine: Path) -> None:
    (mine / "answers").mkdir()
    kept(mine, "ops.gone").write_text("def gone(): ...\n    return 1\n".replace(" ...", ""))
    (message,) = session.begin(1).messages
    assert "ops.gone is kept" in message
    assert kept(mine, "ops.gone").exists()


def test_an_exercise_that_has_changed_is_reported(learner: Learner, mine: Path) -> None:
    learner.answer(MUL)
    progress = json.loads((mine / "progress.json").read_text())
    progress["exercises"]["ops.mul"]["contract"] = "another"
    (mine / "progress.json").write_text(json.dumps(progress))
    (message,) = session.begin(1).messages
    assert "`ops.mul` has changed since you solved it" in message
    learner.check("mul")
    assert session.begin(1).messages == []


def test_a_changed_course_never_touches_the_workspace(
    learner: Learner, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learner.answer(MUL)
    before = {file: file.read_bytes() for file in mine.rglob("*") if file.is_file()}
    monkeypatch.setattr(source, "stub_hash", lambda name: "a later version")
    session.begin(1)
    assert {file: file.read_bytes() for file in mine.rglob("*") if file.is_file()} == before


# -- a workspace that does not work ------------------------------------------------------------


def test_an_answer_that_cannot_be_kept_counts_in_this_session(learner: Learner, mine: Path) -> None:
    (mine / "answers").write_text("a file where a folder should be")
    report = learner.answer(MUL)
    assert "accepted" in report.heading
    assert "It could not be kept for later sessions: file exists" in text(report)
    assert set(library.installed()) == {"ops.mul"}


def test_a_full_disk_is_a_sentence_and_the_session_goes_on(
    learner: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, text: str) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(workspace, "write_atomically", full)
        assert "no space left on device" in text(learner.answer(MUL))
    assert "could not be kept" not in text(learner.check("mul"))


def test_a_damaged_progress_file_is_told_by_the_next_check(learner: Learner, mine: Path) -> None:
    (mine / "progress.json").write_text("{")
    report = learner.answer(MUL)
    assert "accepted" in report.heading
    assert "progress.json could not be read" in text(report)
    assert kept(mine).exists()


def test_begin_says_that_a_damaged_progress_file_was_set_aside(
    learner: Learner, mine: Path
) -> None:
    learner.answer(MUL)
    (mine / "progress.json").write_text("{")
    overview = session.begin(1)
    assert "progress.json could not be read" in overview.messages[0]
    assert set(library.installed()) == {"ops.mul"}
