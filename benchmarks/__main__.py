"""All benchmarks, one after the other: `python -m benchmarks`."""

from benchmarks import mlp, ops, tokenizer

if __name__ == "__main__":
    ops.main()
    mlp.main()
    tokenizer.main()
