"""Two results agree within what their dtype can tell, and the first difference is named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from coursekit.compare import difference

THIRD = 1 / 3


def array(*values: float, dtype: Any = np.float64) -> np.ndarray:
    return np.array(values, dtype=dtype)


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        (array(1.0, 2.0), array(1.0, 2.0)),
        (array(THIRD), array(THIRD * (1 + 1e-9))),
        (array(THIRD, dtype=np.float32), array(THIRD * (1 + 2e-5), dtype=np.float32)),
        (array(np.nan, np.inf), array(np.nan, np.inf)),
        (array(), array()),
        (THIRD, np.float64(THIRD)),
        (THIRD, np.array(THIRD)),
        (3, np.int64(3)),
        (True, np.bool_(True)),
        ("text", "text"),
        (None, None),
        ([1, array(2.0)], [1, array(2.0)]),
        ({"a": array(1.0), "b": (1, "x")}, {"b": (1, "x"), "a": array(1.0)}),
        (array(True, False, dtype=bool), array(True, False, dtype=bool)),
        (slice(0, 2), slice(0, 2)),
    ],
)
def test_what_is_equal_within_its_dtype_agrees(expected: Any, given: Any) -> None:
    assert difference(expected, given) is None


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        (array(1.0), array(1.0 + 1e-6)),
        (array(1.0, dtype=np.float32), array(1.001, dtype=np.float32)),
        (array(1.0), array(np.nan)),
        (array(np.nan), array(1.0)),
        (array(np.inf), array(-np.inf)),
        (array(1.0), array(1.0, dtype=np.float32)),
        (array(1.0, 2.0), np.array([[1.0], [2.0]])),
        (array(1.0), 1.0),
        (array(1.0), [1.0]),
        (array(1.0), None),
        (None, array(1.0)),
        (1, True),
        (1, 1.0),
        ([1, 2], (1, 2)),
        ([1], [1, 2]),
        ({"a": 1}, {"b": 1}),
        ("text", "Text"),
        (True, False),
        (array(True, False, dtype=bool), array(True, True, dtype=bool)),
        (slice(0, 2), slice(0, 3)),
    ],
)
def test_what_is_not_equal_differs(expected: Any, given: Any) -> None:
    found = difference(expected, given)
    assert found is not None
    assert found.what
    assert difference(given, expected) is not None


@pytest.mark.parametrize(
    ("expected", "given", "where", "what"),
    [
        (array(1, 2, 3), array(1, 5, 6), "", "5 instead of 2 at [1]"),
        (np.eye(2), np.zeros((2, 2)), "", "0 instead of 1 at [0, 0]"),
        ({"value": array(1.0)}, {"value": array(2.0)}, "value", "2 instead of 1 at [0]"),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, "a, b", "2 instead of 1"),
        ({"list": [1, 2]}, {"list": [1, 3]}, "list[1]", "3 instead of 2"),
        (array(1.0), None, "", "nothing (None) instead of an array"),
        (array(1.0), array(1.0, 1.0), "", "shape (2,) instead of (1,)"),
        ([1, 2], [1], "", "1 entry instead of 2"),
        ("moth ", "moth", "", "'moth' instead of 'moth '"),
        ({"a": 1, "b": 2}, {"a": 1, "c": 2}, "", "missing 'b'; too many 'c'"),
    ],
)
def test_the_first_difference_is_named(expected: Any, given: Any, where: str, what: str) -> None:
    found = difference(expected, given)
    assert found is not None
    assert (found.where, found.what) == (where, what)


def test_a_check_may_ask_for_more_or_less_than_the_dtype() -> None:
    assert difference(1.0, 1.05, tolerance=0.1) is None
    assert difference(1.0, 1.0 + 1e-12, tolerance=0.0) is not None


def test_an_array_of_something_else_than_numbers_does_not_agree() -> None:
    assert difference(array(1.0), np.array([object()])) is not None
    assert difference(array(1.0), np.array(["x"])) is not None
    assert difference(array(1.0), array(1.0 + 0j, dtype=np.complex128)) is not None
