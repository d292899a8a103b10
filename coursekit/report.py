"""What the reader sees after a check: a small table, in a notebook and in plain text."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np

from coursekit.checking import Check
from coursekit.judge import Failure, Verdict

WIDTH = 88
_EMPHASIS = re.compile(r"\*(\w[^*]*\w)\*")


@dataclass
class Report:
    """A heading, the checks with a mark each, what went wrong, and what to do next."""

    heading: str
    rows: list[tuple[bool, str]] = field(default_factory=list)
    details: list[tuple[str, str]] = field(default_factory=list)
    next_step: str = ""

    def __repr__(self) -> str:
        lines = [self.heading]
        lines += [f"  {'ok' if passed else '--'}  {title}" for passed, title in self.rows]
        for label, text in self.details:
            as_block = _is_block(label, text)
            lines += ["", f"  {label}:"] if as_block else [""]
            body = text if as_block else _wrap(f"{label}: {text}" if label else text)
            lines += textwrap.indent(body, "    " if as_block else "  ").splitlines()
        if self.next_step:
            lines += ["", *_wrap(self.next_step).splitlines()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = "".join(_html_row(passed, title) for passed, title in self.rows)
        table = f'<table style="margin:.4em 0;border-collapse:collapse">{rows}</table>'
        details = "".join(_html_detail(label, text) for label, text in self.details)
        after = f"<p style='margin:.5em 0 0'>{html_text(self.next_step)}</p>"
        return (
            '<div class="course-report" style="border-left:3px solid currentColor;'
            'padding:.2em 0 .3em 1em;max-width:46em">'
            f"<strong>{html_text(self.heading)}</strong>"
            f"{table if rows else ''}{details}{after if self.next_step else ''}</div>"
        )


def report_of(verdict: Verdict, heading: str, next_step: str) -> Report:
    """Tell a verdict: every check by name, and the first failure in full."""
    report = Report(heading, [(r.passed, r.check.title) for r in verdict.results])
    report.next_step = next_step
    failed = next((r for r in verdict.results if not r.passed), None)
    if failed is None or failed.failure is None:
        return report
    if verdict.diagnosis:
        report.details.append(("What this looks like", verdict.diagnosis))
    report.details += _failure_details(failed.check, failed.failure)
    return report


def _failure_details(check: Check, failure: Failure) -> list[tuple[str, str]]:
    found = failure.difference
    shapes_alone = " shape " in f" {found.what if found else failure.message} "
    inputs = check.describe or (_shapes if shapes_alone else _values)
    details = []
    if failure.inputs:
        details.append((f"Tried in “{check.title}”", inputs(**failure.inputs)))
    if failure.message:
        details.append(("What happened", failure.message))
    if found is not None and not failure.message:
        where = f"{found.where}: " if found.where else ""
        details.append(("First difference", f"{where}{found.what}"))
        alike = type(found.expected) is type(found.given) and not shapes_alone
        if alike and _says_more(found.expected):
            details.append(("Side by side", _side_by_side(found.expected, found.given)))
    if failure.warned:
        details.append(("It warned", "; ".join(failure.warned[:3])))
    if failure.printed.strip():
        lines = failure.printed.strip().splitlines()
        more = f"\n... and {len(lines) - 5} more lines" if len(lines) > 5 else ""
        details.append(("It printed", "\n".join(line[:WIDTH] for line in lines[:5]) + more))
    return details


def _says_more(value: Any) -> bool:
    """Whether a value has more to it than the sentence about the difference says."""
    return (
        bool(np.ndim(value))
        if isinstance(value, np.ndarray)
        else isinstance(value, list | tuple | dict)
    )


def _side_by_side(expected: Any, given: Any) -> str:
    """Both values, with as many digits as it takes to see that they differ."""
    texts = {}
    for precision in (4, 8, 12):
        texts = {"expected": shown(expected, precision), "yours   ": shown(given, precision)}
        if len(set(texts.values())) == 2:
            break
    return "\n".join(_assigned(name, text) for name, text in texts.items())


def _assigned(name: str, text: str) -> str:
    return f"{name} = {textwrap.indent(text, ' ' * (len(name) + 3)).lstrip()}"


def _values(**inputs: Any) -> str:
    return "\n".join(_assigned(name, shown(value)) for name, value in inputs.items())


def _shapes(**inputs: Any) -> str:
    return "\n".join(
        f"{name} of shape {value.shape}"
        if isinstance(value, np.ndarray)
        else f"{name} = {shown(value)}"
        for name, value in inputs.items()
    )


def shown(value: Any, precision: int = 4) -> str:
    """A value in a few lines at most: small arrays whole, large ones by shape and first entries."""
    if isinstance(value, np.ndarray):
        text = np.array2string(
            value,
            precision=precision,
            separator=", ",
            threshold=40,
            edgeitems=2,
            suppress_small=True,
        )
        lines = text.splitlines()
        if len(lines) > 8:
            text = "\n".join([*lines[:7], "..."])
        small = value.ndim < 2 and value.size <= 12
        return text if small else f"{text}  shape {value.shape}"
    if isinstance(value, np.generic):
        return str(value)
    if isinstance(value, list | tuple) and any(isinstance(v, np.ndarray) for v in value):
        return f"[{', '.join(shown(v) for v in value)}]"
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:300]}..."


def _is_block(label: str, text: str) -> bool:
    """Whether a detail is set as it is, line by line, and not as a sentence."""
    return "\n" in text or label.startswith("Tried")


def _wrap(text: str) -> str:
    return textwrap.fill(text, WIDTH - 4)


def _html_row(passed: bool, title: str) -> str:
    mark, word = ("✓", "passed") if passed else ("✗", "failed")
    weight = "normal" if passed else "bold"
    cell = "padding:.1em .6em .1em 0;border:0;text-align:left;background:none"
    return (
        f'<tr style="background:none"><td style="{cell}" aria-label="{word}">{mark}</td>'
        f'<td style="{cell};font-weight:{weight}">{html_text(title)}</td></tr>'
    )


def _html_detail(label: str, text: str) -> str:
    if _is_block(label, text):
        return (
            f'<div style="margin:.3em 0"><em>{html_text(label)}</em>'
            '<pre style="margin:.1em 0 .1em 1em;padding:0;background:none;border:0;'
            f'white-space:pre-wrap">{escape(text)}</pre></div>'
        )
    return f'<p style="margin:.4em 0"><em>{html_text(label)}:</em> {html_text(text)}</p>'


def html_text(text: str) -> str:
    """Escape, with `code` between backquotes set as code and *words* between stars as emphasis."""
    parts = escape(text, quote=False).split("`")
    if len(parts) % 2 == 0:
        return "`".join(parts)
    return "".join(
        f"<code>{part}</code>" if number % 2 else _EMPHASIS.sub(r"<em>\1</em>", part)
        for number, part in enumerate(parts)
    )
