"""Look for what is wrong with this installation, and say how to mend it.

Nothing outside the standard library is imported here: packages are tried in processes of their
own, so that a broken one, even one that crashes, is found and named.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from coursekit import machine, paths

OLDEST_PYTHON = (3, 11)
GIB = 1024**3
ADVISED_MEMORY = 2 * GIB
ADVISED_DISK = 2 * GIB
NEEDED_DISK = GIB // 10
# One for each package of pyproject.toml's base dependencies; a test keeps the two equal.
BASE_PACKAGES = ("numpy", "safetensors", "matplotlib", "ipywidgets", "jupyterlab", "jupytext")
INSTALL = "`make setup` installs it (elsewhere than in .venv: pip install -c constraints.txt -e .)."


@dataclass(frozen=True)
class Finding:
    """One line of the report: what was looked at, how it is, and how to mend it."""

    state: str  # "ok", "note" or "problem"
    what: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.state:<8} {self.what}" + (f"\n         {self.mend}" if self.mend else "")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`course doctor` has no options."""


def run(args: argparse.Namespace) -> int:
    """Print one line for each check; 1 if there is a problem."""
    problems = 0
    for finding in findings():
        print(finding, flush=True)
        problems += finding.state == "problem"
    print(f"\n{problems} to mend." if problems else "\nEverything that the course needs is here.")
    return 1 if problems else 0


def findings() -> Iterator[Finding]:
    """Every check, one after the other."""
    yield python(sys.version_info[:3], sys.maxsize)
    yield environment()
    if sys.version_info >= OLDEST_PYTHON:
        yield from packages()
    yield cores()
    yield memory()
    yield disk(paths.ROOT)
    yield write_access(paths.workspace())
    yield helper("git", "Updates of the course come with it.")
    yield helper("make", "Without it: python coursekit/bootstrap.py lab.")


def python(version: tuple[int, ...], largest: int) -> Finding:
    """New enough, and made for 64 bits: for others there are no packages."""
    what = f"Python {'.'.join(map(str, version))}"
    if version < OLDEST_PYTHON:
        return Finding("problem", what, "The course needs 3.11 or newer: python.org has it.")
    if largest < 2**32:
        return Finding("problem", f"{what}, 32 bits", "Install the 64-bit one from python.org.")
    return Finding("ok", what)


def environment() -> Finding:
    """Is this the .venv that `make lab` makes?"""
    own = paths.ROOT / ".venv"
    if Path(sys.prefix).resolve() == own.resolve():
        return Finding("ok", f"the course's own environment, {own}")
    return Finding(
        "note",
        f"this Python is in {sys.prefix}, not in the course's own environment {own}",
        f"To look at that one: {_venv_course(own)} doctor."
        if own.exists()
        else "`make lab` makes that one; yours works as well if all packages are in it.",
    )


def packages() -> list[Finding]:
    """Each base package, torch, and the course itself."""
    probes = {name: _probe(f"import {name}") for name in (*BASE_PACKAGES, "torch")}
    where = _probe("import importlib.util as u; print(u.find_spec('minitorch').origin)")
    found = [package(name, *_answer(probes[name])) for name in BASE_PACKAGES]
    return [*found, torch(*_answer(probes["torch"])), course_itself(*_answer(where))]


def package(name: str, status: int, said: str) -> Finding:
    """Is it there, at the version that the course was tested with, and can it be imported?"""
    version, tested = _version(name), _pins().get(name)
    if version is None and f"No module named '{name}'" in said:
        return Finding("problem", f"{name} is missing", INSTALL)
    if status:
        what = f"{name} {version or ''} cannot be imported: {said}"
        return Finding("problem", what, _again(name))
    if version != tested:
        what = f"{name} {version or 'of unknown version'}; the course was tested with {tested}"
        return Finding("note", what, INSTALL)
    return Finding("ok", f"{name} {version}")


