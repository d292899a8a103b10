"""Week 5, the block: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks, Complaint
from coursekit.tensor_checks import tensor_from
from minitorch import Tensor, attention, rotary, transformer
from minitorch.config import Config

block = Checks("transformer.Block.forward")


class _Cache:
    """Keys and values of the places before, which are all ones."""

    def extend(self, k, v):
        ones = np.ones((*k.shape[:2], 2, k.shape[3]), k.dtype)
        return np.concatenate([ones, k], axis=2), np.concatenate([ones, v], axis=2)


def _cases(rng, experts=0, dtype=np.float64):
    for batch, places, heads in [(1, 3, 1), (2, 4, 2), (3, 1, 3)]:
        yield {
            "x": rng.normal(size=(batch, places, 4 * heads)).astype(dtype),
            "heads": heads,
            "experts": experts,
            "seed": int(rng.integers(1000)),
        }


def dense_blocks(rng):
    yield from _cases(rng)


def sparse_blocks(rng):
    yield from _cases(rng, experts=3)


def float32_blocks(rng):
    yield from _cases(rng, dtype=np.float32)


def _made(x, heads, experts, seed):
    """A block with weights that are not small, and the turns and the mask for a row of tokens."""
    rng = np.random.default_rng(seed)
    config = Config(
        vocab_size=2,
        hidden_size=x.shape[-1],
        intermediate_size=5,
        num_hidden_layers=1,
        num_attention_heads=heads,
        num_local_experts=experts,
        initializer_range=0.7,
    )
    made = transformer.Block(config, rng=rng, dtype=x.dtype)
    for norm in (made.input_layernorm, made.post_attention_layernorm):
        norm.weight.data[...] = rng.uniform(0.5, 2, norm.weight.shape)
    places = x.shape[1]
    turns = rotary.rotary_turns(np.arange(places), config.head_dim, 100.0, x.dtype)
    return made, turns, attention.attention_mask(places, places), rng


def _applied(made, *inputs):
    try:
        return tensor_from(made(*inputs))
    except AttributeError as error:
        if "no attribute 'mlp'" in str(error):
            raise Complaint(
                "A block with experts has no `self.mlp`: `self.feed_forward` is the one part or "
                "the other."
            ) from error
        raise


def _run(x, heads, experts, seed):
    made, (cos, sin), mask, rng = _made(x, heads, experts, seed)
    tensor = Tensor(x, requires_grad=True)
    out = _applied(made, tensor, cos, sin, mask)
    found = {"result": out.data, "a gradient comes back": out.requires_grad}
    if out.requires_grad and out.shape == x.shape:
        out.backward(rng.normal(size=out.shape).astype(x.dtype))
        found["gradient of x"] = tensor.grad
        for name in ("input_layernorm", "post_attention_layernorm"):
            found[f"gradient of {name}"] = getattr(made, name).weight.grad
    return found


block.check("a block with one feed-forward part", cases=dense_blocks)(_run)
block.check("a block with experts", cases=sparse_blocks)(_run)
block.check("float32 stays float32", cases=float32_blocks)(_run)


@block.check("without a mask", cases=dense_blocks)
def _(x, heads, experts, seed):
    made, (cos, sin), _, _ = _made(x, heads, experts, seed)
    return _applied(made, Tensor(x), cos, sin).data


@block.check("with a cache", cases=dense_blocks)
def _(x, heads, experts, seed):
    made, (cos, sin), _, _ = _made(x, heads, experts, seed)
    mask = attention.attention_mask(x.shape[1], x.shape[1] + 2)
    return _applied(made, Tensor(x), cos, sin, mask, _Cache()).data


ATTENTION = "x = x + self.self_attn(self.input_layernorm(x), cos, sin, mask, cache)"
FEED = "return x + self.feed_forward(self.post_attention_layernorm(x))"

block.slip(
    "block_without_the_first_addition",
    "The stream is replaced by what attention returns, so what a token was is lost: add the "
    "result to `x`.",
    ("x = x + self.self_attn", "x = self.self_attn"),
)
block.slip(
    "block_without_the_second_addition",
    "You return what the feed-forward part computes, and the stream ends there: add it to `x`.",
    ("return x + self.feed", "return self.feed"),
)
block.slip(
    "block_without_additions",
    "Nothing is added: each part's result takes the place of the stream. Add both results to `x`.",
    ("x = x + self.self_attn", "x = self.self_attn"),
    ("return x + self.feed", "return self.feed"),
)
block.slip(
    "block_with_the_feed_forward_first",
    "The feed-forward part has its turn before attention. Attention comes first; what it fetched "
    "is what the feed-forward part works on.",
    (ATTENTION, "x = x + self.feed_forward(self.post_attention_layernorm(x))"),
    (FEED, "return x + self.self_attn(self.input_layernorm(x), cos, sin, mask, cache)"),
)
block.slip(
    "block_adds_to_the_normed_stream",
    "You add to the stream after the norm. The norm is only for reading: what stays in the stream "
    "is `x` as it came in.",
    (
        ATTENTION,
        "x = self.input_layernorm(x)\n    x = x + self.self_attn(x, cos, sin, mask, cache)",
    ),
    (FEED, "x = self.post_attention_layernorm(x)\n    return x + self.feed_forward(x)"),
)
block.slip(
    "block_norms_the_sum",
    "You norm after adding, as the first transformers did. Then the stream itself is rescaled in "
    "every block; here the norms stand before the parts, in front of what they read.",
    (ATTENTION, "x = self.input_layernorm(x + self.self_attn(x, cos, sin, mask, cache))"),
    (FEED, "return self.post_attention_layernorm(x + self.feed_forward(x))"),
)
block.slip(
    "block_in_parallel",
    "The feed-forward part reads the stream as it was before attention. It comes second, and "
    "reads what attention has added.",
    (ATTENTION, "looked = self.self_attn(self.input_layernorm(x), cos, sin, mask, cache)"),
    (FEED, "return x + looked + self.feed_forward(self.post_attention_layernorm(x))"),
)
block.slip(
    "block_adds_the_feed_forward_to_what_came_in",
    "What attention added is lost: the feed-forward part's result is added to the stream as it was "
    "at the beginning. Add it to the stream that has attention's part.",
    (ATTENTION, "looked = x + self.self_attn(self.input_layernorm(x), cos, sin, mask, cache)"),
    (FEED, "return x + self.feed_forward(self.post_attention_layernorm(looked))"),
)
block.slip(
    "block_without_norms",
    "Both parts read the stream as it is. Each has a norm of its own, through which it reads.",
    ("self.input_layernorm(x)", "x"),
    ("self.post_attention_layernorm(x)", "x"),
)
block.slip(
    "block_with_one_norm",
    "Both parts read through `input_layernorm`. The second norm has weights of its own, and "
    "belongs in front of the feed-forward part.",
    ("self.post_attention_layernorm(x)", "self.input_layernorm(x)"),
)
block.slip(
    "block_with_the_norms_swapped",
    "The two norms have changed places: `input_layernorm` stands before attention, as its name "
    "says of the block's input.",
    ("self.input_layernorm(x)", "self.post_attention_layernorm(x)"),
    ("self.feed_forward(self.post_attention_layernorm(x))",
     "self.feed_forward(self.input_layernorm(x))"),
)  # fmt: skip
block.slip(
    "block_with_an_mlp_only",
    "You call `self.mlp`, which a block with experts does not have. `self.feed_forward` is "
    "whichever part the block was made with.",
    ("self.feed_forward", "self.mlp"),
)
block.slip(
    "block_forgets_the_mask",
    "The mask does not reach attention, so every token sees the ones after it: in training it "
    "would read the answer.",
    ("cos, sin, mask, cache)", "cos, sin, None, cache)"),
)
block.slip(
    "block_forgets_the_cache",
    "The cache does not reach attention, so in generation the tokens before would be forgotten: "
    "hand it on.",
    ("cos, sin, mask, cache)", "cos, sin, mask)"),
)
block.slip(
    "block_swaps_cosines_and_sines",
    "`cos` and `sin` have changed places on the way to attention.",
    ("cos, sin, mask, cache)", "sin, cos, mask, cache)"),
)
block.slip(
    "block_changes_the_stream_in_place",
    "You add to the array of `x` itself. Whoever passed it in still needs it, and the addition is "
    "not recorded: `x + ...` makes a new tensor, with its history.",
    (ATTENTION, "x.data += self.self_attn(self.input_layernorm(x), cos, sin, mask, cache).data"),
)


@block.alternative
def block_step_by_step(self, x, cos, sin, mask=None, cache=None):
    looked = self.self_attn(self.input_layernorm(x), cos, sin, mask, cache)
    middle = looked + x
    thought = self.feed_forward(self.post_attention_layernorm(middle))
    return thought + middle
