"""Week 1, the backward pass: what an answer must do, and the mistakes it must catch.

The graphs are made of one kind of node, a weighted sum of its parents, whose rule notes each call:
the engine is judged apart from the operations.
"""

import numpy as np

from coursekit.checking import Checks
from minitorch import Tensor, autograd
from minitorch.autograd import fitted, topological_order
from minitorch.recording import record

backward = Checks("autograd.backward")


def _weighted(parents, weights, calls):
    """A tensor that is a weighted sum of others, and whose rule counts its calls."""
    shape = np.broadcast_shapes(*(parent.shape for parent in parents))
    data = sum(w * np.broadcast_to(p.data, shape) for w, p in zip(weights, parents, strict=True))

    def rule(g):
        calls.append(g)
        return tuple(g if w == 1 else w * g for w in weights)

    return record(data, tuple(parents), rule)


def _leaves(values, grads=None):
    leaves = [Tensor(value, requires_grad=True) for value in values]
    for leaf, grad in zip(leaves, grads or [None] * len(leaves), strict=True):
        leaf.grad = grad
    return leaves


def straight_lines(rng):
    for size in (1, 2):
        yield {"a": rng.normal(size=size), "g": rng.normal(size=size), "weights": [2.0, 3.0]}


def reused_tensors(rng):
    for _ in range(3):
        a, b, g = rng.normal(size=(3, 2))
        yield {"a": a, "b": b, "g": g, "weights": list(rng.normal(size=4).round(2))}


@backward.check("a line from a leaf to the root", cases=straight_lines)
def _(a, g, weights):
    calls = []
    (leaf,) = _leaves([a])
    middle = _weighted([leaf], weights[:1], calls)
    autograd.backward(_weighted([middle], weights[1:], calls), g)
    return {"gradient of a": leaf.grad, "rules that were called": len(calls)}


@backward.check("tensors that are used more than once get the sum", cases=reused_tensors)
def _(a, b, g, weights):
    calls = []
    x, y = _leaves([a, b])
    shared = _weighted([x, y], weights[:2], calls)
    left = _weighted([shared, x], weights[2:], calls)
    right = _weighted([left, shared], weights[1:3], calls)
    root = _weighted([shared, right, x, right], weights, calls)
    autograd.backward(root, g)
    return {
        "gradient of a": x.grad,
        "gradient of b": y.grad,
        "rules that were called": len(calls),
    }


def leaves_with_gradients(rng):
    a, b, g = rng.normal(size=(3, 2))
    yield {"a": a, "b": b, "grads": [rng.normal(size=2), None], "g": g}


@backward.check("a leaf's gradient is added to what is there", cases=leaves_with_gradients)
def _(a, b, grads, g):
    x, y = _leaves([a, b], grads)
    autograd.backward(_weighted([x, y], [2.0, 3.0], []), g)
    first = {"gradient of a": x.grad, "gradient of b": y.grad}
    autograd.backward(_weighted([x, y, x], [1.5, 1.0, 1.0], []), g)
    return {**first, "gradient of a, later": x.grad, "gradient of b, later": y.grad}


def broadcast_leaves(rng):
    yield {"a": rng.normal(size=(2, 1)), "b": rng.normal(size=3), "g": rng.normal(size=(2, 3))}
    yield {
        "a": rng.normal(size=(2, 3)).astype(np.float32),
        "b": rng.normal(size=3),
        "g": rng.normal(size=(2, 3)),
    }


@backward.check("the leaf's own shape and dtype", cases=broadcast_leaves)
def _(a, b, g):
    x, y = _leaves([a, b])
    autograd.backward(_weighted([x, y, x], [2.0, 3.0, 1.0], []), g)
    return {"gradient of a": x.grad, "gradient of b": y.grad}


def partly_constant(rng):
    a, b, g = rng.normal(size=(3, 2))
    yield {"a": a, "b": b, "g": g}


@backward.check("no gradient where none is wanted or given", cases=partly_constant)
def _(a, b, g):
    x, y = _leaves([a, b])
    constant = Tensor(b)
    left = record(a + b, (x, y), lambda g: (2 * g, None))
    right = record(a + b, (x, y), lambda g: (None, 3 * g))
    never_reached = _weighted([_weighted([y], [5.0], [])], [1.0], [])
    first = record(a, (left, never_reached), lambda g: (g, None))
    second = record(a, (never_reached, right), lambda g: (None, g))
    autograd.backward(_weighted([constant, first, second], [2.0, 1.0, 1.0], []), g)
    return {"gradient of a": x.grad, "gradient of b": y.grad, "of a constant": constant.grad}


