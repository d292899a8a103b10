"""How a tensor comes to remember the operation that made it, and when it does not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from minitorch.tensor import Array, Rule, Tensor

_new = object.__new__  # a result needs none of the care that Tensor(...) takes of what it is given


class _Mode(threading.local):
    recording = True


_mode = _Mode()


@contextmanager
def no_grad() -> Iterator[None]:
    """Compute without remembering: tensors made inside have no parents and no gradient."""
    before = _mode.recording
    _mode.recording = False
    try:
        yield
    finally:
        _mode.recording = before


def record(data: Array, parents: tuple[Tensor, ...], backward: Rule) -> Tensor:
    """Make the tensor that an operation returns, and remember how it came about.

    `backward(g)` takes the gradient of the result and returns the gradients of the parents, in
    their order: new arrays, `g` itself or views of it. It is kept only if gradients are on and
    some parent wants one. A result is never float64 unless a parent is.
    """
    out = _new(Tensor)
    if type(data) is not Array:  # NumPy returns numbers, not arrays, where no axis is left
        data = np.asarray(data)
    if data.dtype.char == "d" and all(parent.data.dtype.char != "d" for parent in parents):
        data = data.astype(np.float32)
    out.data = data
    out.grad = None
    if _mode.recording:
        for parent in parents:
            if parent.requires_grad:
                out.requires_grad = True
                out.parents = parents
                out.rule = backward
                return out
    out.requires_grad = False
    out.parents = ()
    out.rule = None
    return out


def released(g: Array) -> tuple[Array | None, ...]:
    """Stand in for the rule of a tensor whose graph was taken apart."""
    raise RuntimeError(
        "backward went through this graph before and took it apart: compute the result again, "
        "or call backward(keep_graph=True) the first time"
    )
