"""A mutant is the function with one thing changed, named by the line it changes."""

from __future__ import annotations

import ast

import pytest

from coursekit.mutants import mutants

FUNCTION = """
def f(x: int, keep: bool = False) -> int:
    \"\"\"Not the docstring.\"\"\"
    total: int = x + 1
    if total > 2 and keep:
        total -= 1
    return total
"""


def changes(line: str) -> set[str]:
    """What one line is changed to."""
    found = mutants(f"def f(a, b, c):\n    {line}\n")
    prefix = f"{line} -> "
    return {m.change.removeprefix(prefix) for m in found if m.change.startswith(prefix)}


@pytest.mark.parametrize(
    ("line", "some"),
    [
        ("return a + b", {"return a - b", "return a", "return b"}),
        ("return a / b", {"return a * b", "return b / a"}),
        ("return a @ b", {"return a * b", "return b @ a"}),
        ("return a[1]", {"return a[2]", "return a[0]"}),
        ("return a.sum(0)", {"return a.max(0)", "return a"}),
        ("return a.swapaxes(-1, -2)", {"return a", "return a.swapaxes(1, -2)"}),
        ("return a.sum(b, keepdims=True)", {"return a.sum(b)", "return a.sum(b, keepdims=False)"}),
        ("return a < b", {"return a <= b", "return a > b"}),
        ("return a is None", {"return a is not None"}),
        ("return a and b", {"return a or b", "return a", "return b"}),
        ("return -a", {"return a"}),
        ("return (a, b)", {"return (b, a)"}),
        ("return a if b else c", {"return a", "return c"}),
        ("a += b", {"a = b", "pass"}),
        ("a.append(b)", {"pass"}),
        ("return f(a, b)", {"return f(b, a)"}),
        ("return np.exp(a)", {"return np.log(a)", "return a"}),
    ],
)
def test_a_line_is_changed_in_the_ways_that_people_get_it_wrong(line: str, some: set[str]) -> None:
    assert some <= changes(line)


def test_every_mutant_is_another_function_that_compiles() -> None:
    found = mutants(FUNCTION)
    assert len({mutant.source for mutant in found}) == len(found) >= 8
    for mutant in found:
        compile(mutant.source, "<mutant>", "exec")
        assert ast.dump(ast.parse(mutant.source)) != ast.dump(ast.parse(FUNCTION))


def test_each_change_names_the_line_before_and_after() -> None:
    for mutant in mutants(FUNCTION):
        before, arrow, after = mutant.change.partition(" -> ")
        assert arrow
        assert before != after
        assert "\n" not in mutant.change


def test_types_and_docstrings_are_not_changed() -> None:
    for mutant in mutants(FUNCTION):
        assert "Not the docstring." in mutant.source
        assert "int" not in mutant.source.replace("print", "")


def test_a_call_that_changes_nothing_when_turned_round_is_left_alone() -> None:
    assert "return np.maximum(b, a)" not in changes("return np.maximum(a, b)")


def test_the_same_source_gives_the_same_mutants() -> None:
    assert mutants(FUNCTION) == mutants(FUNCTION)
