"""Single operations and a chain of them, on small tensors: `python -m benchmarks.ops`."""

from __future__ import annotations

from benchmarks import work
from benchmarks.compare import print_heading, print_row


def main() -> None:
    """Print a table with a row for each operation."""
    print_heading("Small tensors: one operation and its gradients, one thread; ratios to PyTorch")
    for table in ("SMALL", "MATRIX"):
        for name in getattr(work, table):
            if name != "chain":
                print_row(name, ("there_and_back", table, name))
    print_heading(f"A chain of {work.CHAIN:,} operations on 8 floats, time per operation")
    print_row("forward", ("there", "SMALL", "chain"), parts=work.CHAIN)
    print_row("forward and backward", ("there_and_back", "SMALL", "chain"), parts=work.CHAIN)


if __name__ == "__main__":
    main()
