"""A training step of a network 784-256-10 on a batch of 64: `python -m benchmarks.mlp`."""

from __future__ import annotations

from benchmarks.compare import print_heading, print_row


def main() -> None:
    """Print a table with a row for one thread and one for two."""
    print_heading("A training step of an MLP 784-256-10, batch 64; ratios to PyTorch")
    print_row("one thread", ("mlp_step", "", ""), threads=1)
    print_row("two threads", ("mlp_step", "", ""), threads=2)


if __name__ == "__main__":
    main()
