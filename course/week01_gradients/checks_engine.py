"""Week 1, the engine: what an answer must do, and the mistakes it must catch."""

from functools import cache

import numpy as np

from coursekit.checking import Checks, Complaint
from minitorch import Tensor, autograd
from minitorch.autograd import fitted, topological_order
from minitorch.recording import record

order = Checks("autograd.topological_order")
backward = Checks("autograd.backward")


# -- topological_order -------------------------------------------------------------------------
#
# A graph is given as the parents of each node, by number. Nodes come after their parents, the
# last one is the root, and those in `constants` want no gradient.


def small_graphs(rng):
    yield {"parents": [[], [0]], "constants": []}
    yield {"parents": [[], [], [0, 1], [2, 0]], "constants": []}
    yield {"parents": [[]], "constants": []}


def shared_graphs(rng):
    yield {"parents": [[], [0], [0], [1, 2]], "constants": []}
    yield {"parents": [[], [0, 0], [1, 1, 0]], "constants": []}
    # A long way round and a short cut: the short cut must not come first.
    yield {"parents": [[], [0], [1], [2], [3, 1, 0]], "constants": []}
    yield {"parents": [[], [0], [1], [2], [0, 1, 3]], "constants": []}
    yield {"parents": [[], [], *([n - 1, n - 2] for n in range(2, 12))], "constants": []}


def random_graphs(rng):
    for size in (6, 9, 14, 20):
        parents = [[], []]
        for n in range(2, size):
            parents.append([int(p) for p in rng.integers(max(0, n - 5), n, size=2)])
        yield {"parents": parents, "constants": []}


def graphs_with_constants(rng):
    yield {"parents": [[], [], [0, 1]], "constants": [1]}
    yield {"parents": [[], [], [1], [0, 2]], "constants": [1, 2]}


def graphs_of_equal_values(rng):
    yield {"parents": [[], [], [], [0, 1], [2, 3], [4, 3]], "constants": []}


def deep_chains(rng):
    yield {"length": 60_000}


def tall_diamonds(rng):
    yield {"levels": 14}


class _Watched(Tensor):
    """A tensor that counts how often it is asked for its parents."""

    __slots__ = ("_parents", "looks")

    @property
    def parents(self):
        self.looks += 1
        return self._parents

    @parents.setter
    def parents(self, parents):
        self._parents, self.looks = parents, 0


def _graph(parents, constants=(), kind=Tensor):
    nodes = []
    for number, numbers in enumerate(parents):
        node = kind(np.zeros(2), requires_grad=number not in constants)
        node.parents = tuple(nodes[n] for n in numbers)
        nodes.append(node)
    return nodes


def _described(parents, constants):
    """A graph in words."""
    lines = []
    for number, numbers in enumerate(parents):
        made = " and ".join(f"tensor {n}" for n in numbers)
        what = f"computed from {made}" if numbers else "a leaf"
        constant = ", wants no gradient" if number in constants else ""
        root = ", the root" if number == len(parents) - 1 else ""
        lines.append(f"tensor {number}: {what}{constant}{root}")
    return "\n".join(lines)


def _report(nodes):
    """What can be said of the order that an answer gives, whichever valid one it is."""
    given = autograd.topological_order(nodes[-1])
    if not isinstance(given, list):
        raise Complaint(f"It returned a value of type `{type(given).__name__}`, not a list.")
    number = {id(node): n for n, node in enumerate(nodes)}
    if not all(isinstance(node, Tensor) and id(node) in number for node in given):
        raise Complaint("The list holds something that is not a tensor of the graph.")
    place = {id(node): position for position, node in enumerate(given)}
    return {
        "tensors that are listed": sorted(number[id(node)] for node in given),
        "the root is last": bool(given) and given[-1] is nodes[-1],
        "parents before children": all(
            place.get(id(parent), -1) <= place[id(node)]
            for node in given
            for parent in node.parents
        ),
    }


def _order(parents, constants):
    return _report(_graph(parents, constants))


order.check("small graphs", cases=small_graphs, describe=_described)(_order)
order.check("tensors that are used more than once", cases=shared_graphs, describe=_described)(
    _order
)
order.check("different tensors of equal values", cases=graphs_of_equal_values, describe=_described)(
    _order
)
order.check("random graphs", cases=random_graphs, describe=_described)(_order)
order.check("tensors that want no gradient", cases=graphs_with_constants, describe=_described)(
    _order
)


@order.check("a chain of 60,000 tensors", cases=deep_chains)
def _(length):
    return _length_and_ends(_chain(length))


@cache
def _chain(length):
    """Made once: it takes longer than to put it in order."""
    return _graph([[], *([n] for n in range(length - 1))])


@order.check("14 diamonds on top of each other", cases=tall_diamonds)
def _(levels):
    nodes = _graph([[], *([n, n] for n in range(levels))], kind=_Watched)
    result = _length_and_ends(nodes)
    # There are 2**14 paths to the leaf: who follows each of them asks that often.
    often = max(node.looks for node in nodes) > 100
    return {**result, "asks for the same parents again and again": often}


def _length_and_ends(nodes):
    given = autograd.topological_order(nodes[-1])
    ends = [given[0] is nodes[0], given[-1] is nodes[-1]] if given else []
    return {"tensors in the list": len(given), "the leaf is first, the root last": ends}


