"""What each setting of a training may be, and the sentence for one that is something else."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Mapping
from typing import Any

Rule = tuple[Callable[[Any], bool], str]  # whether a value is right, and what would be


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _whole(least: int) -> Rule:
    return lambda x: _is_number(x) and x == int(x) and x >= least, f"a whole number from {least} up"


def _one_of(*names: str) -> Rule:
    return lambda x: x in names, "one of " + ", ".join(names)


def _are_betas(value: Any) -> bool:
    return (
        isinstance(value, list | tuple)
        and len(value) == 2
        and all(_is_number(beta) and 0 <= beta < 1 for beta in value)
    )


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


POSITIVE: Rule = (lambda x: _is_number(x) and x > 0, "a number above 0")
NOT_NEGATIVE: Rule = (lambda x: _is_number(x) and x >= 0, "a number from 0 up")
TEXT: Rule = (lambda x: isinstance(x, str) and x != "", "a text")
SWITCH: Rule = (lambda x: isinstance(x, bool), "true or false")

RULES: dict[str, Rule] = {
    "model": (lambda x: isinstance(x, Mapping), "names of sizes and their values"),
    "phases": (lambda x: isinstance(x, list) and len(x) > 0, "a list of one phase or more"),
    "out": TEXT,
    "seed": _whole(0),
    "dtype": _one_of("float32", "float64"),
    "threads": _whole(1),
    "scale_residuals": SWITCH,
    "corpus": _one_of("nano", "small", "medium", "full"),
    "strangers": _one_of("some", "all"),
    "without": (lambda x: isinstance(x, Mapping), "names of what to leave out and their values"),
    "learn": _one_of("said", "all"),
    "context": _whole(1),
    "batch": _whole(1),
    "accumulate": _whole(1),
    "clip": POSITIVE,
    "betas": (_are_betas, "two numbers from 0 up, below 1"),
    "eps": POSITIVE,
    "weight_decay": NOT_NEGATIVE,
    "evaluate_every": _whole(1),
    "evaluate_rows": _whole(1),
    "checkpoint_every": _whole(1),
    "keep": _whole(1),
}
PHASE_RULES: dict[str, Rule] = {
    "name": TEXT,
    "steps": _whole(1),
    "tokens": _whole(1),
    "lr": POSITIVE,
    "warmup": _whole(0),
    "floor": NOT_NEGATIVE,
    "data": (
        lambda x: (
            isinstance(x, Mapping)
            and len(x) > 0
            and all(_is_number(weight) and weight >= 0 for weight in x.values())
        ),
        "names of kinds of lines and how often each is taken",
    ),
}

WITHOUT_RULES: dict[str, Rule] = {
    "source": TEXT,
    "people": (_are_texts, "a list of names"),
    "fact": (
        lambda x: _are_texts(x) and len(x) == 3,
        "a list of a subject, an attribute and a value",
    ),
    "rude_words": SWITCH,
    "facts_beyond": _whole(1),
}


def checked(
    given: Mapping[str, Any], rules: Mapping[str, Rule], where: str = ""
) -> tuple[dict[str, Any], list[str]]:
    """Return the values that are right, numbers as numbers, and a sentence for each that is not."""
    values, mistakes = {}, []
    for name, value in given.items():
        if name not in rules:
            mistakes.append(f"{where}there is no setting {name!r}{similar(name, rules)}")
            continue
        fits, wanted = rules[name]
        read = value if fits(value) else _number(value)
        if fits(read):
            values[name] = int(read) if wanted.startswith("a whole") else read
        else:
            mistakes.append(f"{where}{name} must be {wanted}, not {value!r}")
    return values, mistakes


def _number(value: Any) -> Any:
    """The number in a text: YAML reads 3.0e-4 as a number, but 3e-4 as a text."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


def similar(name: Any, known: Mapping[str, Any]) -> str:
    """Say which name may have been meant, or which there are."""
    close = difflib.get_close_matches(str(name), known, 1)
    return f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(known)}"
