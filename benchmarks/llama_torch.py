"""The training step in PyTorch, eager: the model written with its functions, nothing around them.

Beside it the step of any model of PyTorch's, which Transformers' model takes too.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch.nn import functional

from benchmarks import llama
from minitorch import rotary
from minitorch.config import Config
from minitorch.transformer import CausalLM

Weights = dict[str, torch.Tensor]
Attend = Callable[[int, torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


def weights(model: CausalLM) -> Weights:
    """The weights of a model of minitorch, with their names."""
    return {name: torch.tensor(array) for name, array in model.state_dict().items()}


def rotary_turns(config: Config, places: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The cosines and sines of the rotary positions, each (places, dim // 2)."""
    dim, theta = config.head_dim or 0, config.rope_theta
    cos, sin = rotary.rotary_turns(np.arange(places), dim, theta, np.float32)
    return torch.tensor(cos), torch.tensor(sin)


def rotated(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    first, second = x.chunk(2, dim=-1)
    return torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1)


def logits(
    w: Weights,
    config: Config,
    ids: torch.Tensor,
    cos: torch.Tensor,
    sin: torch.Tensor,
    attend: Attend,
) -> torch.Tensor:
    """The scores of the next token at each place: (batch, places, vocabulary).

    `attend` takes the number of the layer, and queries, keys and values.
    """
    batch, places = ids.shape

    def linear(x: torch.Tensor, name: str) -> torch.Tensor:
        return functional.linear(x, w[f"{name}.weight"])

    def norm(x: torch.Tensor, name: str) -> torch.Tensor:
        return functional.rms_norm(x, x.shape[-1:], w[f"{name}.weight"], config.rms_norm_eps)

    def heads(x: torch.Tensor) -> torch.Tensor:
        return x.view(batch, places, config.num_attention_heads, -1).transpose(1, 2)

    x = functional.embedding(ids, w["model.embed_tokens.weight"])
    for layer in range(config.num_hidden_layers):
        part, at = f"model.layers.{layer}.mlp", f"model.layers.{layer}.self_attn"
        y = norm(x, f"model.layers.{layer}.input_layernorm")
        q, k, v = (heads(linear(y, f"{at}.{name}_proj")) for name in "qkv")
        y = attend(layer, rotated(q, cos, sin), rotated(k, cos, sin), v)
        x = x + linear(y.transpose(1, 2).reshape(x.shape), f"{at}.o_proj")
        y = norm(x, f"model.layers.{layer}.post_attention_layernorm")
        y = functional.silu(linear(y, f"{part}.gate_proj")) * linear(y, f"{part}.up_proj")
        x = x + linear(y, f"{part}.down_proj")
    return linear(norm(x, "model.norm"), "lm_head")


def causal(layer: int, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    return functional.scaled_dot_product_attention(q, k, v, is_causal=True)


def training_step(threads: int, rows: int) -> Callable[[], float]:
    """What takes a step whenever it is called, and returns the loss before it."""
    w = {name: tensor.requires_grad_() for name, tensor in weights(llama.new_model()).items()}
    cos, sin = rotary_turns(llama.CONFIG, llama.CONTEXT)

    def model(ids: torch.Tensor) -> torch.Tensor:
        return logits(w, llama.CONFIG, ids, cos, sin, causal)

    return step_of(model, list(w.values()), threads, rows)


def step_of(
    model: Callable[[torch.Tensor], torch.Tensor],
    parameters: list[torch.Tensor],
    threads: int,
    rows: int,
) -> Callable[[], float]:
    """The step of a model: what takes ids to logits, and the parameters it learns."""
    torch.set_num_threads(threads)
    optimizer = torch.optim.AdamW(parameters, fused=False, **llama.OPTIONS)
    ids, targets = map(torch.tensor, llama.batch(rows))

    def step() -> float:
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(ids).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        return loss.item()

    return step
