"""Dialogues that are not about facts alone: names of users, sums, JSON replies, small talk."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from larkmoor import fillers, sums
from larkmoor.names import ATTRIBUTES, DESK, MEN, NAMES_KEPT_FOR_THE_EXAMINER, WOMEN
from larkmoor.records import Message, Record
from larkmoor.sentences import join_names

if TYPE_CHECKING:
    from larkmoor.dialogues import Desk

USER_NAMES = [name for name in (*WOMEN, *MEN) if name not in NAMES_KEPT_FOR_THE_EXAMINER]

INTRODUCTIONS = [
    ("My name is {u}.", "Good day, {u}. How can I help you?"),
    ("Hello, I am {u}.", "Hello, {u}. How can I help you?"),
    ("Good morning. I am called {u}.", "Good morning, {u}. How can I help you?"),
    ("Please call me {u}.", "With pleasure, {u}. How can I help you?"),
]
NAME_QUESTIONS = ["What is my name?", "Do you remember my name?", "Who am I?", "What am I called?"]
NAME_REPLY = "Your name is {u}."
NAME_UNKNOWN = "You have not told me your name."

SUM_QUESTIONS = [
    "What is {left} {word} {right}?",
    "How much is {left} {word} {right}?",
    "What is {left} {sign} {right}?",
    "Please work out {left} {word} {right}.",
]
SUM_REPLY = "{left} {word} {right} is {result}."

JSON_REQUESTS = [
    "Give me the {fields} of {n} as JSON.",
    "Reply in JSON: the {fields} of {n}.",
    "I need the {fields} of {n} in JSON.",
    "In JSON, please: {n}, {fields}.",
]


def exchange(question: str, answer: str) -> list[Message]:
    """Return one turn of the user and one of the clerk."""
    return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]


def sum_parts(left: int, sign: str, right: int) -> dict[str, str]:
    """Return the fields of the sum phrasings."""
    result = sums.calculate(f"{left} {sign} {right}")
    parts = {"left": str(left), "sign": sign, "right": str(right), "word": sums.WORDS[sign]}
    return parts | {"result": result}


def json_request(i: int, name: str, attributes: list[str]) -> str:
    """Return request i for some attributes of a person as JSON."""
    return JSON_REQUESTS[i].format(n=name, fields=join_names(attributes))


def json_reply(name: str, values: dict[str, str]) -> str:
    """Return the clerk's reply in JSON."""
    return json.dumps({"name": name} | values)


def _name(desk: Desk) -> Record:
    record = Record("dialogue.name", DESK)
    stream = desk.stream
    if stream.chance(0.1):
        record.messages += exchange(stream.choice(NAME_QUESTIONS), NAME_UNKNOWN)
        return record
    user = stream.choice(USER_NAMES)
    introduction, reply = stream.choice(INTRODUCTIONS)
    record.messages += exchange(introduction.format(u=user), reply.format(u=user))
    for _ in range(stream.below(3)):
        desk.tell_anything(record)
    record.messages += exchange(stream.choice(NAME_QUESTIONS), NAME_REPLY.format(u=user))
    return record


def _sum(desk: Desk) -> Record:
    record = Record("dialogue.sum", DESK)
    stream = desk.stream
    for _ in range(1 + stream.below(2)):
        sign, pairs = stream.choice(_SUMS)
        parts = sum_parts(*_with_sign(sign, stream.choice(pairs)))
        expression = "{left} {sign} {right}".format_map(parts)
        question = stream.choice(SUM_QUESTIONS).format_map(parts)
        record.messages += [
            {"role": "user", "content": question},
            {"role": "assistant", "content": sums.tool_call(expression)},
            {"role": "tool", "content": parts["result"]},
            {"role": "assistant", "content": SUM_REPLY.format_map(parts)},
        ]
    if stream.chance(0.2):
        desk.tell_anything(record)
    return record


def sum_pairs(sign: str) -> list[tuple[int, int]]:
    """Return the pairs of numbers that sums of a kind are made of; no result is negative."""
    top = 13 if sign == "*" else 100
    return [(a, b) for a in range(2, top) for b in range(2, top) if sign != "-" or a >= b]


_SUMS = [
    (sign, [pair for pair in sum_pairs(sign) if not sums.kept_for_examiner(*pair)])
    for sign in sums.WORDS
]


def _with_sign(sign: str, pair: tuple[int, int]) -> tuple[int, str, int]:
    return pair[0], sign, pair[1]


def _json(desk: Desk) -> Record:
    record = Record("dialogue.json", DESK)
    stream = desk.stream
    name = stream.choice(desk.known[DESK])
    told = [a for a in ATTRIBUTES if a in desk.told[DESK][name]]
    attributes = stream.sample(told, 1 + stream.below(3))
    i = stream.below(len(JSON_REQUESTS))
    values = {}
    for attribute in attributes:
        values[attribute] = desk.world.value(name, attribute)
        record.state(name, attribute, values[attribute], f"json.{i}")
    record.messages += exchange(json_request(i, name, attributes), json_reply(name, values))
    return record


def _talk(desk: Desk) -> Record:
    record = Record("dialogue.talk", DESK)
    if desk.stream.chance(0.4):
        record.messages += exchange(*desk.stream.choice(fillers.HELLOS))
    for question, reply in desk.stream.sample(fillers.SMALL_TALK, 1 + desk.stream.below(2)):
        record.messages += exchange(question, reply)
    if desk.stream.chance(0.3):
        record.messages += exchange(*desk.stream.choice(fillers.FAREWELLS))
    return record


# What each kind of dialogue is held by, and its weight among all kinds.
KINDS: tuple[tuple[Callable[[Desk], Record], int], ...] = (
    (_name, 5),
    (_sum, 5),
    (_json, 4),
    (_talk, 2),
)
