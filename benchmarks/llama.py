"""The model and the batch of the training step, the same for all libraries."""

from __future__ import annotations

import numpy as np

from minitorch.config import Config
from minitorch.tensor import Array
from minitorch.transformer import CausalLM

BATCH, CONTEXT = 16, 128
CONFIG = Config(
    vocab_size=256,
    hidden_size=128,
    intermediate_size=344,
    num_hidden_layers=4,
    num_attention_heads=4,
    max_position_embeddings=CONTEXT,
)
OPTIONS = {"lr": 1e-3, "weight_decay": 0.01}  # of AdamW


def new_model() -> CausalLM:
    return CausalLM(CONFIG, rng=np.random.default_rng(0))


def batch(rows: int) -> tuple[Array, Array]:
    """Random ids and the ids that follow them, each (rows, context)."""
    ids = np.random.default_rng(1).integers(0, CONFIG.vocab_size, (rows, CONTEXT + 1))
    return ids[:, :-1].copy(), ids[:, 1:].copy()
