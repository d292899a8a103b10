"""Edges of the operations: ties, zeros, nothing at all, huge numbers, repeated entries."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from minitorch import Tensor, concatenate, stack


def leaf(values: object) -> Tensor:
    return Tensor(np.array(values, dtype=np.float64), requires_grad=True)


@pytest.mark.parametrize("exponent", [0, 0.5, 1, 2, 3, 4, -1])
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_powers_at_zero_are_those_of_pytorch(exponent):
    x = leaf([0.0, 0.5, 2.0])
    y = torch.tensor(x.data.copy(), requires_grad=True)
    out, expected = x**exponent, y**exponent
    out.backward([1.0, 1.0, 1.0])
    expected.backward(torch.ones(3))
    np.testing.assert_allclose(out.data, expected.detach().numpy())
    np.testing.assert_allclose(x.grad, y.grad.numpy())


@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 1), (-1, 0)])
def test_entries_that_share_the_first_place_share_the_gradient(axis):
    x = leaf([[1.0, 3.0, 3.0], [3.0, 0.0, 3.0]])
    y = torch.tensor(x.data.copy(), requires_grad=True)
    out = x.max(axis)
    expected = torch.amax(y, dim=(0, 1) if axis is None else axis)
    g = np.random.default_rng(0).standard_normal(out.shape)
    out.backward(g)
    expected.backward(torch.tensor(g))
    np.testing.assert_allclose(x.grad, y.grad.numpy())


def test_relu_has_no_gradient_at_zero():
    x = leaf([-1.0, 0.0, 1.0])
    x.relu().sum().backward()
    np.testing.assert_array_equal(x.grad, [0.0, 0.0, 1.0])


def test_log_softmax_and_softmax_hold_for_huge_numbers():
    x = leaf([[0.0, 1000.0, -1000.0]])
    out = x.log_softmax()
    np.testing.assert_allclose(out.data, [[-1000.0, 0.0, -2000.0]])
    np.testing.assert_allclose(x.softmax().data, [[0.0, 1.0, 0.0]])
    out[0, 0].backward()
    np.testing.assert_allclose(x.grad, [[1.0, -1.0, 0.0]])


def test_sums_and_products_over_nothing_are_zero():
    x = leaf(np.zeros((3, 0)))
    total = x.sum() + x.sum(1).sum() + (x @ leaf(np.zeros((0, 2)))).sum()
    total.backward()
    assert total.item() == 0.0
    assert x.grad.shape == (3, 0)


@pytest.mark.filterwarnings("ignore:Mean of empty", "ignore:invalid value", "ignore:divide by")
def test_a_mean_over_nothing_is_not_a_number():
    x = leaf(np.zeros((2, 0)))
    out = x.mean(1)
    out.backward([1.0, 1.0])
    assert np.isnan(out.data).all()
    assert x.grad.shape == (2, 0)


@pytest.mark.parametrize("name", ["max", "softmax", "log_softmax"])
def test_what_has_no_value_over_nothing_says_so(name):
    with pytest.raises(ValueError, match=rf"{name} of shape \(2, 0\)"):
        getattr(leaf(np.zeros((2, 0))), name)(1)


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
def test_a_corrected_variance_of_one_entry_is_not_a_number():
    x = leaf([[1.0], [2.0]])
    out = x.var(1, correction=1)
    out.backward([1.0, 1.0])
    assert np.isnan(out.data).all()
    assert np.isnan(x.grad).all()


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2), (-1, 1)])
@pytest.mark.parametrize("correction", [0, 1])
def test_variance_over_any_axes_is_numpys(axis, correction):
    x = np.random.default_rng(0).standard_normal((2, 3, 4))
    out = leaf(x).var(axis, correction=correction)
    np.testing.assert_allclose(out.data, x.var(axis, ddof=correction))


@pytest.mark.parametrize(
    "key",
    [
        [0, 0, 2],
        ((0, 0, 2),),
        np.array([0, 0, 2]),
        ([0, 0, 2], slice(None)),
        range(3),
        -1,
        np.int64(1),
    ],
    ids=str,
)
def test_a_repeated_index_adds_its_gradients(key):
    x = leaf(np.zeros((3, 2)))
    out = x[key]
    out.backward(np.ones(out.shape))
    rows = np.arange(3)[list(key[0]) if isinstance(key, tuple) else key]
    np.testing.assert_array_equal(x.grad[:, 0], np.bincount(np.atleast_1d(rows), minlength=3))


@pytest.mark.parametrize("key", [np.array([True, False, True]), [True, False, True]], ids=type)
def test_a_mask_picks_and_sends_back(key):
    x = leaf([1.0, 2.0, 3.0])
    x[key].sum().backward()
    np.testing.assert_array_equal(x.grad, [1.0, 0.0, 1.0])


@pytest.mark.parametrize(
    ("left", "right"),
    [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((5, 2, 3), (3,)), ((3,), (5, 3, 2))],
)
def test_a_vector_is_a_row_on_the_left_and_a_column_on_the_right(left, right):
    rng = np.random.default_rng(0)
    a, b = leaf(rng.standard_normal(left)), leaf(rng.standard_normal(right))
    c, d = (torch.tensor(t.data.copy(), requires_grad=True) for t in (a, b))
    out, expected = a @ b, c @ d
    g = rng.standard_normal(out.shape)
    out.backward(g)
    expected.backward(torch.tensor(g))
    np.testing.assert_allclose(out.data, expected.detach().numpy())
    np.testing.assert_allclose(a.grad, c.grad.numpy())
    np.testing.assert_allclose(b.grad, d.grad.numpy())


def test_one_tensor_may_be_joined_with_itself():
    x = leaf([1.0, 2.0])
    (stack([x, x, x]).sum() + concatenate([x, x]).sum()).backward()
    np.testing.assert_array_equal(x.grad, [5.0, 5.0])


def test_shapes_may_be_given_as_numbers_or_as_one_tuple():
    x = leaf(np.zeros((2, 3)))
    assert x.reshape(3, 2).shape == x.reshape((3, 2)).shape == x.reshape([3, -1]).shape == (3, 2)
    assert x.permute(1, 0).shape == x.permute((1, 0)).shape == x.T.shape == (3, 2)
    assert x.sum().reshape().shape == ()
