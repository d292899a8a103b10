"""The transformer: a stream of numbers for each token, to which block after block adds.

Its parts have the names of Hugging Face's LLaMA, so that weights go from one to the other.
Shapes: ids are (batch, places), the stream is (batch, places, width).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minitorch import attention, fused, losses, moe, nn, rotary
from minitorch.config import Config
from minitorch.errors import ShapeError
from minitorch.tensor import Array, Tensor


class RMSNorm(nn.Module):
    """Brings each token's numbers to one size, then gives each number a weight of its own."""

    def __init__(self, width: int, eps: float = 1e-6, dtype: Any = np.float32) -> None:
        self.weight = nn.Parameter(np.ones(width, dtype))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return fused.rms_norm(x, self.weight, self.eps)

    def describe(self) -> str:
        return f"width={self.weight.shape[0]}, eps={self.eps}"


class MLP(nn.Module):
    """The feed-forward part: each token by itself, through a wider layer with a gate."""

    def __init__(
        self,
        width: int,
        inner: int,
        *,
        rng: np.random.Generator,
        std: float | None = None,
        dtype: Any = np.float32,
    ) -> None:
        options: dict[str, Any] = {"bias": False, "rng": rng, "std": std, "dtype": dtype}
        self.gate_proj = nn.Linear(width, inner, **options)
        self.up_proj = nn.Linear(width, inner, **options)
        self.down_proj = nn.Linear(inner, width, **options)

    def forward(self, x: Tensor) -> Tensor:
        """Widen `x` twice, let one result be the gate of the other, and narrow it again.

        The gate is silu(gate_proj(x)), which multiplies up_proj(x) (see `fused.swiglu`); the
        product goes through down_proj. (..., width) to (..., width).
        """
        return self.down_proj(fused.swiglu(self.gate_proj(x), self.up_proj(x)))


class Block(nn.Module):
    """One layer: attention, then the feed-forward part or experts, each added to the stream."""

    def __init__(
        self, config: Config, *, rng: np.random.Generator, dtype: Any = np.float32
    ) -> None:
        width, eps = config.hidden_size, config.rms_norm_eps
        options: dict[str, Any] = {"rng": rng, "std": config.initializer_range, "dtype": dtype}
        self.input_layernorm = RMSNorm(width, eps, dtype)
        self.self_attn = attention.Attention(
            width,
            config.num_attention_heads,
            config.num_key_value_heads,
            config.head_dim,
            **options,
        )
        self.post_attention_layernorm = RMSNorm(width, eps, dtype)
        if config.is_sparse:
            experts, chosen = config.num_local_experts, config.num_experts_per_tok
            self.block_sparse_moe = moe.Experts(
                width, config.intermediate_size, experts, chosen, **options
            )
        else:
            self.mlp = MLP(width, config.intermediate_size, **options)

    @property
    def feed_forward(self) -> nn.Module:
        """The feed-forward part: one MLP, or experts."""
        return self.block_sparse_moe if hasattr(self, "block_sparse_moe") else self.mlp

    def forward(
        self,
        x: Tensor,
        cos: Array,
        sin: Array,
        mask: Array | None = None,
        cache: attention.Cache | None = None,
    ) -> Tensor:
        """Add to the stream `x` what attention makes of it, and then what `feed_forward` does.

        Each of the two reads the stream through a norm of its own: `input_layernorm` before
        `self_attn`, which also takes `cos`, `sin`, `mask` and `cache`, and
        `post_attention_layernorm` before `feed_forward`. Their results are added to the stream
        as it was before the norm.
        """
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, mask, cache)
        return x + self.feed_forward(self.post_attention_layernorm(x))


class Model(nn.Module):
    """Everything up to the last norm: from ids to the stream after the last block."""

    def __init__(
        self, config: Config, *, rng: np.random.Generator, dtype: Any = np.float32
    ) -> None:
        self.config = config
        self.embed_tokens = nn.Embedding(
            config.vocab_size,
            config.hidden_size,
            rng=rng,
            std=config.initializer_range,
            dtype=dtype,
        )
        self.layers = nn.ModuleList(
            Block(config, rng=rng, dtype=dtype) for _ in range(config.num_hidden_layers)
        )
        self.norm = RMSNorm(config.hidden_size, config.rms_norm_eps, dtype)

    def forward(
        self, ids: Any, real: Any = None, caches: Sequence[attention.Cache] | None = None
    ) -> Tensor:
        """Compute the stream after the last block and the last norm: (batch, places, width).

        `ids` is (batch, places); `self.checked(ids, before)` makes it an array. `caches`, one for
        each layer, hold the `before = len(caches[0])` places in front of these; 0 if there are
        none. So these places have the positions `before`, `before` + 1 and so on. `real`,
        (batch, before + places), is 0 where a shorter row was filled up; None if all are tokens.

        The stream begins as the rows that `self.embed_tokens` has for the ids. It goes through
        `self.layers` in their order. Each takes the stream; the cosines and sines of the
        positions, `rotary.rotary_turns(positions, head_dim, rope_theta, dtype)` with the
        settings of `self.config` and the stream's dtype; the mask,
        `attention.attention_mask(queries, keys, real)`; and its own cache or None. At the end
        comes `self.norm`.
        """
        before = len(caches[0]) if caches else 0
        ids = self.checked(ids, before)
        keys = before + ids.shape[1]
        x = self.embed_tokens(ids)
        cos, sin = rotary.rotary_turns(
            np.arange(before, keys), self.config.head_dim, self.config.rope_theta, x.dtype
        )
        mask = attention.attention_mask(ids.shape[1], keys, real)
        for number, layer in enumerate(self.layers):
            x = layer(x, cos, sin, mask, caches[number] if caches else None)
        return self.norm(x)

    def checked(self, ids: Any, before: int = 0) -> Array:
        """The ids as an array, if they are rows that this model has positions for."""
        array = ids.data if isinstance(ids, Tensor) else np.asarray(ids)
        if array.ndim != 2:
            raise ShapeError(
                f"ids are (batch, places), not {array.shape}: a single row is ids[None]"
            )
        length, limit = before + array.shape[1], self.config.max_position_embeddings
        if length > limit:
            raise ShapeError(
                f"{length} tokens: this model was made for at most {limit} "
                "(max_position_embeddings)"
            )
        return array


