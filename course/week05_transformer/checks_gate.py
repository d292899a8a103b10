"""Week 5, the gate and the feed-forward part: what an answer must do, and the mistakes."""

import numpy as np

from coursekit.checking import Checks
from coursekit.tensor_checks import run_operation, tensor_from
from minitorch import Tensor, fused, transformer
from minitorch.recording import record

swiglu = Checks("fused.swiglu")
mlp = Checks("transformer.MLP.forward")


# -- swiglu ------------------------------------------------------------------------------------


def _pair(rng, shape, dtype=np.float64):
    return {name: rng.normal(size=shape).astype(dtype) for name in ("gate", "up", "g")}


def pairs(rng):
    yield {"gate": np.array([0.0, 2.0]), "up": np.array([5.0, 3.0]), "g": np.array([1.0, 10.0])}
    for shape in [(3,), (2, 3), (3, 3), (2, 1, 4)]:
        yield _pair(rng, shape)


def transposed_pairs(rng):
    yield {name: array.T for name, array in _pair(rng, (3, 2)).items()}
    yield {name: array[::-1] for name, array in _pair(rng, (4,)).items()}


def gates_far_from_zero(rng):
    far = np.array([-1000.0, -50.0, 50.0, 1000.0])
    yield {"gate": far, "up": rng.normal(size=4), "g": rng.normal(size=4)}


def float32_pairs(rng):
    yield _pair(rng, (3, 4), np.float32)


def _run_swiglu(gate, up, g):
    return run_operation(fused.swiglu, g, gate=gate, up=up)


swiglu.check("the result and both gradients", cases=pairs)(_run_swiglu)
swiglu.check("views and transposed arrays", cases=transposed_pairs)(_run_swiglu)
swiglu.check("a gate far from zero", cases=gates_far_from_zero)(_run_swiglu)
swiglu.check("float32 stays float32", cases=float32_pairs)(_run_swiglu)


@swiglu.wrong
def gate_put_together(gate, up):
    """That is the plain form, put together from operations of tensors. It is right, but it makes
    five tensors: work on the arrays, write one rule, and `record` once."""
    return gate / ((-gate).exp() + 1) * up


@swiglu.wrong
def gate_and_up_swapped(gate, up):
    """The two have changed places: silu is taken of `gate`, and `up` is multiplied as it is."""
    s = 1 / (1 + np.exp(-up.data))

    def backward(g):
        return g * up.data * s, g * gate.data * s * (1 + up.data * (1 - s))

    return record(up.data * s * gate.data, (gate, up), backward)


@swiglu.wrong
def gate_is_a_bare_sigmoid(gate, up):
    """You multiply `up` by the sigmoid of `gate` alone. silu(x) is x times its sigmoid."""
    s = 1 / (1 + np.exp(-gate.data))

    def backward(g):
        return g * up.data * s * (1 - s), g * s

    return record(s * up.data, (gate, up), backward)


@swiglu.wrong
def gate_is_a_relu(gate, up):
    """You cut at zero, as relu does. silu bends smoothly: just below zero it lets a little
    through, with its sign."""
    open_ = gate.data > 0

    def backward(g):
        return g * up.data * open_, g * gate.data * open_

    return record(gate.data * open_ * up.data, (gate, up), backward)


@swiglu.wrong
def gate_takes_the_sigmoid_for_a_constant(gate, up):
    """The result is right. The gradient of `gate` lacks the part that comes from the sigmoid: gate
    stands in silu twice, as the factor and inside of the sigmoid."""
    s = 1 / (1 + np.exp(-gate.data))

    def backward(g):
        return g * up.data * s, g * gate.data * s

    return record(gate.data * s * up.data, (gate, up), backward)


@swiglu.wrong
def gate_takes_the_factor_for_a_constant(gate, up):
    """The result is right. The gradient of `gate` has only the part that comes from the sigmoid:
    gate stands in silu twice, as the factor and inside of the sigmoid."""
    s = 1 / (1 + np.exp(-gate.data))

    def backward(g):
        return g * up.data * gate.data * s * (1 - s), g * gate.data * s

    return record(gate.data * s * up.data, (gate, up), backward)


