"""The cache: what was written stays where it is, and nothing of it is copied."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitorch import ShapeError
from minitorch.cache import KVCache, common_prefix, new_caches
from tests.minitorch.tiny_models import tiny_model


def block(places: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(2, 3, places, 4)).astype(np.float32)


def test_what_is_added_stands_behind_what_was_there():
    kept = KVCache(batch=2, heads=3, capacity=9, dim=4)
    for length, size in [(2, 2), (3, 1), (7, 4)]:
        k, v = kept.extend(block(size, size), -block(size, size))
        assert len(kept) == length
        assert k.shape == v.shape == (2, 3, length, 4)
    expected = np.concatenate([block(2, 2), block(1, 1), block(4, 4)], axis=2)
    np.testing.assert_array_equal(k, expected)
    np.testing.assert_array_equal(v, -expected)


def test_adding_copies_nothing_of_what_was_there():
    kept = KVCache(2, 3, 9, 4)
    before = kept.keys
    for _ in range(5):
        k, v = kept.extend(block(1, 0), block(1, 1))
        assert kept.keys is before
        assert np.shares_memory(k, kept.keys)
        assert np.shares_memory(v, kept.values)


def test_a_full_cache_says_so_and_stays_as_it_was():
    kept = KVCache(2, 3, 4, 4)
    kept.extend(block(3, 0), block(3, 1))
    with pytest.raises(ShapeError, match="5 places: this cache has room for 4"):
        kept.extend(block(2, 2), block(2, 2))
    assert len(kept) == 3
    kept.extend(block(1, 2), block(1, 2))


def test_a_cache_that_was_cut_is_written_over():
    kept = KVCache(2, 3, 5, 4)
    kept.extend(block(5, 0), block(5, 0))
    kept.truncate(2)
    k, _ = kept.extend(block(2, 7), block(2, 7))
    np.testing.assert_array_equal(k[:, :, :2], block(5, 0)[:, :, :2])
    np.testing.assert_array_equal(k[:, :, 2:], block(2, 7))
    for length in (-1, 5):
        with pytest.raises(ShapeError, match=f"not {length}"):
            kept.truncate(length)


def test_rows_can_be_dropped():
    kept = KVCache(2, 3, 5, 4)
    kept.extend(block(2, 0), block(2, 1))
    kept.keep_rows(np.array([False, True]))
    k, v = kept.extend(block(1, 3)[1:], block(1, 4)[1:])
    np.testing.assert_array_equal(k, np.concatenate([block(2, 0), block(1, 3)], axis=2)[1:])
    np.testing.assert_array_equal(v, np.concatenate([block(2, 1), block(1, 4)], axis=2)[1:])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_caches_of_a_model_fit_its_layers(dtype):
    caches = new_caches(tiny_model().config, capacity=7, batch=3, dtype=dtype)
    assert len(caches) == 2
    assert caches[0].keys.shape == caches[1].values.shape == (3, 2, 7, 8)
    assert caches[0].keys.dtype == caches[0].values.dtype == dtype


@given(st.lists(st.integers(0, 1)), st.lists(st.integers(0, 1)))
def test_the_common_prefix_is_the_longest(a, b):
    size = common_prefix(a, b)
    assert a[:size] == b[:size]
    assert size in (len(a), len(b)) or a[size] != b[size]
