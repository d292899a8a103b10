"""Week 5, rows put together: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks
from coursekit.tensor_checks import run_operation
from minitorch import moe, shapes
from minitorch.recording import record

put_rows = Checks("moe.put_rows")


def _pieces(rng, count, width, sizes, dtype=np.float64):
    return {
        "pieces": [rng.normal(size=(size, width)).astype(dtype) for size in sizes],
        "rows": [rng.permutation(count)[:size] for size in sizes],
        "count": count,
        "g": rng.normal(size=(count, width)).astype(dtype),
    }


def pieces_that_share_nothing(rng):
    rows = rng.permutation(5)
    made = _pieces(rng, 5, 3, (2, 3))
    yield {**made, "rows": [rows[:2], rows[2:]]}
    yield {**made, "count": 7, "rows": [rows[:2] + 1, rows[2:] + 1], "g": rng.normal(size=(7, 3))}


def pieces_that_share_rows(rng):
    yield _pieces(rng, 4, 2, (3, 3))
    yield _pieces(rng, 6, 3, (4, 2, 5))
    yield _pieces(rng, 3, 3, (3, 3, 3))


def one_piece(rng):
    yield _pieces(rng, 4, 2, (3,))


def pieces_with_nothing_in_them(rng):
    yield _pieces(rng, 4, 3, (0, 2))
    yield _pieces(rng, 3, 2, (0, 0))


def float32_pieces(rng):
    yield _pieces(rng, 4, 3, (2, 3), np.float32)


def _put(pieces, rows, count, g):
    named = {f"piece {number}": piece for number, piece in enumerate(pieces)}
    return run_operation(lambda *tensors: moe.put_rows(tensors, rows, count), g, **named)


put_rows.check("each row has its place", cases=pieces_that_share_nothing)(_put)
put_rows.check("rows that several pieces name", cases=pieces_that_share_rows)(_put)
put_rows.check("a single piece", cases=one_piece)(_put)
put_rows.check("pieces without rows", cases=pieces_with_nothing_in_them)(_put)
put_rows.check("float32 stays float32", cases=float32_pieces)(_put)

put_rows.slip(
    "puts_the_last_one_only",
    "A row that several pieces name keeps only what the last one put there: add to what is there, "
    "`+=`.",
    ("out[places] += piece.data", "out[places] = piece.data"),
)
put_rows.slip(
    "puts_the_average",
    "A row that several pieces name gets the sum of theirs, and not the average.",
    ("record(out,",
     "record(out / np.maximum(sum(np.isin(np.arange(count), p) for p in rows), 1)[:, None],"),
)  # fmt: skip
put_rows.slip(
    "puts_in_the_order_of_the_pieces",
    "The rows are put one after the other from the top. `rows` says where each belongs.",
    ("out[places] += piece.data", "out[: len(places)] += piece.data"),
)
put_rows.slip(
    "puts_into_a_table_of_ones",
    "The table begins with ones: a row that no piece names is zero.",
    ("np.zeros", "np.ones"),
)
put_rows.slip(
    "puts_back_the_gradient_from_the_top",
    "The result is right. A piece's gradient is made of the rows of `g` where its own were put: "
    "`g[places]`, in the same order.",
    ("g[places] for places", "g[: len(places)] for places"),
)
put_rows.slip(
    "puts_back_the_whole_gradient",
    "The result is right. Each piece gets the gradient of the whole table: it gets those rows of "
    "`g` where its own were put.",
    ("g[places] for places", "g for places"),
)
put_rows.slip(
    "puts_back_one_gradient_for_all",
    "The result is right. There is one gradient for each piece, in a tuple; you return a single "
    "one.",
    ("return tuple(g[places] for places in rows)", "return (g[np.concatenate(rows)],)"),
)
put_rows.slip(
    "puts_back_shares_of_the_gradient",
    "The result is right. Where pieces were added, each gets the whole gradient of the sum, and "
    "not a share of it.",
    ("g[places] for places", "g[places] / len(rows) for places"),
)


@put_rows.wrong
def puts_together_from_operations(values, rows, count):
    """That is put together from operations of tensors: work on the arrays of the pieces, write one
    rule, and `record` once."""
    everything = shapes.concatenate(list(values))
    out = []
    for row in range(count):
        mine = np.flatnonzero(np.concatenate(rows) == row)
        out.append(everything[mine].sum(axis=0).reshape(1, -1))
    return shapes.concatenate(out)


@put_rows.alternative
def puts_with_add_at(values, rows, count):
    out = np.zeros((count, values[0].shape[1]), values[0].dtype)
    for number in range(len(values)):
        np.add.at(out, rows[number], values[number].data)

    def backward(g):
        return tuple(np.take(g, places, axis=0) for places in rows)

    return record(out, tuple(values), backward)


for change in ("values[-1].shape[1]), values[0].dtype", "values[0].shape[1]), values[-1].dtype"):
    put_rows.equivalent(
        "out = np.zeros((count, values[0].shape[1]), values[0].dtype) -> "
        f"out = np.zeros((count, {change})",
        because="all pieces have one width and one dtype",
    )