@swiglu.wrong
def gate_with_the_slope_of_the_sigmoid(gate, up):
    """The result is right. The gradient of `gate` uses s * (1 - s), which is the slope of the
    sigmoid alone. silu(x) is x times the sigmoid, so its slope has two terms."""
    s = 1 / (1 + np.exp(-gate.data))

    def backward(g):
        return g * up.data * s * (1 - s), g * gate.data * s

    return record(gate.data * s * up.data, (gate, up), backward)


@swiglu.wrong
def gate_gradient_forgets_up(gate, up):
    """The gradient of `gate` lacks a factor: silu(gate) was multiplied by `up`, so `up` comes along
    on the way back."""
    s = 1 / (1 + np.exp(-gate.data))

    def backward(g):
        return g * s * (1 + gate.data * (1 - s)), g * gate.data * s

    return record(gate.data * s * up.data, (gate, up), backward)


@swiglu.wrong
def up_gradient_forgets_the_gate(gate, up):
    """The gradient of `up` is g times what it was multiplied with, which is silu(gate), and not its
    sigmoid."""
    s = 1 / (1 + np.exp(-gate.data))

    def backward(g):
        return g * up.data * s * (1 + gate.data * (1 - s)), g * s

    return record(gate.data * s * up.data, (gate, up), backward)


@swiglu.wrong
def gradients_of_gate_and_up_swapped(gate, up):
    """The gradients come in the wrong order: the first belongs to the first parent, `gate`."""
    s = 1 / (1 + np.exp(-gate.data))

    def backward(g):
        return g * gate.data * s, g * up.data * s * (1 + gate.data * (1 - s))

    return record(gate.data * s * up.data, (gate, up), backward)


@swiglu.wrong
def gate_with_the_sign_turned(gate, up):
    """Your sigmoid falls where it should rise: it is 1 / (1 + exp(-x)), with the minus."""
    s = 1 / (1 + np.exp(gate.data))

    def backward(g):
        return g * up.data * s * (1 - gate.data * (1 - s)), g * gate.data * s

    return record(gate.data * s * up.data, (gate, up), backward)


@swiglu.wrong
def gate_that_overflows(gate, up):
    """exp(x) / (1 + exp(x)) is the sigmoid too, but for a large x it is infinity divided by
    infinity, which is nan. 1 / (1 + exp(-x)) comes out as 0 or 1 there."""
    e = np.exp(gate.data)
    s = e / (1 + e)

    def backward(g):
        return g * up.data * s * (1 + gate.data * (1 - s)), g * gate.data * s

    return record(gate.data * s * up.data, (gate, up), backward)


@swiglu.wrong
def gate_ignores_what_comes_in(gate, up):
    """Your rule returns the slopes without the gradient that comes in: multiply by `g`."""
    s = 1 / (1 + np.exp(-gate.data))

    def backward(g):
        return up.data * s * (1 + gate.data * (1 - s)), gate.data * s

    return record(gate.data * s * up.data, (gate, up), backward)


@swiglu.alternative
def gate_by_the_formula(gate, up):
    s = 1 / (1 + np.exp(-gate.data))

    def backward(g):
        return g * up.data * s * (1 + gate.data * (1 - s)), g * gate.data * s

    return record(gate.data * s * up.data, (gate, up), backward)


# -- MLP ---------------------------------------------------------------------------------------


def layers(rng):
    for shape, inner in [((3, 4), 5), ((2, 3, 4), 3), ((4, 2), 2), ((5,), 1)]:
        yield {"x": rng.normal(size=shape), "inner": inner, "seed": int(rng.integers(1000))}


def _mlp(width, inner, seed, dtype):
    rng = np.random.default_rng(seed)
    return transformer.MLP(width, inner, rng=rng, std=0.8, dtype=dtype), rng


