"""Time the same work in several libraries, each in a process of its own, in turns.

A process of its own means that no library pays for another's imports, threads or memory. Turns
mean that a slow moment of the machine falls on all of them.
"""

from __future__ import annotations

import gc
import importlib
import inspect
import multiprocessing as mp
import os
import statistics
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import ModuleType
from typing import Any

import numpy as np

LIBRARIES = {
    "minitorch": "benchmarks.with_minitorch",
    "PyTorch": "benchmarks.with_torch",
    "MyGrad": "benchmarks.with_mygrad",
    "autograd": "benchmarks.with_autograd",
}
SAMPLE = 0.01  # seconds that one sample should last
ROUNDS = 21
TRIES = 20  # to take a sample in which the process never had to wait for a core

Job = tuple[str, str, str]  # a function of a library's module; a table of `work`, a name in it


def medians(job: Job, threads: int) -> dict[str, float]:
    """Time a job in every library, and check that all of them compute the same numbers.

    Returns the median of the samples, in seconds, for each library.
    """
    workers = {name: Worker(module, job, threads) for name, module in LIBRARIES.items()}
    try:
        results = {name: worker.ask("result") for name, worker in workers.items()}
        for name, numbers in results.items():
            _assert_equal(job, name, numbers, results["PyTorch"])
        samples: dict[str, list[float]] = {name: [] for name in workers}
        for turn in range(ROUNDS):
            names = list(workers)
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                samples[name].append(workers[name].ask("sample"))
        return {name: statistics.median(found) for name, found in samples.items()}
    finally:
        for worker in workers.values():
            worker.end()


class Worker:
    """A process that does one job in one library whenever it is asked to."""

    def __init__(
        self, module: str, job: Any, threads: int, serve: Callable[..., None] | None = None
    ) -> None:
        for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ[variable] = str(threads)  # read by the new process before it loads NumPy
        context = mp.get_context("spawn")
        self.line, line = context.Pipe()
        self.process = context.Process(
            target=serve or _serve, args=(module, job, line), daemon=True
        )
        self.process.start()
        line.close()

    def ask(self, question: str) -> Any:
        self.line.send(question)
        return self.line.recv()

    def end(self) -> None:
        self.line.close()
        self.process.join()


def _serve(module: str, job: Job, line: Connection) -> None:
    """Do what is asked for until the other end of the line is closed."""
    library = importlib.import_module(module)
    run, checked = _prepared(library, job)
    repeats = max(1, round(SAMPLE / _seconds(run, 1)))
    repeats = max(1, round(SAMPLE / _seconds(run, repeats)))  # the first run warmed up
    gc.collect()
    gc.freeze()  # what the imports made is no longer walked through at every collection
    while True:
        try:
            question = line.recv()
        except EOFError:
            return
        line.send(_sample(run, repeats) if question == "sample" else checked)


def _prepared(library: ModuleType, job: Job) -> tuple[Callable[[], Any], list[Any]]:
    """Make ready what is timed, and compute the numbers that must be the same everywhere."""
    work = importlib.import_module("benchmarks.work")
    function, table, name = job
    if function == "mlp_step":
        learn = library.mlp_step(rate=0.1)  # wrong gradients would show in the losses
        return library.mlp_step(work.RATE), [learn() for _ in range(5)]
    inputs = {"SMALL": work.vectors, "MATRIX": work.matrices}[table]()
    compute = getattr(work, table)[name]
    taken = len(inspect.signature(compute).parameters) - 1
    run = getattr(library, function)(compute, inputs[:taken])
    return run, [np.array(part) for part in run()]


def _sample(run: Callable[[], Any], repeats: int) -> float:
    """Time a job while nothing else uses its core, or else in the least disturbed of some tries.

    Where the clock went on and the thread did not, something else had the core.
    """
    _seconds(run, repeats)  # the other libraries' turns have filled the caches with theirs
    tries = []
    for _ in range(TRIES):
        before = time.thread_time()
        seconds = _seconds(run, repeats)
        waited = seconds * repeats / (time.thread_time() - before)
        tries.append((waited, seconds))
        if waited < 1.02:
            break
    return min(tries)[1]


def _seconds(run: Callable[[], Any], repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        run()
    return (time.perf_counter() - start) / repeats


def _assert_equal(job: Job, name: str, numbers: list[Any], expected: list[Any]) -> None:
    for number, (given, wanted) in enumerate(zip(numbers, expected, strict=True)):
        if not np.allclose(given, wanted, rtol=1e-3, atol=1e-5):
            raise AssertionError(f"{job}: {name} and PyTorch differ in result {number}")


def print_heading(title: str) -> None:
    """Print the head of a table of ratios."""
    ratios = "".join(f"{name:>11}" for name in LIBRARIES if name != "PyTorch")
    print(f"\n{title}\n{'':34}{'PyTorch':>11}{ratios}")


def print_row(label: str, job: Job, threads: int = 1, parts: int = 1) -> None:
    """Time a job and print it: PyTorch's time (of one of its parts), then ratios to that."""
    found = medians(job, threads)
    base = found.pop("PyTorch")
    ratios = "".join(f"{seconds / base:11.2f}" for seconds in found.values())
    print(f"{label:34}{base / parts * 1e6:8.2f} us{ratios}", flush=True)
