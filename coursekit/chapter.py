"""A chapter as it is written: prose, code cells and exercises, each with its line.

A chapter is a Jupytext MyST notebook, `course/weekNN_name/chapter.md`. An exercise is a
colon-fence block in it:

    ::::{exercise} ops.mul
    :title: The product rule
    :difficulty: 2
    :importance: 5
    :minutes: 10

    Text of the task.
    ::::

The session asks for a week's exercises at every check, so reading is quick and imports no more
than the Markdown parser that Jupytext brings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from coursekit import paths
from coursekit.markup import ChapterError, Place, closed, directive, lines_of, options, parser

OPTIONS = ("title", "difficulty", "importance", "minutes", "points")
_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")


@dataclass(frozen=True)
class Prose:
    """A stretch of Markdown, as written."""

    text: str
    place: Place


@dataclass(frozen=True)
class Code:
    """A code cell: its options as written (YAML), its source, the line where the source starts."""

    options: str
    source: str
    place: Place


@dataclass(frozen=True)
class Exercise:
    """An exercise's card and text. `place` is the line of its opening fence."""

    name: str
    title: str
    difficulty: int
    importance: int
    minutes: int
    points: int
    week: int
    number: int
    text: Prose
    place: Place

    @property
    def line(self) -> int:
        return self.place.line


@dataclass(frozen=True)
class Chapter:
    """A chapter's blocks in their order."""

    week: int
    path: Path
    root: Path
    blocks: tuple[Prose | Code | Exercise, ...]

    @property
    def exercises(self) -> list[Exercise]:
        return [block for block in self.blocks if isinstance(block, Exercise)]

    @property
    def name(self) -> str:
        """The chapter's folder, which names its notebooks too: "week01_gradients"."""
        return self.path.parent.name


def chapter_paths(root: Path | None = None) -> dict[int, Path]:
    """Every week's chapter.md, in the weeks' order."""
    found: dict[int, Path] = {}
    for path in sorted((root or paths.ROOT).glob("course/week[0-9][0-9]_*/chapter.md")):
        week = int(path.parent.name[4:6])
        if week in found:
            raise ChapterError(f"week {week} has two chapters: {found[week]} and {path}")
        found[week] = path
    return found


def exercises(week: int, root: Path | None = None) -> list[Exercise]:
    """A week's exercises, in the chapter's order."""
    path = chapter_paths(root).get(week)
    if path is None:
        raise ChapterError(f"There is no chapter for week {week}.")
    return read(path, root).exercises


