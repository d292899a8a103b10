"""Modules, losses and optimizers against PyTorch's: `python -m benchmarks.networks`.

Each library in a process of its own, in turns, from the same weights; the losses of the first
steps are compared before anything is timed.
"""

from __future__ import annotations

import multiprocessing as mp
import os
import statistics
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from benchmarks import work
from benchmarks.compare import ROUNDS, SAMPLE, _sample, _seconds

Run = Callable[[], float]
JOBS = {
    "MLP step, SGD": "sgd",
    "MLP step, SGD with momentum": "momentum",
    "MLP step, AdamW": "adamw",
    "cross-entropy, 2,048 of 1,024": "cross_entropy",
    "embedding, 2,048 of 1,024 by 128": "embedding",
}


def rows() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logits or gradients for 2,048 rows, their ids below 1,024, and a table of 1,024 rows."""
    rng = np.random.default_rng(5)
    logits = rng.standard_normal((2048, 1024)).astype(np.float32)
    table = rng.standard_normal((1024, 128)).astype(np.float32)
    return logits, rng.integers(0, 1024, 2048), table


def in_minitorch(job: str) -> Run:
    from minitorch import Tensor, fused, losses, nn, ops, optim

    if job == "cross_entropy":
        logits, ids, _ = rows()
        leaf = Tensor(logits, requires_grad=True)

        def run() -> float:
            leaf.grad = None
            loss = losses.cross_entropy(leaf, ids)
            loss.backward()
            return loss.item()

        return run
    if job == "embedding":
        logits, ids, table = rows()
        leaf, g = Tensor(table, requires_grad=True), logits[:, :128].copy()

        def look_up() -> float:
            leaf.grad = None
            fused.embedding(leaf, ids).backward(g)
            assert leaf.grad is not None
            return float(leaf.grad[0, 0])

        return look_up
    images, labels = work.batch()
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Linear(784, 256, rng=rng), ops.relu, nn.Linear(256, 10, rng=rng))
    w1, b1, w2, b2 = work.mlp_weights()
    model.load_state_dict({"0.weight": w1.T, "0.bias": b1, "2.weight": w2.T, "2.bias": b2})
    optimizer = {
        "sgd": lambda p: optim.SGD(p, lr=work.RATE),
        "momentum": lambda p: optim.SGD(p, lr=work.RATE, momentum=0.9),
        "adamw": lambda p: optim.AdamW(p, lr=work.RATE),
    }[job](model.parameters())
    x = Tensor(images)

    def step() -> float:
        optimizer.zero_grad()
        loss = losses.cross_entropy(model(x), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def in_pytorch(job: str) -> Run:
    import torch
    from torch.nn import functional

    if job == "cross_entropy":
        logits, ids, _ = rows()
        leaf, targets = torch.tensor(logits, requires_grad=True), torch.tensor(ids)

        def run() -> float:
            leaf.grad = None
            loss = functional.cross_entropy(leaf, targets)
            loss.backward()
            return loss.item()

        return run
    if job == "embedding":
        logits, ids, table = rows()
        leaf, places = torch.tensor(table, requires_grad=True), torch.tensor(ids)
        g = torch.tensor(logits[:, :128])

        def look_up() -> float:
            leaf.grad = None
            functional.embedding(places, leaf).backward(g)
            return float(leaf.grad[0, 0])

        return look_up
    images, labels = work.batch()
    model = torch.nn.Sequential(
        torch.nn.Linear(784, 256), torch.nn.ReLU(), torch.nn.Linear(256, 10)
    )
    w1, b1, w2, b2 = map(torch.tensor, work.mlp_weights())
    model.load_state_dict({"0.weight": w1.T, "0.bias": b1, "2.weight": w2.T, "2.bias": b2})
    optimizer = {
        "sgd": lambda p: torch.optim.SGD(p, lr=work.RATE),
        "momentum": lambda p: torch.optim.SGD(p, lr=work.RATE, momentum=0.9),
        "adamw": lambda p: torch.optim.AdamW(p, lr=work.RATE),
    }[job](model.parameters())
    x, targets = torch.tensor(images), torch.tensor(labels)

    def step() -> float:
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(x), targets)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


LIBRARIES = {"minitorch": in_minitorch, "PyTorch": in_pytorch}


def serve(library: str, job: str, line: Connection) -> None:
    """Run a job whenever a number of rounds is asked for, until told 0."""
    run = LIBRARIES[library](job)
    line.send([run() for _ in range(5)])
    repeats = max(1, round(SAMPLE / _seconds(run, 3)))
    while line.recv():
        line.send(_sample(run, repeats))


def ratio(job: str, threads: int) -> tuple[float, float]:
    """PyTorch's median time for a job in seconds, and minitorch's as a ratio to it."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = str(threads)  # read by the new processes before they load NumPy
    context = mp.get_context("spawn")
    lines: dict[str, Any] = {}
    for library in LIBRARIES:
        lines[library], end = context.Pipe()
        context.Process(target=serve, args=(library, job, end), daemon=True).start()
    first = {library: line.recv() for library, line in lines.items()}
    if not np.allclose(first["minitorch"], first["PyTorch"], rtol=1e-4):
        raise AssertionError(f"{job}: minitorch and PyTorch differ: {first}")
    samples: dict[str, list[float]] = {library: [] for library in LIBRARIES}
    for _ in range(ROUNDS):
        for library, line in lines.items():
            line.send(1)
            samples[library].append(line.recv())
    for line in lines.values():
        line.send(0)
    base = statistics.median(samples["PyTorch"])
    return base, statistics.median(samples["minitorch"]) / base


def main() -> None:
    """Print a row for each job, on one thread and on two."""
    print(f"\nModules, losses, optimizers\n{'':40}{'PyTorch':>12}{'minitorch':>12}")
    for label, job in JOBS.items():
        for threads in (1, 2):
            base, times = ratio(job, threads)
            name = f"{label}, {threads} thread{'s' if threads > 1 else ''}"
            print(f"{name:44}{base * 1e6:8.0f} us{times:9.2f}", flush=True)


if __name__ == "__main__":
    main()
