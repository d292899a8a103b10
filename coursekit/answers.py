"""A reader's answer: from the source in a cell to a function of the library."""

from __future__ import annotations
import __future__

import ast
import builtins
import dis
import inspect
import linecache
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import CodeType, FunctionType
from typing import Any

from coursekit.library import target


class AnswerError(Exception):
    """Something about an answer that keeps it from being judged, in one sentence."""


@dataclass
class Answer:
    """An answer to one exercise: its source and, compiled among the library's names, its function.

    `elsewhere` is the namespace the answer was written in, so that a name that exists only
    there can be told from a typing mistake.
    """

    name: str
    source: str
    filename: str = "<answer>"
    first_line: int = 1
    elsewhere: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def is_stub(self) -> bool:
        """Whether nothing has been written yet: the body only raises NotImplementedError."""
        body = _definition(self).body
        rest = body[1:] if ast.get_docstring(_definition(self)) is not None else body
        return not rest or (len(rest) == 1 and _raises_not_implemented(rest[0]))

    def compile(self) -> FunctionType:
        """The function, with the names of the library module it belongs to around it."""
        where = target(self.name)
        definition = _definition(self)
        if definition.name != where.attribute:
            raise AnswerError(
                f"The function is called `{definition.name}`; this exercise asks for "
                f"`{where.attribute}`."
            )
        definition.decorator_list = []
        tree = ast.Module([definition], [])
        if where.is_method:
            tree = ast.Module([_with_class_cell(definition)], [])
        ast.increment_lineno(tree, self.first_line - 1)
        made: dict[str, Any] = {}
        _remember_source(self)
        # As in the library's modules, types in signatures are text: nothing has to define them.
        flags = __future__.annotations.compiler_flag
        try:
            code = compile(ast.fix_missing_locations(tree), self.filename, "exec", flags, True)
            exec(code, vars(where.module), made)
            if where.is_method:
                made[definition.name] = made["with_class"](where.owner)
        except SyntaxError as error:
            raise AnswerError(f"Line {error.lineno} is not Python: {error.msg}.") from error
        except NameError as error:
            raise AnswerError(
                f"The first line of `{definition.name}` uses `{error.name}`, which "
                f"{where.module.__name__} does not know."
            ) from error
        except Exception as error:  # a default may do anything
            raise AnswerError(
                f"The first line of `{definition.name}` raises {type(error).__name__}: {error}."
            ) from error
        function: FunctionType = made[definition.name]
        function.__code__ = _named(function.__code__, where.attribute)
        _refuse_foreign_signature(function, where.original)
        _refuse_foreign_names(function, vars(where.module), self.elsewhere)
        if not where.is_method and function.__code__.co_freevars:
            raise AnswerError(f"`{definition.name}` must stand on its own, outside a class.")
        return function


def written_in_notebook(name: str, function: FunctionType) -> Answer:
    """The answer that a decorated function in a cell is."""
    try:
        lines, first = inspect.getsourcelines(function)
    except (OSError, TypeError) as error:
        raise AnswerError(
            f"The source of `{function.__name__}` is out of reach: write it in a notebook's cell "
            "or in a file."
        ) from error
    return Answer(
        name,
        textwrap.dedent("".join(lines)),
        function.__code__.co_filename,
        first,
        function.__globals__,
    )


def without_decorators(source: str) -> str:
    """The definition, and comments above it, as it is kept for later sessions."""
    definition = _first_definition(source)
    lines = source.splitlines()
    first = min([definition.lineno, *(d.lineno for d in definition.decorator_list)])
    return "\n".join([*lines[: first - 1], *lines[definition.lineno - 1 :]]).rstrip() + "\n"


def _definition(answer: Answer) -> ast.FunctionDef:
    return _first_definition(answer.source)


def _first_definition(source: str) -> ast.FunctionDef:
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise AnswerError(f"Line {error.lineno} is not Python: {error.msg}.") from error
    except ValueError as error:
        raise AnswerError(f"This is not Python: {error}.") from error
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef):
            return statement
        if isinstance(statement, ast.AsyncFunctionDef):
            raise AnswerError(f"`{statement.name}` starts with `async def`; write `def`.")
    raise AnswerError("There is no function here: an answer starts with `def`.")


def _raises_not_implemented(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Raise) and "NotImplementedError" in ast.unparse(statement)


