"""Model folders: what is saved comes back, mapped and not copied, in every dtype."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minitorch import nn, town
from minitorch.checkpoint import CheckpointError, from_pretrained, load_tokenizer, save_pretrained
from minitorch.optim import AdamW
from tests.minitorch.model_folders import small_folder, small_model, weights_of

IDS = np.random.default_rng(0).integers(0, 30, (2, 7))
KINDS: dict[str, dict[str, Any]] = {
    "dense": {},
    "tied": {"tie_word_embeddings": True},
    "wide heads": {"head_dim": 10},
    "experts": {"num_local_experts": 3},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_model_comes_back_bit_for_bit(kind: str, dtype: Any, tmp_path: Path) -> None:
    model = small_model(dtype=dtype, **KINDS[kind])
    save_pretrained(model, tmp_path / "new" / "folder")
    opened = from_pretrained(tmp_path / "new" / "folder", dtype)
    assert opened.config == model.config
    assert weights_of(opened).keys() == weights_of(model).keys()
    for name, array in weights_of(opened).items():
        assert array.dtype == dtype
        np.testing.assert_array_equal(array, weights_of(model)[name])
    np.testing.assert_array_equal(opened(IDS).data, model(IDS).data)


def test_a_tied_model_is_tied_again(tmp_path: Path) -> None:
    small_folder(tmp_path, tie_word_embeddings=True)
    opened = from_pretrained(tmp_path)
    assert opened.lm_head.weight is opened.model.embed_tokens.weight
    assert b"lm_head" not in (tmp_path / "model.safetensors").read_bytes()


def test_a_saved_folder_holds_these_files(tmp_path: Path) -> None:
    model = small_model(vocab_size=1024)
    save_pretrained(model, tmp_path, town.course_tokenizer())
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
    ids = town.course_tokenizer().special
    expected = {
        "bos_token_id": ids["<|begin|>"],
        "eos_token_id": ids["<|end|>"],
        "pad_token_id": ids["<|pad|>"],
    }
    assert json.loads((tmp_path / "generation_config.json").read_text()) == expected
    assert json.loads((tmp_path / "config.json").read_text()).items() >= expected.items()
    assert model.config.eos_token_id is None  # the model itself was not changed
    assert load_tokenizer(tmp_path).fingerprint() == town.FINGERPRINT


def test_ids_that_the_config_has_are_kept(tmp_path: Path) -> None:
    save_pretrained(small_model(vocab_size=1024, eos_token_id=3), tmp_path, town.course_tokenizer())
    assert from_pretrained(tmp_path).config.eos_token_id == 3


@pytest.mark.parametrize("kind", KINDS)
def test_saving_what_was_opened_changes_no_byte(kind: str, tmp_path: Path) -> None:
    small_folder(tmp_path / "first", **KINDS[kind])
    save_pretrained(from_pretrained(tmp_path / "first"), tmp_path / "second")
    for path in (tmp_path / "first").iterdir():
        assert (tmp_path / "second" / path.name).read_bytes() == path.read_bytes()


# -- mapped, not copied -------------------------------------------------------------------------


def test_weights_are_views_of_one_map_of_the_file(tmp_path: Path) -> None:
    small_folder(tmp_path)
    bases = set()
    for array in weights_of(from_pretrained(tmp_path)).values():
        assert type(array) is np.ndarray
        assert array.flags.aligned
        assert array.flags.writeable
        assert not array.flags.owndata
        while isinstance(array.base, np.ndarray):
            array = array.base
        bases.add(id(memoryview(array.base).obj))
    assert len(bases) == 1


def test_training_changes_the_model_and_not_the_file(tmp_path: Path) -> None:
    small_folder(tmp_path)
    path = tmp_path / "model.safetensors"
    before = hashlib.sha256(path.read_bytes()).digest()
    model, other = from_pretrained(tmp_path), from_pretrained(tmp_path)
    kept = {name: array.copy() for name, array in weights_of(model).items()}
    optimizer = AdamW(model.parameters(), lr=0.1)
    model.loss(IDS[:, :-1], IDS[:, 1:]).backward()
    optimizer.step()
    model.model.norm.weight.data += 1
    for name, array in weights_of(model).items():
        assert not np.array_equal(array, kept[name]), name
        np.testing.assert_array_equal(weights_of(other)[name], kept[name])
    assert hashlib.sha256(path.read_bytes()).digest() == before


def test_a_model_can_be_saved_over_the_file_that_it_is_mapped_from(tmp_path: Path) -> None:
    first = small_folder(tmp_path)
    model = from_pretrained(tmp_path)
    model.model.norm.weight.data += 1
    save_pretrained(model, tmp_path)
    small_folder(tmp_path, seed=1)  # the map still shows the file that it was made of
    np.testing.assert_array_equal(model.lm_head.weight.data, first.lm_head.weight.data)
    assert np.all(model.model.norm.weight.data == 2)


MEMORY = """
import sys
import numpy as np
from minitorch.checkpoint import from_pretrained
def private():
    lines = open("/proc/self/status").read().splitlines()
    found = dict(line.split(":", 1) for line in lines)
    return int(found["RssAnon"].split()[0]), int(found["VmHWM"].split()[0])
