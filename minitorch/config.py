"""The shape of a model: what Hugging Face keeps in a model folder's `config.json`."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any


class ConfigError(ValueError):
    """Settings that no model of this library can have; the message says which, and what to do."""


@dataclass
class Config:
    """The sizes of a model, with Hugging Face's names.

    With `num_local_experts` = 0 every block has one feed-forward part, as in LLaMA; with more, a
    router sends each token to `num_experts_per_tok` of them, as in Mixtral. Without
    `num_key_value_heads` each head has keys and values of its own; without `head_dim` the heads
    share the width among them.
    """

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int = 0
    head_dim: int = 0
    max_position_embeddings: int = 2048
    rope_theta: float = 10000.0
    rms_norm_eps: float = 1e-6
    tie_word_embeddings: bool = False
    initializer_range: float = 0.02
    num_local_experts: int = 0
    num_experts_per_tok: int = 2
    router_aux_loss_coef: float = 0.01
    bos_token_id: int | None = None
    eos_token_id: int | None = None
    pad_token_id: int | None = None

    def __post_init__(self) -> None:
        if not self.num_key_value_heads:
            self.num_key_value_heads = self.num_attention_heads
        if not self.head_dim and _is_count(self.num_attention_heads):
            width = self.hidden_size
            self.head_dim = width // self.num_attention_heads if _is_count(width) else 0
        self.refuse_misfits()

    def refuse_misfits(self) -> None:
        """Raise a ConfigError for sizes that do not fit together, naming the first."""
        for name in _COUNTS:
            value = getattr(self, name)
            if not _is_count(value):
                raise ConfigError(f"{name} must be a whole number from 1 up, not {value!r}")
        for name in _POSITIVE:
            value = getattr(self, name)
            if not _is_number(value) or not 0 < value < math.inf:
                raise ConfigError(f"{name} must be a number above 0, not {value!r}")
        if self.num_attention_heads % self.num_key_value_heads:
            raise ConfigError(
                f"num_attention_heads ({self.num_attention_heads}) must be a multiple of "
                f"num_key_value_heads ({self.num_key_value_heads})"
            )
        if self.head_dim % 2:
            raise ConfigError(
                f"head_dim must be even, since rotary positions turn pairs; it is {self.head_dim}"
            )
        for name in ("bos_token_id", "eos_token_id", "pad_token_id"):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
                raise ConfigError(f"{name} must be one token's number or none, not {value!r}")
        if not isinstance(self.tie_word_embeddings, bool):
            raise ConfigError(
                f"tie_word_embeddings must be true or false, not {self.tie_word_embeddings!r}"
            )
        self.refuse_misfits_of_experts()

    def refuse_misfits_of_experts(self) -> None:
        """Raise a ConfigError for numbers of experts that do not fit together."""
        experts, chosen = self.num_local_experts, self.num_experts_per_tok
        if experts != 0 and not _is_count(experts):
            raise ConfigError(f"num_local_experts must be 0 or a whole number, not {experts!r}")
        if not _is_count(chosen) or (experts and chosen > experts):
            raise ConfigError(
                f"num_experts_per_tok ({chosen!r}) must be from 1 to num_local_experts ({experts})"
            )
        share = self.router_aux_loss_coef
        if not _is_number(share) or not 0 <= share < math.inf:
            raise ConfigError(f"router_aux_loss_coef must be a number from 0 up, not {share!r}")

    @property
    def is_sparse(self) -> bool:
        """Whether the blocks have experts."""
        return self.num_local_experts > 0

    # -- Hugging Face's config.json -----------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """The settings as Hugging Face writes them: LLaMA's, or Mixtral's with experts."""
        kept = {name: value for name, value in asdict(self).items() if name not in _EXPERTS}
        if self.is_sparse:
            kept |= {name: getattr(self, name) for name in _EXPERTS}
        family = "mixtral" if self.is_sparse else "llama"
        rotary = {"rope_type": "default", "rope_theta": self.rope_theta}
        return {
            "architectures": [_ARCHITECTURES[family]],
            "model_type": family,
            "hidden_act": "silu",
            "attention_bias": False,
            "dtype": "float32",
            **kept,
            "rope_parameters": rotary,  # Transformers 5 reads this, older versions rope_theta
        }

    @classmethod
    def from_dict(cls, settings: dict[str, Any]) -> Config:
        """Read settings that Hugging Face wrote for a LLaMA or a Mixtral.

        Raises a ConfigError if the model is of another kind, or does what this library cannot:
        the message names the setting.
        """
        if not isinstance(settings, dict):
            raise ConfigError(f"settings are names with values, not {type(settings).__name__}")
        family = settings.get("model_type")
        if family not in _ARCHITECTURES:
            known = " and ".join(_ARCHITECTURES)
            raise ConfigError(f"model_type {family!r}: only {known} models can be read")
        for name, needed in _NEEDED.items():
            if settings.get(name, needed) != needed:
                raise ConfigError(f"{name} is {settings[name]!r}; this library can only {needed!r}")
        needed_names = _REQUIRED if family == "llama" else (*_REQUIRED, *_EXPERTS[:2])
        missing = [name for name in needed_names if name not in settings]
        if missing:
            raise ConfigError(f"{missing[0]} is missing")
        known_names = {field.name for field in fields(cls)}
        if family == "llama":
            known_names -= set(_EXPERTS)
        values = {name: value for name, value in settings.items() if name in known_names}
        return cls(**(values | _rotary_settings(settings)))


def _rotary_settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Where the rotary positions' settings stand in newer and in older files: `rope_theta`."""
    rotary = settings.get("rope_parameters") or settings.get("rope_scaling") or {}
    if not isinstance(rotary, dict):
        raise ConfigError(f"rope_parameters must be names with values, not {rotary!r}")
    kind = rotary.get("rope_type", rotary.get("type", "default"))
    if kind != "default":
        raise ConfigError(f"rope_type is {kind!r}; this library can only 'default'")
    return {"rope_theta": rotary["rope_theta"]} if "rope_theta" in rotary else {}


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_ARCHITECTURES = {"llama": "LlamaForCausalLM", "mixtral": "MixtralForCausalLM"}
_REQUIRED = (
    "vocab_size",
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
)
_COUNTS = (*_REQUIRED, "num_key_value_heads", "head_dim", "max_position_embeddings")
_POSITIVE = ("rope_theta", "rms_norm_eps", "initializer_range")
_EXPERTS = ("num_local_experts", "num_experts_per_tok", "router_aux_loss_coef")
_NEEDED: dict[str, Any] = {
    "hidden_act": "silu",
    "attention_bias": False,
    "mlp_bias": False,
    "sliding_window": None,
}
