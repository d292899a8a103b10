"""What differs between a stored notebook and the one that was just built."""

from __future__ import annotations

import json
from difflib import unified_diff
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode

from coursekit.notebooks import Cell
from coursekit.pictures import look_alike

SHOWN = 12
WIDTH = 160
COUNT = "execution_count"


def settled(notebook: NotebookNode, stored: str | None) -> NotebookNode:
    """The new notebook, with the stored bytes of each picture that looks as before."""
    before = _read(stored)
    if before is None:
        return notebook
    known = {cell.get("id"): cell.get("outputs", []) for cell in before.cells}
    for cell in notebook.cells:
        for new, old in zip(cell.get("outputs", []), known.get(cell.id, [])):
            old_data = old.get("data", {})
            for mime, text in new.get("data", {}).items():
                same_kind = isinstance(text, str) and isinstance(old_data.get(mime), str)
                if same_kind and look_alike(mime, old_data[mime], text):
                    new.data[mime] = old_data[mime]
    return notebook


def changes(stored: str | None, built: str, made: list[Cell]) -> list[str]:
    """What is not as it would be built: the cell, the chapter's line, and a short difference."""
    if stored is None:
        return ["is missing; run `course build`."]
    before, after = _read(stored), nbformat.reads(built, as_version=4)
    if before is None:
        return ["is no notebook that can be read; run `course build`."]
    places = {cell.id: cell.place for cell in made}
    old = {cell.get("id"): cell for cell in before.cells}
    new = {cell.id: cell for cell in after.cells}
    found = [f"cell {name} is no longer in the chapter." for name in old if name not in new]
    found += [f"cell {name} ({places[name]}) is new." for name in new if name not in old]
    for name in new:
        shown = _difference(old[name], new[name]) if name in old else ""
        if shown:
            found.append(f"cell {name} ({places[name]}) differs:\n{shown}")
    if not found:
        moved = list(old) != list(new)
        what = (
            "its cells stand in another order"
            if moved
            else "its metadata or execution counts differ"
        )
        found = [f"{what}; run `course build`."]
    return found


def _read(text: str | None) -> NotebookNode | None:
    if text is None:
        return None
    try:
        return nbformat.reads(text, as_version=4)
    except (ValueError, AttributeError, nbformat.ValidationError):
        return None


def _difference(old: NotebookNode, new: NotebookNode) -> str:
    lines = list(unified_diff(_lines(old), _lines(new), "stored", "built", lineterm="", n=1))
    more = [f"... and {len(lines) - SHOWN} more lines"] if len(lines) > SHOWN else []
    return "\n".join(f"    {line[:WIDTH]}" for line in [*lines[:SHOWN], *more])


def _lines(cell: NotebookNode) -> list[str]:
    """A cell as lines: its text first, then the rest by name.

    Without execution counts: one new cell would make all that follow it differ.
    """
    rest: dict[str, Any] = {k: v for k, v in cell.items() if k not in ("source", COUNT)}
    if "outputs" in rest:
        rest["outputs"] = [{k: v for k, v in o.items() if k != COUNT} for o in rest["outputs"]]
    text = json.dumps(rest, indent=1, sort_keys=True, ensure_ascii=False)
    return [*cell.source.splitlines(), *text.replace("\\n", "\n").splitlines()]
