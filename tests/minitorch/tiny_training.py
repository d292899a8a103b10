"""A training of a fraction of a second, with everything in it that a resumed one must get right.

Run as a program it trains in the folder that it is given, and prints one SHA-256 of the weights,
the optimizer and the losses at the end.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from minitorch import Tensor, losses, nn, optim, resume, training
from minitorch.curriculum import Phase
from minitorch.data import Batches, Documents, Rows, in_memory
from minitorch.learner import Learner
from minitorch.metrics import column, read_metrics

TOKENS = 20
PHASES = [
    Phase("foundation", 20, lr=0.02, warmup=5),
    Phase("specialised", 11),
    Phase("advanced", 9, lr=0.005, floor=0.001),
]


class TinyModel(nn.Module):
    """Guesses the next token from the last one, with dropout between: it draws random numbers."""

    def __init__(self, rng: np.random.Generator, dtype: Any = np.float32) -> None:
        self.embedding = nn.Embedding(TOKENS, 6, rng=rng, dtype=dtype)
        self.dropout = nn.Dropout(0.2, rng=rng)
        self.head = nn.Linear(6, TOKENS, rng=rng, dtype=dtype)

    def forward(self, ids: Any) -> Tensor:
        return self.head(self.dropout(self.embedding(ids)))

    def loss(self, ids: Any, targets: Any) -> Tensor:
        return losses.cross_entropy(self(ids), targets)


def documents(seed: int, count: int = 40) -> Documents:
    """Documents of random tokens, of which some are not to be learned."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(2, 9, count)
    return in_memory(
        [(rng.integers(0, TOKENS, n).tolist(), (rng.random(n) < 0.7).tolist()) for n in lengths],
        TOKENS,
    )


def trainer(folder: Path | None, seed: int = 0, **options: Any) -> training.Trainer:
    """The training, before its first step; phases one and three share their batches."""
    model = TinyModel(np.random.default_rng(seed))
    optimizer = optim.AdamW(training.decay_groups(model, 0.1), betas=(0.9, 0.95))
    batches, others = (
        Batches(Rows(documents(number), 9, pad=0), 3, seed=seed) for number in (1, 2)
    )
    settings = {"show": False, "checkpoint_every": 3, "settings": {"seed": seed}} | options
    return training.Trainer(
        Learner(model, optimizer),
        PHASES,
        [batches, others, batches],
        accumulate=2,
        folder=folder,
        evaluate=lambda: {"cost": float(np.mean(model.head.weight.data))},
        evaluate_every=7,
        **settings,
    )


def fingerprint(done: training.Trainer) -> str:
    """One SHA-256 of the weights, the optimizer and the losses that were written."""
    arrays, plain = done.learner.state()
    rows = done.rows if done.folder is None else read_metrics(done.folder)
    columns = [column(rows, name) for name in ("loss", "lr", "norm", "tokens", "cost")]
    whole = f"{resume.sha256(arrays)} {plain} {columns}"
    return hashlib.sha256(whole.encode()).hexdigest()


def slowly(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, with time enough before it for somebody to kill the process."""

    def slow(*inputs: Any) -> Any:
        time.sleep(0.004)
        return function(*inputs)

    return slow


def main() -> int:
    one = trainer(Path(sys.argv[1]), int(sys.argv[2]))
    one.learner.step = slowly(one.learner.step)  # type: ignore[method-assign]
    os.fsync = slowly(os.fsync)  # between a file's content and its name
    try:
        one.resume()
        one.run()
    except (training.TrainingError, training.Stopped) as error:
        print(error, file=sys.stderr)
        return 3
    print(fingerprint(one))
    return 0


if __name__ == "__main__":
    sys.exit(main())
