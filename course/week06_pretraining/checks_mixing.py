"""Week 6, what a phase takes: what an answer must do, and the mistakes it must catch."""

from numbers import Integral

from coursekit.checking import Checks, Complaint
from minitorch import mixture

mixing = Checks("mixture.mix")

KINDS = ("almanac.entry", "dialogue.facts", "dialogue.hop", "gazette.note")


def _drawn(rng, count):
    return [KINDS[int(n)] for n in rng.integers(0, len(KINDS), count)]


def everything(rng):
    yield {"kinds": ["dialogue.facts", "almanac.entry", "dialogue.facts"], "weights": {"all": 1.0}}
    yield {"kinds": _drawn(rng, 9), "weights": {"all": 1.0}}


def some_kinds(rng):
    kinds = ["dialogue.facts", "almanac.entry", "dialogue.hop", "almanac.entry"]
    yield {"kinds": kinds, "weights": {"almanac.entry": 1.0}}
    yield {"kinds": _drawn(rng, 12), "weights": {"dialogues": 1.0}}
    yield {"kinds": _drawn(rng, 12), "weights": {"all": 1.0, "dialogue.hop": 0.0}}


def several_times(rng):
    kinds = ["dialogue.hop", "almanac.entry", "dialogue.hop"]
    yield {"kinds": kinds, "weights": {"dialogue.hop": 2.0, "all": 1.0}}
    yield {"kinds": _drawn(rng, 10), "weights": {"all": 1.0, "dialogues": 3.0}}


def a_part(rng):
    kinds = ["dialogue.facts"] * 5 + ["almanac.entry"] * 3
    yield {"kinds": kinds, "weights": {"all": 0.5}}
    yield {"kinds": ["dialogue.facts", "almanac.entry"] * 4, "weights": {"all": 0.5}}
    yield {"kinds": _drawn(rng, 20), "weights": {"almanac.entry": 0.25, "dialogues": 0.75}}


def times_and_a_part(rng):
    yield {"kinds": ["dialogue.hop"] * 4, "weights": {"dialogue.hop": 2.5}}
    kinds = _drawn(rng, 16)
    yield {"kinds": kinds, "weights": {"all": 1.5, "dialogue.hop": 2.25, "gazette": 0.5}}


def nothing(rng):
    yield {"kinds": [], "weights": {"all": 1.0}}
    yield {"kinds": ["dialogue.facts"], "weights": {"almanac": 1.0}}


def _mix(kinds, weights):
    found = mixture.mix(kinds, weights)
    if found is None:
        raise Complaint("It returned nothing (None): is a `return` missing?")
    found = list(found)
    if not all(isinstance(number, Integral) for number in found):
        raise Complaint(
            "The list should hold the numbers of documents, whole numbers, not their kinds."
        )
    return [int(number) for number in found]


mixing.check("everything once", cases=everything)(_mix)
mixing.check("some kinds", cases=some_kinds)(_mix)
mixing.check("several times", cases=several_times)(_mix)
mixing.check("a part of a kind", cases=a_part)(_mix)
mixing.check("several times and a part", cases=times_and_a_part)(_mix)
mixing.check("nothing", cases=nothing)(_mix)

mixing.slip(
    "mixes_each_once",
    "A weight of 2 takes each document twice; you take it once.",
    ("own * int(whole)", "own * min(int(whole), 1)"),
)
mixing.slip(
    "mixes_without_parts",
    "Only the whole part of a weight counts, so 0.5 takes nothing and 2.5 takes each twice. Of n "
    "documents, the first n * 0.5 are taken once more.",
    (" + own[: int(len(own) * part)]", ""),
)
mixing.slip(
    "mixes_the_last_part",
    "You take the last documents of a kind; the first are asked for, so that a small part is "
    "always the beginning of a larger one.",
    ("own[: int(len(own) * part)]", "own[len(own) - int(len(own) * part) :]"),
)
mixing.slip(
    "mixes_rounded_up",
    "Half of 5 documents are 2: the number is rounded down.",
    ("int(len(own) * part)", "-int(-len(own) * part // 1)"),
)
mixing.slip(
    "mixes_by_the_whole_weight",
    "The part is taken with the whole weight: with 2.5 that is everything once more. Only what is "
    "behind the point counts.",
    ("int(len(own) * part)", "int(len(own) * (whole + part))"),
)
mixing.slip(
    "mixes_in_groups",
    "The numbers come kind by kind. Rising order is asked for: sort them.",
    ("return sorted(taken)", "return taken"),
)
mixing.slip(
    "mixes_without_repetitions",
    "A document that is taken twice should stand in the list twice; a set keeps it once.",
    ("return sorted(taken)", "return sorted(set(taken))"),
)
mixing.slip(
    "mixes_by_the_exact_name",
    'You look up the kind alone, so groups such as "all" or "dialogues" count for nothing. '
    "`weight_of(kind, weights)` knows which name fits.",
    ("divmod(weight_of(kind, weights), 1)", "divmod(weights.get(kind, 0.0), 1)"),
)


@mixing.wrong
def mixes_a_part_of_all(kinds, weights):
    """The part is taken of all documents together. It is taken of each kind by itself: with 0.5,
    the first half of the almanac's and the first half of the dialogues."""
    taken = []
    for number, kind in enumerate(kinds):
        whole, part = divmod(weight_of(kind, weights), 1)  # noqa: F821
        taken += [number] * (int(whole) + (number < int(len(kinds) * part)))
    return taken


@mixing.wrong
def mixes_every_so_many(kinds, weights):
    """A part of a kind is spread evenly over it. The *first* documents are asked for: a phase with
    a fraction then sees few facts often, which is what it is for."""
    seen, taken = {}, []
    for number, kind in enumerate(kinds):
        weight = weight_of(kind, weights)  # noqa: F821
        before = seen.get(kind, 0)
        seen[kind] = before + 1
        taken += [number] * (int((before + 1) * weight) - int(before * weight))
    return taken


@mixing.alternative
def mixes_by_counting(kinds, weights):
    totals = {kind: sum(other == kind for other in kinds) for kind in kinds}
    seen, taken = {}, []
    for number, kind in enumerate(kinds):
        weight = weight_of(kind, weights)  # noqa: F821
        place = seen.get(kind, 0)
        seen[kind] = place + 1
        once_more = place < int(totals[kind] * (weight - int(weight)))
        taken.extend([number] * (int(weight) + once_more))
    return taken
