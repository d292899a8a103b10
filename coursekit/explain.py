"""What to say when an answer raised an error, ran too long, or changed what it was given."""

from __future__ import annotations

import traceback
from types import FunctionType

from coursekit.checking import Complaint


def explain_error(error: BaseException, answer: FunctionType | None) -> str:
    """An exception in a sentence or two, with the line of the answer that it came from."""
    if isinstance(error, Complaint):
        return str(error)
    if isinstance(error, NotImplementedError):
        return "It raised NotImplementedError: a part of it is still to be written."
    if isinstance(error, RecursionError):
        return _explain_recursion(error, answer)
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if answer and f.filename == answer.__code__.co_filename]
    line = f" in the line `{own[-1].line}`" if own and own[-1].line else ""
    return f"It raised {text.rstrip('.')}{line}.{_advice(str(error))}"


def explain_time(seconds: float) -> str:
    return (
        f"It was still running after {seconds:g} seconds. Is there a loop that never ends, work "
        "that doubles at every step, or a search through a list that grows longer and longer?"
    )


def explain_changed(changed: list[str], right: bool) -> str:
    which = " and ".join(f"`{name}`" for name in changed)
    was = "was" if len(changed) == 1 else "were"
    if right:
        return (
            f"The results are right, but {which} {was} changed in place. Whoever passed that in "
            "still needs it: compute a new array, or work on a copy. (Putting a number back by "
            "adding what was subtracted is not exact.)"
        )
    return (
        f"{which} {was} changed in place, so whatever came after worked with other numbers. "
        "Compute a new array, or work on a copy: `x.copy()`; `y = x` is the same array by another "
        "name."
    )


def explain_unchanged(names: list[str]) -> str:
    which = " and ".join(f"`{name}`" for name in names)
    return (
        f"{which} should have been changed, and {'was' if len(names) == 1 else 'were'} not. The "
        "change must happen in that very array: `x = x + ...` makes a new one and leaves the old."
    )


def _explain_recursion(error: BaseException, answer: FunctionType | None) -> str:
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)][-100:]
    own = answer.__code__.co_filename if answer else ""
    name = answer.__name__ if answer else "it"
    if own and all(frame.f_code.co_filename == own for frame in frames):
        return (
            "It calls itself too often: Python allows about a thousand calls inside each other, "
            "and this input is deeper. Use a loop, and keep what is still to be done in a list of "
            "your own."
        )
    return (
        f"`{name}` ends up calling itself without end. On a Tensor, the operators and methods lead "
        f"back to the library, where your own `{name}` now stands: work on the arrays (`.data`) "
        "instead."
    )


def _advice(message: str) -> str:
    if "__array_ufunc__=None" in message:
        return " NumPy's functions take arrays: use the tensor's `.data`."
    if "only a tensor with one entry has one" in message:
        return (
            " Python asked whether a tensor is true, as `if tensor:` does, and `in` when it "
            "searches a list. Write `is not None`, or look tensors up in a set."
        )
    return ""
