"""Small models with weights large enough that a wrong number shows."""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch.config import Config
from minitorch.transformer import CausalLM

SIZE = 61


def tiny_model(seed: int = 0, dtype: Any = np.float32, **sizes: Any) -> CausalLM:
    """A model with two layers, shared key and value heads, and a context of 48 tokens."""
    settings: dict[str, Any] = {
        "vocab_size": SIZE,
        "hidden_size": 24,
        "intermediate_size": 40,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "max_position_embeddings": 48,
        "initializer_range": 0.3,
    }
    rng = np.random.default_rng(seed)
    model = CausalLM(Config(**settings | sizes), rng=rng, dtype=dtype)
    for name, parameter in model.named_parameters():
        if "norm" in name:
            parameter.data[...] = rng.uniform(0.5, 1.5, parameter.shape)
    return model


def prompt(length: int, seed: int = 0) -> list[int]:
    """Some ids to begin with."""
    return np.random.default_rng(seed).integers(0, SIZE, length).tolist()
