"""The places where a dependency stands agree with each other."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from coursekit import doctor

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
EXTRAS = PROJECT["optional-dependencies"]
PINS = dict(
    line.partition(";")[0].strip().split("==")
    for line in (ROOT / "constraints.txt").read_text().splitlines()
    if line and not line.startswith("#")
)


def normal(name: str) -> str:
    """Package names are equal whatever their capitals, dots and dashes."""
    return re.sub(r"[-_.]+", "-", name).lower()


PINNED = {normal(name): version for name, version in PINS.items()}


def test_every_line_of_the_constraints_pins_one_exact_version() -> None:
    assert all(re.fullmatch(r"\d[\w.]*", version) for version in PINS.values())
    assert len(PINNED) == len(PINS), "a package is pinned twice"


@pytest.mark.parametrize("where", ["base", *EXTRAS])
def test_every_dependency_is_pinned(where: str) -> None:
    names = PROJECT["dependencies"] if where == "base" else EXTRAS[where]
    missing = [name for name in names if normal(name) not in PINNED]
    assert not missing


@pytest.mark.parametrize("where", ["base", *EXTRAS])
def test_versions_stand_in_the_constraints_alone(where: str) -> None:
    names = PROJECT["dependencies"] if where == "base" else EXTRAS[where]
    assert [name for name in names if not re.fullmatch(r"[\w.-]+", name)] == []


def test_everything_that_is_installed_here_has_the_pinned_version() -> None:
    """What the tests run with is what the constraints say, packages of packages included."""
    from importlib.metadata import distributions

    ours = {"mini-claude", "pip"}
    # torch's build for GPUs brings companions along, at versions that it pins itself.
    torchs = re.compile(r"(nvidia|cuda|triton)\b")
    found = {normal(d.name): d.version.partition("+")[0] for d in distributions()}
    different = {
        name: (version, PINNED.get(name))
        for name, version in found.items()
        if name not in ours and not torchs.match(name) and version != PINNED.get(name)
    }
    assert not different, f"(installed, pinned): {different}"


def test_the_conda_environment_installs_the_same_as_pip() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    *plain, pip = environment["dependencies"]
    options = [line for line in pip["pip"] if line.startswith("--")]
    packages = dict(line.split("==") for line in pip["pip"] if not line.startswith("--"))
    assert environment["name"] == PROJECT["name"]
    assert options == ["--constraint constraints.txt", "--editable ."]
    assert packages == {name: PINNED[normal(name)] for name in PROJECT["dependencies"]}
    assert f"python {PROJECT['requires-python']}" in plain


def test_the_oldest_python_is_the_same_everywhere() -> None:
    from coursekit import bootstrap

    oldest = PROJECT["requires-python"].removeprefix(">=")
    assert bootstrap.OLDEST_PYTHON == doctor.OLDEST_PYTHON == tuple(map(int, oldest.split(".")))
    assert PYPROJECT["tool"]["mypy"]["python_version"] == oldest
    assert PYPROJECT["tool"]["ruff"]["target-version"] == "py" + oldest.replace(".", "")


def test_the_doctor_looks_at_every_base_dependency() -> None:
    assert list(doctor.BASE_PACKAGES) == PROJECT["dependencies"]


def test_make_test_installs_every_extra() -> None:
    from coursekit import bootstrap

    assert set(bootstrap.EVERYTHING) == set(EXTRAS)
