"""Time long work in several libraries, each in a process of its own, in turns.

`compare.py` does so with work of microseconds, of which it takes a sample again if the process had
to wait. Work in several threads always waits, so here all samples count, and their median.
"""

from __future__ import annotations

import gc
import importlib
import resource
import statistics
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.compare import Worker

ROUNDS = 15
FIRST = 5  # runs, whose results must be the same in all libraries


@dataclass(frozen=True)
class Job:
    """The arguments of a function that returns the work, which is a function without arguments.

    The work on the `small` arguments loads and sets up what is only needed once.
    """

    small: tuple[Any, ...]
    full: tuple[Any, ...]


@dataclass(frozen=True)
class Found:
    """The median time of a run, and the memory that the first runs took."""

    seconds: float
    megabytes: float


def measure(libraries: Mapping[str, str], job: Job, threads: int) -> dict[str, Found]:
    """Time a job in every library, given as "module:function"."""
    workers: dict[str, Worker] = {}
    first: dict[str, tuple[list[Any], float]] = {}
    try:
        for name, place in libraries.items():
            workers[name] = Worker(place, job, threads, _serve)
            first[name] = workers[name].line.recv()
        base, *others = first
        for name in others:
            if not np.allclose(first[name][0], first[base][0], rtol=1e-4):
                raise AssertionError(f"{name} and {base} differ: {first[name]}, {first[base]}")
        samples: dict[str, list[float]] = {name: [] for name in workers}
        for _ in range(ROUNDS):
            for name, worker in workers.items():
                samples[name].append(worker.ask("sample"))
        return {name: Found(statistics.median(samples[name]), first[name][1]) for name in workers}
    finally:
        for worker in workers.values():
            worker.end()


def _serve(place: str, job: Job, line: Connection) -> None:
    """Tell the first results and their memory, then time a run whenever asked to."""
    module, function = place.split(":")
    make = getattr(importlib.import_module(module), function)
    make(*job.small)()
    before = _memory_now()
    run = make(*job.full)
    results = [run() for _ in range(FIRST)]
    line.send((results, _memory_peak() - before))
    gc.collect()
    gc.freeze()  # what the imports made is no longer walked through at every collection
    while True:
        try:
            line.recv()
        except EOFError:
            return
        run()  # the other libraries' turns have filled the caches with theirs
        start = time.perf_counter()
        run()
        line.send(time.perf_counter() - start)


def _memory_now() -> float:
    """The memory that the process uses, in megabytes."""
    counts = Path("/proc/self/statm")
    if not counts.exists():
        return _memory_peak()
    return int(counts.read_text().split()[1]) * resource.getpagesize() / 1e6


def _memory_peak() -> float:
    """The most memory that the process has used so far, in megabytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def heading(names: list[str]) -> str:
    """The head of a table in Markdown."""
    return "\n".join([f"| work | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"])


def row(label: str, value: str, amounts: list[float]) -> str:
    """A row of the table: the value of the first, then the others' amounts as ratios to its."""
    ratios = [f"{amount / amounts[0]:.2f}" for amount in amounts[1:]]
    return f"| {' | '.join([label, value, *ratios])} |"
