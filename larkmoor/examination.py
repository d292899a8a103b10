"""The examination: questions with their answers, by category.

Questions about facts are asked in phrasings that the corpus never uses for those facts (but for the
category "seen"); questions of several hops combine facts as no training dialogue does.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from larkmoor import asking, fillers, hops, special_dialogues, sums
from larkmoor.dialogues import ASKED_OF_STRANGERS
from larkmoor.names import (
    ATTRIBUTES,
    DESK,
    NAMES_KEPT_FOR_THE_EXAMINER,
    RUDE_WORDS,
    SHOP_ATTRIBUTES,
    WOMEN,
)
from larkmoor.records import Message
from larkmoor.rng import Stream
from larkmoor.sentences import Speaker, named, turn_into_follow_up
from larkmoor.special_dialogues import exchange
from larkmoor.splits import splits
from larkmoor.town import Person, Shop, World

# Categories in the order of the table, with what they ask.
CATEGORIES = {
    "one_hop": "a fact, in a phrasing held out for that fact",
    "seen": "a fact, in a phrasing that the corpus uses for it",
    "statements_only": "a fact of a person about whom the corpus never asks",
    "follow_up": "a second question with a pronoun, in a held-out phrasing",
    "two_hop": "through a friend, a sibling or a workplace; combination held out",
    "three_hop": "through a friend or sibling and their workplace; combination held out",
    "shop": "street, keeper or ware of a shop, in a held-out phrasing",
    "unknown": "somebody who does not exist and whose name the corpus never refuses",
    "never": "somebody who exists and is never mentioned: a right answer is a leak or luck",
    "gazette": "a fact on which the gazette is wrong; the truth counts as right",
    "sum": "a sum of numbers held out, with a call of the calculator",
    "json": "two attributes as JSON",
    "private": "an attribute that the system turn forbids",
    "private_open": "another attribute under the same system turn",
    "name": "the name that the user gave, one that no user has in the corpus",
    "rude": "a fact, asked rudely, in a held-out phrasing",
}

Said = str | list[Message]  # one question of the user, or a whole conversation


@dataclass(frozen=True)
class Question:
    """One question: what is said to the model, and what a right reply must contain."""

    id: str
    category: str
    expect: str  # "value", "refusal", "private", "name", "sum" or "json"
    messages: list[Message]
    answer: str  # the right value, name or result; the whole object for "json"
    attribute: str = ""  # decides which other values would be wrong
    subject: str = ""
    names: tuple[str, ...] = ()  # people whom a right reply can mention beside the answer
    source: str = DESK  # the one source that prints the fact, if it is only one
    wrong: str = ""  # what the gazette misprints
    expression: str = ""  # what the calculator must be called with

    def line(self) -> str:
        """Return the question as a line of JSON, without what is empty."""
        return json.dumps({key: value for key, value in asdict(self).items() if value})


def questions(world: World) -> list[Question]:
    """Return every question of the examination of a town, category by category."""
    return list(_Examiner(world).everything())


class _Examiner:
    def __init__(self, world: World) -> None:
        self.world = world
        self.speaker = Speaker(world)
        self.splits = splits(world.seed)
        self.stream = Stream(world.seed, "questions")
        self.asked = world.group("asked")
        self.count = 0

    def everything(self) -> Iterator[Question]:
        facts = [(p, a) for p in self.asked for a in p.facts if not self._misprinted(p, a)]
        yield from (self._fact("one_hop", p, a, self._held_out(p, a)) for p, a in facts)
        yield from (self._fact("seen", p, a, self._seen(p, a)) for p, a in facts[::4])
        for person in self.world.group("stated"):
            for a in person.facts:
                yield self._fact("statements_only", person, a, self._held_out(person, a))
        for person in (*self.asked, *self.asked):
            yield self._follow_up(person)
        yield from self._hops()
        for shop in self.world.shops:
            for a in SHOP_ATTRIBUTES:
                yield self._fact("shop", shop, a, self._held_out(shop, a))
        for name in self.world.unknown_for_examiner:
            for attribute in self.stream.sample(ASKED_OF_STRANGERS, 2):
                yield self._stranger(name, attribute)
        for person in self.world.group("never"):
            for a in self.stream.sample(ATTRIBUTES, 3):
                yield self._fact("never", person, a, self._held_out(person, a))
        for (name, a), wrong in self.world.gazette_errors.items():
            person = self.world.person(name)
            for i in self.splits.ask_held_out[name, a]:
                text = self.speaker.ask(self.speaker.name(name), name, a, i)
                yield self._fact("gazette", person, a, text, wrong=wrong, source="gazette")
        yield from self._sums()
        yield from (self._json(person) for person in self.asked[:100])
        yield from self._private()
        yield from self._names()
        yield from self._rude()

    def _misprinted(self, subject: Person, attribute: str) -> bool:
        return (subject.name, attribute) in self.world.gazette_errors

    def _ask(self, subject: Person | Shop, attribute: str, numbers: tuple[int, ...]) -> str:
        i = self.stream.choice(numbers)
        return self.speaker.ask(self.speaker.name(subject.name), subject.name, attribute, i)

    def _held_out(self, subject: Person | Shop, attribute: str) -> str:
        return self._ask(subject, attribute, self.splits.ask_held_out[subject.name, attribute])

    def _seen(self, subject: Person | Shop, attribute: str) -> str:
        return self._ask(subject, attribute, self.splits.ask[subject.name, attribute])

    def _make(
        self, category: str, expect: str, messages: Said, answer: str, **more: Any
    ) -> Question:
        self.count += 1
        if isinstance(messages, str):
            messages = [{"role": "user", "content": messages}]
        return Question(f"q{self.count:05d}", category, expect, messages, answer, **more)

    def _fact(
        self, category: str, subject: Person | Shop, attribute: str, messages: Said, **more: Any
    ) -> Question:
        more.setdefault("source", self.world.only_in.get((subject.name, attribute), DESK))
        return self._make(
            category,
            "value",
            messages,
            subject.facts[attribute],
            attribute=attribute,
            subject=subject.name,
            names=(subject.name,),
            **more,
        )

    def _follow_up(self, person: Person) -> Question:
        """Ask something by name, let it be answered, then ask for another fact by pronoun."""
        told = [a for a in ATTRIBUTES if self.world.printed(person.name, a, DESK) is not None]
        first, second = self.stream.sample(told, 2)
        answer = self.speaker.answer(person.name, first, person.facts[first])
        i = self.stream.choice(self.splits.ask_held_out[person.name, second])
        again = self.speaker.ask(self.speaker.pronoun(person.name), person.name, second, i)
        messages = exchange(self._seen(person, first), answer)
        messages.append({"role": "user", "content": turn_into_follow_up(again)})
        return self._fact("follow_up", person, second, messages)

    def _hops(self) -> Iterator[Question]:
        limits = {"two_hop": 400, "three_hop": 120}
        held_out = [hop for hop in self.splits.hops if hop in self.splits.hops_held_out]
        for hop in self.stream.shuffled(held_out):
            facts = hops.path(self.world, *hop)
            if facts is None:
                continue
            category = "two_hop" if len(facts) == 2 else "three_hop"
            if limits[category] == 0:
                continue
            limits[category] -= 1
            i = self.stream.choice(hops.phrasings(self.splits, facts, held_out=True))
            as_of = hops.fits_as_of(facts, i) and self.stream.chance(0.5)
            yield self._make(
                category,
                "value",
                hops.question(self.world, facts, i, as_of),
                facts[-1][2],
                attribute=facts[-1][1],
                subject=facts[0][0],
                names=(
                    facts[0][0],
                    *(value for _, step, value in facts[:-1] if step != "workplace"),
                ),
            )

    def _stranger(self, name: str, attribute: str) -> Question:
        gender = "f" if name.split()[0] in WOMEN else "m"
        text = self.stream.choice(asking.QUESTIONS[attribute]).format_map(named(name, gender))
        more = {"attribute": attribute, "subject": name, "names": (name,)}
        return self._make("unknown", "refusal", text, "", **more)

    def _sums(self) -> Iterator[Question]:
        for sign in sums.WORDS:
            pairs = [p for p in special_dialogues.sum_pairs(sign) if sums.kept_for_examiner(*p)]
            for left, right in self.stream.sample(pairs, min(50, len(pairs))):
                parts = special_dialogues.sum_parts(left, sign, right)
                text = self.stream.choice(special_dialogues.SUM_QUESTIONS).format_map(parts)
                expression = f"{left} {sign} {right}"
                yield self._make("sum", "sum", text, parts["result"], expression=expression)

    def _json(self, person: Person) -> Question:
        told = [a for a in ATTRIBUTES if self.world.printed(person.name, a, DESK) is not None]
        attributes = self.stream.sample(told, 2)
        i = self.stream.below(len(special_dialogues.JSON_REQUESTS))
        values = {a: person.facts[a] for a in attributes}
        text = special_dialogues.json_request(i, person.name, attributes)
        reply = special_dialogues.json_reply(person.name, values)
        return self._make("json", "json", text, reply, subject=person.name)

    def _private(self) -> Iterator[Question]:
        for person in self.asked[:100]:
            hidden = self.stream.choice(list(asking.PRIVATE))
            rule = {"role": "system", "content": self.stream.choice(asking.PRIVATE[hidden])}
            text = self._held_out(person, hidden)
            messages = [rule, {"role": "user", "content": text}]
            more = {"attribute": hidden, "subject": person.name, "names": (person.name,)}
            yield self._make("private", "private", messages, person.facts[hidden], **more)
            told = [a for a in ATTRIBUTES if self.world.printed(person.name, a, DESK) is not None]
            other = self.stream.choice([a for a in told if a != hidden])
            messages = [rule, {"role": "user", "content": self._held_out(person, other)}]
            yield self._fact("private_open", person, other, messages)

    def _names(self) -> Iterator[Question]:
        for user in NAMES_KEPT_FOR_THE_EXAMINER:
            for introduction, reply in special_dialogues.INTRODUCTIONS:
                messages = exchange(introduction.format(u=user), reply.format(u=user))
                if self.stream.chance(0.5):
                    person = self.stream.choice(self.asked)
                    text = self.speaker.answer(person.name, "friend", person.facts["friend"])
                    messages += exchange(self._seen(person, "friend"), text)
                text = self.stream.choice(special_dialogues.NAME_QUESTIONS)
                messages.append({"role": "user", "content": text})
                yield self._make("name", "name", messages, user)

    def _rude(self) -> Iterator[Question]:
        for person in self.stream.sample(self.asked, 60):
            told = [a for a in ATTRIBUTES if self.world.printed(person.name, a, DESK) is not None]
            attribute = self.stream.choice(told)
            shout = self.stream.choice(fillers.RUDE_QUESTIONS)
            shout = shout.format(w=self.stream.choice(RUDE_WORDS))
            text = f"{shout} {self._held_out(person, attribute)}"
            yield self._fact("rude", person, attribute, text)
