"""Losses: one number that says how wrong a model's results are."""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch.errors import ShapeError
from minitorch.recording import record
from minitorch.tensor import Array, Tensor


def mean_squared_error(predictions: Tensor, targets: Tensor) -> Tensor:
    """Average the squared difference of predictions and targets over all entries.

    Both have one shape; two different shapes raise a ShapeError that names them, even where
    NumPy could broadcast one to the other.
    """
    if predictions.shape != targets.shape:
        raise ShapeError(
            f"predictions have shape {predictions.shape}, targets {targets.shape}: "
            "they must be equal, reshape one of them"
        )
    difference = predictions - targets
    return (difference * difference).mean()


def cross_entropy(
    logits: Tensor, targets: Any, ignored: int = -100, smoothing: float = 0.0
) -> Tensor:
    """Average -log p(target) over the rows that count, p being the softmax of the logits.

    `logits` is (..., classes). `targets`, a tensor or an array, is (...): the number of the right
    class for each row, or `ignored` where a row does not count. Or it is (..., classes): the
    probabilities of all classes. With `smoothing` = s the target is mixed with a share s of the
    uniform distribution. If no row counts, the loss is 0.
    """
    classes = logits.shape[-1]
    wanted = targets.data if isinstance(targets, Tensor) else np.asarray(targets)
    is_distribution = wanted.dtype.kind == "f"
    if wanted.shape != (logits.shape if is_distribution else logits.shape[:-1]):
        raise ShapeError(
            f"cross_entropy of logits {logits.shape} and targets {wanted.shape}: targets are "
            f"class numbers of shape {logits.shape[:-1]} or probabilities of shape {logits.shape}"
        )
    rows = logits if logits.ndim == 2 else logits.reshape(-1, classes)
    if is_distribution:
        wanted = wanted.reshape(-1, classes)
        return cross_entropy_of_rows(rows, smoothed(wanted, smoothing), len(wanted))
    ids = wanted.reshape(-1)
    if not smoothing:
        return cross_entropy_of_ids(rows, checked_ids(ids, classes, ignored), ignored)
    kept = np.flatnonzero(checked_ids(ids, classes, ignored) != ignored)
    distribution = np.zeros(rows.shape, logits.dtype)  # rows of zeros, where nothing is wanted
    distribution[kept] = smoothed(one_hot(ids[kept], classes, logits.dtype), smoothing)
    return cross_entropy_of_rows(rows, distribution, len(kept))


def cross_entropy_of_ids(logits: Tensor, ids: Array, ignored: int = -100) -> Tensor:
    """Average -log softmax(row)[id] over the rows whose id is not `ignored`.

    `logits` is (rows, classes), `ids` is (rows,): the number of the right class of each row. It
    is one operation: its only parent is `logits`, and a row that is ignored gets a gradient of
    zero. Logits of any size give a finite result. If every row is ignored, the loss is 0.
    """
    kept = np.flatnonzero(ids != ignored)
    count = max(len(kept), 1)
    shifted = logits.data - logits.data.max(axis=1, keepdims=True)
    exps = np.exp(shifted)
    sums = exps.sum(axis=1, keepdims=True)
    losses = np.log(sums[kept, 0]) - shifted[kept, ids[kept]]

    def backward(g: Array) -> tuple[Array]:
        grad = exps * (g / (count * sums))  # softmax, times the share that a row has in the mean
        grad[ids == ignored] = 0
        grad[kept, ids[kept]] -= g / count
        return (grad,)

    return record(losses.sum() / count, (logits,), backward)


def cross_entropy_of_rows(logits: Tensor, wanted: Array, count: int) -> Tensor:
    """Sum -wanted * log softmax(logits) over all entries and divide by `count`, in one operation.

    Both are (rows, classes). A row of zeros in `wanted` adds nothing and gets no gradient.
    """
    count = max(count, 1)
    wanted = wanted.astype(logits.dtype, copy=False)
    shifted = logits.data - logits.data.max(axis=1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))

    def backward(g: Array) -> tuple[Array]:
        grad = np.exp(log_probabilities) * wanted.sum(axis=1, keepdims=True) - wanted
        return (grad * (g / count),)

    return record(-(wanted * log_probabilities).sum() / count, (logits,), backward)


def smoothed(distribution: Array, smoothing: float) -> Array:
    """Mix each row with the uniform distribution, which gets the share `smoothing`.

    `distribution` is (rows, classes) and is left as it is; the result has its shape and dtype.

    >>> smoothed(np.array([[0.0, 1.0, 0.0, 0.0]]), 0.2)
    array([[0.05, 0.85, 0.05, 0.05]])
    """
    classes = distribution.shape[1]
    return distribution * (1 - smoothing) + smoothing / classes


def one_hot(ids: Array, classes: int, dtype: Any = np.float32) -> Array:
    """A row for each id, with a 1 in the place of its class and 0 elsewhere."""
    out = np.zeros((len(ids), classes), dtype)
    out[np.arange(len(ids)), ids] = 1
    return out


def checked_ids(ids: Array, classes: int, ignored: int) -> Array:
    """The ids, if each of them is the number of a class or `ignored`."""
    if ids.dtype.kind not in "iu":
        raise TypeError(f"class numbers are whole numbers, not {ids.dtype}")
    wrong = (ids != ignored) & ((ids < 0) | (ids >= classes))
    if wrong.any():
        where = int(np.argmax(wrong))
        raise ValueError(
            f"target {int(ids[where])} in row {where}: the {classes} classes are numbered from 0 "
            f"to {classes - 1}, and {ignored} marks a row to ignore"
        )
    return ids
