"""What is held out for each fact, so that an examination asks what was never shown in that form.

Every fact has phrasings that never state it and questions that never ask for it in the corpus; the
same phrasings occur with other facts. Questions of two hops are held out as whole combinations.
"""

from functools import lru_cache

from larkmoor.asking import QUESTIONS
from larkmoor.names import ATTRIBUTES, RELATIONS, SHOP_ATTRIBUTES, SOURCES
from larkmoor.phrases import STATEMENTS
from larkmoor.rng import Stream
from larkmoor.town import World, world

# Of six questions two are held out for each fact, of four statements in each source one.
HELD_OUT_QUESTIONS = 2
HELD_OUT_STATEMENTS = 1
# The part of all (person, relation, attribute) combinations that no training dialogue asks for.
HELD_OUT_HOPS = 0.3

Key = tuple[str, str]  # (subject, attribute)


class Splits:
    """The phrasings of each fact, parted into those for training and those for the examiner."""

    def __init__(self, town: World) -> None:
        stream = Stream(town.seed, "splits")
        self.ask: dict[Key, tuple[int, ...]] = {}
        self.ask_held_out: dict[Key, tuple[int, ...]] = {}
        self.state: dict[str, dict[Key, tuple[int, ...]]] = {source: {} for source in SOURCES}
        self.state_held_out: dict[str, dict[Key, tuple[int, ...]]] = {s: {} for s in SOURCES}
        for subject in town.by_name.values():
            for attribute in subject.facts:
                key = (subject.name, attribute)
                self.ask[key], self.ask_held_out[key] = _part(
                    stream, len(QUESTIONS[attribute]), HELD_OUT_QUESTIONS
                )
                for source in SOURCES:
                    self.state[source][key], self.state_held_out[source][key] = _part(
                        stream, len(STATEMENTS[source][attribute]), HELD_OUT_STATEMENTS
                    )
        # (person, relation, attribute): every question of several hops that can be asked.
        self.hops = [
            (person.name, relation, attribute)
            for person in town.group("asked")
            for relation in (*RELATIONS, "workplace")
            if relation in person.facts
            for attribute in _beyond(relation)
        ]
        self.hops_held_out = {hop for hop in self.hops if stream.chance(HELD_OUT_HOPS)}


def _beyond(relation: str) -> tuple[str, ...]:
    """Return what can be asked about whom or what a relation leads to.

    A shop attribute of a friend or sibling is that of the shop where they work: a third hop.
    """
    return SHOP_ATTRIBUTES if relation == "workplace" else (*ATTRIBUTES, *SHOP_ATTRIBUTES)


def _part(stream: Stream, count: int, held_out: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    order = stream.shuffled(range(count))
    return tuple(sorted(order[held_out:])), tuple(sorted(order[:held_out]))


@lru_cache(maxsize=4)
def splits(seed: int = 0) -> Splits:
    """Return the splits of the town of a seed."""
    return Splits(world(seed))
