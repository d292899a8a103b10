"""From a chapter and the library's source to the student's notebook and the solution's.

Cell ids say what a cell is (`mul-answer`, `the-chain-rule-2`), so that a change in one place of
a chapter is a change in one place of its notebook.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import nbformat
import yaml
from nbformat.notebooknode import NotebookNode

from coursekit import source
from coursekit.chapter import Chapter, Code, Exercise, Prose, short_names
from coursekit.lint import check_code
from coursekit.markup import Place
from coursekit.prose import card, headings, translated

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
    },
}


@dataclass
class Cell:
    """A cell of both notebooks; `solved` is its text in the solution where that differs.

    `place` is where the chapter writes it, `code_at` where its first line of code stands, for an
    answer in the library's own file.
    """

    kind: str
    id: str
    text: str
    place: Place
    code_at: Place
    solved: str | None = None
    exercise: Exercise | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    solved_metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def part(self) -> str | None:
        """What the cell is of its exercise: "text", "answer" or "check"."""
        return self.id.rpartition("-")[2] if self.exercise else None

    @property
    def tags(self) -> list[str]:
        return list(self.metadata.get("tags", []))


def cells(chapter: Chapter) -> list[Cell]:
    """A chapter's cells, in order."""
    short = short_names(chapter.exercises)
    made: list[Cell] = []
    counts: Counter[str] = Counter()
    section = "start"
    for block in chapter.blocks:
        if isinstance(block, Exercise):
            made += _exercise(block, short[block.name])
            continue
        if isinstance(block, Prose):
            text = translated(block)
            titles = headings(text)
            section = _slug(titles[0]) if titles else section
        counts[section] += 1
        name = f"{section}-{counts[section]}"
        if isinstance(block, Code):
            made.append(_code(block, name))
        elif text:
            made.append(Cell("markdown", name, text, block.place, block.place))
        if isinstance(block, Prose) and titles:
            section = _slug(titles[-1])
    return made


def student(made: list[Cell]) -> NotebookNode:
    """The notebook that a learner fills in."""
    return _notebook(made, lambda cell: (cell.text, cell.metadata))


def solved(made: list[Cell]) -> NotebookNode:
    """The notebook with the library's definitions for answers; not executed yet."""
    return _notebook(
        made,
        lambda cell: (
            cell.text if cell.solved is None else cell.solved,
            cell.metadata | cell.solved_metadata,
        ),
    )


def written(notebook: NotebookNode) -> str:
    """A notebook's file, the same for the same notebook."""
    return nbformat.writes(notebook, version=4).rstrip("\n") + "\n"


def _notebook(made: list[Cell], content: Any) -> NotebookNode:
    notebook = nbformat.v4.new_notebook(metadata=METADATA)
    notebook.nbformat_minor = 5
    for cell in made:
        text, metadata = content(cell)
        new = getattr(nbformat.v4, f"new_{cell.kind}_cell")
        notebook.cells.append(new(text, id=cell.id, metadata=metadata))
    return notebook


def _exercise(exercise: Exercise, short: str) -> list[Cell]:
    place = exercise.place
    try:
        found = source.find(exercise.name, place.root)
        stub = source.stub(exercise.name, place.root)
        solution = source.solution(exercise.name, place.root)
    except source.SourceError as error:
        place.error(f"{error}.")
    name = short.replace(".", "-")
    mark = f'@exercise("{exercise.name}")\n'
    # One line above the definition stands the decorator, which the library's file has not.
    library = Place(found.path, found.line - 1, place.root)
    answer = Cell(
        "code",
        f"{name}-answer",
        mark + stub.rstrip(),
        place,
        library,
        solved=mark + solution.rstrip(),
        exercise=exercise,
        metadata={"nbgrader": _graded(f"{name}-answer", solution=True)},
        solved_metadata={"tags": ["hide-input"]},
    )
    check = Cell(
        "code",
        f"{name}-check",
        f'check("{short}")',
        place,
        place,
        exercise=exercise,
        metadata={"nbgrader": _graded(f"{name}-check", points=exercise.points)},
    )
    text = Cell(
        "markdown", f"{name}-text", card(exercise), place, exercise.text.place, exercise=exercise
    )
    return [text, answer, check]


def _graded(grade_id: str, solution: bool = False, points: int | None = None) -> dict[str, Any]:
    """nbgrader's metadata, schema 3: an answer is written, a check is locked and has points."""
    metadata: dict[str, Any] = {
        "grade": points is not None,
        "grade_id": grade_id,
        "locked": points is not None,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    return metadata if points is None else metadata | {"points": points}


def _code(block: Code, name: str) -> Cell:
    try:
        metadata = yaml.safe_load(block.options) or {}
    except yaml.YAMLError:
        block.place.error(f"the cell's options are no YAML: {block.options!r}.")
    tags = metadata.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        block.place.error("tags are a list: `:tags: [hide-input]`.")
    check_code(block.source, block.place, tags)
    if "hide-input" in tags:  # the static page folds the code; so does JupyterLab, by this key
        metadata = metadata | {"jupyter": {"source_hidden": True}}
    return Cell("code", name, block.source, block.place, block.place, metadata=metadata)


def _slug(heading: str) -> str:
    words = re.findall(r"[a-z0-9]+", heading.lower())
    return "-".join(words)[:40].strip("-") or "section"
