"""The walk back: what it costs, what it frees, what it adds up, and what it never changes."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

from minitorch import Tensor, autograd
from minitorch.recording import record


def leaf(values: object) -> Tensor:
    return Tensor(np.array(values, dtype=np.float64), requires_grad=True)


def chain(x: Tensor, length: int) -> Tensor:
    for _ in range(length):
        x = x + 1.0
    return x


def count_rule_calls(root: Tensor) -> list[Tensor]:
    """Make every rule of a graph report to the list that is returned."""
    calls: list[Tensor] = []
    for node in autograd.topological_order(root):
        if node.rule:

            def counted(g, node=node, rule=node.rule):
                calls.append(node)
                return rule(g)

            node.rule = counted
    return calls


def test_a_chain_of_a_hundred_thousand_operations_has_a_gradient():
    x = leaf([1.0, 2.0])
    chain(x, 100_000).sum().backward()
    np.testing.assert_array_equal(x.grad, [1.0, 1.0])


@pytest.mark.parametrize("depth", [60, 200])
def test_a_diamond_costs_what_its_edges_cost(depth):
    x = y = leaf(1.0)
    for _ in range(depth):
        y = y * 0.5 + y * 0.5
    calls = count_rule_calls(y)
    y.backward()
    assert len(calls) == 3 * depth
    assert x.grad == 1.0


def test_the_order_lists_each_tensor_once_and_parents_first():
    x, constant = leaf([1.0, 2.0]), Tensor(np.ones(2))
    a = x * x
    b = a + constant
    root = a * b
    order = autograd.topological_order(root)
    assert [id(node) for node in order] == [id(node) for node in (x, a, b, root)]


def test_a_graph_of_half_a_million_nodes_is_freed_without_recursion():
    x = leaf(1.0)
    last = chain(x, 500_000)
    reached = weakref.ref(last.parents[0])
    del last
    assert reached() is None


def test_the_graph_is_freed_while_backward_goes_not_after():
    x = leaf(np.ones(3))
    y, alive, counts = x, [], []
    for _ in range(30):
        y = watched_double(y, alive, counts)
    alive.pop()  # the root: this test holds on to it
    root, y = y, None
    gc.collect()
    assert sum(ref() is not None for ref in alive) == 29
    root.backward(np.ones(3))
    assert counts == [29, *range(29, 0, -1)]
    assert not any(ref() is not None for ref in alive)
    assert root.parents == ()


def watched_double(a: Tensor, alive: list, counts: list) -> Tensor:
    """Double a tensor; its rule counts how many watched tensors are alive when it is called."""

    def backward(g):
        counts.append(sum(ref() is not None for ref in alive))
        return (2 * g,)

    out = record(2 * a.data, (a,), backward)
    alive.append(weakref.ref(out))
    return out


def test_a_tensor_used_many_times_is_freed_as_soon_as_its_rule_was_called():
    x = leaf(np.ones(3))
    gone: list[bool] = []

    def backward(g):
        gone.append(watch() is None)
        return (g,)

    shared = record(x.data, (x,), backward) * 3.0
    watch = weakref.ref(shared)
    out = shared + shared + shared + shared
    del shared
    out.backward(np.ones(3))
    assert gone == [True]


def test_many_uses_add_up():
    x = leaf([1.0, 2.0])
    (x * x + x * 3.0 + x.exp() + x).sum().backward()
    np.testing.assert_allclose(x.grad, 2 * x.data + 3 + np.exp(x.data) + 1)


def test_an_array_that_a_rule_gave_to_two_tensors_is_never_changed():
    a, b = leaf([1.0]), leaf([2.0])
    left, right = a * 1.0, b * 1.0
    extra = (left * 10.0 + left * 100.0) + left * 1000.0
    given: list[np.ndarray] = []

    def backward(g):
        both = g * 1.0
        given.append(both)
        return both, both

    both = record(left.data + right.data, (left, right), backward)
    (extra + both).backward()
    assert (a.grad, b.grad, given[0]) == ([1111.0], [1.0], [1.0])


@pytest.mark.parametrize("uses", [1, 2, 3, 4, 7])
def test_no_gradient_that_a_rule_returned_is_added_to_in_place(uses):
    x = leaf([1.0, 2.0]) * 1.0
    given = []

    def use() -> Tensor:
        def backward(g):
            given.append(np.array([1.0, 1.0]))
            return (given[-1],)

        return record(x.data, (x,), backward)

    total = use()
    for _ in range(uses - 1):
        total = total + use()
    source = x.parents[0]
    total.backward([1.0, 1.0])
    np.testing.assert_array_equal(source.grad, [uses, uses])
    np.testing.assert_array_equal(given, np.ones((uses, 2)))


@pytest.mark.parametrize("uses", [2, 3, 4, 10])
def test_the_second_gradient_makes_a_sum_and_later_ones_are_added_to_it_in_place(uses):
    class Watched(np.ndarray):
        sums = 0

        def __add__(self, other):
            Watched.sums += 1
            return super().__add__(other)

    x = leaf(np.ones(4)) * 1.0
    used = [record(x.data, (x,), lambda g: (np.ones(4).view(Watched),)) for _ in range(uses)]
    sum(used[1:], used[0]).backward(np.ones(4))
    assert Watched.sums == 1


def test_leaves_have_gradients_of_their_own():
    a, b, c = leaf([1.0, 2.0]), leaf([3.0, 4.0]), leaf([[5.0, 6.0]])
    (a + b + c.reshape(2)).sum().backward()
    a.grad *= 10
    np.testing.assert_array_equal(b.grad, [1.0, 1.0])
    np.testing.assert_array_equal(c.grad, [[1.0, 1.0]])


def test_the_gradient_given_to_backward_stays_the_callers():
    x, g = leaf([1.0, 2.0]), np.array([3.0, 4.0])
    x.backward(g)
    x.grad *= 2
    (x * 1.0).backward(g)
    np.testing.assert_array_equal(g, [3.0, 4.0])


def test_a_second_backward_adds_to_the_gradient_and_changes_no_array_handed_out():
    x = leaf([1.0, 2.0])
    (x * 3.0).sum().backward()
    first = x.grad
    (x * 4.0).sum().backward()
    np.testing.assert_array_equal(x.grad, [7.0, 7.0])
    np.testing.assert_array_equal(first, [3.0, 3.0])


def test_backward_twice_through_one_graph_says_what_to_do():
    y = (leaf([1.0, 2.0]) * 3.0).sum()
    y.backward()
    with pytest.raises(RuntimeError, match=r"keep_graph=True"):
        y.backward()


def test_backward_through_a_part_that_was_taken_apart_says_so_too():
    shared = leaf([1.0, 2.0]) * 3.0
    shared.sum().backward()
    with pytest.raises(RuntimeError, match="took it apart"):
        (shared * 2.0).sum().backward()


def test_keep_graph_allows_a_second_walk_and_shows_the_gradients_between():
    x = leaf([1.0, 2.0])
    y = x * 3.0
    z = (y * y).sum()
    z.backward(keep_graph=True)
    np.testing.assert_allclose(y.grad, 2 * y.data)
    z.backward()
    np.testing.assert_allclose(x.grad, 2 * 6 * y.data)


def test_without_keep_graph_tensors_in_between_hold_no_gradient():
    x = leaf([1.0, 2.0])
    y = x * 3.0
    y.sum().backward()
    assert y.grad is None


def test_the_gradient_of_a_tensor_without_axes_is_an_array():
    a, b = leaf(2.0), leaf(3.0)
    c = a * b
    (c * a + c * b + c).backward(keep_graph=True)
    assert all(type(t.grad) is np.ndarray for t in (a, b, c))


def test_a_root_that_is_a_leaf_gets_the_gradient():
    x = leaf([1.0, 2.0])
    x.backward([5.0, 6.0])
    np.testing.assert_array_equal(x.grad, [5.0, 6.0])


def test_backward_where_nothing_wants_a_gradient_says_so():
    with pytest.raises(RuntimeError, match="requires_grad=True"):
        Tensor([1.0]).sum().backward()


def test_backward_from_several_entries_asks_for_their_gradient():
    with pytest.raises(ValueError, match=r"shape \(2,\) needs a gradient"):
        leaf([1.0, 2.0]).backward()
    with pytest.raises(ValueError, match=r"was given a gradient of shape \(3,\)"):
        leaf([1.0, 2.0]).backward(np.ones(3))


def test_a_gradient_for_a_tensor_that_wants_none_is_not_even_looked_at():
    a, constant = leaf([1.0]), Tensor([2.0])
    record(a.data, (a, constant), lambda g: (g, "no array")).backward()
    np.testing.assert_array_equal(a.grad, [1.0])
    assert constant.grad is None


def test_matmul_computes_no_gradient_that_nobody_wants():
    w, x = leaf(np.ones((3, 2))), Tensor(np.ones((4, 3)))
    left, right = (x @ w).rule(np.ones((4, 2)))
    assert left is None
    np.testing.assert_array_equal(right, np.full((3, 2), 4.0))
    left, right = (w @ Tensor(np.ones((2, 5)))).rule(np.ones((3, 5)))
    np.testing.assert_array_equal(left, np.full((3, 2), 5.0))
    assert right is None


def test_a_rule_with_too_few_gradients_is_noticed():
    a, b = leaf([1.0]), leaf([2.0])
    with pytest.raises(ValueError, match="shorter"):
        record(a.data + b.data, (a, b), lambda g: (g,)).backward()
