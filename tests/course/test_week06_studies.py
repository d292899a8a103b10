"""The stored studies of week 6 are those that its script made, with its present settings."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from types import ModuleType

import pytest

from coursekit import paths

FOLDER = paths.COURSE / "week06_pretraining"
SHA256 = {
    "curriculum": "162945f436f53aafa185681b8b89c5022249542efa3fd3fafecaffbf0ce30c34",
    "experts": "0e212d7a295f8f00411d6ad93fe8be55cfca9987d376556ea208f3e9f60f0f59",
    "larkmoor_log": "99d1cc9bcbabbd09ab5fe29e9ef08f5abb57206f36c2cc7b09be07ef82f3df39",
    "memorizing": "34debdd86d572647844225ca816752628e087efc3130bf3014b26ff4b78e0ae8",
    "sizes": "9c650ce8257b12b98a594c9ca7eca2feb56baedd83d819e6c5d5e592f258c4e6",
}


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("week06_studies", FOLDER / "studies.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_study_is_stored(script: ModuleType) -> None:
    assert {path.stem for path in (FOLDER / "studies").glob("*.json")} == set(script.STUDIES)
    assert SHA256.keys() == script.STUDIES.keys()


@pytest.mark.parametrize("name", SHA256)
def test_the_stored_results_are_unchanged(name: str) -> None:
    stored = (FOLDER / "studies" / f"{name}.json").read_bytes()
    assert hashlib.sha256(stored).hexdigest() == SHA256[name]


@pytest.mark.parametrize("name", SHA256)
def test_they_were_made_with_the_settings_of_the_script(name: str, script: ModuleType) -> None:
    stored = json.loads((FOLDER / "studies" / f"{name}.json").read_text(encoding="utf-8"))
    assert stored["settings"] == script.SETTINGS


def test_a_training_of_the_script_gives_its_curves(script: ModuleType) -> None:
    """A few steps of a tiny model: what the long ones are made with still runs."""
    records = list(script.larkmoor.documents(script.TOWN, "nano"))
    data = script.rows(records[:60])
    model = script.made({"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1})
    found = script.trained(model, [script.Phase("all", 100, 0.01, 10)], [data], data)
    assert len(found["loss"]) == 50
    assert found["loss"][-1] < found["loss"][0]
    assert found["at"] == list(range(10, 101, 10))
    assert len(found["bits"]) == 10
