"""Boxes of text: everything is shown, on the card, in readable form."""

from __future__ import annotations

from coursekit.boxes import MARGIN, Box, Line, draw_boxes
from coursekit.svg import svg_text


def texts(fig):
    return [text.get_text() for text in fig.axes[0].texts]


def test_every_text_note_and_title_is_drawn():
    fig = draw_boxes(Line([Box("the", note="12"), Box(" mill\n")], "words"), Line([Box("x")]))
    assert texts(fig) == ["words", "the", "12", "·mill¶", "x"]


def test_long_lines_go_on_below_inside_of_the_card():
    fig = draw_boxes(Line([Box(f"word{n}") for n in range(40)]), width=5)
    width, height = fig.get_size_inches()
    for patch in fig.axes[0].patches:
        assert patch.get_x() >= MARGIN - 0.01
        assert patch.get_x() + patch.get_width() <= width - MARGIN + 0.01
        assert patch.get_y() >= MARGIN - 0.01
        assert patch.get_y() + patch.get_height() <= height


def test_an_outline_is_dashed_and_not_filled():
    filled, outline = (
        draw_boxes(Line([Box("a", filled=f)])).axes[0].patches for f in (True, False)
    )
    assert len(filled) == 2
    assert len(outline) == 1
    assert outline[0].get_linestyle() == "--"


def test_no_boxes_are_an_empty_card_and_not_an_error():
    assert "<svg" in svg_text(draw_boxes(Line([])), "nothing")
