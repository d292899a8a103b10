"""Week 1, products of matrices: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks
from coursekit.tensor_checks import run_operation
from minitorch import Tensor, ops
from minitorch.recording import record

matmul = Checks("ops.matmul")


def matrices(rng):
    for n, k, m in [(1, 2, 1), (2, 3, 4), (3, 3, 3)]:
        yield {
            "a": rng.normal(size=(n, k)),
            "b": rng.normal(size=(k, m)),
            "g": rng.normal(size=(n, m)),
        }


def batches_of_matrices(rng):
    for left, right in [((2, 3, 4), (2, 4, 5)), ((3, 2), (4, 2, 3)), ((2, 1, 3, 2), (3, 2, 2))]:
        out = (*np.broadcast_shapes(left[:-2], right[:-2]), left[-2], right[-1])
        yield {
            "a": rng.normal(size=left),
            "b": rng.normal(size=right),
            "g": rng.normal(size=out),
        }


@matmul.check("the product and both gradients", cases=matrices)
def _(a, b, g):
    return run_operation(ops.matmul, g, a=a, b=b)


@matmul.check("batches of matrices", cases=batches_of_matrices)
def _(a, b, g):
    return run_operation(ops.matmul, g, a=a, b=b)


@matmul.check("no gradient for an input that wants none", cases=matrices)
def _(a, b, g):
    left = ops.matmul(Tensor(a), Tensor(b, requires_grad=True)).rule(g)
    right = ops.matmul(Tensor(a, requires_grad=True), Tensor(b)).rule(g)
    wanted = [part is not None for part in (*left, *right)]
    names = [
        "a, which wants none",
        "b, which wants one",
        "a, which wants one",
        "b, which wants none",
    ]
    return {f"a gradient for {name}": part for name, part in zip(names, wanted, strict=True)}


@matmul.wrong
def matmul_without_transposing(a, b):
    """The shapes do not come out: `g` is (n, m) and the gradient of `a` must be (n, k), so `b`,
    which is (k, m), has to be transposed; and `a` likewise for the gradient of `b`."""

    def backward(g):
        return g @ b.data, a.data @ g

    return record(a.data @ b.data, (a, b), backward)


@matmul.wrong
def matmul_in_the_other_order(a, b):
    """The order of a matrix product matters: it is `g @ b.T` and `a.T @ g`, not the other way
    round."""

    def backward(g):
        return b.data.swapaxes(-1, -2) @ g, g @ a.data.swapaxes(-1, -2)

    return record(a.data @ b.data, (a, b), backward)


@matmul.wrong
def matmul_transposes_every_axis(a, b):
    """`.T` turns *all* axes round, the batch's too. Only the last two belong to the matrix:
    `swapaxes(-1, -2)`."""

    def backward(g):
        grad_a = g @ b.data.T if a.requires_grad else None
        grad_b = a.data.T @ g if b.requires_grad else None
        return grad_a, grad_b

    return record(a.data @ b.data, (a, b), backward)


@matmul.wrong
def matmul_computes_what_nobody_wants(a, b):
    """The gradients are right, but you compute one for an input without `requires_grad` too. A
    matrix product is expensive: return `None` there."""

    def backward(g):
        return g @ b.data.swapaxes(-1, -2), a.data.swapaxes(-1, -2) @ g

    return record(a.data @ b.data, (a, b), backward)


@matmul.wrong
def matmul_with_the_gradients_exchanged(a, b):
    """Both gradients are right, but they have changed places: the gradient of `a` comes first."""

    def backward(g):
        grad_a = g @ b.data.swapaxes(-1, -2) if a.requires_grad else None
        grad_b = a.data.swapaxes(-1, -2) @ g if b.requires_grad else None
        return grad_b, grad_a

    return record(a.data @ b.data, (a, b), backward)


@matmul.wrong
def matmul_entry_by_entry(a, b):
    """`*` multiplies entry by entry; the product of matrices is `@`."""

    def backward(g):
        return g * b.data, g * a.data

    return record(a.data * b.data, (a, b), backward)


@matmul.wrong
def matmul_transposes_the_result(a, b):
    """You multiply in the order of the forward pass and transpose at the end. Write down the
    shapes: the gradient of `a` is `g @ b.T` as it stands."""

    def backward(g):
        grad_a = (b.data @ g.swapaxes(-1, -2)) if a.requires_grad else None
        grad_b = (g.swapaxes(-1, -2) @ a.data) if b.requires_grad else None
        return grad_a, grad_b

    return record(a.data @ b.data, (a, b), backward)


@matmul.alternative
def matmul_by_einsum(a, b):
    def backward(g):
        grad_a = np.einsum("...nm,...km->...nk", g, b.data) if a.requires_grad else None
        grad_b = np.einsum("...nk,...nm->...km", a.data, g) if b.requires_grad else None
        return grad_a, grad_b

    return record(np.matmul(a.data, b.data), (a, b), backward)
