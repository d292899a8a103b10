"""The course's one tokenizer and its model, and the town of Larkmoor as tokens."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from minitorch.chat_template import encode_chat, encode_document
from minitorch.tokenizer import Tokenizer, TokenizerError

if TYPE_CHECKING:
    from larkmoor import Record
    from minitorch.transformer import CausalLM

SEED = 0
SIZE = 1024
CORPUS = "small"
MODEL = Path(__file__).parent.parent / "models" / "larkmoor"
FINGERPRINT = "9ffb7ff4fe9fda857dc0190fd0038105a5d64c3ea26579f1b79b67cee4ed383a"


@cache
def course_tokenizer() -> Tokenizer:
    """Train the tokenizer that all weeks use: a second or two, the same everywhere.

    1,024 tokens, learned from the training lines of the small corpus with seed 0: statements, and
    what is said in dialogues. It is not kept in a file, so there is nothing that could be out of
    date. `python -m minitorch.tokenizer
    --save FOLDER` writes it for other programs.
    """
    from larkmoor import documents, in_split, world

    records = documents(world(SEED), CORPUS, in_split("train"))
    tokenizer = Tokenizer.train((text for record in records for text in texts(record)), SIZE)
    if tokenizer.fingerprint() != FINGERPRINT:
        raise TokenizerError(
            "the tokenizer came out other than the course's: the corpus or the training has "
            "changed since its fingerprint was noted in minitorch/town.py"
        )
    return tokenizer


def course_model(name: str = "larkmoor") -> CausalLM:
    """Open a model that comes with the course, from models/NAME: a new one with each call.

    "larkmoor" knows the town; "larkmoor-nano" is smaller, and knows a part of it. Its tokenizer is
    the course's.
    """
    from minitorch import checkpoint

    folder = MODEL.with_name(name)
    if not folder.is_dir():
        raise checkpoint.CheckpointError(
            f"the course's model {name} is not there: {folder} is no folder, so fetch "
            f"models/{name} again from where you have the course"
        )
    return checkpoint.from_pretrained(folder)


def texts(record: Record) -> list[str]:
    """Return what is written in a line of the corpus: each turn's content, or the statement."""
    return [message["content"] for message in record.messages] or [record.text]


def encode_record(tokenizer: Tokenizer, record: Record) -> tuple[list[int], list[bool]]:
    """Return the ids of a line of the corpus, and which of them a model should learn to say.

    Of a dialogue these are the assistant's, of a statement all but the first.
    """
    if record.messages:
        return encode_chat(tokenizer, record.messages)
    return encode_document(tokenizer, record.text)


def encoded(split: str = "train", size: str = CORPUS) -> Iterator[tuple[list[int], list[bool]]]:
    """Yield the lines of one split of the corpus as ids and what is to be learned."""
    from larkmoor import documents, in_split, world

    tokenizer = course_tokenizer()
    for record in documents(world(SEED), size, in_split(split)):
        yield encode_record(tokenizer, record)
