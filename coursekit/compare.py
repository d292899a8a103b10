"""Do two results agree, and where do they first differ?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

# (relative, absolute) by the coarser dtype of the two
TOLERANCES = {"e": (1e-2, 1e-3), "f": (1e-4, 1e-5), "d": (1e-7, 1e-9)}


@dataclass(frozen=True)
class Difference:
    """Where a result first differs from the expected one, and how."""

    where: str
    what: str
    expected: Any
    given: Any
    path: tuple[str, ...] = ()  # the keys that lead there


def difference(
    expected: Any, given: Any, tolerance: float | None = None, where: str = ""
) -> Difference | None:
    """Find the first difference between two results made of plain data, or `None`.

    Numbers agree within a tolerance that fits their dtype, or within `tolerance` (relative and
    absolute) if that is given. Types, shapes and dtypes must be equal.
    """
    wanted, got = _kind(expected), _kind(given)
    if wanted != got:
        return Difference(where, f"{_article(got)} instead of {_article(wanted)}", expected, given)
    if isinstance(expected, dict):
        if expected.keys() != given.keys():
            return Difference(where, _other_keys(expected, given), expected, given)
        for key in expected:
            place = f"{where}, {key}" if where else str(key)
            found = difference(expected[key], given[key], tolerance, place)
            if found is not None:
                return replace(found, path=(str(key), *found.path))
        return None
    if isinstance(expected, list | tuple):
        if len(expected) != len(given):
            entries = "entry" if len(given) == 1 else "entries"
            what = f"{len(given)} {entries} instead of {len(expected)}"
            return Difference(where, what, expected, given)
        triples = zip(range(len(expected)), expected, given, strict=True)
        return _first([(f"{where}[{i}]", e, g) for i, e, g in triples], tolerance)
    if isinstance(expected, np.ndarray | np.generic | float | int) and not _is_flag(expected):
        return _numbers_differ(np.asarray(expected), np.asarray(given), tolerance, where)
    if expected != given:
        what = f"{_short(given)} instead of {_short(expected)}"
        if _is_flag(expected):
            what = _yes_or_no(expected, given)
        return Difference(where, what, expected, given)
    return None


def _other_keys(expected: dict[Any, Any], given: dict[Any, Any]) -> str:
    missing = [key for key in expected if key not in given]
    extra = [key for key in given if key not in expected]
    parts = [("missing", missing), ("too many", extra)]
    return "; ".join(f"{word} {_listed(keys)}" for word, keys in parts if keys)


def _listed(keys: list[Any]) -> str:
    return ", ".join(_short(key) for key in keys[:3]) + (", ..." if len(keys) > 3 else "")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _yes_or_no(expected: Any, given: Any) -> str:
    return f"{'yes' if given else 'no'}, and it should be {'yes' if expected else 'no'}"


def _first(triples: list[tuple[str, Any, Any]], tolerance: float | None) -> Difference | None:
    for where, expected, given in triples:
        found = difference(expected, given, tolerance, where)
        if found is not None:
            return found
    return None


def _numbers_differ(
    expected: np.ndarray, given: np.ndarray, tolerance: float | None, where: str
) -> Difference | None:
    if expected.shape != given.shape:
        what = f"shape {given.shape} instead of {expected.shape}"
        return Difference(where, what, expected, given)
    if expected.dtype != given.dtype:
        what = f"{given.dtype} instead of {expected.dtype}"
        return Difference(where, what, expected, given)
    relative, absolute = _tolerance(expected, tolerance)
    close = np.isclose(given, expected, rtol=relative, atol=absolute, equal_nan=True)
    if close.all():
        return None
    at = tuple(int(i) for i in np.argwhere(~close)[0])
    position = f" at {list(at)}" if at else ""
    what = "{} instead of {}{}".format(*_told_apart(given[at], expected[at]), position)
    return Difference(where, what, expected, given)


def _tolerance(expected: np.ndarray, tolerance: float | None) -> tuple[float, float]:
    if tolerance is not None:
        return tolerance, tolerance
    return TOLERANCES.get(expected.dtype.char, (0.0, 0.0))


def _told_apart(one: Any, other: Any) -> tuple[str, str]:
    """Two different numbers with as many digits as it takes to see that they differ."""
    if not np.issubdtype(np.asarray(other).dtype, np.inexact):
        return str(one), str(other)
    texts = ("", "")
    for digits in (6, 9, 12, 17):
        texts = (f"{one:.{digits}g}", f"{other:.{digits}g}")
        if texts[0] != texts[1]:
            break
    return texts


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool | np.bool_)


def _kind(value: Any) -> str:
    if _is_flag(value):
        return "True or False"
    if isinstance(value, np.ndarray) and value.ndim:
        return "array"
    if isinstance(value, np.ndarray | np.generic | int | float):
        return "whole number" if np.asarray(value).dtype.kind in "iu" else "number"
    return {type(None): "nothing (None)", str: "text"}.get(type(value), type(value).__name__)


def _article(kind: str) -> str:
    if kind[0].isupper() or kind.startswith("nothing") or kind == "text":
        return kind
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
