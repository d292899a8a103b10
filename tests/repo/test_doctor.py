"""`course doctor` finds what is wrong, also where nothing else works, and says how to mend it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from coursekit import doctor, machine, paths

ROOT = Path(__file__).resolve().parents[2]


def run_doctor(python: Path | str, *folders: Path) -> subprocess.CompletedProcess[str]:
    """`python -m coursekit doctor`, with these folders first on the path."""
    path = os.pathsep.join(map(str, (*folders, ROOT)))
    return subprocess.run(
        [str(python), "-m", "coursekit", "doctor"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path, "COURSE_NO_NETWORK": "0"},
        check=False,
    )


def break_numpy(folder: Path, body: str) -> None:
    """Put a numpy into this folder that does this when it is imported."""
    (folder / "numpy").mkdir()
    (folder / "numpy" / "__init__.py").write_text(body + "\n")


@pytest.mark.integration
def test_a_sound_installation_has_no_problem(capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.run(SimpleNamespace()) == 0, capsys.readouterr().out
    printed = capsys.readouterr().out
    assert "Everything that the course needs is here." in printed


@pytest.mark.integration
def test_it_works_where_nothing_at_all_is_installed(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    scripts = "Scripts" if os.name == "nt" else "bin"
    bare = run_doctor(tmp_path / "bare" / scripts / "python")
    assert bare.returncode == 1
    assert bare.stderr == ""
    for name in doctor.BASE_PACKAGES:
        assert re.search(rf"^problem  {name} is missing\n +`make setup`", bare.stdout, re.MULTILINE)
    assert f"\n{len(doctor.BASE_PACKAGES)} to mend." in bare.stdout


@pytest.mark.integration
def test_it_reports_a_broken_package_instead_of_failing_with_it(tmp_path: Path) -> None:
    break_numpy(tmp_path, "raise ImportError('a part of numpy is lost')")
    broken = run_doctor(sys.executable, tmp_path)
    assert broken.returncode == 1
    assert broken.stderr == ""
    assert re.search(
        r"^problem  numpy \S+ cannot be imported: ImportError: a part of numpy is lost$",
        broken.stdout,
        re.MULTILINE,
    )
    assert "pip install -c constraints.txt --force-reinstall --no-deps numpy" in broken.stdout


@pytest.mark.integration
@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals")
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("import os; os.abort()", "it crashed with signal 6"),
        ("raise SystemExit(1)", "it stopped without a message"),
    ],
)
def test_a_package_that_takes_python_down_is_named(
    tmp_path: Path, body: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_numpy(tmp_path, body)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    finding = doctor.package("numpy", *doctor._answer(doctor._probe("import numpy")))
    assert finding.state == "problem"
    assert finding.what.endswith(f"cannot be imported: {said}")


@pytest.mark.parametrize(
    ("version", "largest", "state"),
    [
        ((3, 11, 0), 2**63 - 1, "ok"),
        ((3, 14, 2), 2**63 - 1, "ok"),
        ((3, 10, 9), 2**63 - 1, "problem"),
        ((3, 12, 1), 2**31 - 1, "problem"),
    ],
)
def test_an_old_or_a_32_bit_python_is_a_problem(version, largest: int, state: str) -> None:
    assert doctor.python(version, largest).state == state


def test_another_version_than_the_tested_one_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_version", lambda name: "1.0")
    finding = doctor.package("numpy", 0, "")
    assert finding.state == "note"
    assert "numpy 1.0; the course was tested with 2." in finding.what


def test_a_package_that_lost_its_files_is_installed_again_by_force() -> None:
    """pip believes that it is there, so that a plain installation would do nothing."""
    finding = doctor.package("numpy", 1, "ModuleNotFoundError: No module named 'numpy'")
    assert finding.state == "problem"
    assert "--force-reinstall" in finding.mend


def test_torch_is_optional_but_a_broken_one_is_not() -> None:
    missing = doctor.torch(1, "ModuleNotFoundError: No module named 'torch'")
    assert (missing.state, doctor.torch(1, "OSError: libc10.so").state) == ("note", "problem")


def test_another_copy_of_the_course_is_noticed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "minitorch" / "__init__.py"
    assert doctor.course_itself(0, str(elsewhere)).state == "problem"
    assert doctor.course_itself(0, str(paths.ROOT / "minitorch/__init__.py")).state == "ok"


@pytest.mark.parametrize(
    ("size", "state"),
    [
        (machine.Memory(3 * doctor.GIB, "free"), "ok"),
        (machine.Memory(doctor.GIB, "free"), "note"),
        (None, "note"),
    ],
)
def test_little_memory_is_noted(size, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "memory", lambda: size)
    assert doctor.memory().state == state


@pytest.mark.parametrize(("free", "state"), [(10, "ok"), (1, "note"), (0.01, "problem")])
def test_a_full_disk_is_a_problem(
    free: float, state: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    usage = SimpleNamespace(free=int(free * doctor.GIB))
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda folder: usage)
    assert doctor.disk(tmp_path).state == state


def test_a_workspace_that_cannot_be_written_is_a_problem(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(**options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(doctor.tempfile, "TemporaryFile", refuse)
    finding = doctor.write_access(tmp_path / "not" / "yet" / "there")
    assert finding.state == "problem"
    assert f"nothing can be written in {tmp_path} (Permission denied)" in finding.what


def test_looking_at_a_workspace_does_not_make_it(tmp_path: Path) -> None:
    assert doctor.write_access(tmp_path / "workspace").state == "ok"
    assert list(tmp_path.iterdir()) == []


def test_every_problem_says_how_to_mend_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_probe", lambda code: None)
    monkeypatch.setattr(doctor, "_answer", lambda probe: (1, "something went wrong"))
    problems = [f for f in doctor.packages() if f.state == "problem"]
    assert len(problems) == len(doctor.BASE_PACKAGES) + 2
    assert all(problem.mend for problem in problems)


def test_the_free_memory_of_this_machine_is_plausible() -> None:
    size = machine.memory()
    assert size is not None
    assert 2**24 < size.bytes < 2**45
    assert machine.cores() >= 1


def test_available_memory_is_read_in_kilobytes() -> None:
    assert machine._available("MemTotal: 9 kB\nMemAvailable:    2048 kB\n") == 2 * 1024**2