class CausalLM(nn.Module):
    """A language model: for every place, a score for each token that could come next."""

    def __init__(
        self, config: Config, *, rng: np.random.Generator, dtype: Any = np.float32
    ) -> None:
        self.config = config
        self.model = Model(config, rng=rng, dtype=dtype)
        self.lm_head = nn.Linear(
            config.hidden_size,
            config.vocab_size,
            bias=False,
            rng=rng,
            std=config.initializer_range,
            dtype=dtype,
        )
        if config.tie_word_embeddings:
            self.lm_head.weight = self.model.embed_tokens.weight

    def forward(
        self, ids: Any, real: Any = None, caches: Sequence[attention.Cache] | None = None
    ) -> Tensor:
        """Score every token of the vocabulary for every place: (batch, places, vocabulary)."""
        return self.lm_head(self.model(ids, real, caches))

    def loss(self, ids: Any, targets: Any, real: Any = None) -> Tensor:
        """Average -log p(target) over the places whose target is not -100.

        `ids` and `targets` are (batch, places); `targets[b, i]` is the token that comes after
        `ids[b, i]`. With experts, `router_aux_loss_coef` times the loss of their balance is added.
        """
        loss = losses.cross_entropy(self(ids, real), targets)
        if self.config.is_sparse:
            loss = loss + self.config.router_aux_loss_coef * self.balance_loss(real)
        return loss

    def balance_loss(self, real: Any = None) -> Tensor:
        """The load-balancing loss of the last call, over the routers of all layers."""
        scores = [layer.block_sparse_moe.scores for layer in self.model.layers]
        chosen = self.config.num_experts_per_tok
        return moe.load_balancing_loss(scores, chosen, real)


# -- how large, and how much work ---------------------------------------------------------------


def count_parameters(config: Config, active: bool = False) -> int:
    """Count the numbers that a `CausalLM` of these sizes learns, without making one.

    They are the entries of these arrays. With the width of the stream, `hidden_size`, the width
    of all heads, heads * `head_dim`, and that of the key and value heads, kv_heads * `head_dim`:

        embedding            vocabulary x width; `lm_head` has as many, unless it is tied
        each block
            q_proj, o_proj   heads' width x width, each
            k_proj, v_proj   key and value heads' width x width, each
            feed-forward     three matrices, width x `intermediate_size`; with experts: three for
                             each expert, and a router, experts x width
            norms            two, width each
        last norm            width

    With `active`, only the experts that a single token goes through are counted.
    """
    width = config.hidden_size
    embedding = config.vocab_size * width
    heads = 2 * (config.num_attention_heads + config.num_key_value_heads) * config.head_dim * width
    feed_forward = 3 * width * config.intermediate_size
    if config.is_sparse:
        experts = config.num_experts_per_tok if active else config.num_local_experts
        feed_forward = experts * feed_forward + config.num_local_experts * width
    blocks = config.num_hidden_layers * (heads + feed_forward + 2 * width)
    return blocks + width + (embedding if config.tie_word_embeddings else 2 * embedding)


def operations_per_token(config: Config, context: int) -> int:
    """Count the operations of one token's way through a model, forward, with `context` keys.

    Only the matrix products are counted, a product of two numbers and its addition to a sum as
    two operations. There are two kinds. Each entry of a matrix that the token meets is used
    once: all of `count_parameters(config, active=True)`, but not the norms, and not the
    embedding's table, in which a row is looked up; `lm_head` is a product, tied or not. And in
    each layer every head multiplies its query with `context` keys, and `context` weights with
    the values, all of `head_dim` numbers.
    """
    entries = count_parameters(config, active=True)
    entries -= (2 * config.num_hidden_layers + 1) * config.hidden_size
    if not config.tie_word_embeddings:
        entries -= config.vocab_size * config.hidden_size
    looking = 2 * context * config.num_attention_heads * config.head_dim
    return 2 * (entries + config.num_hidden_layers * looking)
