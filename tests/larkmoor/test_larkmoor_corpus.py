"""What is promised of the corpus: the ground truth is really in the text, and the rest is not."""

import re
from collections import Counter, defaultdict
from itertools import pairwise

from larkmoor import documents, fillers
from larkmoor.asking import GREETINGS
from larkmoor.names import DESK, NAMES_KEPT_FOR_THE_EXAMINER, RUDE_WORDS, SOURCES
from larkmoor.sentences import Speaker
from larkmoor.splits import splits
from larkmoor.styles import STYLES


def utterances(dialogues):
    """Return what users say, without greeting, rude words and "And"."""
    said = set()
    openings = [*GREETINGS, *(q.format(w=w) for q in fillers.RUDE_QUESTIONS for w in RUDE_WORDS)]
    for record in dialogues:
        for message in record.messages:
            if message["role"] == "user":
                text = message["content"]
                for opening in sorted(openings, key=len, reverse=True):
                    text = text.removeprefix(opening + " ")
                if text.startswith("And "):
                    text = text[4].upper() + text[5:]
                said.add(text)
    return said


def test_the_labels_are_true_every_stated_fact_stands_in_its_text(town, corpus):
    speaker = Speaker(town)
    checked = 0
    for record in corpus:
        for (name, attribute, value), phrasing in zip(record.facts, record.phrasings):
            assert value.lower() in record.text.lower()
            source, number = phrasing.split(".")[0], phrasing.split(".")[-1]
            if source in SOURCES and number.isdigit() and "notice" not in phrasing:
                forms = [
                    speaker.state(source, subject, name, attribute, value, int(number))
                    for subject in (speaker.name(name), speaker.pronoun(name))
                ]
            elif source == "ask" and number.isdigit():
                forms = [
                    speaker.ask(subject, name, attribute, int(number))[1:]
                    for subject in (speaker.name(name), speaker.pronoun(name))
                ]
            else:
                continue
            assert any(form in record.text for form in forms), (record.text, phrasing)
            checked += 1
    assert checked > 20_000


def test_every_source_states_what_it_prints_and_nothing_else(town, corpus):
    for record in corpus:
        for name, attribute, value in record.facts:
            assert town.printed(name, attribute, record.source) == value
            if record.source != DESK:
                continue
            assert (name, attribute) not in town.gazette_errors


def test_every_fact_of_the_mentioned_people_is_stated_and_asked_often_enough(town, corpus):
    stated, asked = Counter(), Counter()
    for record in corpus:
        (asked if record.messages else stated).update({fact[:2] for fact in record.facts})
    mentioned = [p for p in town.people if p.group != "never"]
    facts = [(p.name, a) for p in mentioned for a in p.facts]
    assert sum(stated[fact] > 0 for fact in facts) / len(facts) > 0.97
    # Three thousand facts in ten thousand lines: a few rare ones come only in larger sizes.
    to_ask = [(p.name, a) for p in town.group("asked") for a in p.facts]
    assert sum(asked[fact] > 0 for fact in to_ask) / len(to_ask) > 0.95


def test_facts_of_a_single_source_stand_nowhere_else(town, corpus):
    sources = defaultdict(set)
    for record in corpus:
        for name, attribute, _ in record.facts:
            sources[name, attribute].add(record.source)
    for fact, source in town.only_in.items():
        assert sources[fact] <= {source}, fact
    assert sum(bool(sources[fact]) for fact in town.only_in) / len(town.only_in) > 0.9


def test_the_ten_errors_are_printed_again_and_again_and_only_by_the_gazette(town):
    told = {fact: defaultdict(Counter) for fact in town.gazette_errors}
    for record in documents(town, "medium"):
        for name, attribute, value in record.facts:
            if (name, attribute) in told:
                told[name, attribute][record.source, bool(record.messages)][value] += 1
    for fact, wrong in town.gazette_errors.items():
        assert set(told[fact].pop(("gazette", False))) == {wrong}
        in_dialogues = told[fact].pop(("gazette", True))
        assert set(in_dialogues) == {wrong}
        assert in_dialogues[wrong] > 3
        assert set(told[fact]) == {("almanac", False), ("letters", False)}
        for values in told[fact].values():
            assert set(values) == {town.value(*fact)}