before, _ = private()
model = from_pretrained(sys.argv[1])
opened, _ = private()
total = sum(float(p.data.sum()) for p in model.parameters())  # every number is looked at
read, peak = private()
print(opened - before, read - before, peak - before)
"""


@pytest.mark.integration
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks Linux about memory")
def test_opening_a_model_takes_no_memory_of_its_own(tmp_path: Path) -> None:
    """Measured with 26 MB of weights: what is private stays small, opened and when read."""
    model = small_folder(tmp_path, hidden_size=512, intermediate_size=2048, vocab_size=200)
    size = sum(array.nbytes for array in weights_of(model).values()) / 1024
    assert size > 25_000
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(tmp_path)], capture_output=True, text=True, check=True
    )
    opened, read, peak = map(int, done.stdout.split())
    assert opened < size / 10
    assert read < size / 10
    assert peak < size * 1.5 + 60_000  # the interpreter, and the file once


# -- dtypes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dtype", "step"), [("bfloat16", 2**-8), ("float16", 2**-11), ("float64", 0.0)]
)
def test_a_smaller_dtype_costs_half_a_step_of_its_precision(
    dtype: str, step: float, tmp_path: Path
) -> None:
    model = small_model()
    save_pretrained(model, tmp_path, dtype=dtype)
    assert json.loads((tmp_path / "config.json").read_text())["dtype"] == dtype
    for name, array in weights_of(from_pretrained(tmp_path)).items():
        expected = weights_of(model)[name]
        assert array.dtype == np.float32
        large = np.abs(expected) > 2.0**-14  # below it float16 has fewer digits
        error = np.abs(array - expected)[large] / np.abs(expected)[large]
        assert error.max() <= step


def test_half_the_bytes_are_written_in_bfloat16(tmp_path: Path) -> None:
    model = small_folder(tmp_path / "whole", vocab_size=500)
    save_pretrained(model, tmp_path / "half", dtype="bfloat16")
    whole, half = ((tmp_path / n / "model.safetensors").stat().st_size for n in ("whole", "half"))
    assert half < 0.55 * whole


def test_a_number_too_large_for_float16_is_named(tmp_path: Path) -> None:
    model = small_model()
    model.model.norm.weight.data[3] = 70000
    with pytest.raises(CheckpointError, match=r"model\.norm\.weight holds 70000, .* float16"):
        save_pretrained(model, tmp_path, dtype="float16")
    assert list(tmp_path.iterdir()) == []
    save_pretrained(model, tmp_path, dtype="bfloat16")


# -- what is refused ----------------------------------------------------------------------------


def test_a_dtype_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="float64, float32, float16, bfloat16, not as 'int8'"):
        save_pretrained(small_model(), tmp_path, dtype="int8")
    small_folder(tmp_path)
    with pytest.raises(CheckpointError, match="float32 or float64, not in float16"):
        from_pretrained(tmp_path, np.float16)


def test_a_model_that_its_config_does_not_describe_is_refused(tmp_path: Path) -> None:
    model = small_model()
    model.model.layers[1].mlp.extra = nn.Parameter(np.ones(3, np.float32))
    with pytest.raises(CheckpointError, match=r"model\.layers\.1\.mlp\.extra belongs to no"):
        save_pretrained(model, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_tokenizer_larger_than_the_models_vocabulary_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"the tokenizer has 1024 tokens.* 30"):
        save_pretrained(small_model(), tmp_path, town.course_tokenizer())
    assert list(tmp_path.iterdir()) == []
