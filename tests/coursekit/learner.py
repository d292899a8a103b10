"""A learner at a notebook, for tests: cells are run one after another, and the session is real."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from coursekit import library, session
from coursekit.report import Report

START = """\
from __future__ import annotations
from coursekit import begin, check, exercise
"""

MUL = '''
@exercise("ops.mul")
def mul(a: Tensor, b: Tensor) -> Tensor:
    """Multiply two tensors entry by entry, with broadcasting."""

    def backward(g: Array) -> tuple[Array, Array]:
        return g * b.data, g * a.data

    return record(a.data * b.data, (a, b), backward)
'''
EXCHANGED = MUL.replace("g * b.data, g * a.data", "g * a.data, g * b.data")


class Learner:
    """One notebook and its kernel: names that were defined stay until the next session."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cells = 0
        self.names: dict[str, Any] = {}
        self.run(START)

    def run(self, code: str) -> None:
        """Run a cell. Each has a file of its own, as in Jupyter, so that its source is found."""
        self.cells += 1
        path = self.folder / f"cell{self.cells}.py"
        text = "from __future__ import annotations\n" + textwrap.dedent(code)
        path.write_text(text, encoding="utf-8")
        exec(compile(text, str(path), "exec"), self.names)

    def check(self, name: str) -> Report:
        """The report that a notebook would show."""
        shown: list[Report] = []
        before = session._show
        session._show = lambda report, points: shown.append(report)  # type: ignore[assignment]
        try:
            session.check(name)
        finally:
            session._show = before
        return shown[0]

    def answer(self, code: str, name: str = "mul") -> Report:
        """Write an answer and check it."""
        self.run(code)
        return self.check(name)

    def restart(self) -> None:
        """Restart the kernel: what was defined is gone, and the library is as it came."""
        forget_everything()
        self.names.clear()
        self.run(START)


def forget_everything() -> None:
    for name in library.installed():
        library.restore(name)
    session._session = session._Session()


@contextmanager
def learning(folder: Path) -> Iterator[Learner]:
    """A learner who leaves nothing behind."""
    forget_everything()
    try:
        yield Learner(folder)
    finally:
        forget_everything()
