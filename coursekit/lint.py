"""What a chapter's code cells must not hold."""

from __future__ import annotations

import ast
import io
import re
import tokenize

from coursekit.markup import Place


def check_code(text: str, place: Place, tags: list[str]) -> None:
    """Raise for a cell that cannot be built; `place` is that of its first line."""
    if not text.strip():
        place.error("this code cell is empty.")
    if "nbval-skip" in tags:
        place.error("nbval-skip would leave this cell's output untested.")
    tree = None if "raises-exception" in tags else parsed(text, place)
    if tree is None:
        return
    for node in ast.walk(tree):
        for mark in getattr(node, "decorator_list", []):
            if ast.unparse(mark).startswith("exercise("):
                place.after(mark.lineno - 1).error(
                    "@exercise by hand; write an {exercise} block, which makes the cell."
                )
    if _last_token(without_magics(text)) == ";":
        place.after(text.count("\n")).error(
            "a cell that ends in `;` never compares equal in nbval; write `_ = ...` instead."
        )


def parsed(text: str, place: Place) -> ast.Module:
    """The cell's syntax tree, its magic lines left out."""
    try:
        code = compile(
            without_magics(text),
            str(place),
            "exec",
            ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
        )
    except SyntaxError as error:
        place.after((error.lineno or 1) - 1).error(f"this is no Python: {error.msg}.")
    assert isinstance(code, ast.Module)
    return code


def without_magics(text: str) -> str:
    """The cell with IPython's own lines emptied, so that line numbers stay."""
    if text.startswith("%%"):
        return "\n" * text.count("\n")
    return re.sub(r"^[%!].*$", "pass", text, flags=re.MULTILINE)


def _last_token(text: str) -> str:
    silent = {
        *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.DEDENT, tokenize.ENDMARKER),
    }
    words = [
        token.string
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type not in silent
    ]
    return words[-1] if words else ""
