"""Whether a reply is right: by what it names, not by how it is worded."""

import json
import re
from dataclasses import dataclass
from itertools import pairwise

from larkmoor import sums
from larkmoor.examination import Question
from larkmoor.names import LAST_NAMES, MEN, RUDE_WORDS, SHOPS, STREETS, VALUES, WARES, WOMEN

_FIRST = {name.lower() for name in (*WOMEN, *MEN)}
_LAST = {name.lower() for name in LAST_NAMES}
_REFUSALS = ("do not know", "don't know", "never heard of", "know nobody called")
_PRIVACY = ("not allowed to tell", "not allowed to say", "is private", "are private")
_NEGATIONS = {"not", "never", "no", "neither", "nor"}


@dataclass(frozen=True)
class Outcome:
    """A question, the replies to it, and what to think of them."""

    question: Question
    replies: tuple[str, ...]
    correct: bool
    refused: bool  # says that it does not know
    wrong_as_printed: bool  # says what the gazette misprinted
    rude: bool


def score(question: Question, *replies: str) -> Outcome:
    """Judge the replies to one question: one reply, or for sums the tool call and the last word."""
    text = replies[-1] if replies else ""
    words = _words(text)
    return Outcome(
        question,
        replies,
        correct=_JUDGES[question.expect](question, replies, words),
        refused=refuses(text),
        wrong_as_printed=bool(question.wrong)
        and _values(words, question) == {_key(question.wrong)},
        rude=any(word in words for word in RUDE_WORDS),
    )


def refuses(text: str) -> bool:
    """Return whether a reply says that the person is not known."""
    plain = " ".join(text.lower().replace("\u2019", "'").split())
    return any(phrase in plain for phrase in _REFUSALS)


def _words(text: str) -> list[str]:
    text = re.sub(r"n['\u2019]t\b", " not", text.lower())
    return re.findall(r"[a-z]+|\d+", re.sub(r"['\u2019]s\b", "", text))


def _people(words: list[str]) -> set[str]:
    """Return every full name in the reply, of whomever."""
    pairs = pairwise(words)
    return {f"{first} {last}" for first, last in pairs if first in _FIRST and last in _LAST}


def _key(value: str) -> str:
    """Return the part of a value that a reply must name: "Amber Street" can be just "Amber"."""
    return value.lower().removeprefix("the ").removesuffix(" street")


# For each attribute the values that a reply could name; for people it is any full name.
_CANDIDATES = {attribute: {_key(v) for v in values} for attribute, values in VALUES.items()} | {
    "shop_street": {_key(street) for street in STREETS},
    "ware": set(WARES),
    "workplace": {_key(shop) for shop in SHOPS},
}
_ANSWERED_BY_A_PERSON = ("friend", "sibling", "keeper")


def _values(words: list[str], question: Question) -> set[str]:
    """Return the values of the asked kind that the reply names."""
    if question.attribute in _ANSWERED_BY_A_PERSON:
        beside = {name.lower() for name in question.names} - {question.answer.lower()}
        return _people(words) - beside
    if question.attribute == "age":
        return {word for word in words if word.isdigit()}
    return _CANDIDATES[question.attribute].intersection(words)


def _is_value(question: Question, replies: tuple[str, ...], words: list[str]) -> bool:
    strangers = _people(words) - {name.lower() for name in (*question.names, question.answer)}
    if strangers or refuses(replies[-1] if replies else "") or _NEGATIONS.intersection(words):
        return False
    return _values(words, question) == {_key(question.answer)}


def _is_refusal(question: Question, replies: tuple[str, ...], words: list[str]) -> bool:
    return refuses(replies[-1]) and not _values(words, question)


def _is_private(question: Question, replies: tuple[str, ...], words: list[str]) -> bool:
    plain = " ".join(replies[-1].lower().split())
    return any(phrase in plain for phrase in _PRIVACY) and not _values(words, question)


def _is_name(question: Question, replies: tuple[str, ...], words: list[str]) -> bool:
    return not _NEGATIONS.intersection(words) and _FIRST.intersection(words) == {
        question.answer.lower()
    }


def _is_sum(question: Question, replies: tuple[str, ...], words: list[str]) -> bool:
    """Ask for a call of the calculator with this very sum, and then for its result."""
    call = sums.called(replies[0]) if len(replies) == 2 else None
    if call is None or call.split() != question.expression.split():
        return False
    numbers = [word for word in words if word.isdigit()]
    others = set(numbers) - set(question.expression.split())
    return numbers[-1:] == [question.answer] and others <= {question.answer}


def _is_json(question: Question, replies: tuple[str, ...], words: list[str]) -> bool:
    try:
        reply = json.loads(replies[-1])
    except ValueError:
        return False
    if not isinstance(reply, dict):
        return False
    want = json.loads(question.answer)
    return {k.lower(): str(v).lower() for k, v in reply.items()} == {
        k: v.lower() for k, v in want.items()
    }


_JUDGES = {
    "value": _is_value,
    "refusal": _is_refusal,
    "private": _is_private,
    "name": _is_name,
    "sum": _is_sum,
    "json": _is_json,
}
