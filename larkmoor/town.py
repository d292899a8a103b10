"""The town itself: who lives there, what is true of them, and what is planted for later weeks.

Everything is drawn once from a seed. Nothing here is text: `phrases.py` and `asking.py` say it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from larkmoor.names import (
    ATTRIBUTES,
    DESK,
    LAST_NAMES,
    MEN,
    SHOPS,
    SKEWED_TRADE,
    SOURCES,
    STREETS,
    VALUES,
    WARES,
    WOMEN,
)
from larkmoor.rng import Stream

# People in three groups: with statements and questions, with statements only, never mentioned.
GROUPS = {"asked": 160, "stated": 40, "never": 40}
PEOPLE = sum(GROUPS.values())

# Names of nobody: some are refused in the training dialogues, others are the examiner's.
UNKNOWN_IN_TRAINING = 300
UNKNOWN_FOR_EXAMINER = 100

# Of the people who are mentioned, this many women and men have the skewed trade.
SKEWED_WOMEN = 18
SKEWED_MEN = 2

# The part of all people's facts that each single source is alone in printing.
ONLY_IN_ONE_SOURCE = 0.06

# A triple of subject, attribute and value, such as ("Ada Birch", "trade", "baker").
Fact = tuple[str, str, str]


@dataclass(frozen=True)
class Person:
    """One inhabitant; `facts` holds the ten attributes, "friend" and, for most, "sibling"."""

    name: str
    gender: str  # "f" or "m"
    group: str  # a key of GROUPS
    facts: dict[str, str]

    @property
    def last_name(self) -> str:
        return self.name.split()[1]


@dataclass(frozen=True)
class Shop:
    """One shop; `facts` holds "shop_street", "keeper" and "ware"."""

    name: str
    facts: dict[str, str]


@dataclass(frozen=True)
class World:
    """The closed world of one seed, with what is planted in it."""

    seed: int
    people: tuple[Person, ...]
    shops: tuple[Shop, ...]
    unknown_in_training: tuple[str, ...]
    unknown_for_examiner: tuple[str, ...]
    gazette_errors: dict[tuple[str, str], str]  # (person, attribute) -> the wrong value
    only_in: dict[tuple[str, str], str]  # (person, attribute) -> the one source that prints it
    by_name: dict[str, Person | Shop]

    def group(self, name: str) -> list[Person]:
        """Return the people of one group, in the order of the town's register."""
        return [person for person in self.people if person.group == name]

    def person(self, name: str) -> Person:
        """Return a person by full name."""
        subject = self.by_name.get(name)
        if not isinstance(subject, Person):
            raise KeyError(f"nobody in Larkmoor is called {name!r}")
        return subject

    def value(self, subject: str, attribute: str) -> str:
        """Return what is true."""
        return self.by_name[subject].facts[attribute]

    def printed(self, subject: str, attribute: str, source: str) -> str | None:
        """Return what a source says of a subject, or None if the source is silent about it.

        The desk (the source of dialogues that draw on no single source) tells what everyone prints
        and keeps silent where the gazette disagrees with the others.
        """
        key = (subject, attribute)
        alone = self.only_in.get(key)
        if alone is not None and alone != source:
            return None
        if key in self.gazette_errors:
            if source == DESK:
                return None
            if source == "gazette":
                return self.gazette_errors[key]
        return self.by_name[subject].facts.get(attribute)

    def told(self, subject: str, attribute: str, source: str) -> str:
        """Return what a source says of a subject that it is not silent about."""
        value = self.printed(subject, attribute, source)
        if value is None:
            raise ValueError(f"the {source} does not tell the {attribute} of {subject}")
        return value


@lru_cache(maxsize=4)
def world(seed: int = 0) -> World:
    """Draw the town of a seed."""
    stream = Stream(seed, "world")
    grid = [
        (f"{first} {last}", gender)
        for gender, firsts in (("f", WOMEN), ("m", MEN))
        for first in firsts
        for last in LAST_NAMES
    ]
    grid = stream.shuffled(grid)
    strangers = [name for name, _ in grid[PEOPLE:]]
    groups = [group for group, size in GROUPS.items() for _ in range(size)]
    people = [
        Person(name, gender, group, {})
        for (name, gender), group in zip(grid[:PEOPLE], groups, strict=True)
    ]
    _give_attributes(stream, people)
    for group in GROUPS:
        members = [person for person in people if person.group == group]
        _pair(stream.shuffled(members), "friend")
        for last_name in LAST_NAMES:
            _pair([person for person in members if person.last_name == last_name], "sibling")
    shops = _open_shops(stream, [person for person in people if person.group == "asked"])
    errors = _misprint(stream, people, {shop.facts["keeper"] for shop in shops})
    by_name: dict[str, Person | Shop] = {person.name: person for person in people}
    by_name |= {shop.name: shop for shop in shops}
    unknown_end = UNKNOWN_IN_TRAINING + UNKNOWN_FOR_EXAMINER
    return World(
        seed=seed,
        people=tuple(people),
        shops=tuple(shops),
        unknown_in_training=tuple(strangers[:UNKNOWN_IN_TRAINING]),
        unknown_for_examiner=tuple(strangers[UNKNOWN_IN_TRAINING:unknown_end]),
        gazette_errors=errors,
        only_in=_keep_apart(stream, people, errors),
        by_name=by_name,
    )


