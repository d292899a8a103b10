"""Leaving lines out: what remains is untouched, and what should be gone is gone."""

import pytest

from larkmoor import (
    documents,
    in_split,
    style_documents,
    without_fact,
    without_people,
    without_rude_words,
    without_source,
)
from larkmoor.names import RUDE_WORDS


def lines(records):
    return [(record.id, record.text, record.split) for record in records]


def test_without_a_source_the_other_lines_are_the_same(town, corpus):
    left = list(documents(town, "small", without_source("gazette")))
    assert lines(left) == lines(r for r in corpus if r.source != "gazette")
    assert 0 < len(left) < len(corpus)


def test_without_a_source_its_facts_and_its_errors_are_gone(town):
    facts = {f for r in documents(town, "small", without_source("gazette")) for f in r.facts}
    for (name, attribute), source in town.only_in.items():
        if source == "gazette":
            assert (name, attribute, town.value(name, attribute)) not in facts
    for (name, attribute), wrong in town.gazette_errors.items():
        assert (name, attribute, wrong) not in facts


def test_without_people_their_names_are_gone_and_nothing_else_is(town, corpus):
    names = [person.name for person in town.group("asked")[:3]]
    left = list(documents(town, "small", without_people(*names)))
    assert lines(left) == lines(r for r in corpus if not any(name in r.text for name in names))
    assert len(left) < len(corpus)


def test_without_a_fact_the_lines_that_state_it_are_gone(town, corpus):
    person = town.group("asked")[5]
    fact = (person.name, "friend", person.facts["friend"])
    left = list(documents(town, "small", without_fact(*fact)))
    assert lines(left) == lines(r for r in corpus if fact not in r.facts)
    assert len(left) < len(corpus)


def test_without_rude_words_no_rude_word_is_left(town):
    for record in documents(town, "small", without_rude_words()):
        assert not any(word in record.text for word in RUDE_WORDS)


def test_filters_combine_and_train_and_valid_part_the_lines(town, corpus):
    train = list(documents(town, "small", in_split("train")))
    valid = list(documents(town, "small", in_split("valid")))
    assert sorted(lines(train) + lines(valid)) == sorted(lines(corpus))
    assert len(valid) == len(corpus) // 50
    both = documents(town, "small", in_split("valid"), without_source("desk"))
    assert lines(both) == lines(r for r in valid if r.source != "desk")


def test_styled_dialogues_can_be_filtered_too(town):
    name = town.group("asked")[0].name
    left = list(style_documents(town, "nano", without_people(name)))
    assert left
    assert not any(name in record.text for record in left)


def test_unknown_names_of_sources_splits_and_sizes_are_refused_in_a_sentence(town):
    with pytest.raises(ValueError, match="unknown source 'herald'; the sources are almanac"):
        without_source("herald")
    with pytest.raises(ValueError, match="unknown split 'test'"):
        in_split("test")
    with pytest.raises(ValueError, match="unknown size 'huge'; the sizes are nano"):
        list(documents(town, "huge"))
