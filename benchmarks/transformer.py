"""A training step of a small LLaMA, its time and its memory: `python -m benchmarks.transformer`."""

from __future__ import annotations

import gc
import importlib
import os
import resource
import statistics
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from benchmarks import llama
from benchmarks.compare import Worker

LIBRARIES = {
    "PyTorch": "benchmarks.llama_torch",
    "minitorch": "benchmarks.llama_minitorch",
    "Transformers": "benchmarks.llama_transformers",
}
FIRST = 5  # steps, whose losses must be the same
ROUNDS = 15


def serve(module: str, threads: int, line: Connection) -> None:
    """Take the first steps, tell their losses and memory, then time a step whenever asked to."""
    library = importlib.import_module(module)
    library.training_step(threads, rows=1)()  # some parts are only loaded when first used
    before = memory_now()
    step = library.training_step(threads)
    losses = [step() for _ in range(FIRST)]
    line.send((losses, memory_peak() - before))
    gc.collect()
    gc.freeze()
    while True:
        try:
            line.recv()
        except EOFError:
            return
        step()  # the other libraries' turns have filled the caches with theirs
        start = time.perf_counter()
        step()
        line.send(time.perf_counter() - start)


def memory_now() -> float:
    """The memory that the process uses, in megabytes."""
    counts = Path("/proc/self/statm")
    if not counts.exists():
        return memory_peak()
    return int(counts.read_text().split()[1]) * resource.getpagesize() / 1e6


def memory_peak() -> float:
    """The most memory that the process has used so far, in megabytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def measure(threads: int) -> dict[str, tuple[float, float]]:
    """The median seconds of a step, and its megabytes, in each library."""
    workers = {name: Worker(module, threads, threads, serve) for name, module in LIBRARIES.items()}
    try:
        first = {name: worker.line.recv() for name, worker in workers.items()}
        for name, (losses, _) in first.items():
            if not np.allclose(losses, first["PyTorch"][0], rtol=1e-4):
                raise AssertionError(f"{name} and PyTorch differ: {losses}, {first['PyTorch'][0]}")
        samples: dict[str, list[float]] = {name: [] for name in workers}
        for _ in range(ROUNDS):
            for name, worker in workers.items():
                samples[name].append(worker.ask("sample"))
        return {name: (statistics.median(samples[name]), first[name][1]) for name in workers}
    finally:
        for worker in workers.values():
            worker.end()


def row(label: str, unit: str, values: list[float]) -> str:
    """A row of the table: PyTorch's value, then the others' as ratios to it."""
    ratios = [f"{value / values[0]:.2f}" for value in values[1:]]
    return " | ".join([f"| {label}", f"{values[0]:.0f} {unit}", *ratios]) + " |"


def main() -> None:
    """Print a table with rows for one thread and for two."""
    print(
        f"\nA training step of a LLaMA: {llama.CONFIG.num_hidden_layers} layers of width "
        f"{llama.CONFIG.hidden_size}, batch {llama.BATCH}, context {llama.CONTEXT}; "
        f"ratios to PyTorch (load {os.getloadavg()[0]:.1f})\n"
    )
    print("| work | " + " | ".join(LIBRARIES) + " |")
    print("|---" * (len(LIBRARIES) + 1) + "|", flush=True)
    for threads in (1, 2):
        found = measure(threads)
        name = f"{threads} thread{'s' if threads > 1 else ''}"
        print(row(f"time, {name}", "ms", [1000 * seconds for seconds, _ in found.values()]))
        print(row(f"memory, {name}", "MB", [size for _, size in found.values()]), flush=True)


if __name__ == "__main__":
    main()
