"""The tensor as an object: identity, copies, NumPy's side, gradient mode, what it imports."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
import threading

import numpy as np
import pytest

from minitorch import Tensor, no_grad


def leaf(values: object) -> Tensor:
    return Tensor(np.array(values, dtype=np.float64), requires_grad=True)


def test_comparisons_are_tensors_of_true_and_false():
    x, y = Tensor([1.0, 2.0, 3.0]), Tensor([3.0, 2.0, 1.0])
    for out, expected in [
        (x == y, [False, True, False]),
        (x != y, [True, False, True]),
        (x < y, [True, False, False]),
        (x <= 2, [True, True, False]),
        (x > 2, [False, False, True]),
        (np.array([2.0, 2.0, 3.0]) >= x, [True, True, True]),
        (x > Tensor([[0.0], [2.5]]), [[True, True, True], [False, False, True]]),
    ]:
        assert isinstance(out, Tensor)
        assert (out.dtype, out.requires_grad) == (bool, False)
        assert out.data.tolist() == expected


def test_sets_and_dictionaries_go_by_identity():
    x, y = Tensor([1.0]), Tensor([1.0])
    assert bool(x == y)
    assert len({x, y, x}) == 2
    assert {x: "x", y: "y"}[y] == "y"


def test_the_truth_of_a_tensor_with_several_entries_is_an_error():
    assert bool(Tensor([1.0]) > 0)
    with pytest.raises(ValueError, match="only a tensor with one entry"):
        bool(Tensor([1.0, 2.0]) > 0)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))])
def test_a_leaf_can_be_copied_and_pickled(copied):
    x = leaf([1.0, 2.0])
    x.grad = np.array([3.0, 4.0])
    other = copied(x)
    np.testing.assert_array_equal(other.data, x.data)
    np.testing.assert_array_equal(other.grad, x.grad)
    assert other.requires_grad
    assert not np.shares_memory(other.data, x.data)
    (other * 2.0).sum().backward()
    np.testing.assert_array_equal(x.grad, [3.0, 4.0])


@pytest.mark.parametrize("number", [np.float64(2.0), np.array(2.0), np.array([2.0, 3.0])])
def test_an_array_on_the_left_leaves_the_operation_to_the_tensor(number):
    x = leaf([1.0, 2.0])
    for out, expected in [
        (number + x, number + x.data),
        (number - x, number - x.data),
        (number * x, number * x.data),
        (number / x, number / x.data),
    ]:
        assert isinstance(out, Tensor)
        np.testing.assert_array_equal(out.data, expected)
    assert isinstance(np.ones((2, 2)) @ x, Tensor)


def test_a_list_is_an_operand_like_an_array():
    assert ([1, 2] * Tensor([1.0, 2.0]) + [0.5, 0.5]).data.tolist() == [1.5, 4.5]


def test_numpy_reads_a_tensor_as_its_array():
    x = leaf([[1.0, 2.0]])
    assert np.asarray(x) is not None
    assert np.asarray(x).dtype == np.float64
    assert np.shares_memory(np.asarray(x), x.data)
    assert not np.shares_memory(np.array(x), x.data)
    assert np.array(x, dtype=np.float32).dtype == np.float32


def test_numpys_functions_do_not_drop_a_history_silently():
    with pytest.raises(TypeError, match="ufunc"):
        np.exp(leaf([1.0]))
    with pytest.raises(TypeError, match="stack"):
        Tensor([leaf(1.0), leaf(2.0)])


def test_an_array_in_a_tensor_is_the_tensors_own_not_a_copy():
    array = np.zeros(3, np.float32)
    x = Tensor(array)
    assert x.numpy() is array
    assert x.detach().data is array
    assert not (leaf([1.0]) * 2.0).detach().requires_grad


def test_a_tensor_has_a_length_parts_and_values():
    x = Tensor([[1.0, 2.0], [3.0, 4.0]])
    assert (x.shape, x.ndim, x.size, len(x)) == ((2, 2), 2, 4, 2)
    assert [row.data.tolist() for row in x] == [[1.0, 2.0], [3.0, 4.0]]
    assert x[1, 0].item() == 3.0
    assert isinstance(x[1, 0].item(), float)
    assert x.argmax(1).data.tolist() == [1, 1]
    assert x.argmax().item() == 3


def test_iterating_keeps_the_history():
    x = leaf([1.0, 2.0])
    first, second = x
    (first * 3.0 + second * 5.0).backward()
    np.testing.assert_array_equal(x.grad, [3.0, 5.0])


def test_a_tensor_prints_its_values_and_what_is_not_ordinary():
    assert repr(Tensor([1.0, 2.5])) == "Tensor([1. , 2.5])"
    assert repr(leaf([1.0])) == "Tensor([1.], dtype=float64, requires_grad=True)"


def test_a_tensor_knows_the_operation_that_made_it():
    x = leaf([1.0])
    assert (x.operation, (x * x).operation, x.sum().operation) == ("", "mul", "sum")


def test_no_grad_remembers_nothing_and_ends():
    x = leaf([1.0])
    with no_grad():
        inside = x * 2.0
        with no_grad():
            pass
        nested = x * 2.0
    for y in (inside, nested):
        assert (y.requires_grad, y.parents, y.rule) == (False, (), None)
    assert (x * 2.0).requires_grad


def test_no_grad_ends_with_an_exception():
    with pytest.raises(KeyError), no_grad():
        raise KeyError
    assert (leaf([1.0]) * 2.0).requires_grad


def test_no_grad_holds_for_its_thread_alone():
    x = leaf([1.0])
    inside, checked = threading.Event(), threading.Event()
    found: list[bool] = []

    def other() -> None:
        with no_grad():
            inside.set()
            checked.wait(10)
            found.append((x * 2.0).requires_grad)

    thread = threading.Thread(target=other)
    thread.start()
    assert inside.wait(10)
    assert (x * 2.0).requires_grad
    checked.set()
    thread.join(10)
    assert found == [False]


@pytest.mark.integration
def test_importing_minitorch_loads_numpy_and_little_else():
    program = (
        "import sys, numpy; before = set(sys.modules); import minitorch; "
        "print(*sorted({name.split('.')[0] for name in set(sys.modules) - before}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert loaded - set(sys.stdlib_module_names) == {"minitorch"}
    assert not loaded & {"asyncio", "multiprocessing", "unittest", "sqlite3", "http", "email"}
