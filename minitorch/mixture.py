"""The corpus of a training: the lines of Larkmoor as tokens, and which of them a phase takes."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch.data import DataError, Documents, Rows
from minitorch.tensor import Array
from minitorch.tokenizer import Tokenizer
from minitorch.town import SEED, encode_record

if TYPE_CHECKING:
    from larkmoor import Record

# What a weight can be given to, beside single kinds ("dialogue.hop") and their beginnings
# ("gazette"): several kinds at once. A later group counts more than an earlier one.
GROUPS = ("all", "statements", "dialogues")
KINDS = ("almanac", "gazette", "letters", "dialogue")  # the beginnings


@dataclass(frozen=True)
class Corpus:
    """Lines as tokens, and of which kind each line is, such as "dialogue.hop"."""

    documents: Documents
    kinds: list[str]


def encode(records: Iterable[Record], tokenizer: Tokenizer, learn_all: bool = False) -> Corpus:
    """Encode lines of Larkmoor.

    What is learned of a dialogue is what the assistant says, or with `learn_all` everything but
    the first token, as of a statement.
    """
    ids, learn, starts, kinds = array("H"), bytearray(), [0], []
    for record in records:
        tokens, said = encode_record(tokenizer, record)
        ids.extend(tokens)
        learn.extend([False] + [True] * (len(tokens) - 1) if learn_all else said)
        starts.append(len(ids))
        kinds.append(record.kind)
    documents = Documents(
        np.frombuffer(ids, np.uint16) if ids else np.empty(0, np.uint16),
        np.frombuffer(learn, bool) if learn else np.empty(0, bool),
        np.array(starts, np.int64),
        len(tokenizer),
        tokenizer.fingerprint(),
    )
    return Corpus(documents, kinds)


def read_corpus(
    size: str,
    split: str,
    tokenizer: Tokenizer,
    without: Mapping[str, Any] | None = None,
    learn_all: bool = False,
    strangers: str = "some",
) -> Corpus:
    """Encode one split of the corpus, without what is to be left out (see `left_out`).

    With `strangers` = "all", the dialogues ask about all the names that nobody has.
    """
    from larkmoor import documents, in_split, with_more_strangers, world

    filters = [in_split(split), *left_out(without or {})]
    town = with_more_strangers(world(SEED)) if strangers == "all" else world(SEED)
    return encode(documents(town, size, *filters), tokenizer, learn_all)


def left_out(without: Mapping[str, Any]) -> list[Any]:
    """Return the filters for `larkmoor.documents` that leave something out.

    `without` may name a "source", a list of "people", a "fact" as a list of subject, attribute
    and value, and "rude_words" as True. "facts_beyond" = n leaves out the lines that state a fact
    of anything but the first n people who are asked about: a smaller town.
    """
    import larkmoor

    filters = []
    if "source" in without:
        try:
            filters.append(larkmoor.without_source(without["source"]))
        except ValueError as error:
            raise DataError(f"without: {error}") from None
    if "people" in without:
        filters.append(larkmoor.without_people(*without["people"]))
    if "fact" in without:
        filters.append(larkmoor.without_fact(*without["fact"]))
    if without.get("rude_words"):
        filters.append(larkmoor.without_rude_words())
    if "facts_beyond" in without:
        asked = larkmoor.world(SEED).group("asked")[: without["facts_beyond"]]
        names = {person.name for person in asked}
        filters.append(lambda record: all(subject in names for subject, _, _ in record.facts))
    return filters


def weight_of(kind: str, weights: Mapping[str, float]) -> float:
    """Return how often the lines of a kind are taken: the weight of the narrowest name that fits.

    From the widest to the narrowest, these names fit the kind "dialogue.hop": "all", the group
    "dialogues" ("statements" for any kind that is no dialogue), the beginning "dialogue", and
    "dialogue.hop" itself. If none of them has a weight, it is 0.
    """
    beginning = kind.split(".")[0]
    group = "dialogues" if beginning == "dialogue" else "statements"
    fitting = [weights[name] for name in ("all", group, beginning, kind) if name in weights]
    return fitting[-1] if fitting else 0.0


def mix(kinds: Sequence[str], weights: Mapping[str, float]) -> list[int]:
    """Return the numbers of the documents that a phase takes, in rising order.

    `kinds` holds the kind of each document, and `weight_of(kind, weights)` how often documents
    of that kind are taken: with 1 each once, with 2 each twice, with 0.5 only the first half of
    them, with 2.5 each twice and the first half once more. Of n documents the first half are
    n * 0.5 of them, rounded down.
    """
    numbers: dict[str, list[int]] = {}
    for number, kind in enumerate(kinds):
        numbers.setdefault(kind, []).append(number)
    taken: list[int] = []
    for kind, own in numbers.items():
        whole, part = divmod(weight_of(kind, weights), 1)
        taken += own * int(whole) + own[: int(len(own) * part)]
    return sorted(taken)


def rows_of(
    corpus: Corpus, weights: Mapping[str, float], size: int, pad: int, seed: int = 0
) -> Rows:
    """Pack what a phase takes of a corpus into rows of `size` tokens, in a random order."""
    known = {*GROUPS, *KINDS, *corpus.kinds}
    unknown = sorted(set(weights) - known)
    if unknown:
        raise DataError(
            f"no line of the corpus is of the kind {unknown[0]!r}; there are "
            + ", ".join([*GROUPS, *KINDS, *sorted(set(corpus.kinds))])
        )
    taken = mix(corpus.kinds, weights)
    if not taken:
        raise DataError(f"the data {dict(weights)} takes no line of the corpus")
    order = np.random.default_rng(seed).permutation(np.array(taken))
    return Rows(select(corpus.documents, order), size, pad)


def select(documents: Documents, numbers: Array) -> Documents:
    """Return the documents with these numbers, in this order; a number may come several times."""
    lengths = documents.lengths()[numbers]
    starts = np.cumsum([0, *lengths])
    # the place of each token in the old ids: a document's first one, and how far behind it
    places = np.arange(starts[-1]) + np.repeat(documents.starts[numbers] - starts[:-1], lengths)
    return Documents(
        documents.ids[places],
        documents.learn[places],
        starts,
        documents.vocabulary,
        documents.tokenizer,
    )
