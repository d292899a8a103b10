"""How many threads a matrix product uses: NumPy leaves that to its BLAS library.

The more the better only where nothing else runs: a thread that waits for another one keeps its
core busy, and with a second program on two cores a product takes up to forty times as long.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path

import numpy as np

_NAMES = (  # of the functions that tell and set the number, in the libraries NumPy comes with
    ("scipy_openblas_get_num_threads64_", "scipy_openblas_set_num_threads64_"),
    ("scipy_openblas_get_num_threads", "scipy_openblas_set_num_threads"),
    ("openblas_get_num_threads64_", "openblas_set_num_threads64_"),
    ("openblas_get_num_threads", "openblas_set_num_threads"),
    ("MKL_Get_Max_Threads", "MKL_Set_Num_Threads"),
)


def set_blas_threads(count: int) -> bool:
    """Let each matrix product use `count` threads from now on, in the whole process.

    Returns False, and does nothing, where the library cannot be told, as with Apple's Accelerate.
    """
    if count < 1:
        raise ValueError(f"a matrix product needs a thread at least, not {count}")
    controls = _controls()
    if controls is None:
        return False
    controls[1](count)
    return True


@contextmanager
def blas_threads(count: int) -> Iterator[bool]:
    """Let each matrix product inside the `with` block use `count` threads.

    It gives False where that cannot be set: see `set_blas_threads`.
    """
    before = count_blas_threads()
    try:
        yield set_blas_threads(count)
    finally:
        if before is not None:
            set_blas_threads(before)


def count_blas_threads() -> int | None:
    """How many threads a matrix product uses; None where the library cannot be asked."""
    controls = _controls()
    return None if controls is None else controls[0]()


@cache
def _controls() -> tuple[Callable[[], int], Callable[[int], None]] | None:
    """The functions that tell and set the number of threads, if the library has them."""
    # A name is looked up in a file and in those it depends on; on Windows in the file alone.
    beside = Path(np.__file__).parent.with_name("numpy.libs").glob("*openblas*")
    core = import_module("numpy._core._multiarray_umath")
    for path in (core.__file__, *sorted(beside)):
        library = ctypes.CDLL(str(path))
        for get_name, set_name in _NAMES:
            if hasattr(library, get_name) and hasattr(library, set_name):
                return getattr(library, get_name), getattr(library, set_name)
    return None
