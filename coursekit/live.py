"""Figures that are drawn again and again while something goes on, such as training.

    with Curves(ylabel="loss", alt="The loss falls from 2.3 to 0.1.") as curves:
        for step in range(1000):
            ...
            curves.add(step, train=loss.item())

The picture follows the training in a notebook. What is stored is the last one alone, so the
notebook is the same however fast the machine is. In a plain terminal nothing is drawn.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from coursekit.colors import COLORS
from coursekit.figures import bundle, figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECONDS = 0.5  # between two pictures
SHARE = 4  # drawing takes at most one part in so many of the time


class Live:
    """A figure that follows what happens inside a `with` block.

    `draw()` makes the figure of the present state. Call `update()` as often as you like: it draws
    only if the last picture is half a second old, or older if drawing takes long. At the end of
    the block the last state is drawn, also if the block was interrupted.
    """

    def __init__(self, draw: Callable[[], Figure], *, alt: str) -> None:
        self.draw = draw
        self.alt = alt
        self.next = -math.inf
        self.handle: Any = None

    def update(self) -> None:
        """Draw the present state, unless the last picture is too recent."""
        begun = monotonic()
        if begun < self.next or not _in_notebook():
            return
        self._show()
        cost = monotonic() - begun
        self.next = begun + cost + max(SECONDS, SHARE * cost)

    def _show(self) -> None:
        from IPython.display import display

        data = bundle(self.draw(), self.alt)
        if self.handle is None:
            self.handle = display(data, raw=True, display_id=True)
        else:
            self.handle.update(data, raw=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # A picture that fails must not hide why the block ended.
        if _in_notebook() and (kind is None or issubclass(kind, KeyboardInterrupt)):
            self._show()


class Curves(Live):
    """Curves that grow while a model is trained: a loss, an accuracy, a rate.

    Each name given to `add` is a curve of its own. `log` makes the vertical axis logarithmic.
    """

    def __init__(
        self, *, alt: str, xlabel: str = "step", ylabel: str = "loss", log: bool = False
    ) -> None:
        super().__init__(self.figure, alt=alt)
        self.labels = {"xlabel": xlabel, "ylabel": ylabel}
        self.log = log
        self.curves: dict[str, tuple[list[float], list[float]]] = {}

    def add(self, step: float, **values: float) -> None:
        """Add a point to each named curve, and draw if it is time."""
        for name, value in values.items():
            xs, ys = self.curves.setdefault(name, ([], []))
            xs.append(step)
            ys.append(float(value))
        self.update()

    def figure(self) -> Figure:
        """The curves as they stand."""
        fig, ax = figure(width=6, height=3.0)
        for (name, (xs, ys)), color in zip(self.curves.items(), COLORS.values()):
            ax.plot(xs, ys, color=color, label=name.replace("_", " "))
        ax.set(**self.labels)
        if self.log:
            ax.set_yscale("log")
        if len(self.curves) > 1:
            ax.legend()
        return fig


def _in_notebook() -> bool:
    """Tell whether there is a notebook's kernel: only there can a picture be replaced."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None) is not None