def exercise(name: str, root: Path | None = None) -> Exercise:
    """The exercise with this full name, in whatever week it is."""
    known = [card for week in chapter_paths(root) for card in exercises(week, root)]
    for card in known:
        if card.name == name:
            return card
    close = get_close_matches(name, [card.name for card in known], n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    raise LookupError(f"There is no exercise called {name}.{hint}")


def title(week: int, root: Path | None = None) -> str:
    """What a week is called: its chapter's first heading, without the week's number."""
    path = chapter_paths(root).get(week)
    if path is None:
        raise ChapterError(f"There is no chapter for week {week}.")
    for block in read(path, root).blocks:
        if isinstance(block, Prose) and block.text.startswith("# "):
            heading = block.text.splitlines()[0].removeprefix("# ")
            return heading.removeprefix(f"Week {week}").lstrip(":. ")
    raise ChapterError(f"{path} has no heading that begins with '# '.")


def short_names(cards: list[Exercise]) -> dict[str, str]:
    """What to call each exercise within its chapter: the last part where that is clear.

    `ops.mul` is "mul" unless another exercise ends in "mul" too.
    """
    lasts = [card.name.rpartition(".")[2] for card in cards]
    return {
        card.name: last if lasts.count(last) == 1 else card.name
        for card, last in zip(cards, lasts, strict=True)
    }


def read(path: Path, root: Path | None = None) -> Chapter:
    """Read a chapter; what is wrong in it raises a ChapterError."""
    root = root or paths.ROOT
    week = int(path.parent.name[4:6])
    # The time and size stand in for the text, so that an edited chapter is read anew.
    state = path.stat()
    return _read(path, root, week, state.st_mtime_ns, state.st_size)


@cache
def _read(path: Path, root: Path, week: int, mtime: int, size: int) -> Chapter:
    text = path.read_text(encoding="utf-8")
    return Chapter(week, path, root, tuple(_blocks(text, Place(path, 1, root), week)))


def _blocks(text: str, top: Place, week: int) -> Iterator[Prose | Code | Exercise]:
    lines = text.splitlines()
    start = number = 0
    names: dict[str, Place] = {}
    for token in parser().parse(text):
        if token.map is None:
            continue
        first, end = lines_of(token)
        place = top.after(first)
        kind = directive(token, place)
        if kind:
            closed(token, lines, place)
        if token.type == "front_matter":
            start = end
        elif token.type == "myst_block_break" or (kind and kind[0] in ("code-cell", "exercise")):
            yield from _prose(lines, start, first, top)
            start = end
        elif kind and token.type == "fence":
            place.error(f"{{{kind[0]}}} between backticks is no block that a chapter can have.")
        if kind and kind[0] == "code-cell":
            yield _code(lines[first + 1 : end - 1], place.after(1))
        elif kind and kind[0] == "exercise":
            number += 1
            card = _exercise(kind[1].strip(), lines[first + 1 : end - 1], place, week, number)
            if card.name in names:
                place.error(f"{card.name} is an exercise already, at line {names[card.name].line}.")
            names[card.name] = place
            yield card
    yield from _prose(lines, start, len(lines), top)


def _prose(lines: list[str], start: int, end: int, top: Place) -> Iterator[Prose]:
    """The lines without the blank ones around them, if any are left."""
    while start < end and not lines[start].strip():
        start += 1
    while start < end and not lines[end - 1].strip():
        end -= 1
    if start < end:
        yield Prose("\n".join(lines[start:end]), top.after(start))


def _code(lines: list[str], place: Place) -> Code:
    if lines and lines[0].startswith("---"):
        closing = next((i for i, line in enumerate(lines) if i and line.startswith("---")), None)
        if closing is None:
            place.error("the cell's options start with --- and never end.")
        settings, start = "\n".join(lines[1:closing]), closing + 1
    else:
        start = options(lines)
        settings = "\n".join(line[1:] for line in lines[:start])
    while start < len(lines) and not lines[start].strip():
        start += 1
    return Code(settings, "\n".join(lines[start:]).rstrip(), place.after(start))


def _exercise(name: str, lines: list[str], place: Place, week: int, number: int) -> Exercise:
    if not _NAME.fullmatch(name):
        place.error(f"an exercise names a function of the library, as in ops.mul, not {name!r}.")
    given: dict[str, str] = {}
    count = options(lines)
    for offset, line in enumerate(lines[:count], start=1):
        key, value = line[1:].split(":", 1)
        if key not in OPTIONS:
            close = get_close_matches(key, OPTIONS, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(OPTIONS)}."
            place.after(offset).error(f"an exercise has no option {key!r}; {hint}")
        if key in given:
            place.after(offset).error(f"the option {key!r} is given twice.")
        given[key] = value.strip()
    if not given.get("title"):
        place.error(f"the exercise {name} has no title.")

    def whole(key: str, low: int, high: int) -> int:
        text = given.get(key, "")
        if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
            said = f"not {text!r}" if key in given else "and it is missing"
            place.error(f"{key} of {name} is a whole number from {low} to {high}, {said}.")
        return int(text)

    difficulty = whole("difficulty", 1, 5)
    given.setdefault("points", str(difficulty))
    text = next(_prose(lines, count, len(lines), place.after(1)), None)
    if text is None:
        place.error(f"the exercise {name} has no text.")
    return Exercise(
        name=name,
        title=given["title"],
        difficulty=difficulty,
        importance=whole("importance", 1, 5),
        minutes=whole("minutes", 1, 240),
        points=whole("points", 1, 100),
        week=week,
        number=number,
        text=text,
        place=place,
    )
