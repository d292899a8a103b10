"""Figures with knobs: widgets above a picture that is drawn again when one of them moves."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ipywidgets
    from matplotlib.figure import Figure

Alt = str | Callable[..., str]


def interactive(
    draw: Callable[..., Figure],
    *,
    alt: Alt,
    still: dict[str, Any] | None = None,
    **controls: Any,
) -> None:
    """Show a figure that follows its controls.

    `draw` takes the controls' values by name and returns a figure. A control is an ipywidgets
    widget, or short for one: `(0.0, 2.0, 0.1)` is a slider (lowest, highest, step), a list is a
    menu, `True` is a box to tick. It starts at the default value of `draw`'s parameter, where
    there is one.

        def tangent(x=1.0): ...
        interactive(tangent, alt="A parabola and its tangent.", x=(-2.0, 2.0, 0.1))

    Pages that cannot run Python show one picture: `draw` with the values that `still` names, and
    the starting ones for the rest. `alt` is a text, or a function from the values to one.
    """
    unknown = sorted(set(still or {}) - set(controls))
    if unknown:
        raise ValueError(
            f"still names {unknown[0]!r}, which is no control; the controls are: "
            + ", ".join(controls)
        )
    panel = Panel(draw, alt, {name: control(draw, name, how) for name, how in controls.items()})
    chosen = panel.values() | (still or {})
    panel.publish(draw(**chosen), panel.text(chosen))


def control(draw: Callable[..., Figure], name: str, how: Any) -> ipywidgets.Widget:
    """The widget for one parameter of `draw`, labeled with its name."""
    import ipywidgets

    parameter = inspect.signature(draw).parameters.get(name)
    start = parameter.default if parameter else inspect.Parameter.empty
    widget = ipywidgets.interactive.widget_from_abbrev(how, start)
    if widget is None or not hasattr(widget, "value"):
        raise TypeError(
            f"{name}={how!r} is no control: give a widget, (lowest, highest, step), a list, "
            "or True or False"
        )
    if not widget.description:
        widget.description = name.replace("_", " ")
    widget.style.description_width = "8em"
    widget.layout.width = "min(32em, 100%)"
    return widget


class Panel:
    """Controls, and below them the picture that they draw."""

    def __init__(
        self,
        draw: Callable[..., Figure],
        alt: Alt,
        controls: dict[str, ipywidgets.Widget],
        above: list[ipywidgets.Widget] | None = None,
    ) -> None:
        import ipywidgets

        self.draw = draw
        self.alt = alt
        self.controls = controls
        self.picture = ipywidgets.HTML(layout=ipywidgets.Layout(width="auto", margin="4px 0 0 0"))
        for widget in controls.values():
            widget.observe(self.redraw, "value")
        top = above or list(controls.values())
        self.box = ipywidgets.VBox([*top, self.picture])

    def values(self) -> dict[str, Any]:
        """What the controls say now, by name."""
        return {name: widget.value for name, widget in self.controls.items()}

    def text(self, values: dict[str, Any]) -> str:
        """The alternative text of the picture with these values."""
        return self.alt(**values) if callable(self.alt) else self.alt

    def redraw(self, change: Any = None) -> None:
        """Put the picture for the present values in place of the last one.

        It is drawn first and replaced in one go, so that it does not flicker. An error takes the
        picture's place: nobody would see it anywhere else, since widgets call this by themselves.
        """
        from coursekit.svg import svg_text

        values = self.values()
        try:
            svg = svg_text(self.draw(**values), self.text(values))
            fits = 'style="max-width: 100%; height: auto; display: block; '
            self.picture.value = svg.replace('style="', fits, 1)
        except Exception as error:
            self.picture.value = error_line(error, values)

    def publish(self, still: Figure, alt: str) -> None:
        """Show the panel, and the still wherever there is nobody to turn the knobs."""
        from coursekit import figures

        data = figures.bundle(still, alt)
        if not figures.in_ipython():
            return
        from IPython.display import display

        self.redraw()
        widget = self.box._repr_mimebundle_()
        widget.pop("text/plain")
        display(data | widget, raw=True)


def error_line(error: Exception, values: dict[str, Any]) -> str:
    """An error as one line of HTML: which, and with what values."""
    given = ", ".join(f"{name}={value!r}" for name, value in values.items())
    message = " ".join(str(error).split()) or "no message"
    return (
        '<div role="alert" style="background: #fcfcfa; color: #8f0d20; padding: 0.4em 0.8em; '
        'border: 1px solid #8f0d20; border-radius: 6px; line-height: 1.5">'
        f"<b>{type(error).__name__}</b>: {escape(message)} "
        f'<span style="color: #5b6068">(with {escape(given)})</span></div>'
    )
