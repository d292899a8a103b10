"""Week 1, operations on values: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks
from coursekit.tensor_checks import run_operation
from minitorch import Tensor, ops
from minitorch.recording import record

add = Checks("ops.add")
mul = Checks("ops.mul")
exp = Checks("ops.exp")
matmul = Checks("ops.matmul")
log_softmax = Checks("ops.log_softmax")


def factors(rng):
    """Two arrays of one shape."""
    for shape in [(2,), (2, 3), (), (3, 1, 2)]:
        a, b, g = rng.normal(size=(3, *shape))
        yield {"a": a, "b": b, "g": g}


def broadcast_factors(rng):
    """Two arrays whose shapes fit by broadcasting."""
    for left, right in [((3,), (2, 3)), ((2, 1), (1, 3)), ((), (2, 2)), ((4, 1, 3), (2, 1))]:
        shape = np.broadcast_shapes(left, right)
        yield {
            "a": rng.normal(size=left),
            "b": rng.normal(size=right),
            "g": rng.normal(size=shape),
        }


def single_arrays(rng):
    for shape in [(2,), (2, 3), (), (0, 2), (3, 1, 2)]:
        yield {"a": rng.normal(size=shape), "g": rng.normal(size=shape)}


def float32_factors(rng):
    for shape in [(2,), (2, 3)]:
        a, b, g = rng.normal(size=(3, *shape)).astype(np.float32)
        yield {"a": a, "b": b, "g": g}


def float32_arrays(rng):
    for shape in [(2,), (2, 3)]:
        a, g = rng.normal(size=(2, *shape)).astype(np.float32)
        yield {"a": a, "g": g}


# -- add ---------------------------------------------------------------------------------------


@add.check("the sum and both gradients", cases=factors)
def _(a, b, g):
    return run_operation(ops.add, g, a=a, b=b)


@add.check("shapes that broadcast", cases=broadcast_factors)
def _(a, b, g):
    return run_operation(ops.add, g, a=a, b=b)


@add.check("float32 stays float32", cases=float32_factors)
def _(a, b, g):
    return run_operation(ops.add, g, a=a, b=b)


@add.wrong
def add_ignores_what_comes_in(a, b):
    """Your gradients are all ones: that is the slope of the sum itself. Whatever stands above it
    in the graph matters `g` times as much, so hand on `g`."""

    def backward(g):
        return np.ones_like(a.data), np.ones_like(b.data)

    return record(a.data + b.data, (a, b), backward)


@add.wrong
def add_shares_the_gradient_out(a, b):
    """Each input gets half of `g`. A gradient is a slope, not a quantity to be divided: if `a`
    grows by 1 the sum grows by 1, whatever `b` does, so each gets the whole of it."""

    def backward(g):
        return g / 2, g / 2

    return record(a.data + b.data, (a, b), backward)


@add.wrong
def add_with_the_rule_of_a_product(a, b):
    """That is the rule of a product. In a sum the slope in `a` does not depend on `b` at all."""

    def backward(g):
        return g * b.data, g * a.data

    return record(a.data + b.data, (a, b), backward)


@add.wrong
def add_with_the_rule_of_a_difference(a, b):
    """The gradient of `b` has the wrong sign: that is the rule of `a - b`."""

    def backward(g):
        return g, -g

    return record(a.data + b.data, (a, b), backward)


@add.wrong
def add_forgets_the_second_input(a, b):
    """Only `a` gets a gradient. A rule returns one for each parent, in their order."""

    def backward(g):
        return (g,)

    return record(a.data + b.data, (a, b), backward)


# -- mul ---------------------------------------------------------------------------------------


@mul.check("the product and both gradients", cases=factors)
def _(a, b, g):
    return run_operation(ops.mul, g, a=a, b=b)


@mul.check("shapes that broadcast", cases=broadcast_factors)
def _(a, b, g):
    return run_operation(ops.mul, g, a=a, b=b)


@mul.check("float32 stays float32", cases=float32_factors)
def _(a, b, g):
    return run_operation(ops.mul, g, a=a, b=b)


@mul.wrong
def mul_ignores_what_comes_in(a, b):
    """Your gradients are `b` and `a`, whatever gradient comes in. Multiply them by `g`: the
    chain rule."""

    def backward(g):
        return b.data, a.data

    return record(a.data * b.data, (a, b), backward)


@mul.wrong
def mul_takes_each_factor_for_the_other(a, b):
    """The factors have changed places: the slope of `a * b` in `a` is `b`, and in `b` it is `a`."""

    def backward(g):
        return g * a.data, g * b.data

    return record(a.data * b.data, (a, b), backward)


@mul.wrong
def mul_with_the_rule_of_a_sum(a, b):
    """That is the rule of a sum. In a product the slope in one factor is the other factor."""

    def backward(g):
        return g, g

    return record(a.data * b.data, (a, b), backward)


@mul.wrong
def mul_multiplies_by_the_product(a, b):
    """You multiply `g` by the whole product. One factor is held still: the slope in `a` is just
    `b`."""
    out = a.data * b.data

    def backward(g):
        return g * out, g * out

    return record(out, (a, b), backward)


@mul.wrong
def mul_multiplies_matrices(a, b):
    """`@` is the product of matrices; this exercise multiplies entry by entry: `*`."""

    def backward(g):
        return g @ b.data.swapaxes(-1, -2), a.data.swapaxes(-1, -2) @ g

    return record(a.data @ b.data, (a, b), backward)


# -- exp ---------------------------------------------------------------------------------------


@exp.check("the value and its gradient", cases=single_arrays)
def _(a, g):
    return run_operation(ops.exp, g, a=a)


@exp.check("float32 stays float32", cases=float32_arrays)
def _(a, g):
    return run_operation(ops.exp, g, a=a)


@exp.wrong
def exp_ignores_what_comes_in(a):
    """Your gradient is exp(a), whatever gradient comes in: multiply it by `g`."""
    out = np.exp(a.data)

    def backward(g):
        return (out,)

    return record(out, (a,), backward)


@exp.wrong
def exp_with_the_rule_of_a_power(a):
    """You use the rule of a power, x**n with slope n * x**(n - 1). Here the variable is the
    exponent: the slope of exp is exp itself."""
    out = np.exp(a.data)

    def backward(g):
        return (g * a.data * np.exp(a.data - 1),)

    return record(out, (a,), backward)


@exp.wrong
def exp_multiplies_by_its_input(a):
    """You multiply `g` by the input; the slope of exp is its *result*, exp(a)."""
    out = np.exp(a.data)

    def backward(g):
        return (g * a.data,)

    return record(out, (a,), backward)


@exp.wrong
def exp_hands_the_gradient_on(a):
    """You hand `g` on as it is: that would be right for a slope of 1. The slope of exp is
    exp(a)."""

    def backward(g):
        return (g,)

    return record(np.exp(a.data), (a,), backward)


@exp.wrong
def exp_changes_the_incoming_gradient(a):
    """`g *= ...` changes the array that came in, which other tensors may share: compute a new one,
    `g * ...`."""
    out = np.exp(a.data)

    def backward(g):
        g *= out
        return (g,)

    return record(out, (a,), backward)


@exp.wrong
def exp_with_the_slope_of_the_slope(a):
    """You take exp of the result again. The result *is* exp(a): keep it and multiply by it."""
    out = np.exp(a.data)

    def backward(g):
        return (g * np.exp(out),)

    return record(out, (a,), backward)


# -- matmul ------------------------------------------------------------------------------------


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


# -- log_softmax -------------------------------------------------------------------------------


def scores(rng):
    for shape, axis in [((3,), -1), ((2, 3), 1), ((3, 2), 0), ((2, 3, 4), 1), ((2, 2), 0)]:
        yield {"a": rng.normal(size=shape), "axis": axis, "g": rng.normal(size=shape)}


def extreme_scores(rng):
    yield {"a": np.array([1000.0, 0.0]), "axis": -1, "g": rng.normal(size=2)}
    yield {"a": np.array([-1000.0, -1001.0]), "axis": -1, "g": rng.normal(size=2)}
    rows = np.array([[900.0, 899.0], [-900.0, -901.5]])
    yield {"a": rows, "axis": 1, "g": rng.normal(size=(2, 2))}
    yield {"a": rows, "axis": 0, "g": rng.normal(size=(2, 2))}


@log_softmax.check("the value", cases=scores)
def _(a, axis, g):
    return run_operation(lambda a: ops.log_softmax(a, axis), g, a=a)["value"]


@log_softmax.check("scores of 1000 and of -1000", cases=extreme_scores)
def _(a, axis, g):
    return run_operation(lambda a: ops.log_softmax(a, axis), g, a=a)["value"]


@log_softmax.check("the gradient", cases=scores)
def _(a, axis, g):
    return run_operation(lambda a: ops.log_softmax(a, axis), g, a=a)["gradient of a"]


@log_softmax.check("the gradient of extreme scores", cases=extreme_scores)
def _(a, axis, g):
    return run_operation(lambda a: ops.log_softmax(a, axis), g, a=a)["gradient of a"]


@log_softmax.check("the last axis unless told otherwise", cases=scores)
def _(a, axis, g):
    return run_operation(ops.log_softmax, g, a=a)


@log_softmax.wrong
def log_softmax_overflows(a, axis=-1):
    """exp(1000) is too large for any float. Subtract the largest entry first: it cancels out."""
    out = a.data - np.log(np.exp(a.data).sum(axis, keepdims=True))

    def backward(g):
        return (g - np.exp(out) * g.sum(axis, keepdims=True),)

    return record(out, (a,), backward)


@log_softmax.wrong
def log_softmax_takes_the_log_of_zero(a, axis=-1):
    """You compute the softmax first and take its logarithm after. Where the softmax is too small
    for a float it becomes 0, and log(0) is minus infinity: stay with logarithms."""
    e = np.exp(a.data - a.data.max(axis, keepdims=True))
    out = np.log(e / e.sum(axis, keepdims=True))

    def backward(g):
        return (g - np.exp(out) * g.sum(axis, keepdims=True),)

    return record(out, (a,), backward)


@log_softmax.wrong
def log_softmax_takes_one_maximum_for_all(a, axis=-1):
    """You subtract the largest entry of the whole array. A row far below it then has nothing but
    zeros to sum: each row needs its own largest entry, along `axis`."""
    shifted = a.data - a.data.max()
    out = shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))

    def backward(g):
        return (g - np.exp(out) * g.sum(axis, keepdims=True),)

    return record(out, (a,), backward)


@log_softmax.wrong
def log_softmax_forgets_the_sum_of_gradients(a, axis=-1):
    """Your gradient is `g - softmax`, which is right only where `g` sums to 1. Every entry's
    score lowers all the others': multiply the softmax by the sum of `g` along the axis."""
    shifted = a.data - a.data.max(axis, keepdims=True)
    out = shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))

    def backward(g):
        return (g - np.exp(out),)

    return record(out, (a,), backward)


