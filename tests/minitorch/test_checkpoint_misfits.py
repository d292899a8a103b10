"""Weights, settings and indexes that do not fit together get one clear sentence."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minitorch.checkpoint import CheckpointError, from_pretrained, load_tokenizer
from minitorch.safetensors_files import write_tensors
from minitorch.tokenizer import TokenizerError
from tests.minitorch.model_folders import (
    assert_one_sentence,
    change_config,
    refused,
    small_folder,
    small_model,
    weights_of,
)

WEIGHTS = "model.safetensors"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    small_folder(tmp_path / "model")
    return tmp_path / "model"


# -- weights that do not fit --------------------------------------------------------------------


def rewrite(folder: Path, change: Callable[[dict[str, np.ndarray]], Any], **config: Any) -> None:
    """Write the weights of a small model again after a change."""
    weights = weights_of(small_model(**config))
    change(weights)
    write_tensors(folder / WEIGHTS, weights)


@pytest.mark.parametrize(
    "name", ["model.norm.weight", "lm_head.weight", "model.layers.1.self_attn.q_proj.weight"]
)
def test_a_missing_tensor_is_named(folder: Path, name: str) -> None:
    rewrite(folder, lambda weights: weights.pop(name))
    refused(folder, f"lacks {name}$")


def test_of_several_missing_tensors_the_first_is_named_and_the_rest_are_counted(
    folder: Path,
) -> None:
    rewrite(folder, lambda w: [w.pop(n) for n in list(w) if "layers.1" in n])
    refused(folder, r"lacks model\.layers\.1\.\S+ \(and 8 more\)$")


def test_a_tensor_that_has_no_place_is_named(folder: Path) -> None:
    bias = np.zeros(16, np.float32)
    rewrite(folder, lambda w: w.update({"model.layers.0.self_attn.q_proj.bias": bias}))
    refused(folder, r"holds model\.layers\.0\.self_attn\.q_proj\.bias, for which .* no place")


def test_a_shape_that_does_not_fit_is_told_with_the_one_that_would(folder: Path) -> None:
    rewrite(folder, lambda w: w.update({"model.norm.weight": np.ones(17, np.float32)}))
    refused(folder, r"model\.norm\.weight has shape \(17,\), and config\.json asks for \(16,\)")


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"vocab_size": 31}, r"embed_tokens\.weight has shape \(30, 16\), .* \(31, 16\)"),
        ({"hidden_size": 20}, r"embed_tokens\.weight has shape \(30, 16\), .* \(30, 20\)"),
        ({"hidden_size": 4 * 10**15}, r"embed_tokens\.weight has shape \(30, 16\)"),
        ({"intermediate_size": 21}, r"gate_proj\.weight has shape \(20, 16\), .* \(21, 16\)"),
        ({"intermediate_size": 10**15}, r"gate_proj\.weight has shape \(20, 16\)"),
        ({"num_key_value_heads": 4}, r"k_proj\.weight has shape \(8, 16\), .* \(16, 16\)"),
        ({"head_dim": 8}, r"q_proj\.weight has shape \(16, 16\), .* \(32, 16\)"),
        ({"num_hidden_layers": 3}, r"lacks model\.layers\.2\.input_layernorm\.weight \(and 8 more"),
        ({"num_hidden_layers": 1}, r"holds model\.layers\.1\.\S+ \(and 8 more\), for which"),
        ({"num_hidden_layers": 10**9}, "holds 21 tensors, too few for the 1000000000 layers"),
        ({"tie_word_embeddings": True}, r"lm_head\.weight differs from model\.embed_tokens"),
    ],
)
def test_a_config_that_asks_for_other_shapes_is_refused(
    folder: Path, changes: dict[str, Any], what: str
) -> None:
    change_config(folder, **changes)
    refused(folder, what)


def test_sizes_that_no_computer_can_hold_are_refused(folder: Path) -> None:
    change_config(folder, intermediate_size=10**30)
    refused(folder, "sizes that no computer can hold", "config.json")


def test_more_experts_than_are_stored_are_refused(folder: Path) -> None:
    small_folder(folder, num_local_experts=2)
    change_config(folder, num_local_experts=10**8)
    refused(folder, "2 layers with 100000000 experts each")


def test_weights_of_another_kind_of_model_are_refused(folder: Path) -> None:
    write_tensors(folder / WEIGHTS, {"wte.weight": np.ones((30, 16))})
    refused(folder, r"holds no model\.embed_tokens\.weight: it is not a model of this kind")


def test_weights_that_are_whole_numbers_are_refused(folder: Path) -> None:
    data = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(data.replace(b'"F32"', b'"I32"', 1))
    refused(folder, r"\S+ is I32, and weights are one of F64, F32, F16, BF16")


# -- config.json --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (b"", "is no JSON"),
        (b"hidden_size: 3", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b"\xff\xfe", "is no text"),
        (b"[1, 2]", "holds no settings"),
        (b"{}", "model_type None: only llama and mixtral"),
        (b'{"model_type": "gpt2"}', "model_type 'gpt2': only llama and mixtral"),
        (b'{"model_type": ["llama"]}', "not of the kind|model_type"),
    ],
)
def test_a_config_that_cannot_be_read_is_refused(folder: Path, text: bytes, what: str) -> None:
    (folder / "config.json").write_bytes(text)
    refused(folder, what, "config.json")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize("name", ["rope_theta", "rms_norm_eps", "hidden_size"])
def test_a_config_with_a_number_that_is_none_is_refused(
    folder: Path, name: str, number: str
) -> None:
    path = folder / "config.json"
    settings = json.loads(path.read_text()) | {name: "HERE"}
    path.write_text(json.dumps(settings).replace('"HERE"', number))
    refused(folder, f"{number} is no number that a model can have", "config.json")


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"hidden_size": 0}, "hidden_size must be a whole number from 1 up"),
        ({"hidden_size": "16"}, "hidden_size must be a whole number from 1 up, not '16'"),
        ({"hidden_size": 16.5}, "hidden_size must be a whole number from 1 up, not 16.5"),
        ({"num_attention_heads": 3}, r"num_attention_heads \(3\) must be a multiple"),
        ({"num_hidden_layers": None}, "num_hidden_layers must be a whole number"),
        ({"rms_norm_eps": "small"}, "rms_norm_eps must be a number above 0, not 'small'"),
        ({"rms_norm_eps": -1}, "rms_norm_eps must be a number above 0, not -1"),
        ({"rope_parameters": {"rope_theta": 0}}, "rope_theta must be a number above 0"),
        ({"rope_parameters": {"rope_theta": True}}, "rope_theta must be a number"),
        ({"rope_parameters": 7}, "rope_parameters must be names with values, not 7"),
        ({"rope_parameters": {"rope_type": "yarn"}}, "rope_type is 'yarn'"),
        ({"tie_word_embeddings": "no"}, "tie_word_embeddings must be true or false, not 'no'"),
        ({"hidden_act": "gelu"}, "hidden_act is 'gelu'"),
    ],
)
def test_a_config_with_an_odd_entry_is_refused(
    folder: Path, changes: dict[str, Any], what: str
) -> None:
    change_config(folder, **changes)
    refused(folder, what, "config.json")


# -- folders ------------------------------------------------------------------------------------


def test_what_is_no_model_folder_is_refused(folder: Path) -> None:
    refused(folder / "nowhere", "is not there: from_pretrained opens a folder", None)
    refused(folder / WEIGHTS, "is a file: from_pretrained opens a folder", None)
    (folder / WEIGHTS).unlink()
    refused(folder, "holds no weights: neither model.safetensors nor", None)
    (folder / "config.json").unlink()
    refused(folder, "is not there: this is no folder of a model", "config.json")
    with pytest.raises(TokenizerError, match=re.escape(f"{folder / 'tokenizer.json'} is not")):
        load_tokenizer(folder)


def sharded(folder: Path, **places: Any) -> Path:
    """Two files and an index of them; `places` changes the index."""
    weights = weights_of(small_model())
    (folder / WEIGHTS).unlink(missing_ok=True)
    names = sorted(weights)
    found: dict[str, Any] = {}
    for number, part in enumerate((names[:9], names[9:])):
        write_tensors(folder / f"part-{number}.safetensors", {name: weights[name] for name in part})
        found |= dict.fromkeys(part, f"part-{number}.safetensors")
    path = folder / "model.safetensors.index.json"
    path.write_text(json.dumps({"metadata": {}, "weight_map": found | places}))
    return path


def test_a_folder_in_parts_opens(folder: Path) -> None:
    expected = weights_of(from_pretrained(folder))
    sharded(folder)
    for name, array in weights_of(from_pretrained(folder)).items():
        np.testing.assert_array_equal(array, expected[name])


def test_one_file_counts_before_parts_that_were_left_behind(folder: Path) -> None:
    """So it is in Transformers, and after a save that was killed before it removed the parts."""
    sharded(folder)
    new = weights_of(small_model(seed=5))
    write_tensors(folder / WEIGHTS, new)
    for name, array in weights_of(from_pretrained(folder)).items():
        np.testing.assert_array_equal(array, new[name])


@pytest.mark.parametrize("place", ["../model/part-0.safetensors", "/etc/passwd", "", "..", 3, None])
def test_an_index_cannot_name_files_elsewhere(folder: Path, place: Any) -> None:
    path = sharded(folder, **{"lm_head.weight": place})
    refused(folder, "is not the name of a file of weights beside it", path.name)


def test_a_wrong_index_is_refused(folder: Path) -> None:
    path = sharded(folder, **{"lm_head.weight": "part-1.safetensors"})
    refused(folder, "lacks lm_head.weight, which it should hold", "part-1.safetensors")
    path = sharded(folder)
    (folder / "part-1.safetensors").unlink()
    refused(folder, "cannot be read: No such file", "part-1.safetensors")
    for content in ("{}", '{"weight_map": {}}', '{"weight_map": [1]}'):
        path.write_text(content)
        refused(folder, "has no weight_map", path.name)
    path.write_text("{")
    refused(folder, "is no JSON", path.name)


def test_a_tensor_that_the_index_leaves_out_is_missing(folder: Path) -> None:
    path = sharded(folder)
    content = json.loads(path.read_text())
    del content["weight_map"]["model.norm.weight"]
    path.write_text(json.dumps(content))
    refused(folder, "lacks model.norm.weight", path.name)


def test_saving_over_parts_removes_them(folder: Path) -> None:
    sharded(folder, **{"x": "../kept.safetensors", "y": "model.safetensors", "z": 3})
    shutil.copy(folder / "part-0.safetensors", folder.parent / "kept.safetensors")
    (folder / "notes.txt").write_text("mine")
    model = small_folder(folder, seed=4)
    names = {"config.json", "generation_config.json", "model.safetensors", "notes.txt"}
    assert {path.name for path in folder.iterdir()} == names
    assert (folder.parent / "kept.safetensors").exists()
    np.testing.assert_array_equal(
        from_pretrained(folder).lm_head.weight.data, model.lm_head.weight.data
    )


@pytest.mark.parametrize("content", ["{", '{"weight_map": 3}', '{"weight_map": {"x": "missing"}}'])
def test_saving_over_a_damaged_index_removes_it(folder: Path, content: str) -> None:
    (folder / "model.safetensors.index.json").write_text(content)
    small_folder(folder)
    assert not (folder / "model.safetensors.index.json").exists()


def test_a_config_that_is_a_folder_is_refused(folder: Path) -> None:
    (folder / "config.json").unlink()
    (folder / "config.json").mkdir()
    refused(folder, "cannot be read: Is a directory", "config.json")


odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=3,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_entry_of_a_config_is_taken_or_refused(folder: Path, data: st.DataObject) -> None:
    small_folder(folder, num_local_experts=2)
    path = folder / "config.json"
    content = json.loads(path.read_text())
    change_config(folder, **{data.draw(st.sampled_from(sorted(content))): data.draw(odd)})
    try:
        from_pretrained(folder)
    except CheckpointError as error:
        assert_one_sentence(error, folder)
