"""minitorch: a small deep-learning library on NumPy alone, written to be read."""

from minitorch.creation import arange, full, ones, randn, zeros
from minitorch.errors import ShapeError
from minitorch.shapes import concatenate, stack, where
from minitorch.tensor import Tensor, no_grad

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
