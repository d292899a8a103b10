"""A training step of a small LLaMA, its time and its memory: `python -m benchmarks.transformer`."""

from __future__ import annotations

import os

from benchmarks import llama, turns

LIBRARIES = {
    "PyTorch": "benchmarks.llama_torch:training_step",
    "minitorch": "benchmarks.llama_minitorch:training_step",
    "Transformers": "benchmarks.llama_transformers:training_step",
}


def main() -> None:
    """Print a table with rows for one thread and for two."""
    print(
        f"\nA training step of a LLaMA: {llama.CONFIG.num_hidden_layers} layers of width "
        f"{llama.CONFIG.hidden_size}, batch {llama.BATCH}, context {llama.CONTEXT}; "
        f"ratios to PyTorch (load {os.getloadavg()[0]:.1f})\n"
    )
    print(turns.heading(list(LIBRARIES)), flush=True)
    for threads in (1, 2):
        job = turns.Job((threads, 1), (threads, llama.BATCH))
        found = turns.measure(LIBRARIES, job, threads)
        name = f"{threads} thread{'s' if threads > 1 else ''}"
        seconds = [each.seconds for each in found.values()]
        sizes = [each.megabytes for each in found.values()]
        print(turns.row(f"time, {name}", f"{1000 * seconds[0]:.0f} ms", seconds))
        print(turns.row(f"memory, {name}", f"{sizes[0]:.0f} MB", sizes), flush=True)


if __name__ == "__main__":
    main()
