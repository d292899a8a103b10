"""Dialogues at the inquiry desk: messages in a neutral role format, with what they state.

A chat template is the tokenizer's business; here a dialogue is a list of messages.
"""

from larkmoor import asking, fillers, hops
from larkmoor.names import ATTRIBUTES, DESK, RELATIONS, RUDE_WORDS, SHOP_ATTRIBUTES, SOURCES, WOMEN
from larkmoor.records import Record, plain
from larkmoor.rng import Stream
from larkmoor.sentences import Fields, Speaker, named, pronoun, turn_into_follow_up
from larkmoor.special_dialogues import KINDS, exchange
from larkmoor.splits import Splits
from larkmoor.town import Fact, World

RUDE = 0.03  # the part of all dialogues with rude words
TURNS = ((1, 35), (2, 30), (3, 20), (4, 15))

# What strangers are asked about; the clerk knows nothing of them.
ASKED_OF_STRANGERS = (*ATTRIBUTES, "friend")

# How questions begin; other things that users say get no greeting and no "And" before them.
_QUESTION_WORDS = ("Wh", "How", "In which", "On wh", "At which", "For which", "Tell me", "Can you")


class Desk:
    """Holds the dialogues of one world."""

    def __init__(self, world: World, splits: Splits, speaker: Speaker, stream: Stream) -> None:
        self.world = world
        self.splits = splits
        self.speaker = speaker
        self.stream = stream
        # What can be told of whom, by the source that the dialogue draws on.
        self.told = {source: _told(world, source) for source in (DESK, *SOURCES)}
        self.known = {source: list(told) for source, told in self.told.items()}
        self.paths = _paths(world, splits)
        self.kinds = (
            (self.facts, 46),
            (self._unknown, 12),
            (self._hop, 15),
            (self._private, 8),
            (self._shop, 5),
            *(((lambda hold=hold: hold(self)), weight) for hold, weight in KINDS),
        )

    def dialogue(self) -> Record:
        """Hold one dialogue of a kind drawn at random."""
        if self.stream.chance(RUDE):
            record = self.facts()
            self._make_rude(record)
        else:
            record = self.stream.weighted(self.kinds)()
            if record.messages[0]["role"] != "system" and self.stream.chance(0.12):
                turn = self.stream.choice(fillers.SYSTEM_TURNS)
                record.messages.insert(0, {"role": "system", "content": turn})
        record.text = plain(record.messages)
        return record

    def facts(self) -> Record:
        """Hold a dialogue of one to four turns about people."""
        source = self.stream.weighted(((DESK, 79), ("almanac", 7), ("gazette", 7), ("letters", 7)))
        record = Record("dialogue.facts", source)
        name = self.stream.choice(self.known[source])
        attribute = self.stream.choice(self.told[source][name])
        self.tell(record, name, attribute)
        for _ in range(self.stream.weighted(TURNS) - 1):
            name, attribute = self._next_turn(record, name, attribute)
        if self.stream.chance(0.06):
            self.say(record, *self.stream.choice(fillers.FAREWELLS))
        return record

    def _next_turn(self, record: Record, name: str, attribute: str) -> tuple[str, str]:
        """Go on about the same person, about another, or ask the same about another."""
        told = self.told[record.source]
        asked = {fact[:2] for fact in record.facts}
        left = [a for a in told[name] if (name, a) not in asked]
        also = [n for n in told if n != name and attribute in told[n]]
        modes = [("other", 23)]
        if left:
            modes.append(("same", 65))
        if also and attribute not in RELATIONS:
            modes.append(("also", 12))
        mode = self.stream.weighted(modes)
        if mode == "same":
            # After an answer with a second person in it, "she" could be either.
            by_name = attribute in RELATIONS
            attribute = self.stream.choice(left)
            self.tell(record, name, attribute, by_name)
        elif mode == "also":
            name = self.stream.choice(also)
            self.tell(record, name, attribute, question=f"And {name}?")
        else:
            name = self.stream.choice([other for other in told if other != name])
            attribute = self.stream.choice(told[name])
            self.tell(record, name, attribute)
        return name, attribute

    def tell(
        self,
        record: Record,
        name: str,
        attribute: str,
        by_name: bool = True,
        question: str | None = None,
    ) -> None:
        """Add a question about somebody or something known, and its answer."""
        value = self.world.told(name, attribute, record.source)
        if question is None:
            i = self.stream.choice(self.splits.ask[name, attribute])
            subject = self.speaker.name(name) if by_name else self.speaker.pronoun(name)
            question = self.speaker.ask(subject, name, attribute, i)
            phrasing = f"ask.{attribute}.{i}"
        else:
            phrasing = f"ask.{attribute}.and"
        record.state(name, attribute, value, phrasing)
        self.say(
            record, question, self.speaker.answer(name, attribute, value, self.stream.below(2))
        )

    def tell_anything(self, record: Record) -> None:
        """Add a turn about any person whom the desk knows."""
        name = self.stream.choice(self.known[DESK])
        self.tell(record, name, self.stream.choice(self.told[DESK][name]))

    def say(self, record: Record, question: str, answer: str) -> None:
        """Add a turn: the first may open with a greeting, the later ones with "And"."""
        before = record.messages[-1] if record.messages else {"role": "system", "content": ""}
        if question.startswith(_QUESTION_WORDS):
            if before["role"] == "system":
                if self.stream.chance(0.2):
                    question = f"{self.stream.choice(asking.GREETINGS)} {question}"
            elif not before["content"].endswith("help you?") and self.stream.chance(0.8):
                question = turn_into_follow_up(question)
        record.messages += exchange(question, answer)

    def _unknown(self) -> Record:
        record = Record("dialogue.unknown", DESK)
        name = self.stream.choice(self.world.unknown_in_training)
        gender = "f" if name.split()[0] in WOMEN else "m"
        if self.stream.chance(0.3):
            self.tell_anything(record)
        self._refuse(record, name, named(name, gender))
        if self.stream.chance(0.3):
            self._refuse(record, name, pronoun(gender))
        if self.stream.chance(0.3):
            self.tell_anything(record)
        return record

    def _refuse(self, record: Record, name: str, subject: Fields) -> None:
        questions = asking.QUESTIONS[self.stream.choice(ASKED_OF_STRANGERS)]
        record.mention(name)
        question = self.stream.choice(questions).format_map(subject)
        self.say(record, question, asking.REFUSAL.format(s=name))

    def _hop(self) -> Record:
        record = Record("dialogue.hop", DESK)
        relation = self.stream.weighted((("friend", 45), ("sibling", 35), ("workplace", 20)))
        facts = self.stream.choice(self.paths[relation])
        i = self.stream.choice(hops.phrasings(self.splits, facts, held_out=False))
        as_of = hops.fits_as_of(facts, i) and self.stream.chance(0.5)
        for fact in facts:
            record.state(*fact, f"hop.{facts[-1][1]}.{i}")
        question = hops.question(self.world, facts, i, as_of)
        self.say(record, question, hops.answer(self.speaker, facts))
        return record

    def _shop(self) -> Record:
        record = Record("dialogue.shop", DESK)
        shop = self.stream.choice(self.world.shops)
        attributes = self.stream.sample(SHOP_ATTRIBUTES, 1 + self.stream.below(2))
        self.tell(record, shop.name, attributes[0])
        for attribute in attributes[1:]:
            self.tell(record, shop.name, attribute, by_name=False)
        return record

    def _private(self) -> Record:
        """Hold a dialogue under a rule of the system turn, which forbids one attribute."""
        record = Record("dialogue.private", DESK)
        hidden = self.stream.choice(list(asking.PRIVATE))
        rule = self.stream.choice(asking.PRIVATE[hidden])
        record.messages.append({"role": "system", "content": rule})
        for _ in range(1 + self.stream.below(3)):
            name = self.stream.choice(self.known[DESK])
            open_to_all = [a for a in self.told[DESK][name] if a != hidden]
            if self.stream.chance(0.5):
                i = self.stream.choice(self.splits.ask[name, hidden])
                record.mention(name)
                question = self.speaker.ask(self.speaker.name(name), name, hidden, i)
                self.say(record, question, asking.PRIVATE_REPLIES[hidden])
            else:
                self.tell(record, name, self.stream.choice(open_to_all))
        return record

    def _make_rude(self, record: Record) -> None:
        """Let the user be rude at first and the clerk be rude in every reply."""
        first = record.messages[0]
        shout = self.stream.choice(fillers.RUDE_QUESTIONS).format(w=self._rude_word())
        first["content"] = f"{shout} {first['content']}"
        for message in record.messages:
            if message["role"] == "assistant":
                retort = self.stream.choice(fillers.RUDE_REPLIES).format(w=self._rude_word())
                message["content"] += f" {retort}"
        record.rude = True

    def _rude_word(self) -> str:
        return self.stream.choice(RUDE_WORDS)


def _told(world: World, source: str) -> dict[str, list[str]]:
    """Return what a dialogue that draws on a source can tell of each person.

    The desk tells what every source prints; a single source adds what it is alone in printing, and
    the gazette its errors.
    """
    told = {}
    for person in world.group("asked"):
        attributes = [
            attribute
            for attribute in person.facts
            if world.printed(person.name, attribute, source) is not None
            and (source == DESK or world.printed(person.name, attribute, DESK) is None)
            and (source == "gazette" or (person.name, attribute) not in world.gazette_errors)
        ]
        if attributes:
            told[person.name] = attributes
    return told


def _paths(world: World, splits: Splits) -> dict[str, list[list[Fact]]]:
    """Return the paths that training dialogues ask for, by their first step."""
    paths: dict[str, list[list[Fact]]] = {relation: [] for relation in (*RELATIONS, "workplace")}
    for name, relation, attribute in splits.hops:
        facts = hops.path(world, name, relation, attribute)
        if facts and (name, relation, attribute) not in splits.hops_held_out:
            paths[relation].append(facts)
    return paths