@backward.check("arrays that are shared are not changed", cases=partly_constant)
def _(a, b, g):
    x, y, z = _leaves([a, b, a + b])
    both = _weighted([x, y, z], [1.0, 1.0, 1.0], [])
    root = _weighted([both, x, both, x], [1.0, 1.0, 1.0, 1.0], [])
    kept = _leaves([a])[0]
    kept.grad = before = np.ones(2)
    autograd.backward(_weighted([root, kept], [1.0, 1.0], []), g)
    return {
        "gradient of a": x.grad,
        "gradient of b": y.grad,
        "a gradient from before": before,
        "two leaves hold the same array": np.shares_memory(y.grad, z.grad),
    }


@backward.check("the graph is taken apart, or kept", cases=straight_lines)
def _(a, g, weights):
    calls = []
    (x,) = _leaves([a])
    middle = _weighted([x], weights[:1], calls)
    root = _weighted([middle, middle], weights, calls)
    autograd.backward(root, g, keep_graph=True)
    kept = [bool(root.parents), bool(middle.parents)]
    held = {"the root's grad": root.grad, "the grad of the tensor in between": middle.grad}
    root.grad = middle.grad = None
    autograd.backward(root, g)
    return {
        "with keep_graph the root keeps its parents": kept[0],
        "with keep_graph the tensor in between keeps its parents": kept[1],
        **held,
        "without keep_graph the root is released": not root.parents,
        "without keep_graph the tensor in between is released": not middle.parents,
        "without keep_graph the tensor in between has no grad": middle.grad is None,
        "gradient of a after two times": x.grad,
    }


@backward.check("a leaf as the root", cases=straight_lines)
def _(a, g, weights):
    (x,) = _leaves([a])
    autograd.backward(x, g)
    return x.grad


@backward.wrong
def backward_overwrites(root, gradient, keep_graph=False):
    """A tensor that is used twice keeps only the gradient that arrived last: add them up."""
    gradients = {id(root): gradient}
    for node in reversed(topological_order(root)):
        g = gradients.pop(id(node), None)
        if g is None:
            continue
        if node.rule is None:
            node.grad = g.copy() if node.grad is None else node.grad + g
            continue
        for parent, part in zip(node.parents, node.rule(g)):
            if part is not None and parent.requires_grad:
                gradients[id(parent)] = fitted(part, parent)
        if keep_graph:
            node.grad = g
        else:
            node.release()


@backward.wrong
def backward_replaces_the_leafs_gradient(root, gradient, keep_graph=False):
    """A leaf's `grad` is replaced, so what was there before is lost. Add to it: that is how
    several batches make one step."""
    gradients = {id(root): gradient}
    for node in reversed(topological_order(root)):
        g = gradients.pop(id(node), None)
        if g is None:
            continue
        if node.rule is None:
            node.grad = g.copy()
            continue
        for parent, part in zip(node.parents, node.rule(g)):
            if part is not None and parent.requires_grad:
                part = fitted(part, parent)
                sum_so_far = gradients.get(id(parent))
                gradients[id(parent)] = part if sum_so_far is None else sum_so_far + part
        if keep_graph:
            node.grad = g
        else:
            node.release()


@backward.wrong
def backward_in_forward_order(root, gradient, keep_graph=False):
    """You go through the order from the leaves to the root. Gradients go the other way: the root
    first, and each tensor after everything that was computed from it."""
    gradients = {id(root): gradient}
    for node in topological_order(root):
        g = gradients.pop(id(node), None)
        if g is None:
            continue
        if node.rule is None:
            node.grad = g.copy() if node.grad is None else node.grad + g
            continue
        for parent, part in zip(node.parents, node.rule(g)):
            if part is not None and parent.requires_grad:
                part = fitted(part, parent)
                sum_so_far = gradients.get(id(parent))
                gradients[id(parent)] = part if sum_so_far is None else sum_so_far + part
        if keep_graph:
            node.grad = g
        else:
            node.release()


