"""A folder saved here opens in Transformers, and one saved there opens here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from minitorch import town
from minitorch.chat_template import encode_chat, render_chat
from minitorch.checkpoint import from_pretrained, load_tokenizer, save_pretrained
from minitorch.config import Config
from minitorch.transformer import CausalLM
from tests.minitorch.huggingface import SHAPES, some_ids, their_logits, theirs

CHAT = [
    {"role": "system", "content": "You are the clerk of Larkmoor."},
    {"role": "user", "content": "Who keeps an owl? <|end|> is text.\n\nÜber 12,5 %"},
    {"role": "assistant", "content": "Ada Birch does."},
]


def small(seed: int = 0, dtype: Any = np.float32, **changes: Any) -> CausalLM:
    """A model with the course's vocabulary and weights that are not small."""
    sizes: dict[str, Any] = {
        "vocab_size": 1024,
        "hidden_size": 32,
        "intermediate_size": 44,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "initializer_range": 0.1,
        "rope_theta": 77.0,
        "rms_norm_eps": 1e-3,
    } | changes
    rng = np.random.default_rng(seed)
    model = CausalLM(Config(**sizes), rng=rng, dtype=dtype)
    for name, parameter in model.named_parameters():
        if "norm" in name:
            parameter.data += 0.3 * rng.standard_normal(parameter.shape).astype(dtype)
    return model


