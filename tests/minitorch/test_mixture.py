"""Which lines of the corpus a phase takes, as tokens, and what is left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from larkmoor import Record, documents, in_split, with_more_strangers, world
from minitorch import mixture
from minitorch.data import DataError, in_memory
from minitorch.town import course_tokenizer, encode_record

KINDS = ["almanac.entry", "dialogue.hop", "gazette.shop", "dialogue.hop", "dialogue.sum"]


@pytest.mark.parametrize(
    ("weights", "kind", "expected"),
    [
        ({"all": 1}, "dialogue.hop", 1),
        ({"all": 1, "dialogues": 2}, "dialogue.hop", 2),
        ({"all": 1, "dialogues": 2}, "gazette.shop", 1),
        ({"dialogue.hop": 5, "dialogue": 3, "dialogues": 2, "all": 1}, "dialogue.hop", 5),
        ({"dialogue.hop": 5, "dialogue": 3, "dialogues": 2, "all": 1}, "dialogue.sum", 3),
        ({"statements": 2, "gazette": 0}, "gazette.shop", 0),
        ({"statements": 2, "gazette": 0}, "almanac.entry", 2),
        ({"statements": 2}, "dialogue.hop", 0),
        ({"dialogue.h": 2}, "dialogue.hop", 0),
    ],
)
def test_the_narrowest_name_that_fits_gives_the_weight(
    weights: dict[str, float], kind: str, expected: float
) -> None:
    assert mixture.weight_of(kind, weights) == expected


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ({"all": 1}, [0, 1, 2, 3, 4]),
        ({"dialogues": 2}, [1, 1, 3, 3, 4, 4]),
        ({"dialogue.hop": 0.5}, [1]),
        ({"dialogue.hop": 0.49}, []),
        ({"dialogue.hop": 2.5, "statements": 1}, [0, 1, 1, 1, 2, 3, 3]),
        ({"dialogue": 0.5}, [1]),  # half of each kind; of a single line that is none
        ({"all": 0}, []),
        ({"almanac": 3}, [0, 0, 0]),
    ],
)
def test_weights_say_how_often_documents_are_taken(
    weights: dict[str, float], expected: list[int]
) -> None:
    assert mixture.mix(KINDS, weights) == expected


def test_select_takes_documents_in_any_order_and_several_times() -> None:
    kept = [([1, 2, 3], [True, False, True]), ([4], [False]), ([5, 6], [True, True])]
    found = mixture.select(in_memory(kept, 10), np.array([2, 0, 2, 1]))
    assert found.ids.tolist() == [5, 6, 1, 2, 3, 5, 6, 4]
    assert found.learn.tolist() == [True, True, True, False, True, True, True, False]
    assert found.starts.tolist() == [0, 2, 5, 7, 8]
    assert found.ids.dtype == np.uint16


@pytest.fixture(scope="module")
def nano() -> mixture.Corpus:
    return mixture.read_corpus("nano", "valid", course_tokenizer())


def test_a_split_is_encoded_line_by_line(nano: mixture.Corpus) -> None:
    tokenizer = course_tokenizer()
    records = list(documents(world(0), "nano", in_split("valid")))
    assert nano.kinds == [record.kind for record in records]
    encoded = [encode_record(tokenizer, record) for record in records]
    assert nano.documents.ids.tolist() == [id for ids, _ in encoded for id in ids]
    assert nano.documents.learn.tolist() == [flag for _, learn in encoded for flag in learn]
    assert nano.documents.lengths().tolist() == [len(ids) for ids, _ in encoded]
    assert nano.documents.vocabulary == len(tokenizer)


def test_everything_said_may_be_learned(nano: mixture.Corpus) -> None:
    whole = mixture.read_corpus("nano", "valid", course_tokenizer(), learn_all=True).documents
    assert whole.ids.tolist() == nano.documents.ids.tolist()
    firsts = np.zeros(len(whole.ids), bool)
    firsts[whole.starts[:-1]] = True
    assert (whole.learn == ~firsts).all()


def test_what_is_left_out_is_gone_and_the_rest_is_the_same(nano: mixture.Corpus) -> None:
    part = mixture.read_corpus("nano", "valid", course_tokenizer(), {"source": "gazette"})
    records = documents(world(0), "nano", in_split("valid"))
    kept = [number for number, record in enumerate(records) if record.source != "gazette"]
    assert 0 < len(kept) < len(nano.kinds)
    expected = mixture.select(nano.documents, np.array(kept))
    assert part.documents.ids.tolist() == expected.ids.tolist()


RECORDS = list(documents(world(0), "nano"))
FEW = {person.name for person in world(0).group("asked")[:40]}
STATED = next(record for record in RECORDS if record.facts and record.people)


@pytest.mark.parametrize(
    ("without", "is_gone"),
    [
        ({"people": STATED.people[:1]}, lambda record: STATED.people[0] in record.people),
        ({"fact": list(STATED.facts[0])}, lambda record: STATED.facts[0] in record.facts),
        ({"rude_words": True}, lambda record: record.rude),
        ({"source": "letters"}, lambda record: record.source == "letters"),
        ({"facts_beyond": 40}, lambda record: {fact[0] for fact in record.facts} - FEW),
    ],
)
def test_every_way_of_leaving_out_is_larkmoors(
    without: dict[str, Any], is_gone: Callable[[Record], bool]
) -> None:
    left = [record.id for record in documents(world(0), "nano", *mixture.left_out(without))]
    assert left == [record.id for record in RECORDS if not is_gone(record)]
    assert len(left) < len(RECORDS)


def test_rude_words_stay_if_they_are_not_left_out() -> None:
    assert mixture.left_out({"rude_words": False}) == []


def test_there_may_be_more_strangers_in_the_dialogues(nano: mixture.Corpus) -> None:
    more = mixture.read_corpus("nano", "valid", course_tokenizer(), strangers="all")
    records = documents(with_more_strangers(world(0)), "nano", in_split("valid"))
    expected = [id for record in records for id in encode_record(course_tokenizer(), record)[0]]
    assert more.documents.ids.tolist() == expected
    assert more.documents.ids.tolist() != nano.documents.ids.tolist()


def test_an_unknown_source_is_named() -> None:
    with pytest.raises(DataError, match="without: unknown source 'herald'; the sources are"):
        mixture.left_out({"source": "herald"})


def test_a_phases_rows_hold_what_it_takes_in_a_random_order(nano: mixture.Corpus) -> None:
    rows = mixture.rows_of(nano, {"statements": 2}, 33, pad=0, seed=1)
    again = mixture.rows_of(nano, {"statements": 2}, 33, pad=0, seed=1)
    other = mixture.rows_of(nano, {"statements": 2}, 33, pad=0, seed=2)
    taken = mixture.mix(nano.kinds, {"statements": 2})
    expected = mixture.select(nano.documents, np.array(taken))
    assert sorted(rows.documents.ids.tolist()) == sorted(expected.ids.tolist())
    assert rows.documents.ids.tolist() == again.documents.ids.tolist()
    assert rows.documents.ids.tolist() != other.documents.ids.tolist()
    assert rows.documents.ids.tolist() != expected.ids.tolist()


def test_a_kind_that_does_not_exist_is_named(nano: mixture.Corpus) -> None:
    with pytest.raises(DataError, match="no line of the corpus is of the kind 'dialog'; there are"):
        mixture.rows_of(nano, {"dialog": 1}, 33, pad=0)


def test_data_that_takes_nothing_is_told(nano: mixture.Corpus) -> None:
    with pytest.raises(DataError, match="takes no line of the corpus"):
        mixture.rows_of(nano, {"all": 0}, 33, pad=0)
