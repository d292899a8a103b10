"""The backward pass one rule at a time, without touching the tensors.

It is made of the reader's own parts: the order is what `autograd.topological_order` returns, the
gradients come from the rules of the tensors, and `autograd.fitted` brings them to shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.graph_nodes import Graph, text_of

if TYPE_CHECKING:
    from minitorch import Tensor


@dataclass(frozen=True)
class Step:
    """One moment: whose rule has just been called, what it handed on, and what all now hold."""

    says: str  # a sentence a line
    gradients: Mapping[int, np.ndarray]
    now: int | None = None
    handed: Mapping[int, np.ndarray] = field(default_factory=dict)  # by the edge's number
    called: frozenset[int] = frozenset()
    adds: bool = False


def backward_steps(graph: Graph, gradient: Any) -> list[Step]:
    """Walk back from the last tensor of a graph: a start, a step for each rule, and an end."""
    from minitorch import autograd

    root = graph.tensors[-1]
    if not root.requires_grad:
        raise ValueError(
            "no gradient flows back from this tensor: "
            "nothing it was computed from has requires_grad=True"
        )
    seed = np.full(root.shape, gradient, root.dtype)
    number = {id(tensor): place for place, tensor in enumerate(graph.tensors)}
    last = len(graph.tensors) - 1
    walk = _Walk(graph, {last: seed})
    steps = [Step(f"Start at {graph.label(last)}: its gradient is {_inline(seed)}.", {last: seed})]
    for tensor in reversed(autograd.topological_order(root)):
        place = number.get(id(tensor))
        if place is None:
            raise ValueError(
                "topological_order listed a tensor that the result was not computed from"
            )
        if tensor.rule is not None:
            steps.append(walk.step(place, tensor))
    steps.append(walk.end())
    return steps


class _Walk:
    def __init__(self, graph: Graph, gradients: dict[int, np.ndarray]) -> None:
        self.graph = graph
        self.gradients = gradients
        self.called: frozenset[int] = frozenset()

    def step(self, place: int, tensor: Tensor) -> Step:
        """Call the rule of one tensor, and hand what it returns to the inputs."""
        held = self.gradients.get(place)
        name = self.graph.label(place)
        if held is None:
            says = f"No gradient has come to {name} yet: its rule cannot be called."
            return Step(says, dict(self.gradients), place, {}, self.called)
        from minitorch import autograd

        assert tensor.rule is not None
        arrows = [n for n, (_, end) in enumerate(self.graph.edges) if end == place]
        handed: dict[int, np.ndarray] = {}
        sums: dict[int, tuple[list[np.ndarray], np.ndarray]] = {}
        late: list[str] = []
        for arrow, part in zip(arrows, tensor.rule(held), strict=True):
            to = self.graph.edges[arrow][0]
            parent = self.graph.tensors[to]
            if part is None or not parent.requires_grad:
                continue
            handed[arrow] = part = autograd.fitted(part, parent)
            before = self.gradients.get(to)
            self.gradients[to] = part if before is None else before + part
            if before is not None:
                sums[to] = (sums[to][0] if to in sums else [before]) + [part], self.gradients[to]
            if to in self.called:
                late.append(self.graph.label(to))
        self.called |= {place}
        says = self._sentence(name, held, handed, sums, late)
        return Step(says, dict(self.gradients), place, handed, self.called, bool(sums))

    def _sentence(self, name: str, held: Any, handed: Any, sums: Any, late: Any) -> str:
        gifts = [
            f"{_inline(part)} to {self.graph.label(self.graph.edges[arrow][0])}"
            for arrow, part in handed.items()
        ]
        says = [f"{name} holds {_inline(held)} and hands on {_listed(gifts) or 'nothing'}."]
        for to, (parts, total) in sums.items():
            terms = " + ".join(_inline(part, bracket=True) for part in parts)
            says.append(f"{self.graph.label(to)} adds up: {terms} = {_inline(total)}.")
        for label in late:
            says.append(f"Too late for {label}: its rule was called before this part came.")
        return "\n".join(says)

    def end(self) -> Step:
        leaves = [
            self.graph.label(place)
            for place, tensor in enumerate(self.graph.tensors)
            if place in self.gradients and tensor.rule is None
        ]
        keep = "keeps" if len(leaves) == 1 else "keep"
        says = f"Done: {_listed(leaves)} {keep} what has arrived as grad."
        return Step(says, dict(self.gradients), None, {}, self.called)


def _inline(array: np.ndarray, bracket: bool = False) -> str:
    """A gradient within a sentence: short, on one line."""
    text = text_of(array)
    if "\n" in text:
        rows = [", ".join(row.strip("[]").split()) for row in text.split("\n")]
        return "[" + ", ".join(f"[{row}]" for row in rows) + "]"
    negative = bracket and not text[0].isdigit() and array.ndim == 0
    return f"({text})" if negative else text


def _listed(words: list[str]) -> str:
    return ", ".join(words[:-1]) + " and " + words[-1] if len(words) > 1 else "".join(words)
