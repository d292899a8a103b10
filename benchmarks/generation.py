"""Greedy tokens a second, and the first token of a chat: `python -m benchmarks.generation`."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time

from benchmarks import turns
from benchmarks.generation_models import NEW, SIZES
from minitorch import town

LIBRARIES = {
    "PyTorch": "benchmarks.generation_torch:tokens",
    "minitorch": "benchmarks.generation_minitorch:tokens",
    "minitorch's tensors": "benchmarks.generation_minitorch:tokens_of_tensors",
    "Transformers": "benchmarks.generation_transformers:tokens",
}
QUESTION = b"Where does Ada live?\n"


def seconds_to_first_token() -> float:
    """How long a chat takes from its start to the first letter of an answer."""
    start = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "minitorch.chat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as chat:
        assert chat.stdin is not None
        assert chat.stdout is not None
        chat.stdin.write(QUESTION)
        chat.stdin.flush()
        chat.stdout.read(1)
        found = time.perf_counter() - start
        chat.stdin.close()
        chat.stdout.read()
    return found


def main() -> None:
    """Print a table with a row for each size of model, and the time a chat takes to begin."""
    print(
        f"\nGreedy tokens, one text, {NEW} new tokens after a prompt of 8, one thread; ratios of "
        f"the time to PyTorch's (load {os.getloadavg()[0]:.1f})\n"
    )
    print(turns.heading(list(LIBRARIES)), flush=True)
    for width in SIZES:
        found = turns.measure(LIBRARIES, turns.Job((width, 2), (width, NEW)), threads=1)
        seconds = [each.seconds for each in found.values()]
        rate = f"{NEW / seconds[0]:.0f} tokens/s"
        print(turns.row(f"6 layers of width {width}", rate, seconds), flush=True)
    if town.MODEL.is_dir():
        begun = statistics.median(seconds_to_first_token() for _ in range(5))
        print(f"\nA chat says its first word {begun:.2f} s after its start.")


if __name__ == "__main__":
    main()
