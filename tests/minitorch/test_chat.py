"""`python -m minitorch.chat`: in a pipe, in a terminal, with Ctrl-C, and with one's own answers."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from coursekit import source
from minitorch import checkpoint, town
from minitorch.tokenizer import Tokenizer
from tests.minitorch.tiny_models import tiny_model

pytestmark = pytest.mark.integration

BYTES = Tokenizer([])
COMMAND = [sys.executable, "-m", "minitorch.chat"]


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    tiny = tiny_model(vocab_size=len(BYTES), max_position_embeddings=20_000)
    # It never ends an answer: of a byte and the one 128 further on, one always scores above 0.
    weight = tiny.lm_head.weight.data
    weight[128:256], weight[256:] = -weight[:128], 0
    checkpoint.save_pretrained(tiny, folder, BYTES)
    return folder


def chat(said: bytes, *options: object, env: dict[str, str] | None = None):
    return subprocess.run(
        [*COMMAND, *map(str, options)],
        input=said,
        capture_output=True,
        timeout=60,
        env={**os.environ, **(env or {})},
    )


def test_in_a_pipe_every_question_gets_a_line(model):
    done = chat("Who?\n\n  \nJosé, größe €?\n".encode(), "--model", model, "--longest", 8)
    assert done.returncode == 0
    assert done.stderr == b""
    assert len(done.stdout.decode().rstrip("\n").split("\n")) >= 2
    again = chat("Who?\n\n  \nJosé, größe €?\n".encode(), "--model", model, "--longest", 8)
    assert again.stdout == done.stdout


def test_bytes_that_are_no_text_and_another_locale_do_no_harm(model):
    env = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = chat(b"\xff\xfeWho\xc3?", "--model", model, "--longest", 8, env=env)
    assert done.returncode == 0
    assert done.stdout.decode()  # UTF-8 whatever the locale says


def test_commands_are_obeyed_and_speak_beside_the_answers(model):
    lines = ["Who?", "/reset", "Who?", "/temperature 1", "/temperature x", "/temperature -1"]
    lines += ["/speed", "Who?", "/history", "/help", "/nonsense", "/quit", "Who?"]
    done = chat("\n".join(lines).encode(), "--model", model, "--longest", 6, "--seed", 3)
    notes = done.stderr.decode()
    for expected in (
        "the conversation begins again",
        "the temperature is 1)",
        "a temperature is a number, such as 0.8, not 'x'",
        "temperature is -1.0; it must be 0 or more",
        "the speed is shown",
        "6 tokens, ",
        "user: Who?",
        "/reset            forget",
        "there is no such command; /help lists them",
    ):
        assert expected in notes
    once = chat(b"Who?", "--model", model, "--longest", 6)
    assert done.stdout.startswith(once.stdout * 2)
    assert len(done.stdout) < 5 * len(once.stdout)  # nothing was answered behind /quit


def test_with_a_seed_the_same_is_said_again(model):
    options = ["--model", model, "--longest", 20, "--temperature", 1, "--top-k", 50, "--seed"]
    first, again, other = (chat(b"Who?\nWho?\n", *options, seed) for seed in (1, 1, 2))
    assert first.stdout == again.stdout != other.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--model", "nowhere"], "nowhere"),
        (["--top-p", "7"], "top_p is 7.0; it must be above 0"),
        (["--temperature", "warm"], "invalid float value: 'warm'"),
        (["--seed", "-1"], "--seed is -1; it must be 0 or more"),
        (["--nonsense"], "unrecognized arguments: --nonsense"),
    ],
)
def test_a_wrong_option_ends_with_one_sentence(options, said):
    done = chat(b"", *options)
    assert done.returncode in (1, 2)
    assert done.stdout == b""
    assert said in done.stderr.decode()
    assert done.stderr.startswith(b"chat: ")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("name", ["larkmoor", "larkmoor-nano"])
def test_without_a_model_of_the_course_a_sentence_says_where_it_should_be(
    monkeypatch, tmp_path, name
):
    monkeypatch.setattr(town, "MODEL", tmp_path / "larkmoor")
    with pytest.raises(checkpoint.CheckpointError, match=rf"{name} is no folder.*models/{name} "):
        town.course_model(name)


def test_the_courses_models_are_opened_by_name_and_anew_each_time(monkeypatch, model):
    monkeypatch.setattr(town, "MODEL", model.parent / "larkmoor")
    first, second = town.course_model(model.name), town.course_model(model.name)
    assert first is not second
    assert first.config.vocab_size == len(BYTES)


def test_a_reader_that_goes_away_ends_the_chat_quietly(model):
    ends = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*COMMAND, "--model", str(model)], **ends) as process:
        process.stdout.close()
        process.stdin.write(b"Who?\n" * 50)
        process.stdin.close()
        assert process.wait(30) == 0
        assert process.stderr.read() == b""


# -- at a terminal -------------------------------------------------------------------------------


class Terminal:
    """The chat at a terminal of its own: what is typed, and what is seen."""

    def __init__(self, *options: object) -> None:
        import pty

        self.process, self.end = pty.fork()
        if self.process == 0:
            os.execv(sys.executable, [*COMMAND, *map(str, options)])
        self.seen = ""

    def type(self, text: str) -> None:
        os.write(self.end, text.encode())

    def wait_for(self, text: str, seconds: float = 30) -> str:
        """What is seen until a text comes."""
        limit = time.monotonic() + seconds
        while text not in self.seen:
            if not select.select([self.end], [], [], limit - time.monotonic())[0]:
                raise AssertionError(f"{text!r} did not come: {self.seen!r}")
            try:
                self.seen += os.read(self.end, 4096).decode(errors="replace")
            except OSError:  # the other side is gone
                raise AssertionError(f"{text!r} did not come: {self.seen!r}") from None
        before, _, self.seen = self.seen.partition(text)
        return before

    def finish(self) -> int:
        """The exit status."""
        try:
            while os.read(self.end, 4096):
                pass
        except OSError:
            pass
        status = os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])
        os.close(self.end)
        return status


def test_at_a_terminal_ctrl_c_ends_the_answer_and_not_the_chat(model):
    terminal = Terminal("--model", model, "--longest", 19_000)
    terminal.wait_for("you> ")
    time.sleep(0.5)  # between the prompt and the waiting, Python would not notice a signal
    terminal.type("\x03")
    terminal.wait_for("/quit ends the chat")
    terminal.wait_for("you> ")
    terminal.type("Who?\r")
    terminal.wait_for("Who?")
    time.sleep(0.1)
    terminal.type("\x03")
    terminal.wait_for("stopped")
    terminal.wait_for(" tokens, ")
    terminal.wait_for("you> ")
    terminal.type("/history\r")
    terminal.wait_for("user: Who?")
    terminal.wait_for("you> ")
    terminal.type("/speed\r")
    terminal.wait_for("the speed is not shown")
    terminal.wait_for("you> ")
    terminal.type("\x04")
    assert terminal.finish() == 0


def test_a_model_cannot_steer_the_terminal():
    from minitorch.chat_loop import UNSHOWN

    assert "a\x1b[2Jb\x9b\x07\n".translate(UNSHOWN) == "a\ufffd[2Jb\ufffd\ufffd\n"


# -- with the learner's own code -----------------------------------------------------------------

TELLING = {
    "ops.mul": "the-own-product",
    "cache.KVCache.extend": "the-own-cache",
    "sampling.draw": "the-own-draw",
}


def test_with_own_the_accepted_answers_compute(model, fresh_workspace):
    answers = fresh_workspace / "answers"
    answers.mkdir()
    for name, mark in TELLING.items():
        lines = source.solution(name).splitlines()
        first = next(i for i, line in enumerate(lines) if line.rstrip().endswith(":"))
        lines.insert(first + 1, f"    import sys; print({mark!r}, file=sys.stderr)")
        (answers / f"{name}.py").write_text("\n".join(lines) + "\n")
    options = ["--model", model, "--longest", 3, "--temperature", 1, "--seed", 1]
    own = chat(b"Who?\n", *options, "--own")
    assert own.returncode == 0
    assert "3 of your answers are in place" in own.stderr.decode()
    assert b"the-own-cache" in own.stderr
    assert b"the-own-draw" in own.stderr
    without = chat(b"Who?\n", *options)
    assert without.stderr == b""
    assert without.stdout == own.stdout


def test_without_answers_own_says_that_the_library_computes(model):
    done = chat(b"", "--model", model, "--own")
    assert "the library's own code computes" in done.stderr.decode()


def test_an_answer_that_raises_is_named_and_the_chat_goes_on(model, fresh_workspace):
    answers = fresh_workspace / "answers"
    answers.mkdir()
    (answers / "sampling.draw.py").write_text("def draw(logits, rng):\n    return 1 // 0\n")
    done = chat(b"Who?\n/history\n", "--model", model, "--temperature", 1, "--own")
    assert done.returncode == 0
    assert "draw (" in done.stderr.decode()
    assert "line 2) raised ZeroDivisionError" in done.stderr.decode()
    assert "nothing was said yet" in done.stderr.decode()


def test_an_interrupted_pipe_ends_with_the_exit_status_of_an_interruption(model):
    ends = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*COMMAND, "--model", str(model), "--longest", "2"], **ends) as process:
        process.stdin.write(b"Who?\n")
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        process.stdin.close()
        assert b"Traceback" not in process.stderr.read()
