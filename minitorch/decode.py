"""One token at a time on bare arrays: what the model computes for a single new token, faster.

The tensors and their history cost more than the arithmetic when there is one token to compute.
Here the same numbers come from fewer and larger products: queries, keys and values from one,
the two halves of the gated part from another, with the weights of the norms and the scale of the
scores multiplied into them beforehand. It stands in only for the library's own code: where a
part of the model, or a function that the model uses, is somebody else's, that is what runs.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from types import FunctionType, ModuleType

import numpy as np

from minitorch import (
    attention,
    cache,
    fused,
    nn,
    operands,
    ops,
    recording,
    rotary,
    shapes,
    tensor,
    transformer,
)
from minitorch.tensor import Array

# What a model's call runs through, and this module goes around.
PASSED_BY = (
    attention, cache, fused, nn, operands, ops, recording, rotary, shapes, tensor, transformer
)  # fmt: skip


@dataclass
class _Layer:
    """The weights of one block, as `Decoder` uses them."""

    qkv: Array  # (turned + values, width)
    output: Array
    gate_up: Array  # (2 * inner, width)
    down: Array


class Decoder:
    """Computes the scores after one more token of a model; its weights are a snapshot."""

    def __init__(self, model: transformer.CausalLM) -> None:
        config = model.config
        self.width, self.eps = config.hidden_size, config.rms_norm_eps
        self.heads, self.dim = config.num_attention_heads, config.head_dim or 0
        self.kv_heads = config.num_key_value_heads or self.heads
        self.embedding = model.model.embed_tokens.weight.data
        self.layers = [_stacked(block, self.dim) for block in model.model.layers]
        self.norm = model.model.norm.weight.data
        self.head = model.lm_head.weight.data
        places = np.arange(config.max_position_embeddings)
        self.cos, self.sin = rotary.rotary_turns(
            places, self.dim, config.rope_theta, self.embedding.dtype
        )

    def step(self, id: int, caches: Sequence[cache.KVCache]) -> Array:
        """Add one token to the caches and return the scores of the next: (vocabulary,).

        The caches hold one row, and have room for one place more.
        """
        place = len(caches[0])
        cos, sin = self.cos[place], self.sin[place]
        x = self.embedding[id].copy()
        for layer, kept in zip(self.layers, caches, strict=True):
            qkv = layer.qkv @ x
            qkv *= self._shrink(x)
            x += layer.output @ self._attend(qkv.reshape(-1, self.dim), cos, sin, kept)
            gate_up = layer.gate_up @ x
            gate_up *= self._shrink(x)
            x += layer.down @ _gated(gate_up)
        x *= self._shrink(x)
        x *= self.norm
        return self.head @ x

    def _shrink(self, x: Array) -> float:
        """What a norm multiplies its input by: 1 / sqrt(mean(x * x) + eps)."""
        return 1 / math.sqrt(float(x @ x) / self.width + self.eps)

    def _attend(self, qkv: Array, cos: Array, sin: Array, kept: cache.KVCache) -> Array:
        """Let the one query of each head look at all keys: (heads * dim,)."""
        turning = self.heads + self.kv_heads
        turned = rotary.turned(qkv[:turning], cos, sin)
        end = kept.length + 1
        kept.keys[0, :, kept.length] = turned[self.heads :]
        kept.values[0, :, kept.length] = qkv[turning:]
        kept.length = end
        q = turned[: self.heads].reshape(self.kv_heads, -1, self.dim)  # (kv heads, group, dim)
        weights = q @ kept.keys[0, :, :end].swapaxes(-1, -2)  # (kv heads, group, keys)
        weights -= weights.max(axis=-1, keepdims=True)
        np.exp(weights, out=weights)
        out = weights @ kept.values[0, :, :end]
        out /= weights.sum(axis=-1, keepdims=True)
        return out.reshape(-1)


def _gated(gate_up: Array) -> Array:
    """silu(gate) * up, for one vector that holds both."""
    gate, up = gate_up[: len(gate_up) // 2], gate_up[len(gate_up) // 2 :]
    out = np.tanh(0.5 * gate)  # silu(x) = x * (1 + tanh(x / 2)) / 2, without overflow
    out += 1
    out *= gate
    out *= up
    out *= 0.5
    return out


def _stacked(block: transformer.Block, dim: int) -> _Layer:
    heads, mlp = block.self_attn, block.mlp
    scaled = heads.q_proj.weight.data * (1 / math.sqrt(dim))
    qkv = np.concatenate([scaled, heads.k_proj.weight.data, heads.v_proj.weight.data])
    gate_up = np.concatenate([mlp.gate_proj.weight.data, mlp.up_proj.weight.data])
    return _Layer(
        qkv * block.input_layernorm.weight.data,
        heads.o_proj.weight.data,
        gate_up * block.post_attention_layernorm.weight.data,
        mlp.down_proj.weight.data,
    )


# -- when it may be used --------------------------------------------------------------------------


def decoder_for(model: nn.Module) -> Decoder | None:
    """A decoder that does what a model does, or None if only the model itself can say.

    None for a model with experts, or with a part of another kind than the library's (such as a
    quantized layer), and as long as an answer to an exercise stands where the library's own code
    would run.
    """
    if type(model) is not transformer.CausalLM:
        return None
    if not all(_is_plain(part) for _, part in model.named_modules()):
        return None
    return Decoder(model) if all(as_shipped(module) for module in PASSED_BY) else None


_PLAIN = (
    transformer.CausalLM,
    transformer.Model,
    transformer.Block,
    transformer.RMSNorm,
    transformer.MLP,
    attention.Attention,
    nn.Linear,
    nn.Embedding,
    nn.ModuleList,
)


def _is_plain(part: nn.Module) -> bool:
    return type(part) in _PLAIN and getattr(part, "bias", None) is None


def as_shipped(module: ModuleType) -> bool:
    """Whether the functions of a module, and the methods of its classes, are its file's own."""
    owners = [module, *(value for value in vars(module).values() if isinstance(value, type))]
    return all(
        inspect.unwrap(value).__code__.co_filename == module.__file__
        for owner in owners
        if owner is module or owner.__module__ == module.__name__
        for value in vars(owner).values()
        if isinstance(value, FunctionType) and value.__module__ == module.__name__
    )
