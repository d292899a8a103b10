"""The Markdown of chapters: where a line is, what a fence says, and whether it is closed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NoReturn

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.front_matter import front_matter_plugin
from mdit_py_plugins.myst_blocks import myst_block_plugin


class ChapterError(Exception):
    """What is wrong in a chapter, in one sentence that starts with its place."""


@dataclass(frozen=True)
class Place:
    """A line of a file of the course, written `course/week01_gradients/chapter.md:123`."""

    path: Path
    line: int
    root: Path

    def __str__(self) -> str:
        return f"{self.path.relative_to(self.root).as_posix()}:{self.line}"

    def at(self, line: int) -> Place:
        """Another line of the same file."""
        return Place(self.path, line, self.root)

    def after(self, lines: int) -> Place:
        """The line that comes so many lines later."""
        return self.at(self.line + lines)

    def error(self, sentence: str) -> NoReturn:
        """Say what is wrong here."""
        raise ChapterError(f"{self}: {sentence}")


@cache
def parser() -> MarkdownIt:
    """The Markdown that chapters are written in; blocks only, which is all that is needed."""
    return (
        MarkdownIt("commonmark")
        .enable("table")
        .use(front_matter_plugin)
        .use(myst_block_plugin)
        .use(colon_fence_plugin)
        .disable("inline", True)
    )


def lines_of(token: Token) -> tuple[int, int]:
    """A block's first line and the one after its last, counted from 0."""
    assert token.map is not None
    return token.map[0], token.map[1]


def directive(token: Token, place: Place) -> tuple[str, str] | None:
    """The name and argument of a `{name} argument` fence; None for another block.

    `place` is the place of the fence, for the message when it is wrong.
    """
    info = token.info.strip()
    if token.type == "fence" and not info.startswith("{"):
        return None
    if token.type not in ("fence", "colon_fence"):
        return None
    match = re.fullmatch(r"\{([\w-]+)\}\s*(.*)", info)
    if match is None:
        place.error(
            "a fence of colons without a {name}; a block that holds another needs more colons "
            "than the one inside."
        )
    if token.level > 0:
        place.error(f"{{{match[1]}}} stands in a list or a quotation; move it to the margin.")
    return match[1], match[2]


def closed(token: Token, lines: list[str], place: Place) -> None:
    """Raise unless the fence is closed."""
    first, end = lines_of(token)
    last = lines[end - 1].strip() if end - 1 > first else ""
    if not last or set(last) != {token.markup[0]} or len(last) < len(token.markup):
        place.error("this block is never closed.")


def options(lines: list[str]) -> int:
    """How many of a block's first lines are options, `:name: value`."""
    count = 0
    while count < len(lines) and re.match(r":[\w-]+:", lines[count]):
        count += 1
    return count