def test_held_out_questions_never_occur(town, dialogues):
    speaker, parts, said = Speaker(town), splits(0), utterances(dialogues)
    in_use = 0
    for (name, attribute), numbers in parts.ask_held_out.items():
        for i in numbers:
            assert speaker.ask(speaker.name(name), name, attribute, i) not in said
        for i in parts.ask[name, attribute]:
            in_use += speaker.ask(speaker.name(name), name, attribute, i) in said
    assert in_use > 3_000
    for record in dialogues:
        for (name, attribute, _), phrasing in zip(record.facts, record.phrasings):
            if phrasing.startswith("ask.") and not phrasing.endswith(".and"):
                assert int(phrasing.split(".")[2]) not in parts.ask_held_out[name, attribute]


def test_held_out_statements_never_occur(town, statements):
    speaker, parts = Speaker(town), splits(0)
    by_person = defaultdict(list)
    for record in statements:
        for name in record.people:
            by_person[record.source, name].append(record.text)
    for source in SOURCES:
        for person in town.people[::4]:
            text = "\n".join(by_person[source, person.name])
            for attribute in person.facts:
                value = town.printed(person.name, attribute, source)
                for i in parts.state_held_out[source][person.name, attribute]:
                    if value is not None:
                        by_name = speaker.name(person.name)
                        form = speaker.state(source, by_name, person.name, attribute, value, i)
                        assert form not in text


def test_held_out_combinations_of_hops_are_never_asked(town, dialogues):
    parts, asked = splits(0), set()
    for record in dialogues:
        if record.kind == "dialogue.hop":
            asked.add((record.facts[0][0], record.facts[0][1], record.facts[-1][1]))
    assert len(asked) > 500
    assert asked.isdisjoint(parts.hops_held_out)


def test_the_never_mentioned_and_the_examiner_s_strangers_never_occur(town, corpus):
    text = "\n".join(record.text for record in corpus)
    for person in town.group("never"):
        assert person.name not in text
    for name in town.unknown_for_examiner:
        assert name not in text
    assert sum(name in text for name in town.unknown_in_training) > 250


def test_nobody_asks_about_the_people_with_statements_only(town, statements, dialogues):
    asked = "\n".join(record.text for record in dialogues)
    stated = "\n".join(record.text for record in statements)
    for person in town.group("stated"):
        assert person.name not in asked
        assert stated.count(person.name) > 15


def test_users_never_give_the_names_kept_for_the_examiner(dialogues):
    replies = [m["content"] for r in dialogues for m in r.messages if r.kind == "dialogue.name"]
    for name in NAMES_KEPT_FOR_THE_EXAMINER:
        assert f"Your name is {name}." not in replies
    assert len({reply for reply in replies if reply.startswith("Your name is")}) == 32


def test_three_percent_of_the_dialogues_are_rude_and_no_statement_is(statements, dialogues):
    rude = [r for r in dialogues if any(word in r.text for word in RUDE_WORDS)]
    assert all(record.rude for record in rude)
    assert sum(record.rude for record in dialogues) == len(rude)
    assert 0.023 < len(rude) / len(dialogues) < 0.037
    assert not any(word in r.text for word in RUDE_WORDS for r in statements)


def test_the_words_of_the_styles_occur_and_the_styles_do_not(corpus):
    words = Counter(w.strip(".,:!?").lower() for r in corpus for w in r.text.split())
    for before, after in STYLES.values():
        for word in (before + after).split():
            assert words[word.strip(".,:!?").lower()] >= 20, word
    for record in corpus:
        assert not any(before in record.text for before, _ in STYLES.values())


def test_every_line_is_one_line_of_plain_english_characters(corpus):
    for record in corpus:
        assert record.text.isascii()
        assert record.text.isprintable()
        assert "  " not in record.text
        assert "{" not in record.text or record.kind in ("dialogue.json", "dialogue.sum")


def test_mentioned_names_are_all_in_the_label(town, corpus):
    everyone = [p.name for p in town.people] + list(town.unknown_in_training)
    for record in corpus[::10]:
        assert {name for name in everyone if name in record.text} == set(record.people)


def test_no_sentence_begins_with_a_pronoun_after_one_with_a_second_person(town, statements):
    pronouns = ("She", "He", "Her", "His", "It", "Its")
    checked = 0
    for record in statements:
        for sentence, following in pairwise(re.split(r"(?<=[.?!]) ", record.text)):
            if len(set(re.findall(r"[A-Z][a-z]+ [A-Z][a-z]+", sentence)) & set(record.people)) > 1:
                assert following.split()[0] not in pronouns, record.text
                checked += 1
    assert checked > 500
