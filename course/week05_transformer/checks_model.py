"""Week 5, the whole model: what an answer must do, and the mistakes it must catch."""

from contextlib import contextmanager

import numpy as np

from coursekit.checking import Checks
from coursekit.tensor_checks import tensor_from
from minitorch import ShapeError, attention, rotary, transformer
from minitorch.config import Config

model = Checks("transformer.Model.forward")


class _Cache:
    """Keys and values of `before` places, drawn at random, and then of those that come."""

    def __init__(self, rng, before):
        self.rng, self.before = rng, before

    def __len__(self):
        return self.before

    def extend(self, k, v):
        shape = (*k.shape[:2], self.before, k.shape[3])
        old_k, old_v = self.rng.normal(size=(2, *shape)).astype(k.dtype)
        return np.concatenate([old_k, k], axis=2), np.concatenate([old_v, v], axis=2)


def rows_of_ids(rng):
    for batch, places, layers in [(1, 2, 1), (2, 5, 2), (3, 4, 3)]:
        yield {
            "ids": rng.integers(0, 7, (batch, places)),
            "layers": layers,
            "seed": int(rng.integers(1000)),
        }


def rows_with_padding(rng):
    for inputs in rows_of_ids(rng):
        real = np.ones(inputs["ids"].shape, bool)
        real[0, 0] = len(real) < 3
        real[-1, 1:2] = False
        yield {**inputs, "real": real}


def rows_with_caches(rng):
    for before, inputs in zip((2, 1, 4), rows_of_ids(rng)):
        yield {**inputs, "before": before}


def wrong_rows(rng):
    for shape in [(5,), (1, 2, 3), (1, 9)]:
        yield {"ids": rng.integers(0, 7, shape), "layers": 1, "seed": int(rng.integers(1000))}


def _made(layers, seed, dtype=np.float64):
    """A model whose weights are not small, with a rotary base and heads out of the ordinary."""
    config = Config(
        vocab_size=7,
        hidden_size=6,
        intermediate_size=5,
        num_hidden_layers=layers,
        num_attention_heads=2,
        head_dim=4,
        max_position_embeddings=8,
        rope_theta=20.0,
        initializer_range=0.8,
    )
    rng = np.random.default_rng(seed)
    made = transformer.Model(config, rng=rng, dtype=dtype)
    for name, parameter in made.named_parameters():
        if "norm" in name:
            parameter.data[...] = rng.uniform(0.5, 2, parameter.shape)
    return made, rng


@model.check("the stream, and the gradients of all weights", cases=rows_of_ids)
def _(ids, layers, seed):
    made, rng = _made(layers, seed)
    out = tensor_from(made(ids))
    found = {"result": out.data, "a gradient comes back": out.requires_grad}
    if out.requires_grad and out.shape == (*ids.shape, 6):
        out.backward(rng.normal(size=out.shape))
        found |= {f"gradient of {name}": p.grad for name, p in made.named_parameters()}
    return found


@model.check("rows that were filled up", cases=rows_with_padding)
def _(ids, layers, seed, real):
    made, _ = _made(layers, seed)
    return tensor_from(made(ids, real)).data


@model.check("with caches", cases=rows_with_caches)
def _(ids, layers, seed, before):
    made, rng = _made(layers, seed)
    caches = [_Cache(rng.spawn(1)[0], before) for _ in range(layers)]
    ids = ids[:, : 8 - before]
    return tensor_from(made(ids, None, caches)).data


@model.check("with caches and padding", cases=rows_with_caches)
def _(ids, layers, seed, before):
    made, rng = _made(layers, seed)
    caches = [_Cache(rng.spawn(1)[0], before) for _ in range(layers)]
    ids = ids[:, : 8 - before]
    real = np.ones((len(ids), before + ids.shape[1]), bool)
    real[0, 0] = False
    return tensor_from(made(ids, real, caches)).data


@model.check("float32 stays float32", cases=rows_of_ids)
def _(ids, layers, seed):
    made, _ = _made(layers, seed, np.float32)
    seen = []
    with _watched_turns(seen):
        out = tensor_from(made(ids))
    return {"result": out.data, "dtypes of the cosines and sines": seen}


@contextmanager
def _watched_turns(seen):
    """Note the dtypes of the turns that blocks get: their result would not tell them."""
    forward = transformer.Block.forward

    def watched(self, x, cos, sin, *others, **named):
        seen.append([str(cos.dtype), str(sin.dtype)])
        return forward(self, x, cos, sin, *others, **named)

    transformer.Block.forward = watched
    try:
        yield
    finally:
        transformer.Block.forward = forward


@model.check("rows that the model has no places for", cases=wrong_rows)
def _(ids, layers, seed):
    made, _ = _made(layers, seed)
    return _refused(made, ids)


@model.check("rows that with the caches are too long", cases=rows_with_caches)
def _(ids, layers, seed, before):
    made, rng = _made(layers, seed)
    caches = [_Cache(rng.spawn(1)[0], 8) for _ in range(layers)]
    return _refused(made, ids, None, caches)


def _refused(made, *inputs):
    try:
        made(*inputs)
    except ShapeError:
        return "a ShapeError"
    except (ValueError, IndexError, TypeError):
        return "another error"
    return "no error"


LOOP = "x = layer(x, cos, sin, mask, caches[number] if caches else None)"

