"""minitorch: a small deep-learning library on NumPy alone, written to be read."""

from minitorch.creation import arange, full, ones, randn, zeros
from minitorch.errors import ShapeError
from minitorch.operands import where
from minitorch.recording import no_grad
from minitorch.shapes import concatenate, stack
from minitorch.tensor import Tensor

__all__ = [
    "ShapeError",
    "Tensor",
    "arange",
    "concatenate",
    "full",
    "no_grad",
    "ones",
    "randn",
    "stack",
    "where",
    "zeros",
]
