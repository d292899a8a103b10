"""Figures with knobs: what moves, what stands still, and what happens when drawing fails."""

import IPython.display
import ipywidgets
import pytest

from coursekit import figures
from coursekit.figures import figure, interactive
from coursekit.interaction import Panel, control

WIDGET = "application/vnd.jupyter.widget-view+json"


def line(slope=1.0, color="blue"):
    if slope > 2:
        raise ValueError("a slope\nabove <2>")
    fig, ax = figure(width=2, height=2)
    ax.plot([0, 1], [0, slope], color=figures.COLORS[color])
    return fig


def alt(slope, color="blue"):
    return f"A {color} line with slope {slope}."


@pytest.fixture
def shown(monkeypatch):
    outputs = []
    monkeypatch.setattr(figures, "in_ipython", lambda: True)
    monkeypatch.setattr(IPython.display, "display", lambda data, raw: outputs.append(data))
    return outputs


@pytest.fixture
def panel():
    return Panel(line, alt, {"slope": control(line, "slope", (-3.0, 3.0, 0.5))})


def test_a_moved_control_replaces_the_picture(panel):
    panel.redraw()
    before = panel.picture.value
    panel.controls["slope"].value = 2.0
    assert panel.picture.value != before
    assert 'aria-label="A blue line with slope 2.0."' in panel.picture.value


def test_an_error_while_drawing_stands_in_the_pictures_place_until_it_is_gone(panel):
    panel.controls["slope"].value = 3.0
    assert panel.picture.value.startswith('<div role="alert"')
    assert "<b>ValueError</b>: a slope above &lt;2&gt;" in panel.picture.value
    assert "slope=3.0" in panel.picture.value
    panel.controls["slope"].value = 1.0
    assert "<svg" in panel.picture.value
    assert "alert" not in panel.picture.value


def test_a_function_that_draws_nothing_is_told_so(panel):
    panel.draw = lambda slope: None
    panel.redraw()
    assert "only a Matplotlib figure can be shown, not NoneType" in panel.picture.value


def test_one_output_holds_the_widget_and_the_still(shown):
    interactive(line, alt=alt, slope=(-3.0, 3.0), color=["blue", "orange"], still={"slope": 2.0})
    (data,) = shown
    assert set(data) == {WIDGET, "text/html", "text/plain"}
    assert data["text/plain"] == "A blue line with slope 2.0."
    assert data["text/html"] == figures.bundle(line(2.0), alt(2.0))["text/html"]


def test_without_a_still_the_starting_values_are_drawn(shown):
    interactive(line, alt=alt, slope=(-3.0, 3.0))
    assert shown[0]["text/plain"] == "A blue line with slope 1.0."


def test_the_still_of_a_broken_figure_stops_the_notebook(shown):
    with pytest.raises(ValueError, match="above <2>"):
        interactive(line, alt=alt, slope=(-3.0, 3.0), still={"slope": 3.0})
    assert shown == []


def test_a_still_that_names_no_control_is_refused():
    with pytest.raises(ValueError, match="'slop', which is no control; the controls are: slope"):
        interactive(line, alt=alt, slope=(-3.0, 3.0), still={"slop": 1.0})


def test_a_control_starts_at_the_default_of_its_parameter():
    slider = control(line, "slope", (-3.0, 3.0, 0.5))
    assert isinstance(slider, ipywidgets.FloatSlider)
    assert (slider.value, slider.min, slider.max, slider.step) == (1.0, -3.0, 3.0, 0.5)
    menu = control(line, "color", ["orange", "blue"])
    assert isinstance(menu, ipywidgets.Dropdown)
    assert menu.value == "blue"


def test_a_control_is_labeled_with_its_name_or_its_own_description():
    assert control(line, "learning_rate", (0.0, 1.0)).description == "learning rate"
    own = ipywidgets.IntSlider(description="rounds")
    assert control(line, "steps", own) is own
    assert own.description == "rounds"


@pytest.mark.parametrize("how", [None, object(), ipywidgets.HBox()])
def test_what_is_no_control_is_refused(how):
    with pytest.raises(TypeError, match="is no control"):
        control(line, "slope", how)
