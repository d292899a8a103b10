"""A chapter's Markdown as a notebook shows it.

JupyterLab does not know MyST's directives, so they become what every Markdown renderer shows:
an admonition becomes a quotation with a bold title, a hint or an answer a folded `<details>`.
The static page is built from the same notebooks, so the two read alike.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from itertools import pairwise

from markdown_it.token import Token

from coursekit.chapter import Exercise, Prose
from coursekit.markup import Place, closed, directive, lines_of, parser

QUOTED = {
    "note": "Note",
    "tip": "Tip",
    "important": "Important",
    "warning": "Warning",
    "admonition": "",
}
FOLDED = {"hint": "Hint", "answer": "Answer"}


def card(exercise: Exercise) -> str:
    """The Markdown of an exercise: heading, rating, text and folded hints."""
    rating = " · ".join(
        [
            f"difficulty {_dots(exercise.difficulty)}",
            f"importance {_dots(exercise.importance)}",
            f"about {_count(exercise.minutes, 'minute')}",
            _count(exercise.points, "point"),
        ]
    )
    heading = f"### Exercise {exercise.number} · {exercise.title}"
    return f"{heading}\n\n*{rating}*\n\n{translated(exercise.text)}"


def translated(prose: Prose) -> str:
    """The Markdown with its directives replaced and its comments left out."""
    lines = prose.text.splitlines()
    pieces: list[str] = []
    start = 0
    for token in parser().parse(prose.text):
        replacement = _replacement(token, lines, prose.place)
        if replacement is None:
            continue
        first, end = lines_of(token)
        pieces += [*lines[start:first], *replacement]
        start = end
    text = "\n".join([*pieces, *lines[start:]])
    return text.strip("\n")


def headings(text: str) -> list[str]:
    """The Markdown's headings, as written."""
    tokens = parser().parse(text)
    follows = pairwise(tokens)
    return [inside.content for token, inside in follows if token.type == "heading_open"]


def _replacement(token: Token, lines: list[str], top: Place) -> list[str] | None:
    """The lines that stand for a block; None for one that stays as it is."""
    if token.map is None:
        return None
    first, end = lines_of(token)
    place = top.after(first)
    if token.type == "myst_line_comment":
        return []
    if token.type == "myst_target":
        place.error("a (label)= would show as text in a notebook; link to the heading instead.")
    kind = directive(token, place)
    if kind is None:
        return None
    name, title = kind
    closed(token, lines, place)
    inner = _inner(lines[first + 1 : end - 1], place)
    if token.type == "colon_fence" and name in QUOTED:
        title = title or QUOTED[name]
        if not title:
            place.error(f"{{{name}}} needs a title on its line.")
        quoted = [f"**{title}**", "", *inner.splitlines()]
        return [f"> {line}".rstrip() for line in quoted]
    if token.type == "colon_fence" and name in FOLDED:
        summary = _summary(title or FOLDED[name], place)
        return [f"<details><summary>{summary}</summary>", "", *inner.splitlines(), "", "</details>"]
    known = ", ".join([*QUOTED, *FOLDED])
    place.error(f"{{{name}}} is no block that a chapter can have here; known are {known}.")


def _inner(lines: list[str], place: Place) -> str:
    if lines and re.match(r":[\w-]+:", lines[0]):
        place.after(1).error("this block takes no options.")
    if not any(line.strip() for line in lines):
        place.error("this block is empty.")
    return translated(Prose("\n".join(lines), place.after(1)))


def _summary(title: str, place: Place) -> str:
    """A title as HTML, with its `code` marked; a summary's Markdown is not rendered."""
    if "$" in title:
        place.error("math in the title of a folded block is not rendered; say it in words.")
    parts: Iterable[str] = html.escape(title, quote=False).split("`")
    return "".join(f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(parts))


def _dots(rating: int) -> str:
    return "●" * rating + "○" * (5 - rating)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
