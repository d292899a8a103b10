"""What a language model's guesses cost on text that it was not trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from minitorch import ngram
from minitorch.data import IGNORED, Batch
from minitorch.nn import Module
from minitorch.recording import no_grad
from minitorch.tensor import Array
from minitorch.tokenizer import Tokenizer


def token_sizes(tokenizer: Tokenizer) -> Array:
    """Return how many bytes of text each token stands for: (vocabulary,), special tokens 0."""
    special = set(tokenizer.special.values())
    sizes = [0 if id in special else len(tokenizer.bytes_of(id)) for id in range(len(tokenizer))]
    return np.array(sizes, np.int64)


def token_costs(model: Module, batch: Batch) -> Array:
    """Return -log p(target) at each place of a batch that counts, in nats: a flat float64 array.

    `model(batch.inputs)` gives the logits, (rows, places, vocabulary). Places whose target is
    `IGNORED` are left out; the others come row by row. No graph is recorded, and dropout drops
    nothing: the model is in evaluation mode meanwhile, and afterwards in the mode it was in.
    """
    was_training = model.training
    model.eval()
    try:
        with no_grad():
            logits = model(batch.inputs).data
    finally:
        model.train(was_training)
    kept = batch.targets != IGNORED
    rows = logits[kept].astype(np.float64)
    rows -= rows.max(axis=1, keepdims=True)
    said = rows[np.arange(len(rows)), batch.targets[kept]]
    return np.log(np.exp(rows).sum(axis=1)) - said


def bits_per_byte(costs: Callable[[Batch], Array], batches: Iterable[Batch], sizes: Array) -> float:
    """Return how many bits each byte of some text costs a model.

    `costs(batch)` gives -log p(target) in nats at each place that counts, as `token_costs` does.
    `sizes` holds for each token of the vocabulary how many bytes it stands for. Summed over all
    batches, the costs in bits are divided by the bytes of the targets that count. A special
    token has no bytes, but what it costs counts. Raises a ValueError if there are no bytes at all.
    """
    total, size = 0.0, 0
    for batch in batches:
        total += float(costs(batch).sum())
        size += int(sizes[batch.targets[batch.targets != IGNORED]].sum())
    if not size:
        raise ValueError("there is no text to evaluate on: no target that counts has any bytes")
    return ngram.bits_per_byte(np.array([total]), size)
