"""Figures: one style, the same bytes on every run, and never without alternative text."""

import itertools
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from urllib.parse import unquote

import IPython.display
import matplotlib
import numpy as np
import pytest

from coursekit import figures
from coursekit.colors import CARD, COLORS
from coursekit.figures import figure, show

ALT = 'Six curves & a "legend"'


def curves():
    fig, (left, right) = figure(width=7, ncols=2)
    x = np.linspace(-3, 3, 100)
    for shift in range(6):
        left.plot(x, np.tanh(x + shift), label=f"shift {shift}")
    left.set(xlabel="input", ylabel="output", title="Six curves")
    left.legend()
    right.scatter(x, x * x)
    right.text(0, 4, "text")
    right.annotate("lowest", (0, 0), (1, 3), arrowprops={"arrowstyle": "->"})
    right.bar([1, 2], [3, 4])
    fig.suptitle("Two axes")
    return fig


def svg_of(fig):
    return drawing(figures.bundle(fig, ALT)["text/html"])


def drawing(html):
    """The SVG inside an image in HTML."""
    return unquote(html.split(f"src='{figures.SVG_DATA}")[1].removesuffix("'>"))


@pytest.fixture
def shown(monkeypatch):
    """What would appear in a notebook."""
    outputs = []

    def record(data, raw):
        assert raw
        outputs.append(data)

    monkeypatch.setattr(figures, "in_ipython", lambda: True)
    monkeypatch.setattr(IPython.display, "display", record)
    return outputs


def test_a_figure_leaves_the_readers_matplotlib_settings_alone():
    before = dict(matplotlib.rcParams)
    svg_of(curves())
    assert dict(matplotlib.rcParams) == before


def test_a_figure_looks_the_same_whatever_the_reader_has_set():
    plain = svg_of(curves())
    with matplotlib.rc_context(), matplotlib.style.context("dark_background"):
        matplotlib.rcParams.update({"font.size": 20, "lines.linewidth": 7, "axes.grid": False})
        assert svg_of(curves()) == plain


@pytest.mark.integration
def test_another_process_draws_the_same_bytes():
    code = (
        "from coursekit.figures import figure, bundle\n"
        "fig, ax = figure(); ax.plot([1, 3, 2]); ax.set_xlabel('x')\n"
        "print(bundle(fig, 'three points')['text/html'])"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in "12"
    }
    assert len(runs) == 1
    assert b"%3C/svg%3E" in runs.pop()


def test_an_svg_holds_no_date_no_version_no_address_and_no_style_for_the_page_around():
    svg = svg_of(curves())
    assert svg.startswith('<svg role="img" aria-label="Six curves &amp; a &quot;legend&quot;" ')
    assert set(re.findall(r"https?://[^\s\"<]+", svg)) == {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert not re.search(r"<metadata|<style|<\?xml|<!DOCTYPE|[Mm]atplotlib|<date", svg)


def test_coordinates_have_at_most_two_decimals():
    for path in re.findall(r'\bd="([^"]*)"', svg_of(curves())):
        assert not re.search(r"\.\d{3}", path)


def test_a_figure_is_small_even_with_many_points():
    assert len(svg_of(curves())) < 60_000
    fig, ax = figure()
    ax.scatter(*np.random.default_rng(0).normal(size=(2, 20_000)), s=3)
    assert len(svg_of(fig)) < 60_000


def test_a_figure_is_not_registered_with_pyplot():
    from matplotlib import pyplot

    svg_of(curves())
    assert pyplot.get_fignums() == []


@pytest.mark.parametrize("alt", ["", "  \n", None])
def test_a_figure_without_alternative_text_is_refused(alt):
    with pytest.raises(ValueError, match="needs alternative text"):
        show(curves(), alt=alt)


def test_what_is_no_figure_is_refused():
    with pytest.raises(TypeError, match="not list"):
        show([1, 2], alt="numbers")


def test_show_gives_one_output_with_the_alternative_text_in_every_form(shown):
    show(curves(), alt=ALT)
    (data,) = shown
    assert set(data) == {"text/html", "text/plain"}
    assert data["text/plain"] == ALT

    tags = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: tags.append((tag, dict(attributes)))
    parser.feed(data["text/html"])
    ((tag, attributes),) = tags
    assert tag == "img"
    assert attributes["alt"] == ALT
    assert unquote(attributes["src"]).startswith("data:image/svg+xml,<svg role=")
    assert unquote(attributes["src"]).endswith("</svg>")


def test_outside_of_ipython_nothing_appears(capsys):
    show(curves(), alt=ALT)
    assert capsys.readouterr() == ("", "")


@pytest.mark.integration
def test_importing_the_module_does_not_wait_for_matplotlib():
    code = (
        "import sys, coursekit.figures, coursekit.graphs\n"
        "print([m for m in ('matplotlib', 'ipywidgets', 'IPython') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# -- colors -----------------------------------------------------------------------------------

# Severe protan, deutan and tritan vision as matrices on linear RGB: Machado, Oliveira and
# Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency" (2009).
VISION = {
    "full": np.eye(3),
    "protan": [[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.052]],
    "deutan": [[0.3673, 0.8606, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]],
    "tritan": [[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]],
}
XYZ = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]


def linear(color):
    channels = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(color, vision):
    seen = np.clip(np.array(VISION[vision]) @ linear(color), 0, 1)
    x, y, z = np.cbrt(np.maximum(np.array(XYZ) @ seen / [0.9505, 1, 1.089], 1e-6))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def luminance(color):
    return linear(color) @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("name", COLORS)
def test_text_in_every_color_can_be_read_on_the_card(name):
    assert (luminance(CARD) + 0.05) / (luminance(COLORS[name]) + 0.05) >= 4.5


@pytest.mark.parametrize("vision", VISION)
def test_readers_with_any_color_vision_can_tell_the_colors_apart(vision):
    for one, other in itertools.combinations(COLORS.values(), 2):
        assert np.linalg.norm(lab(one, vision) - lab(other, vision)) > 15, (one, other)