@order.wrong
def order_by_recursion(root):
    """The order is right, but the function calls itself for each parent, and Python allows about
    a thousand calls inside each other. Keep the tensors that are still to be visited in a list
    of your own."""
    order, visited = [], set()

    def visit(node):
        if id(node) in visited:
            return
        visited.add(id(node))
        for parent in node.parents:
            if parent.requires_grad:
                visit(parent)
        order.append(node)

    visit(root)
    return order


@order.wrong
def order_with_repeats(root):
    """A tensor that is reached by two paths is listed twice, and everything below it again, which
    doubles the work at every level: note which tensors were visited."""
    order, stack = [], [(root, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
            continue
        stack.append((node, True))
        stack.extend((parent, False) for parent in node.parents if parent.requires_grad)
    return order


@order.wrong
def order_by_levels(root):
    """You list the graph level by level from the root and turn the list round. A tensor that is
    reached by a short and by a long path then stands where the short one met it, after tensors
    that were computed from it: list a tensor only when all its parents are listed."""
    order, visited, queue = [], {id(root)}, [root]
    for node in queue:
        order.append(node)
        for parent in node.parents:
            if parent.requires_grad and id(parent) not in visited:
                visited.add(id(parent))
                queue.append(parent)
    return order[::-1]


@order.wrong
def order_from_the_root(root):
    """Your list begins with the root: it goes from children to parents. Parents come first."""
    order, visited, stack = [], set(), [(root, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif id(node) not in visited:
            visited.add(id(node))
            stack.append((node, True))
            stack.extend((parent, False) for parent in node.parents if parent.requires_grad)
    return order[::-1]


@order.wrong
def order_with_constants(root):
    """You list tensors that want no gradient. Leave out those without `requires_grad`, and with
    them everything that only they lead to."""
    order, visited, stack = [], set(), [(root, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif id(node) not in visited:
            visited.add(id(node))
            stack.append((node, True))
            stack.extend((parent, False) for parent in node.parents)
    return order


@order.wrong
def order_by_values(root):
    """You tell tensors apart by their values, so two different ones that happen to be equal count
    as one: tell them apart by `id(tensor)`."""
    order, visited, stack = [], set(), [(root, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif (node.data.tobytes(), len(node.parents)) not in visited:
            visited.add((node.data.tobytes(), len(node.parents)))
            stack.append((node, True))
            stack.extend((parent, False) for parent in node.parents if parent.requires_grad)
    return order


@order.wrong
def order_marks_on_listing(root):
    """The order is right, but a tensor counts as visited only when it is listed, so on the way
    there it is begun again by every path that leads to it: mark it when you first take it."""
    order, visited, stack = [], set(), [(root, False)]
    while stack:
        node, done = stack.pop()
        if done and id(node) not in visited:
            visited.add(id(node))
            order.append(node)
        elif not done:
            stack.append((node, True))
            stack.extend((parent, False) for parent in node.parents if parent.requires_grad)
    return order


@order.wrong
def order_remembers_in_a_list(root):
    """The order is right, but you look up visited tensors in a list, and that takes longer the
    longer the list is: with 60,000 tensors it hardly ends. A set finds them at once."""
    order, visited, stack = [], [], [(root, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif id(node) not in visited:
            visited.append(id(node))
            stack.append((node, True))
            stack.extend((parent, False) for parent in node.parents if parent.requires_grad)
    return order


@order.wrong
def order_marks_on_pushing(root):
    """You mark a tensor as visited when you put it on the stack. A second path that leads to it
    from below then finds it marked and goes on without it, so it is listed too late: mark it when
    you take it from the stack."""
    order, visited, stack = [], {id(root)}, [(root, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
            continue
        stack.append((node, True))
        for parent in node.parents:
            if parent.requires_grad and id(parent) not in visited:
                visited.add(id(parent))
                stack.append((parent, False))
    return order


@order.alternative
def order_by_counting_children(root):
    uses, stack, seen = {}, [root], {id(root)}
    while stack:
        for parent in stack.pop().parents:
            if parent.requires_grad:
                uses[id(parent)] = uses.get(id(parent), 0) + 1
                if id(parent) not in seen:
                    seen.add(id(parent))
                    stack.append(parent)
    order, ready = [], [root]
    while ready:
        node = ready.pop()
        order.append(node)
        for parent in node.parents:
            if parent.requires_grad:
                uses[id(parent)] -= 1
                if uses[id(parent)] == 0:
                    ready.append(parent)
    return order[::-1]


@order.alternative
def order_with_iterators(root):
    order, visited, stack = [], {id(root)}, [(root, iter(root.parents))]
    while stack:
        node, parents = stack[-1]
        for parent in parents:
            if parent.requires_grad and id(parent) not in visited:
                visited.add(id(parent))
                stack.append((parent, iter(parent.parents)))
                break
        else:
            order.append(node)
            stack.pop()
    return order


# -- backward ----------------------------------------------------------------------------------
#
# The graphs are made of one kind of node, a weighted sum of its parents, whose rule notes each
# call: the engine is judged apart from the operations.


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
order.equivalent(
    "if parent.requires_grad and parent not in visited: -> if parent.requires_grad:",
    because="a tensor that was visited is passed over when it is taken from the stack",
)
