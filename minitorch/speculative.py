"""Speculative decoding: a small model guesses ahead, and the large one checks all guesses at once.

What comes out has the same probabilities as without the small model, after Leviathan, Kalman and
Matias (2023): a guess is kept or replaced so that nothing of the small model's opinion remains.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from minitorch import ngram, sampling
from minitorch.generation import GREEDY, Reader, Rereader, checked_prompt, end_tokens
from minitorch.sampling import SamplingError, Settings
from minitorch.tensor import Array
from minitorch.transformer import CausalLM


@dataclass
class Tally:
    """How a run went: what was guessed, what was kept, how often the large model was called."""

    guessed: int = 0
    kept: int = 0
    calls: int = 0


def keep_or_replace(p: Array, q: Array, guess: int, rng: np.random.Generator) -> tuple[int, bool]:
    """Keep a guess or put another token in its place, so that the result is drawn from `p`.

    `guess` was drawn from the probabilities `q`, (vocabulary,); wanted is a token drawn from `p`.
    The guess is kept if `rng.random()` times its probability in `q` is below its probability in
    `p`: that is, with probability min(1, p / q). Otherwise a token is drawn, with the next
    `rng.random()` as in `ngram.draw`, from what `p` has more than `q`: max(p - q, 0), for each
    token, divided by its sum. Where that is 0 for every token, which rounding can bring about,
    it is drawn from `p`. Always one number is taken from `rng` for the decision, and one more for
    a token that is drawn. Returns the token, and whether it is the guess that was kept.
    """
    if rng.random() * q[guess] < p[guess]:
        return guess, True
    more = np.maximum(p - q, 0)
    if not more.any():  # p and q differ by rounding alone
        more = p
    return ngram.draw(more, rng.random()), False


def speculate(
    model: CausalLM,
    draft: CausalLM,
    ids: Sequence[int],
    settings: Settings = GREEDY,
    rng: np.random.Generator | None = None,
    *,
    ahead: int = 4,
    readers: tuple[Reader | Rereader, Reader | Rereader] | None = None,
    end: Collection[int] | None = None,
    tally: Tally | None = None,
) -> Iterator[int]:
    """Continue `ids` as `generation.generate` does, with `draft` guessing `ahead` tokens each time.

    At temperature 0 the tokens are the same; otherwise they are drawn with the same
    probabilities, though not the same for the same `rng`. Both models have one vocabulary.
    `readers` are of the model and of the draft, if they shall remember; `tally` counts.
    """
    if model.config.vocab_size != draft.config.vocab_size:
        raise SamplingError(
            f"the draft model has {draft.config.vocab_size} tokens and the model "
            f"{model.config.vocab_size}: both must have been trained with one tokenizer"
        )
    if ahead < 1:
        raise SamplingError(f"ahead is {ahead}; it must be 1 or more")
    if rng is None:
        if settings.temperature > 0:
            raise SamplingError("to draw tokens, pass rng=np.random.default_rng(0)")
        rng = np.random.default_rng(0)  # at temperature 0 nothing depends on it
    large, small = readers or (Reader(model), Reader(draft))
    capacity = min(large.capacity, small.capacity)
    text = checked_prompt(model, ids, capacity)
    ends = end_tokens(model) if end is None else end
    return _tokens(large, small, text, settings, rng, ahead, capacity, ends, tally or Tally())


def _tokens(
    large: Reader | Rereader,
    small: Reader | Rereader,
    text: list[int],
    settings: Settings,
    rng: np.random.Generator,
    ahead: int,
    capacity: int,
    ends: Collection[int],
    tally: Tally,
) -> Iterator[int]:
    last = min(len(text) + settings.max_new_tokens, capacity)
    while len(text) < last:
        guesses, opinions = guess_ahead(
            small, text, settings, rng, min(ahead, last - len(text) - 1)
        )
        scores = large.scores_after(text + guesses, len(guesses) + 1)
        tally.guessed += len(guesses)
        tally.calls += 1
        for place in range(len(guesses) + 1):
            p = sampling.probabilities(scores[place], settings, text)
            if place < len(guesses):
                token, kept = keep_or_replace(p, opinions[place], guesses[place], rng)
            else:  # every guess was kept: the large model has already said what comes after
                token, kept = ngram.draw(p, rng.random()), False
            tally.kept += kept
            if token in ends:
                return
            text.append(token)
            yield token
            if not kept:
                break


def guess_ahead(
    reader: Reader | Rereader,
    text: Sequence[int],
    settings: Settings,
    rng: np.random.Generator,
    count: int,
) -> tuple[list[int], list[Array]]:
    """Draw `count` tokens one after the other; also the probabilities each was drawn from."""
    guesses: list[int] = []
    opinions = []
    for _ in range(count):
        so_far = [*text, *guesses]
        q = sampling.probabilities(reader.scores_after(so_far)[-1], settings, so_far)
        guesses.append(ngram.draw(q, rng.random()))
        opinions.append(q)
    return guesses, opinions