@backward.wrong
def backward_along_every_path(root, gradient, keep_graph=False):
    """You follow every path on its own, so the rule of a tensor that is used twice is called
    twice, and in a deep graph the work doubles at every level. Collect the whole gradient of a
    tensor first, then call its rule once."""
    stack, seen = [(root, gradient)], {}
    while stack:
        node, g = stack.pop()
        if node.rule is None:
            node.grad = g.copy() if node.grad is None else node.grad + g
            continue
        if keep_graph:
            node.grad = g if node.grad is None else node.grad + g
        seen[id(node)] = node
        for parent, part in zip(node.parents, node.rule(g)):
            if part is not None and parent.requires_grad:
                stack.append((parent, fitted(part, parent)))
    if not keep_graph:
        for node in seen.values():
            node.release()


@backward.wrong
def backward_without_fitting(root, gradient, keep_graph=False):
    """A gradient arrives in the broadcast shape, or in another dtype: bring it to the parent's
    with `fitted(part, parent)` before you add it."""
    gradients = {id(root): gradient}
    for node in reversed(topological_order(root)):
        g = gradients.pop(id(node), None)
        if g is None:
            continue
        if node.rule is None:
            node.grad = g.copy() if node.grad is None else node.grad + g
            continue
        for parent, part in zip(node.parents, node.rule(g)):
            if part is not None and parent.requires_grad:
                sum_so_far = gradients.get(id(parent))
                gradients[id(parent)] = part if sum_so_far is None else sum_so_far + part
        if keep_graph:
            node.grad = g
        else:
            node.release()


@backward.wrong
def backward_adds_in_place(root, gradient, keep_graph=False):
    """`+=` on an array adds in place, and a rule may have handed the same array to several
    parents: all of them change. Add into a new array, `total = total + part`."""
    gradients = {id(root): gradient}
    for node in reversed(topological_order(root)):
        g = gradients.pop(id(node), None)
        if g is None:
            continue
        if node.rule is None:
            node.grad = g.copy() if node.grad is None else node.grad + g
            continue
        for parent, part in zip(node.parents, node.rule(g)):
            if part is not None and parent.requires_grad:
                part = fitted(part, parent)
                if id(parent) in gradients:
                    gradients[id(parent)] += part
                else:
                    gradients[id(parent)] = part
        if keep_graph:
            node.grad = g
        else:
            node.release()


@backward.wrong
def backward_never_frees(root, gradient, keep_graph=False):
    """The gradients are right, but the graph stays when nobody asked to keep it, and with it the
    memory of every step: `node.release()` once a node's rule has been called."""
    gradients = {id(root): gradient}
    for node in reversed(topological_order(root)):
        g = gradients.pop(id(node), None)
        if g is None:
            continue
        if node.rule is None:
            node.grad = g.copy() if node.grad is None else node.grad + g
            continue
        for parent, part in zip(node.parents, node.rule(g)):
            if part is not None and parent.requires_grad:
                part = fitted(part, parent)
                sum_so_far = gradients.get(id(parent))
                gradients[id(parent)] = part if sum_so_far is None else sum_so_far + part
        if keep_graph:
            node.grad = g


@backward.wrong
def backward_shares_the_leafs_array(root, gradient, keep_graph=False):
    """The gradients are right, but two leaves hold the very same array: scaling one of them would
    scale the other. Give a leaf a copy."""
    gradients = {id(root): gradient}
    for node in reversed(topological_order(root)):
        g = gradients.pop(id(node), None)
        if g is None:
            continue
        if node.rule is None:
            node.grad = g if node.grad is None else node.grad + g
            continue
        for parent, part in zip(node.parents, node.rule(g)):
            if part is not None and parent.requires_grad:
                part = fitted(part, parent)
                sum_so_far = gradients.get(id(parent))
                gradients[id(parent)] = part if sum_so_far is None else sum_so_far + part
        if keep_graph:
            node.grad = g
        else:
            node.release()


@backward.wrong
def backward_adds_to_the_leaf_in_place(root, gradient, keep_graph=False):
    """`+=` changes the array that was in the leaf's `grad`, which somebody may have kept: store a
    new array, `leaf.grad = leaf.grad + g`."""
    gradients = {id(root): gradient}
    for node in reversed(topological_order(root)):
        g = gradients.pop(id(node), None)
        if g is None:
            continue
        if node.rule is None:
            if node.grad is None:
                node.grad = g.copy()
            else:
                node.grad += g
            continue
        for parent, part in zip(node.parents, node.rule(g)):
            if part is not None and parent.requires_grad:
                part = fitted(part, parent)
                sum_so_far = gradients.get(id(parent))
                gradients[id(parent)] = part if sum_so_far is None else sum_so_far + part
        if keep_graph:
            node.grad = g
        else:
            node.release()


