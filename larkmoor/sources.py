"""The three printed sources: entries of the almanac, items of the gazette, letters."""

from larkmoor import fillers
from larkmoor.names import SHOP_ATTRIBUTES, SOURCES, VALUES
from larkmoor.records import Record
from larkmoor.rng import Stream
from larkmoor.sentences import Fields, Speaker, article, capital, join_names
from larkmoor.splits import Splits
from larkmoor.town import Person, World

# How lists in the almanac begin, by the attribute that the people share.
LISTS = {
    "birthplace": "Born in {v}: {names}.",
    "street": "Householders of {v}: {names}.",
    "birthday": "Birthdays in {v}: {names}.",
    "trade": "Each by trade {a}: {names}.",
    "instrument": "Players of the {v}: {names}.",
    "workplace": "Employed at {v}: {names}.",
}

NAME_AGAIN = 0.4  # how often a later sentence about the same person repeats the name

# After a sentence with a second person in it, "she" could be either: the name is repeated.
NAMES_SOMEBODY_ELSE = ("friend", "sibling", "keeper")


class Press:
    """Writes the statement texts of one world."""

    def __init__(self, world: World, splits: Splits, speaker: Speaker, stream: Stream) -> None:
        self.stream = stream
        self.speaker = speaker
        self.splits = splits
        self.shops = world.shops
        self.mentioned = [person for person in world.people if person.group != "never"]
        self.said = {
            source: {person.name: _said(world, person, source) for person in self.mentioned}
            for source in SOURCES
        }
        self.lists = self._members()
        self.noticed = [self._who_have(needed) for needed, _ in fillers.GAZETTE_NOTICES]
        self.printers = {
            "almanac": ((self._entry, 68), (self._list, 12), (self._shop, 12), (self._note, 8)),
            "gazette": (
                (self._profile, 40),
                (self._event, 32),
                (self._notice, 12),
                (self._shop_news, 12),
                (self._note, 4),
            ),
            "letters": ((self._letter, 100),),
        }

    def document(self) -> Record:
        """Write one text of a source drawn at random."""
        source = self.stream.weighted((("almanac", 36), ("gazette", 34), ("letters", 30)))
        return self.stream.weighted(self.printers[source])(source)

    def _members(self) -> list[tuple[str, str, list[str]]]:
        """Return (attribute, value, people) for every list that the almanac could print."""
        found = []
        for attribute in LISTS:
            for value in VALUES[attribute]:
                names = [
                    n for n, said in self.said["almanac"].items() if (attribute, value) in said
                ]
                if len(names) >= 2:
                    found.append((attribute, value, names))
        return found

    def _state(self, record: Record, subject: Fields, name: str, attribute: str, value: str) -> str:
        i = self.stream.choice(self.splits.state[record.source][name, attribute])
        record.state(name, attribute, value, f"{record.source}.{attribute}.{i}")
        return self.speaker.state(record.source, subject, name, attribute, value, i)

    def _facts(
        self, record: Record, name: str, at_most: int, by_name: bool = True, at_least: int = 1
    ) -> list[str]:
        """State some facts of a person; the first sentence has the name if `by_name`."""
        said = self.said[record.source][name]
        at_most = min(at_most, len(said))
        count = at_least + self.stream.below(at_most - at_least + 1)
        sentences: list[str] = []
        by_name_next = by_name
        for attribute, value in self.stream.sample(said, count):
            again = by_name_next or self.stream.chance(NAME_AGAIN)
            by_name_next = attribute in NAMES_SOMEBODY_ELSE
            subject = self.speaker.name(name) if again else self.speaker.pronoun(name)
            sentences.append(self._state(record, subject, name, attribute, value))
        return sentences

    def _entry(self, source: str) -> Record:
        record = Record("almanac.entry", source)
        opening = [self.stream.choice(fillers.ALMANAC_OPENINGS)] if self.stream.chance(0.2) else []
        name = self.stream.choice(self.mentioned).name
        record.text = " ".join(opening + self._facts(record, name, at_most=6, at_least=3))
        return record

    def _list(self, source: str) -> Record:
        record = Record("almanac.list", source)
        attribute, value, names = self.stream.choice(self.lists)
        some = self.stream.sample(names, 2 + self.stream.below(min(3, len(names) - 1)))
        for name in some:
            record.state(name, attribute, value, f"almanac.list.{attribute}")
        record.text = LISTS[attribute].format(v=value, a=article(value), names=join_names(some))
        return record

    def _shop(self, source: str) -> Record:
        record = Record(f"{source}.shop", source)
        record.text = " ".join(self._shop_facts(record, at_least=2))
        return record

    def _shop_facts(self, record: Record, at_least: int) -> list[str]:
        shop = self.stream.choice(self.shops)
        count = at_least + self.stream.below(len(SHOP_ATTRIBUTES) - at_least + 1)
        sentences: list[str] = []
        by_name_next = True
        for attribute in self.stream.sample(SHOP_ATTRIBUTES, count):
            again = by_name_next or self.stream.chance(NAME_AGAIN)
            by_name_next = record.source == "letters" or attribute in NAMES_SOMEBODY_ELSE
            subject = self.speaker.name(shop.name) if again else self.speaker.pronoun(shop.name)
            sentences.append(
                self._state(record, subject, shop.name, attribute, shop.facts[attribute])
            )
        return sentences

    def _note(self, source: str) -> Record:
        notes = fillers.ALMANAC_NOTES if source == "almanac" else fillers.GAZETTE_NEWS
        return Record(f"{source}.note", source, " ".join(self.stream.sample(notes, 2)))

    def _profile(self, source: str) -> Record:
        record = Record("gazette.profile", source)
        name = self.stream.choice(self.mentioned).name
        record.mention(name)
        opening = self.stream.choice(fillers.GAZETTE_PROFILES).format_map(self.speaker.name(name))
        facts = self._facts(record, name, at_most=5, by_name=False, at_least=3)
        ending = [self.stream.choice(fillers.GAZETTE_ENDINGS)] if self.stream.chance(0.15) else []
        record.text = " ".join([opening, *facts, *ending])
        return record

    def _event(self, source: str) -> Record:
        record = Record("gazette.event", source)
        sentences = [self.stream.choice(fillers.GAZETTE_NEWS)]
        people = self.stream.sample(self.mentioned, 1 + self.stream.below(2))
        for person, present in zip(
            people, self.stream.sample(fillers.GAZETTE_PRESENT, len(people))
        ):
            record.mention(person.name)
            sentences.append(present.format_map(self.speaker.name(person.name)))
            sentences += self._facts(record, person.name, at_most=3, by_name=False)
        record.text = " ".join(sentences)
        return record

    def _notice(self, source: str) -> Record:
        record = Record("gazette.notice", source)
        i = self.stream.below(len(fillers.GAZETTE_NOTICES))
        attributes, text = fillers.GAZETTE_NOTICES[i]
        name = self.stream.choice(self.noticed[i])
        said = dict(self.said[source][name])
        fields = self.speaker.name(name) | {a: said[a] for a in attributes}
        fields["a"] = article(said.get("pet", "pet"))
        for attribute in attributes:
            record.state(name, attribute, said[attribute], f"gazette.notice.{i}")
        record.text = capital(text.format_map(fields))
        return record

    def _who_have(self, attributes: tuple[str, ...]) -> list[str]:
        """Return the people of whom the gazette prints all these attributes."""
        said = self.said["gazette"]
        return [name for name in said if all(a in dict(said[name]) for a in attributes)]

    def _shop_news(self, source: str) -> Record:
        record = Record("gazette.shop", source)
        opening = self.stream.choice(fillers.GAZETTE_SHOP_NEWS)
        record.text = " ".join([opening, *self._shop_facts(record, at_least=2)])
        return record

    def _letter(self, source: str) -> Record:
        record = Record("letters.letter", source)
        sentences = [
            self.stream.choice(fillers.SALUTATIONS),
            self.stream.choice(fillers.LETTER_OPENINGS),
        ]
        meetings = list(fillers.LETTER_MEETINGS)
        for person in self.stream.sample(self.mentioned, 1 + self.stream.below(2)):
            record.mention(person.name)
            meet = self.stream.chance(0.5)
            if meet:
                meeting = meetings.pop(self.stream.below(len(meetings)))
                sentences.append(meeting.format_map(self.speaker.name(person.name)))
            sentences += self._facts(record, person.name, at_most=4, by_name=not meet, at_least=2)
        if self.stream.chance(0.15):
            sentences += self._shop_facts(record, at_least=1)
        if self.stream.chance(0.3):
            sentences.append(self.stream.choice(fillers.LETTER_GOSSIP))
        sentences.append(self.stream.choice(fillers.LETTER_CLOSINGS))
        sentences.append(self.stream.choice(fillers.SIGNATURES))
        record.text = " ".join(sentences)
        return record


def _said(world: World, person: Person, source: str) -> list[tuple[str, str]]:
    """Return the attributes of a person that a source prints, with what it says."""
    printed = ((a, world.printed(person.name, a, source)) for a in person.facts)
    return [(attribute, value) for attribute, value in printed if value is not None]
