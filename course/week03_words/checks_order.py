"""Week 3, the order of rows: what an answer must do, and the mistakes it must catch."""

from numbers import Integral

import numpy as np

from coursekit.checking import Checks, Complaint
from minitorch import data
from minitorch.data import shuffle

order = Checks("data.shuffled")


def first_places(rng):
    yield {"start": 0, "count": 3, "rows": 5, "seed": 0}
    yield {"start": 0, "count": 5, "rows": 5, "seed": 3}
    yield {"start": 0, "count": 0, "rows": 5, "seed": 3}


def later_places(rng):
    yield {"start": 2, "count": 3, "rows": 7, "seed": 0}
    yield {"start": 8, "count": 2, "rows": 5, "seed": 0}
    yield {"start": 41, "count": 4, "rows": 20, "seed": 1}


def over_the_end(rng):
    yield {"start": 5, "count": 6, "rows": 8, "seed": 0}
    yield {"start": 13, "count": 6, "rows": 8, "seed": 0}
    yield {"start": 0, "count": 12, "rows": 5, "seed": 2}


def one_row(rng):
    yield {"start": 3, "count": 2, "rows": 1, "seed": 0}


def random_places(rng):
    for _ in range(5):
        start, count, rows = (int(n) for n in rng.integers([0, 1, 4], [60, 20, 15]))
        yield {"start": start, "count": count, "rows": rows, "seed": int(rng.integers(100))}


def _shuffled(start, count, rows, seed):
    found = data.shuffled(start, count, rows, seed)
    if found is None:
        raise Complaint(
            "It returned nothing (None): does every way through the function reach a `return`?"
        )
    if not isinstance(found, list | tuple | np.ndarray):
        raise Complaint(f"It returned a value of type `{type(found).__name__}`, not a list.")
    if not all(isinstance(row, Integral) for row in found):
        raise Complaint(
            "The list should hold row numbers, whole numbers. An order inside the list comes from "
            "`append` where `extend` is meant."
        )
    return [int(row) for row in found]


order.check("the first places", cases=first_places)(_shuffled)
order.check("places further on", cases=later_places)(_shuffled)
order.check("over the end of an epoch", cases=over_the_end)(_shuffled)
order.check("a single row", cases=one_row)(_shuffled)
order.check("random places", cases=random_places)(_shuffled)


@order.wrong
def order_of_one_epoch(start, count, rows, seed):
    """Every epoch has the order of the first. Each is shuffled anew: `shuffle(rows, seed, epoch)`
    with the epoch in which the place lies."""
    first = shuffle(rows, seed, 0)
    return [int(first[place % rows]) for place in range(start, start + count)]


@order.wrong
def order_of_the_starting_epoch(start, count, rows, seed):
    """Behind the end of an epoch you go on with the same order from its beginning. From there on
    the next epoch's order holds: find the epoch of each place."""
    here = shuffle(rows, seed, start // rows)
    return [int(here[place % rows]) for place in range(start, start + count)]


@order.wrong
def order_stops(start, count, rows, seed):
    """At the end of an epoch you stop, and return fewer rows than were asked for. Go on with the
    next epoch."""
    here = shuffle(rows, seed, start // rows)
    return here[start % rows : start % rows + count].tolist()


@order.wrong
def order_of_two_epochs(start, count, rows, seed):
    """You join the orders of two epochs, and that is enough only while `count` is small: a stretch
    may reach over several epochs. Find the epoch of each place."""
    epoch, place = divmod(start, rows)
    both = np.concatenate([shuffle(rows, seed, epoch), shuffle(rows, seed, epoch + 1)])
    return both[place : place + count].tolist()


@order.wrong
def order_skips_the_rest(start, count, rows, seed):
    """If an epoch has fewer rows left than are asked for, you leave them out and begin the next
    one. Then some rows are missing from every epoch."""
    epoch, place = divmod(start, rows)
    if place + count > rows:
        epoch, place = epoch + 1, 0
    places = range(epoch * rows + place, epoch * rows + place + count)
    return [int(shuffle(rows, seed, p // rows)[p % rows]) for p in places]


@order.wrong
def order_from_zero(start, count, rows, seed):
    """You always begin at the first place. `start` says how many places were used before."""
    return [int(shuffle(rows, seed, place // rows)[place % rows]) for place in range(count)]


@order.wrong
def order_by_batches(start, count, rows, seed):
    """You take `start` for the number of a batch and multiply it by `count`. It is a place: the
    number of rows that were used before."""
    places = range(start * count, start * count + count)
    return [int(shuffle(rows, seed, place // rows)[place % rows]) for place in places]


@order.wrong
def order_ignores_the_seed(start, count, rows, seed):
    """The order is the same for every seed. Pass `seed` on to `shuffle`."""
    places = range(start, start + count)
    return [int(shuffle(rows, 0, place // rows)[place % rows]) for place in places]


@order.wrong
def order_unshuffled(start, count, rows, seed):
    """The rows come in their own order. `shuffle(rows, seed, epoch)` gives the order of an
    epoch."""
    return [place % rows for place in range(start, start + count)]


@order.alternative
def order_from_whole_epochs(start, count, rows, seed):
    first, last = start // rows, (start + count) // rows
    epochs = np.concatenate([shuffle(rows, seed, epoch) for epoch in range(first, last + 1)])
    return epochs[start - first * rows :][:count].tolist()
