"""The training step in minitorch: a shard of the batch for each thread."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks import llama
from minitorch.memory import keep_memory
from minitorch.optim import AdamW
from minitorch.parallel import Shards


def training_step(threads: int, rows: int) -> Callable[[], float]:
    """What takes a step whenever it is called, and returns the loss before it."""
    keep_memory()
    model = llama.new_model()
    shards = Shards(model, threads)
    optimizer = AdamW(model.parameters(), **llama.OPTIONS)
    ids, targets = llama.batch(rows)

    def step() -> float:
        optimizer.zero_grad()
        loss = shards.loss(ids, targets)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step
