"""The tensor: an array that remembers how it was computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minitorch import autograd
from minitorch.errors import ShapeError

Array = np.ndarray
Rule = Callable[[Array], tuple[Array | None, ...]]
Axis = int | tuple[int, ...] | None
_OF_NUMPY = (np.ndarray, np.generic)  # arrays, and numbers that NumPy returned


class Tensor:
    """An array with a gradient.

    `data` is the NumPy array and `grad` its gradient (an array of the same shape, or `None`).
    `parents` are the tensors it was computed from and `rule` takes its gradient to theirs;
    a leaf, which nobody computed, has no rule.

    Numbers and lists become float32 where they hold fractions; NumPy arrays keep their dtype
    and are not copied.
    """

    __slots__ = ("__weakref__", "data", "grad", "parents", "requires_grad", "rule")
    __array_ufunc__ = None  # lets `array * tensor` reach Tensor.__rmul__

    def __init__(self, data: Any, requires_grad: bool = False, dtype: Any = None) -> None:
        if isinstance(data, Tensor):
            raise TypeError("this is a Tensor already; t.detach() gives one without its history")
        if isinstance(data, list | tuple) and any(isinstance(part, Tensor) for part in data):
            raise TypeError("a list of tensors: stack(list) joins them and keeps their history")
        array = np.asarray(data)
        if array.dtype.kind not in "fiub":
            raise TypeError(f"a Tensor holds numbers, not {array.dtype} ({data!r:.60})")
        if dtype is None and array.dtype.char == "d" and not isinstance(data, _OF_NUMPY):
            dtype = np.float32
        if dtype is not None:
            array = array.astype(dtype, copy=False)
        if requires_grad and array.dtype.kind != "f":
            raise TypeError(
                f"only floating-point tensors have gradients, not {array.dtype}: "
                "pass dtype=np.float32"
            )
        self.data: Array = array
        self.grad: Array | None = None
        self.requires_grad = requires_grad
        self.parents: tuple[Tensor, ...] = ()
        self.rule: Rule | None = None

    # -- what it is ---------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        return self.data.shape

    @property
    def ndim(self) -> int:
        return self.data.ndim

    @property
    def size(self) -> int:
        return self.data.size

    @property
    def dtype(self) -> np.dtype:
        return self.data.dtype

    @property
    def operation(self) -> str:
        """The operation that made this tensor ("mul"), or "" for a leaf."""
        return self.rule.__qualname__.split(".")[0] if self.rule else ""

    def numpy(self) -> Array:
        """The values as an array: the tensor's own, not a copy."""
        return self.data

    def item(self) -> float:
        """The value of a tensor with one entry, as a Python number."""
        if self.data.size != 1:
            raise ShapeError(f"item of shape {self.shape}: only a tensor with one entry has one")
        return self.data.item()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.data, dtype, copy=copy)

    def detach(self) -> Tensor:
        """The same values without their history."""
        return Tensor(self.data)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("a tensor with no axes has no length")
        return len(self.data)

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        return bool(self.item())

    def __repr__(self) -> str:
        values = np.array2string(self.data, precision=4, separator=", ", prefix="Tensor(")
        dtype = "" if self.data.dtype == np.float32 else f", dtype={self.data.dtype}"
        grad = ", requires_grad=True" if self.requires_grad else ""
        return f"Tensor({values}{dtype}{grad})"

    # -- gradients ----------------------------------------------------------------------

    def backward(self, gradient: Any = None, keep_graph: bool = False) -> None:
        """Add to the `grad` of every leaf the gradient of this tensor (times `gradient`).

        `gradient` may be left out for a tensor with one entry: it is 1. The graph is taken
        apart on the way unless `keep_graph` is set, in which case the tensors in between
        keep their gradients as well.
        """
        if not self.requires_grad:
            raise RuntimeError(
                "backward on a tensor that no gradient flows to: "
                "nothing it was computed from has requires_grad=True"
            )
        if gradient is None:
            if self.data.size != 1:
                raise ShapeError(
                    f"backward from shape {self.shape} needs a gradient of that shape; "
                    "only a tensor with one entry can leave it out"
                )
            gradient = np.ones_like(self.data)
        values = gradient.data if isinstance(gradient, Tensor) else gradient
        gradient = np.array(values, dtype=self.data.dtype)
        if gradient.shape != self.shape:
            raise ShapeError(
                f"backward from shape {self.shape} was given a gradient of shape {gradient.shape}"
            )
        autograd.backward(self, gradient, keep_graph)

    def release(self) -> None:
        """Forget the history. Used by `backward` to free the graph as it goes."""
        self.parents = ()
        self.rule = recording.released

    # -- arithmetic ---------------------------------------------------------------------

    def __add__(self, other: Any) -> Tensor:
        return operands.binary(ops.add, self, other)

    def __radd__(self, other: Any) -> Tensor:
        return operands.binary(ops.add, other, self)

    def __sub__(self, other: Any) -> Tensor:
        return operands.binary(ops.sub, self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return operands.binary(ops.sub, other, self)

    def __mul__(self, other: Any) -> Tensor:
        return operands.binary(ops.mul, self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return operands.binary(ops.mul, other, self)

    def __truediv__(self, other: Any) -> Tensor:
        return operands.binary(ops.div, self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return operands.binary(ops.div, other, self)

    def __matmul__(self, other: Any) -> Tensor:
        return operands.binary(operands.matmul, self, other)

    def __rmatmul__(self, other: Any) -> Tensor:
        return operands.binary(operands.matmul, other, self)

    def __pow__(self, exponent: float) -> Tensor:
        return ops.power(self, exponent)

    def __neg__(self) -> Tensor:
        return ops.neg(self)

    # -- comparisons: tensors of True and False, without gradients ----------------------

    def __eq__(self, other: object) -> Tensor:  # type: ignore[override]
        return operands.compare(np.equal, self, other)

    def __ne__(self, other: object) -> Tensor:  # type: ignore[override]
        return operands.compare(np.not_equal, self, other)

    def __lt__(self, other: Any) -> Tensor:
        return operands.compare(np.less, self, other)

    def __le__(self, other: Any) -> Tensor:
        return operands.compare(np.less_equal, self, other)

    def __gt__(self, other: Any) -> Tensor:
        return operands.compare(np.greater, self, other)

    def __ge__(self, other: Any) -> Tensor:
        return operands.compare(np.greater_equal, self, other)

    __hash__ = object.__hash__  # a tensor is itself, whatever its values

    # -- functions of each entry --------------------------------------------------------

    def exp(self) -> Tensor:
        return ops.exp(self)

    def log(self) -> Tensor:
        return ops.log(self)

    def sqrt(self) -> Tensor:
        return ops.sqrt(self)

    def tanh(self) -> Tensor:
        return ops.tanh(self)

    def relu(self) -> Tensor:
        return ops.relu(self)

    # -- reductions ---------------------------------------------------------------------

    def sum(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        return operands.explained(ops.sum, self, axis, keepdims)

    def mean(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        return operands.explained(ops.mean, self, axis, keepdims)

    def var(self, axis: Axis = None, keepdims: bool = False, correction: int = 0) -> Tensor:
        return operands.explained(ops.var, self, axis, keepdims, correction)

    def max(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        return operands.explained(ops.max, self, axis, keepdims)

    def argmax(self, axis: int | None = None) -> Tensor:
        return operands.explained(operands.argmax, self, axis)

    def softmax(self, axis: int = -1) -> Tensor:
        return operands.explained(ops.softmax, self, axis)

    def log_softmax(self, axis: int = -1) -> Tensor:
        return operands.explained(ops.log_softmax, self, axis)

    # -- shape --------------------------------------------------------------------------

    def reshape(self, *shape: int) -> Tensor:
        return operands.explained(shapes.reshape, self, shapes.unpacked(shape))

    def transpose(self, first: int = -2, second: int = -1) -> Tensor:
        return operands.explained(shapes.transpose, self, first, second)

    def permute(self, *axes: int) -> Tensor:
        return operands.explained(shapes.permute, self, shapes.unpacked(axes))

    @property
    def T(self) -> Tensor:
        return self.transpose()

    def __getitem__(self, key: Any) -> Tensor:
        return operands.explained(shapes.index, self, shapes.plain_key(key))


# The operations are written with the class above, so they can only be read after it.
from minitorch import operands, ops, recording, shapes  # noqa: E402
