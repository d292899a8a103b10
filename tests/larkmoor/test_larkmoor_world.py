"""What is promised of the town itself."""

from collections import Counter

from larkmoor import documents, fillers, phrases, with_more_strangers, world
from larkmoor.asking import QUESTIONS
from larkmoor.names import (
    ATTRIBUTES,
    LAST_NAMES,
    MEN,
    RUDE_WORDS,
    SKEWED_TRADE,
    VALUES,
    WARES,
    WOMEN,
)
from larkmoor.splits import splits
from larkmoor.town import GROUPS
from larkmoor.truth import gazette_errors, ground_truth, skewed_trade


def test_there_are_240_people_in_three_groups_with_ten_attributes_each(town):
    assert len({person.name for person in town.people}) == 240
    assert Counter(person.group for person in town.people) == GROUPS
    assert len(ATTRIBUTES) == 10
    for person in town.people:
        assert all(person.facts[a] in VALUES[a] for a in ATTRIBUTES)


def test_another_seed_gives_another_town(town):
    assert {p.name for p in town.people} != {p.name for p in world(1).people}


def test_no_word_stands_in_two_lists():
    lists = [WOMEN, MEN, LAST_NAMES, WARES, RUDE_WORDS]
    lists += [values for a, values in VALUES.items() if a != "age"]
    words = [v.removeprefix("the ").removesuffix(" Street").lower() for vs in lists for v in vs]
    assert [word for word, count in Counter(words).items() if count > 1] == []


def test_values_are_dealt_evenly_except_for_the_skewed_trade(town):
    for attribute in set(ATTRIBUTES) - {"trade", "workplace"}:
        counts = Counter(person.facts[attribute] for person in town.people).values()
        assert max(counts) - min(counts) <= 1, attribute
    skew = skewed_trade(town)
    assert (skew["trade"], skew["women"], skew["men"]) == (SKEWED_TRADE, 18, 2)


def test_friends_and_siblings_are_mutual_and_of_the_same_group(town):
    for person in town.people:
        for relation in ("friend", "sibling"):
            if relation in person.facts:
                other = town.person(person.facts[relation])
                assert other.facts[relation] == person.name
                assert other.group == person.group
                assert other is not person
        if "sibling" in person.facts:
            assert town.person(person.facts["sibling"]).last_name == person.last_name


def test_every_shop_has_a_street_of_its_own_and_a_keeper_who_works_there(town):
    assert len({shop.facts["shop_street"] for shop in town.shops}) == len(town.shops)
    for shop in town.shops:
        assert town.person(shop.facts["keeper"]).facts["workplace"] == shop.name


def test_the_gazette_is_wrong_once_for_each_attribute_about_ten_people(town):
    errors = gazette_errors(town)
    assert sorted(error["attribute"] for error in errors) == sorted(ATTRIBUTES)
    assert len({error["person"] for error in errors}) == 10
    for error in errors:
        assert error["gazette"] != error["truth"] == town.value(error["person"], error["attribute"])


def test_names_of_nobody_are_nobody_s_names(town):
    unknown = {*town.unknown_in_training, *town.unknown_for_examiner}
    assert len(unknown) == 400
    assert unknown.isdisjoint(person.name for person in town.people)


def test_more_strangers_are_new_names_and_never_the_examiners(town):
    more = with_more_strangers(town)
    assert more.unknown_in_training[:300] == town.unknown_in_training
    assert len(set(more.unknown_in_training)) == len(more.unknown_in_training) > 1000
    known = {person.name for person in town.people}
    assert known.isdisjoint(more.unknown_in_training)
    assert set(town.unknown_for_examiner).isdisjoint(more.unknown_in_training)


def test_more_strangers_change_the_dialogues_about_strangers_alone(town):
    pairs = zip(documents(town, "nano"), documents(with_more_strangers(town), "nano"), strict=True)
    changed = [a.kind for a, b in pairs if a != b]
    assert set(changed) == {"dialogue.unknown"}


def test_every_fact_has_phrasings_for_training_and_for_the_examiner(town):
    parts = splits(0)
    for person in town.people:
        for attribute in person.facts:
            key = (person.name, attribute)
            assert len(parts.ask[key]) == 4
            assert len(parts.ask_held_out[key]) == 2
            assert set(parts.ask[key]).isdisjoint(parts.ask_held_out[key])
            for source in phrases.STATEMENTS:
                assert len(parts.state[source][key]) == 3
                assert set(parts.state[source][key]).isdisjoint(parts.state_held_out[source][key])


def test_every_question_and_statement_is_written_once():
    for table in (QUESTIONS, *phrases.STATEMENTS.values()):
        for attribute, texts in table.items():
            assert len(texts) == len(set(texts)), attribute


def test_sentences_without_facts_contain_no_value_of_an_attribute():
    values = {v.removeprefix("the ").removesuffix(" Street") for vs in VALUES.values() for v in vs}
    texts = [
        *fillers.ALMANAC_OPENINGS,
        *fillers.ALMANAC_NOTES,
        *fillers.GAZETTE_NEWS,
        *fillers.GAZETTE_ENDINGS,
        *fillers.GAZETTE_SHOP_NEWS,
        *fillers.SALUTATIONS,
        *fillers.LETTER_OPENINGS,
        *fillers.LETTER_GOSSIP,
        *fillers.LETTER_CLOSINGS,
        *fillers.SIGNATURES,
    ]
    for text in texts:
        words = {word.strip(".,:;!?").lower() for word in text.split()}
        assert words.isdisjoint(value.lower() for value in values), text


def test_the_ground_truth_names_everything_that_is_planted(town):
    truth = ground_truth(town)
    assert len(truth["people"]) == 240
    assert len(truth["gazette_errors"]) == 10
    assert len(truth["rude"]["words"]) == 4
    assert len(truth["styles"]) == 4
    assert all(len(truth["only_in"][source]) > 80 for source in phrases.STATEMENTS)
