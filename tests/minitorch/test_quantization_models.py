"""Models with weights in one byte each: nearly as good, a quarter of the memory, for use only."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minitorch import nn, no_grad
from minitorch.decode import decoder_for
from minitorch.generation import generate
from minitorch.quantization import (
    QuantizedEmbedding,
    QuantizedLinear,
    dequantize,
    quantize,
    quantize_model,
    weight_bytes,
)
from minitorch.sampling import Settings
from minitorch.tensor import Tensor
from minitorch.transformer import CausalLM
from tests.minitorch.model_folders import small_model, weights_of

IDS = np.random.default_rng(0).integers(0, 30, (2, 7))


def linears(model: nn.Module, kind: type) -> set[str]:
    return {name for name, module in model.named_modules() if type(module) is kind}


@pytest.mark.parametrize("experts", [0, 3])
def test_all_linear_layers_are_quantized_and_the_model_stays(experts: int) -> None:
    model = small_model(num_local_experts=experts)
    model.loss(IDS, IDS).backward()
    model(IDS)  # with a history that the copy should not have
    before = {name: array.copy() for name, array in weights_of(model).items()}
    quantized = quantize_model(model)
    assert type(quantized) is CausalLM
    routers = {name for name in linears(model, nn.Linear) if name.endswith("moe.gate")}
    assert linears(quantized, nn.Linear) == routers
    assert linears(quantized, QuantizedLinear) == linears(model, nn.Linear) - routers
    for name, array in weights_of(quantized).items():
        np.testing.assert_array_equal(array, before[name])
        assert not np.shares_memory(array, weights_of(model)[name])
    assert all(parameter.grad is None for parameter in quantized.parameters())
    if experts:
        assert quantized.model.layers[0].block_sparse_moe.scores.parents == ()
    for name, parameter in model.named_parameters():
        np.testing.assert_array_equal(parameter.data, before[name])
        assert parameter.grad is not None
        assert parameter.requires_grad


@pytest.mark.parametrize("changes", [{}, {"num_local_experts": 3}, {"tie_word_embeddings": True}])
def test_a_quantized_model_scores_nearly_as_before(changes: dict[str, Any]) -> None:
    model = small_model(hidden_size=64, intermediate_size=96, **changes)
    quantized = quantize_model(model)
    expected, scores = model(IDS).data, quantized(IDS).data
    assert scores.dtype == np.float32
    assert 0 < np.abs(scores - expected).max() < 0.05 * np.abs(expected).max()
    for module in (part for _, part in model.named_modules() if isinstance(part, nn.Linear)):
        if module.weight is not model.model.embed_tokens.weight:
            module.weight.data[:] = dequantize(*quantize(module.weight.data))
    if not changes.get("num_local_experts"):
        np.testing.assert_allclose(model(IDS).data, scores, rtol=1e-4, atol=1e-5)


def test_the_copy_of_a_copy_is_that_copy() -> None:
    quantized = quantize_model(small_model())
    again = quantize_model(quantized)
    np.testing.assert_array_equal(again(IDS).data, quantized(IDS).data)


def test_a_head_that_is_the_embedding_stays_so() -> None:
    model = small_model(tie_word_embeddings=True)
    quantized = quantize_model(model)
    assert quantized.lm_head.weight is quantized.model.embed_tokens.weight
    quantized = quantize_model(model, embeddings=True)
    assert quantized.lm_head.values is quantized.model.embed_tokens.values
    assert quantized.lm_head.scales is quantized.model.embed_tokens.scales


@pytest.mark.parametrize("tied", [False, True])
def test_embeddings_are_quantized_if_asked_for(tied: bool) -> None:
    model = small_model(tie_word_embeddings=tied)
    quantized = quantize_model(model, embeddings=True)
    table = quantized.model.embed_tokens
    assert type(table) is QuantizedEmbedding
    assert weights_of(quantized).keys() == {n for n in weights_of(model) if "norm" in n}
    rows = dequantize(*quantize(model.model.embed_tokens.weight.data))[IDS]
    np.testing.assert_array_equal(table(IDS).data, rows)
    np.testing.assert_array_equal(table(Tensor(IDS)).data, rows)
    assert weight_bytes(quantized) < weight_bytes(quantize_model(model))
    for wrong in ([[0, -1]], [[30]]):
        with pytest.raises(IndexError, match="the embedding has rows 0 to 29"):
            table(wrong)
    with pytest.raises(IndexError):
        quantized(np.array([[31]]))


@pytest.mark.parametrize("embeddings", [False, True])
@pytest.mark.parametrize("tied", [False, True])
def test_no_gradient_flows_and_backward_says_so(tied: bool, embeddings: bool) -> None:
    quantized = quantize_model(small_model(tie_word_embeddings=tied), embeddings)
    loss = quantized.loss(IDS, IDS)
    assert not loss.requires_grad
    with pytest.raises(RuntimeError, match="no gradient flows to"):
        loss.backward()


@pytest.mark.parametrize("experts", [0, 4])
def test_weights_take_a_quarter_of_the_memory(experts: int) -> None:
    model = small_model(
        hidden_size=256, intermediate_size=512, vocab_size=64, num_local_experts=experts
    )
    before, after = weight_bytes(model), weight_bytes(quantize_model(model, embeddings=True))
    assert before == sum(array.nbytes for array in weights_of(model).values())
    assert 0.25 < after / before < 0.30


@pytest.mark.parametrize("number", [4, 1])
def test_every_byte_is_counted_and_shared_ones_once(number: int) -> None:
    """In floats, and in bytes with a float32 scale for each row."""
    tied, loose = small_model(tie_word_embeddings=True), small_model()
    weights = weights_of(tied).values()
    rows = sum(array.shape[0] for array in weights if array.ndim == 2)
    if number == 1:
        tied, loose = (quantize_model(model, embeddings=True) for model in (tied, loose))
    expected = sum(array.size * (number if array.ndim == 2 else 4) for array in weights)
    scales = 4 if number == 1 else 0
    assert weight_bytes(tied) == expected + rows * scales
    assert weight_bytes(loose) == weight_bytes(tied) + 30 * 16 * number + 30 * scales


def test_what_a_router_remembers_is_not_counted() -> None:
    model = small_model(num_local_experts=3)
    before = weight_bytes(model)
    model(IDS)
    assert weight_bytes(model) == before
    assert weight_bytes(quantize_model(model)) < before


def test_a_quantized_model_generates() -> None:
    """By its own layers: the fast path for single tokens leaves it alone."""
    model = small_model(max_position_embeddings=64)
    quantized = quantize_model(model)
    assert decoder_for(model) is not None
    assert decoder_for(quantized) is None
    ids = list(generate(quantized, [1, 2, 3], Settings(max_new_tokens=8)))
    plain = [1, 2, 3]
    with no_grad():
        for _ in range(8):
            plain.append(int(quantized(np.array([plain])).data[0, -1].argmax()))
    assert ids == plain[3:]
