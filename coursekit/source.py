"""Stubs and solutions, cut from the library's source.

An exercise names a function or method: `ops.mul` is `minitorch.ops.mul`, `nn.Linear.forward` a
method; a name that starts with another package of the course, as in `larkmoor.world.town`, is
taken as it is. The source is read from the file and cut by its syntax tree: nothing is imported,
because a session replaces functions by answers, and what is wanted here is the original.
"""

from __future__ import annotations

import ast
import hashlib
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from coursekit import paths

LIBRARY = "minitorch"
PACKAGES = (LIBRARY, "larkmoor", "miniclaude")

Function = ast.FunctionDef | ast.AsyncFunctionDef


class SourceError(Exception):
    """Why a name cannot be an exercise, in one sentence."""


@dataclass(frozen=True)
class Definition:
    """A function of the library: its name as exercises use it, and where its source stands."""

    name: str
    path: Path
    node: Function
    text: str

    @property
    def line(self) -> int:
        """The line of the file where it starts, its decorators included."""
        return min([self.node.lineno, *(d.lineno for d in self.node.decorator_list)])


def find(name: str, root: Path | None = None) -> Definition:
    """The definition that an exercise's name means."""
    known = {definition.name: definition for definition in functions(root)}
    if name in known:
        return known[name]
    if name.startswith(f"{LIBRARY}."):
        raise SourceError(f"write {name.removeprefix(LIBRARY + '.')} for {name}")
    close = get_close_matches(name, known, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    raise SourceError(f"the library has no function {name}{hint}")


def solution(name: str, root: Path | None = None) -> str:
    """The whole definition as it stands in the library, comments kept, at the left margin."""
    definition = find(name, root)
    node = definition.node
    lines = definition.text.splitlines()[definition.line - 1 : node.end_lineno]
    text = _dedented(lines, node.col_offset)
    if _shape(_parsed(text)) != _shape(node):
        raise SourceError(
            f"{name} cannot stand at the left margin: it holds text over several lines whose "
            "indentation matters"
        )
    return text


def stub(name: str, root: Path | None = None) -> str:
    """The definition with its body taken out: signature, docstring, `raise NotImplementedError`."""
    _contract(find(name, root))
    text = solution(name, root)
    docstring = _parsed(text).body[0]
    kept = text.splitlines()[: docstring.end_lineno]
    return "\n".join([*kept, " " * docstring.col_offset + "raise NotImplementedError"]) + "\n"


def stub_hash(name: str, root: Path | None = None) -> str:
    """A mark of the contract: it changes when the signature or the docstring does.

    Comments, layout and the docstring's indentation do not count.
    """
    text = stub(name, root)
    contract = _parsed(text)
    documented = ast.get_docstring(contract)
    contract.body = []
    # Strings are taken from the tree, so that their quotes do not count.
    strings = [n.value for n in ast.walk(contract) if isinstance(n, ast.Constant)]
    words = [
        token.string
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type in (tokenize.NAME, tokenize.NUMBER, tokenize.OP)
    ]
    signature = " ".join(words).replace(" , )", " )")
    return hashlib.sha256(repr((signature, strings, documented)).encode()).hexdigest()[:16]


def functions(root: Path | None = None) -> list[Definition]:
    """Every function and method of the course's packages."""
    root = root or paths.ROOT
    found: list[Definition] = []
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            state = path.stat()
            found += _functions(path, root, state.st_mtime_ns, state.st_size)
    return found


@cache
def _functions(path: Path, root: Path, mtime: int, size: int) -> list[Definition]:
    text = path.read_text(encoding="utf-8")
    module = list(path.relative_to(root).with_suffix("").parts)
    if module[-1] == "__init__":
        module.pop()
    if module[0] == LIBRARY:
        module = module[1:]
    tree = ast.parse(text, str(path))
    # A name that is defined twice means the later definition, as it does in Python.
    named = {".".join([*module, *names]): node for names, node in _definitions(tree.body)}
    return [Definition(name, path, node, text) for name, node in named.items()]


def _definitions(
    body: list[ast.stmt], inside: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Function]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _definitions(node.body, (*inside, node.name))
        elif isinstance(node, Function):
            yield (*inside, node.name), node


def _contract(definition: Definition) -> None:
    """Raise unless the signature and the docstring say what an exercise must do."""
    node = definition.node
    name = definition.name
    if not ast.get_docstring(node):
        raise SourceError(f"{name} has no docstring, which is the exercise's contract")
    if len(node.body) == 1:
        raise SourceError(f"{name} has no body but its docstring: there is nothing to write")
    if node.body[0].lineno == node.lineno:
        raise SourceError(f"{name} stands on one line; a stub needs its docstring on a line")
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    arguments += [a for a in (node.args.vararg, node.args.kwarg) if a]
    bare = [a.arg for a in arguments if a.annotation is None and a.arg not in ("self", "cls")]
    if bare:
        raise SourceError(f"{name} has no type for {', '.join(bare)}")
    if node.returns is None:
        raise SourceError(f"{name} has no type for its result")


def _dedented(lines: list[str], margin: int) -> str:
    kept = [line[margin:] if not line[:margin].strip() else line for line in lines]
    return "\n".join(kept) + "\n"


def _parsed(text: str) -> Function:
    try:
        node = ast.parse(text).body[0]
    except SyntaxError as error:
        raise SourceError(f"a definition cannot stand at the left margin: {error.msg}") from error
    assert isinstance(node, Function)
    return node


def _shape(node: Function) -> tuple[str, str]:
    """The tree of a definition, the indentation of its docstring aside."""
    copy = _parsed(ast.unparse(node))
    if ast.get_docstring(copy):
        copy.body = copy.body[1:] or [ast.Pass()]
    return ast.dump(copy), ast.get_docstring(node) or ""
