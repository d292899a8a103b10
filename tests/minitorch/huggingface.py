"""Models of Transformers for the tests of equality: random, and honest in float64."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM, MixtralConfig, MixtralForCausalLM
from transformers.models.llama import modeling_llama
from transformers.models.mixtral import modeling_mixtral

VOCABULARY = 41
SHAPES: dict[str, dict[str, Any]] = {
    "dense": {},
    "grouped": {"num_attention_heads": 6, "num_key_value_heads": 2, "hidden_size": 48},
    "one key head": {"num_key_value_heads": 1},
    "wide heads": {
        "head_dim": 24,
        "hidden_size": 36,
        "num_attention_heads": 3,
        "num_key_value_heads": 3,
    },
    "tied": {"tie_word_embeddings": True, "num_key_value_heads": 2},
    "fast turns": {"rope_parameters": {"rope_type": "default", "rope_theta": 31.0}},
    "large eps": {"rms_norm_eps": 0.3},
    "experts": {"num_local_experts": 4, "num_experts_per_tok": 2},
    "one of three": {"num_local_experts": 3, "num_experts_per_tok": 1, "num_key_value_heads": 2},
    "all of two": {"num_local_experts": 2, "num_experts_per_tok": 2, "tie_word_embeddings": True},
}


def theirs(
    seed: int = 0, dtype: torch.dtype = torch.float32, std: float = 0.1, **changes: Any
) -> Any:
    """A model of Transformers with random weights.

    They are as large as those of a trained model or larger, and those of the norms are far from
    one: what forgets a weight, a scale or a position computes something else.
    """
    sizes: dict[str, Any] = {
        "vocab_size": VOCABULARY,
        "hidden_size": 32,
        "intermediate_size": 44,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "num_key_value_heads": 4,
        "max_position_embeddings": 64,
        "router_aux_loss_coef": 0.7,
        "rope_parameters": {"rope_type": "default", "rope_theta": 100.0},
        "rms_norm_eps": 1e-3,
        "attn_implementation": "eager",
        "bos_token_id": None,
        "eos_token_id": None,
    } | changes
    if "num_local_experts" in sizes:
        model = MixtralForCausalLM(MixtralConfig(**sizes, experts_implementation="eager"))
    else:
        del sizes["router_aux_loss_coef"]
        model = LlamaForCausalLM(LlamaConfig(**sizes))
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            drawn = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
            middle, spread = (1.0, 0.3) if "norm" in name else (0.0, std)
            parameter.copy_(middle + spread * drawn)
    return model.to(dtype).eval()


class _Torch64:
    """PyTorch for a module that asks for float32 by name: it gets float64."""

    def __getattr__(self, name: str) -> Any:
        return torch.float64 if name in ("float32", "float") else getattr(torch, name)


@contextmanager
def honest_float64() -> Iterator[None]:
    """Let Transformers compute all of a float64 model in float64.

    By itself it computes norms, angles, softmax and losses in float32 whatever the model's dtype,
    which would hide differences below 1e-7. Its own code runs, with float64 in the place of
    float32; a model made inside has its angles' speeds in float64 as well.
    """
    with pytest.MonkeyPatch.context() as patch:
        for module in (modeling_llama, modeling_mixtral):
            patch.setattr(module, "torch", _Torch64())
        patch.setattr(torch.Tensor, "float", torch.Tensor.double)
        yield


def their_logits(model: Any, ids: np.ndarray, real: np.ndarray | None = None) -> np.ndarray:
    mask = None if real is None else torch.tensor(real)
    with torch.no_grad():
        return model(torch.tensor(ids), attention_mask=mask).logits.numpy()


def their_gradients(model: Any) -> dict[str, np.ndarray]:
    """The gradients of a model's parameters, with the names that its files have.

    In memory Transformers joins the experts' weights: w1 and w3 are the halves of one array.
    """
    found: dict[str, np.ndarray] = {}
    for name, parameter in model.named_parameters():
        grad = parameter.grad.numpy()
        layer, _, part = name.partition(".mlp.")
        if part == "gate.weight":
            found[f"{layer}.block_sparse_moe.gate.weight"] = grad
        elif part == "experts.gate_up_proj":
            for e, both in enumerate(grad):
                w1, w3 = np.split(both, 2)
                found[f"{layer}.block_sparse_moe.experts.{e}.w1.weight"] = w1
                found[f"{layer}.block_sparse_moe.experts.{e}.w3.weight"] = w3
        elif part == "experts.down_proj":
            for e, w2 in enumerate(grad):
                found[f"{layer}.block_sparse_moe.experts.{e}.w2.weight"] = w2
        else:
            found[name] = grad
    return found


def some_ids(rows: int = 3, places: int = 17, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, VOCABULARY, (rows, places))


def some_padding(rows: int = 3, places: int = 17) -> np.ndarray:
    """1 for real tokens: one row whole, one filled up on the right, one on the left."""
    real = np.ones((rows, places), int)
    real[1, -5:] = 0
    real[2, :4] = 0
    return real
