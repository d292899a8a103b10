"""What stands in the notebook's cells but did not become an answer."""

from __future__ import annotations

import re

from coursekit.answers import Answer


def overlooked(name: str, answer: Answer | None) -> str:
    """Say so if the last cell that defines an exercise's function is not what is judged.

    That happens when the cell stops with an error before the function is made, or when the line
    `@exercise(...)` was lost: the answer is then an older one, or there is none.
    """
    function = name.rpartition(".")[2]
    definition = re.compile(rf"^\s*def {function}\b", re.M)
    last = next((cell for cell in reversed(_cells()) if definition.search(cell)), None)
    if last is None or (answer is not None and _lines(answer.source) in _lines(last)):
        return ""
    about = " What follows is about the version before it." if answer is not None else ""
    if not re.search(rf"@exercise\(\s*['\"]{re.escape(name)}['\"]", last):
        return (
            f'Your last cell with `def {function}` lacks the line `@exercise("{name}")` above '
            f"it, so it is not your answer yet.{about}"
        )
    return f"Your last cell with `def {function}` stopped with an error.{about}"


def _lines(text: str) -> str:
    """A text without what nobody sees: space at the ends of its lines."""
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _cells() -> list[str]:
    """The cells that were run in this session, as they were typed."""
    try:
        from IPython import get_ipython
    except ImportError:
        return []
    shell = get_ipython()
    history = getattr(shell, "history_manager", None)
    return list(history.input_hist_raw) if history is not None else []