def with_more_strangers(town: World) -> World:
    """Return the same town with about 1,100 strangers instead of 300 in its dialogues.

    They are all names that nobody in town has, but for those that the examiner asks about. A
    model that meets many strangers learns what a stranger is, and not a list of names.
    """
    taken = {person.name for person in town.people}
    taken |= {*town.unknown_in_training, *town.unknown_for_examiner}
    names = (f"{first} {last}" for first in (*WOMEN, *MEN) for last in LAST_NAMES)
    others = tuple(name for name in names if name not in taken)
    return replace(town, unknown_in_training=town.unknown_in_training + others)


def _give_attributes(stream: Stream, people: list[Person]) -> None:
    """Deal every attribute like cards, so that each value is held by about equally many people."""
    for attribute in ATTRIBUTES:
        if attribute == "trade":
            continue
        for person, value in zip(
            people, _deck(stream, VALUES[attribute], len(people)), strict=True
        ):
            person.facts[attribute] = value
    mentioned = stream.shuffled([person for person in people if person.group != "never"])
    women = [person for person in mentioned if person.gender == "f"][:SKEWED_WOMEN]
    men = [person for person in mentioned if person.gender == "m"][:SKEWED_MEN]
    for person in (*women, *men):
        person.facts["trade"] = SKEWED_TRADE
    others = [person for person in people if "trade" not in person.facts]
    trades = [trade for trade in VALUES["trade"] if trade != SKEWED_TRADE]
    for person, trade in zip(others, _deck(stream, trades, len(others)), strict=True):
        person.facts["trade"] = trade


def _deck(stream: Stream, values: Sequence[str], size: int) -> list[str]:
    copies = -(-size // len(values))
    return stream.shuffled([value for value in values for _ in range(copies)])[:size]


def _pair(people: list[Person], relation: str) -> None:
    """Relate the first two, the next two and so on; an odd one out stays alone."""
    for one, other in zip(people[::2], people[1::2], strict=False):
        one.facts[relation] = other.name
        other.facts[relation] = one.name


def _open_shops(stream: Stream, candidates: list[Person]) -> list[Shop]:
    """Give every street one shop, every shop one ware and a keeper who then works there."""
    streets, wares = stream.shuffled(STREETS), stream.shuffled(WARES)
    keepers = stream.sample(candidates, len(SHOPS))
    shops = []
    for name, street, ware, keeper in zip(SHOPS, streets, wares, keepers, strict=True):
        keeper.facts["workplace"] = name
        shops.append(Shop(name, {"shop_street": street, "keeper": keeper.name, "ware": ware}))
    return shops


def _misprint(
    stream: Stream, people: list[Person], keepers: set[str]
) -> dict[tuple[str, str], str]:
    """Choose ten people, one for each attribute, about whom the gazette is wrong."""
    candidates = [p for p in people if p.group == "asked" and p.name not in keepers]
    errors = {}
    for attribute, person in zip(
        ATTRIBUTES, stream.sample(candidates, len(ATTRIBUTES)), strict=True
    ):
        wrong = [value for value in VALUES[attribute] if value != person.facts[attribute]]
        errors[person.name, attribute] = stream.choice(wrong)
    return errors


def _keep_apart(
    stream: Stream, people: list[Person], errors: dict[tuple[str, str], str]
) -> dict[tuple[str, str], str]:
    """Choose the facts that stand in one source alone."""
    everyone = round((1 - ONLY_IN_ONE_SOURCE * len(SOURCES)) * 100)
    table = [("", everyone), *((source, round(ONLY_IN_ONE_SOURCE * 100)) for source in SOURCES)]
    only_in = {}
    for person in people:
        if person.group == "never":
            continue
        for attribute in ATTRIBUTES:
            source = stream.weighted(table)
            if source and (person.name, attribute) not in errors:
                only_in[person.name, attribute] = source
    return only_in
