"""The gradient checker itself: it finds what is wrong and passes what is right."""

from __future__ import annotations

import numpy as np
import pytest

from minitorch import Tensor
from minitorch.gradcheck import GradientError, check_gradients, numerical_gradient
from minitorch.recording import record

RNG = np.random.default_rng(0)
A, B = RNG.standard_normal((2, 3)), RNG.standard_normal(3)


def with_rule(rule):
    """The product of two tensors, with a rule of the caller's choice."""
    return lambda a, b: record(a.data * b.data, (a, b), lambda g: rule(g, a.data, b.data))


def test_a_right_rule_passes_and_the_largest_difference_is_returned():
    assert check_gradients(with_rule(lambda g, a, b: (g * b, g * a)), A, B) < 1e-7


@pytest.mark.parametrize(
    ("rule", "where"),
    [
        (lambda g, a, b: (b + 0 * g, g * a), "input 0"),
        (lambda g, a, b: (g * b, g * b), "input 1"),
        (lambda g, a, b: (g * b, None), "input 1"),
        (lambda g, a, b: (g * b * 1.001, g * a), "input 0"),
        (lambda g, a, b: (np.nan * g, g * a), "input 0"),
    ],
    ids=["ignores g", "swapped", "missing", "slightly off", "not a number"],
)
def test_a_wrong_rule_is_found_and_its_input_named(rule, where):
    with pytest.raises(GradientError, match=where):
        check_gradients(with_rule(rule), A, B)


def test_the_entry_with_the_largest_error_is_named_with_both_values():
    def rule(g, a, b):
        first = g * b
        first[1, 2] += 5.0
        return first, g * a

    with pytest.raises(GradientError, match=r"entry \(1, 2\): the rule says .* differences say"):
        check_gradients(with_rule(rule), A, B)


def test_a_forgotten_sum_over_a_broadcast_axis_is_found():
    def rule(g, a, b):
        return g * b, (g * a)[0]

    with pytest.raises(GradientError, match="input 1"):
        check_gradients(with_rule(rule), A, B)


@pytest.mark.parametrize("shape", [(), (1,), (0,), (2, 0, 3), (2, 3)])
def test_inputs_of_any_shape_can_be_checked(shape):
    assert check_gradients(lambda x: x.tanh() * x, RNG.standard_normal(shape)) < 1e-6


def test_slopes_are_measured_in_every_entry_and_the_input_is_left_alone():
    x = RNG.standard_normal((2, 3))
    before = x.copy()
    measured = numerical_gradient(lambda x: float((x**3).sum()), x)
    np.testing.assert_allclose(measured, 3 * x**2, atol=1e-8)
    np.testing.assert_array_equal(x, before)


def test_slopes_agree_with_backward_through_several_operations():
    check_gradients(lambda a, b: (a @ b.reshape(3, 1)).tanh().softmax(0).log().mean(), A, B)


def test_whole_numbers_are_checked_as_float64():
    assert check_gradients(lambda x: x * x, Tensor([1, 2, 3]).data) < 1e-6
