"""The kit of the course: it builds, checks and opens the notebooks.

A notebook imports three names from here: `begin`, `exercise` and `check`. They are loaded when
they are first asked for, so that `python -m coursekit doctor` works where nothing is installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coursekit.session import begin, check, exercise

__all__ = ["begin", "check", "exercise"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'coursekit' has no attribute {name!r}")
    from coursekit import session

    return getattr(session, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
