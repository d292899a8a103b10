"""The setup installs once, notices what changed, and explains what it cannot do."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from coursekit import bootstrap


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository with a .venv, and a pip that only writes down what it is asked."""
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "constraints.txt").write_text("")
    (tmp_path / ".venv").mkdir()
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "STAMP", tmp_path / ".venv" / "course-setup.json")
    return tmp_path


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What pip was asked to install, last argument of each call."""
    asked: list[str] = []
    monkeypatch.setattr(bootstrap, "_pip", lambda what, arguments: asked.append(arguments[-1]))
    return asked


def test_a_second_setup_installs_nothing(repository: Path, installed: list[str]) -> None:
    bootstrap.install(())
    assert installed == ["setuptools", "."]
    bootstrap.install(())
    assert installed == ["setuptools", "."]


def test_torch_comes_first_and_alone(repository: Path, installed: list[str]) -> None:
    bootstrap.install(("torch", "test"))
    assert installed == ["setuptools", "torch", ".[test,torch]"]


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_a_changed_dependency_is_installed(
    name: str, repository: Path, installed: list[str]
) -> None:
    bootstrap.install(())
    (repository / name).write_text("# changed\n")
    bootstrap.install(())
    assert installed == ["setuptools", "."] * 2


def test_the_lab_after_the_tests_takes_nothing_away(repository: Path, installed: list[str]) -> None:
    bootstrap.install(("torch",))
    bootstrap.install(())
    assert len(installed) == 3
    bootstrap.install((), again=True)
    assert installed[-1] == ".[torch]"


def test_an_interrupted_setup_is_taken_up_again(
    repository: Path, installed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bootstrap.install(())
    (repository / "constraints.txt").write_text("numpy==2\n")

    def interrupted(what: str, arguments: list[str]) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(bootstrap, "_pip", interrupted)
        with pytest.raises(KeyboardInterrupt):
            bootstrap.install(())
    assert not bootstrap.STAMP.exists()
    bootstrap.install(())
    assert installed == ["setuptools", "."] * 2


@pytest.mark.parametrize("damaged", ["", "{", "[]", json.dumps({"extras": 3})])
def test_a_damaged_stamp_only_means_another_setup(
    damaged: str, repository: Path, installed: list[str]
) -> None:
    bootstrap.STAMP.write_text(damaged)
    bootstrap.install(())
    assert installed == ["setuptools", "."]


def test_a_pip_that_fails_ends_in_one_sentence(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "make_environment", lambda: None)
    monkeypatch.setattr(bootstrap.subprocess, "call", lambda *words, **options: 1)
    assert bootstrap.main(["setup"]) == 1
    assert capsys.readouterr().err.startswith("setup: pip could not do that")
    assert not bootstrap.STAMP.exists()


def test_a_python_without_ensurepip_is_told_which_package_is_missing(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda name: None)
    assert bootstrap.main(["setup"]) == 1
    version = ".".join(map(str, sys.version_info[:2]))
    assert f"sudo apt install python{version}-venv" in capsys.readouterr().err


def test_an_old_python_looks_for_a_newer_one_and_says_so_if_there_is_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "OLDEST_PYTHON", (99, 0))
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)
    assert bootstrap.main(["lab"]) == 1
    assert "the course needs Python 99.0 or newer and this is Python" in capsys.readouterr().err


def test_a_newer_python_that_starts_nothing_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = {"python3.13": str(tmp_path / "nothing"), "python3.12": sys.executable}
    monkeypatch.setattr(bootstrap.shutil, "which", found.get)
    assert bootstrap.newer_python() == sys.executable


@pytest.mark.integration
def test_an_environment_without_pip_is_made_anew(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", bootstrap.VENV], check=True)
    made: list[list[str]] = []
    monkeypatch.setattr(bootstrap.subprocess, "call", lambda words, **o: made.append(words) or 1)
    with pytest.raises(bootstrap.SetupError):
        bootstrap.make_environment()
    assert made[-1][1:3] == ["-m", "venv"]


def test_every_target_of_the_makefile_is_one_of_the_setup() -> None:
    root = Path(bootstrap.__file__).resolve().parents[1]
    makefile = (root / "Makefile").read_text()
    asked = {
        line.split()[1] for line in makefile.splitlines() if line.startswith("\t@$(BOOTSTRAP)")
    }
    assert asked == set(bootstrap.TARGETS)
