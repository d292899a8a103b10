"""Training and using the tokenizer, beside Hugging Face's: `python -m benchmarks.tokenizer`.

Both learn 1,024 tokens from the same megabyte, cut by the same regular expression, and then encode
it. The two take turns, so that a slow moment of the machine falls on both; medians are printed.
The merges are checked to be equal: that is a test, tests/minitorch/test_tokenizer_huggingface.py.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from larkmoor import documents, world
from minitorch import bpe, town
from minitorch.tokenizer import Tokenizer

ROUNDS = 7
SIZE = 1024
MEGABYTE = 1_000_000


def town_text() -> list[str]:
    """A megabyte of the town: few different words."""
    texts: list[str] = []
    size = 0
    for record in documents(world(0), "small"):
        texts += town.texts(record)
        size += sum(len(text) for text in town.texts(record))
        if size > MEGABYTE:
            break
    return texts


def invented_text() -> list[str]:
    """A megabyte with as many different words as a library has: made of syllables, as Zipf says."""
    rng = np.random.default_rng(0)
    syllables = [a + b for a in "bcdfghklmnprstvw" for b in ("a", "e", "i", "o", "u", "an", "er")]
    lengths = rng.integers(1, 5, 40_000)
    words = ["".join(rng.choice(syllables, length)) for length in lengths]
    ranks = np.minimum(rng.zipf(1.2, 170_000), len(words)) - 1
    text = [words[rank] for rank in ranks]
    return [" ".join(text[start : start + 20]) for start in range(0, len(text), 20)]


def train_theirs(texts: list[str]) -> None:
    """Train as `Tokenizer.train` does, with Hugging Face's trainer."""
    import tokenizers
    from tokenizers import models, pre_tokenizers, trainers

    model = tokenizers.Tokenizer(models.BPE())
    split = pre_tokenizers.Split(tokenizers.Regex(bpe.PATTERN), "isolated")
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    model.pre_tokenizer = pre_tokenizers.Sequence([split, byte_level])
    trainer = trainers.BpeTrainer(
        vocab_size=SIZE - 7,
        min_frequency=2,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    model.train_from_iterator(texts, trainer)


def in_turns(mine: Callable[[], object], theirs: Callable[[], object]) -> tuple[float, float]:
    """The median seconds of both."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for work, found in zip((mine, theirs), times):
            start = time.perf_counter()
            work()
            found.append(time.perf_counter() - start)
    return statistics.median(times[0]), statistics.median(times[1])


def print_row(name: str, mine: Callable[[], object], theirs: Callable[[], object]) -> None:
    """Print the times of both, and ours as a ratio to theirs."""
    ours, other = in_turns(mine, theirs)
    print(f"{name:34} {ours * 1000:8.0f} ms {other * 1000:8.0f} ms {ours / other:8.2f}")


def main() -> None:
    """Print a table: training on two kinds of text, and encoding."""
    import tokenizers

    threads = os.environ.get("RAYON_NUM_THREADS", f"{os.cpu_count()} (RAYON_NUM_THREADS)")
    print(f"A tokenizer of {SIZE} tokens, one megabyte; Hugging Face's uses threads: {threads}")
    print(f"{'':34} {'minitorch':>11} {'tokenizers':>11} {'ratio':>8}")
    for name, texts in (("the town", town_text()), ("many words", invented_text())):
        words = len(bpe.count_words(texts))
        print_row(
            f"train, {name} ({words:,} words)",
            lambda texts=texts: Tokenizer.train(texts, SIZE),
            lambda texts=texts: train_theirs(texts),
        )
        tokenizer = Tokenizer.train(texts, SIZE)
        with tempfile.TemporaryDirectory() as folder:
            tokenizer.save(folder)
            theirs = tokenizers.Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
        fresh = list(tokenizer.merges)
        print_row(
            f"encode, {name}",
            lambda texts=texts, fresh=fresh: list(map(Tokenizer(fresh).encode, texts)),
            lambda texts=texts, theirs=theirs: theirs.encode_batch(texts),
        )


if __name__ == "__main__":
    main()
