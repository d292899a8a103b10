"""What is promised of the dialogues."""

import json

import pytest

from larkmoor.asking import PRIVATE, PRIVATE_REPLIES
from larkmoor.names import VALUES
from larkmoor.records import plain
from larkmoor.sums import calculate, called, kept_for_examiner


def of_kind(dialogues, kind):
    found = [record for record in dialogues if record.kind == kind]
    assert len(found) > 50
    return found


def test_roles_alternate_and_the_clerk_has_the_last_word(dialogues):
    follows = {
        "start": {"system", "user"},
        "system": {"user"},
        "user": {"assistant"},
        "assistant": {"user", "tool"},
        "tool": {"assistant"},
    }
    for record in dialogues:
        before = "start"
        for message in record.messages:
            assert message["role"] in follows[before]
            before = message["role"]
        assert before == "assistant"
        assert record.text == plain(record.messages)


def test_fact_dialogues_have_one_to_four_questions(dialogues):
    counts = {len(r.facts) for r in of_kind(dialogues, "dialogue.facts")}
    assert counts == {1, 2, 3, 4}


def test_sums_are_right_and_go_through_the_tool(dialogues):
    for record in of_kind(dialogues, "dialogue.sum"):
        for before, call, result, after in zip(
            record.messages, record.messages[1:], record.messages[2:], record.messages[3:]
        ):
            if result["role"] == "tool":
                expression = called(call["content"])
                left, sign, right = expression.split()
                outcome = {"+": int.__add__, "-": int.__sub__, "*": int.__mul__}[sign]
                assert int(result["content"]) == outcome(int(left), int(right))
                assert left in before["content"]
                assert after["content"].endswith(f" is {result['content']}.")
                assert not kept_for_examiner(int(left), int(right))
        assert any(message["role"] == "tool" for message in record.messages)


def test_the_calculator_takes_one_sum_and_says_so():
    assert calculate("14 + 27") == "41"
    for wrong in ("__import__('os')", "1 + 2 + 3", "2 ** 9", ""):
        with pytest.raises(ValueError, match="one sum like"):
            calculate(wrong)


def test_json_replies_parse_and_are_true(town, dialogues):
    for record in of_kind(dialogues, "dialogue.json"):
        reply = json.loads(record.messages[-1]["content"])
        person = town.person(reply.pop("name"))
        assert reply
        for attribute, value in reply.items():
            assert person.facts[attribute] == value


def test_what_the_system_turn_forbids_is_never_told(dialogues):
    kept = 0
    for record in of_kind(dialogues, "dialogue.private"):
        rule = record.messages[0]["content"]
        hidden = next(attribute for attribute, rules in PRIVATE.items() if rule in rules)
        assert all(attribute != hidden for _, attribute, _ in record.facts)
        assert not any(f" {value}" in record.text for value in VALUES[hidden]), record.text
        kept += PRIVATE_REPLIES[hidden] in record.text
    assert kept > 100


def test_only_names_of_nobody_are_refused(town, dialogues):
    unknown = set(town.unknown_in_training)
    refusals = 0
    for record in dialogues:
        for message in record.messages:
            head, found, name = message["content"].partition("I do not know anyone called ")
            if found:
                assert not head
                assert name.removesuffix(".") in unknown
                refusals += 1
    assert refusals > 500


def test_pronouns_agree_with_the_person_they_stand_for(town, dialogues):
    followed = 0
    for record in dialogues:
        for (name, _, _), text in zip(record.facts, record.messages[::2]):
            if record.kind != "dialogue.facts" or record.messages[0]["role"] != "user":
                continue
            words = set(text["content"].lower().rstrip("?.").split())
            wrong = {"he", "his", "him"} if town.person(name).gender == "f" else {"she", "her"}
            assert words.isdisjoint(wrong), record.text
            followed += bool(words & {"he", "his", "him", "she", "her"})
    assert followed > 500


def test_no_pronoun_follows_an_answer_with_a_second_person_in_it(dialogues):
    pronouns = {"he", "his", "him", "she", "her"}
    followed = 0
    for record in dialogues:
        if record.kind != "dialogue.facts":
            continue
        questions = [m["content"] for m in record.messages if m["role"] == "user"]
        for (_, attribute, _), question in zip(record.facts, questions[1:]):
            if attribute in ("friend", "sibling"):
                assert pronouns.isdisjoint(question.lower().rstrip("?.").split()), record.text
                followed += 1
    assert followed > 100


def test_a_name_given_by_the_user_comes_back(dialogues):
    for record in of_kind(dialogues, "dialogue.name"):
        last = record.messages[-1]["content"]
        if last != "You have not told me your name.":
            name = last.removeprefix("Your name is ").removesuffix(".")
            assert any(name in m["content"] for m in record.messages if m["role"] == "user")
