"""Week 1, the order of a graph: what an answer must do, and the mistakes it must catch."""

from functools import cache

import numpy as np

from coursekit.checking import Checks, Complaint
from minitorch import Tensor, autograd

order = Checks("autograd.topological_order")

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


order.equivalent(
    "if parent.requires_grad and parent not in visited: -> if parent.requires_grad:",
    because="a tensor that was visited is passed over when it is taken from the stack",
)
