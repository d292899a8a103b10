"""A configuration is read and written as Hugging Face's, and refuses what cannot work by name."""

from __future__ import annotations

import json
from typing import Any

import pytest
from transformers import AutoConfig, LlamaConfig, MixtralConfig

from minitorch.config import Config, ConfigError

SIZES: dict[str, Any] = {
    "vocab_size": 40,
    "hidden_size": 12,
    "intermediate_size": 20,
    "num_hidden_layers": 2,
    "num_attention_heads": 6,
}
LLAMA = {"model_type": "llama", **SIZES}
MIXTRAL = {"model_type": "mixtral", **SIZES, "num_local_experts": 4, "num_experts_per_tok": 2}


def test_heads_have_keys_of_their_own_and_share_the_width_unless_told_otherwise() -> None:
    config = Config(**SIZES)
    assert (config.num_key_value_heads, config.head_dim) == (6, 2)
    config = Config(**SIZES, num_key_value_heads=2, head_dim=8)
    assert (config.num_key_value_heads, config.head_dim) == (2, 8)


@pytest.mark.parametrize(
    "config",
    [
        Config(**SIZES),
        Config(**SIZES, num_key_value_heads=3, head_dim=4, tie_word_embeddings=True),
        Config(**SIZES, rope_theta=5e5, rms_norm_eps=1e-5, eos_token_id=0, bos_token_id=3),
        Config(**SIZES, num_local_experts=4, num_experts_per_tok=3, router_aux_loss_coef=0.2),
    ],
)
def test_what_is_written_reads_back_equal_also_through_a_file(config: Config) -> None:
    assert Config.from_dict(config.to_dict()) == config
    assert Config.from_dict(json.loads(json.dumps(config.to_dict()))) == config


@pytest.mark.parametrize("theirs", [LlamaConfig, MixtralConfig])
def test_a_file_of_transformers_reads_as_what_it_says(theirs: type, tmp_path: Any) -> None:
    given = SIZES | {"num_key_value_heads": 3, "rms_norm_eps": 3e-5, "max_position_embeddings": 77}
    config = theirs(**given, rope_parameters={"rope_type": "default", "rope_theta": 123.0})
    config.save_pretrained(tmp_path)
    ours = Config.from_dict(json.loads((tmp_path / "config.json").read_text()))
    for name, value in given.items():
        assert getattr(ours, name) == value
    assert ours.rope_theta == 123.0
    assert ours.head_dim == 2
    assert ours.is_sparse == (theirs is MixtralConfig)


@pytest.mark.parametrize("experts", [0, 4])
def test_transformers_reads_a_file_of_ours_as_what_it_says(experts: int, tmp_path: Any) -> None:
    ours = Config(**SIZES, num_key_value_heads=2, num_local_experts=experts, rope_theta=321.0)
    (tmp_path / "config.json").write_text(json.dumps(ours.to_dict()))
    theirs = AutoConfig.from_pretrained(tmp_path)
    assert type(theirs) is (MixtralConfig if experts else LlamaConfig)
    for name in (*SIZES, "num_key_value_heads", "head_dim", "rms_norm_eps", "tie_word_embeddings"):
        assert getattr(theirs, name) == getattr(ours, name)
    assert theirs.rope_parameters["rope_theta"] == 321.0
    if experts:
        assert theirs.num_local_experts == experts


def test_older_files_name_the_rotary_base_at_the_top() -> None:
    assert Config.from_dict(LLAMA | {"rope_theta": 77.0}).rope_theta == 77.0
    assert Config.from_dict(LLAMA | {"rope_theta": 77.0, "rope_scaling": None}).rope_theta == 77.0


def test_settings_that_play_no_part_here_are_passed_over() -> None:
    assert (
        Config.from_dict(LLAMA | {"use_cache": False, "torch_dtype": "bfloat16"}).hidden_size == 12
    )


