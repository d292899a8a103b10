"""Generation: a model continues a text, token after token.

    for token in generate(model, ids, Settings(temperature=0.8, top_p=0.9), rng):
        print(tokenizer.decode([token]))

Ids are lists of whole numbers. The tokens that end a text (`config.eos_token_id`) end the
generation and are not part of what comes out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Protocol

import numpy as np

from minitorch import cache, decode, sampling
from minitorch.errors import ShapeError
from minitorch.recording import no_grad
from minitorch.sampling import Settings
from minitorch.tensor import Array
from minitorch.transformer import CausalLM

GREEDY = Settings()


class Constraint(Protocol):
    """What a text may look like: which tokens may come next, from state to state."""

    end: int  # the token that is allowed where a text is complete

    def start(self) -> Any:
        """The state before the first token."""

    def allowed(self, state: Any) -> Array:
        """Which tokens may come: (vocabulary,) of bool."""

    def after(self, state: Any, token: int) -> Any:
        """The state after a token that was allowed."""


# -- the plain way --------------------------------------------------------------------------------


def greedy(model: CausalLM, ids: Sequence[int], count: int) -> list[int]:
    """Continue `ids` by `count` tokens, each the likeliest after all that stands before it.

    `model(batch)` takes ids, (batch, places), and returns the scores of the next token for every
    place, (batch, places, vocabulary). Each new token is computed from the whole text so far.
    Returns the new tokens alone. `ids` is not changed, and no gradients are recorded.
    """
    text = list(ids)
    with no_grad():
        for _ in range(count):
            scores = model(np.array([text])).data[0, -1]
            text.append(int(scores.argmax()))
    return text[len(ids) :]


def greedy_with_cache(model: CausalLM, ids: Sequence[int], count: int) -> list[int]:
    """Continue `ids` as `greedy` does, and let every token go through the model once only.

    `cache.new_caches(model.config, capacity, dtype=...)` gives empty caches for `capacity` places,
    and `model(batch, None, caches)` adds its tokens to them and takes what they hold as the text
    before. Their dtype is that of the model's weights. The prompt is read in one call, each new
    token in a call of its own, and the last new token not at all.
    """
    caches = cache.new_caches(model.config, len(ids) + count, dtype=_dtype(model))
    new, tokens = list(ids), []
    with no_grad():
        for _ in range(count):
            scores = model(np.array([new]), None, caches).data[0, -1]
            new = [int(scores.argmax())]
            tokens += new
    return tokens


# -- reading with a memory ------------------------------------------------------------------------


class Reader:
    """A model and the text that it has read: what it read once it does not read again.

    `ids` is the text in its caches. There is room for `capacity` tokens, as a rule the model's
    whole context. A reader takes the model as it is when the reader is made: after training,
    make a new one.
    """

    def __init__(self, model: CausalLM, capacity: int | None = None) -> None:
        self.model = model
        self.capacity = capacity or model.config.max_position_embeddings
        self.caches = cache.new_caches(model.config, self.capacity, dtype=_dtype(model))
        self.decoder = decode.decoder_for(model)
        self.ids: list[int] = []

    def read(self, ids: Sequence[int]) -> Array:
        """Read on: the scores after each of these tokens, (tokens, vocabulary)."""
        if not len(ids):
            raise ShapeError("there is nothing to read: give at least one token")
        if len(self.ids) + len(ids) > self.capacity:
            raise ShapeError(
                f"{len(self.ids) + len(ids)} tokens: this model reads at most {self.capacity}; "
                "make the text shorter"
            )
        if self.decoder is not None and len(ids) == 1:
            scores = self.decoder.step(ids[0], self.caches)[None]
        else:
            with no_grad():
                scores = self.model(np.array([ids]), None, self.caches).data[0]
        self.ids.extend(ids)
        return scores

    def scores_after(self, ids: Sequence[int], places: int = 1) -> Array:
        """The scores after each of the last `places` tokens of a text, (places, vocabulary).

        Only what is new in the text is read: what it has in common with the one before, from the
        beginning on, stays as it is.
        """
        text = list(ids)
        self.forget(max(0, min(cache.common_prefix(self.ids, text), len(text) - places)))
        return self.read(text[len(self.ids) :])[-places:]

    def forget(self, length: int) -> None:
        """Keep the first `length` tokens and forget the others."""
        for kept in self.caches:
            kept.truncate(length)
        del self.ids[length:]


class Rereader:
    """Does what a reader does without a cache: it reads the whole text again for each token."""

    def __init__(self, model: CausalLM) -> None:
        self.model = model
        self.capacity = model.config.max_position_embeddings
        self.ids: list[int] = []

    def read(self, ids: Sequence[int]) -> Array:
        self.ids.extend(ids)
        with no_grad():
            return self.model(np.array([self.ids])).data[0, -len(ids) :]

    def scores_after(self, ids: Sequence[int], places: int = 1) -> Array:
        self.ids = []
        return self.read(ids)[-places:]


def _dtype(model: CausalLM) -> Any:
    return model.model.norm.weight.dtype


# -- one text -------------------------------------------------------------------------------------


def generate(
    model: CausalLM,
    ids: Sequence[int],
    settings: Settings = GREEDY,
    rng: np.random.Generator | None = None,
    *,
    reader: Reader | Rereader | None = None,
    constraint: Constraint | None = None,
    end: Collection[int] | None = None,
) -> Iterator[int]:
    """Continue `ids`: an iterator of new tokens, each computed when it is asked for.

    It ends with a token of `end` (as a rule the model's `eos_token_id`), which does not come out,
    after `settings.max_new_tokens` tokens, or where the model's context is full. A `reader` that
    has read the beginning of `ids` before does not read it again; afterwards it has read all but
    the last token. With a `constraint` only tokens that it allows are chosen.
    """
    reader = reader or Reader(model)
    text = checked_prompt(model, ids, reader.capacity)
    ends = set(end_tokens(model) if end is None else end)
    if constraint:
        ends.add(constraint.end)
    return _tokens(reader, text, settings, rng, constraint, ends)


def _tokens(
    reader: Reader | Rereader,
    text: list[int],
    settings: Settings,
    rng: np.random.Generator | None,
    constraint: Constraint | None,
    ends: Collection[int],
) -> Iterator[int]:
    state = constraint.start() if constraint else None
    scores = None
    for _ in range(min(settings.max_new_tokens, reader.capacity - len(text))):
        scores = reader.scores_after(text) if scores is None else reader.read(text[-1:])
        allowed = constraint.allowed(state) if constraint else None
        token = sampling.choose(scores[-1], settings, text, rng, allowed)
        if token in ends:
            return
        text.append(token)
        if constraint:
            state = constraint.after(state, token)
        yield token


def end_tokens(model: CausalLM) -> tuple[int, ...]:
    """The tokens that end a text, as the model's settings say."""
    end = model.config.eos_token_id
    return () if end is None else (end,)


def checked_prompt(model: CausalLM, ids: Sequence[int], capacity: int) -> list[int]:
    """The prompt as a list, or an error that says why the model cannot take it."""
    text = [int(id) for id in ids]
    if not text:
        raise ShapeError("the prompt is empty: a model needs a token to begin from")
    if len(text) > capacity:
        raise ShapeError(f"the prompt has {len(text)} tokens; this model reads at most {capacity}")
    size = model.config.vocab_size
    wrong = next((id for id in text if not 0 <= id < size), None)
    if wrong is not None:
        raise IndexError(f"there is no token {wrong}: this model's ids go from 0 to {size - 1}")
    return text


# -- several at once ------------------------------------------------------------------------------


def pad_left(prompts: Sequence[Sequence[int]], fill: int = 0) -> tuple[Array, Array]:
    """Bring prompts to one length by putting `fill` in front of the shorter ones.

    Returns the ids, (batch, longest), whole numbers of type int64, and which of them are real,
    (batch, longest), False where `fill` was put. All prompts end in the last column, so that the
    next token of every one belongs in the next.

    >>> pad_left([[5, 6, 7], [8]], fill=0)[0]
    array([[5, 6, 7],
           [0, 0, 8]])
    """
    longest = max(len(prompt) for prompt in prompts)
    ids = np.full((len(prompts), longest), fill, np.int64)
    real = np.zeros((len(prompts), longest), bool)
    for row, prompt in enumerate(prompts):
        ids[row, longest - len(prompt) :] = prompt
        real[row, longest - len(prompt) :] = True
    return ids, real


def generate_batch(
    model: CausalLM,
    prompts: Sequence[Sequence[int]],
    settings: Settings = GREEDY,
    rngs: Sequence[np.random.Generator] | None = None,
    *,
    end: Collection[int] | None = None,
) -> list[list[int]]:
    """Continue several prompts at once: for each, the tokens that `generate` would give it alone.

    Each prompt has its own of the `rngs`, such as `rng.spawn(len(prompts))`, so that it does not
    matter which others it is together with. The context is full for all when it is full for the
    longest prompt.
    """
    if not len(prompts):
        return []
    window = model.config.max_position_embeddings
    texts = [checked_prompt(model, prompt, window) for prompt in prompts]
    if rngs is not None and len(rngs) != len(texts):
        raise ValueError(f"{len(texts)} prompts need as many random generators, not {len(rngs)}")
    ends = end_tokens(model) if end is None else end
    new: list[list[int]] = [[] for _ in texts]
    rows = np.arange(len(texts))  # those that are not finished
    ids, real = pad_left(texts)
    room = min(settings.max_new_tokens, window - ids.shape[1])
    caches = cache.new_caches(model.config, ids.shape[1] + room, len(texts), _dtype(model))
    for _ in range(room):
        with no_grad():
            scores = model(ids, real, caches).data[:, -1]
        ids, going = np.zeros((len(rows), 1), np.int64), np.ones(len(rows), bool)
        for place, row in enumerate(rows.tolist()):
            rng = rngs[row] if rngs else None
            token = sampling.choose(scores[place], settings, texts[row] + new[row], rng)
            going[place] = token not in ends
            if going[place]:
                new[row].append(token)
                ids[place] = token
        if not going.any():
            break
        if not going.all():  # the others go on without those that are finished
            rows, ids, real = rows[going], ids[going], real[going]
            for kept in caches:
                kept.keep_rows(going)
        real = np.concatenate([real, np.ones((len(rows), 1), bool)], axis=1)
    return new
