"""A batch in parts gives the loss and the gradients of the whole, however its targets lie."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minitorch import blas, nn, no_grad, parallel, transformer
from minitorch.config import Config
from minitorch.tensor import Array, Tensor

pytestmark = pytest.mark.skipif(
    parallel.count_blas_threads() is None,
    reason="NumPy's matrix library does not let its threads be set here, as on some Macs",
)

ROWS, PLACES, VOCABULARY = 6, 5, 11


def small_model(dtype: Any = np.float64, **changes: Any) -> transformer.CausalLM:
    sizes: dict[str, Any] = {
        "vocab_size": VOCABULARY,
        "hidden_size": 8,
        "intermediate_size": 12,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "initializer_range": 0.5,
    }
    return transformer.CausalLM(
        Config(**sizes | changes), rng=np.random.default_rng(0), dtype=dtype
    )


def batch(seed: int = 1, masked: float = 0.0) -> tuple[Array, Array]:
    """Ids, and targets of which a share is masked."""
    rng = np.random.default_rng(seed)
    ids, targets = rng.integers(0, VOCABULARY, (2, ROWS, PLACES))
    return ids, np.where(rng.random(targets.shape) < masked, -100, targets)


def gradients(model: Any, loss: Tensor, g: float = 1.0) -> dict[str, Array]:
    loss.backward(np.float64(g))
    found = {name: parameter.grad for name, parameter in model.named_parameters()}
    model.zero_grad()
    return found


def assert_equal_gradients(ours: dict[str, Array], whole: dict[str, Array], fine: float) -> None:
    assert list(ours) == list(whole)
    for name, gradient in whole.items():
        np.testing.assert_allclose(ours[name], gradient, rtol=0, atol=fine, err_msg=name)


@pytest.mark.parametrize(("dtype", "fine"), [(np.float64, 1e-12), (np.float32, 1e-6)])
@pytest.mark.parametrize("threads", [1, 2, 3, 8])
@pytest.mark.parametrize("tied", [False, True])
def test_the_parts_give_the_loss_and_the_gradients_of_the_whole(
    dtype: type, fine: float, threads: int, tied: bool
) -> None:
    model = small_model(dtype, tie_word_embeddings=tied)
    ids, targets = batch()
    whole, ours = model.loss(ids, targets), parallel.Shards(model, threads).loss(ids, targets)
    assert ours.dtype == dtype
    assert ours.item() == pytest.approx(whole.item(), abs=fine * 10)
    expected = gradients(model, whole, 0.7)
    found = gradients(model, ours, 0.7)
    assert all(gradient.dtype == dtype for gradient in found.values())
    assert_equal_gradients(found, expected, fine)


@given(
    seed=st.integers(0, 1000), masked=st.sampled_from([0.3, 0.8, 0.97]), threads=st.integers(2, 4)
)
@settings(max_examples=30, deadline=None, derandomize=True)
def test_targets_count_the_same_wherever_they_lie(seed: int, masked: float, threads: int) -> None:
    model = small_model()
    ids, targets = batch(seed, masked)
    targets[: seed % ROWS] = -100  # whole rows without a target, so some threads have none
    whole, ours = model.loss(ids, targets), parallel.Shards(model, threads).loss(ids, targets)
    assert ours.item() == pytest.approx(whole.item(), abs=1e-12)
    assert_equal_gradients(gradients(model, ours), gradients(model, whole), 1e-12)


def test_a_batch_without_targets_has_no_loss_and_no_gradient() -> None:
    model = small_model()
    ids, targets = batch(masked=1.1)
    loss = parallel.Shards(model).loss(ids, targets)
    assert loss.item() == 0
    assert all(not gradient.any() for gradient in gradients(model, loss).values())


def test_gradients_are_added_to_those_already_there() -> None:
    model = small_model()
    ids, targets = batch()
    once = gradients(model, model.loss(ids, targets))
    shards = parallel.Shards(model)
    shards.loss(ids, targets).backward()
    twice = gradients(model, shards.loss(ids, targets))
    assert_equal_gradients(twice, {name: 2 * g for name, g in once.items()}, 1e-12)


def test_the_same_batch_gives_the_same_bits_every_time() -> None:
    model = small_model(np.float32)
    ids, targets = batch()
    shards = parallel.Shards(model, 3)
    first = gradients(model, shards.loss(ids, targets))
    for _ in range(5):
        again = gradients(model, shards.loss(ids, targets))
        assert all(np.array_equal(again[name], first[name]) for name in first)


def test_a_step_between_two_losses_is_seen() -> None:
    model = small_model()
    ids, targets = batch()
    shards = parallel.Shards(model)
    shards.loss(ids, targets)
    for parameter in model.parameters():
        parameter.data *= 0.9
    model.lm_head.weight.data = model.lm_head.weight.data * 0.5  # another array
    assert shards.loss(ids, targets).item() == pytest.approx(model.loss(ids, targets).item())


def test_frozen_parameters_stay_without_a_gradient() -> None:
    model = small_model()
    model.model.embed_tokens.weight.requires_grad = False
    ids, targets = batch()
    whole = gradients(model, model.loss(ids, targets))
    ours = gradients(model, parallel.Shards(model).loss(ids, targets))
    assert ours.pop("model.embed_tokens.weight") is None
    whole.pop("model.embed_tokens.weight")
    assert_equal_gradients(ours, whole, 1e-12)


def test_a_model_of_which_nothing_learns_has_a_loss_and_no_graph() -> None:
    model = small_model()
    for parameter in model.parameters():
        parameter.requires_grad = False
    loss = parallel.Shards(model).loss(*batch())
    assert not loss.requires_grad
    assert loss.item() == pytest.approx(model.loss(*batch()).item())


def test_each_thread_has_a_gradient_mode_of_its_own() -> None:
    model = small_model()
    with no_grad():
        loss = parallel.Shards(model).loss(*batch())
        inside: list[bool] = []
        thread = threading.Thread(target=lambda: inside.append(model.loss(*batch()).requires_grad))
        thread.start()
        thread.join()
    assert not loss.requires_grad  # nobody asked for a gradient here
    assert inside == [True]  # and there nobody switched them off
    assert model.loss(*batch()).requires_grad


def test_an_error_in_a_thread_is_raised() -> None:
    ids, targets = batch()
    ids[-1, -1] = VOCABULARY
    with pytest.raises(IndexError, match="id 11"):
        parallel.Shards(small_model()).loss(ids, targets)


def test_a_batch_of_one_row_stays_whole() -> None:
    model = small_model()
    ids, targets = (array[:1] for array in batch())
    loss = parallel.Shards(model, 2).loss(ids, targets)
    assert loss.item() == model.loss(ids, targets).item()


@pytest.mark.parametrize("threads", [0, -1])
def test_a_thread_at_least(threads: int) -> None:
    with pytest.raises(ValueError, match="a thread at least"):
        parallel.Shards(small_model(), threads)


# -- replicas --------------------------------------------------------------------------------------


def test_a_replica_shares_the_weights_and_nothing_else() -> None:
    model = small_model(tie_word_embeddings=True)
    twin = parallel.replica(model)
    assert twin.lm_head.weight is twin.model.embed_tokens.weight
    assert [name for name, _ in twin.named_parameters()] == [
        name for name, _ in model.named_parameters()
    ]
    for own, other in zip(model.parameters(), twin.parameters(), strict=True):
        assert own is not other
        assert own.data is other.data
    modules = zip(model.named_modules(), twin.named_modules(), strict=True)
    assert all(own is not other for (_, own), (_, other) in modules)


def test_what_stands_in_lists_and_dictionaries_is_replicated() -> None:
    class Holder(nn.Module):
        def __init__(self) -> None:
            self.listed = [nn.Parameter([1.0]), (nn.Parameter([2.0]), "kept")]
            self.named = {"here": nn.Parameter([3.0])}
            self.training = False

    holder = Holder()
    twin = parallel.replica(holder)
    assert len(set(holder.parameters()) | set(twin.parameters())) == 6
    assert twin.listed[1][1] == "kept"
    assert twin.training is False


def test_replicas_draw_numbers_of_their_own() -> None:
    x = Tensor(np.ones(1000))

    def drawn() -> list[Array]:
        dropout = nn.Dropout(0.5, rng=np.random.default_rng(0))
        return [parallel.replica(dropout)(x).data for _ in range(3)]

    first, again = drawn(), drawn()
    assert len({numbers.tobytes() for numbers in first}) == 3
    assert all(np.array_equal(a, b) for a, b in zip(first, again))  # and the same every time


def test_each_part_of_a_sparse_model_balances_its_own_experts() -> None:
    model = small_model(num_local_experts=3, router_aux_loss_coef=0.0)
    ids, targets = batch()
    whole, ours = model.loss(ids, targets), parallel.Shards(model).loss(ids, targets)
    assert_equal_gradients(gradients(model, ours), gradients(model, whole), 1e-12)


# -- threads of matrix products --------------------------------------------------------------------


@pytest.fixture
def threads_before() -> Iterator[None]:
    with parallel.blas_threads(parallel.count_blas_threads() or 1):
        yield


@pytest.mark.usefixtures("threads_before")
def test_the_threads_of_matrix_products_are_set_and_set_back() -> None:
    assert parallel.set_blas_threads(2)
    with parallel.blas_threads(1) as was_set:
        assert was_set
        assert parallel.count_blas_threads() == 1
    assert parallel.count_blas_threads() == 2
    with pytest.raises(KeyError), parallel.blas_threads(1):
        raise KeyError
    assert parallel.count_blas_threads() == 2


@pytest.mark.usefixtures("threads_before")
def test_parts_are_computed_with_one_thread_a_product() -> None:
    counts = []

    class Model(nn.Module):
        def loss(self, ids: Array, targets: Array) -> Tensor:
            counts.append(parallel.count_blas_threads())
            return Tensor(0.0)

    parallel.set_blas_threads(2)
    parallel.Shards(Model()).loss(*batch())
    assert counts == [1, 1]
    assert parallel.count_blas_threads() == 2


def test_the_environment_says_how_many_threads_there_are_at_first() -> None:
    program = "from minitorch import parallel; print(parallel.count_blas_threads())"
    for count in (1, 2):
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"OPENBLAS_NUM_THREADS": str(count), "OMP_NUM_THREADS": str(count)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == str(min(count, os.cpu_count() or 1))


def test_a_matrix_product_needs_a_thread() -> None:
    with pytest.raises(ValueError, match="a thread at least, not 0"):
        parallel.set_blas_threads(0)


def test_where_the_threads_cannot_be_set_the_batch_stays_whole_and_it_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(blas, "_controls", lambda: None)
    assert parallel.set_blas_threads(1) is False
    assert parallel.count_blas_threads() is None
    with parallel.blas_threads(1) as was_set:
        assert not was_set
    model = small_model()
    with pytest.warns(UserWarning, match="the batch is not divided"):
        shards = parallel.Shards(model, 2)
    assert shards.loss(*batch()).item() == model.loss(*batch()).item()
