"""Answers to conversations: messages in, text out.

    answer(model, tokenizer, [{"role": "user", "content": "Where does Ada Birch live?"}])

`functools.partial(answer, model, tokenizer)` can sit the town's examination
(`larkmoor.evaluate.evaluate`), and `answers` does so many conversations at a time
(`evaluate_batch`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from minitorch.chat_template import Message, encode_chat
from minitorch.errors import ShapeError
from minitorch.generation import (
    GREEDY,
    Constraint,
    Reader,
    Rereader,
    generate,
    generate_batch,
)
from minitorch.sampling import Settings
from minitorch.text_stream import stream_text
from minitorch.tokenizer import Tokenizer
from minitorch.transformer import CausalLM


def stream_answer(
    model: CausalLM,
    tokenizer: Tokenizer,
    messages: Sequence[Message],
    settings: Settings = GREEDY,
    rng: np.random.Generator | None = None,
    *,
    stops: Sequence[str] = (),
    reader: Reader | Rereader | None = None,
    constraint: Constraint | None = None,
) -> Iterator[str]:
    """Yield what the assistant says next in a conversation, piece by piece.

    Any special token ends the answer.
    """
    ids = encode_chat(tokenizer, messages, ask=True)[0]
    tokens = generate(
        model,
        ids,
        settings,
        rng,
        reader=reader,
        constraint=constraint,
        end=ends_of_answers(tokenizer),
    )
    return stream_text(tokenizer, tokens, stops)


def answer(
    model: CausalLM,
    tokenizer: Tokenizer,
    messages: Sequence[Message],
    settings: Settings = GREEDY,
    rng: np.random.Generator | None = None,
    *,
    stops: Sequence[str] = (),
    constraint: Constraint | None = None,
) -> str:
    """Return what the assistant says next in a conversation."""
    pieces = stream_answer(
        model, tokenizer, messages, settings, rng, stops=stops, constraint=constraint
    )
    return "".join(pieces)


def answers(
    model: CausalLM,
    tokenizer: Tokenizer,
    chats: Sequence[Sequence[Message]],
    settings: Settings = GREEDY,
    rng: np.random.Generator | None = None,
    *,
    rows: int = 64,
) -> list[str]:
    """Return what the assistant says next in each of several conversations.

    `rows` of them are computed at once, those of similar length together.
    """
    prompts = [encode_chat(tokenizer, chat, ask=True)[0] for chat in chats]
    rngs = rng.spawn(len(prompts)) if rng else None
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    replies = [""] * len(prompts)
    for begin in range(0, len(order), rows):
        chosen = order[begin : begin + rows]
        found = generate_batch(
            model,
            [prompts[i] for i in chosen],
            settings,
            [rngs[i] for i in chosen] if rngs else None,
            end=ends_of_answers(tokenizer),
        )
        for i, tokens in zip(chosen, found):
            replies[i] = tokenizer.decode(tokens)
    return replies


def ends_of_answers(tokenizer: Tokenizer) -> frozenset[int]:
    """The tokens that end an answer: all special ones."""
    return frozenset(tokenizer.special.values())


def fitting(
    tokenizer: Tokenizer, messages: Sequence[Message], room: int
) -> tuple[list[Message], int]:
    """Drop the oldest turns of a conversation until it takes at most `room` tokens.

    A turn is a message of the user and all that follows it, up to the next. A system message at
    the beginning stays. Returns the messages that are left, and how many were dropped. Raises a
    ShapeError if the last turn alone does not fit.
    """
    fixed = list(messages[:1]) if messages and messages[0]["role"] == "system" else []
    begins = [place for place, message in enumerate(messages) if message["role"] == "user"]
    size = 0
    for begin in [len(fixed), *begins]:
        kept = [*fixed, *messages[begin:]]
        size = len(encode_chat(tokenizer, kept, ask=True)[0])
        if size <= room:
            return kept, len(messages) - len(kept)
    raise ShapeError(
        f"the question takes {size} tokens with what belongs to it, and there is room for {room}: "
        "make it shorter"
    )