def _with_class_cell(definition: ast.FunctionDef) -> ast.FunctionDef:
    """Wrap a method so that `super()` finds its class, as it would inside a class statement."""
    wrapper = ast.parse("def with_class(__class__):\n    return 0").body[0]
    assert isinstance(wrapper, ast.FunctionDef)
    wrapper.body = [definition, *ast.parse(f"return {definition.name}").body]
    wrapper.body[-1].value = ast.Name(definition.name, ast.Load())  # type: ignore[attr-defined]
    return wrapper


def _named(code: CodeType, name: str) -> CodeType:
    """Give nested functions the qualified names that they would have in the library."""
    prefix = code.co_qualname
    inner = tuple(
        _renamed(constant, prefix, name) if isinstance(constant, CodeType) else constant
        for constant in code.co_consts
    )
    return code.replace(co_consts=inner, co_qualname=name)


def _renamed(code: CodeType, prefix: str, name: str) -> CodeType:
    inner = tuple(
        _renamed(constant, prefix, name) if isinstance(constant, CodeType) else constant
        for constant in code.co_consts
    )
    return code.replace(co_consts=inner, co_qualname=name + code.co_qualname.removeprefix(prefix))


def _remember_source(answer: Answer) -> None:
    """Let tracebacks and `??` show the reader's own lines, also for an answer kept from before."""
    if answer.filename.startswith("<"):
        lines = answer.source.splitlines(keepends=True)
        linecache.cache[answer.filename] = (len(answer.source), None, lines, answer.filename)


def _refuse_foreign_signature(function: FunctionType, original: FunctionType) -> None:
    given = list(inspect.signature(function).parameters.values())
    wanted = list(inspect.signature(original).parameters.values())
    if [_bare(p) for p in given] != [_bare(p) for p in wanted]:
        raise AnswerError(
            f"`{original.__name__}` takes ({_listed(wanted)}), as its first line said; "
            f"this one takes ({_listed(given)})."
        )


def _bare(parameter: inspect.Parameter) -> tuple[str, Any, str]:
    return parameter.name, parameter.kind, repr(parameter.default)


def _listed(parameters: list[inspect.Parameter]) -> str:
    return ", ".join(str(p.replace(annotation=inspect.Parameter.empty)) for p in parameters)


def _refuse_foreign_names(
    function: FunctionType, library: Mapping[str, Any], elsewhere: Mapping[str, Any]
) -> None:
    names = _global_names(function.__code__)
    own = function.__name__
    if own in names and hasattr(builtins, own):
        raise AnswerError(
            f"Inside this function `{own}` is not Python's `{own}` but your own function: use "
            f"NumPy's, `np.{own}(...)` or `a.data.{own}(...)`."
        )
    for name in sorted(names):
        if name in library or hasattr(builtins, name):
            continue
        module = library["__name__"]
        inner = next((f for f in _inner_functions(function) if name in f.co_varnames), None)
        if inner is not None:
            raise AnswerError(
                f"`{name}` exists only inside `{inner.co_name}`, where it is handed in. Outside "
                f"of it, pass the function itself: `{inner.co_name}`, without calling it."
            )
        close = get_close_matches(name, [*function.__code__.co_varnames, *library], n=1)
        hint = f" Did you mean `{close[0]}`?" if close else ""
        if inspect.ismodule(elsewhere.get(name)):
            raise AnswerError(
                f"`{name}` is imported in the notebook, but `{function.__name__}` will run "
                f"inside {module}, which does not have it: do without, or import it inside "
                f"the function.{hint}"
            )
        if name in elsewhere:
            raise AnswerError(
                f"`{name}` is defined elsewhere in the notebook, but `{function.__name__}` will "
                f"run inside {module}, which does not have it: move `{name}` into the "
                f"function.{hint}"
            )
        raise AnswerError(f"`{name}` is not defined in `{function.__name__}` or in {module}.{hint}")


def _inner_functions(function: FunctionType) -> list[CodeType]:
    return [c for c in function.__code__.co_consts if isinstance(c, CodeType)]


def _global_names(code: CodeType) -> set[str]:
    names: set[str] = set()
    own: set[str] = set()
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            names.add(str(instruction.argval))
        elif instruction.opname == "STORE_NAME":  # the body of a class inside the function
            own.add(str(instruction.argval))
    names -= own
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _global_names(constant)
    return names
