"""The picture of a backward pass that a reader can walk through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from coursekit.figure_style import course_style, new_canvas
from coursekit.graph_drawing import MARGIN, PROSE, STRONG, VALUE, Picture, State, width_of, wrapped
from coursekit.graph_nodes import Graph, text_of
from coursekit.graph_steps import Step
from coursekit.interaction import Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LOW = 2.3  # inches: of pictures up to this height, the still shows three
NARROWEST = 6.2  # inches: room for the sentence above the graph
LINE = 0.21


class Stepper:
    """A graph, the steps of its backward pass, and a picture of each step."""

    def __init__(self, graph: Graph, steps: Sequence[Step]) -> None:
        self.steps = steps
        texts: dict[int, set[str]] = {}
        for step in steps:
            for number, gradient in step.gradients.items():
                texts.setdefault(number, set()).add(text_of(gradient))
        room = {number: sorted(some) for number, some in texts.items()}
        handed = {text_of(part).split("\n")[0] for s in steps for part in s.handed.values()}
        gap = max(0.45, 0.22 + max((width_of(text, VALUE) for text in handed), default=0.0))
        self.picture = Picture(graph, room, gap)
        self.width = max(self.picture.layout.width, NARROWEST)
        self.captions = [
            [
                line
                for sentence in step.says.split("\n")
                for line in wrapped(sentence, self.width - 0.75, PROSE)
            ]
            for step in steps
        ]
        lines = max(len(caption) for caption in self.captions)
        self.above = lines * LINE + 0.16
        self.height = self.picture.layout.height + self.above

    def draw(self, step: int) -> Figure:
        """The picture of one step."""
        return self.draw_steps([step])

    def draw_steps(self, chosen: Sequence[int]) -> Figure:
        """Pictures of some steps, one above the other on one card."""
        each = self.height + 2 * MARGIN
        fig, ax = new_canvas(self.width + 2 * MARGIN, each * len(chosen))
        for place, step in enumerate(reversed(chosen)):
            self._paint(ax, place * each + MARGIN, step)
        return fig

    def _paint(self, ax: Axes, bottom: float, number: int) -> None:
        step = self.steps[number]
        top = bottom + self.height
        with course_style():
            count = f"{number} / {len(self.steps) - 1}"
            ax.text(MARGIN, top - 0.15, count, fontproperties=STRONG)
            for line, words in enumerate(self.captions[number]):
                ax.text(MARGIN + 0.75, top - 0.15 - line * LINE, words, fontproperties=PROSE)
        indent = (self.width - self.picture.layout.width) / 2
        state = State(
            {place: text_of(gradient) for place, gradient in step.gradients.items()},
            step.now,
            step.called,
            {arrow: text_of(part) for arrow, part in step.handed.items()},
        )
        self.picture.paint(ax, (MARGIN + indent, bottom), state)

    def alt(self, step: int) -> str:
        """What the picture of one step says, in words."""
        says = " ".join(self.steps[step].says.split("\n"))
        return f"Backward pass, step {step} of {len(self.steps) - 1}. {says}"

    def telling(self) -> list[int]:
        """The steps to show where nobody can walk: at best one where gradients add up."""
        last = len(self.steps) - 1
        sums = [number for number, step in enumerate(self.steps) if step.adds]
        middle = sums[0] if sums else (last + 1) // 2
        if self.height > LOW:
            return [middle]
        return sorted({min(1, last), middle, last - 1 if middle < last - 1 else last})

    def panel(self) -> Panel:
        """The picture below its buttons and its slider, at the start."""
        import ipywidgets

        last = len(self.steps) - 1
        slider = ipywidgets.IntSlider(
            value=0, min=0, max=last, description="step", layout={"width": "min(26em, 100%)"}
        )
        back = ipywidgets.Button(description="Back", icon="arrow-left", tooltip="one step back")
        forward = ipywidgets.Button(
            description="Forward", icon="arrow-right", tooltip="one step forward"
        )

        def move(by: int) -> None:
            slider.value = min(max(slider.value + by, 0), last)

        back.on_click(lambda _: move(-1))
        forward.on_click(lambda _: move(1))
        row = ipywidgets.HBox([back, forward, slider], layout={"flex_flow": "row wrap"})
        return Panel(self.draw, self.alt, {"step": slider}, above=[row])

    def publish(self) -> None:
        """Show the panel, and the still where there is no Python."""
        telling = self.telling()
        alt = " ".join(self.alt(step) for step in telling)
        self.panel().publish(self.draw_steps(telling), alt)