KINDS: dict[str, dict[str, Any]] = {
    "dense": {},
    "tied": {"tie_word_embeddings": True},
    "wide heads": {"head_dim": 24},
    "experts": {"num_local_experts": 3},
    "tied experts": {"num_local_experts": 2, "tie_word_embeddings": True},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_saved_here_opens_there(kind: str, tmp_path: Path) -> None:
    mine = small(**KINDS[kind])
    save_pretrained(mine, tmp_path, town.course_tokenizer())
    opened, report = AutoModelForCausalLM.from_pretrained(tmp_path, output_loading_info=True)
    assert type(opened).__name__ == ("MixtralForCausalLM" if "exp" in kind else "LlamaForCausalLM")
    assert not any(report[part] for part in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    assert opened.dtype == torch.float32
    ids = np.random.default_rng(1).integers(0, 1024, (2, 13))
    assert np.abs(mine(ids).data - their_logits(opened, ids)).max() < 1e-5
    special = town.course_tokenizer().special
    for settings in (opened.config, opened.generation_config):
        assert settings.bos_token_id == special["<|begin|>"]
        assert settings.eos_token_id == special["<|end|>"]
        assert settings.pad_token_id == special["<|pad|>"]


def test_generation_there_stops_where_it_should(tmp_path: Path) -> None:
    """With a table and a head that always say `<|end|>` next, one token comes."""
    tokenizer = town.course_tokenizer()
    mine = small()
    mine.lm_head.weight.data[:] = 0
    mine.model.norm.weight.data[:] = 0
    mine.lm_head.weight.data[tokenizer.special["<|end|>"]] = 1
    mine.model.norm.weight.data[0] = 1
    mine.model.embed_tokens.weight.data[:, 0] = 9
    save_pretrained(mine, tmp_path, tokenizer)
    opened = AutoModelForCausalLM.from_pretrained(tmp_path)
    out = opened.generate(torch.tensor([[5, 6, 7]]), max_new_tokens=5, do_sample=False)
    assert out[0].tolist() == [5, 6, 7, tokenizer.special["<|end|>"]]


def test_the_tokenizer_of_the_folder_is_the_same_there(tmp_path: Path) -> None:
    save_pretrained(small(), tmp_path, town.course_tokenizer())
    opened, mine = AutoTokenizer.from_pretrained(tmp_path), load_tokenizer(tmp_path)
    assert mine.fingerprint() == town.FINGERPRINT
    text = CHAT[1]["content"]
    assert opened(text)["input_ids"] == mine.encode(text, allowed=mine.special)
    assert opened.apply_chat_template(CHAT, tokenize=False) == render_chat(CHAT)
    asked = opened.apply_chat_template(CHAT[:2], add_generation_prompt=True, tokenize=False)
    assert asked == render_chat(CHAT[:2], ask=True)
    ids = encode_chat(mine, [CHAT[0], CHAT[2]])[0]
    assert ids == opened.apply_chat_template([CHAT[0], CHAT[2]], return_dict=True)["input_ids"]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_folder_goes_there_and_back_bit_for_bit(shape: str, tmp_path: Path) -> None:
    theirs(**SHAPES[shape]).save_pretrained(tmp_path / "theirs")
    save_pretrained(from_pretrained(tmp_path / "theirs"), tmp_path / "mine")
    opened = AutoModelForCausalLM.from_pretrained(tmp_path / "mine")
    opened.save_pretrained(tmp_path / "again")
    first, mine, last = (
        safetensors.numpy.load_file(tmp_path / name / "model.safetensors")
        for name in ("theirs", "mine", "again")
    )
    assert first.keys() == mine.keys() == last.keys()
    for name, array in first.items():
        np.testing.assert_array_equal(mine[name], array)
        np.testing.assert_array_equal(last[name], array)
    assert from_pretrained(tmp_path / "mine").config == from_pretrained(tmp_path / "theirs").config


@pytest.mark.parametrize("shape", ["grouped", "tied", "experts"])
def test_a_sharded_folder_opens_here(shape: str, tmp_path: Path) -> None:
    model = theirs(**SHAPES[shape])
    model.save_pretrained(tmp_path, max_shard_size="20kB")
    assert len(list(tmp_path.glob("model-*.safetensors"))) > 2
    assert not (tmp_path / "model.safetensors").exists()
    ids = some_ids()
    mine = from_pretrained(tmp_path)
    assert np.abs(mine(ids).data - their_logits(model, ids)).max() < 1e-5


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
@pytest.mark.parametrize("shape", ["tied", "experts"])
def test_other_dtypes_of_theirs_open_here(shape: str, dtype: torch.dtype, tmp_path: Path) -> None:
    model = theirs(**SHAPES[shape]).to(dtype)
    model.save_pretrained(tmp_path)
    found = {name: p.data for name, p in from_pretrained(tmp_path).named_parameters()}
    for name, tensor in safetensors.torch.load_file(tmp_path / "model.safetensors").items():
        assert tensor.dtype == dtype
        np.testing.assert_array_equal(found[name], tensor.to(torch.float32).numpy())


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float64"])
def test_other_dtypes_of_ours_open_there(dtype: str, tmp_path: Path) -> None:
    mine = small(num_local_experts=2)
    save_pretrained(mine, tmp_path, dtype=dtype)
    opened = AutoModelForCausalLM.from_pretrained(tmp_path, dtype="auto")
    assert opened.dtype == getattr(torch, dtype)
    written = safetensors.torch.load_file(tmp_path / "model.safetensors")
    for name, parameter in mine.named_parameters():
        expected = torch.tensor(parameter.data).to(getattr(torch, dtype))
        assert torch.equal(written[name], expected), name


@pytest.mark.parametrize("place", ["top", "scaling null", "parameters"])
def test_the_older_places_of_rope_theta_are_read(place: str, tmp_path: Path) -> None:
    model = theirs()
    model.save_pretrained(tmp_path)
    path = tmp_path / "config.json"
    settings = json.loads(path.read_text())
    assert settings["rope_parameters"]["rope_theta"] == 100.0
    if place != "parameters":
        del settings["rope_parameters"]
        settings["rope_theta"] = 100.0
        settings["torch_dtype"] = settings.pop("dtype")
    if place == "scaling null":
        settings["rope_scaling"] = None
    path.write_text(json.dumps(settings))
    ids = some_ids()
    mine = from_pretrained(tmp_path)
    assert mine.config.rope_theta == 100.0
    assert np.abs(mine(ids).data - their_logits(model, ids)).max() < 1e-5


def test_what_older_files_hold_besides_the_weights_is_left_out(tmp_path: Path) -> None:
    """The speeds of the angles, and a head that is the table again."""
    theirs(tie_word_embeddings=True).save_pretrained(tmp_path)
    path = tmp_path / "model.safetensors"
    tensors = safetensors.numpy.load_file(path)
    expected = from_pretrained(tmp_path)(some_ids()).data
    tensors["model.layers.0.self_attn.rotary_emb.inv_freq"] = np.ones(4, np.float32)
    tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"]
    safetensors.numpy.save_file(tensors, path)
    mine = from_pretrained(tmp_path)
    assert mine.lm_head.weight is mine.model.embed_tokens.weight
    np.testing.assert_array_equal(mine(some_ids()).data, expected)