@log_softmax.wrong
def log_softmax_multiplies_entry_by_entry(a, axis=-1):
    """You multiply the softmax by each entry's own `g`; it is the *sum* of `g` along the axis
    that belongs there, since every entry's score lowers all the others'."""
    shifted = a.data - a.data.max(axis, keepdims=True)
    out = shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))

    def backward(g):
        return (g - np.exp(out) * g,)

    return record(out, (a,), backward)


@log_softmax.wrong
def log_softmax_along_the_last_axis_always(a, axis=-1):
    """You always work along the last axis: use `axis`."""
    shifted = a.data - a.data.max(-1, keepdims=True)
    out = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))

    def backward(g):
        return (g - np.exp(out) * g.sum(-1, keepdims=True),)

    return record(out, (a,), backward)


@log_softmax.wrong
def log_softmax_is_the_log_of_softmax(a, axis=-1):
    """You compute the softmax as its formula stands and take the logarithm. Both steps break: the
    exponential of a large score overflows, and the logarithm of a tiny probability is minus
    infinity. Subtract the largest score first, and stay with logarithms."""
    e = np.exp(a.data)
    out = np.log(e / e.sum(axis, keepdims=True))

    def backward(g):
        return (g - np.exp(out) * g.sum(axis, keepdims=True),)

    return record(out, (a,), backward)


@log_softmax.wrong
def log_softmax_sums_all_gradients(a, axis=-1):
    """You sum `g` over the whole array. Each row is a softmax of its own: sum along `axis`."""
    shifted = a.data - a.data.max(axis, keepdims=True)
    out = shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))

    def backward(g):
        return (g - np.exp(out) * g.sum(),)

    return record(out, (a,), backward)


@log_softmax.wrong
def log_softmax_multiplies_by_its_logarithm(a, axis=-1):
    """You multiply the sum of `g` by the result, which is the *logarithm* of the softmax. The rule
    needs the softmax itself: the exponential of the result."""
    shifted = a.data - a.data.max(axis, keepdims=True)
    out = shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))

    def backward(g):
        return (g - out * g.sum(axis, keepdims=True),)

    return record(out, (a,), backward)


@log_softmax.alternative
def log_softmax_by_logaddexp(a, axis=-1):
    out = a.data - np.logaddexp.reduce(a.data, axis=axis, keepdims=True)

    def backward(g):
        return (g - np.exp(out) * g.sum(axis, keepdims=True),)

    return record(out, (a,), backward)
