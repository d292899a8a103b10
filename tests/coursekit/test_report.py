"""A report is read by a beginner, as a table in a notebook and as text in a terminal."""

from __future__ import annotations

import re

import numpy as np
import pytest

from coursekit import chapter, checking, judge, library
from coursekit.report import WIDTH, Report, html_text, shown
from coursekit.session import told

CHECKS = checking.checks_of_week(1)["ops.mul"]
CARD = chapter.exercise("ops.mul")
WRONG = {wrong.name: wrong for wrong in CHECKS.wrong_answers}


def report_on(name: str) -> Report:
    answer = library.at_home("ops.mul", WRONG[name].function)
    return told(judge.judge(CHECKS, answer, seed=1), CARD)


def test_a_failed_check_is_told_in_full() -> None:
    text = repr(report_on("mul_takes_each_factor_for_the_other"))
    assert "not yet, 0 of 3 checks pass" in text
    assert "  --  the product and both gradients" in text
    assert "The factors have changed places" in " ".join(text.split())
    assert "Tried in “the product and both gradients”:" in text
    for name in ("a", "b", "g"):
        assert re.search(rf"^    {name} = \[.*\]$", text, re.M)
    assert re.search(r"First difference: gradient of a: \S+ instead of \S+ at \[0\]", text)
    assert re.search(r"^    expected = \[.*\]\n    yours    = \[.*\]$", text, re.M)


def test_no_line_of_text_is_wider_than_a_terminal() -> None:
    for name in WRONG:
        for line in repr(report_on(name)).splitlines():
            assert len(line) <= WIDTH, line


def test_html_and_text_say_the_same() -> None:
    report = report_on("mul_takes_each_factor_for_the_other")
    page = re.sub(r"<[^>]+>", " ", report._repr_html_())
    for label, text in report.details:
        for word in [*label.split(), *re.findall(r"\w{4,}", text)]:
            assert word in page


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("plain", "plain"),
        ("a `b` c", "a <code>b</code> c"),
        ("`a < b`", "<code>a &lt; b</code>"),
        ("<script>", "&lt;script&gt;"),
        ("one ` alone", "one ` alone"),
    ],
)
def test_text_becomes_html_safely(text: str, html: str) -> None:
    assert html_text(text) == html


def test_what_an_answer_printed_cannot_become_html() -> None:
    report = Report("heading", details=[("It printed", "<img src=x>\n<script>")])
    assert "<img" not in report._repr_html_()
    assert "<script" not in report._repr_html_()


def test_a_large_array_is_shown_in_a_few_lines_with_its_shape() -> None:
    text = shown(np.arange(10_000.0).reshape(100, 100))
    assert len(text.splitlines()) <= 8
    assert text.endswith("shape (100, 100)")


def test_a_small_array_is_shown_whole() -> None:
    assert shown(np.array([1.0, 2.5])) == "[1. , 2.5]"


def test_a_long_text_is_cut() -> None:
    assert len(shown("x" * 10_000)) < 400


def test_a_report_with_a_heading_alone_is_one_line() -> None:
    assert repr(Report("There is no such exercise.")) == "There is no such exercise."
    assert "<table" not in Report("There is no such exercise.")._repr_html_()
