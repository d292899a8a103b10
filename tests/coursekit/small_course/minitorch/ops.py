"""Arithmetic on lists."""

from __future__ import annotations


def add(a: list[int], b: list[int]) -> list[int]:
    """Add two lists entry by entry.

    >>> add([1, 2], [3, 4])
    [4, 6]
    """
    return [x + y for x, y in zip(a, b, strict=True)]


def total(
    values: list[int],  # any number of them
    *,
    start: int = 0,
) -> int:
    """Add up `values`, beginning with `start`."""
    # One after the other.
    result = start
    for value in values:
        result = plus(result, value)
    return result


def plus(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


class Scale:
    """Multiplies by a number."""

    def __init__(self, factor: int) -> None:
        self.factor = factor

    def forward(self, values: list[int]) -> list[int]:
        """Multiply each of `values`.

        y = factor * x
        """
        scaled = []
        for value in values:
            scaled.append(self.factor * value)
        return scaled