def torch(status: int, said: str) -> Finding:
    """Weeks 1 to 8 do without it."""
    if status == 0:
        return Finding("ok", f"torch {_version('torch')}")
    purpose = "weeks 1 to 8 compare with it where it is there, from week 9 on it is needed"
    if "No module named 'torch'" in said:
        return Finding("note", f"torch is not installed: {purpose}", f"To add it: {_pip('torch')}")
    return Finding("problem", f"torch cannot be imported: {said}", _again("torch"))


def course_itself(status: int, said: str) -> Finding:
    """Does `import minitorch` find this copy of the course, from any folder?"""
    if status:
        return Finding("problem", "the course's own packages are not installed", INSTALL)
    if not Path(said).resolve().is_relative_to(paths.ROOT):
        what = f"`import minitorch` finds another copy, {said}"
        return Finding("problem", what, f"To use the one in {paths.ROOT}: {INSTALL}")
    return Finding("ok", "the course's own packages are installed")


def cores() -> Finding:
    """How many cores this process may use."""
    count = machine.cores()
    if count < 2:
        return Finding("note", "1 core", "The course was measured on two: expect twice the times.")
    return Finding("ok", f"{count} cores")


def memory() -> Finding:
    """Room for a notebook with a model in training."""
    size = machine.memory()
    if size is None:
        return Finding("note", "the memory of this machine is unknown", "2 GB free are advised.")
    what = f"{size.bytes / GIB:.1f} GB of memory {size.kind}"
    if size.bytes < ADVISED_MEMORY:
        return Finding("note", what, "2 GB are advised: close other programs before week 6.")
    return Finding("ok", what)


def disk(folder: Path) -> Finding:
    """Room for the packages, the models and your work."""
    free = shutil.disk_usage(folder).free
    what = f"{free / GIB:.1f} GB of disk free"
    if free < NEEDED_DISK:
        return Finding("problem", what, f"Your work cannot be saved: make room where {folder} is.")
    if free < ADVISED_DISK:
        return Finding("note", what, "2 GB are advised for the packages and the models.")
    return Finding("ok", what)


def write_access(folder: Path) -> Finding:
    """Can a file be written where your work is kept?"""
    existing = folder
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    try:
        with tempfile.TemporaryFile(dir=existing):
            return Finding("ok", f"your work can be written to {folder}")
    except OSError as error:
        return Finding(
            "problem",
            f"nothing can be written in {existing} ({error.strerror})",
            "Change the folder's owner or rights, or set COURSE_WORKSPACE to a folder of yours.",
        )


def helper(tool: str, advice: str) -> Finding:
    """A program that is convenient to have."""
    if shutil.which(tool):
        return Finding("ok", tool)
    return Finding("note", f"{tool} is not installed", advice)


def _probe(code: str) -> subprocess.Popen[str]:
    """Start a Python that runs one line; they run beside each other, so that this is quick."""
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        cwd=tempfile.gettempdir(),  # not where `import` would find a package by its folder
    )


def _answer(probe: subprocess.Popen[str]) -> tuple[int, str]:
    """The exit status, and what it printed last, or the last line of its error."""
    try:
        printed, error = probe.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        probe.kill()
        probe.communicate()
        return 1, "it did not answer within a minute"
    if probe.returncode < 0:
        return probe.returncode, f"it crashed with signal {-probe.returncode}"
    lines = (error if probe.returncode else printed).strip().splitlines()
    return probe.returncode, lines[-1] if lines else "it stopped without a message"


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _pins() -> dict[str, str]:
    """What constraints.txt says: package -> version."""
    text = (paths.ROOT / "constraints.txt").read_text(encoding="utf-8")
    pins = [line.partition(";")[0].strip().split("==") for line in text.splitlines()]
    return {pin[0].lower(): pin[1] for pin in pins if len(pin) == 2}


def _pip(package: str) -> str:
    return f"{sys.executable} -m pip install -c constraints.txt {package}"


def _again(name: str) -> str:
    return f"Install it again: {_pip('--force-reinstall --no-deps ' + name)}"


def _venv_course(venv: Path) -> Path:
    return venv / ("Scripts/course.exe" if os.name == "nt" else "bin/course")
