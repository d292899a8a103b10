"""That a student's notebook asks for the library's function and does not give it away.

A stub is the solution with its body taken out. And no line of a solution stands in the notebook,
neither in code nor in the text. A line counts if a reader would learn something from it:

- it belongs to the body, below the docstring, and is no comment;
- without spaces it has at least 12 characters, and it calls, indexes, computes or compares;
- it stands neither in the stub nor in a function of the library that is an exercise of no
  chapter: such lines are the library's manners, which every reader sees anyway.

Spacing, comments and line breaks inside brackets do not hide a line. In code, a line is given
away where it stands as a whole line; in text, wherever its words stand one after the other.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator

from coursekit.chapter import Chapter, chapter_paths, read
from coursekit.lint import without_magics
from coursekit.markup import ChapterError, Place
from coursekit.notebooks import Cell
from coursekit.source import Definition, find, functions

SHORTEST = 12
_TELLING = {
    *("(", "[", "+", "-", "*", "/", "//", "%", "@", "**", "&", "|", "^", "~", "<<", ">>"),
    *("<", ">", "<=", ">=", "==", "!=", "+=", "-=", "*=", "/=", "@="),
}
_WORD = re.compile(r"\w+|[^\w\s]")


def verify(chapter: Chapter, made: list[Cell]) -> list[str]:
    """What is wrong in a student's notebook: one sentence for each stub or leak."""
    answers = [cell for cell in made if cell.part == "answer"]
    wrong = [sentence for cell in answers for sentence in _stub_errors(cell)]
    given = _given(chapter)
    for cell in answers:
        assert cell.exercise is not None
        telling = telling_lines(find(cell.exercise.name, chapter.root)) - given
        telling -= {line for _, line in _code_lines(cell.text)}
        wrong += [sentence for other in made for sentence in _leaks(other, telling, cell)]
    return wrong


def telling_lines(definition: Definition) -> set[str]:
    """The lines of a solution's body that give something away."""
    node = definition.node
    body = node.body[1:] if ast.get_docstring(node) else node.body
    if not body:
        return set()
    first = min(statement.lineno for statement in body)
    lines = definition.text.splitlines()[first - 1 : node.end_lineno]
    return {line for _, line in _code_lines("\n".join(lines)) if _tells(line)}


def _given(chapter: Chapter) -> set[str]:
    """The lines of the library's functions that no chapter asks for."""
    asked = {
        card.name
        for path in chapter_paths(chapter.root).values()
        for card in read(path, chapter.root).exercises
    }
    free = [d for d in functions(chapter.root) if d.name not in asked]
    return {line for definition in free for line in telling_lines(definition)}


def _stub_errors(cell: Cell) -> Iterator[str]:
    stub, solution = _function(cell.text), _function(cell.solved or "")
    body = [ast.unparse(statement) for statement in stub.body[1:]]
    if body != ["raise NotImplementedError"]:
        yield f"{cell.place}: the stub {cell.id} has a body of its own."
    if ast.get_docstring(stub) != ast.get_docstring(solution):
        yield f"{cell.place}: the stub {cell.id} has another docstring than the library."
    for node in (stub, solution):
        node.body = [ast.Pass()]
    if ast.dump(stub) != ast.dump(solution):
        yield f"{cell.place}: the stub {cell.id} has another signature than the library."


def _function(text: str) -> ast.FunctionDef:
    node = ast.parse(text).body[0]
    assert isinstance(node, ast.FunctionDef)
    return node


def _leaks(cell: Cell, telling: set[str], answer: Cell) -> Iterator[str]:
    if cell.kind == "code":
        for number, line in _code_lines(without_magics(cell.text)):
            if line in telling:
                yield _leak(cell.place.after(number - 1), line, answer)
        return
    words = f" {' '.join(_WORD.findall(cell.text))} "
    for line in sorted(telling):
        if f" {' '.join(_WORD.findall(line))} " in words:
            yield _leak(cell.place, line, answer)


def _leak(place: Place, line: str, answer: Cell) -> str:
    assert answer.exercise is not None
    return f"{place}: gives away a line of the answer to {answer.exercise.name}: {line}"


def _tells(line: str) -> bool:
    words = line.split(" ")
    return len("".join(words)) >= SHORTEST and not _TELLING.isdisjoint(words)


def _code_lines(text: str) -> list[tuple[int, str]]:
    """Each line of code with its number, its tokens one space apart, without comments.

    A statement over several lines is there as a whole and line by line.
    """
    silent = (tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    whole: list[str] = []
    part: list[str] = []
    start = 0
    found: dict[tuple[int, str], None] = {}
    for token in _tokens(text):
        if token.type in (tokenize.NEWLINE, tokenize.NL):
            for words, number in ((part, token.start[0]), (whole, start)):
                if words and (words is part or token.type == tokenize.NEWLINE):
                    found[number, " ".join(words)] = None
            part = []
            whole = [] if token.type == tokenize.NEWLINE else whole
        elif token.type not in silent:
            start = start if whole else token.start[0]
            whole.append(token.string)
            part.append(token.string)
    return list(found)


def _tokens(text: str) -> Iterable[tokenize.TokenInfo]:
    """The tokens of a piece of code, which may start indented, as far as it can be read."""
    lines = text.splitlines()
    margin = min((len(li) - len(li.lstrip()) for li in lines if li.strip()), default=0)
    reader = io.StringIO("\n".join(line[margin:] for line in lines) + "\n")
    try:
        yield from tokenize.generate_tokens(reader.readline)
    except (tokenize.TokenError, IndentationError):
        return


def across_chapters(chapters: list[Chapter]) -> None:
    """Raise if two chapters ask for the same function."""
    first: dict[str, Place] = {}
    for chapter in chapters:
        for card in chapter.exercises:
            if card.name in first:
                raise ChapterError(
                    f"{card.place}: {card.name} is an exercise already, at {first[card.name]}."
                )
            first[card.name] = card.place
