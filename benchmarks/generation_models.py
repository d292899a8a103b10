"""The models that generate and their prompt, the same for all libraries."""

from __future__ import annotations

import numpy as np

from minitorch.config import Config
from minitorch.transformer import CausalLM

SIZES = {128: (4, 344), 384: (6, 1024)}  # by width: heads, and the width of the gated part
PROMPT = [1, 2, 3, 4, 5, 6, 7, 8]
NEW = 128  # tokens


def config(width: int) -> Config:
    heads, inner = SIZES[width]
    return Config(
        vocab_size=1024,
        hidden_size=width,
        intermediate_size=inner,
        num_hidden_layers=6,
        num_attention_heads=heads,
        max_position_embeddings=256,
        initializer_range=0.1,  # so large that no two tokens are about equally likely
    )


def new_model(width: int) -> CausalLM:
    return CausalLM(config(width), rng=np.random.default_rng(0))
