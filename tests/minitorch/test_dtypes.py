"""float32 in, float32 out, gradients too; float64 kept where it is given; integers for indices."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch
from minitorch import Tensor

NUMBERS = [2, 2.0, True, np.float64(2.0), np.float32(2.0), np.int64(2)]
NUMBERS += [np.array([2, 3]), Tensor([2, 3]), Tensor([True, False])]
EXPRESSIONS = {
    "x + n": lambda x, n: x + n,
    "n + x": lambda x, n: n + x,
    "x - n": lambda x, n: x - n,
    "n - x": lambda x, n: n - x,
    "x * n": lambda x, n: x * n,
    "n * x": lambda x, n: n * x,
    "x / n": lambda x, n: x / n,
    "n / x": lambda x, n: n / x,
    "where(x > n, x, n)": lambda x, n: minitorch.where(x > n, x, n),
    "where(x > n, n, x)": lambda x, n: minitorch.where(x > n, n, x),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("number", NUMBERS, ids=lambda n: f"{type(n).__name__} {n}")
@pytest.mark.parametrize("name", EXPRESSIONS)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_numbers_and_integers_leave_the_dtype_alone(name, number, dtype):
    x = Tensor(np.array([1.0, 3.0], dtype=dtype), requires_grad=True)
    out = EXPRESSIONS[name](x, number)
    out.backward(np.ones(2))
    assert (out.dtype, x.grad.dtype) == (dtype, dtype)


@pytest.mark.parametrize(
    "exponent", [0, 2, 3, 0.5, -1, np.float64(2.0), np.float64(1.7), np.int64(3)]
)
def test_exponents_leave_the_dtype_alone(exponent):
    x = Tensor([1.0, 3.0], requires_grad=True)
    out = x**exponent
    out.backward(np.ones(2))
    assert (out.dtype, x.grad.dtype) == (np.float32, np.float32)


@pytest.mark.parametrize("other", [np.array([2.0, 3.0]), Tensor(np.array([2.0, 3.0]))])
def test_a_float64_array_makes_the_result_float64_and_each_gradient_fits_its_leaf(other):
    x = Tensor([1.0, 3.0], requires_grad=True)
    out = x * other
    out.sum().backward()
    assert (out.dtype, x.grad.dtype) == (np.float64, np.float32)


def test_numbers_and_lists_become_float32_or_integers():
    assert Tensor(1.5).dtype == Tensor([1.0, 2.0]).dtype == Tensor([]).dtype == np.float32
    assert Tensor(1).dtype == Tensor([[1, 2]]).dtype == np.int64
    assert Tensor([True]).dtype == bool
    assert Tensor(1, dtype=np.float32).dtype == np.float32


def test_arrays_keep_their_dtype_and_are_not_copied():
    for dtype in (np.float64, np.float32, np.int32, np.uint8, bool):
        array = np.zeros(3, dtype)
        assert Tensor(array).data is array
    assert Tensor(np.float64(1.5)).dtype == np.float64


@pytest.mark.parametrize("make", [minitorch.zeros, minitorch.ones])
def test_new_tensors_are_float32_unless_told_otherwise(make):
    assert make(2, 3).dtype == np.float32
    assert make(2, 3, dtype=np.float64, requires_grad=True).dtype == np.float64
    assert make(2, 3).shape == (2, 3)


def test_random_and_full_tensors_have_the_dtype_and_scale_asked_for():
    rng = np.random.default_rng(0)
    drawn = minitorch.randn(1000, rng=rng, scale=3.0)
    assert drawn.dtype == np.float32
    assert 2.7 < drawn.data.std() < 3.3
    assert minitorch.full((2,), 7.0).data.tolist() == [7.0, 7.0]
    assert minitorch.arange(3).data.tolist() == [0, 1, 2]
    assert minitorch.arange(1, 7, 2).data.tolist() == [1, 3, 5]
    assert minitorch.arange(3).dtype == np.int64


def test_what_is_computed_from_integers_alone_is_float32_where_it_has_fractions():
    whole = Tensor([1, 2, 4])
    assert (whole + whole).dtype == (whole * 2).dtype == whole.sum().dtype == np.int64
    for out in (whole / whole, whole * 0.5, whole.mean(), whole.exp(), whole.log_softmax()):
        assert out.dtype == np.float32


def test_an_integer_tensor_is_an_index():
    rows = Tensor(np.arange(12.0).reshape(4, 3), requires_grad=True)
    picked = rows[Tensor([0, 2, 0]), Tensor([1, 1, 1])]
    picked.sum().backward()
    np.testing.assert_array_equal(picked.data, [1.0, 7.0, 1.0])
    np.testing.assert_array_equal(rows.grad[:, 1], [2.0, 0.0, 1.0, 0.0])


def test_integers_cannot_want_a_gradient():
    with pytest.raises(TypeError, match=r"dtype=np\.float32"):
        Tensor([1, 2], requires_grad=True)
