"""Automatic wrong answers: a function with one thing changed.

Each mutant differs from the original in one place: an operator swapped, a constant off by one, a
term dropped, an axis transposed, a sum left out, a comparison turned, a condition negated, a
statement missing. A good check rejects them all.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
CALLS = {
    "sum": "max",
    "max": "sum",
    "min": "max",
    "mean": "sum",
    "exp": "log",
    "log": "exp",
    "sqrt": "square",
    "zeros": "ones",
    "ones": "zeros",
    "zeros_like": "ones_like",
    "ones_like": "zeros_like",
    "argsort": "sort",
    "append": "extend",
    "any": "all",
    "all": "any",
    "maximum": "minimum",
    "minimum": "maximum",
    "sin": "cos",
    "cos": "sin",
}
# Calls that only rearrange or reduce their object: leaving one out is a mistake people make.
DROPPED = {
    "sum", "mean", "max", "swapaxes", "transpose", "reshape", "copy", "astype", "squeeze",
    "reversed", "sorted", "broadcast_to", "expand_dims", "argsort", "abs", "log", "exp",
}  # fmt: skip


# Calls whose two arguments may change places.
SYMMETRIC = {"swapaxes", "maximum", "minimum", "isinstance"}


@dataclass(frozen=True)
class Mutant:
    """A changed function: its source, and the change as `before -> after`."""

    change: str
    source: str


def mutants(source: str) -> list[Mutant]:
    """Every function that differs from this one in one of the known ways, each once."""
    tree = _without_annotations(ast.parse(source))
    made: dict[str, Mutant] = {}
    for number, node in enumerate(ast.walk(tree)):
        for way in range(_ways(node)):
            changed = copy.deepcopy(tree)
            victim = _nth(changed, number)
            replacement = list(_changes(copy.deepcopy(victim)))[way]
            before, after = _swap(changed, victim, replacement)
            text = ast.unparse(ast.fix_missing_locations(changed))
            if text not in made and text != ast.unparse(tree) and _compiles(text):
                made[text] = Mutant(f"{before} -> {after}", text)
    return list(made.values())


def _without_annotations(tree: ast.Module) -> ast.Module:
    """Types do nothing at run time: changing one would be no mistake."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
        for field, value in ast.iter_fields(node):
            if isinstance(value, list):
                setattr(node, field, [_without_annotation(item) for item in value])
    return tree


def _without_annotation(node: ast.AST) -> ast.AST:
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        return ast.copy_location(ast.Assign([node.target], node.value), node)
    return node


def _ways(node: ast.AST) -> int:
    return sum(1 for _ in _changes(copy.deepcopy(node)))


def _nth(tree: ast.AST, number: int) -> ast.AST:
    for position, node in enumerate(ast.walk(tree)):
        if position == number:
            return node
    raise IndexError(number)


def _swap(tree: ast.AST, victim: ast.AST, replacement: ast.AST | None) -> tuple[str, str]:
    """Put the replacement (or nothing) in the victim's place; tell both lines."""
    before = after = ""
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            if value is victim:
                statement = _statement_around(tree, victim)
                before = _one_line(statement)
                setattr(parent, field, replacement)
                after = _one_line(statement)
            elif isinstance(value, list) and any(item is victim for item in value):
                position = next(i for i, item in enumerate(value) if item is victim)
                statement = _statement_around(tree, victim)
                before = _one_line(statement)
                value[position] = replacement if replacement is not None else ast.Pass()
                after = _one_line(value[position] if statement is victim else statement)
    return before, after


def _statement_around(tree: ast.AST, victim: ast.AST) -> ast.AST:
    """The innermost statement that contains a node."""
    found: ast.AST = victim
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and any(inner is victim for inner in ast.walk(node)):
            found = node
    return found


def _one_line(node: ast.AST) -> str:
    text = ast.unparse(ast.fix_missing_locations(node)).splitlines()
    return text[0] if text else ""


def _compiles(text: str) -> bool:
    try:
        compile(text, "<mutant>", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def _changes(node: ast.AST) -> Iterator[ast.AST | None]:
    """All replacements for one node; `None` takes a statement out."""
    if isinstance(node, ast.BinOp):
        yield from _binary_changes(node)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not):
        yield node.operand
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for other in COMPARISONS.get(type(node.ops[0]), ()):
            yield ast.Compare(node.left, [other()], node.comparators)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values)
        yield from node.values
    elif isinstance(node, ast.Constant):
        yield from _constant_changes(node)
    elif isinstance(node, ast.IfExp):
        yield node.body
        yield node.orelse
    elif isinstance(node, ast.Call):
        yield from _call_changes(node)
    elif isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
        elements = node.value.elts
        if len(elements) > 1:
            yield ast.Return(ast.Tuple(elements[::-1], ast.Load()))
    elif isinstance(node, ast.If | ast.While):
        yield type(node)(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
    elif isinstance(node, ast.AugAssign):
        yield ast.Assign([node.target], node.value, lineno=node.lineno)
        yield None
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield None
    elif isinstance(node, ast.Continue):
        yield ast.Break()
        yield None


def _binary_changes(node: ast.BinOp) -> Iterator[ast.AST]:
    other = OPERATORS.get(type(node.op))
    if other is not None:
        yield ast.BinOp(node.left, other(), node.right)
    yield node.left
    yield node.right
    if isinstance(node.op, ast.MatMult | ast.Sub | ast.Div):
        yield ast.BinOp(node.right, node.op, node.left)


def _constant_changes(node: ast.Constant) -> Iterator[ast.AST]:
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int):
        yield ast.Constant(node.value + 1)
        yield ast.Constant(node.value - 1)
    elif isinstance(node.value, float):
        yield ast.Constant(node.value * 2)


def _call_changes(node: ast.Call) -> Iterator[ast.AST]:
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name in CALLS and isinstance(function, ast.Attribute):
        yield ast.Call(
            ast.Attribute(function.value, CALLS[name], ast.Load()), node.args, node.keywords
        )
    if name in DROPPED:
        is_method = isinstance(function, ast.Attribute) and not _is_module(function.value)
        yield function.value if is_method else node.args[0]  # type: ignore[attr-defined]
    if len(node.args) == 2 and name not in SYMMETRIC:
        yield ast.Call(function, node.args[::-1], node.keywords)
    for position in range(len(node.keywords)):
        kept = node.keywords[:position] + node.keywords[position + 1 :]
        yield ast.Call(function, node.args, kept)


def _is_module(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in ("np", "math")
