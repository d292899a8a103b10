"""Small model folders for the tests of saving and opening, and files made by hand."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minitorch.checkpoint import CheckpointError, from_pretrained, save_pretrained
from minitorch.config import Config
from minitorch.transformer import CausalLM


def small_model(seed: int = 0, dtype: Any = np.float32, **changes: Any) -> CausalLM:
    sizes: dict[str, Any] = {
        "vocab_size": 30,
        "hidden_size": 16,
        "intermediate_size": 20,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "initializer_range": 0.2,
    }
    return CausalLM(Config(**sizes | changes), rng=np.random.default_rng(seed), dtype=dtype)


def small_folder(folder: Path, seed: int = 0, **changes: Any) -> CausalLM:
    model = small_model(seed, **changes)
    save_pretrained(model, folder)
    return model


def weights_of(model: CausalLM) -> dict[str, np.ndarray]:
    return {name: parameter.data for name, parameter in model.named_parameters()}


def change_config(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def file_of(header: Any, numbers: bytes = b"", length: int | None = None) -> bytes:
    """A safetensors file of any header, right or wrong: an object, or bytes as they are."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + numbers


def entry(dtype: str, shape: list[int], start: int, stop: int) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, stop]}


def assert_one_sentence(error: Exception, path: Path) -> None:
    """An error that names the file, in one line."""
    assert str(path) in str(error)
    assert "\n" not in str(error)


def refused(folder: Path, what: str, name: str | None = "model.safetensors") -> None:
    """Opening raises one sentence that names the file and says what is wrong."""
    with pytest.raises(CheckpointError) as caught:
        from_pretrained(folder)
    message = str(caught.value)
    assert_one_sentence(caught.value, folder if name is None else folder / name)
    assert re.search(what, message), message
