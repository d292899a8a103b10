"""Every operation of the table against PyTorch, finite differences, and odd shapes."""

from __future__ import annotations

import inspect
from types import ModuleType

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from minitorch import Tensor, ops, shapes
from minitorch.gradcheck import check_gradients
from tests.minitorch.draws import LAYOUTS, in_layout
from tests.minitorch.table import OPERATIONS, Operation

by_name = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
SEEDS = st.integers(0, 2**32 - 1)
TOLERANCE = {np.float32: 2e-5, np.float64: 1e-11}


def operations_of(module: ModuleType) -> set[str]:
    """The public functions of a module that make a tensor."""
    return {
        name
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and inspect.signature(function).return_annotation == "Tensor"
    }


def test_every_operation_is_in_the_table():
    assert operations_of(ops) | operations_of(shapes) == {row.name for row in OPERATIONS}


@by_name
@settings(max_examples=40, deadline=None, derandomize=True)
@given(data=st.data(), seed=SEEDS)
def test_values_gradients_and_dtypes_are_those_of_pytorch(operation, data, seed):
    dtype = data.draw(st.sampled_from([np.float32, np.float64]))
    found, parameters = operation.draw(data.draw)
    rng = np.random.default_rng(seed)
    arrays = [
        in_layout(operation.values(rng, shape).astype(dtype), data.draw(st.sampled_from(LAYOUTS)))
        for shape in found
    ]
    kept = [array.copy() for array in arrays]
    mine = [Tensor(array, requires_grad=True) for array in arrays]
    theirs = [torch.tensor(array.copy(), requires_grad=True) for array in arrays]
    out = operation.ours(mine, *parameters)
    expected = operation.theirs(theirs, *parameters)
    assert_close(out.data, expected.detach().numpy(), dtype)

    cotangent = rng.standard_normal(out.shape).astype(dtype)
    out.backward(cotangent)
    expected.backward(torch.tensor(cotangent))
    for tensor, equal, before in zip(mine, theirs, kept, strict=True):
        assert type(tensor.grad) is np.ndarray
        assert_close(tensor.grad, equal.grad.numpy(), dtype)
        np.testing.assert_array_equal(tensor.data, before)


@by_name
@settings(max_examples=8, deadline=None, derandomize=True)
@given(data=st.data(), seed=SEEDS)
def test_gradients_are_the_slopes_that_finite_differences_measure(operation, data, seed):
    found, parameters = operation.draw(data.draw)
    rng = np.random.default_rng(seed)
    arrays = [operation.values(rng, shape) for shape in found]
    check_gradients(lambda *tensors: operation.ours(tensors, *parameters), *arrays, seed=seed)


@by_name
@settings(max_examples=15, deadline=None, derandomize=True)
@given(data=st.data(), seed=SEEDS)
def test_a_rule_leaves_its_gradient_alone_and_each_leaf_gets_its_own(operation, data, seed):
    found, parameters = operation.draw(data.draw)
    rng = np.random.default_rng(seed)
    leaves = [Tensor(operation.values(rng, shape), requires_grad=True) for shape in found]
    out = operation.ours(leaves, *parameters)
    g = rng.standard_normal(out.shape)
    g = np.asarray(g)
    g.setflags(write=False)
    out.rule(g)
    out.backward(g)
    for number, leaf in enumerate(leaves):
        assert leaf.grad.flags.writeable
        others = [g, out.data, *(other.data for other in leaves)]
        others += [other.grad for other in leaves[:number]]
        assert not any(np.shares_memory(leaf.grad, other) for other in others)


@by_name
def test_an_input_that_wants_no_gradient_gets_none(operation):
    arrays, parameters = example(operation)
    for wanting in range(len(arrays)):
        leaves = [Tensor(array, number == wanting) for number, array in enumerate(arrays)]
        out = operation.ours(leaves, *parameters)
        out.backward(np.ones(out.shape))
        assert [leaf.grad is not None for leaf in leaves] == [leaf.requires_grad for leaf in leaves]


@by_name
def test_without_a_wish_for_gradients_nothing_is_remembered(operation):
    arrays, parameters = example(operation)
    out = operation.ours([Tensor(array) for array in arrays], *parameters)
    assert (out.requires_grad, out.parents, out.rule) == (False, (), None)


PARAMETERS = {
    "power": (3,),
    "sum": (1,),
    "mean": (1,),
    "var": (1,),
    "max": (1,),
    "reshape": ((9,),),
    "permute": ((1, 0),),
    "index": ([0, 0, 2],),
    "concatenate": (0,),
    "stack": (0,),
    "where": (np.eye(3) > 0,),
}


def example(operation: Operation) -> tuple[list[np.ndarray], tuple]:
    """Inputs of shape (3, 3), as many as the operation takes."""
    two = {"add", "sub", "mul", "div", "matmul", "concatenate", "stack", "where"}
    rng = np.random.default_rng(0)
    arrays = [operation.values(rng, (3, 3)) for _ in range(1 + (operation.name in two))]
    return [array.astype(np.float32) for array in arrays], PARAMETERS.get(operation.name, ())


def assert_close(given: np.ndarray, expected: np.ndarray, dtype: type) -> None:
    assert given.dtype == expected.dtype == dtype
    assert given.shape == expected.shape
    np.testing.assert_allclose(given, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])
