"""Greedy tokens in minitorch, as the chat generates them and through the model's own code."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.generation_models import NEW, PROMPT, new_model
from minitorch.blas import set_blas_threads
from minitorch.generation import generate, greedy_with_cache
from minitorch.sampling import Settings

Run = Callable[[], list[int]]


def tokens(width: int, count: int = NEW) -> Run:
    """What generates `count` tokens whenever it is called."""
    set_blas_threads(1)
    model, settings = new_model(width), Settings(max_new_tokens=count)
    return lambda: list(generate(model, PROMPT, settings))


def tokens_of_tensors(width: int, count: int = NEW) -> Run:
    """The same with the model's own code instead of the path on arrays."""
    set_blas_threads(1)
    model = new_model(width)
    return lambda: greedy_with_cache(model, PROMPT, count)
