"""Errors name the operation and the shapes, and say what would fit."""

from __future__ import annotations

import numpy as np
import pytest

from minitorch import ShapeError, Tensor, concatenate, stack, where

X = Tensor(np.zeros((2, 3), np.float32))
CASES = {
    "add": (
        lambda: X + Tensor(np.zeros(4)),
        r"add of shapes \(2, 3\) and \(4,\): axis -1 is 3 .* 4",
    ),
    "mul, in front": (lambda: np.zeros((5, 1, 3)) * X * np.zeros((3, 1)), r"axis -2 is 2 .* 3"),
    "numbers in a list": (lambda: X / [1, 2], r"div of shapes \(2, 3\) and \(2,\)"),
    "matmul": (lambda: X @ X, r"matmul of shapes .*last axis of the left side \(3\).*\(2\)"),
    "matmul, batch": (
        lambda: Tensor(np.zeros((2, 2, 3))) @ Tensor(np.zeros((4, 3, 2))),
        r"batch axes",
    ),
    "matmul, number": (lambda: X @ 2, r"use \* for a number"),
    "matmul, vector": (lambda: X @ Tensor(np.zeros(4)), r"last axis of the left side \(3\).*\(4\)"),
    "sum": (lambda: X.sum(2), r"sum of shape \(2, 3\): axis 2 is out of bounds"),
    "sum, twice": (lambda: X.sum((0, 0)), r"sum of shape \(2, 3\): duplicate"),
    "mean": (lambda: X.mean(-3), r"mean of shape \(2, 3\): axis -3"),
    "var": (lambda: X.var(2), r"var of shape \(2, 3\): axis 2"),
    "max": (lambda: X.max((0, 5)), r"max of shape \(2, 3\): axis 5"),
    "argmax": (lambda: X.argmax(2), r"argmax of shape \(2, 3\): axis 2"),
    "softmax": (lambda: X.softmax(2), r"softmax of shape \(2, 3\): axis 2"),
    "log_softmax": (lambda: X.log_softmax(2), r"log_softmax of shape \(2, 3\): axis 2"),
    "reshape": (lambda: X.reshape(4), r"reshape of shape \(2, 3\): .*size 6 into shape \(4,\)"),
    "transpose": (lambda: X.transpose(0, 2), r"transpose of shape \(2, 3\): .*axis2"),
    "permute": (lambda: X.permute(0, 0), r"permute of shape \(2, 3\): repeated axis"),
    "index": (lambda: X[2], r"index of shape \(2, 3\): index 2 is out of bounds"),
    "index, axes": (lambda: X[0, 0, 0], r"index of shape \(2, 3\): too many indices"),
    "concatenate": (
        lambda: concatenate([X, Tensor(np.zeros((2, 4)))]),
        r"concatenate along axis 0 of shapes \(2, 3\), \(2, 4\): all other axes must agree",
    ),
    "concatenate, axis": (lambda: concatenate([X, X], 2), r"axis 2 is out of bounds"),
    "concatenate, none": (lambda: concatenate([]), r"concatenate of no tensors"),
    "stack": (lambda: stack([X, X[0]]), r"stack along axis 0 .*all shapes must be equal"),
    "where": (
        lambda: where(np.ones(7) > 0, X, X),
        r"where of shapes \(7,\) and \(2, 3\) and \(2, 3\): counted from the right",
    ),
    "comparison": (lambda: np.zeros(4) < X, r"comparison of shapes \(2, 3\) and \(4,\): axis -1"),
    "item": (lambda: X.item(), r"item of shape \(2, 3\): only a tensor with one entry"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_misfit_names_the_operation_and_the_shapes_and_says_what_would_fit(name):
    do, message = CASES[name]
    with pytest.raises(ShapeError, match=message):
        do()


def test_a_place_that_is_not_there_is_an_index_error_too():
    with pytest.raises(IndexError):
        X[2]


@pytest.mark.parametrize(
    "value", [None, "2", object(), 1j, [None]], ids=lambda value: type(value).__name__
)
def test_what_is_no_number_is_no_operand(value):
    with pytest.raises(TypeError, match="a Tensor holds numbers"):
        X + value


def test_an_exponent_is_a_plain_number():
    for exponent in (X, np.array([1, 2, 3]), "2"):
        with pytest.raises(TypeError, match="power takes a number"):
            X**exponent


def test_a_tensor_of_a_tensor_says_what_to_do():
    with pytest.raises(TypeError, match="detach"):
        Tensor(X)


def test_a_tensor_without_axes_has_no_length():
    with pytest.raises(TypeError, match="no length"):
        len(Tensor(1.0))
