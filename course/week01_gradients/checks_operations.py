"""Week 1, operations on values: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks
from coursekit.tensor_checks import run_operation
from minitorch import ops
from minitorch.recording import record

add = Checks("ops.add")
mul = Checks("ops.mul")
exp = Checks("ops.exp")


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
