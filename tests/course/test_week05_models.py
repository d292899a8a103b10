"""The tiny models of week 5 are those that its script makes with Transformers."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from coursekit import paths

FOLDER = paths.COURSE / "week05_transformer"
SHA256 = {
    "tiny_llama/model": "0e8682bd4cb59880d9554449da975e75d9abad3e7ae9fb2f25ee7390b49d4619",
    "tiny_llama/expected": "53e19bf7584ed8e3c4f89035ff508a5d769ad20b96b538f3b0efeb363ed9447c",
    "tiny_mixtral/model": "0829bb29714eae733c4bcbb78da2b19917e6fd5cc71310f59e875e3214056b55",
    "tiny_mixtral/expected": "4cde86b7d03a2be114b915b77b913f2e7445f0951f3f13106802c2aa0902d051",
}


@pytest.fixture(scope="module")
def made_anew(tmp_path_factory: pytest.TempPathFactory) -> Path:
    spec = importlib.util.spec_from_file_location("make_models", FOLDER / "make_models.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    folder = tmp_path_factory.mktemp("made_anew")
    script.make_all(folder)
    return folder


@pytest.mark.parametrize("name", SHA256)
def test_the_stored_files_are_unchanged(name: str) -> None:
    stored = (FOLDER / f"{name}.safetensors").read_bytes()
    assert hashlib.sha256(stored).hexdigest() == SHA256[name]


@pytest.mark.parametrize("name", SHA256)
def test_the_script_makes_the_stored_numbers(name: str, made_anew: Path) -> None:
    stored = load_file(FOLDER / f"{name}.safetensors")
    again = load_file(made_anew / f"{name}.safetensors")
    assert stored.keys() == again.keys()
    for key, array in stored.items():  # the logits are computed: their last digits may differ
        np.testing.assert_allclose(again[key], array, rtol=0, atol=1e-4 if key == "logits" else 0)


@pytest.mark.parametrize("name", ["tiny_llama", "tiny_mixtral"])
def test_the_folders_are_small(name: str) -> None:
    assert sum(path.stat().st_size for path in (FOLDER / name).iterdir()) < 100_000
