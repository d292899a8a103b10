"""Greedy tokens with Transformers' `generate`."""

from __future__ import annotations

from collections.abc import Callable

import torch

from benchmarks.generation_models import NEW, PROMPT, new_model
from benchmarks.llama_transformers import opened


def tokens(width: int, count: int = NEW) -> Callable[[], list[int]]:
    """What generates `count` tokens whenever it is called."""
    model, ids = opened(new_model(width)), torch.tensor([PROMPT])
    model.generation_config.eos_token_id = None
    mask = torch.ones_like(ids)

    def generate() -> list[int]:
        out = model.generate(
            ids, attention_mask=mask, max_new_tokens=count, do_sample=False, pad_token_id=0
        )
        return out[0, len(PROMPT) :].tolist()

    return generate
