"""The transformer's parts do what they say, refuse what cannot work, and can be counted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import LlamaConfig, LlamaForCausalLM, MixtralConfig, MixtralForCausalLM

from minitorch import Tensor, attention, fused, losses, moe, no_grad, rotary, transformer
from minitorch.config import Config
from minitorch.errors import ShapeError


def config_of(**changes: Any) -> Config:
    sizes: dict[str, Any] = {
        "vocab_size": 11,
        "hidden_size": 12,
        "intermediate_size": 10,
        "num_hidden_layers": 2,
        "num_attention_heads": 3,
        "initializer_range": 0.4,
        "max_position_embeddings": 16,
    }
    return Config(**(sizes | changes))


def model_of(seed: int = 0, dtype: Any = np.float64, **changes: Any) -> transformer.CausalLM:
    rng = np.random.default_rng(seed)
    model = transformer.CausalLM(config_of(**changes), rng=rng, dtype=dtype)
    for name, parameter in model.named_parameters():
        if "norm" in name:
            parameter.data[...] = rng.uniform(0.5, 1.5, parameter.shape)
    return model


def ids_of(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 11, shape)


DENSE_AND_SPARSE = pytest.mark.parametrize("experts", [0, 4])


def test_the_mlp_is_a_gated_layer_in_plain_operations() -> None:
    rng = np.random.default_rng(0)
    mlp = transformer.MLP(4, 7, rng=rng, dtype=np.float64)
    x = Tensor(rng.normal(size=(2, 3, 4)))
    gate, up = x @ mlp.gate_proj.weight.T, x @ mlp.up_proj.weight.T
    expected = (gate / ((-gate).exp() + 1) * up) @ mlp.down_proj.weight.T
    np.testing.assert_allclose(mlp(x).data, expected.data)


@DENSE_AND_SPARSE
def test_a_block_adds_to_the_stream_what_its_parts_read_through_norms(experts: int) -> None:
    block = model_of(num_local_experts=experts).model.layers[0]
    rng = np.random.default_rng(1)
    x = Tensor(rng.normal(size=(2, 5, 12)))
    cos, sin = rotary.rotary_turns(np.arange(5), 4, 10000.0, np.float64)
    mask = attention.attention_mask(5, 5)
    looked = block.self_attn(block.input_layernorm(x), cos, sin, mask)
    middle = x + looked
    expected = middle + block.feed_forward(block.post_attention_layernorm(middle))
    np.testing.assert_allclose(block(x, cos, sin, mask).data, expected.data)


@DENSE_AND_SPARSE
def test_no_place_is_changed_by_a_later_token(experts: int) -> None:
    model = model_of(num_local_experts=experts)
    ids = ids_of(2, 8)
    other = ids.copy()
    other[:, 5:] = (other[:, 5:] + 3) % 11
    first, second = model(ids).data, model(other).data
    np.testing.assert_allclose(first[:, :5], second[:, :5], atol=1e-12)
    assert (np.abs(first[:, 5:] - second[:, 5:]).max(axis=(0, 2)) > 1e-3).all()


def test_every_place_hears_of_every_earlier_token() -> None:
    model = model_of()
    ids = ids_of(1, 6)
    for place in range(6):
        other = ids.copy()
        other[0, place] = (other[0, place] + 1) % 11
        moved = np.abs(model(ids).data - model(other).data)[0].max(axis=-1)
        assert (moved[place:] > 1e-6).all()


@DENSE_AND_SPARSE
def test_rows_of_a_batch_do_not_meet(experts: int) -> None:
    model = model_of(num_local_experts=experts)
    ids = ids_of(3, 6)
    together = model(ids).data
    for row in range(3):
        np.testing.assert_allclose(model(ids[row : row + 1]).data[0], together[row], atol=1e-12)


@DENSE_AND_SPARSE
def test_padding_on_the_right_changes_no_real_place(experts: int) -> None:
    model = model_of(num_local_experts=experts)
    ids = ids_of(2, 7)
    real = np.ones((2, 7), bool)
    real[1, 4:] = False
    alone = model(ids[1:, :4]).data[0]
    np.testing.assert_allclose(model(ids, real).data[1, :4], alone, atol=1e-12)


class Kept:
    """A cache that holds everything in plain arrays."""

    def __init__(self) -> None:
        self.k: np.ndarray | None = None
        self.v: np.ndarray | None = None

    def __len__(self) -> int:
        return 0 if self.k is None else self.k.shape[2]

    def extend(self, k: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.k = k if self.k is None else np.concatenate([self.k, k], axis=2)
        self.v = v if self.v is None else np.concatenate([self.v, v], axis=2)
        return self.k, self.v


@DENSE_AND_SPARSE
@pytest.mark.parametrize("cuts", [[1] * 7, [3, 4], [5, 1, 1]])
def test_with_caches_the_places_go_on_where_they_ended(experts: int, cuts: list[int]) -> None:
    model = model_of(num_local_experts=experts, num_attention_heads=6, num_key_value_heads=2)
    ids = ids_of(2, 7)
    caches = [Kept() for _ in model.model.layers]
    parts, start = [], 0
    with no_grad():
        for count in cuts:
            parts.append(model(ids[:, start : start + count], None, caches).data)
            start += count
        whole = model(ids).data
    np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, atol=1e-12)


def test_ids_must_be_rows_that_the_model_has_positions_for() -> None:
    model = model_of()
    with pytest.raises(ShapeError, match=r"ids are \(batch, places\), not \(5,\)"):
        model(ids_of(5))
    with pytest.raises(ShapeError, match="17 tokens: this model was made for at most 16"):
        model(ids_of(1, 17))
    caches = [Kept() for _ in model.model.layers]
    model(ids_of(1, 10), None, caches)
    with pytest.raises(ShapeError, match="17 tokens"):
        model(ids_of(1, 7), None, caches)
    with pytest.raises(IndexError, match="id 11"):
        model(np.array([[11]]))
    assert model(Tensor(ids_of(1, 16))).shape == (1, 16, 11)


def test_a_tied_head_is_the_embedding_itself() -> None:
    tied, untied = model_of(tie_word_embeddings=True), model_of()
    assert tied.lm_head.weight is tied.model.embed_tokens.weight
    assert "lm_head.weight" not in dict(tied.named_parameters())
    assert "lm_head.weight" in dict(untied.named_parameters())
    tied.loss(ids_of(2, 4), ids_of(2, 4, seed=1)).backward()
    grad = tied.lm_head.weight.grad
    assert grad is not None
    assert (np.abs(grad).max(axis=1) > 0).all()  # every token is scored, so every row learns


def test_the_loss_skips_masked_targets() -> None:
    model = model_of()
    ids, targets = ids_of(2, 6), ids_of(2, 6, seed=1)
    targets[0, 2:5] = -100
    kept = targets != -100
    expected = losses.cross_entropy(Tensor(model(ids).data[kept]), targets[kept]).item()
    assert model.loss(ids, targets).item() == pytest.approx(expected)
    targets[...] = -100
    assert model.loss(ids, targets).item() == 0


def test_with_experts_the_loss_has_a_share_of_the_balance() -> None:
    model = model_of(num_local_experts=4, router_aux_loss_coef=0.3)
    ids, targets = ids_of(2, 6), ids_of(2, 6, seed=1)
    alone = losses.cross_entropy(model(ids), targets).item()
    balance = model.balance_loss().item()
    assert model.loss(ids, targets).item() == pytest.approx(alone + 0.3 * balance)
    scores = [layer.block_sparse_moe.scores for layer in model.model.layers]
    assert balance == pytest.approx(moe.load_balancing_loss(scores, 2).item())


@DENSE_AND_SPARSE
def test_every_parameter_gets_a_gradient_of_its_own_dtype(experts: int) -> None:
    model = model_of(dtype=np.float32, num_local_experts=experts)
    loss = model.loss(ids_of(3, 8), ids_of(3, 8, seed=1))
    loss.backward()
    assert loss.dtype == np.float32
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.dtype == np.float32, name
        assert np.abs(parameter.grad).max() > 0, name


def test_one_seed_makes_one_model() -> None:
    first, second = model_of(3).state_dict(), model_of(3).state_dict()
    assert all(np.array_equal(first[name], second[name]) for name in first)


SIZES = st.fixed_dictionaries(
    {
        "vocab_size": st.integers(2, 20),
        "hidden_size": st.sampled_from([4, 8, 12]),
        "intermediate_size": st.integers(1, 9),
        "num_hidden_layers": st.integers(1, 3),
        "num_attention_heads": st.sampled_from([2, 4]),
        "num_key_value_heads": st.sampled_from([1, 2]),
        "head_dim": st.sampled_from([2, 6]),
        "tie_word_embeddings": st.booleans(),
        "num_local_experts": st.sampled_from([0, 2, 5]),
        "num_experts_per_tok": st.integers(1, 2),
    }
)


@given(sizes=SIZES)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_the_counted_parameters_are_those_of_the_model(sizes: dict[str, Any]) -> None:
    config = Config(**sizes)
    model = transformer.CausalLM(config, rng=np.random.default_rng(0))
    assert transformer.count_parameters(config) == sum(p.size for p in model.parameters())
    idle = 0
    for layer in model.model.layers:
        if config.is_sparse:
            expert = sum(p.size for p in layer.block_sparse_moe.experts[0].parameters())
            idle += (config.num_local_experts - config.num_experts_per_tok) * expert
    active = transformer.count_parameters(config, active=True)
    assert active == transformer.count_parameters(config) - idle


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("experts", [0, 4])
def test_the_counted_parameters_are_those_of_transformers(tied: bool, experts: int) -> None:
    config = config_of(tie_word_embeddings=tied, num_local_experts=experts)
    settings_of, class_of = (
        (MixtralConfig, MixtralForCausalLM) if experts else (LlamaConfig, LlamaForCausalLM)
    )
    with torch.device("meta"):
        theirs = class_of(settings_of.from_dict(config.to_dict()))
    assert transformer.count_parameters(config) == theirs.num_parameters()


def test_published_sizes_come_out() -> None:
    llama = Config(32000, 4096, 11008, 32, 32)
    mixtral = Config(32000, 4096, 14336, 32, 32, 8, num_local_experts=8)
    assert transformer.count_parameters(llama) == 6_738_415_616
    assert transformer.count_parameters(mixtral) == 46_702_792_704
    assert transformer.count_parameters(mixtral, active=True) == 12_879_925_248


@given(sizes=SIZES, places=st.integers(1, 6))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_the_counted_operations_are_those_of_the_products(
    sizes: dict[str, Any], places: int
) -> None:
    config = Config(**sizes)
    model = transformer.CausalLM(config, rng=np.random.default_rng(0))
    counted = 0
    linear, attend = fused.linear, attention.attention

    def counting_linear(x: Tensor, weight: Tensor, bias: Any = None) -> Tensor:
        nonlocal counted
        counted += 2 * x.size * len(weight)
        return linear(x, weight, bias)

    def counting_attention(q: Tensor, k: Tensor, v: Tensor, mask: Any = None) -> Tensor:
        nonlocal counted
        counted += 2 * 2 * q.size * k.shape[2]
        return attend(q, k, v, mask)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fused, "linear", counting_linear)
        patch.setattr(attention, "attention", counting_attention)
        model(np.zeros((1, places), int))
    assert counted == places * transformer.operations_per_token(config, places)
