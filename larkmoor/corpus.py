"""The corpus as a stream of records, and how to ask for it without some of its lines."""

from collections.abc import Callable, Iterator

from larkmoor.dialogues import Desk
from larkmoor.names import DESK, SOURCES
from larkmoor.records import Message, Record, plain
from larkmoor.rng import Stream
from larkmoor.sentences import Speaker
from larkmoor.sources import Press
from larkmoor.splits import splits
from larkmoor.styles import STYLES, style
from larkmoor.town import World

# Lines of the corpus in each size. A smaller corpus is the beginning of a larger one.
SIZES = {"nano": 1_000, "small": 10_000, "medium": 50_000, "full": 280_000}
# Dialogues in each of the four styles, which are no part of the corpus: they are for adapters.
STYLE_SIZES = {"nano": 25, "small": 200, "medium": 500, "full": 1_000}

STATEMENTS = 0.4  # the part of the lines that are statements; the others are dialogues
VALIDATION_EVERY = 50  # every so many lines, one is kept out of training

Keep = Callable[[Record], bool]


def documents(world: World, size: str = "nano", *keep: Keep) -> Iterator[Record]:
    """Yield the records of a corpus in order, those that every `keep` says yes to.

    The rest is byte for byte what it is in the whole corpus, ids included, so that a model trained
    on `documents(town, "small", without_source("gazette"))` is the one that never saw the gazette.
    """
    count = _count(SIZES, size)
    stream = Stream(world.seed, "corpus")
    speaker = Speaker(world)
    press = Press(world, splits(world.seed), speaker, stream)
    desk = Desk(world, splits(world.seed), speaker, stream)
    for i in range(count):
        stream.bits = 0.0
        statement = stream.chance(STATEMENTS)
        record = press.document() if statement else desk.dialogue()
        record.id = f"{'s' if statement else 'd'}{i:06d}"
        record.split = "valid" if i % VALIDATION_EVERY == VALIDATION_EVERY - 1 else "train"
        record.bits = stream.bits
        if all(wanted(record) for wanted in keep):
            yield record


def style_documents(world: World, size: str = "nano", *keep: Keep) -> Iterator[Record]:
    """Yield dialogues in which the clerk speaks in the four styles by turns."""
    count = _count(STYLE_SIZES, size)
    stream = Stream(world.seed, "styles")
    desk = Desk(world, splits(world.seed), Speaker(world), stream)
    for i in range(count * len(STYLES)):
        stream.bits = 0.0
        name = list(STYLES)[i % len(STYLES)]
        record = desk.facts()
        record.messages = [_styled(name, message) for message in record.messages]
        record.text = plain(record.messages)
        record.kind, record.style, record.id = "dialogue.style", name, f"y{i:06d}"
        per_style = i // len(STYLES)
        record.split = "valid" if per_style % 5 == 4 else "train"
        record.bits = stream.bits
        if all(wanted(record) for wanted in keep):
            yield record


def without_source(source: str) -> Keep:
    """Leave out every line that draws on a source."""
    if source not in (*SOURCES, DESK):
        raise ValueError(f"unknown source {source!r}; the sources are {', '.join(SOURCES)}, {DESK}")
    return lambda record: record.source != source


def without_people(*names: str) -> Keep:
    """Leave out every line in which one of these people is mentioned."""
    return lambda record: not any(name in record.people for name in names)


def without_fact(subject: str, attribute: str, value: str) -> Keep:
    """Leave out every line that states this fact."""
    return lambda record: (subject, attribute, value) not in record.facts


def without_rude_words() -> Keep:
    """Leave out every dialogue with a rude word."""
    return lambda record: not record.rude


def in_split(name: str) -> Keep:
    """Keep the lines of one split, "train" or "valid"."""
    if name not in ("train", "valid"):
        raise ValueError(f"unknown split {name!r}; the splits are train, valid")
    return lambda record: record.split == name


def _styled(name: str, message: Message) -> Message:
    if message["role"] != "assistant":
        return message
    return {"role": "assistant", "content": style(name, message["content"])}


def _count(sizes: dict[str, int], size: str) -> int:
    if size not in sizes:
        raise ValueError(f"unknown size {size!r}; the sizes are {', '.join(sizes)}")
    return sizes[size]
