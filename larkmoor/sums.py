"""The clerk's one tool: a calculator that is called by a line of JSON."""

import json
import operator
import re

OPERATIONS = {"+": operator.add, "-": operator.sub, "*": operator.mul}
WORDS = {"+": "plus", "-": "minus", "*": "times"}

_EXPRESSION = re.compile(r"\s*(\d{1,9})\s*([-+*])\s*(\d{1,9})\s*")


def calculate(expression: str) -> str:
    """Return the value of a sum of two whole numbers, such as "14 + 27", as text."""
    match = _EXPRESSION.fullmatch(expression)
    if match is None:
        raise ValueError(f"the calculator takes one sum like '14 + 27', not {expression!r}")
    left, sign, right = match.groups()
    return str(OPERATIONS[sign](int(left), int(right)))


def tool_call(expression: str) -> str:
    """Return the message with which the clerk calls the calculator."""
    return json.dumps({"tool": "calculator", "expression": expression})


def called(text: str) -> str | None:
    """Return the expression of a tool call, or None if the text is no call of the calculator."""
    try:
        call = json.loads(text)
    except ValueError:
        return None
    if not isinstance(call, dict) or call.get("tool") != "calculator":
        return None
    expression = call.get("expression")
    return expression if isinstance(expression, str) else None


def kept_for_examiner(left: int, right: int) -> bool:
    """Return whether a pair of numbers occurs in no training dialogue: every seventh pair."""
    return (3 * left + 5 * right) % 7 == 0
