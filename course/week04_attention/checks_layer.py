"""Week 4, the attention layer: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks, Complaint
from minitorch import Tensor, attention, no_grad, rotary
from minitorch.attention import merge_heads, repeat_heads, split_heads

forward = Checks("attention.Attention.forward")


def _problem(rng, heads, kv_heads, head_dim=4, places=5, dtype=np.float64):
    return {
        "sizes": {"width": 6, "heads": heads, "kv_heads": kv_heads, "head_dim": head_dim},
        "seed": int(rng.integers(1000)),
        "x": rng.normal(size=(2, places, 6)).astype(dtype),
        "g": rng.normal(size=(2, places, 6)).astype(dtype),
    }


def one_head(rng):
    yield _problem(rng, 1, 1, places=1)
    yield _problem(rng, 1, 1, places=3)


def several_heads(rng):
    for heads in (2, 3, 4):
        yield _problem(rng, heads, heads, places=heads)


def shared_heads(rng):
    for heads, kv_heads in [(2, 1), (4, 2), (6, 2)]:
        yield _problem(rng, heads, kv_heads)


def float32(rng):
    yield _problem(rng, 4, 2, dtype=np.float32)


def _describe(sizes, seed, x, g):
    named = ", ".join(f"{name} {size}" for name, size in sizes.items())
    return f"a layer with {named}, and x of shape {x.shape}"


def _layer(sizes, seed, dtype):
    return attention.Attention(**sizes, rng=np.random.default_rng(seed), dtype=dtype)


def _turns(start, end, dim, dtype):
    return rotary.rotary_turns(np.arange(start, end), dim, 100.0, dtype)


def _tensor(result):
    if isinstance(result, Tensor):
        return result
    what = "nothing (None)" if result is None else f"a value of type `{type(result).__name__}`"
    raise Complaint(f"It returned {what}; a Tensor is expected.")


def _whole(sizes, seed, x, g, masked=True, real=None):
    """The result, and all gradients, with all places at once."""
    layer = _layer(sizes, seed, x.dtype)
    tensor = Tensor(x, requires_grad=True)
    cos, sin = _turns(3, 3 + x.shape[1], sizes["head_dim"], x.dtype)
    mask = attention.attention_mask(x.shape[1], x.shape[1], real) if masked else None
    out = _tensor(layer.forward(tensor, cos, sin, mask))
    if out.shape == g.shape:
        out.backward(g)
    gradients = {f"gradient of {name}": p.grad for name, p in layer.named_parameters()}
    return {"result": out.data, "gradient of x": tensor.grad, **gradients}


@forward.check("one head", cases=one_head, describe=_describe)
def _(sizes, seed, x, g):
    return _whole(sizes, seed, x, g, masked=False)


forward.check("several heads and a mask", cases=several_heads, describe=_describe)(_whole)
forward.check("heads that share keys and values", cases=shared_heads, describe=_describe)(_whole)
forward.check("float32 stays float32", cases=float32, describe=_describe)(_whole)


@forward.check("a row that is padded on the left", cases=shared_heads, describe=_describe)
def _(sizes, seed, x, g):
    real = np.array([[1, 1, 1, 1, 1], [0, 0, 1, 1, 1]])
    return _whole(sizes, seed, x, g, real=real)


class _Kept:
    """A cache that is nothing but two arrays."""

    def __init__(self, k, v):
        self.k, self.v = k, v

    def __len__(self):
        return self.k.shape[2]

    def extend(self, k, v):
        for name, given in [("keys", k), ("values", v)]:
            if not isinstance(given, np.ndarray):
                raise Complaint(
                    f"`cache.extend` got {name} of type `{type(given).__name__}`; it takes arrays."
                )
        self.k, self.v = np.concatenate([self.k, k], axis=2), np.concatenate([self.v, v], axis=2)
        return self.k, self.v


def _piece_by_piece(sizes, seed, x, before):
    """Three places at once, then one after the other, with `before` places in the cache."""
    layer, dim, found = _layer(sizes, seed, x.dtype), sizes["head_dim"], {}
    shape = (2, len(x), sizes["kv_heads"], before, dim)
    cache = _Kept(*np.random.default_rng(seed).normal(size=shape))
    with no_grad():
        for start, end in [(0, 3), (3, 4), (4, 5)]:
            turns = _turns(before + start, before + end, dim, x.dtype)
            mask = attention.causal_mask(end - start, before + end)
            out = _tensor(layer.forward(Tensor(x[:, start:end]), *turns, mask, cache))
            found[f"result of places {start} to {end - 1}"] = out.data
            found[f"keys that are kept after {end} places"] = cache.k
            found[f"values that are kept after {end} places"] = cache.v
    return found


@forward.check("a cache that holds places already", cases=shared_heads, describe=_describe)
def _(sizes, seed, x, g):
    return _piece_by_piece(sizes, seed, x, before=2)


@forward.check("a cache that is still empty", cases=shared_heads, describe=_describe)
def _(sizes, seed, x, g):
    return _piece_by_piece(sizes, seed, x, before=0)


TURNED_Q = "rotary.rotate(split_heads(self.q_proj(x), self.heads), cos, sin)"
TURNED_K = "rotary.rotate(split_heads(self.k_proj(x), self.kv_heads), cos, sin)"

forward.slip(
    "layer_without_turning_queries",
    "The queries are not turned, only the keys: then scores depend on where a key stands, and not "
    "on the distance.",
    (
        TURNED_Q,
        "split_heads(self.q_proj(x), self.heads)",
    ),
)
forward.slip(
    "layer_without_turning_keys",
    "The keys are not turned, only the queries: then scores depend on where a query stands, and "
    "not on the distance.",
    (
        TURNED_K,
        "split_heads(self.k_proj(x), self.kv_heads)",
    ),
)
forward.slip(
    "layer_without_turning",
    "Neither queries nor keys are turned, so no token knows where another stands.",
    (
        TURNED_Q,
        "split_heads(self.q_proj(x), self.heads)",
    ),
    (
        TURNED_K,
        "split_heads(self.k_proj(x), self.kv_heads)",
    ),
)
forward.slip(
    "layer_turns_the_values_too",
    "The values are turned. A place changes who is looked at, not what is handed over.",
    (
        "v = split_heads(self.v_proj(x), self.kv_heads)",
        "v = rotary.rotate(split_heads(self.v_proj(x), self.kv_heads), cos, sin)",
    ),
)
forward.slip(
    "layer_turns_before_splitting",
    "You turn before the numbers are split into heads. cos and sin are (places, dim // 2): they "
    "are for one head.",
    (
        TURNED_Q,
        "split_heads(rotary.rotate(self.q_proj(x), cos, sin), self.heads)",
    ),
    (
        TURNED_K,
        "split_heads(rotary.rotate(self.k_proj(x), cos, sin), self.kv_heads)",
    ),
)
forward.slip(
    "layer_without_its_last_projection",
    "`o_proj` is missing: it mixes what the heads have found, and brings it back to the width.",
    ("self.o_proj(merge_heads(attention(q, k, v, mask)))", "merge_heads(attention(q, k, v, mask))"),
)
forward.slip(
    "layer_without_a_mask",
    "The mask is not handed on, so every place sees the future.",
    ("attention(q, k, v, mask)", "attention(q, k, v)"),
)
forward.slip(
    "layer_with_keys_and_values_exchanged",
    "Keys and values have changed places in the call of attention: it is q, k, v.",
    ("attention(q, k, v, mask)", "attention(q, v, k, mask)"),
)
forward.slip(
    "layer_that_takes_queries_for_keys",
    "The keys are made with `q_proj`. There are three projections: each thing has its own.",
    ("self.k_proj(x)", "self.q_proj(x)"),
)
forward.slip(
    "layer_merges_by_reshaping",
    "The result has the right shape, but heads and places are mixed up: `merge_heads` swaps them "
    "back first.",
    ("merge_heads(attention(q, k, v, mask))", "attention(q, k, v, mask).reshape(*x.shape[:2], -1)"),
)
forward.slip(
    "layer_that_never_shares",
    "Where heads share keys and values, k and v have fewer heads than q: repeat them, so that "
    "each query head has its own.",
    (
        "    if self.kv_heads < self.heads:\n"
        "        k = repeat_heads(k, self.heads // self.kv_heads)\n"
        "        v = repeat_heads(v, self.heads // self.kv_heads)\n",
        "",
    ),
)
forward.slip(
    "layer_that_splits_keys_into_all_heads",
    "Keys and values are split into `self.heads` heads, but where heads share them there are only "
    "`self.kv_heads`.",
    ("split_heads(self.k_proj(x), self.kv_heads)", "split_heads(self.k_proj(x), self.heads)"),
    ("split_heads(self.v_proj(x), self.kv_heads)", "split_heads(self.v_proj(x), self.heads)"),
)
forward.slip(
    "layer_without_a_cache",
    "The cache is not used, or what it returns is not: `cache.extend` takes the new keys and "
    "values and returns all of them, and attention goes on with these.",
    (
        "    if cache is not None:\n"
        "        k, v = (Tensor(array) for array in cache.extend(k.data, v.data))\n",
        "",
    ),
)
forward.slip(
    "layer_that_goes_on_with_arrays_of_the_cache",
    "What `cache.extend` returns are arrays, and attention takes tensors: make a `Tensor` of each.",
    (
        "k, v = (Tensor(array) for array in cache.extend(k.data, v.data))",
        "k, v = cache.extend(k.data, v.data)",
    ),
)
forward.slip(
    "layer_with_plain_attention",
    "`plain_attention` has no answer for a query that sees no key, as in a row that is padded on "
    "the left: it gives nan, and with the first backward pass everything becomes nan. Your "
    "`attention` has an answer.",
    ("attention(q, k, v, mask)", "plain_attention(q, k, v, mask)"),
)
forward.slip(
    "layer_that_overlooks_an_empty_cache",
    "An empty cache counts as false in an `if`, so the first places are never kept. Ask `if cache "
    "is not None`.",
    ("if cache is not None", "if cache"),
)
forward.slip(
    "layer_that_hands_tensors_to_the_cache",
    "The cache gets tensors. It keeps arrays, and returns arrays: `k.data` and `v.data`.",
    ("cache.extend(k.data, v.data)", "cache.extend(k, v)"),
)


@forward.wrong
def layer_that_keeps_repeated_heads(self, x, cos, sin, mask=None, cache=None):
    """The cache keeps the repeated heads, which takes away what sharing saves: first the cache,
    then repeat."""
    q = rotary.rotate(split_heads(self.q_proj(x), self.heads), cos, sin)
    k = rotary.rotate(split_heads(self.k_proj(x), self.kv_heads), cos, sin)
    v = split_heads(self.v_proj(x), self.kv_heads)
    k = repeat_heads(k, self.heads // self.kv_heads)
    v = repeat_heads(v, self.heads // self.kv_heads)
    if cache is not None:
        k, v = (Tensor(array) for array in cache.extend(k.data, v.data))
    return self.o_proj(merge_heads(attention(q, k, v, mask)))


@forward.wrong
def layer_that_keeps_keys_unturned(self, x, cos, sin, mask=None, cache=None):
    """The cache keeps the keys before they are turned. `cos` and `sin` are those of the new places
    alone, so turn them first: a key's place does not change any more."""
    q = rotary.rotate(split_heads(self.q_proj(x), self.heads), cos, sin)
    k = split_heads(self.k_proj(x), self.kv_heads)
    v = split_heads(self.v_proj(x), self.kv_heads)
    if cache is not None:
        k, v = (Tensor(array) for array in cache.extend(k.data, v.data))
    k = rotary.rotate(k, cos, sin)
    k = repeat_heads(k, self.heads // self.kv_heads)
    v = repeat_heads(v, self.heads // self.kv_heads)
    return self.o_proj(merge_heads(attention(q, k, v, mask)))


@forward.alternative
def layer_in_another_order(self, x, cos, sin, mask=None, cache=None):
    q, k, v = self.q_proj(x), self.k_proj(x), self.v_proj(x)
    q = rotary.rotate(split_heads(q, self.heads), cos, sin)
    k = rotary.rotate(split_heads(k, self.kv_heads), cos, sin)
    v = split_heads(v, self.kv_heads)
    if cache is not None:
        keys, values = cache.extend(k.numpy(), v.numpy())
        k, v = Tensor(keys), Tensor(values)
    times = self.heads // self.kv_heads
    heads = attention(q, repeat_heads(k, times), repeat_heads(v, times), mask)
    return self.o_proj(merge_heads(heads))


forward.equivalent(
    "if self.kv_heads < self.heads: -> if self.kv_heads <= self.heads:",
    because="to repeat each head once changes nothing",
)