model.slip(
    "model_without_the_last_norm",
    "The stream is returned as the last block leaves it: it goes through `self.norm` at the end.",
    ("return self.norm(x)", "return x"),
)
model.slip(
    "model_with_one_block",
    "Only the first block has its turn: every block in `self.layers` has one. A `return` inside of "
    "the loop does that.",
    ("        x = layer(x", "        return self.norm(layer(x"),
    ("if caches else None)\n    return self.norm(x)", "if caches else None))"),
)
model.slip(
    "model_whose_blocks_all_read_the_embedding",
    "Every block reads the embedding, and only the last one's result is kept: each goes on with "
    "what the one before it returned.",
    (LOOP, "y = layer(x, cos, sin, mask, caches[number] if caches else None)"),
    ("return self.norm(x)", "return self.norm(y)"),
)
model.slip(
    "model_adds_the_stream_again",
    "You add each block's result to the stream. The block does that inside: its result *is* the "
    "stream.",
    ("x = layer(x", "x = x + layer(x"),
)
model.slip(
    "model_norms_between_the_blocks",
    "`self.norm` comes once, at the end. Between the blocks the stream is left as it is: each "
    "block has norms of its own to read it.",
    ("x = layer(x", "x = layer(self.norm(x)"),
)
model.slip(
    "model_norms_behind_every_block",
    "`self.norm` has its turn behind every block. It comes once, when the loop is over.",
    (LOOP, f"{LOOP}\n        x = self.norm(x)"),
    ("return self.norm(x)", "return x"),
)
model.slip(
    "model_counts_from_zero_behind_a_cache",
    "With caches the positions begin at 0 again. They go on behind the places that the caches "
    "hold: from `before` on.",
    ("np.arange(before, keys)", "np.arange(ids.shape[1])"),
)
model.slip(
    "model_gives_positions_to_the_places_before",
    "With caches there are too many positions: only the new places are turned, those from `before` "
    "on. The keys in the caches have had their turn.",
    ("np.arange(before, keys)", "np.arange(keys)"),
)
model.slip(
    "model_counts_from_one",
    "The positions are one too large: the first place has position 0. Turns depend on distances, "
    "so the result without a cache is the same, but the keys in a cache were turned by other "
    "numbers.",
    ("np.arange(before, keys)", "np.arange(ids.shape[1]) + 1"),
)
model.slip(
    "model_masks_only_the_new_places",
    "With caches the mask is too small: there are as many keys as places so far, those in the "
    "caches included.",
    ("(ids.shape[1], keys, real)", "(ids.shape[1], ids.shape[1], real)"),
)
model.slip(
    "model_overlooks_the_padding",
    "`real` does not reach the mask, so tokens look at places that were only filled up.",
    ("ids.shape[1], keys, real)", "ids.shape[1], keys)"),
)
model.slip(
    "model_without_a_mask",
    "There is no mask, so every token sees those that come after it.",
    ("x = layer(x, cos, sin, mask,", "x = layer(x, cos, sin, None,"),
)
model.slip(
    "model_with_one_cache_for_all",
    "Every block gets the first cache. Each has keys and values of its own: block i gets "
    "`caches[i]`.",
    ("caches[number] if", "caches[0] if"),
)
model.slip(
    "model_forgets_the_caches",
    "The caches do not reach the blocks: each takes its own, as the last argument.",
    ("caches[number] if caches else None)", "None)"),
)
model.slip(
    "model_with_the_usual_rotary_base",
    "You take 10,000 as the base of the rotary positions; the model's own is "
    "`self.config.rope_theta`.",
    ("self.config.rope_theta", "10000.0"),
)
model.slip(
    "model_with_heads_that_share_the_width",
    "You divide the width by the heads. Heads may be wider or narrower than that: their size is "
    "`self.config.head_dim`.",
    ("self.config.head_dim", "self.config.hidden_size // self.config.num_attention_heads"),
)
model.slip(
    "model_turns_in_float32",
    "The turns are float32 whatever the stream is: hand the stream's dtype to `rotary_turns`.",
    ("self.config.rope_theta, x.dtype", "self.config.rope_theta, np.float32"),
)
model.slip(
    "model_turns_in_float64",
    "The turns are float64 whatever the stream is: hand the stream's dtype to `rotary_turns`.",
    ("self.config.rope_theta, x.dtype", "self.config.rope_theta, np.float64"),
)
model.slip(
    "model_takes_anything_for_rows",
    "The ids are not looked at before they are used: `self.checked(ids, before)` refuses what has "
    "another shape or is too long, in a sentence.",
    ("ids = self.checked(ids, before)", "ids = np.asarray(ids)"),
)
model.slip(
    "model_checks_without_the_caches",
    "The ids are checked as if there were no caches: hand `before` to `self.checked` too, since "
    "the places in the caches count.",
    ("ids = self.checked(ids, before)", "ids = self.checked(ids)"),
)


@model.alternative
def model_with_pairs(self, ids, real=None, caches=None):
    before, config = len(caches[0]) if caches else 0, self.config
    ids = self.checked(ids, before)
    places = ids.shape[1]
    x = self.embed_tokens(ids)
    positions = before + np.arange(places)
    cos, sin = rotary.rotary_turns(positions, config.head_dim, config.rope_theta, x.data.dtype)
    mask = attention.attention_mask(places, before + places, real)
    for layer, cache in zip(self.layers, caches or [None] * len(self.layers)):
        x = layer(x, cos, sin, mask, cache)
    return self.norm(x)


model.equivalent(
    "before = len(caches[0]) if caches else 0 -> before = len(caches[-1]) if caches else 0",
    because="all caches hold the same places",
)