def test_a_llama_has_no_experts_whatever_its_file_says() -> None:
    assert not Config.from_dict(LLAMA | {"num_local_experts": 8}).is_sparse


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"hidden_size": 0}, "hidden_size must be a whole number from 1 up, not 0"),
    ({"hidden_size": "wide"}, "hidden_size must be a whole number from 1 up, not 'wide'"),
    ({"num_hidden_layers": 2.0}, "num_hidden_layers must be a whole number from 1 up, not 2.0"),
    ({"vocab_size": True}, "vocab_size must be a whole number from 1 up, not True"),
    ({"num_attention_heads": 0}, "num_attention_heads must be a whole number from 1 up"),
    ({"num_attention_heads": None}, "num_attention_heads must be a whole number from 1 up"),
    ({"num_attention_heads": 13}, "head_dim must be a whole number from 1 up, not 0"),
    ({"num_key_value_heads": 4}, r"num_attention_heads \(6\) must be a multiple of .* \(4\)"),
    ({"head_dim": 3}, "head_dim must be even, since rotary positions turn pairs; it is 3"),
    ({"rms_norm_eps": 0.0}, "rms_norm_eps must be a number above 0"),
    ({"rms_norm_eps": float("nan")}, "rms_norm_eps must be a number above 0, not nan"),
    ({"rope_theta": float("inf")}, "rope_theta must be a number above 0, not inf"),
    ({"rope_theta": "10000"}, "rope_theta must be a number above 0, not '10000'"),
    ({"eos_token_id": [1, 2]}, r"eos_token_id must be one token's number or none, not \[1, 2\]"),
    ({"tie_word_embeddings": "no"}, "tie_word_embeddings must be true or false, not 'no'"),
    ({"hidden_act": "gelu"}, "hidden_act is 'gelu'; this library can only 'silu'"),
    ({"attention_bias": True}, "attention_bias is True; this library can only False"),
    ({"sliding_window": 128}, "sliding_window is 128; this library can only None"),
    ({"rope_scaling": {"type": "linear"}}, "rope_type is 'linear'; this library can only"),
    ({"rope_parameters": {"rope_type": "yarn"}}, "rope_type is 'yarn'; this library can only"),
    ({"rope_parameters": "default"}, "rope_parameters must be names with values, not 'default'"),
    ({"model_type": "gpt2"}, "model_type 'gpt2': only llama and mixtral models can be read"),
]
REFUSED_WITH_EXPERTS: list[tuple[dict[str, Any], str]] = [
    ({"num_local_experts": -1}, "num_local_experts must be 0 or a whole number, not -1"),
    ({"num_local_experts": 2.5}, "num_local_experts must be 0 or a whole number, not 2.5"),
    ({"num_experts_per_tok": 5}, r"num_experts_per_tok \(5\) must be from 1 to .* \(4\)"),
    ({"num_experts_per_tok": 0}, r"num_experts_per_tok \(0\) must be from 1 to .* \(4\)"),
    ({"router_aux_loss_coef": -0.1}, "router_aux_loss_coef must be a number from 0 up, not -0.1"),
]


@pytest.mark.parametrize(("change", "message"), REFUSED)
def test_what_cannot_work_is_refused_by_name(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Config.from_dict(LLAMA | change)


@pytest.mark.parametrize(("change", "message"), REFUSED_WITH_EXPERTS)
def test_experts_that_cannot_work_are_refused_by_name(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Config.from_dict(MIXTRAL | change)


@pytest.mark.parametrize("name", [*SIZES, "num_local_experts", "num_experts_per_tok"])
def test_a_setting_that_is_missing_is_named(name: str) -> None:
    settings = {key: value for key, value in MIXTRAL.items() if key != name}
    with pytest.raises(ConfigError, match=f"{name} is missing"):
        Config.from_dict(settings)


def test_something_else_than_settings_is_told() -> None:
    with pytest.raises(ConfigError, match="settings are names with values, not list"):
        Config.from_dict([1, 2])  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="model_type None: only llama and mixtral"):
        Config.from_dict({})
