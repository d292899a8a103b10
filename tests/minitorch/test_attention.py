"""Attention equals its plain twin, PyTorch, Hugging Face's LLaMA, and finite differences."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import scaled_dot_product_attention

from minitorch import ShapeError, Tensor, attention, no_grad, rotary
from minitorch.gradcheck import check_gradients
from tests.minitorch.draws import LAYOUTS, in_layout

TOLERANCE: dict[Any, float] = {np.float32: 3e-5, np.float64: 1e-11}
BOTH = [attention.attention, attention.plain_attention]
SEEDS = st.integers(0, 2**32 - 1)


def arrays(seed: int, *shapes: tuple[int, ...], dtype: Any = np.float64) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def assert_close(given: np.ndarray | None, expected: np.ndarray, dtype: Any) -> None:
    assert given is not None
    assert given.dtype == expected.dtype == dtype
    np.testing.assert_allclose(given, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


# -- masks --------------------------------------------------------------------------------------


@given(queries=st.integers(0, 6), more=st.integers(0, 4))
@settings(deadline=None, derandomize=True)
def test_a_query_sees_the_key_at_its_own_place_and_those_before(queries: int, more: int) -> None:
    keys = queries + more
    mask = attention.causal_mask(queries, keys)
    assert mask.dtype == bool
    assert mask.shape == (queries, keys)
    np.testing.assert_array_equal(mask, np.tri(queries, keys, more, dtype=bool))


def test_a_mask_of_real_tokens_hides_the_others_from_every_query() -> None:
    real = np.array([[0, 1, 1], [1, 1, 0]])
    mask = attention.attention_mask(2, 3, real)
    assert mask.shape == (2, 1, 2, 3)
    for row in range(2):
        for query in range(2):
            for key in range(3):
                seen = bool(real[row, key]) and key <= query + 1
                assert mask[row, 0, query, key] == seen


@pytest.mark.parametrize("form", [np.array, Tensor, list, lambda rows: np.array(rows, bool)])
def test_a_mask_of_real_tokens_comes_in_many_forms(form: Any) -> None:
    rows = [[0, 1, 1], [1, 1, 0]]
    expected = attention.attention_mask(3, 3, np.array(rows))
    np.testing.assert_array_equal(attention.attention_mask(3, 3, form(rows)), expected)


def test_without_shorter_rows_the_mask_is_the_causal_one() -> None:
    expected = attention.causal_mask(2, 5)
    np.testing.assert_array_equal(attention.attention_mask(2, 5), expected)


@pytest.mark.parametrize("shape", [(2, 3), (4,), (1, 2, 4)])
def test_a_mask_of_real_tokens_must_have_a_place_for_each_key(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match="keys being 4"):
        attention.attention_mask(2, 4, np.ones(shape))


# -- attention ----------------------------------------------------------------------------------


@st.composite
def problems(draw: Any) -> dict[str, Any]:
    """Queries, keys, values, a mask under which every query sees something, and a cotangent."""
    batch, heads, queries = (draw(st.integers(1, 3)) for _ in range(3))
    keys = queries + draw(st.integers(0, 3))
    dim, value_dim = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(SEEDS))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    shapes = {"q": (queries, dim), "k": (keys, dim), "v": (keys, value_dim)}
    found: dict[str, Any] = {"dtype": dtype}
    for name, shape in {**shapes, "g": (queries, value_dim)}.items():
        values = rng.standard_normal((batch, heads, *shape)).astype(dtype)
        found[name] = in_layout(values, draw(st.sampled_from(LAYOUTS)))
    causal = attention.causal_mask(queries, keys)
    own = np.eye(queries, keys, keys - queries, dtype=bool)
    some = rng.random((batch, 1, queries, keys)) < 0.5
    found["mask"] = draw(st.sampled_from([None, causal, own, some | own, (some | own)[0, 0]]))
    return found


@pytest.mark.parametrize("function", BOTH)
@given(problem=problems())
@settings(max_examples=80, deadline=None, derandomize=True)
def test_values_gradients_and_dtypes_are_those_of_pytorch(
    function: Any, problem: dict[str, Any]
) -> None:
    dtype, mask, g = problem["dtype"], problem["mask"], problem["g"]
    inputs = [problem[name] for name in ("q", "k", "v")]
    kept = [array.copy() for array in (*inputs, g)]
    mine = [Tensor(array, requires_grad=True) for array in inputs]
    theirs = [torch.tensor(array.copy(), requires_grad=True) for array in inputs]
    out = function(*mine, mask)
    their_mask = None if mask is None else torch.tensor(mask)
    expected = scaled_dot_product_attention(*theirs, attn_mask=their_mask)
    assert_close(out.data, expected.detach().numpy(), dtype)
    out.backward(g)
    expected.backward(torch.tensor(g.copy()))
    for tensor, equal in zip(mine, theirs, strict=True):
        assert equal.grad is not None
        assert_close(tensor.grad, equal.grad.numpy(), dtype)
    for array, before in zip((*inputs, g), kept, strict=True):
        np.testing.assert_array_equal(array, before)


@pytest.mark.parametrize("function", BOTH)
def test_gradients_are_the_slopes_that_finite_differences_measure(function: Any) -> None:
    q, k, v = arrays(0, (2, 2, 3, 4), (2, 2, 5, 4), (2, 2, 5, 3))
    check_gradients(function, q, k, v)
    mask = attention.attention_mask(3, 5, [[0, 1, 1, 0, 1], [1, 1, 1, 1, 1]])
    check_gradients(lambda *inputs: function(*inputs, mask), q, k, v)


@pytest.mark.parametrize("function", BOTH)
def test_no_other_axes_are_needed_and_those_in_front_broadcast(function: Any) -> None:
    q, k, v, g = arrays(1, (3, 4), (5, 4), (5, 2), (3, 2))
    check_gradients(function, q, k, v)
    many = [Tensor(q, requires_grad=True), *(Tensor(np.stack([a, 2 * a])) for a in (k, v))]
    out = function(*many)
    assert out.shape == (2, 3, 2)
    out.backward(np.stack([g, g]))
    assert many[0].grad is not None
    assert many[0].grad.shape == q.shape


@given(problem=problems())
@settings(max_examples=40, deadline=None, derandomize=True)
def test_the_weights_of_a_query_add_up_to_one_and_are_zero_where_it_may_not_look(
    problem: dict[str, Any],
) -> None:
    q, k, mask = Tensor(problem["q"]), Tensor(problem["k"]), problem["mask"]
    weights = attention.attention_weights(q, k, mask)
    assert weights.dtype == problem["dtype"]
    np.testing.assert_allclose(weights.data.sum(axis=-1), 1, rtol=1e-5)
    if mask is not None:
        assert not weights.data[~np.broadcast_to(mask, weights.shape)].any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("hidden", [[0], [0, 2], [0, 1, 2]])
def test_a_query_that_sees_no_key_gets_zeros_and_sends_no_gradient(
    hidden: list[int], dtype: Any
) -> None:
    q, k, v, g = arrays(2, (1, 2, 3, 4), (1, 2, 5, 4), (1, 2, 5, 4), (1, 2, 3, 4), dtype=dtype)
    mask = np.ones((3, 5), bool)
    mask[hidden] = False
    inputs = [Tensor(array, requires_grad=True) for array in (q, k, v)]
    out = attention.attention(*inputs, mask)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        out.backward(1e6 * g)  # large: nothing may overflow on the way
    assert not out.data[:, :, hidden].any()
    seeing = [row for row in range(3) if row not in hidden]
    alone = [Tensor(array, requires_grad=True) for array in (q[:, :, seeing], k, v)]
    if seeing:
        attention.attention(*alone).backward(1e6 * g[:, :, seeing])
    for tensor, other in zip(inputs[1:], alone[1:], strict=True):
        expected = np.zeros_like(tensor.data) if other.grad is None else other.grad
        np.testing.assert_allclose(tensor.grad, expected, rtol=1e-4, atol=1)
    assert inputs[0].grad is not None
    assert not inputs[0].grad[:, :, hidden].any()


def test_without_any_key_every_query_gets_zeros() -> None:
    q, k, v = (Tensor(np.ones((1, 2, n, 4)), requires_grad=True) for n in (3, 0, 0))
    out = attention.attention(q, k, v)
    out.backward(np.ones(out.shape))
    assert not out.data.any()
    assert q.grad is not None
    assert not q.grad.any()


@pytest.mark.parametrize("function", BOTH)
@pytest.mark.parametrize("size", [1e4, 1e-30])
def test_large_and_tiny_scores_give_finite_results(function: Any, size: float) -> None:
    inputs = [Tensor(a, True) for a in arrays(3, (2, 3, 4), (2, 5, 4), (2, 5, 4), dtype=np.float32)]
    inputs[0].data *= size
    out = function(*inputs)
    out.backward(np.ones(out.shape))
    for array in (out.data, *(tensor.grad for tensor in inputs)):
        assert np.isfinite(array).all()


def test_the_rule_may_be_called_twice_and_leaves_what_it_is_given() -> None:
    q, k, v, g = arrays(4, (2, 3, 4), (2, 5, 4), (2, 5, 4), (2, 3, 4))
    out = attention.attention(*(Tensor(a, True) for a in (q, k, v)), attention.causal_mask(3, 5))
    assert out.rule is not None
    g.setflags(write=False)
    first, second = out.rule(g), out.rule(g)
    for one, other in zip(first, second, strict=True):
        assert one is not None
        assert other is not None
        np.testing.assert_array_equal(one, other)


def test_no_gradient_is_computed_that_nobody_wants() -> None:
    q, k, v, g = arrays(5, (3, 4), (5, 4), (5, 2), (3, 2))
    for wanted in np.eye(3, dtype=bool):
        out = attention.attention(*(Tensor(a, bool(w)) for a, w in zip((q, k, v), wanted)))
        assert out.rule is not None
        assert [part is not None for part in out.rule(g)] == list(wanted)


def test_what_comes_later_changes_nothing_under_the_causal_mask() -> None:
    q, k, v = arrays(6, (1, 1, 6, 4), (1, 1, 6, 4), (1, 1, 6, 4))
    mask = attention.causal_mask(6, 6)
    before = attention.attention(Tensor(q), Tensor(k), Tensor(v), mask).data
    for array in (q, k, v):
        array[:, :, 4:] += 10
    after = attention.attention(Tensor(q), Tensor(k), Tensor(v), mask).data
    np.testing.assert_array_equal(before[:, :, :4], after[:, :, :4])
    assert (before[:, :, 4:] != after[:, :, 4:]).all()


# -- heads --------------------------------------------------------------------------------------


@given(
    sizes=st.tuples(*(st.integers(1, 4) for _ in range(4))),
    layout=st.sampled_from(LAYOUTS),
    seed=SEEDS,
)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_heads_are_split_and_merged_as_pytorch_views_them(
    sizes: tuple[int, int, int, int], layout: str, seed: int
) -> None:
    batch, places, heads, dim = sizes
    x, g = arrays(seed, (batch, places, heads * dim), (batch, heads, places, dim))
    tensor = Tensor(in_layout(x, layout), requires_grad=True)
    out = attention.split_heads(tensor, heads)
    expected = torch.tensor(x).view(batch, places, heads, dim).transpose(1, 2).numpy()
    np.testing.assert_array_equal(out.data, expected)
    merged = attention.merge_heads(out)
    np.testing.assert_array_equal(merged.data, x)
    out.backward(g)
    expected = torch.tensor(g).transpose(1, 2).reshape(batch, places, heads * dim).numpy()
    np.testing.assert_array_equal(tensor.grad, expected)
    np.testing.assert_array_equal(attention.merge_heads(Tensor(g)).data, expected)


@given(
    sizes=st.tuples(*(st.integers(1, 3) for _ in range(5))),
    dtype=st.sampled_from([np.float32, np.float64]),
    layout=st.sampled_from(LAYOUTS),
    seed=SEEDS,
)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_heads_are_repeated_as_pytorch_repeats_them(
    sizes: tuple[int, int, int, int, int], dtype: Any, layout: str, seed: int
) -> None:
    batch, heads, places, dim, times = sizes
    shapes = (batch, heads, places, dim), (batch, heads * times, places, dim)
    x, g = arrays(seed, *shapes, dtype=dtype)
    mine = Tensor(in_layout(x, layout), requires_grad=True)
    theirs = torch.tensor(x, requires_grad=True)
    out, expected = attention.repeat_heads(mine, times), theirs.repeat_interleave(times, dim=1)
    assert_close(out.data, expected.detach().numpy(), dtype)
    out.backward(g)
    expected.backward(torch.tensor(g))
    assert theirs.grad is not None
    assert_close(mine.grad, theirs.grad.numpy(), dtype)


def test_the_gradients_of_heads_are_the_slopes_that_finite_differences_measure() -> None:
    split, merged = arrays(7, (2, 3, 6), (2, 3, 2, 4))
    check_gradients(lambda x: attention.split_heads(x, 2), split)
    check_gradients(attention.merge_heads, merged)
    check_gradients(lambda x: attention.repeat_heads(x, 3), merged)


# -- the module ---------------------------------------------------------------------------------


def layer_of(kv_heads: int = 2, dtype: Any = np.float64, **options: Any) -> attention.Attention:
    rng = np.random.default_rng(8)
    return attention.Attention(24, 4, kv_heads, rng=rng, dtype=dtype, **options)


def turns(places: int, dim: int = 6, dtype: Any = np.float64, start: int = 0) -> Any:
    return rotary.rotary_turns(np.arange(start, start + places), dim, 100.0, dtype)


@pytest.mark.parametrize("kv_heads", [1, 2, 4])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_layer_computes_what_llama_computes(kv_heads: int, dtype: Any) -> None:
    from transformers import LlamaConfig
    from transformers.models.llama.modeling_llama import LlamaAttention

    sizes = {"num_attention_heads": 4, "num_key_value_heads": kv_heads, "head_dim": 6}
    config = LlamaConfig(hidden_size=24, **sizes, attn_implementation="sdpa")
    theirs = LlamaAttention(config, layer_idx=0).to(torch.tensor(np.zeros(0, dtype)).dtype)
    layer = layer_of(kv_heads, dtype)
    theirs.load_state_dict({n: torch.tensor(a) for n, a in layer.state_dict().items()})
    x, g = arrays(9, (2, 5, 24), (2, 5, 24), dtype=dtype)
    cos, sin = turns(5, dtype=dtype)
    mask = attention.attention_mask(5, 5, [[1, 1, 1, 1, 1], [1, 1, 1, 0, 1]])
    mine = Tensor(x, requires_grad=True)
    out = layer(mine, cos, sin, mask)
    other = torch.tensor(x, requires_grad=True)
    pair = tuple(torch.tensor(np.concatenate([part, part], axis=-1))[None] for part in (cos, sin))
    hidden = torch.tensor(np.where(mask, 0, np.finfo(dtype).min).astype(dtype))
    expected, _ = theirs(other, position_embeddings=pair, attention_mask=hidden)
    assert_close(out.data, expected.detach().numpy(), dtype)
    out.backward(g)
    expected.backward(torch.tensor(g))
    assert other.grad is not None
    assert_close(mine.grad, other.grad.numpy(), dtype)
    for name, parameter in layer.named_parameters():
        equal = theirs.get_parameter(name).grad
        assert equal is not None
        assert_close(parameter.grad, equal.numpy(), dtype)


class Growing:
    """The simplest cache: arrays that are joined."""

    def __init__(self) -> None:
        self.kept: list[np.ndarray] = []

    def __len__(self) -> int:
        return self.kept[0].shape[2] if self.kept else 0

    def extend(self, k: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        new = [k, v]
        if self.kept:
            new = [np.concatenate(pair, axis=2) for pair in zip(self.kept, new, strict=True)]
        self.kept = new
        return self.kept[0], self.kept[1]


@pytest.mark.parametrize("pieces", [[7], [1] * 7, [3, 1, 3], [6, 1]])
def test_with_a_cache_pieces_give_what_the_whole_gives(pieces: list[int]) -> None:
    layer, (x,) = layer_of(), arrays(10, (2, 7, 24))
    whole = layer(Tensor(x), *turns(7), attention.causal_mask(7, 7))
    cache, found, start = Growing(), [], 0
    with no_grad():
        for piece in pieces:
            end = start + piece
            mask = attention.causal_mask(piece, end)
            out = layer(Tensor(x[:, start:end]), *turns(piece, start=start), mask, cache)
            found.append(out.data)
            start = end
    assert len(cache) == 7
    assert cache.kept[0].shape == (2, 2, 7, 6)
    np.testing.assert_allclose(np.concatenate(found, axis=1), whole.data, atol=1e-12)


def test_the_layer_is_described_by_its_sizes() -> None:
    layer = attention.Attention(12, 4, 2, 8, rng=np.random.default_rng(0))
    assert layer.q_proj.weight.shape == (32, 12)
    assert layer.k_proj.weight.shape == layer.v_proj.weight.shape == (16, 12)
    assert layer.o_proj.weight.shape == (12, 32)
    assert "heads=4, kv_heads=2, head_dim=8" in repr(layer)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"heads": 4, "kv_heads": 3}, "4 heads cannot share 3 key and value heads"),
        ({"heads": 5}, "a width of 24 cannot be cut into 5 heads"),
        ({"heads": 8}, "head_dim must be even, not 3"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(sizes: dict[str, int], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        attention.Attention(24, **sizes, rng=np.random.default_rng(0))
