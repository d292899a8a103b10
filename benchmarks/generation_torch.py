"""Greedy tokens in PyTorch, with a preallocated cache and nothing around its functions."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn import functional

from benchmarks.generation_models import NEW, PROMPT, new_model
from benchmarks.llama_torch import causal, logits, rotary_turns, weights


def tokens(width: int, count: int = NEW) -> Callable[[], list[int]]:
    """What generates `count` tokens whenever it is called."""
    ours = new_model(width)
    config, w, room = ours.config, weights(ours), len(PROMPT) + NEW
    cos, sin = rotary_turns(config, room)
    sizes = (config.num_hidden_layers, 2, 1, config.num_attention_heads, room, config.head_dim)
    cache = torch.empty(sizes)

    def read(ids: list[int], place: int) -> int:
        """The token that is likeliest after `ids`, of which the first stands at `place`."""
        end = place + len(ids)

        def attend(layer: int, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
            keys, values = cache[layer]
            keys[:, :, place:end], values[:, :, place:end] = k, v
            if place == 0:
                return causal(layer, q, k, v)
            return functional.scaled_dot_product_attention(q, keys[:, :, :end], values[:, :, :end])

        turns = cos[place:end], sin[place:end]
        scores = logits(w, config, torch.tensor([ids]), *turns, attend)
        return int(scores[0, -1].argmax())

    @torch.inference_mode()
    def generate() -> list[int]:
        new = [read(PROMPT, 0)]
        while len(new) < count:
            new.append(read(new[-1:], len(PROMPT) + len(new) - 1))
        return new

    return generate