@mlp.check("the result, and the gradients of the input and all weights", cases=layers)
def _(x, inner, seed):
    layer, rng = _mlp(x.shape[-1], inner, seed, x.dtype)
    tensor = Tensor(x, requires_grad=True)
    out = tensor_from(layer(tensor))
    found = {"result": out.data, "a gradient comes back": out.requires_grad}
    if out.requires_grad and out.shape == x.shape:
        out.backward(rng.normal(size=out.shape))
        found["gradient of x"] = tensor.grad
        found |= {f"gradient of {name}": p.grad for name, p in layer.named_parameters()}
    return found


@mlp.check("float32 stays float32", cases=layers)
def _(x, inner, seed):
    layer, _ = _mlp(x.shape[-1], inner, seed, np.float32)
    return tensor_from(layer(Tensor(x.astype(np.float32)))).data


mlp.slip(
    "mlp_swaps_gate_and_up",
    "The two layers have changed places: the result of `gate_proj` goes through silu, so it is "
    "the first argument of `swiglu`. A model's file has weights for each of them by name.",
    ("self.gate_proj(x), self.up_proj(x)", "self.up_proj(x), self.gate_proj(x)"),
)
mlp.slip(
    "mlp_stays_wide",
    "The result is as wide as the inner layer: `down_proj` brings it back to the width of `x`.",
    ("self.down_proj(fused.swiglu(self.gate_proj(x), self.up_proj(x)))",
     "fused.swiglu(self.gate_proj(x), self.up_proj(x))"),
)  # fmt: skip
mlp.slip(
    "mlp_adds_the_stream",
    "You add `x` to the result. The block does that; this part returns only what is to be added.",
    ("return self.down_proj", "return x + self.down_proj"),
)
mlp.slip(
    "mlp_gates_itself",
    "Both arguments come from `gate_proj`, so `up_proj` is never used and never learns.",
    ("self.up_proj(x)", "self.gate_proj(x)"),
)
mlp.slip(
    "mlp_gates_itself_with_the_other",
    "Both arguments come from `up_proj`, so `gate_proj` is never used and never learns.",
    ("self.gate_proj(x)", "self.up_proj(x)"),
)
mlp.slip(
    "mlp_with_silu_of_the_product",
    "You take silu of the product. silu is for the gate alone; what it returns multiplies "
    "`up_proj(x)`.",
    ("fused.swiglu(self.gate_proj(x), self.up_proj(x))",
     "fused.swiglu(self.gate_proj(x) * self.up_proj(x), self.up_proj(x) * 0.0 + 1.0)"),
)  # fmt: skip
mlp.slip(
    "mlp_without_the_silu",
    "The two results are multiplied as they are: the gate has to go through silu first, which is "
    "what `fused.swiglu` does.",
    ("fused.swiglu(self.gate_proj(x), self.up_proj(x))", "self.gate_proj(x) * self.up_proj(x)"),
)
mlp.slip(
    "mlp_with_a_single_layer",
    "That is the ungated layer of older models: the gate's activation goes straight to "
    "`down_proj`, and `up_proj` has no part. Multiply the two.",
    ("fused.swiglu(self.gate_proj(x), self.up_proj(x))", "self.gate_proj(x).relu()"),
)
mlp.slip(
    "mlp_cuts_the_history",
    "`Tensor(x.data)` has no history, so no gradient comes back to the blocks before: hand `x` on "
    "as it is.",
    ("fused.swiglu(self.gate_proj(x), self.up_proj(x))",
     "fused.swiglu(self.gate_proj(Tensor(x.data)), self.up_proj(Tensor(x.data)))"),
)  # fmt: skip


@mlp.alternative
def mlp_in_plain_operations(self, x):
    gate, up = self.gate_proj(x), self.up_proj(x)
    return self.down_proj(gate / ((-gate).exp() + 1) * up)
