"""The training step with Transformers' model: LlamaForCausalLM."""

from __future__ import annotations

from collections.abc import Callable

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from benchmarks import llama
from benchmarks.llama_torch import step_of, weights
from minitorch.transformer import CausalLM


def opened(ours: CausalLM) -> LlamaForCausalLM:
    """The model of Transformers' with the settings and the weights of one of minitorch."""
    settings = LlamaConfig(**ours.config.to_dict(), attn_implementation="sdpa")
    model = LlamaForCausalLM(settings)
    model.load_state_dict(weights(ours))
    return model


def training_step(threads: int, rows: int) -> Callable[[], float]:
    """What takes a step whenever it is called, and returns the loss before it."""
    model = opened(llama.new_model())

    def logits(ids: torch.Tensor) -> torch.Tensor:
        return model(input_ids=ids, use_cache=False).logits

    return step_of(logits, list(model.parameters()), threads, rows)
