"""Week 3, packing rows: what an answer must do, and the mistakes it must catch."""

from numbers import Integral

from coursekit.checking import Checks, Complaint
from minitorch import data
from minitorch.data import pack_fast

pack = Checks("data.pack")


def few_documents(rng):
    yield {"lengths": [3], "size": 5}
    yield {"lengths": [], "size": 5}
    yield {"lengths": [3, 4, 2, 1], "size": 5}


def exact_fits(rng):
    yield {"lengths": [5, 5], "size": 5}
    yield {"lengths": [2, 3, 4, 1], "size": 5}


def choices(rng):
    # A row with less room comes later, earlier, and twice.
    yield {"lengths": [4, 6, 3], "size": 9}
    yield {"lengths": [6, 4, 3, 5], "size": 9}
    yield {"lengths": [5, 6, 5, 4, 3], "size": 9}
    yield {"lengths": [6, 6, 2, 2], "size": 8}


def random_lengths(rng):
    for count, size in ((8, 9), (20, 12), (30, 20)):
        yield {"lengths": [int(n) for n in rng.integers(1, size + 1, count)], "size": size}


def _pack(lengths, size):
    rows = data.pack(lengths, size)
    if rows is None:
        raise Complaint(
            "It returned nothing (None): does every way through the function reach a `return`?"
        )
    if not isinstance(rows, list):
        raise Complaint(f"It returned a value of type `{type(rows).__name__}`, not a list.")
    if not all(isinstance(row, list | tuple) for row in rows):
        raise Complaint("Each row should be a list with the numbers of its documents.")
    if not all(isinstance(number, Integral) for row in rows for number in row):
        raise Complaint("A row should hold numbers of documents, which are whole numbers.")
    return [[int(number) for number in row] for row in rows]


pack.check("a few documents", cases=few_documents)(_pack)
pack.check("documents that fill a row exactly", cases=exact_fits)(_pack)
pack.check("several rows with room", cases=choices)(_pack)
pack.check("random lengths", cases=random_lengths)(_pack)


@pack.wrong
def pack_into_the_last_row(lengths, size):
    """You only look at the last row. An earlier one may still have room for a short document."""
    rows, room = [], 0
    for number, length in enumerate(lengths):
        if length > room:
            rows.append([])
            room = size
        rows[-1].append(number)
        room -= length
    return rows


@pack.wrong
def pack_into_the_first_row(lengths, size):
    """You take the first row with room. The one in which the least room is left keeps the large
    gaps for long documents."""
    rows, room = [], []
    for number, length in enumerate(lengths):
        fitting = [row for row in range(len(rows)) if room[row] >= length]
        if fitting:
            row = fitting[0]
        else:
            row = len(rows)
            rows.append([])
            room.append(size)
        rows[row].append(number)
        room[row] -= length
    return rows


@pack.wrong
def pack_into_the_emptiest_row(lengths, size):
    """You take the row with the most room. Take the one in which the least is left."""
    rows, room = [], []
    for number, length in enumerate(lengths):
        fitting = [row for row in range(len(rows)) if room[row] >= length]
        if fitting:
            row = max(fitting, key=lambda row: room[row])
        else:
            row = len(rows)
            rows.append([])
            room.append(size)
        rows[row].append(number)
        room[row] -= length
    return rows


@pack.wrong
def pack_no_exact_fit(lengths, size):
    """A document that would fill a row to the last place is turned away. It fits: the room may be
    equal to its length."""
    rows, room = [], []
    for number, length in enumerate(lengths):
        fitting = [row for row in range(len(rows)) if room[row] > length]
        if fitting:
            row = min(fitting, key=lambda row: room[row])
        else:
            row = len(rows)
            rows.append([])
            room.append(size)
        rows[row].append(number)
        room[row] -= length
    return rows


@pack.wrong
def pack_ties_to_the_last(lengths, size):
    """Of rows with equal room you take the last. The first one is asked for, so that everybody gets
    the same rows."""
    rows, room = [], []
    for number, length in enumerate(lengths):
        fitting = [row for row in range(len(rows)) if room[row] >= length]
        if fitting:
            row = min(fitting, key=lambda row: (room[row], -row))
        else:
            row = len(rows)
            rows.append([])
            room.append(size)
        rows[row].append(number)
        room[row] -= length
    return rows


@pack.wrong
def pack_first_document_takes_no_room(lengths, size):
    """The length of a row's first document is not taken off its room, so the row ends up too full.
    A new row has `size` places less that length."""
    rows, room = [], []
    for number, length in enumerate(lengths):
        fitting = [row for row in range(len(rows)) if room[row] >= length]
        if fitting:
            row = min(fitting, key=lambda row: room[row])
            room[row] -= length
        else:
            row = len(rows)
            rows.append([])
            room.append(size)
        rows[row].append(number)
    return rows


@pack.wrong
def pack_the_longest_first(lengths, size):
    """You sort the documents by length first. That fills rows well, but the documents are to be
    taken in their order: they may come from a stream that is still running."""
    rows, room = [], []
    for number in sorted(range(len(lengths)), key=lambda number: -lengths[number]):
        fitting = [row for row in range(len(rows)) if room[row] >= lengths[number]]
        if fitting:
            row = min(fitting, key=lambda row: room[row])
        else:
            row = len(rows)
            rows.append([])
            room.append(size)
        rows[row].append(number)
        room[row] -= lengths[number]
    return rows


@pack.wrong
def pack_lengths(lengths, size):
    """The rows hold the documents' lengths. They should hold their numbers: 0 for the first
    document, 1 for the second."""
    return [[lengths[number] for number in row] for row in pack_fast(lengths, size)]


@pack.alternative
def pack_by_room(lengths, size):
    return pack_fast(lengths, size)


@pack.alternative
def pack_with_pairs(lengths, size):
    rows = []
    for number, length in enumerate(lengths):
        best = None
        for row in rows:
            if row[0] >= length and (best is None or row[0] < best[0]):
                best = row
        if best is None:
            best = [size, []]
            rows.append(best)
        best[0] -= length
        best[1].append(number)
    return [numbers for _, numbers in rows]
