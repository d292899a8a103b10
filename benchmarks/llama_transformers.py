"""The training step with Transformers' model: LlamaForCausalLM."""

from __future__ import annotations

from collections.abc import Callable

from transformers import LlamaConfig, LlamaForCausalLM

from benchmarks import llama
from benchmarks.llama_torch import step_of, weights


def training_step(threads: int, rows: int = llama.BATCH) -> Callable[[], float]:
    """What takes a step whenever it is called, and returns the loss before it."""
    settings = llama.CONFIG.to_dict()
    model = LlamaForCausalLM(LlamaConfig(**settings, attn_implementation="sdpa"))
    model.load_state_dict(weights())
    return step_of(
        lambda ids: model(input_ids=ids, use_cache=False).logits,
        list(model.parameters()),
        threads,
        rows,
    )
