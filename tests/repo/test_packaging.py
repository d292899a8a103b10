"""The places where a dependency stands agree with each other."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from coursekit import doctor

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
EXTRAS = PROJECT["optional-dependencies"]
PINS = [
    Requirement(line)
    for line in (ROOT / "constraints.txt").read_text().splitlines()
    if line and not line.startswith("#")
]


def pinned(**environment: str) -> dict[str, str]:
    """The versions that hold here, or in another environment: package -> version."""
    return {
        canonicalize_name(pin.name): str(pin.specifier).removeprefix("==")
        for pin in PINS
        if pin.marker is None or pin.marker.evaluate(environment)
    }


EVERYWHERE = {canonicalize_name(pin.name) for pin in PINS}


def test_every_line_of_the_constraints_pins_one_exact_version() -> None:
    assert all(re.fullmatch(r"==\d[\w.]*", str(pin.specifier)) for pin in PINS)


@pytest.mark.parametrize("python", ["3.11.0", "3.11.9", "3.13.0"])
@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_no_package_is_pinned_twice(python: str, system: str) -> None:
    environment = {"python_full_version": python, "sys_platform": system}
    here = [
        canonicalize_name(p.name) for p in PINS if not p.marker or p.marker.evaluate(environment)
    ]
    assert len(here) == len(set(here))


def test_every_pinned_version_exists_for_the_oldest_python() -> None:
    """A package may ask for more than 3.11: Debian 12 has 3.11.2."""
    oldest = PROJECT["requires-python"].removeprefix(">=") + ".0"
    there = pinned(python_full_version=oldest)
    too_new = [
        f"{d.name} {d.version} needs Python {d.metadata['Requires-Python']}"
        for d in distributions()
        if there.get(canonicalize_name(d.name)) == d.version
        and not SpecifierSet(d.metadata["Requires-Python"] or "").contains(oldest)
    ]
    assert not too_new


@pytest.mark.parametrize("where", ["base", *EXTRAS])
def test_every_dependency_is_pinned(where: str) -> None:
    names = PROJECT["dependencies"] if where == "base" else EXTRAS[where]
    missing = [name for name in names if canonicalize_name(name) not in EVERYWHERE]
    assert not missing


@pytest.mark.parametrize("where", ["base", *EXTRAS])
def test_versions_stand_in_the_constraints_alone(where: str) -> None:
    names = PROJECT["dependencies"] if where == "base" else EXTRAS[where]
    assert [name for name in names if not re.fullmatch(r"[\w.-]+", name)] == []


def test_everything_that_is_installed_here_has_the_pinned_version() -> None:
    """What the tests run with is what the constraints say, packages of packages included."""
    ours = {"mini-claude", "pip"}
    # torch's build for GPUs brings companions along, at versions that it pins itself.
    torchs = re.compile(r"(nvidia|cuda|triton)\b")
    pins = pinned()
    found = {canonicalize_name(d.name): d.version.partition("+")[0] for d in distributions()}
    different = {
        name: (version, pins.get(name))
        for name, version in found.items()
        if name not in ours and not torchs.match(name) and version != pins.get(name)
    }
    assert not different, f"(installed, pinned): {different}"


def test_the_conda_environment_installs_the_same_as_pip() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    *plain, pip = environment["dependencies"]
    options = [line for line in pip["pip"] if line.startswith("--")]
    packages = dict(line.split("==") for line in pip["pip"] if not line.startswith("--"))
    assert environment["name"] == PROJECT["name"]
    assert options == ["--constraint constraints.txt", "--editable ."]
    assert packages == {name: pinned()[canonicalize_name(name)] for name in PROJECT["dependencies"]}
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