@backward.wrong
def backward_gives_constants_a_gradient(root, gradient, keep_graph=False):
    """A tensor without `requires_grad` got a gradient: pass it over."""
    gradients = {id(root): gradient}
    for node in reversed(topological_order(root)):
        g = gradients.pop(id(node), None)
        if g is None:
            continue
        if node.rule is None:
            node.grad = g.copy() if node.grad is None else node.grad + g
            continue
        for parent, part in zip(node.parents, node.rule(g)):
            if part is None:
                continue
            part = fitted(part, parent)
            if not parent.requires_grad:
                parent.grad = part
                continue
            sum_so_far = gradients.get(id(parent))
            gradients[id(parent)] = part if sum_so_far is None else sum_so_far + part
        if keep_graph:
            node.grad = g
        else:
            node.release()


@backward.wrong
def backward_releases_too_early(root, gradient, keep_graph=False):
    """You release a node before its rule was called, and then there is no rule: call it first,
    release the node afterwards."""
    gradients = {id(root): gradient}
    for node in reversed(topological_order(root)):
        g = gradients.pop(id(node), None)
        if g is None:
            continue
        if node.rule is None:
            node.grad = g.copy() if node.grad is None else node.grad + g
            continue
        if keep_graph:
            node.grad = g
        else:
            node.release()
        for parent, part in zip(node.parents, node.rule(g)):
            if part is not None and parent.requires_grad:
                part = fitted(part, parent)
                sum_so_far = gradients.get(id(parent))
                gradients[id(parent)] = part if sum_so_far is None else sum_so_far + part


@backward.wrong
def backward_ignores_keep_graph(root, gradient, keep_graph=False):
    """The graph is taken apart even with `keep_graph=True`. With it, store the node's gradient in
    its `grad` and do not release it."""
    gradients = {id(root): gradient}
    for node in reversed(topological_order(root)):
        g = gradients.pop(id(node), None)
        if g is None:
            continue
        if node.rule is None:
            node.grad = g.copy() if node.grad is None else node.grad + g
            continue
        for parent, part in zip(node.parents, node.rule(g)):
            if part is not None and parent.requires_grad:
                part = fitted(part, parent)
                sum_so_far = gradients.get(id(parent))
                gradients[id(parent)] = part if sum_so_far is None else sum_so_far + part
        node.release()


@backward.wrong
def backward_collects_in_grad(root, gradient, keep_graph=False):
    """You collect gradients in `grad` itself. The tensors in between then keep theirs, and a second
    call finds them there and counts them again: collect in a dictionary, and fill in `grad` only
    for leaves."""
    root.grad = gradient if root.grad is None else root.grad + gradient
    for node in reversed(topological_order(root)):
        if node.rule is None or node.grad is None:
            continue
        for parent, part in zip(node.parents, node.rule(node.grad)):
            if part is not None and parent.requires_grad:
                part = fitted(part, parent)
                parent.grad = part.copy() if parent.grad is None else parent.grad + part
        if not keep_graph:
            node.release()


@backward.alternative
def backward_simply(root, gradient, keep_graph=False):
    gradients = {id(root): gradient}
    for node in reversed(topological_order(root)):
        g = gradients.get(id(node))
        if g is None:
            continue
        if node.rule is None:
            node.grad = g.copy() if node.grad is None else node.grad + g
            continue
        for parent, part in zip(node.parents, node.rule(g)):
            if part is None or not parent.requires_grad:
                continue
            part = fitted(part, parent)
            total = gradients.get(id(parent))
            gradients[id(parent)] = part if total is None else total + part
        if keep_graph:
            node.grad = g
        else:
            node.release()


ZIP = "for parent, part in zip(node.parents, node.rule(g), strict=True):"
for weaker in (ZIP.replace(", strict=True", ""), ZIP.replace("True", "False")):
    backward.equivalent(
        f"{ZIP} -> {weaker}", because="it only turns a rule with too few gradients into an error"
    )
backward.equivalent(
    "if part is None or not parent.requires_grad: -> if part is None:",
    because="a gradient for a tensor outside the order is never picked up; it only costs time",
)
backward.equivalent(
    "gradients[parent] = part if parent.rule else _unshared(part, g) -> "
    "gradients[parent] = _unshared(part, g)",
    because="it copies more than it has to",
)
for saving in ("summed.discard(node)", "summed.add(parent)"):
    backward.equivalent(f"{saving} -> pass", because="it only saves memory")
