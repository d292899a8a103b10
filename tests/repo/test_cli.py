"""The command `course`: one clear sentence where it cannot do what was asked."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from coursekit import cli

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Make a command `try` of a module with the given source."""

    def make(source: str) -> None:
        (tmp_path / "tried_command.py").write_text(
            f"def add_arguments(parser): pass\ndef run(args):\n    {source}\n"
        )
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.delitem(sys.modules, "tried_command", raising=False)
        monkeypatch.setitem(cli.COMMANDS, "try", ("", "tried_command"))

    return make


@pytest.mark.parametrize("words", [[], ["--help"], ["help"]])
def test_help_names_every_command(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(words) == 0
    printed = capsys.readouterr().out
    assert all(f"course {name} " in printed for name in cli.COMMANDS)


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_has_arguments_and_runs(name: str) -> None:
    module = import_module(cli.COMMANDS[name][1])
    assert callable(module.add_arguments)
    assert callable(module.run)


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main([name, "--help"])
    assert stop.value.code == 0
    assert f"usage: course {name}" in capsys.readouterr().out


def test_an_unknown_command_gets_one_sentence_with_the_closest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["doktor"]) == 2
    said = capsys.readouterr().err
    assert said == "course: there is no command 'doktor'; did you mean 'doctor'?\n"


def test_a_missing_package_is_one_sentence_that_points_at_the_doctor(
    command, capsys: pytest.CaptureFixture[str]
) -> None:
    command("import package_that_is_not_there")
    assert cli.main(["try"]) == 1
    said = capsys.readouterr().err
    assert re.match(r"course try needs the package package_that_is_not_there.*doctor", said)
    assert said.count("\n") == 1


def test_a_mistake_in_the_kit_itself_is_not_taken_for_a_missing_package(command) -> None:
    command("import coursekit.module_that_is_not_there")
    with pytest.raises(ModuleNotFoundError):
        cli.main(["try"])


def test_ctrl_c_ends_a_command_without_a_traceback(
    command, capsys: pytest.CaptureFixture[str]
) -> None:
    command("raise KeyboardInterrupt")
    assert cli.main(["try"]) == 130
    assert capsys.readouterr().err.strip() == "course try: interrupted."


@pytest.mark.integration
def test_the_help_imports_no_package() -> None:
    code = (
        "import sys; from coursekit.cli import main; main([]);"
        "print(sorted({'numpy', 'jupyterlab', 'minitorch', 'coursekit.session'} & {*sys.modules}))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    assert run.stdout.splitlines()[-1] == "[]"
